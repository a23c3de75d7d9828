"""Rendered tables as a browser lays them out: rows of cells with spans, put on a grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

from cardgen.language import language
from cardgen.render import tables as render_tables
from cardgen.tables.model import Table


@dataclass
class GridCell:
    """One cell: its tag, spans and visible text; line breaks as newlines."""

    tag: str
    rowspan: int = 1
    colspan: int = 1
    text: str = ""


@dataclass
class Parsed:
    """One table: the rows of its head and body, and every other tag inside it."""

    head: list[list[GridCell]] = field(default_factory=list)
    body: list[list[GridCell]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Parsed] = []
        self._part = ""
        self._cell: GridCell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.found.append(Parsed())
        elif not self.found:
            return
        elif tag in ("thead", "tbody"):
            self._part = tag
        elif tag == "tr":
            (self.found[-1].head if self._part == "thead" else self.found[-1].body).append([])
        elif tag in ("td", "th"):
            spans = {name: int(value or 1) for name, value in attrs if name.endswith("span")}
            self._cell = GridCell(tag, spans.get("rowspan", 1), spans.get("colspan", 1))
            rows = self.found[-1].head if self._part == "thead" else self.found[-1].body
            rows[-1].append(self._cell)
        elif tag == "br" and self._cell is not None:
            self._cell.text += "\n"
        elif self._cell is not None:
            self.found[-1].tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.text += data


def parsed(html: str) -> list[Parsed]:
    """Every table of the HTML."""
    parser = _Tables()
    parser.feed(html)
    parser.close()
    return parser.found


def page(markdown: str) -> str:
    """The Markdown as HTML: CommonMark with tables, raw HTML allowed."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return str(parser.render(markdown))


def grid(rows: list[list[GridCell]], width: int) -> list[list[GridCell]]:
    """The rows on a grid; cells that overlap, overrun or leave a hole are assertion errors."""
    places: dict[tuple[int, int], GridCell] = {}
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            while (y, x) in places:
                x += 1
            for dy in range(cell.rowspan):
                for dx in range(cell.colspan):
                    place = (y + dy, x + dx)
                    assert place not in places, f"cells overlap at {place}"
                    assert place[0] < len(rows), f"{cell.text!r} reaches below the table"
                    assert place[1] < width, f"{cell.text!r} reaches beyond the table"
                    places[place] = cell
            x += cell.colspan
    holes = [(y, x) for y in range(len(rows)) for x in range(width) if (y, x) not in places]
    assert not holes, f"holes at {holes}"
    return [[places[y, x] for x in range(width)] for y in range(len(rows))]


def rendered(table: Table, code: str = "en") -> Parsed:
    """The table as rendered, parsed back, its head and body checked to cover one grid."""
    found = parsed(page(str(render_tables.render(table, language(code)))))
    assert len(found) == 1
    width = sum(cell.colspan for cell in found[0].head[0])
    grid(found[0].head, width)
    grid(found[0].body, width)
    return found[0]


def texts(table: Table, code: str = "en") -> list[list[str]]:
    """The body's grid as its visible texts; a spanning cell stands in each place it covers."""
    found = rendered(table, code)
    width = sum(cell.colspan for cell in found.head[0])
    return [[cell.text for cell in row] for row in grid(found.body, width)]
