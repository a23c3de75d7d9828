"""Group sizes are checked before the long run; names in `ignore` are held against real modules."""

from __future__ import annotations

import pytest
from collectors.quantization.samples import LAYERS, VISION, module

layers = module("layers")
WIDTHS = layers.widths({name: shape for name, (_, shape) in {**LAYERS, **VISION}.items()})
IGNORE = ("lm_head", "re:.*visual.*")


def test_linear_layers_are_told_from_tables_and_norms() -> None:
    """Embeddings have two dimensions and are no linear layers."""
    assert WIDTHS == {
        "model.layers.0.self_attn.q_proj": 96,
        "model.layers.0.mlp.gate_proj": 96,
        "model.layers.0.mlp.down_proj": 256,
        "visual.blocks.0.attn.qkv": 80,
    }


@pytest.mark.parametrize(
    ("targets", "ignore", "left"),
    [
        (("Linear",), IGNORE, 3),
        (("Linear",), (), 4),
        (("Linear",), ("re:model.visual.*",), 3),
        (("Linear",), ("visual.blocks.0.attn.qkv", "re:.*mlp.*"), 1),
        (("re:.*mlp.*",), IGNORE, 2),
        (("Conv1d",), IGNORE, 0),
    ],
)
def test_targets_and_ignore_choose_layers(
    targets: tuple[str, ...], ignore: tuple[str, ...], left: int
) -> None:
    """By the checkpoint's name of a layer or the loaded model's."""
    assert len(layers.quantized(WIDTHS, targets, ignore)) == left


@pytest.mark.parametrize(
    ("group_size", "said"),
    [
        (128, ("2 of 3", "q_proj (96)", "gate_proj (96)", "group_size: 32")),
        (64, ("2 of 3", "group_size: 32")),
        (512, ("3 of 3", "down_proj (256)", "group_size: 32")),
        (32, None),
        (16, None),
    ],
)
def test_a_group_size_that_does_not_divide_names_layers_and_one_that_does(
    group_size: int, said: tuple[str, ...] | None
) -> None:
    """So that nobody waits for an hour to learn it."""
    reason = layers.refusal(layers.quantized(WIDTHS, ("Linear",), IGNORE), group_size)
    if said is None:
        assert reason is None
    else:
        assert all(words in reason for words in said)


@pytest.mark.parametrize(
    ("widths", "size"),
    [
        ((576, 1536), 64),
        ((1280, 2560), 128),
        ((128, 256), 128),
        ((36, 60), 12),
        ((1000, 2000), 125),
        ((17, 19), None),
        ((), None),
    ],
)
def test_the_advised_size_divides(widths: tuple[int, ...], size: int | None) -> None:
    """The largest that engines know, else whatever divides; none where nothing does."""
    found = layers.dividing_size({str(width): width for width in widths})
    assert found == size
    assert found is None or not any(width % found for width in widths)


def test_a_size_that_is_none_of_the_usual_is_told_the_usual_one() -> None:
    """Above the given one too: whoever says 100 is better served by 128 than by 64."""
    reason = layers.refusal({"q_proj": 128, "down_proj": 256}, 100)
    assert reason is not None
    assert "set group_size: 128," in reason


MODULES = (
    "lm_head",
    "model.visual.blocks.0.attn.qkv",
    "model.visual.blocks.0.mlp.up_proj",
    "model.language_model.layers.0.self_attn.q_proj",
    "model.language_model.layers.0.mlp.up_proj",
)
SAVED = ("lm_head", "visual.blocks.0.attn.qkv", "visual.blocks.0.mlp.up_proj")
MENDED = {
    "the plan's patterns hold": (SAVED, (*IGNORE, "re:.*projector.*"), 2, IGNORE, True),
    "published pattern": (
        SAVED, ("lm_head", "re:visual.*"), 2,
        ("lm_head", "model.visual.blocks.0.attn.qkv", "model.visual.blocks.0.mlp.up_proj"), False,
    ),
    "no name fits": (("lm_head", "tower.0"), ("lm_head",), 2, None, False),
}  # fmt: skip


@pytest.mark.parametrize("case", MENDED)
def test_ignore_gets_the_names_that_the_loaded_model_has(case: str) -> None:
    """The plan's patterns where they leave out just the layers that were left alone, else the
    modules' names; nothing where neither says the layers that the headers show."""
    saved, planned, quantized, expected, by_plan = MENDED[case]
    found = layers.mended(saved, planned, MODULES, quantized)
    assert found == (None if expected is None else layers.Mended(expected, planned=by_plan))


def test_patterns_that_leave_out_too_much_are_not_taken() -> None:
    """Were quantized layers ignored, their weights would be read as plain ones."""
    found = layers.mended(SAVED, ("lm_head", "re:.*up_proj", "re:.*visual.*"), MODULES, 2)
    assert found is not None
    assert not found.planned
    assert not any("language_model" in name for name in found.ignore)
