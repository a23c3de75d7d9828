"""What a plot says, as plain data: every word and number of it, and nothing about its looks.

Owns the description and its digest. Cheap to import: no matplotlib here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

Format = Literal["svg", "png"]
Kind = Literal["line", "bar", "dot"]
Values = tuple[float | None, ...]

STYLE = "1"
"""Raised with every change of looks, so that plots drawn the old way are drawn again."""

SMALLEST, LARGEST = 1e-100, 1e100
"""Sizes that axis arithmetic keeps exact; no measured quantity lies outside."""

MOST_VALUES = 1000
"""A plot of more is not readable, and the places of its labels would take minutes to find."""


@dataclass(frozen=True, slots=True)
class Series:
    """One named row of numbers, a value for each category of its panel.

    None is a value that was not measured: a gap in a line, and in a row of bars or dots the words
    that stand in `shown` at its place. `shown` holds each number as the card prints it; it is
    never computed here. `low` and `high` are the ends of the error bars, not their lengths.
    """

    label: str
    values: Values
    shown: tuple[str, ...]
    low: Values | None = None
    high: Values | None = None

    def __post_init__(self) -> None:
        for name, row in (("shown", self.shown), ("low", self.low), ("high", self.high)):
            if row is not None and len(row) != len(self.values):
                raise ValueError(
                    f"series {self.label!r}: {name} has {len(row)} entries,"
                    f" values has {len(self.values)}"
                )
        for row in (self.values, self.low, self.high):
            for value in row or ():
                _check_number(value, f"series {self.label!r}")

    def numbers(self) -> tuple[float, ...]:
        """Every number that the axis must reach: the values and the ends of their error bars."""
        spans = (self.low or (), self.high or ())
        ends = (end for span in spans for end in span)
        return tuple(number for number in (*self.values, *ends) if number is not None)


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes: categories `x`, and the series measured at them.

    - `line`: categories along the bottom; by numeric position where all of them are numbers.
    - `bar`: categories down the side, bars from zero. For quantities where twice is twice.
    - `dot`: categories down the side, dots on an axis that need not start at zero, with stems from
      the reference where there is one. For values that differ by little, such as recovery.

    `label_values` prints `Series.shown` at the marks. Bars and dots print all of them;
    lines print all or none where there are several, and a lone line too crowded for all of them
    those of its ends and extremes.
    """

    kind: Kind
    x: tuple[str, ...]
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    title: str = ""
    reference: float | None = None
    reference_label: str = ""
    label_values: bool = True
    log: bool = False
    """A logarithmic axis of values. Say so in `y_label`; only for lines, only above zero."""

    def __post_init__(self) -> None:
        where = f"panel {self.title or self.y_label!r}"
        if not self.x or not self.series:
            raise ValueError(f"{where}: needs at least one category and one series")
        for series in self.series:
            if len(series.values) != len(self.x):
                raise ValueError(
                    f"{where}: series {series.label!r} has {len(series.values)} values"
                    f" for {len(self.x)} categories"
                )
        _check_number(self.reference, where)
        if self.log and (self.kind != "line" or min(self.numbers(), default=1.0) <= 0):
            raise ValueError(f"{where}: only lines above zero can have a logarithmic axis")

    def numbers(self) -> tuple[float, ...]:
        """Every number that the axis must reach, the reference included."""
        found = [number for series in self.series for number in series.numbers()]
        return tuple(found if self.reference is None else [*found, self.reference])


@dataclass(frozen=True, slots=True)
class Plot:
    """A whole plot, ready to draw: its words are final and in one language.

    `alt` is the plot told in words, for those who cannot see it. Series with the same label look
    the same in every panel and share one entry of the legend; an empty label has no entry.
    `absent` is the card's word for "not measured": lines mark such points with a cross where it
    is given. `columns` is how many panels stand side by side, where there is room for them.
    Bars whose panels have the same `y_label` share one scale, unless `same_scale` is off.
    """

    id: str
    title: str
    alt: str
    panels: tuple[Panel, ...]
    absent: str = ""
    decimal: Literal[".", ","] = "."
    columns: int | None = None
    same_scale: bool = True

    def __post_init__(self) -> None:
        if not self.panels:
            raise ValueError(f"plot {self.id!r}: needs at least one panel")
        if self.columns is not None and self.columns < 1:
            raise ValueError(f"plot {self.id!r}: columns must be 1 or more")


def digest(plot: Plot, format: Format) -> str:  # noqa: A002 - the word that cards use
    """Sixty-four hexadecimal digits, the same for the same description, style and format."""
    described = [format, STYLE, plot]
    text = json.dumps(described, separators=(",", ":"), allow_nan=False, default=_described)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _described(part: object) -> list[object]:
    """A part of the description as a plain list, field by field in the order of declaration."""
    if isinstance(part, Series):
        numbers = (_numbers(part.values), _numbers(part.low), _numbers(part.high))
        return [part.label, part.shown, *numbers]
    if isinstance(part, Panel | Plot):
        fields = (getattr(part, name) for name in part.__slots__)
        return [float(field) if type(field) is int else field for field in fields]
    return [float(part)]  # type: ignore[arg-type]  # a number of another type, numpy's for one


def _numbers(values: Values | None) -> list[float | None] | None:
    # 4 and 4.0 draw the same point, so they must not count as a change.
    return None if values is None else [None if v is None else float(v) for v in values]


def is_drawable(value: float) -> bool:
    """Whether an axis can show the number."""
    return value == 0 or SMALLEST <= abs(value) <= LARGEST


def _check_number(value: float | None, where: str) -> None:
    if value is not None and not is_drawable(value):
        raise ValueError(f"{where}: {value!r} cannot be drawn; use None for what was not measured")
