"""Queries per dollar: one price an hour explains all pairs of one hardware."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cardgen.audit.check import Check, input_of, number_text, title
from cardgen.audit.number import SLACK, Interval, Number, Verdict, shown
from cardgen.audit.roles import Column, Row, View
from cardgen.audit.rules.serving.block import blocks
from cardgen.audit.subject import Subject

HOUR = 3600.0
REPLICAS = sorted({n / m for n in range(1, 9) for m in range(1, 9)})


class Priced(NamedTuple):
    """A latency or rate with its queries per dollar, and the cost per hour they imply."""

    table: View
    row: Row
    measure: Column
    qpd: Column
    cost: Interval
    wide: Interval


def _pairs(table: View) -> list[tuple[Column, Column]]:
    """Each column of queries per dollar with the latency or rate that it follows from."""
    found: list[tuple[Column, Column]] = []
    for qpd in table.of("qpd"):
        measures = [
            c
            for c in table.of("latency", "rate")
            if (len(qpd.heading) < 2 and len(c.heading) < 2) or c.heading[:-1] == qpd.heading[:-1]
        ]
        near = sorted(measures, key=lambda c: (abs(c.at - qpd.at), c.at > qpd.at))
        if near and abs(near[0].at - qpd.at) <= 2:
            found.append((near[0], qpd))
    return found


def hourly(measure: Number, qpd: Number, role: str, *, wide: bool) -> Interval:
    """USD per hour of a replica: 3600/(latency·QPD), or 3600·rate/QPD."""
    low, high = _range(measure, wide=wide)
    few, many = _range(qpd, wide=wide)
    if few <= 0 or (role == "latency" and low <= 0):
        return Interval(0.0, math.inf)
    if role == "latency":
        return Interval(HOUR / (high * many), HOUR / (low * few))
    return Interval(HOUR * max(low, 0.0) / many, HOUR * high / few)


def _range(number: Number, *, wide: bool) -> tuple[float, float]:
    """The values that round to a number, or that round or are cut to it."""
    low, high = number.rounded
    return (low, max(high, number.cut[1])) if wide else (low, high)


def _consensus(intervals: Sequence[Interval]) -> tuple[int, Interval]:
    """The point that most intervals hold, as the interval around it, and how many hold it."""
    events = sorted([(i.low, 0) for i in intervals] + [(i.high, 1) for i in intervals])
    count = best = 0
    found = Interval(0.0, math.inf)
    newest = False
    for value, closing in events:
        if closing:
            count -= 1
            if newest:
                found, newest = Interval(found.low, value), False
            continue
        count += 1
        if count > best:
            best, found, newest = count, Interval(value, value), True
    return best, found


def _holds(interval: Interval, point: Interval) -> bool:
    slack = SLACK * max(1.0, abs(point.low))
    return interval.low <= point.high + slack and point.low <= interval.high + slack


def queries_per_dollar(subject: Subject) -> Iterator[Check]:
    """Queries per dollar are 3600/(latency·cost) or 3600·rate/cost, with one cost per hour for a
    replica of one hardware.

    The cost is not needed: every pair of cells gives an interval for it, and all pairs of one
    hardware must share a point. A row whose pairs agree among themselves on a small multiple of it
    runs on more or fewer GPUs, and is right. A finding needs three pairs and six in ten that agree.
    Source: published cards with on-demand prices. Cannot know: which of the two cells is wrong.
    """
    groups: dict[str, list[Priced]] = defaultdict(list)
    for block in blocks(subject):
        table = block.table
        pairs = _pairs(table)
        gpus = table.of("gpus")
        for row in block.rows[:2000]:
            if not table.sound(row):
                continue
            count = next((c.text for g in gpus if (c := row.cells[g.at]) is not None), "")
            for measure, qpd in pairs:
                one, other = table.value(row, measure), table.value(row, qpd)
                if one is None or other is None or other.value <= 0:
                    continue
                groups[f"{block.hardware}|{count}".lower()].append(
                    Priced(
                        table,
                        row,
                        measure,
                        qpd,
                        hourly(one, other, measure.role, wide=False),
                        hourly(one, other, measure.role, wide=True),
                    )
                )
    for priced in groups.values():
        yield from _priced(priced)


def _priced(priced: Sequence[Priced]) -> Iterator[Check]:
    count, point = _consensus([p.cost for p in priced])
    agreed = count >= 3 and count * 10 >= 6 * len(priced)
    rows: dict[tuple[int, int], list[Priced]] = defaultdict(list)
    for item in priced:
        rows[(item.table.number, item.row.at)].append(item)
    for items in rows.values():
        inside, own = _consensus([i.cost for i in items])
        if not agreed:
            if inside < 3 or inside * 10 < 6 * len(items):
                continue
            target = own
        elif inside == len(items) and len(items) > 1 and _multiple(own, point):
            target = own
        else:
            target = point
        for item in items:
            verdict: Verdict = "both"
            if not _holds(item.cost, target):
                verdict = "cut" if _holds(item.wide, target) else "wrong"
            yield _price_check(item, target, verdict, len(priced))


def _multiple(own: Interval, point: Interval) -> bool:
    """Whether a row's cost can be a small multiple of the hardware's."""
    return any(own.low <= r * point.high and r * point.low <= own.high for r in REPLICAS)


def _price_check(item: Priced, target: Interval, verdict: Verdict, count: int) -> Check:
    table, row = item.table, item.row
    measure, printed = table.value(row, item.measure), table.value(row, item.qpd)
    cell = row.cells[item.qpd.at]
    assert measure is not None
    assert printed is not None
    assert cell is not None
    low, high = measure.rounded
    if item.measure.role == "latency":
        few, many = HOUR / (high * target.high), HOUR / (max(low, 1e-12) * target.low)
        value = (
            HOUR / (measure.value * (target.low + target.high) / 2) if measure.value else math.inf
        )
    else:
        few, many = HOUR * max(low, 0) / target.high, HOUR * high / target.low
        value = HOUR * measure.value / ((target.low + target.high) / 2)
    expected = f"{shown(few, printed.decimals)} to {shown(many, printed.decimals)}"
    return Check(
        "queries-per-dollar",
        "qpd",
        verdict,
        cell.line,
        cell.column,
        number_text(printed),
        expected,
        f"{title(row)}, {' / '.join(item.qpd.heading[:1])}: {measure.text} and "
        f"{shown(target.low, 2)} to {shown(target.high, 2)} USD per hour, on which {count} "
        f"pairs of this "
        f"hardware agree, give {expected} (about {shown(value, 0)}), printed "
        f"{number_text(printed)}",
        (input_of(item.measure.name, row.cells[item.measure.at]),),
    )
