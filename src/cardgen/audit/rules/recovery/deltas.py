"""A column of differences: quantized less base, the reverse, or in percent of the base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cardgen.audit.check import Check, input_of, lean, number_text, title
from cardgen.audit.number import corners, judge, shown
from cardgen.audit.roles import Column, Row, View
from cardgen.audit.rules.recovery.base import scored_rows
from cardgen.audit.rules.support import fits, support
from cardgen.audit.subject import Subject


def differences(subject: Subject) -> Iterator[Check]:
    """A column of differences is quantized − base, its negative, or that in percent of the base.

    Only where at least three rows and seven in ten of them support one pair of columns.
    """
    for table in subject.views:
        scores = table.of("score")
        for column in table.of("delta"):
            if len(scores) < 2 or len(scores) > 8:
                continue
            rows = [row for row in scored_rows(table) if table.value(row, column) is not None]
            best: list[Check] = []
            for base in scores:
                for other in scores:
                    if other.at == base.at:
                        continue
                    for relative in (False, True):
                        for sign in (1, -1):
                            checks = list(
                                _differences(
                                    table, rows, column, base, other, sign, relative=relative
                                )
                            )
                            if fits(checks) > fits(best):
                                best = checks
            if len(best) >= 3 and support(best) >= 0.7:
                yield from best


def _differences(
    table: View,
    rows: Sequence[Row],
    column: Column,
    base: Column,
    other: Column,
    sign: int,
    *,
    relative: bool,
) -> Iterator[Check]:
    def formula(q: float, b: float) -> float:
        return sign * (100 * (q - b) / b if relative else q - b)

    for row in rows[:5000]:
        printed, q, b = table.value(row, column), table.value(row, other), table.value(row, base)
        cell = row.cells[column.at]
        if printed is None or q is None or b is None or cell is None:
            continue
        if relative and b.rounded[0] <= 0 <= b.rounded[1]:
            continue
        value = formula(q.value, b.value)
        yield Check(
            "difference",
            "recovery",
            judge(
                printed, corners(formula, (q.rounded, b.rounded)), corners(formula, (q.cut, b.cut))
            ),
            cell.line,
            cell.column,
            number_text(printed),
            shown(value, printed.decimals),
            f"{title(row, column)}: {shown(value, printed.decimals + 1)} from {q.text} and "
            f"{b.text}, "
            f"printed {number_text(printed)}",
            (
                input_of(base.name, row.cells[base.at]),
                input_of(other.name, row.cells[other.at]),
            ),
            lean=lean(printed, value),
        )
