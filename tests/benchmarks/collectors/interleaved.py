"""Ours beside the bare tool, in pairs whose order alternates, so that a drift falls on both."""

from __future__ import annotations

import itertools
import os
import statistics
from collections.abc import Callable
from typing import NamedTuple, TypeVar

Cost = TypeVar("Cost")
PAIRS = int(os.environ.get("CARDGEN_BENCHMARK_PAIRS", "10"))


class HungError(Exception):
    """A run that measures nothing: the tool hung. Its pair is run again."""


class Interleaved(NamedTuple):
    """What ours took, as shares of what the bare tool of the same pair took."""

    ratios: list[float]
    itself: list[float]
    """A bare run over another one: what the machine does of its own."""

    @property
    def median(self) -> float:
        """The figure that counts."""
        return statistics.median(self.ratios)

    @property
    def spread(self) -> float:
        """How far the bare tool is from itself, as the median of the shares."""
        return statistics.median(abs(ratio - 1) for ratio in self.itself)

    def told(self, what: str, goal: str) -> str:
        """One line for the report."""
        return (
            f"{what}: {self.median:.3f} (goal: {goal}); {len(self.ratios)} pairs, from "
            f"{min(self.ratios):.3f} to {max(self.ratios):.3f}; bare against itself "
            f"{1 + self.spread:.3f} (median), from {min(self.itself):.3f} to "
            f"{max(self.itself):.3f}"
        )


def interleaved(bare: Callable[[], Cost], ours: Callable[[], Cost]) -> list[tuple[Cost, Cost]]:
    """`PAIRS` times (bare, ours); every second pair is run the other way round."""
    pairs: list[tuple[Cost, Cost]] = []
    hung = 0
    while len(pairs) < PAIRS:
        try:
            if len(pairs) % 2:
                second = ours()
                pairs.append((bare(), second))
            else:
                pairs.append((bare(), ours()))
        except HungError:
            hung += 1
            if hung > PAIRS:
                raise
    return pairs


def compared(pairs: list[tuple[float, float]]) -> Interleaved:
    """The pairs' ratios, and those of neighbouring bare runs."""
    return Interleaved(
        [ours / bare for bare, ours in pairs],
        [later / earlier for (earlier, _), (later, _) in itertools.pairwise(pairs)],
    )
