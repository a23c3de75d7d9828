"""Rows of cells as a grid: spans expanded as a browser does, raggedness recorded.

Owns spans, the header's height and the repair of a header narrower than its body. Bounded: a row
never has more than `WIDEST` places, and a grid is never much larger than the text it comes from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from cardgen.published.document import Cell, Fault, Table

FREE_PLACES = 200
WIDEST = 1_000
PADDING = 4
NUMBER = re.compile(r"[-+−~≈<>]?\s?\$?\d[\d,.]*\s?(?:%|x|×|[kKMGTB]|s|ms|GB|MB)?(?:\s?[(/±].*)?$")


def numeric(text: str) -> bool:
    """Whether a cell's text is a number with at most a unit or a bracket after it."""
    return NUMBER.match(text) is not None


def expand(
    groups: Sequence[Sequence[Sequence[Cell]]], faults: list[Fault], *, length: int
) -> tuple[list[list[Cell | None]], list[int]]:
    """The grid of row groups, and how many places each row fills. Spans end with their group.

    `length` is that of the table's source; beyond a quarter as many places, which cells without
    spans hardly reach, cells span nothing.
    """
    limit = FREE_PLACES + length // 4
    rows: list[list[Cell | None]] = []
    widths: list[int] = []
    places = 0
    for group in groups:
        waiting: dict[int, tuple[int, Cell]] = {}
        for index, cells in enumerate(group):
            row: list[Cell | None] = []
            here = waiting
            waiting = {}
            column = 0
            for cell in cells:
                while column in here:
                    column = _carry(row, here, column, waiting)
                span = min(max(cell.colspan, 1), WIDEST)
                if places > limit:
                    span = 1
                if column + span > WIDEST:
                    break
                below = cell.rowspan - 1
                if cell.rowspan == 0:
                    below = len(group) - index - 1
                elif cell.rowspan > len(group) - index:
                    faults.append(
                        Fault(
                            "rowspan-overrun",
                            cell.line,
                            cell.column,
                            f'rowspan="{cell.rowspan}"',
                            f'rowspan="{len(group) - index}"',
                            f"the cell “{cell.text}” spans {cell.rowspan} rows, "
                            f"{len(group) - index} are left in the table",
                        )
                    )
                    below = len(group) - index - 1
                for _ in range(span):
                    row.append(cell)
                    if below > 0 and places <= limit:
                        waiting[column] = (below, cell)
                    column += 1
            while column in here:
                column = _carry(row, here, column, waiting)
            places += column
            if places > limit:
                waiting = {}
            for late in sorted(here):
                if late > column:
                    row.extend([None] * (late - len(row)))
                    column = late
                    _carry(row, here, late, waiting)
            rows.append(row)
            widths.append(len(row))
    return rows, widths


def _carry(
    row: list[Cell | None],
    here: dict[int, tuple[int, Cell]],
    column: int,
    waiting: dict[int, tuple[int, Cell]],
) -> int:
    """Put what a cell above spans into this row; the next free column."""
    left, cell = here[column]
    row.append(cell)
    if left > 1:
        waiting[column] = (left - 1, cell)
    return column + 1


