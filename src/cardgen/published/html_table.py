"""An HTML table as rows of cells, repaired as a browser would; each repair is recorded.

Owns the tags of tables. End tags that HTML lets one leave out are no fault; what a browser guesses
at is: a cell closed by an opening tag, an end tag of another kind, a row without cells.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from cardgen.published.document import Cell, Fault, Link, Table
from cardgen.published.grid import build, expand
from cardgen.published.inline import links, plain

TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<![^<>]{0,2000}>|<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]{0,4000})(?:>|"
    r"(?=<)|\Z)",
    re.S,
)
SPAN = re.compile(r"\b(row|col)span\s{0,4}=\s{0,4}[\"']?\s{0,4}(\d{1,6})", re.I)
BROKEN_END = re.compile(r"\s{0,8}<?/?\s?t[hd]>\s*$")
KNOWN = frozenset({"tr", "td", "th", "table", "thead", "tbody", "tfoot", "caption"})


class Places:
    """Line and column of an offset in a region of the source."""

    def __init__(self, text: str, line: int, column: int) -> None:
        self.line, self.column = line, column
        self.starts = [0]
        self.starts.extend(match.end() for match in re.finditer("\n", text))

    def __call__(self, offset: int) -> tuple[int, int]:
        index = bisect_right(self.starts, offset) - 1
        column = offset - self.starts[index] + 1
        return self.line + index, column if index else column + self.column - 1


class Reader:
    """Collects the rows of one table from its tags."""

    def __init__(self, text: str, places: Places, faults: list[Fault]) -> None:
        self.text, self.places, self.faults = text, places, faults
        self.groups: list[list[list[Cell]]] = [[]]
        self.head = 0
        self.row: list[Cell] | None = None
        self.row_start = 0
        self.open: tuple[str, int, int, str] | None = None  # tag, start of tag, of content, attrs
        self.typo: int | None = None
        self.in_head = False
        self.caption: int | None = None
        self.links: list[Link] = []

    def fault(self, rule: str, offset: int, printed: str, expected: str, message: str) -> None:
        line, column = self.places(offset)
        self.faults.append(Fault(rule, line, column, printed, expected, message))

    def run(self) -> None:
        position = 0
        for match in TAG.finditer(self.text):
            if self.open is None and self.caption is None:
                self._loose(position, match.start())
            position = match.end()
            if match[2] is None:
                continue
            name = match[2].lower()
            if name not in KNOWN:
                continue
            self.tag(name, bool(match[1]), match)
        self.end_cell(len(self.text), None)
        self.end_row(len(self.text))

    def _loose(self, start: int, end: int) -> None:
        """Words between cells, which a browser moves in front of the table."""
        words = self.text[start:end].strip()
        if words and self.row is not None:
            at = start + len(self.text[start:end]) - len(self.text[start:end].lstrip())
            self.fault(
                "text-outside-cells",
                at,
                words[:60],
                "a cell around it",
                "text between the cells of a table: a browser shows it before the table",
            )

    def tag(self, name: str, closing: bool, match: re.Match[str]) -> None:  # noqa: FBT001
        start, end = match.start(), match.end()
        if name in ("td", "th"):
            if closing:
                self._close(name, start, end)
            else:
                self._open(name, start, end, match[3])
        elif name == "tr":
            self.end_cell(start, None)
            self.end_row(start)
            if not closing:
                self.row, self.row_start = [], start
        elif name == "caption":
            self.caption = None if closing else start
        elif name in ("thead", "tbody", "tfoot"):
            self.end_cell(start, None)
            self.end_row(start)
            self.in_head = name == "thead" and not closing
            if self.groups[-1]:
                self.groups.append([])

    def _open(self, name: str, start: int, end: int, attributes: str) -> None:
        if self.open is not None:
            tag, _, content, _ = self.open
            before = self.text[content:start]
            typo = (
                bool(before.strip())
                and "\n" not in before
                and tag == name
                and not attributes.strip()
            )
            self.end_cell(start, None)
            self.typo = start if typo else None
        else:
            self.typo = None
        if self.row is None:
            self.row, self.row_start = [], start
        self.open = (name, start, end, attributes)

    def _close(self, name: str, start: int, end: int) -> None:
        if self.open is None:
            self.fault(
                "stray-end-tag",
                start,
                f"</{name}>",
                "nothing",
                f"</{name}> closes no cell",
            )
            return
        if self.open[0] != name:
            self.fault(
                "end-tag-of-another-kind",
                start,
                f"<{self.open[0]}>…</{name}>",
                f"</{self.open[0]}>",
                f"<{self.open[0]}> is closed by </{name}>",
            )
        self.end_cell(start, end)

    def end_cell(self, end: int, after: int | None) -> None:
        """Finish the open cell, whose content ends before `end`."""
        if self.open is None:
            return
        tag, start, content, attributes = self.open
        self.open = None
        raw = self.text[content:end]
        if self.typo is not None and after is None and not raw.strip():
            words = self.row[-1].text if self.row else ""
            self.fault(
                "cell-closed-by-opening-tag",
                self.typo,
                f"<{tag}>{words}<{tag}>",
                f"<{tag}>{words}</{tag}>",
                f"the cell “{words}” is closed by <{tag}>: a browser makes an empty column of it",
            )
            self.typo = None
            return
        self.typo = None
        lead = len(raw) - len(raw.lstrip())
        line, column = self.places(content + lead if raw.strip() else content)
        words = plain(raw)
        broken = BROKEN_END.search(raw, max(len(raw.rstrip()) - 12, 0))
        if broken and after is None:
            repaired = plain(raw[: broken.start()])
            self.fault(
                "broken-end-tag",
                content + broken.start(),
                words,
                f"{repaired}</{tag}>",
                f"“{words}” ends in what should be </{tag}>",
            )
            words = repaired
        found = links(raw)
        for link in found:
            where = self.places(content + link.words)
            if not link.image:
                self.links.append(Link(plain(link.text), link.target, *where))
        spans = {m[1].lower(): int(m[2]) for m in SPAN.finditer(attributes)}
        cell = Cell(
            words,
            raw.strip(),
            line,
            column,
            tag == "th",
            spans.get("row", 1),
            spans.get("col", 1),
            found[0].target if found else "",
        )
        if not raw.strip() or spans:
            at = self.places(start)
            if not raw.strip():
                cell = cell._replace(line=at[0], column=at[1])
        if self.row is None:
            self.row = []
        self.row.append(cell)

    def end_row(self, end: int) -> None:
        """Finish the open row."""
        if self.row is None:
            return
        if self.row:
            self.groups[-1].append(self.row)
            if self.in_head:
                self.head += 1
        elif end < len(self.text):
            self.fault(
                "empty-row",
                self.row_start,
                "<tr> without cells",
                "no row",
                "a table row without cells",
            )
        self.row = None


def read_table(
    text: str, line: int, column: int, section: int, faults: list[Fault]
) -> tuple[Table | None, list[Link]]:
    """The table in a piece of source that begins at a line and column, and the links in it."""
    places = Places(text, line, column)
    reader = Reader(text, places, faults)
    reader.run()
    rows, widths = expand(reader.groups, faults, length=len(text))
    header = reader.head or None
    end = places(max(len(text) - 1, 0))[0]
    table = build(
        "html", line, end, rows, widths, header_rows=header, section=section, faults=faults
    )
    return table, reader.links
