"""A recovery column in a table with a row for each precision: shares of the base row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cardgen.audit.check import Check, input_of, lean, number_text, title
from cardgen.audit.number import shown
from cardgen.audit.roles import BASE, Column, Row, View
from cardgen.audit.rules.recovery.base import SAMPLE, WIDE, scored_rows
from cardgen.audit.rules.recovery.formula import verdict
from cardgen.audit.rules.support import fits, support
from cardgen.audit.subject import Subject


def retained_rows(subject: Subject) -> Iterator[Check]:
    """A recovery column of a table with a row a precision is 100·score/score of the base row.

    The base is the row of a base label, among several the one that prints 100; the score is the
    column that most rows support, an average before others. Needs two more rows, half of which fit.
    """
    for table in subject.views:
        sources = [*table.of("average"), *table.of("score")][:WIDE]
        for column in table.of("recovery")[:WIDE]:
            rows = [
                row for row in scored_rows(table)[:SAMPLE] if table.value(row, column) is not None
            ]
            bases = [row for row in rows if BASE.search(row.label)]
            whole = [r for r in bases if (n := table.value(r, column)) and n.value == 100]
            if len(whole or bases) != 1 or len(rows) < 3:
                continue
            base = (whole or bases)[0]
            best: list[Check] = []
            for source in sources:
                checks = list(_retained(table, rows, column, source, base))
                if fits(checks) > fits(best):
                    best = checks
            if len(best) > 1 and support(best) >= 0.5:
                yield from best
                if not whole and support(best) == 1:
                    yield from _not_whole(table, base, column)


def _not_whole(table: View, base: Row, column: Column) -> Iterator[Check]:
    """The base row itself, where it prints another share of itself than 100."""
    printed, cell = table.value(base, column), base.cells[column.at]
    if printed is not None and cell is not None:
        sign = "%" if printed.unit == "%" else ""
        yield Check(
            "recovery",
            "recovery",
            "wrong",
            cell.line,
            cell.column,
            number_text(printed),
            f"{shown(100, printed.decimals)}{sign}",
            f"{title(base, column)}: 100 of itself, printed {number_text(printed)}",
        )


def _retained(
    table: View, rows: Sequence[Row], column: Column, source: Column, base: Row
) -> Iterator[Check]:
    under = table.value(base, source)
    for row in rows:
        printed, over = table.value(row, column), table.value(row, source)
        cell = row.cells[column.at]
        if row is base or printed is None or over is None or under is None or cell is None:
            continue
        found = verdict("higher", printed, over, under, 1.0)
        if found is None:
            continue
        value = 100 * over.value / under.value
        sign = "%" if printed.unit == "%" else ""
        yield Check(
            "recovery",
            "recovery",
            found,
            cell.line,
            cell.column,
            number_text(printed),
            f"{shown(value, printed.decimals)}{sign}",
            f"{title(row, column)}: {over.text}/{under.text} = "
            f"{shown(value, printed.decimals + 2)}%, printed {number_text(printed)}",
            (
                input_of(title(base, source), base.cells[source.at]),
                input_of(title(row, source), row.cells[source.at]),
            ),
            lean=lean(printed, value),
        )
