"""The layout of tables and code: what had to be repaired to read them, and what is named twice.

A repair is a warning: the page still shows something, but not what its source means.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from cardgen.audit.check import input_of
from cardgen.audit.findings import Finding, Fix, Kind, Severity
from cardgen.audit.roles import Row, View
from cardgen.audit.rules.spelling import one_letter
from cardgen.audit.subject import Subject
from cardgen.published import Cell

HTML = frozenset(
    {
        "rowspan-overrun",
        "cell-closed-by-opening-tag",
        "broken-end-tag",
        "end-tag-of-another-kind",
        "stray-end-tag",
        "empty-row",
        "text-outside-cells",
        "table-open",
        "header-width",
        "row-width",
    }
)
ERRORS = frozenset({"rowspan-overrun", "cell-closed-by-opening-tag", "broken-end-tag"})
NOTES = frozenset({"empty-row", "comment-open", "text-outside-cells"})


def repairs(subject: Subject) -> Iterator[Finding]:
    """Every repair that reading the card needed, as a fault of its source.

    A header or row that fills fewer columns than the rest shifts its values under the wrong
    headings; a rowspan that overruns and a cell closed by an opening tag are certain. Cannot know:
    what was meant.
    """
    for fault in subject.document.faults:
        kind: Kind = "malformed-html" if fault.rule in HTML else "format"
        severity: Severity = "warning"
        if fault.rule in ERRORS:
            severity = "error"
        elif fault.rule in NOTES:
            severity = "note"
        fix = None
        if fault.rule == "rowspan-overrun":
            fix = _rowspan(subject, fault.line, fault.printed, fault.expected)
        yield Finding(
            fault.rule,
            kind,
            severity,
            fault.line,
            fault.column,
            fault.printed,
            fault.expected,
            fault.message,
            fix=fix,
        )


def _rowspan(subject: Subject, line: int, old: str, new: str) -> Fix | None:
    text = subject.document.lines[line - 1]
    at = text.find(old)
    return Fix(line, at + 1, old, new) if at >= 0 and text.count(old) == 1 else None


def heading_typos(subject: Subject) -> Iterator[Finding]:
    """A column heading that differs by one character from one that its tables use twice or more.

    Cannot know: two headings that are meant to differ by a letter; digits are never taken for a
    typo.
    """
    counts: Counter[str] = Counter()
    cells: dict[str, Cell] = {}
    for table in subject.views:
        for column in table.columns:
            cell = table.table.heading_cell(column.at)
            if cell is not None and 6 <= len(cell.text) <= 60:
                counts[cell.text] += 1
                cells.setdefault(cell.text, cell)
    rare = [text for text, count in counts.items() if count == 1][:200]
    common = [text for text, count in counts.items() if count >= 2][:200]
    for text in rare:
        for other in common:
            if abs(len(text) - len(other)) <= 1 and one_letter(text, other):
                cell = cells[text]
                at = subject.document.lines[cell.line - 1].find(text)
                fix = Fix(cell.line, at + 1, text, other) if at >= 0 else None
                yield Finding(
                    "heading-typo",
                    "format",
                    "warning",
                    cell.line,
                    cell.column,
                    text,
                    other,
                    f"the heading “{text}” is one letter away from “{other}”, which stands "
                    f"{counts[other]} times",
                    (input_of("heading", cells[other]),),
                    fix,
                )
                break


SETTING = re.compile(r"\(([^()]{1,60})\)\s*$")


def repeated_labels(subject: Subject) -> Iterator[Finding]:
    """Two rows of one table with the same label and different scores: one label is wrong.

    Where rows of a sibling benchmark show the pattern of settings, the row that breaks it is named.
    Only in tables with a base and a recovery, or of one column of labels. Cannot know: repeats that
    are meant; rows told apart by a column of settings are no repeats.
    """
    for table in subject.views:
        if not table.of("score") or table.of("setting", "bits", "gpus", "latency", "rate", "qpd"):
            continue
        labels = table.of("label", "category", "model", "hardware")
        if not labels or (len(labels) > 1 and not table.of("recovery")):
            continue
        groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in table.rows:
            if row.role == "data" and re.search(r"\w\w", re.sub(r"\([^()]*\)", "", row.label)):
                groups[(row.category, row.label)].append(row)
        for (category, label), rows in groups.items():
            if len(rows) != 2 or rows[1].at - rows[0].at > 3:
                continue
            numbers = [[table.value(r, c) for c in table.of("score")] for r in rows]
            wrong, expected = _odd_one(table, category, label, rows)
            cell = next((c for c in wrong.cells if c is not None and c.text == label), None)
            if cell is None:
                continue
            same = [n.value if n else None for n in numbers[0]] == [
                n.value if n else None for n in numbers[1]
            ]
            what = "the same scores" if same else "different scores"
            other = rows[0] if wrong is rows[1] else rows[1]
            yield Finding(
                "repeated-label",
                "format",
                "warning",
                cell.line,
                cell.column,
                label,
                expected,
                f"two rows are labelled “{label}” with {what}",
                (
                    input_of(
                        "other row",
                        next((c for c in other.cells if c is not None and c.text == label), None),
                    ),
                ),
            )


def _odd_one(table: View, category: str, label: str, rows: list[Row]) -> tuple[Row, str]:
    """Which of two rows with one label is wrong, by the settings of the rows beside them."""
    setting = SETTING.search(label)
    if setting:
        others: dict[str, list[str]] = defaultdict(list)
        for row in table.rows:
            found = SETTING.search(row.label)
            if found and row.category == category and row.label != label:
                others[row.label[: found.start()]].append(found[1])
        for settings in others.values():
            if setting[1] in settings and len(settings) == 2:
                place = settings.index(setting[1])
                wrong = rows[1 - place]
                meant = settings[1 - place]
                return wrong, f"{label[: setting.start()]}({meant})"
    return rows[1], "another label"


def percent_signs(subject: Subject) -> Iterator[Finding]:
    """A number without a percent sign in a column whose other numbers have one, or the reverse."""
    for table in subject.views:
        for column in table.of("recovery", "percent"):
            cells = [
                (cell, number)
                for row in table.rows
                if (cell := row.cells[column.at]) is not None
                and (number := table.value(row, column)) is not None
            ]
            signed = [cell for cell, number in cells if number.unit == "%"]
            bare = [(cell, number) for cell, number in cells if number.unit == ""]
            if len(signed) < 3 or not bare or len(bare) * 3 > len(signed):
                continue
            for cell, number in bare:
                at = subject.document.lines[cell.line - 1].find(number.text, cell.column - 1)
                fix = Fix(cell.line, at + 1, number.text, f"{number.text}%") if at >= 0 else None
                yield Finding(
                    "percent-sign",
                    "format",
                    "warning",
                    cell.line,
                    cell.column,
                    cell.text,
                    f"{number.text}%",
                    f"{column.name}: the other numbers of the column have a percent sign",
                    fix=fix,
                )


def decimals(subject: Subject) -> Iterator[Finding]:
    """A column of derived percentages with three or more numbers of decimals. A note."""
    for table in subject.views:
        for column in table.of("percent"):
            found: Counter[int] = Counter()
            cell = table.table.heading_cell(column.at)
            for row in table.rows:
                number = table.value(row, column)
                if number is not None:
                    found[number.decimals] += 1
            if len(found) >= 3 and cell is not None:
                yield Finding(
                    "mixed-decimals",
                    "format",
                    "note",
                    cell.line,
                    cell.column,
                    "mixed",
                    "one precision",
                    f"{column.name}: numbers with {', '.join(map(str, sorted(found)))} decimals "
                    f"in one column",
                )


def copied_cells(subject: Subject) -> Iterator[Finding]:
    """A number that equals its neighbour's and is far from the rest of its own column.

    A note-worthy sign of a pasted cell: the column's other numbers lie within 10 % of each other,
    this one is off by more than half, and another column has exactly it in the same row.
    """
    for table in subject.views:
        scores = table.of("score")
        if len(scores) < 2 or not 3 <= len(table.rows) <= 200:
            continue
        for column in scores:
            numbers = [
                (row, n) for row in table.rows if (n := table.value(row, column)) is not None
            ]
            if len(numbers) < 3:
                continue
            for row, number in numbers:
                rest = [n.value for r, n in numbers if r is not row]
                low, high = min(rest), max(rest)
                if (
                    low <= 0
                    or high > 1.1 * low
                    or low / 2 < number.value < 2 * high
                    or number.decimals < 2
                    or number.value == 0
                ):
                    continue
                twin = next(
                    (
                        c
                        for c in scores
                        if c.at != column.at
                        and (n := table.value(row, c)) is not None
                        and n.text == number.text
                    ),
                    None,
                )
                cell = row.cells[column.at]
                if twin is None or cell is None:
                    continue
                yield Finding(
                    "copied-cell",
                    "text-vs-metadata",
                    "warning",
                    cell.line,
                    cell.column,
                    cell.text,
                    f"{low:g} to {high:g}, as in the other rows",
                    f"{column.name} prints {number.text}, as {twin.name} beside it, where the "
                    f"other rows have {low:g} to {high:g}",
                    (input_of(twin.name, row.cells[twin.at]),),
                )
