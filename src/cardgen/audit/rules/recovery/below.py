"""A table of recoveries without a header, below the table of scores that it is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cardgen.audit.check import Check, input_of, lean, number_text
from cardgen.audit.number import Number, shown
from cardgen.audit.roles import BASE, LOWER, Row, View
from cardgen.audit.rules.recovery.formula import Formula, reckon, verdict
from cardgen.audit.rules.support import fits, support
from cardgen.audit.subject import Subject


def recovery_below(subject: Subject) -> Iterator[Check]:
    """A table of percentages without a header is the recovery of a row of the table above it.

    The row of the table above that most cells support, against its base row; each column by the
    direction that its name tells, or either. Silent where fewer than half of the cells fit.
    """
    for number, table in enumerate(subject.views):
        if number == 0 or table.table.header_rows or len(table.rows) > 4:
            continue
        before = subject.views[number - 1]
        if before.table.width != table.table.width or table.table.line - before.table.end_line > 8:
            continue
        base = next((r for r in before.rows if BASE.search(r.label)), None)
        if base is None:
            continue
        for row in table.rows:
            cells = [
                (c, table.number_in(cell.text))
                for c, cell in enumerate(row.cells)
                if cell is not None
            ]
            shares = [(c, n) for c, n in cells if n is not None and n.unit == "%"]
            if len(shares) < 2:
                continue
            best: list[Check] = []
            for other in before.rows:
                if other is base:
                    continue
                checks = list(_below(before, base, other, row, shares))
                if fits(checks) > fits(best) or (
                    fits(checks) == fits(best) and best and other.label == row.label
                ):
                    best = checks
            if best and support(best) >= 0.5 and len(best) > 1:
                yield from best


def _below(
    before: View, base: Row, other: Row, row: Row, shares: Sequence[tuple[int, Number]]
) -> Iterator[Check]:
    for index, share in shares:
        column = before.columns[index]
        q, b = before.value(other, column), before.value(base, column)
        cell = row.cells[index]
        if q is None or b is None or cell is None:
            continue
        formula: Formula = "lower" if LOWER.search(column.name) else "higher"
        found = verdict(formula, share, q, b, 1.0)
        if found is None:
            continue
        value = reckon(formula, q.value, b.value)
        yield Check(
            "recovery-below",
            "recovery",
            found,
            cell.line,
            cell.column,
            number_text(share),
            f"{shown(value, share.decimals)}%",
            f"recovery of {other.label}, {column.name}: {shown(value, share.decimals + 2)}% from "
            f"{q.text} and {b.text}, printed {number_text(share)}",
            (
                input_of(base.label, base.cells[index]),
                input_of(other.label, other.cells[index]),
            ),
            lean=lean(share, value),
        )
