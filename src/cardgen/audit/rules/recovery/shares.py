"""Shares of an original beside the number itself: in brackets, or in a column of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cardgen.audit.check import Check, input_of, lean, number_text, title
from cardgen.audit.number import Number, shown
from cardgen.audit.roles import BASE, OF_WHOLE, Column, Row, View
from cardgen.audit.rules.recovery.base import is_base
from cardgen.audit.rules.recovery.formula import verdict
from cardgen.audit.rules.support import support
from cardgen.audit.subject import Subject

Place = tuple[Row, Column]


def percent_in_cells(subject: Subject) -> Iterator[Check]:
    """A percentage in brackets after a score is its share of the base's score.

    The base stands in the row that prints (100%), or in a row or column named so, in the same table
    or, for a column of the same name, in a table before. Only where most cells support it.
    """
    known: dict[str, tuple[Number, Place]] = {}
    for table in subject.views:
        marked: list[tuple[Row, Column, Number, Number]] = []
        for row in table.rows:
            for column in table.columns:
                cell = row.cells[column.at]
                if cell is None or "%)" not in cell.text:
                    continue
                value = table.value(row, column)
                share = table.number_in(value.rest.strip("()")) if value is not None else None
                if (
                    value is not None
                    and share is not None
                    and share.unit == "%"
                    and value.unit != "%"
                ):
                    marked.append((row, column, value, share))
        if not marked:
            continue
        for row, column, value, share in marked:
            if share.value == 100 and (share.decimals == 0 or BASE.search(row.label) is not None):
                known[column.name] = (value, (row, column))
        for row in table.rows:
            if BASE.search(row.label):
                for column in {c.at: c for _, c, _, _ in marked}.values():
                    plain = table.value(row, column)
                    if plain is not None and not plain.rest:
                        known[column.name] = (plain, (row, column))
        yield from _shares(subject, table, marked, known)


def _shares(
    subject: Subject,
    table: View,
    marked: Sequence[tuple[Row, Column, Number, Number]],
    known: dict[str, tuple[Number, Place]],
) -> Iterator[Check]:
    bases = [c for c in table.of("score") if is_base(" ".join(c.heading), subject)]
    by_row: list[Check] = []
    by_column: list[Check] = []
    for row, column, value, share in marked:
        places: list[tuple[list[Check], Number | None, Place]] = []
        if column.name in known:
            places.append((by_column, known[column.name][0], known[column.name][1]))
        if bases and bases[0].at != column.at:
            places.append((by_row, table.value(row, bases[0]), (row, bases[0])))
        cell = row.cells[column.at]
        for checks, base, (base_row, base_column) in places:
            if base is None or cell is None:
                continue
            found = verdict("higher", share, value, base, 1.0)
            if found is None:
                continue
            expected = 100 * value.value / base.value
            checks.append(
                Check(
                    "percent-in-cell",
                    "recovery",
                    found,
                    cell.line,
                    cell.column,
                    cell.text,
                    f"{value.text} ({shown(expected, share.decimals)}%)",
                    f"{title(row, column)}: {value.text}/{base.text} = "
                    f"{shown(expected, share.decimals + 2)}%, printed {number_text(share)}",
                    (input_of(title(base_row), base_row.cells[base_column.at]),),
                    lean=lean(share, expected),
                )
            )
    for checks in sorted((by_row, by_column), key=support, reverse=True)[:1]:
        if checks and support(checks) >= 0.5 and len(checks) > 1:
            yield from checks


def percent_of_original(subject: Subject) -> Iterator[Check]:
    """A column "% of original X" is 100·X/X of the row that prints 100.

    Source: device reports. Cannot know: which of the two cells is wrong.
    """
    for table in subject.views:
        for column in table.of("percent"):
            words = column.name.lower()
            named = [
                c
                for c in table.columns
                if c.at != column.at
                and c.name
                and c.role != "percent"
                and words.endswith(c.name.lower())
            ]
            left = [
                c for c in table.columns if c.at == column.at - 1 and OF_WHOLE.match(column.name)
            ]
            source = max(named or left, key=lambda c: len(c.name), default=None)
            if source is None:
                continue
            base = _whole(table)
            if base is None:
                continue
            under = table.value(base, source)
            for row in table.rows:
                printed, over = table.value(row, column), table.value(row, source)
                cell = row.cells[column.at]
                if printed is None or over is None or under is None or cell is None:
                    continue
                found = verdict("higher", printed, over, under, 1.0)
                if row is base and printed.value != 100:
                    found = "wrong"
                if found is None or over.unit != under.unit:
                    continue
                value = 100 * over.value / under.value
                yield Check(
                    "percent-of-original",
                    "recovery",
                    found,
                    cell.line,
                    cell.column,
                    number_text(printed),
                    shown(value, printed.decimals),
                    f"{title(row, column)}: {over.text}/{under.text} = "
                    f"{shown(value, printed.decimals + 2)}%, printed {number_text(printed)}",
                    (
                        input_of(title(base), base.cells[source.at]),
                        input_of(title(row), row.cells[source.at]),
                    ),
                    lean=lean(printed, value),
                )


def _whole(table: View) -> Row | None:
    """The row that the percentages are of: it prints 100 in most columns of percentages."""
    columns = table.of("percent")
    best: tuple[int, Row] | None = None
    for row in table.rows:
        count = sum((n := table.value(row, c)) is not None and n.value == 100 for c in columns)
        if count and (best is None or count > best[0]):
            best = (count, row)
    return best[1] if best is not None else None
