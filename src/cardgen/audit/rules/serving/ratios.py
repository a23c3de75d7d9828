"""How many times better a row is than the base row: by scenario, and their means."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from cardgen.audit.number import Interval
from cardgen.audit.roles import Column, Row, View

Mean = Callable[[Sequence[Interval]], Interval]


def arithmetic(ratios: Sequence[Interval]) -> Interval:
    """The arithmetic mean of ratios."""
    count = len(ratios)
    return Interval(
        math.fsum(r.low for r in ratios) / count, math.fsum(r.high for r in ratios) / count
    )


def geometric(ratios: Sequence[Interval]) -> Interval:
    """The geometric mean of ratios; anything where one may be zero."""
    count = len(ratios)
    if any(r.low <= 0 or not math.isfinite(r.high) for r in ratios):
        return Interval(0.0, math.inf)
    return Interval(
        math.exp(math.fsum(math.log(r.low) for r in ratios) / count),
        math.exp(math.fsum(math.log(r.high) for r in ratios) / count),
    )


def highest(ratios: Sequence[Interval]) -> Interval:
    """The largest of ratios."""
    return Interval(max(r.low for r in ratios), max(r.high for r in ratios))


def ratios(table: View, row: Row, base: Row, roles: Sequence[str]) -> list[tuple[Column, Interval]]:
    """How much better a row is than the base row, by column; for latencies base over row."""
    found: list[tuple[Column, Interval]] = []
    for column in table.of(*roles):
        own, other = table.value(row, column), table.value(base, column)
        if own is None or other is None:
            continue
        over, under = (other, own) if column.role == "latency" else (own, other)
        low, high = max(under.rounded[0], 0.0), under.rounded[1]
        if high <= 0:
            continue
        top = over.rounded[1] / low if low > 0 else math.inf
        found.append((column, Interval(over.rounded[0] / high, top)))
    return found


def compared(table: View, column: Column) -> tuple[str, ...]:
    """Which columns a derived column is of."""
    if table.of("qpd") and column.role == "cost":
        return ("qpd",)
    if table.of("latency") and not table.of("rate"):
        return ("latency",)
    if table.of("rate") and not table.of("latency"):
        return ("rate",)
    return ("qpd",) if table.of("qpd") else ()


def point(table: View, row: Row, base: Row, column: Column) -> float:
    """How much better a row is in a column, by the numbers as printed."""
    own, other = table.value(row, column), table.value(base, column)
    assert own is not None
    assert other is not None
    over, under = (other, own) if column.role == "latency" else (own, other)
    return over.value / under.value if under.value else math.inf
