"""An average column: the set of score columns whose means it prints, in most of its rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from cardgen.audit.check import Check, input_of, lean, number_text, title
from cardgen.audit.number import mean, shown
from cardgen.audit.roles import LOWER, Column, Row, View
from cardgen.audit.rules.average.label import counted
from cardgen.audit.rules.support import fits, support
from cardgen.audit.subject import Subject

SAMPLE = 300


def average_columns(subject: Subject) -> Iterator[Check]:
    """An average column is, in every row, the mean of the score columns it stands for.

    Tried: the scores to its right, to its left, all, and those up to the next average. A set is
    taken where at least two rows and more than half of them support it. Cannot know: means over
    tasks that the table does not show, which is why a column that does not fit is passed over.
    """
    for table in subject.views:
        for column in table.of("average"):
            if any(LOWER.search(" ".join(c.heading)) for c in table.of("score")):
                continue
            best: list[Check] = []
            for members in _columns(table, column):
                if not _fit(table, column, members, table.rows[:SAMPLE]):
                    continue
                checks = list(_row_checks(table, column, members))
                if fits(checks) > fits(best):
                    best = checks
            few = 1 < len(best) <= 3 and support(best) >= 0.5
            if few or (fits(best) >= 2 and support(best) > 0.5):
                yield from best


def _columns(table: View, column: Column) -> Iterator[list[Column]]:
    scores = table.of("score")
    right = [c for c in scores if c.at > column.at]
    left = [c for c in scores if c.at < column.at]
    following: list[Column] = []
    for other in table.columns[column.at + 1 :]:
        if other.role == "score":
            following.append(other)
        elif following:
            break
    preceding: list[Column] = []
    for other in reversed(table.columns[: column.at]):
        if other.role == "score":
            preceding.insert(0, other)
        elif preceding:
            break
    top = column.heading[0] if len(column.heading) > 1 else ""
    group = [c for c in scores if top and c.heading[:1] == (top,)]
    seen: list[list[int]] = []
    for members in (group, following, preceding, right, left, scores):
        key = [c.at for c in members]
        if len(members) > 1 and key not in seen and counted(column.name, len(members)):
            seen.append(key)
            yield members


def _fit(table: View, column: Column, members: Sequence[Column], rows: Sequence[Row]) -> int:
    count = 0
    for row in rows:
        printed = table.value(row, column)
        numbers = [table.value(row, c) for c in members]
        whole = [n for n in numbers if n is not None]
        if printed is not None and len(whole) == len(numbers) and mean(printed, whole) != "wrong":
            count += 1
    return count


def _row_checks(table: View, column: Column, members: Sequence[Column]) -> Iterator[Check]:
    for row in table.rows:
        printed = table.value(row, column)
        numbers = [table.value(row, c) for c in members]
        whole = [n for n in numbers if n is not None]
        cell = row.cells[column.at]
        if printed is None or cell is None or len(whole) != len(numbers):
            continue
        value = math.fsum(n.value for n in whole) / len(whole)
        yield Check(
            "average-column",
            "average",
            mean(printed, whole),
            cell.line,
            cell.column,
            number_text(printed),
            shown(value, printed.decimals),
            f"{title(row, column)}: the mean of {members[0].name} … {members[-1].name} "
            f"({len(whole)} values) is {shown(value, printed.decimals + 2)}, printed "
            f"{number_text(printed)}",
            tuple(input_of(c.name, row.cells[c.at]) for c in members[:40]),
            lean=lean(printed, value),
        )
