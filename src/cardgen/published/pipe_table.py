"""Markdown tables and tables drawn with characters inside code, as rows of cells.

Owns splitting a line at its pipes with the columns kept.
"""

from __future__ import annotations

import re

from cardgen.published.document import Cell, Fault, Link, Table
from cardgen.published.grid import build, header_height
from cardgen.published.inline import links, plain

DELIMITER = re.compile(r"\s*(?:>\s?)*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
RULE = re.compile(r"\s*[+|┌├└╔╠╚][-=+:|─━┬┼┴┐┤┘═╦╬╩╗╣╝]{3,}\s*$")
WIDEST = 1_000


def is_delimiter(line: str) -> bool:
    """Whether a line is the row of dashes under a Markdown table's header."""
    return "-" in line and ("|" in line) and DELIMITER.match(line) is not None


def split(line: str, number: int, *, escapes: bool = True) -> list[Cell]:
    """The cells of one line, split at pipes that are not escaped or in a code span."""
    end = len(line.rstrip())
    start = 0
    while start < end and line[start] in " \t>":
        start += 1
    if start < end and line[start] == "|":
        start += 1
    bounds: list[tuple[int, int]] = []
    piece = start
    for match in re.finditer(r"\\.|\|", line[:end]) if escapes else re.finditer(r"\|", line[:end]):
        if match.start() < start or match[0] != "|":
            continue
        bounds.append((piece, match.start()))
        piece = match.end()
        if len(bounds) >= WIDEST:
            break
    if piece < end and line[piece:end].strip():
        bounds.append((piece, end))
    cells: list[Cell] = []
    for low, high in bounds:
        raw = line[low:high]
        lead = len(raw) - len(raw.lstrip())
        bare = raw.strip()
        target = ""
        if "](" in bare or "<a" in bare:
            found = links(bare)
            target = found[0].target if found else ""
        words = plain(bare) if escapes else bare
        cells.append(Cell(words, bare, number, low + (lead if bare else 0) + 1, target=target))
    return cells


def read_markdown(
    lines: list[str], start: int, end: int, section: int, faults: list[Fault]
) -> tuple[Table | None, list[Link]]:
    """The Markdown table whose header is line index `start`; its rows end before `end`."""
    rows: list[list[Cell | None]] = []
    found: list[Link] = []
    for index in range(start, end):
        if index == start + 1:
            continue
        cells = split(lines[index], index + 1)
        rows.append(list(cells))
        if "](" in lines[index] or "<a" in lines[index]:
            found.extend(
                Link(plain(link.text), link.target, index + 1, link.words + 1)
                for link in links(lines[index])
                if not link.image
            )
    widths = [len(row) for row in rows]
    table = build(
        "markdown", start + 1, end, rows, widths, header_rows=1, section=section, faults=faults
    )
    return table, found


def read_drawn(lines: list[str], first: int, section: int, faults: list[Fault]) -> list[Table]:
    """The tables drawn with pipes in the lines of a code block that begins at line `first`.

    A line of dashes ends a header; a table without one has no header.
    """
    tables: list[Table] = []
    rows: list[list[Cell | None]] = []
    rules: list[int] = []
    begin = 0

    def finish(end: int) -> None:
        nonlocal rows, rules
        solid = len(rules) > 0
        if rows and solid and max(len(row) for row in rows) > 1:
            inner = [at for at in rules if 0 < at < len(rows)]
            header = inner[0] if inner else 0
            if not inner and rules[:1] != [0]:
                header = header_height(rows)
            table = build(
                "ascii",
                first + begin,
                first + end - 1,
                rows,
                [len(row) for row in rows],
                header_rows=min(header, 3),
                section=section,
                faults=faults,
            )
            if table is not None:
                tables.append(table)
        rows, rules = [], []

    for index, line in enumerate(lines):
        bare = line.strip()
        if bare and (RULE.match(bare) or (rows and is_delimiter(bare))):
            if not rows and not rules:
                begin = index
            rules.append(len(rows))
        elif bare.startswith(("|", "│", "║")) and bare.count(bare[0]) > 1:
            if not rows and not rules:
                begin = index
            rows.append(
                list(split(line.replace("│", "|").replace("║", "|"), first + index, escapes=False))
            )
        else:
            finish(index)
    finish(len(lines))
    return tables
