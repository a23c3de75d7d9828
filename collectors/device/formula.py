"""Floating-point operations of one generation from a model's configuration alone.

What the counter's number is checked against, so nothing is shared with the counter: only matrix
products are summed, one multiply-add is two operations. Knows the Llama family (Llama, Mistral,
Qwen2, Qwen3) and Qwen2.5-VL; any other model has no formula.
"""

from __future__ import annotations

from typing import Any, NamedTuple

TEXT = {"llama", "mistral", "qwen2", "qwen3", "qwen2_5_vl_text"}
VISION = {"qwen2_5_vl", "qwen2_5_vl_vision"}


class Lengths(NamedTuple):
    """One generation: samples, prompt tokens and new tokens a sample, each picture's patches.

    `grids` holds (frames, rows, columns) of patches for every picture of the batch.
    """

    batch: int
    prompt: int
    new: int
    grids: tuple[tuple[int, int, int], ...] = ()


class Counted(NamedTuple):
    """Operations up to the first new token, and of all others."""

    prefill: int
    decode: int


def operations(config: dict[str, Any], lengths: Lengths) -> Counted | None:
    """The operations of one generation; None for a model without a formula."""
    text = config.get("text_config") or config
    if text.get("model_type") not in TEXT:
        return None
    vision = 0
    if lengths.grids:
        seen = config.get("vision_config") or {}
        if seen.get("model_type") not in VISION:
            return None
        vision = _vision(seen, lengths.grids)
    first = _decoder(text, lengths.batch, lengths.prompt, lengths.prompt)
    later = sum(
        _decoder(text, lengths.batch, 1, lengths.prompt + step) for step in range(1, lengths.new)
    )
    return Counted(vision + first, later)


def _decoder(text: dict[str, Any], batch: int, queries: int, keys: int) -> int:
    """One pass: projections and feed-forward a token, scores and values a pair, one logit row."""
    hidden, heads = text["hidden_size"], text["num_attention_heads"]
    size = text.get("head_dim") or hidden // heads
    shared = text.get("num_key_value_heads") or heads
    projections = hidden * size * (2 * heads + 2 * shared)
    layer = queries * (projections + 3 * hidden * text["intermediate_size"])
    attention = 2 * queries * keys * heads * size
    head = hidden * text["vocab_size"]
    return 2 * batch * (text["num_hidden_layers"] * (layer + attention) + head)


def _vision(vision: dict[str, Any], grids: tuple[tuple[int, int, int], ...]) -> int:
    hidden, patch = vision["hidden_size"], vision["patch_size"]
    merge = vision["spatial_merge_size"]
    patches = sum(frames * rows * columns for frames, rows, columns in grids)
    embed = hidden * vision["in_channels"] * vision["temporal_patch_size"] * patch * patch
    layer = 4 * hidden * hidden + 3 * hidden * vision["intermediate_size"]
    wide = hidden * merge * merge
    merger = patches // (merge * merge) * (wide * wide + wide * vision["out_hidden_size"])
    side = vision["window_size"] // merge // patch
    pairs = 0
    for block in range(vision["depth"]):
        whole = block in vision["fullatt_block_indexes"]
        pairs += sum(_pairs(grid, merge, None if whole else side) for grid in grids)
    return 2 * (patches * (embed + vision["depth"] * layer) + 2 * pairs * hidden + merger)


def _pairs(grid: tuple[int, int, int], merge: int, side: int | None) -> int:
    """Pairs of patches that attend to each other: within each frame, or within each window."""
    frames, rows, columns = grid
    if side is None:
        return frames * (rows * columns) ** 2
    down = _cut(rows // merge, side)
    across = _cut(columns // merge, side)
    return frames * sum((a * b * merge * merge) ** 2 for a in down for b in across)


def _cut(length: int, side: int) -> list[int]:
    return [min(side, length - start) for start in range(0, length, side)]
