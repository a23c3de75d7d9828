"""Serving: latency, throughput, queries per dollar, cost reduction and speed-up held together.

Works on tables with rows of models grouped by hardware. A row that does not fill its columns is
left out, because its values stand under the wrong headings.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from cardgen.audit.check import Check, input_of, lean, number_text, title
from cardgen.audit.findings import Finding, Input
from cardgen.audit.naming import is_model, name_of
from cardgen.audit.number import SLACK, Interval, Number, Verdict, judge, parse, shown
from cardgen.audit.roles import BASE, Column, Row, View
from cardgen.audit.subject import Subject

HOUR = 3600.0
REPLICAS = sorted({n / m for n in range(1, 9) for m in range(1, 9)})


class Block(NamedTuple):
    """The rows of one hardware in one table, with the row of the base model."""

    table: View
    hardware: str
    rows: tuple[Row, ...]
    base: Row | None


def blocks(subject: Subject) -> Iterator[Block]:
    """The blocks of every table with latencies, rates or queries per dollar."""
    for table in subject.views:
        if not table.of("latency", "rate", "qpd") or not table.of("model", "label"):
            continue
        grouped: dict[str, list[Row]] = {}
        places = table.of("hardware")
        current = ""
        for row in table.rows:
            if row.role == "section":
                current = row.label
                continue
            if row.role != "data":
                continue
            said = [c.text for p in places if (c := row.cells[p.at]) is not None and c.text]
            current = " / ".join(said) or current
            grouped.setdefault(current, []).append(row)
        for hardware, rows in grouped.items():
            yield Block(table, hardware, tuple(rows), _base(subject, table, rows))


def model_of(table: View, row: Row) -> str:
    """The model that a row names: its model column, else its label."""
    for column in table.of("model"):
        cell = row.cells[column.at]
        if cell is not None and cell.text:
            return cell.text
    return row.label


def _base(subject: Subject, table: View, rows: Sequence[Row]) -> Row | None:
    """The base model's row: its name, or the row without a cost reduction or speed-up."""
    derived = table.of("cost", "speedup")
    named = [r for r in rows if _is_base(subject, model_of(table, r))]
    if len(named) == 1:
        return named[0]
    blank = [
        r
        for r in rows
        if derived and all((n := table.value(r, c)) is None or n.value == 1 for c in derived)
    ]
    both = [r for r in blank if r in named] or blank
    return both[0] if len(both) == 1 else None


def _is_base(subject: Subject, text: str) -> bool:
    words = text.split(" ")[0]
    if is_model(words):
        name = name_of(words)
        if subject.base is not None and name.key == subject.base.key:
            return True
        return not name.quantized and subject.quantized
    return bool(BASE.search(text))


Ratio = Callable[[Sequence[Interval]], Interval]


def _arithmetic(ratios: Sequence[Interval]) -> Interval:
    count = len(ratios)
    return Interval(
        math.fsum(r.low for r in ratios) / count, math.fsum(r.high for r in ratios) / count
    )


def _geometric(ratios: Sequence[Interval]) -> Interval:
    count = len(ratios)
    if any(r.low <= 0 or not math.isfinite(r.high) for r in ratios):
        return Interval(0.0, math.inf)
    return Interval(
        math.exp(math.fsum(math.log(r.low) for r in ratios) / count),
        math.exp(math.fsum(math.log(r.high) for r in ratios) / count),
    )


def _largest(ratios: Sequence[Interval]) -> Interval:
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


def _kinds(table: View, column: Column) -> tuple[str, ...]:
    """Which columns a derived column is of."""
    if table.of("qpd") and column.role == "cost":
        return ("qpd",)
    if table.of("latency") and not table.of("rate"):
        return ("latency",)
    if table.of("rate") and not table.of("latency"):
        return ("rate",)
    return ("qpd",) if table.of("qpd") else ()