def build(
    kind: str,
    line: int,
    end_line: int,
    rows: list[list[Cell | None]],
    widths: list[int],
    *,
    header_rows: int | None,
    section: int,
    faults: list[Fault],
) -> Table | None:
    """The table of an expanded grid; None where there is nothing in it."""
    kept = [index for index, row in enumerate(rows) if any(cell is not None for cell in row)]
    if not kept:
        return None
    if len(kept) < len(rows):
        if header_rows is not None:
            header_rows = sum(index < header_rows for index in kept)
        rows = [rows[index] for index in kept]
        widths = [widths[index] for index in kept]
    count = header_height(rows) if header_rows is None else min(header_rows, len(rows))
    body = Counter(
        width for row, width in zip(rows[count:], widths[count:], strict=True) if not lone(row)
    )
    shifted = 0
    if body and count:
        common, times = body.most_common(1)[0]
        head = max(widths[:count])
        if times * 2 <= body.total() and head in body:
            common, times = head, body.total()
        if times * 2 > body.total():
            shifted = _uneven(kind, rows, widths, count, common, faults)
    width = max(len(row) for row in rows)
    held = sum(len(row) for row in rows)
    width = min(width, (WIDEST + PADDING * held) // len(rows) + 1)
    padded = tuple(tuple(row[:width]) + (None,) * (width - len(row)) for row in rows)
    return Table(kind, line, end_line, padded, count, tuple(widths), section, shifted)


def lone(row: Sequence[Cell | None]) -> bool:
    """Whether a row has one cell only: a heading inside the table."""
    seen = {id(cell) for cell in row if cell is not None}
    return len(seen) <= 1


def header_height(rows: Sequence[Sequence[Cell | None]]) -> int:
    """How many leading rows are the header: those without numbers, of more than one cell."""
    for index, row in enumerate(rows[:4]):
        cells = [cell for cell in row if cell is not None]
        if any(numeric(cell.text) and not cell.header for cell in cells) or lone(row):
            return index
        if index and all(not cell.header for cell in cells):
            return index
    return min(1, len(rows))


def _uneven(
    kind: str,
    rows: list[list[Cell | None]],
    widths: list[int],
    count: int,
    common: int,
    faults: list[Fault],
) -> int:
    """Record rows that are narrower or wider than the others; shift a header that is too narrow."""
    shifted = 0
    head = max(widths[:count])
    last = rows[count - 1]
    first = next((cell for cell in last if cell is not None), None)
    if head != common and first is not None:
        faults.append(
            Fault(
                "header-width",
                first.line,
                first.column,
                str(head),
                str(common),
                f"the header has {head} columns, the rows below it have {common}",
            )
        )
        if head < common and _labelled(rows[count:], common - head):
            shifted = common - head
            for index in range(count):
                rows[index][:0] = [None] * shifted
    for index in range(count, len(rows)):
        if widths[index] == common or lone(rows[index]):
            continue
        if (
            kind == "markdown"
            and widths[index] > common
            and not any(cell is not None and cell.text for cell in rows[index][common:])
        ):
            continue
        own = [cell for cell in rows[index] if cell is not None]
        first = next((cell for cell in own if cell not in rows[index - 1]), own[0])
        filled = len({id(cell) for cell in own})
        faults.append(
            Fault(
                "row-width",
                first.line,
                first.column,
                f"{widths[index]} cells",
                f"{common} cells",
                f"the row fills {widths[index]} columns, the others fill {common}"
                + (f" ({filled} cells)" if filled != widths[index] else ""),
            )
        )
        if widths[index] < common:
            _align(rows, index, count, common)
    return shifted


def _labelled(body: Sequence[Sequence[Cell | None]], extra: int) -> bool:
    """Whether the body's first columns are words, as the header's first one is."""
    seen = [row[column] for row in body[:200] for column in range(extra) if len(row) > column]
    words = [cell for cell in seen if cell is not None and cell.text]
    return bool(words) and not any(numeric(cell.text) for cell in words)


def _align(rows: list[list[Cell | None]], index: int, count: int, common: int) -> None:
    """Put a gap into a short row where only that makes the values suit their columns."""
    row = rows[index]
    missing = common - len(row)
    others = [other for k, other in enumerate(rows[count:], count) if k != index][:50]
    if missing != 1 or not others:
        return
    fits: list[int] = []
    for gap in range(common):
        trial = [*row[:gap], None, *row[gap:]]
        if all(
            _suits(cell, [other[k] for other in others if len(other) == common])
            for k, cell in enumerate(trial)
        ):
            fits.append(gap)
    gaps = [k for k in fits if any(len(o) == common and _blank(o[k]) for o in others)]
    if len(gaps) == 1:
        row.insert(gaps[0], None)


def _blank(cell: Cell | None) -> bool:
    return cell is None or not cell.text.strip("-–— ")


def _suits(cell: Cell | None, column: Sequence[Cell | None]) -> bool:
    """Whether a cell looks like its column's: words among words, like numbers among numbers."""
    texts = [other.text for other in column if not _blank(other) and other is not None]
    if cell is None or _blank(cell):
        return any(_blank(other) for other in column)
    if not texts:
        return False
    words = sum(not numeric(text) for text in texts)
    if words * 2 > len(texts):
        return not numeric(cell.text)
    whole = sum("." not in text for text in texts) * 2 > len(texts)
    return numeric(cell.text) and whole == ("." not in cell.text)
