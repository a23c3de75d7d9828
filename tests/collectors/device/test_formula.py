"""The analytic formula against operations counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
from collectors.device.device_collector import module

formula = module("formula")
TEXT = {
    "model_type": "llama",
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "vocab_size": 10,
}
VISION = {
    "model_type": "qwen2_5_vl",
    "hidden_size": 4,
    "intermediate_size": 6,
    "depth": 2,
    "patch_size": 14,
    "temporal_patch_size": 2,
    "in_channels": 3,
    "spatial_merge_size": 2,
    "window_size": 56,
    "fullatt_block_indexes": [1],
    "out_hidden_size": 8,
}


def counted(config: dict[str, Any], **lengths: Any) -> Any:
    return formula.operations(config, formula.Lengths(**lengths))


def test_a_decoder_s_prefill_by_hand() -> None:
    # Per token and layer: q 8x8, k and v 8x4 each, o 8x8 = 192; feed-forward 3 * 8 * 16 = 384.
    # Scores and values: 2 * 3 * 3 pairs * 2 heads * 4 = 144. One row of logits: 8 * 10.
    by_hand = 2 * (2 * (3 * (192 + 384) + 144) + 80)
    assert counted(TEXT, batch=1, prompt=3, new=1) == (by_hand, 0)


def test_decoding_steps_see_one_key_more_each() -> None:
    step_1 = 2 * (2 * (192 + 384 + 2 * 4 * 8) + 80)
    step_2 = 2 * (2 * (192 + 384 + 2 * 5 * 8) + 80)
    assert counted(TEXT, batch=1, prompt=3, new=3).decode == step_1 + step_2


def test_a_batch_costs_its_samples() -> None:
    one, four = (counted(TEXT, batch=n, prompt=5, new=4) for n in (1, 4))
    assert four == (4 * one.prefill, 4 * one.decode)


def test_pictures_by_hand() -> None:
    # 8 x 8 patches; windows of 56 pixels hold 4 x 4 patches: four windows, then all of them.
    embed, layer = 4 * 3 * 2 * 14 * 14, 4 * 16 + 3 * 4 * 6
    pairs = 4 * 16**2 + 64**2
    merger = 16 * (16 * 16 + 16 * 8)
    vision = 2 * (64 * (embed + 2 * layer) + 2 * pairs * 4 + merger)
    config = {"text_config": TEXT, "vision_config": VISION}
    seen = counted(config, batch=1, prompt=20, new=1, grids=((1, 8, 8),))
    assert seen.prefill - counted(TEXT, batch=1, prompt=20, new=1).prefill == vision


def test_windows_at_the_edge_hold_fewer_patches() -> None:
    assert formula._pairs((1, 6, 4), 2, 2) == 16**2 + 8**2


@pytest.mark.parametrize(
    "config",
    [
        {**TEXT, "model_type": "mamba"},
        {"text_config": TEXT, "vision_config": {"model_type": "clip_vision_model"}},
    ],
)
def test_other_models_have_no_formula(config: dict[str, Any]) -> None:
    assert counted(config, batch=1, prompt=3, new=1, grids=((1, 8, 8),)) is None
