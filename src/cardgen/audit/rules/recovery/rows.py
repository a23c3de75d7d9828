"""A recovery row: for each model's column its average, or its sum, against the base's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cardgen.audit.check import Check, input_of, lean, number_text
from cardgen.audit.number import Interval, judge, shown
from cardgen.audit.roles import Column, Row, View
from cardgen.audit.rules.recovery.base import WIDE, is_base
from cardgen.audit.rules.support import fits
from cardgen.audit.subject import Subject


def recovery_rows(subject: Subject) -> Iterator[Check]:
    """A recovery row holds, for each model's column, 100·its average/the base's average.

    The base is the column that prints 100. Where the table has no average row above, the ratio of
    the sums of the rows is taken. Cannot know: a recovery over rows that the table does not show.
    """
    for table in subject.views:
        scores = table.of("score", "setting")
        places = [at for at, row in enumerate(table.rows) if row.role == "recovery"]
        for position in places[:WIDE]:
            row = table.rows[position]
            if len(scores) < 2:
                continue
            printed = {c.at: table.value(row, c) for c in scores}
            bases = [c for c in scores if is_base(" ".join(c.heading), subject)]
            if len(bases) != 1:
                bases = [
                    c
                    for c in scores
                    if (n := printed[c.at]) is not None and n.value in (100.0, 1.0)
                ]
            if not bases:
                continue
            base = bases[0]
            averages = [r for r in table.rows[:position] if r.role == "average"]
            data = [r for r in table.rows[:position] if r.role == "data"]
            sources = averages[-1:] or data
            if not sources or (not averages and len(data) < 2):
                continue
            yield from _recovery_row(table, row, base, scores, sources, averaged=bool(averages))


def _recovery_row(
    table: View,
    row: Row,
    base: Column,
    scores: Sequence[Column],
    sources: Sequence[Row],
    *,
    averaged: bool,
) -> Iterator[Check]:
    unders = [table.value(r, base) for r in sources]
    checks: list[Check] = []
    whole, cell = table.value(row, base), row.cells[base.at]
    if whole is not None and cell is not None and whole.value not in (100.0, 1.0):
        checks.append(
            Check(
                "recovery-row",
                "recovery",
                "wrong",
                cell.line,
                cell.column,
                number_text(whole),
                shown(100.0, whole.decimals),
                f"recovery of the base model {base.name}: 100, printed {number_text(whole)}",
            )
        )
    for column in scores:
        printed = table.value(row, column)
        cell = row.cells[column.at]
        overs = [table.value(r, column) for r in sources]
        both = [
            (o, u) for o, u in zip(overs, unders, strict=True) if o is not None and u is not None
        ]
        if column.at == base.at or printed is None or cell is None or len(both) != len(sources):
            continue
        scale = 1.0 if printed.unit != "%" and abs(printed.value) < 3 else 100.0
        low = (
            scale
            * sum(o.rounded[0] for o, _ in both)
            / max(sum(u.rounded[1] for _, u in both), 1e-12)
        )
        high = (
            scale
            * sum(o.rounded[1] for o, _ in both)
            / max(sum(u.rounded[0] for _, u in both), 1e-12)
        )
        total = sum(u.value for _, u in both)
        if total <= 0:
            continue
        value = scale * sum(o.value for o, _ in both) / total
        found = judge(printed, Interval(low, high))
        if not averaged and found == "wrong":
            shares = [scale * o.value / u.value for o, u in both if u.value]
            if shares and abs(sum(shares) / len(shares) - printed.value) <= 2 * printed.step:
                found = "both"
        checks.append(
            Check(
                "recovery-row",
                "recovery",
                found,
                cell.line,
                cell.column,
                number_text(printed),
                shown(value, printed.decimals) + ("%" if printed.unit == "%" else ""),
                f"recovery of {column.name}: {shown(value, printed.decimals + 2)} from the "
                f"{'averages' if averaged else 'rows'} above, printed {number_text(printed)}",
                (
                    input_of(base.name or "base", sources[-1].cells[base.at]),
                    input_of(column.name or "quantized", sources[-1].cells[column.at]),
                ),
                averaged,
                lean=lean(printed, value),
            )
        )
    if averaged or fits(checks) * 2 >= len(checks):
        yield from checks
