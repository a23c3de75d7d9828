"""A rendered card taken apart, so that two languages of it can be compared.

Owns what counts as the same: cells of numbers to the digit, numbers of sentences in any order,
code and shape exactly; words are free.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from babel.numbers import NumberFormatError, parse_decimal

FENCE = re.compile(r"^(`{3,})[^`\n]*\n.*?^\1\n", re.M | re.S)
FRONT = re.compile(r"\A---\n.*?\n---\n", re.S)
COMMENT = re.compile(r"<!--.*?-->", re.S)
HTML_TABLE = re.compile(r"^<table>\n.*?^</table>\n", re.M | re.S)
NUMBER = re.compile(r"\d+(?:\u00a0\d{3})*(?:[.,]\d+)?")
VALUE = re.compile(r"(-?\d[\d\u00a0]*(?:[.,]\d+)?)(.*)", re.S)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its tag, its attributes and its text."""

    tag: str
    shape: tuple[tuple[str, str | None], ...]
    text: str

    @property
    def holds_value(self) -> bool:
        """Whether it is one of the cells that numbers stand in."""
        return ("align", "right") in self.shape


@dataclass(slots=True)
class Document:
    """A card's code blocks, tables (rows of cells) and the lines of everything else."""

    code: list[str] = field(default_factory=list)
    tables: list[list[list[Cell]]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


class _Rows(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[Cell]] = []
        self.open: Cell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.open = Cell(tag, tuple(attrs), "")
        elif self.open is not None:
            self.handle_data(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self.open is not None:
            self.rows[-1].append(self.open)
            self.open = None

    def handle_data(self, data: str) -> None:
        if self.open is not None:
            self.open = Cell(self.open.tag, self.open.shape, self.open.text + data)


def read(text: str) -> Document:
    """The card's parts. The metadata header and the seal are no part of what a reader reads."""
    text = COMMENT.sub("", FRONT.sub("", text)).strip("\n") + "\n"
    document = Document(code=[found[0] for found in FENCE.finditer(text)])
    text = FENCE.sub("", text)
    for found in HTML_TABLE.finditer(text):
        parser = _Rows()
        parser.feed(found[0])
        document.tables.append(parser.rows)
    table: list[list[Cell]] = []
    for line in (*HTML_TABLE.sub("", text).split("\n"), ""):
        if line.startswith("| "):
            table.append([*_piped(line, head=not table)])
        else:
            if table:
                document.tables.append(table)
                table = []
            document.lines.append(line)
    return document


def _piped(line: str, *, head: bool) -> Iterator[Cell]:
    for number, text in enumerate(re.split(r"(?<!\\)\|", line)[1:-1]):
        right = number and not head and not line.startswith("| :---")
        yield Cell("th" if head else "td", (("align", "right"),) if right else (), text.strip())


def differences(english: str, other: str, language: str, *, locale_numbers: bool) -> list[str]:
    """What the two texts do not agree on, but for words; empty where they tell the same."""
    first, second = read(english), read(other)
    found = [] if first.code == second.code else ["the code differs"]
    for name in ("tables", "lines"):
        counts = len(getattr(first, name)), len(getattr(second, name))
        if counts[0] != counts[1]:
            return [*found, f"{counts[0]} {name} in English, {counts[1]} in {language}"]
    written = language if locale_numbers else "en"
    for number, (rows, others) in enumerate(zip(first.tables, second.tables, strict=True), 1):
        found += [f"table {number}, {text}" for text in _cells(rows, others, written)]
    for line, said in zip(first.lines, second.lines, strict=True):
        if numbers(line) != numbers(said):
            found.append(f"{line!r} became {said!r}")
    return found


def values(text: str, written: str) -> list[tuple[str, str]]:
    """The numbers of a cell: its value and, where it shows one, the ends of its interval."""
    return [value(part, written) for part in re.split(r"\s*\[|;\s+|,\s+|\]", text) if part]


def _cells(rows: list[list[Cell]], others: list[list[Cell]], written: str) -> Iterator[str]:
    if [len(row) for row in rows] != [len(row) for row in others]:
        yield "rows or columns differ"
        return
    for number, (row, other) in enumerate(zip(rows, others, strict=True), 1):
        for cell, said in zip(row, other, strict=True):
            if (cell.tag, cell.shape) != (said.tag, said.shape):
                yield f"row {number}: the shape of {cell.text!r} differs"
            elif cell.holds_value:
                if values(cell.text, "en") != values(said.text, written):
                    yield f"row {number}: {cell.text!r} became {said.text!r}"
            elif numbers(cell.text) != numbers(said.text):
                yield f"row {number}: {cell.text!r} became {said.text!r}"


def value(text: str, locale: str) -> tuple[str, str]:
    """A cell's number as its digits with a point, and what follows it: unit, footnotes.

    What is no number of the locale is all text.
    """
    bold = text.removeprefix("<b>")
    found = VALUE.fullmatch(bold)
    if found is None:
        return "", text
    try:
        return str(parse_decimal(found[1], locale=locale, strict=True)), found[2]
    except NumberFormatError:
        return "", text


def numbers(text: str) -> list[str]:
    """Every number of a text, with a point, in ascending order."""
    return sorted(n.replace("\u00a0", "").replace(",", ".") for n in NUMBER.findall(text))
