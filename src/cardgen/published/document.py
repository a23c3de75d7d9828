"""What a published card consists of: tables, sentences, code, links, each with its place.

Owns the data model of a card that somebody else wrote. Lines and columns count from 1, columns in
characters of the source as it stands. Knows nothing of what the words and numbers mean.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple


class Fault(NamedTuple):
    """Something of the source that had to be repaired to be read, and how it was taken."""

    rule: str
    line: int
    column: int
    printed: str
    expected: str
    message: str


class Link(NamedTuple):
    """A link: its words, where it leads, and where its words stand."""

    text: str
    target: str
    line: int
    column: int


class Comment(NamedTuple):
    """An HTML comment outside code."""

    text: str
    line: int
    column: int


class Cell(NamedTuple):
    """One cell of a table as the source writes it; a span shows it at several places of the grid.

    `text` is what a reader sees on one line, `raw` the source between the cell's borders.
    """

    text: str
    raw: str
    line: int
    column: int
    header: bool = False
    rowspan: int = 1
    colspan: int = 1
    target: str = ""


class Table(NamedTuple):
    """A table as a grid: every row has `width` places, spans expanded, None where nothing stands.

    `kind` is markdown, html or ascii. The first `header_rows` rows are the header. `widths` holds
    how many places each row filled before it was padded. `shifted` is how far a header narrower
    than the body was moved to the right.
    """

    kind: str
    line: int
    end_line: int
    rows: tuple[tuple[Cell | None, ...], ...]
    header_rows: int
    widths: tuple[int, ...]
    section: int
    shifted: int = 0

    @property
    def width(self) -> int:
        """Places in a row."""
        return len(self.rows[0]) if self.rows else 0

    @property
    def body(self) -> tuple[tuple[Cell | None, ...], ...]:
        """The rows below the header."""
        return self.rows[self.header_rows :]

    def heading(self, column: int) -> tuple[str, ...]:
        """The texts of the header above a column, top down, a span once."""
        found: list[str] = []
        last: Cell | None = None
        for row in self.rows[: self.header_rows]:
            cell = row[column]
            if cell is not None and cell is not last and cell.text:
                found.append(cell.text)
            last = cell
        return tuple(found)

    def heading_cell(self, column: int) -> Cell | None:
        """The lowest header cell above a column that has a text."""
        for row in reversed(self.rows[: self.header_rows]):
            cell = row[column]
            if cell is not None and cell.text:
                return cell
        return None


class Fence(NamedTuple):
    """A code block: the word after its opening, its lines, and the line of the first of them."""

    language: str
    text: str
    line: int
    end_line: int
    section: int
    indent: int = 0


class Section(NamedTuple):
    """A heading and the headings above it."""

    level: int
    title: str
    line: int
    path: tuple[str, ...]
    column: int = 1


class Sentence(NamedTuple):
    """A sentence of the prose, markup taken off, with a way back to the source.

    `marks` are (offset in the text, line, column): where each piece of the text came from.
    """

    text: str
    line: int
    column: int
    section: int
    marks: tuple[tuple[int, int, int], ...]
    item: bool = False

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character of the text; exact where no markup stands before it."""
        index = max(bisect_right(self.marks, (offset, 1 << 60, 0)) - 1, 0)
        start, line, column = self.marks[index]
        return line, column + offset - start


class Entry(NamedTuple):
    """A scalar of the front matter: the keys that lead to it, `[]` for an item of a list."""

    path: tuple[str, ...]
    value: str
    line: int
    column: int


class FrontMatter(NamedTuple):
    """The YAML header: its text as it stands, and its scalars with their places."""

    text: str
    line: int
    end_line: int
    entries: tuple[Entry, ...]

    def values(self, *path: str) -> tuple[Entry, ...]:
        """The scalars at a path, of a single value and of a list alike."""
        return tuple(
            entry for entry in self.entries if entry.path == path or entry.path == (*path, "[]")
        )


class Document(NamedTuple):
    """A published card, read. `lines` is the source."""

    lines: tuple[str, ...]
    front: FrontMatter | None
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    sentences: tuple[Sentence, ...]
    fences: tuple[Fence, ...]
    links: tuple[Link, ...]
    comments: tuple[Comment, ...]
    faults: tuple[Fault, ...]

    def path(self, section: int) -> tuple[str, ...]:
        """The headings that a section stands under, its own last; none before the first."""
        return self.sections[section].path if section >= 0 else ()
