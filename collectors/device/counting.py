"""Counts the floating-point operations of one generation as torch sees them.

Runs under eager attention, since the fused kernels of a CPU are not counted, and never in a timed
run: counting slows what it watches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry

MOVING = (
    "_local_scalar_dense", "_to_copy", "alias", "arange", "cat", "clone", "constant_pad_nd",
    "copy", "copy_", "detach", "empty", "empty_like", "expand", "eye", "fill_", "full", "full_like",
    "index", "index_put_", "index_select", "item", "lift_fresh", "masked_fill", "masked_fill_",
    "masked_scatter", "new_empty", "new_full", "new_ones", "new_zeros", "nonzero", "ones",
    "ones_like", "repeat", "repeat_interleave", "scalar_tensor", "scatter", "select", "slice",
    "split", "stack", "sym_size", "tril", "triu", "where", "zero_", "zeros", "zeros_like",
    "eq", "ne", "lt", "le", "gt", "ge", "bitwise_and", "bitwise_or", "bitwise_not",
    "logical_and", "logical_or", "logical_not", "any", "all", "isin", "embedding", "argmax",
    "_unsafe_view", "narrow", "gather", "rsub", "tril_", "equal", "is_nonzero", "set_",
)  # fmt: skip
"""What only moves, makes or compares values: no floating-point arithmetic to miss."""


class Count(NamedTuple):
    """Operations of one generation, its lengths, and the arithmetic that counts as zero."""

    prefill: int
    decode: int
    prompt: int
    new: int
    uncounted: tuple[str, ...]


class _Listing(TorchDispatchMode):
    """Notes every arithmetic operator that the counter has no formula for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        packet = func._overloadpacket
        name = packet.__name__
        if packet not in flop_registry and name not in MOVING and not func.is_view:
            self.found.add(name)
        return func(*args, **(kwargs or {}))


def count(generate: Callable[[int], torch.Tensor], prompt: int, most: int) -> Count:
    """Count `generate(n)`, which makes at most n tokens after a prompt of so many tokens.

    A generation of one token is the prefill; what a whole one needs beyond that is the decode.
    """
    listing = _Listing()  # outermost: it sees what the counter has taken composed operators to
    with listing, FlopCounterMode(display=False) as first:
        generate(1)
    new = 1
    whole = first
    if most > 1:
        with listing, FlopCounterMode(display=False) as whole:
            new = int(generate(most).shape[1]) - prompt
    prefill = int(first.get_total_flops())
    decode = max(0, int(whole.get_total_flops()) - prefill)
    return Count(prefill, decode, prompt, new, tuple(sorted(listing.found)))
