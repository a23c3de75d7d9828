"""A derived value: the number, the interval its inputs' rounding leaves, and its trace.

Owns intervals, digits and traces. The formulas are in the sibling modules; nothing here knows
tables or words beyond the reason of an absence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from itertools import product
from typing import NamedTuple

from cardgen.language import Message
from cardgen.records import Origin, Reading
from cardgen.store.runs import Stored

UNLIMITED = 99

WIDE = Context(prec=500)
"""Room for every digit of every float: the default context refuses what is beyond 28."""


class Leaf(NamedTuple):
    """Where a raw value stands: a field of a stored measurement, or a place in a project file.

    A card has hundreds of them and shows few: what they say is put together when asked.
    """

    stored: Stored | None
    field: str
    project_file: str = ""

    @property
    def file(self) -> str:
        """The run file, or the project file, relative to the project."""
        return self.stored.file if self.stored is not None else self.project_file

    @property
    def pointer(self) -> str:
        """The JSON pointer of the value in its file."""
        return self.stored.pointer(self.field) if self.stored is not None else self.field

    @property
    def origin(self) -> Origin | None:
        """The origin of the run; none for what a project file states."""
        return self.stored.run.provenance.origin if self.stored is not None else None


class Formula(NamedTuple):
    """A named rule of arithmetic, as `explain` tells it."""

    id: str
    text: str
    source: str


class Quantity(NamedTuple):
    """A value with its unit, the interval [low, high] of its inputs' rounding, and its trace.

    `decimals` is how far the coarsest input was printed (`UNLIMITED` where all inputs have full
    precision); `stderr` is the statistical standard error where the source reports one.
    """

    value: float
    low: float
    high: float
    unit: str
    decimals: int = UNLIMITED
    formula: Formula | None = None
    inputs: tuple[Quantity, ...] = ()
    leaf: Leaf | None = None
    stderr: float | None = None
    runs: int = 1

    @property
    def exact(self) -> bool:
        """True where no rounding of a printed input blurs the value."""
        return self.decimals == UNLIMITED

    @property
    def justified_decimals(self) -> int:
        """The most decimals that say no more than is known.

        As many as the coarsest input was printed with, or, where the unit changed on the way
        (seconds from queries per dollar), as many as the interval of the value carries: half a
        unit of the last digit shown is not less than half the interval.
        """
        if self.exact:
            return UNLIMITED
        half = (self.high - self.low) / 2
        if not math.isfinite(half):
            return self.decimals
        if half <= 0:
            return self.decimals
        by_interval = math.floor(-math.log10(2 * half) + 1e-9)
        return max(self.decimals, by_interval)

    @property
    def origins(self) -> frozenset[Origin]:
        """The origins of every record behind the value."""
        found: set[Origin] = set()
        stack: list[Quantity] = [self]
        while stack:
            item = stack.pop()
            if item.leaf is None:
                stack.extend(item.inputs)
            elif item.leaf.origin is not None:
                found.add(item.leaf.origin)
        return frozenset(found)

    def leaves(self) -> tuple[Leaf, ...]:
        """Every raw value behind this one, each once, in order."""
        if self.leaf is not None and not self.inputs:
            return (self.leaf,)
        found: dict[tuple[str, str], Leaf] = {}
        stack: list[Quantity] = [self]
        while stack:
            item = stack.pop()
            if item.leaf is not None:
                found.setdefault((item.leaf.file, item.leaf.pointer), item.leaf)
            stack.extend(reversed(item.inputs))
        return tuple(found.values())

    def measurements(self) -> tuple[Stored, ...]:
        """Every measurement behind this value, each once, in order."""
        stored = (leaf.stored for leaf in self.leaves() if leaf.stored is not None)
        return tuple({(item.file, item.index): item for item in stored}.values())


@dataclass(frozen=True, slots=True)
class Absent:
    """No value, and why. It spreads through every formula it enters."""

    reason: Message
    stored: Stored | None = None


Value = Quantity | Absent

NOT_MEASURED = Absent(Message("not measured"))
BEYOND = Absent(Message("the result is beyond the numbers that can be computed with"))


def leaf(reading: Reading, unit: str, stored: Stored, field: str) -> Quantity:
    """The quantity of a raw reading at `field` (a/b) of a stored measurement.

    A standard error of 0 is none: harnesses write it where they computed none, and the formula
    behind it gives it where all answers are right or all are wrong, which are never so for sure.
    """
    low, high = reading.bounds
    decimals = UNLIMITED if reading.decimals is None else reading.decimals
    place = Leaf(stored, f"{field}/value")
    return Quantity(
        reading.value, low, high, unit, decimals, None, (), place, reading.stderr or None
    )


def constant(value: float, unit: str, file: str, pointer: str) -> Quantity:
    """An exact value that a file states: a price, a count."""
    return Quantity(value, value, value, unit, UNLIMITED, None, (), Leaf(None, pointer, file))


def number(value: float, unit: str, stored: Stored, field: str) -> Quantity:
    """A plain number in a record (a count, joules of a window) as an exact quantity."""
    return Quantity(value, value, value, unit, UNLIMITED, None, (), Leaf(stored, field))


def apply(formula: Formula, unit: str, function: Callable[..., float], *inputs: Quantity) -> Value:
    """`function` of the inputs, its interval from the corners of theirs; absent beyond all floats.

    Right for functions monotone in each argument, which all of cardgen's formulas are. A division
    by an interval that reaches zero leaves the value unbounded.
    """
    try:
        value = function(*[item.value for item in inputs])
    except (ZeroDivisionError, OverflowError):
        return BEYOND
    if not math.isfinite(value):
        return BEYOND
    decimals, blurred = UNLIMITED, False
    ends: list[tuple[float, ...]] = []
    for item in inputs:
        decimals = min(decimals, item.decimals)
        if item.low == item.high:
            ends.append((item.value,))
        else:
            ends.append((item.low, item.high))
            blurred = True
    if not blurred:
        return Quantity(value, value, value, unit, decimals, formula, inputs)
    try:
        corners = [value, *[function(*corner) for corner in product(*ends)]]
    except ZeroDivisionError:
        corners = [value, math.inf, -math.inf]
    if any(item.low < 0 < item.high for item in inputs):
        corners += [math.inf, -math.inf]
    return Quantity(value, min(corners), max(corners), unit, decimals, formula, inputs)


def mean(formula: Formula, unit: str, inputs: Sequence[Quantity]) -> Value:
    """The arithmetic mean of the inputs, with the mean of their bounds; absent beyond floats."""
    count = len(inputs)
    try:
        value = math.fsum(item.value for item in inputs) / count
        low = math.fsum(item.low for item in inputs) / count
        high = math.fsum(item.high for item in inputs) / count
    except (OverflowError, ValueError):  # ValueError: infinities of both signs
        return BEYOND
    return Quantity(
        value,
        low,
        high,
        unit,
        min(item.decimals for item in inputs),
        formula,
        tuple(inputs),
    )


def scaled(quantity: Quantity, factor: int, unit: str, formula: Formula) -> Quantity:
    """The quantity times a power of ten, its printed digits moved along."""
    shift = round(math.log10(factor))
    return quantity._replace(
        value=quantity.value * factor,
        low=quantity.low * factor,
        high=quantity.high * factor,
        unit=unit,
        decimals=quantity.decimals if quantity.exact else quantity.decimals - shift,
        formula=formula,
        inputs=(quantity,),
        leaf=None,
        stderr=None if quantity.stderr is None else quantity.stderr * factor,
    )


def rounded(value: float, decimals: int) -> str:
    """The value with so many decimals, ties away from zero as with pencil and paper.

    Binary noise beyond twelve significant digits is dropped first, so that the mean of printed
    numbers rounds as their decimal digits say. What no number bounds is written ∞.
    """
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    exact = Decimal(f"{value:.12g}")
    text = f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, WIDE):f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def scientific(value: float, decimals: int) -> str:
    """The value with a power of ten, rounded as `rounded` does, for programs too: 4.94e-324."""
    exact = Decimal(f"{value:.12g}")
    last = Decimal(1).scaleb(exact.adjusted() - decimals)
    near = exact.quantize(last, ROUND_HALF_UP, WIDE)
    if math.isinf(float(near)):  # the largest float rounds up to a number that no float is
        near = exact.quantize(last, ROUND_DOWN, WIDE)
    return f"{near:.{decimals}e}"