def mean_ratios(subject: Subject) -> Iterator[Check]:
    """An average cost reduction is the mean over scenarios of the ratio of queries per dollar to
    the base on the same hardware; a speed-up that of latencies or rates.

    The geometric mean and the ratio of sums are accepted where most of a table's rows support them.
    Source: published cards with a column "Average Cost Reduction". Cannot know: scenarios not
    shown.
    """
    by_table: dict[int, list[Block]] = defaultdict(list)
    for block in blocks(subject):
        by_table[block.table.number].append(block)
    for group in by_table.values():
        table = group[0].table
        for column in table.of("cost", "speedup"):
            roles = _kinds(table, column)
            if not roles:
                continue
            best: list[Check] = []
            for means in (_arithmetic, _geometric):
                checks = list(_mean_checks(group, column, roles, means))
                if sum(c.verdict != "wrong" for c in checks) > sum(
                    c.verdict != "wrong" for c in best
                ):
                    best = checks
            if not best:
                best = [
                    c._replace(certain=False)
                    for c in _mean_checks(group, column, roles, _arithmetic)
                ]
                if len(best) != 1:
                    continue
            fits = sum(c.verdict != "wrong" for c in best)
            if fits * 2 >= len(best) or len(best) == 1:
                yield from best


def _mean_checks(
    group: Sequence[Block], column: Column, roles: Sequence[str], means: Ratio
) -> Iterator[Check]:
    for block in group:
        table, base = block.table, block.base
        if base is None or not table.sound(base):
            continue
        for row in block.rows:
            printed = table.value(row, column)
            cell = row.cells[column.at]
            if row is base or printed is None or cell is None or not table.sound(row):
                continue
            found = ratios(table, row, base, roles)
            if not found or len(found) != len(ratios(table, base, base, roles)):
                continue
            interval = means([r for _, r in found])
            points = [_point(table, row, base, c) for c, _ in found]
            value = math.fsum(points) / len(points)
            what = "cost reduction" if column.role == "cost" else "speed-up"
            yield Check(
                f"average-{column.role}",
                "cost-reduction" if column.role == "cost" else "speedup",
                judge(printed, interval),
                cell.line,
                cell.column,
                number_text(printed),
                shown(value, printed.decimals),
                f"{what} of {model_of(table, row)} on {block.hardware or 'this hardware'}: the "
                f"mean of "
                f"{len(found)} ratios is {shown(value, printed.decimals + 2)}, printed "
                f"{number_text(printed)}",
                tuple(input_of(c.name, row.cells[c.at]) for c, _ in found[:20]),
                lean=lean(printed, value) if "qpd" in roles else 0,
            )


def _point(table: View, row: Row, base: Row, column: Column) -> float:
    own, other = table.value(row, column), table.value(base, column)
    assert own is not None
    assert other is not None
    over, under = (other, own) if column.role == "latency" else (own, other)
    return over.value / under.value if under.value else math.inf


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


UP_TO = re.compile(r"\b(?:up to|as much as|a maximum of)\s+(\d{1,3}(?:\.\d{1,3})?)\s?[x×]", re.I)
SINGLE = re.compile(r"single[- ]stream|latency|synchronous", re.I)
MULTI = re.compile(r"multi[- ]stream|asynchronous|throughput|concurren|batch", re.I)
ABOUT = re.compile(r"speed-?\s?up|faster|cost|throughput|latency|performance|improvement", re.I)


def headlines(subject: Subject) -> Iterator[Check | Finding]:
    """ "Up to N×" is the largest single ratio of this model to the base, or its largest average, in
    the mode the sentence names.

    Both are in use; a number that neither gives, on no hardware, is wrong. A headline that rests on
    one scenario twice as good as the next is a note. Cannot know: measurements that are not shown.
    """
    own = subject.own
    if own is None:
        return
    found = list(blocks(subject))
    for sentence in subject.document.sentences[:600]:
        for match in UP_TO.finditer(sentence.text):
            number = parse(match[1])
            after = sentence.text[match.end() : match.end() + 110]
            following = UP_TO.search(after)
            after = after[: following.start()] if following else after
            if number is None or not ABOUT.search(after):
                continue
            mode = (
                "single"
                if SINGLE.search(after) and not MULTI.search(after[:60])
                else "multi"
                if MULTI.search(after)
                else ""
            )
            line, column = sentence.place(match.start(1))
            yield from _headline(subject, found, number, mode, line, column)


