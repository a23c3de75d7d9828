"""The formulas of recovery, and whether a printed one follows from its two scores."""

from __future__ import annotations

from functools import partial
from typing import Literal

from cardgen.audit.number import Number, Verdict, corners, judge

Formula = Literal["higher", "lower", "complement"]


def reckon(formula: Formula, quantized: float, base: float) -> float:
    """Recovery in percent."""
    if formula == "higher":
        return 100 * quantized / base
    if formula == "lower":
        return 100 * base / quantized
    return 100 * (100 - quantized) / (100 - base)


def scaled(scale: float, formula: Formula, quantized: float, base: float) -> float:
    """Recovery as the card writes it: times 1 in percent, times 0.01 as a fraction."""
    return scale * reckon(formula, quantized, base)


def verdict(
    formula: Formula, printed: Number, quantized: Number, base: Number, scale: float
) -> Verdict | None:
    """Whether the printed recovery follows; None where the divisor can be zero."""
    under = quantized if formula == "lower" else base
    low, high = under.rounded
    if (low <= 0 <= high) or (formula == "complement" and low <= 100 <= high):
        return None

    share = partial(scaled, scale, formula)
    return judge(
        printed,
        corners(share, (quantized.rounded, base.rounded)),
        corners(share, (quantized.cut, base.cut)),
    )
