"""A printed number as every value that prints so, and arithmetic on such intervals.

Owns reading a number out of a cell and the verdict whether a formula can give it. A number printed
with d decimals stands for half a unit of its last digit on either side (rounded), or for one unit
away from zero (cut); the intervals are those of `cardgen.records.reading`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import product
from typing import Literal, NamedTuple

Verdict = Literal["both", "rounded", "cut", "wrong"]

BEFORE = r"(?P<lead>[~≈<>]?\s?[$€]?)"
AFTER = (
    r"\s?(?P<unit>%|[x×](?![A-Za-z])|[kKMGTP](?:i?B|FLOPS?)?(?![A-Za-z])|B(?![A-Za-z])|billion|"
    r"GB|MB|ms(?![A-Za-z])|s(?![A-Za-z])|pp|pts?)?"
    r"(?P<rest>\s*(?:[±(\[†‡*↑↓].*)?)$"
)
NUMBER = re.compile(
    rf"{BEFORE}(?P<number>[-+−–]?(?:\d{{1,3}}(?:,\d{{3}})+|\d{{1,15}})(?:\.\d{{1,15}})?|"
    rf"[-+−–]?\.\d{{1,15}}){AFTER}"
)
COMMA_NUMBER = re.compile(
    rf"{BEFORE}(?P<number>[-+−–]?(?:\d{{1,3}}(?:\s\d{{3}})+|\d{{1,15}})(?:,\d{{1,15}})?){AFTER}"
)
DECIMAL_COMMA = re.compile(r"[-+−–]?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,}))$")
SLACK = 1e-9
STEPS = tuple(float(f"1e-{decimals}") for decimals in range(32))


class Number(NamedTuple):
    """A number as printed: its value, its decimals, its unit and what stands behind it."""

    value: float
    decimals: int
    unit: str
    text: str
    rest: str = ""

    @property
    def step(self) -> float:
        """One unit of the last digit."""
        return STEPS[self.decimals]

    @property
    def rounded(self) -> tuple[float, float]:
        """The values that round to it."""
        half = self.step / 2
        return self.value - half, self.value + half

    @property
    def cut(self) -> tuple[float, float]:
        """The values that are cut to it."""
        toward = self.step if self.value >= 0 else -self.step
        return min(self.value, self.value + toward), max(self.value, self.value + toward)


@lru_cache(maxsize=20_000)
def parse(text: str, *, commas: bool = False) -> Number | None:
    """The number a cell begins with, if a cell is a number with at most a unit and a bracket.

    A comma groups thousands; with `commas` it divides the decimals, and spaces group thousands.
    """
    if len(text) > 60:
        return None
    match = (COMMA_NUMBER if commas else NUMBER).match(text)
    if match is None:
        return None
    digits = match["number"].replace("−", "-").replace("–", "-")
    digits = "".join(digits.split()).replace(",", ".") if commas else digits.replace(",", "")
    point = digits.find(".")
    return Number(
        float(digits),
        len(digits) - point - 1 if point >= 0 else 0,
        (match["unit"] or "").replace("×", "x"),
        match["number"],
        match["rest"].strip(),
    )


def decimal_commas(texts: Iterable[str]) -> bool:
    """Whether the numbers among a table's cells are written 56,10.

    Two cells must show it: 1,128 may be thousands, 56,10 and 0,896 may not. A number with a decimal
    point or with two commas says that the commas are something else.
    """
    sure = 0
    for text in texts:
        number = parse(text)
        if number is not None and ("." in number.text or number.text.count(",") > 1):
            return False
        if "," in text:
            other = parse(text, commas=True)
            sure += other is not None and DECIMAL_COMMA.match(other.text) is not None
    return sure > 1


class Interval(NamedTuple):
    """A closed interval."""

    low: float
    high: float


def corners(formula: Callable[..., float], inputs: Sequence[tuple[float, float]]) -> Interval:
    """The formula's values over the inputs' intervals, for a formula monotone in each input."""
    try:
        values = [formula(*corner) for corner in product(*inputs)]
    except (ZeroDivisionError, OverflowError):
        return Interval(-math.inf, math.inf)
    return Interval(min(values), max(values))


def meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two intervals have a point in common, binary noise aside."""
    slack = SLACK * max(1.0, abs(one[0]), abs(one[1])) if math.isfinite(one[0] + one[1]) else SLACK
    return one[0] <= other[1] + slack and other[0] <= one[1] + slack


def judge(printed: Number, rounded: Interval, cut: Interval | None = None) -> Verdict:
    """Whether a printed number can be what a formula gives.

    `rounded` is the formula over the inputs as rounded numbers, `cut` over them as cut ones.
    """
    as_rounded = meet(rounded, printed.rounded)
    as_cut = _reaches(rounded, printed.cut) or (cut is not None and _reaches(cut, printed.cut))
    if as_rounded:
        return "both" if as_cut else "rounded"
    return "cut" if as_cut else "wrong"


def _reaches(found: Interval, cell: tuple[float, float]) -> bool:
    return found.low < cell[1] and cell[0] <= found.high + SLACK * max(1.0, abs(found.high))


def ratio(printed: Number, over: Number, under: Number, scale: float = 100.0) -> Verdict:
    """The verdict on `printed` as scale · over / under."""

    def formula(a: float, b: float) -> float:
        return scale * a / b

    if under.rounded[0] <= 0 <= under.rounded[1]:
        return "both"
    return judge(
        printed,
        corners(formula, (over.rounded, under.rounded)),
        corners(formula, (over.cut, under.cut)),
    )


def mean(printed: Number, members: Sequence[Number]) -> Verdict:
    """The verdict on `printed` as the mean of the members."""
    count = len(members)
    low = math.fsum(m.rounded[0] for m in members) / count
    high = math.fsum(m.rounded[1] for m in members) / count
    lowest = math.fsum(m.cut[0] for m in members) / count
    highest = math.fsum(m.cut[1] for m in members) / count
    return judge(printed, Interval(low, high), Interval(lowest, highest))


def one_value(formula: Callable[..., float], inputs: Sequence[Number], decimals: int) -> str | None:
    """What the formula prints as, where all its inputs' values print alike, rounded or cut."""
    found = [
        corners(formula, [n.rounded for n in inputs]),
        corners(formula, [n.cut for n in inputs]),
    ]
    said = {shown(value, decimals) for interval in found for value in interval}
    return said.pop() if len(said) == 1 and "unbounded" not in said else None


def one_mean(members: Sequence[Number], decimals: int) -> str | None:
    """What the members' mean prints as, where all their values give one, rounded or cut."""
    ends = [
        math.fsum(side[end] for side in sides) / len(members)
        for sides in ([n.rounded for n in members], [n.cut for n in members])
        for end in (0, 1)
    ]
    said = {shown(value, decimals) for value in ends}
    return said.pop() if len(said) == 1 else None


def shown(value: float, decimals: int) -> str:
    """A value with so many decimals, ties away from zero."""
    if not math.isfinite(value):
        return "unbounded"
    scaled = value * 10**decimals
    whole = math.floor(abs(scaled) + 0.5 + 1e-9)
    return f"{math.copysign(whole / 10**decimals, value):.{decimals}f}"