def _headline(
    subject: Subject, found: Sequence[Block], number: Number, mode: str, line: int, column: int
) -> Iterator[Check | Finding]:
    own = subject.own
    assert own is not None
    singles: list[tuple[Interval, float, Block, Row, Column]] = []
    averages: list[tuple[Number, Row, Column]] = []
    fits: list[Interval] = []
    for block in found:
        table = block.table
        words = " ".join(table.path[-2:])
        is_multi = bool(table.of("rate")) or bool(MULTI.search(words))
        if (mode == "single" and is_multi) or (mode == "multi" and not is_multi):
            continue
        if block.base is None:
            continue
        for row in block.rows:
            if row is block.base or not _this(subject, model_of(table, row)):
                continue
            local: list[Interval] = []
            for roles in (("qpd",), ("latency",), ("rate",)):
                if not table.sound(row) or not table.sound(block.base):
                    continue
                some = ratios(table, row, block.base, roles)
                if some:
                    local.append(_largest([r for _, r in some]))
                    local.append(_arithmetic([r for _, r in some]))
                singles += [(r, _point(table, row, block.base, c), block, row, c) for c, r in some]
            fits += local
            for derived in table.of("cost", "speedup"):
                value = table.value(row, derived)
                if value is not None:
                    averages.append((value, row, derived))
                    fits.append(Interval(*value.rounded))
    if not singles and not averages:
        return
    verdicts = [judge(number, interval) for interval in fits if math.isfinite(interval.high)]
    verdict: Verdict = "wrong"
    for wanted in ("both", "rounded", "cut"):
        if wanted in verdicts:
            verdict = "both" if wanted != "cut" else "cut"
            break
    largest = max(
        (p for _, p, *_ in singles), default=max((a.value for a, *_ in averages), default=0.0)
    )
    yield Check(
        "headline",
        "speedup",
        verdict,
        line,
        column,
        f"{number.text}x",
        f"{shown(largest, number.decimals)}x",
        f"the largest ratio of this model to the base is {shown(largest, number.decimals + 2)}, "
        f"the text says "
        f"up to {number.text}x",
        tuple(
            input_of(c.name, row.cells[c.at])
            for _, p, _, row, c in sorted(singles, key=lambda s: -s[1])[:3]
        ),
        certain=largest < number.value <= 1.5 * largest,
    )


def _this(subject: Subject, text: str) -> bool:
    own = subject.own
    if re.search(r"this model", text, re.I):
        return True
    return own is not None and name_of(text.split(" ")[0]).key == own.key


def outlying_averages(subject: Subject) -> Iterator[Finding]:
    """An average of ratios that one scenario makes: twice as good as the next one. A note."""
    for block in blocks(subject):
        table, base = block.table, block.base
        if base is None or not table.sound(base):
            continue
        for column in table.of("cost", "speedup"):
            roles = _kinds(table, column)
            for row in block.rows:
                printed, cell = table.value(row, column), row.cells[column.at]
                if row is base or printed is None or cell is None or not table.sound(row):
                    continue
                points = sorted(
                    ((_point(table, row, base, c), c) for c, _ in ratios(table, row, base, roles)),
                    key=lambda item: -item[0],
                )
                if (
                    len(points) < 3
                    or points[0][0] < 2 * points[1][0]
                    or not math.isfinite(points[0][0])
                ):
                    continue
                rest = math.fsum(p for p, _ in points[1:]) / (len(points) - 1)
                top = points[0][1]
                yield Finding(
                    "outlying-scenario",
                    "cost-reduction" if column.role == "cost" else "speedup",
                    "note",
                    cell.line,
                    cell.column,
                    number_text(printed),
                    shown(rest, printed.decimals),
                    f"{model_of(table, row)}: {number_text(printed)} rests on one scenario "
                    f"({shown(points[0][0], 2)}, {' / '.join(top.heading[:1])}); the mean of "
                    f"the others is "
                    f"{shown(rest, printed.decimals)}",
                    (
                        Input(
                            top.name,
                            (c.text if (c := row.cells[top.at]) else ""),
                            cell.line,
                            cell.column,
                        ),
                    ),
                )


def repeated_rows(subject: Subject) -> Iterator[Finding]:
    """Two rows of one hardware that name the same model: one of the names is wrong."""
    for block in blocks(subject):
        table = block.table
        if not table.of("model") or len(block.rows) > 12:
            continue
        marks = table.of("gpus", "setting", "label")
        seen: dict[tuple[str, ...], Row] = {}
        for row in block.rows:
            words = [c.text for m in marks if (c := row.cells[m.at]) is not None]
            key = (model_of(table, row), *words)
            other = seen.setdefault(key, row)
            cell = next((c for c in row.cells if c is not None and c.text == key[0]), None)
            if other is row or cell is None or not is_model(key[0].split(" ")[0]):
                continue
            yield Finding(
                "repeated-label",
                "format",
                "warning",
                cell.line,
                cell.column,
                key[0],
                "another model",
                f"two rows of {block.hardware or 'one hardware'} are labelled {key[0]}",
                (Input("other row", key[0], other.line, 1),),
            )
