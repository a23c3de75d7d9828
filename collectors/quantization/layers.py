"""Layers by name and width: which ones a plan quantizes, which a group size does not divide, and
which names in a checkpoint's `ignore` still hold.

Works on names and shapes alone; reads no weight and starts nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

EMBEDDING: Final = re.compile(
    r"(^|\.)(embed\w*|\w*embeddings?|wte|wpe|tok_embeddings|pos_embed|patch_embed(\.\w+)*)$"
)
"""Tables with a two-dimensional weight that are no linear layers."""
SIZES: Final = (128, 64, 32, 16)
"""Group sizes that engines have kernels for, the usual one first."""
LISTED: Final = 4
"""How many layers a message names."""


class Misfit(NamedTuple):
    """A layer that the group size does not divide, and its input width."""

    layer: str
    width: int


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of compressed-tensors' patterns says the name: equal, or `re:` from its start."""
    return any(
        re.match(pattern[3:], name) is not None if pattern.startswith("re:") else pattern == name
        for pattern in patterns
    )


def widths(shapes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """The input widths of a checkpoint's linear layers: tensor name -> shape in, layer out."""
    return {
        name.removesuffix(".weight"): int(shape[1])
        for name, shape in shapes.items()
        if name.endswith(".weight")
        and len(shape) == 2
        and not EMBEDDING.search(name.removesuffix(".weight"))
    }


def quantized(
    layers: Mapping[str, int], targets: Sequence[str], ignore: Sequence[str]
) -> dict[str, int]:
    """The layers that a plan quantizes, as far as names tell.

    A checkpoint may call a layer `visual.…` that the loaded model calls `model.visual.…`: either
    name may be ignored. A class other than Linear is not known from names: its layers are left
    out here, and llm-compressor itself looks at them.
    """
    found = {}
    for name, width in layers.items():
        names = (name, f"model.{name}", name.removeprefix("model."))
        if any(matches(each, ignore) for each in names):
            continue
        if "Linear" in targets or any(matches(each, targets) for each in names):
            found[name] = width
    return found


def misfits(layers: Mapping[str, int], group_size: int) -> list[Misfit]:
    """The layers whose input width is no multiple of the group size."""
    return [Misfit(name, width) for name, width in layers.items() if width % group_size]


def dividing_size(layers: Mapping[str, int]) -> int | None:
    """The largest usual group size that divides every layer, else the largest other that is not
    above them; None where only 1 does."""
    common = math.gcd(*layers.values()) if layers else 0
    sizes = (*SIZES, *range(SIZES[0], 1, -1))
    return next((size for size in sizes if common and common % size == 0), None)


def refusal(layers: Mapping[str, int], group_size: int) -> str | None:
    """Why these layers cannot be quantized in such groups, and a size that can; None if all can."""
    found = misfits(layers, group_size)
    if not found:
        return None
    named = ", ".join(f"{misfit.layer} ({misfit.width})" for misfit in found[:LISTED])
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    size = dividing_size(layers)
    advice = (
        f"set group_size: {size}, which divides every layer"
        if size is not None
        else "add these layers to ignore"
    )
    return (
        f"group_size {group_size} does not divide the input width of {len(found)} of "
        f"{len(layers)} layers: {named}{more}; {advice}"
    )


class Mended(NamedTuple):
    """What `ignore` becomes, and whether that is the plan's own patterns."""

    ignore: tuple[str, ...]
    planned: bool


def unmatched(ignore: Iterable[str], modules: Iterable[str], classes: Iterable[str]) -> list[str]:
    """The entries of `ignore` that say no module of the loaded model, by name or by class."""
    names, kinds = tuple(modules), frozenset(classes)
    return [
        entry
        for entry in ignore
        if entry not in kinds and not any(matches(name, (entry,)) for name in names)
    ]


def mended(
    ignore: Sequence[str], planned: Sequence[str], linear: Sequence[str], quantized_layers: int
) -> Mended | None:
    """An `ignore` that says the same layers by the names that the loaded model has.

    `ignore` is as saved, `planned` the plan's patterns, `linear` the loaded model's linear layers,
    `quantized_layers` how many of them the checkpoint's headers show quantized. The plan's
    patterns that say a layer are taken where they leave just so many; else every saved name that
    ends a module's name becomes that module's. None where neither holds.
    """
    if sum(not matches(name, planned) for name in linear) == quantized_layers:
        saying = (entry for entry in planned if any(matches(name, (entry,)) for name in linear))
        return Mended(tuple(saying), planned=True)
    names: dict[str, None] = {}
    for entry in ignore:
        if entry.startswith("re:") or entry in linear:
            names[entry] = None
            continue
        ends = [name for name in linear if name.endswith(f".{entry}")]
        names.update(dict.fromkeys(ends or [entry]))
    if sum(not matches(name, names) for name in linear) == quantized_layers:
        return Mended(tuple(names), planned=False)
    return None
