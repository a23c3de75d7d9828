"""An average row: the set of rows whose means it prints, in most of its columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cardgen.audit.check import Check, input_of, lean, number_text, title
from cardgen.audit.findings import Finding
from cardgen.audit.number import Number, Verdict, mean, one_mean, shown
from cardgen.audit.roles import Column, Row, View
from cardgen.audit.rules.average.label import counted
from cardgen.audit.subject import Subject

NEAR = 0.03
HALF = 0.5
BUDGET = 40_000
"""Cells that the average rows of one table may look at, so that the time stays in proportion."""


class Members(NamedTuple):
    """A set of rows that an average may be of."""

    name: str
    rows: tuple[Row, ...]
    extra: Row | None = None


def _candidates(table: View, position: int) -> Iterator[Members]:
    """The sets of rows that a reader would take for those of an average row, likeliest first."""
    row = table.rows[position]
    seen: set[tuple[int, ...]] = set()

    def fresh(name: str, rows: Sequence[Row], extra: Row | None = None) -> Iterator[Members]:
        key = tuple(r.at for r in rows)
        if len(rows) > 1 and key not in seen:
            seen.add(key)
            yield Members(name, tuple(rows), extra)

    data = [r for r in table.rows if r.role == "data"]
    same = [r for r in data if r.category == row.category and (row.category or r.own == row.own)]
    above: list[Row] = []
    for other in reversed(table.rows[:position]):
        if other.role == "data":
            above.append(other)
        elif above:
            break
    above.reverse()
    below: list[Row] = []
    for other in table.rows[position + 1 :]:
        if other.role != "data":
            if below:
                break
            continue
        below.append(other)
    if row.category:
        yield from fresh("the rows of its category", same)
    yield from fresh("the rows above", above)
    yield from fresh("the rows below", below)
    yield from fresh("all rows above", [r for r in data if r.at < row.at])
    yield from fresh("all rows", data)
    named = [r for r in data if r.category.endswith(row.label.split(" ")[0]) and row.label]
    yield from fresh("the rows of the category it names", named)
    averages = [r for r in table.rows[:position] if r.role == "average"]
    yield from fresh("the averages above", averages)
    if len(data) <= 60:
        for base in (same if row.category else [], above):
            for extra in data:
                if base and extra not in base:
                    yield from fresh("the rows above and one outside", [extra, *base], extra)


def _numbers(table: View, members: Members, column: Column) -> list[Number] | None:
    found: list[Number] = []
    for row in members.rows:
        number = table.value(row, column)
        if number is not None:
            found.append(number)
    return found if len(found) > 1 and len(found) * 2 > len(members.rows) else None


def _verdicts(
    table: View, row: Row, columns: Sequence[Column], members: Members
) -> dict[int, tuple[Verdict, list[Number]]]:
    found: dict[int, tuple[Verdict, list[Number]]] = {}
    for column in columns:
        printed = table.value(row, column)
        numbers = _numbers(table, members, column)
        if printed is not None and numbers is not None:
            verdict = mean(printed, numbers)
            present = len(numbers) == len(members.rows)
            if verdict == "wrong" and not present:
                continue
            found[column.at] = (verdict, numbers)
    return found


def average_rows(subject: Subject) -> Iterator[Check | Finding]:
    """An average row is, in every column, the mean of the rows it stands for.

    Tried: the rows of its category, those above, those below, all, and those above with one row
    that stands outside. Where a set gives some columns and not others, the others are wrong. Where
    none gives any, and the printed value is near the mean of the category, it is a warning. Cannot
    know: weights, and rows that were averaged but are not shown.
    """
    for table in subject.views:
        columns = [
            c
            for c in table.columns
            if c.role in ("score", "average", "energy", "setting", "latency", "rate")
        ]
        limit = max(1, BUDGET // max(len(table.rows) * len(columns), 1))
        averages = [n for n, r in enumerate(table.rows) if r.role == "average"][:limit]
        for position in averages:
            yield from _average_row(table, position, columns)


def _average_row(
    table: View, position: int, columns: Sequence[Column]
) -> Iterator[Check | Finding]:
    row = table.rows[position]
    best: tuple[int, Members, dict[int, tuple[Verdict, list[Number]]]] | None = None
    first: Members | None = None
    for members in _candidates(table, position):
        if not counted(row.label, len(members.rows)):
            continue
        if first is None:
            first = members
        verdicts = _verdicts(table, row, columns, members)
        fits = sum(v != "wrong" for v, _ in verdicts.values())
        if members.extra is not None and fits < max(2, len(verdicts)):
            continue
        if fits and (best is None or fits > best[0]):
            best = (fits, members, verdicts)
    if best is not None:
        _, members, verdicts = best
        if members.extra is not None:
            yield _outside(row, members)
        for index, (verdict, numbers) in verdicts.items():
            yield _check(table, row, table.columns[index], numbers, verdict, members, certain=True)
        return
    if first is None or len(first.rows) < 2:
        return
    verdicts = _verdicts(table, row, columns, first)
    left_out = _left_out(table, row, first, verdicts)
    for index, (verdict, numbers) in verdicts.items():
        printed = table.value(row, table.columns[index])
        value = math.fsum(n.value for n in numbers) / len(numbers)
        if printed is None or verdict != "wrong":
            continue
        inside = min(n.value for n in numbers) <= printed.value <= max(n.value for n in numbers)
        wide = first.rows if row.category else [r for r in table.rows if r.role == "data"]
        everything = [n.value for r in wide if (n := table.value(r, table.columns[index]))]
        beyond = bool(everything) and not (min(everything) <= printed.value <= max(everything))
        alone = sum(r.role == "average" for r in table.rows) == 1 and len(first.rows) > 2
        near = abs(printed.value - value) <= (HALF if alone else NEAR) * abs(value)
        if beyond or (inside and near):
            check = _check(table, row, table.columns[index], numbers, verdict, first, certain=False)
            if left_out is not None:
                check = check._replace(
                    message=f"{check.message}; it fits only without “{left_out.label}”"
                )
            yield check


def _left_out(
    table: View, row: Row, members: Members, verdicts: dict[int, tuple[Verdict, list[Number]]]
) -> Row | None:
    """The one row without which every column's average fits; none, or more than one: None."""
    found: list[Row] = []
    if len(members.rows) > 60:
        return None
    for gone in members.rows:
        rest = Members("", tuple(r for r in members.rows if r is not gone))
        again = _verdicts(table, row, [table.columns[i] for i in verdicts], rest)
        if again and all(v != "wrong" for v, _ in again.values()):
            found.append(gone)
    return found[0] if len(found) == 1 else None


