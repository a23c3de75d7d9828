"""Axes as arithmetic: which stretch of numbers to show, where its ticks stand and how they read.

Owns the honesty of an axis. Knows no pixels but the two that a scale is given, and no matplotlib.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

LEAST_SPAN = 0.1
"""An axis away from zero spans at least this part of its values: noise must not look like news."""

_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,12})?", re.ASCII)
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_WIDE_SWEEP = 30


class Scale(NamedTuple):
    """Maps numbers from `low` to `high` onto pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value."""
        low, high, here = self.low, self.high, value
        if self.log:
            low, high, here = math.log10(low), math.log10(high), math.log10(here)
        return self.start + (self.end - self.start) * (here - low) / (high - low)


def positions(categories: Sequence[str]) -> list[float] | None:
    """Where numeric categories stand, as numbers to place evenly; None where they are words.

    The logarithm where all are powers of two, or where they span more than a factor of thirty:
    a sweep of 1, 2, 4 … 64 doubles by equal steps.
    """
    if not all(_NUMBER.fullmatch(category) for category in categories):
        return None
    numbers = [float(category) for category in categories]
    if len(set(numbers)) != len(numbers):
        return None
    if min(numbers) > 0:
        doubling = all(math.frexp(number)[0] == 0.5 for number in numbers)
        if doubling or max(numbers) / min(numbers) > _WIDE_SWEEP:
            return [math.log2(number) for number in numbers]
    return numbers


def reach(numbers: Iterable[float], *, room: float = 0.0) -> tuple[float, float]:
    """The stretch of a linear axis: from zero where zero is near, else never less than a tenth.

    `room` is the part of the span to leave free beyond the values, for labels.
    """
    found = list(numbers)
    low, high = min(found, default=0.0), max(found, default=1.0)
    if low >= 0 and low <= high / 2:
        return 0.0, (high or 1.0) + room * high
    if high <= 0 and high >= low / 2:
        return low + room * low, 0.0
    if low < 0 < high:
        spare = room * (high - low)
        return low - spare, high + spare
    return widen(low, high, room=room)


def widen(low: float, high: float, *, room: float = 0.0) -> tuple[float, float]:
    """The stretch around its middle, at least a tenth of its values wide."""
    span = max(high - low, LEAST_SPAN * max(abs(low), abs(high))) or 1.0
    middle = (low + high) / 2
    half = span * (0.5 + room)
    return middle - half, middle + half


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` steps of 1, 2, 2.5 or 5, the first at or below `low`, the last at or above."""
    power = math.floor(math.log10((high - low) / most))
    for factor in (1, 2, 2.5, 5, 10, 20, 25, 50, 100):
        step = factor * 10.0**power
        first = math.floor(low / step + 1e-9)
        last = math.ceil(high / step - 1e-9)
        if last - first <= most:
            break
    return [index * step for index in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten that enclose the stretch, with 2 and 5 between where it spans few of them."""
    first = math.floor(math.log10(low) + 1e-9)
    last = max(math.ceil(math.log10(high) - 1e-9), first + 1)
    every = math.ceil((last - first) / 6)
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    marks = [
        factor * 10.0**power for power in range(first, last + every, every) for factor in factors
    ]
    start = max((mark for mark in marks if mark <= low * (1 + 1e-9)), default=marks[0])
    above = (mark for mark in marks if mark >= high * (1 - 1e-9) and mark > start)
    end = min(above, default=marks[-1])
    return [mark for mark in marks if start <= mark <= end]


def words(marks: Sequence[float], decimal: str, *, log: bool = False) -> list[str]:
    """The ticks as text: plain where short, else times a power of ten, in no one's language.

    Ticks of a linear axis share their decimals and their power of ten; those of a logarithmic
    axis are each as short as they can be.
    """
    sizes = [abs(mark) for mark in marks if mark]
    plain = not sizes or (max(sizes) < 1e5 and min(sizes) >= 1e-3)
    if log:
        return [_signed(f"{mark:.6g}", decimal) if plain else _power(mark) for mark in marks]
    power = 0 if plain else 3 * math.floor(math.log10(max(sizes)) / 3 + 1e-9)
    short = _digits([mark / 10.0**power for mark in marks])
    unit = f"×10{str(power).translate(_SUPERSCRIPT)}" if power else ""
    return [
        _signed(text, decimal) + unit if mark else "0"
        for text, mark in zip(short, marks, strict=True)
    ]


def _power(mark: float) -> str:
    power = math.floor(math.log10(mark) + 1e-9)
    factor, ten = f"{mark / 10.0**power:.0f}", f"10{str(power).translate(_SUPERSCRIPT)}"
    return ten if factor == "1" else f"{factor}×{ten}"


def _digits(marks: Sequence[float]) -> list[str]:
    """The fewest decimals that tell every tick, the same for all."""
    step = min((abs(b - a) for a, b in pairwise(marks)), default=0.0)
    for decimals in range(10):
        close = (step or 1.0) * 1e-6
        if all(abs(round(mark, decimals) - mark) <= close for mark in marks):
            break
    return [f"{mark:.{decimals}f}" for mark in marks]


def _signed(text: str, decimal: str) -> str:
    return text.replace("-", "−").replace(".", decimal)
