"""One value out of the repeats of an identity: origins in order of preference, then the median."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from cardgen.derive.quantity import (
    BEYOND,
    NOT_MEASURED,
    UNLIMITED,
    Absent,
    Formula,
    Quantity,
    Value,
)
from cardgen.language import Message
from cardgen.records import Origin
from cardgen.remarks import said
from cardgen.store.runs import Stored

PREFERENCE: tuple[Origin, ...] = ("measured", "imported", "transcribed")

NOT_TAKEN = Absent(Message("measured, but of an origin that the card does not take"))
MEDIAN = Formula(
    "median-of-runs",
    "median of the runs; the interval is their range",
    "docs/decisions/0004-repeats.md",
)


def value_of(
    repeats: Sequence[Stored],
    read: Callable[[Stored], Value | None],
    preference: Sequence[Origin] = PREFERENCE,
) -> Value:
    """The value of one identity: of the first origin that has one, the median over its runs.

    Values of different origins or units never enter one statistic: modelled joules give way to
    measured ones, any other unit to that of the first run. Where no run has a value, the reason
    of the last failed or skipped one is kept.
    """
    if len(repeats) == 1 and repeats[0].run.provenance.origin in preference:
        # Nearly always: nothing to choose from, and a card has hundreds of them.
        value = read(repeats[0])
        if isinstance(value, Quantity):
            return value
    absent: Absent = NOT_MEASURED
    for origin in preference:
        found: list[Quantity] = []
        for stored in repeats:
            if stored.run.provenance.origin != origin:
                continue
            value = read(stored)
            if isinstance(value, Quantity):
                found.append(value)
            elif value is not None:
                absent = value
            elif stored.measurement.outcome != "measured":
                absent = failure(stored)
        if found:
            unit = min((item.unit for item in found), key=lambda unit: "modelled" in unit)
            same = [item for item in found if item.unit == unit]
            return same[0] if len(same) == 1 else median(same)
    if absent is NOT_MEASURED and any(item.measurement.outcome == "measured" for item in repeats):
        taken = (item for item in repeats if item.run.provenance.origin in preference)
        return NOT_MEASURED if any(True for _ in taken) else NOT_TAKEN
    return absent


def failure(stored: Stored) -> Absent:
    """Why a failed or skipped measurement has no value."""
    reason = {"reason": said(stored.measurement.reason or "—")}
    if stored.measurement.outcome == "failed":
        return Absent(Message("the run failed: %(reason)s", reason), stored)
    return Absent(Message("skipped: %(reason)s", reason), stored)


def median(values: Sequence[Quantity]) -> Value:
    """The median of independent runs; the interval spans the runs and their own rounding."""
    middle = statistics.median(item.value for item in values)
    if not math.isfinite(middle):
        return BEYOND
    return Quantity(
        middle,
        min(item.low for item in values),
        max(item.high for item in values),
        values[0].unit,
        min((item.decimals for item in values), default=UNLIMITED),
        MEDIAN,
        tuple(values),
        runs=len(values),
    )


def disagreements(
    repeats: Sequence[Stored], read: Callable[[Stored], Value | None]
) -> tuple[Quantity, ...]:
    """One value an origin, where origins of the same identity exclude each other; else none.

    Values in different units (measured and modelled joules) are not compared.
    """
    origins = dict.fromkeys(stored.run.provenance.origin for stored in repeats)
    found = (value_of(repeats, read, (origin,)) for origin in origins)
    values = tuple(value for value in found if isinstance(value, Quantity))
    for first in values:
        for second in values:
            if first.unit == second.unit and (first.low > second.high or second.low > first.high):
                return values
    return ()