def _outside(row: Row, members: Members) -> Finding:
    """The row that counts into an average although it stands elsewhere."""
    extra = members.extra
    assert extra is not None
    cell = next((c for c in extra.cells if c is not None and c.text), None)
    section = row.category or title(row)
    return Finding(
        "row-outside-its-section",
        "format",
        "warning",
        cell.line if cell is not None else extra.line,
        cell.column if cell is not None else 1,
        extra.label,
        f"among the rows of {section}",
        f"“{extra.label}” counts into the average “{title(row)}” of {section}, but stands "
        f"outside its rows",
        (input_of(title(row), next((c for c in row.cells if c is not None and c.text), None)),),
    )


def _check(
    table: View,
    row: Row,
    column: Column,
    numbers: Sequence[Number],
    verdict: Verdict,
    members: Members,
    *,
    certain: bool,
) -> Check:
    printed = table.value(row, column)
    cell = row.cells[column.at]
    assert printed is not None
    assert cell is not None
    value = math.fsum(n.value for n in numbers) / len(numbers)
    return Check(
        "average",
        "average",
        verdict,
        cell.line,
        cell.column,
        number_text(printed),
        shown(value, printed.decimals),
        f"{title(row, column)}: the mean of {members.name} ({len(numbers)} values) is "
        f"{shown(value, printed.decimals + 2)}, printed {number_text(printed)}",
        tuple(input_of(r.label, r.cells[column.at]) for r in members.rows[:40]),
        certain,
        lean=lean(printed, value),
        only=one_mean(numbers, printed.decimals),
    )
