"""A published card's text as a Document: one pass over its lines, whatever stands in them.

Owns the order of blocks: front matter, comments, code, HTML tables, Markdown tables, headings,
prose. Never fails; the time grows with the text, and nothing is read twice but the end of a code
block that is never closed.
"""

from __future__ import annotations

import re

from cardgen.published.document import (
    Comment,
    Document,
    Fault,
    Fence,
    FrontMatter,
    Link,
    Section,
    Table,
)
from cardgen.published.front_matter import read_front_matter
from cardgen.published.html_table import read_table
from cardgen.published.inline import links, plain
from cardgen.published.pipe_table import is_delimiter, read_drawn, read_markdown
from cardgen.published.prose import Prose

FENCE = re.compile(r"(\s*(?:>\s?)*(?:(?:[-*+]|\d{1,3}[.)])\s+)?)(`{3,}|~{3,})\s*([^`]{0,200})$")
HEADING = re.compile(r"\s{0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$")
HTML_HEADING = re.compile(r"<h([1-6])\b[^<>]{0,2000}>", re.I)
HTML_HEADING_END = re.compile(r"</h[1-6]\s*>", re.I)
TABLE = re.compile(r"<(/?)table\b", re.I)
UNDERLINE = re.compile(r"\s{0,3}(=+|-{3,})\s*$")
STARTS_BLOCK = re.compile(
    r"\s{0,3}(?:#{1,6}\s|`{3}|~{3}|<(?:table|details|/details|h[1-6])\b)", re.I
)


def read(data: bytes | str) -> Document:
    """The card in these bytes; bytes that are no UTF-8 are shown as the replacement character."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Reading(text.split("\n")).run()


class Reading:
    """The state of one pass."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.faults: list[Fault] = []
        self.sections: list[Section] = []
        self.tables: list[Table] = []
        self.fences: list[Fence] = []
        self.links: list[Link] = []
        self.comments: list[Comment] = []
        self.front: FrontMatter | None = None
        self.prose = Prose(self.links)
        self.unclosed: int | None = None
        self.never_closed: dict[str, int] = {}  # by character, the shortest mark without an end
        self.open_sections: list[tuple[int, tuple[str, ...]]] = []

    @property
    def section(self) -> int:
        """The index of the current section; -1 before the first."""
        return len(self.sections) - 1

    def run(self) -> Document:
        index = self._front_matter()
        count = len(self.lines)
        while index < count:
            index = self._block(index)
        self.prose.flush()
        return Document(
            tuple(self.lines),
            self.front,
            tuple(self.sections),
            tuple(self.tables),
            tuple(self.prose.sentences),
            tuple(self.fences),
            tuple(self.links),
            tuple(self.comments),
            tuple(self.faults),
        )

    def _front_matter(self) -> int:
        """Read the header, if there is one; the index of the line after it."""
        if self.lines[0].rstrip() != "---":
            return 0
        for index in range(1, len(self.lines)):
            if self.lines[index].rstrip() in ("---", "..."):
                self.front = read_front_matter(self.lines, index)
                return index + 1
            if self.lines[index].startswith("# ") and not self.lines[index + 1 : index + 2]:
                break
        self.faults.append(
            Fault(
                "front-matter-open",
                1,
                1,
                "---",
                "a closing ---",
                "the header that begins here is never closed",
            )
        )
        return 1

    def _block(self, index: int) -> int:
        """Read the block that begins at a line; the index of the line after it."""
        line = self.lines[index]
        if not line or line.isspace():
            self.prose.flush()
            return index + 1
        if "`" in line or "~" in line:
            fence = FENCE.match(line.rstrip())
            if fence and index != self.unclosed:
                self.prose.flush()
                return self._fence(index, fence)
        if "<" in line:
            after = self._html(index, line)
            if after is not None:
                return after
        if "#" in line:
            heading = HEADING.match(line)
            if heading:
                self.prose.flush()
                self._heading(len(heading[1]), heading[2] or "", index, line.find("#") + 1)
                return index + 1
        if "|" in line and index + 1 < len(self.lines) and is_delimiter(self.lines[index + 1]):
            self.prose.flush()
            return self._pipes(index)
        if self.prose.pending and UNDERLINE.match(line):
            words = self.prose.take_heading()
            if words is not None:
                self._heading(1 if "=" in line else 2, words[0], words[1] - 1, 1)
                return index + 1
            self.prose.flush()
            return index + 1
        self.prose.add(line, index + 1, self.section)
        return index + 1

    def _heading(self, level: int, raw: str, index: int, column: int) -> None:
        title = plain(raw)
        for link in links(raw):
            if not link.image:
                at = self.lines[index].find(raw[:40])
                self.links.append(
                    Link(plain(link.text), link.target, index + 1, max(at, 0) + link.words + 1)
                )
        while self.open_sections and self.open_sections[-1][0] >= level:
            self.open_sections.pop()
        above = self.open_sections[-1][1] if self.open_sections else ()
        path = (*above[-5:], title)
        self.open_sections.append((level, path))
        self.sections.append(Section(level, title, index + 1, path, column))

    def _fence(self, index: int, fence: re.Match[str]) -> int:
        """Read a code block. An opening with a language inside it shows that its end is missing."""
        mark = fence[2]
        language = fence[3].strip()
        end, count, closed = index + 1, len(self.lines), False
        if len(mark) >= self.never_closed.get(mark[0], len(mark) + 1):
            end = count
        while end < count:
            stripped = self.lines[end].strip().lstrip("> ")
            if stripped.startswith(mark):
                rest = stripped.lstrip(mark[0])
                if not rest.strip():
                    closed = True
                    break
                if len(mark) == 3 and re.fullmatch(r"[A-Za-z]\w{0,15}", rest.strip()):
                    break
            end += 1
        if not closed:
            if end == count:
                self.never_closed[mark[0]] = len(mark)
            self.faults.append(
                Fault(
                    "code-open",
                    index + 1,
                    len(fence[1]) + 1,
                    self.lines[index].strip(),
                    f"a closing {mark}",
                    "the code block that begins here is never closed",
                )
            )
            if end == count and any(
                self.lines[at].startswith("##") or TABLE.search(self.lines[at])
                for at in range(index + 1, end)
            ):
                self.unclosed = index
                return self._past_open_fence(index, language, len(fence[1]))
        self._keep_fence(language, index, end, len(fence[1]))
        return end + 1 if closed else end

    def _past_open_fence(self, index: int, language: str, indent: int) -> int:
        """A block that is never closed ends where a heading or a table shows that text goes on."""
        end = index + 1
        while end < len(self.lines):
            line = self.lines[end]
            if line.startswith("##") or TABLE.search(line):
                break
            end += 1
        self._keep_fence(language, index, end, indent)
        return end

    def _keep_fence(self, language: str, index: int, end: int, indent: int) -> None:
        lines = self.lines[index + 1 : end]
        self.fences.append(Fence(language, "\n".join(lines), index + 2, end, self.section, indent))
        if not language or language.lower() in ("text", "txt", "console", "plaintext", "ascii"):
            self.tables.extend(read_drawn(lines, index + 2, self.section, self.faults))

    def _html(self, index: int, line: str) -> int | None:
        """Read a comment, a table or a heading written in HTML, if the line begins one."""
        comment = line.find("<!--")
        if comment >= 0 and not line[:comment].strip():
            return self._comment(index, comment)
        table = TABLE.search(line)
        if table and not table[1]:
            self.prose.flush()
            return self._table(index, table.start())
        heading = HTML_HEADING.search(line)
        if heading:
            self.prose.flush()
            return self._html_heading(index, heading)
        return None

    def _comment(self, index: int, start: int) -> int:
        """Read a comment, and those that follow it where it ends."""
        first = index
        while True:
            end, close = self._comment_end(index, start + 4)
            if close < 0:
                self.faults.append(
                    Fault(
                        "comment-open",
                        index + 1,
                        start + 1,
                        "<!--",
                        "-->",
                        "the comment that begins here is never closed: a browser hides all that"
                        " follows",
                    )
                )
                return len(self.lines)
            line, after = self.lines[end], close + 3
            words = line[start + 4 if end == index else 0 : close]
            if end > index:
                opening = self.lines[index][start + 4 :]
                words = " ".join([opening, *self.lines[index + 1 : end], words])
            self.comments.append(Comment(words.strip(), index + 1, start + 1))
            following = line.find("<!--", after)
            if following < 0 or line[after:following].strip():
                break
            index, start = end, following
        self.lines[first:end] = [""] * (end - first)
        self.lines[end] = " " * after + line[after:]
        return end if self.lines[end].strip() else end + 1

    def _comment_end(self, index: int, low: int) -> tuple[int, int]:
        """Line index and offset of the next `-->`; an offset of -1 where there is none."""
        for end in range(index, len(self.lines)):
            close = self.lines[end].find("-->", low if end == index else 0)
            if close >= 0:
                return end, close
        return len(self.lines), -1

    def _table(self, index: int, start: int) -> int:
        """Read an HTML table up to its end tag, or to where text evidently goes on."""
        depth, end, stop = 0, index, -1
        while end < len(self.lines):
            line = self.lines[end]
            if (
                end > index
                and STARTS_BLOCK.match(line)
                and not line.lstrip().lower().startswith("<table")
            ):
                break
            if "able" in line or "ABLE" in line:
                for match in TABLE.finditer(line, start if end == index else 0):
                    depth += -1 if match[1] else 1
                    if depth == 0:
                        close = line.find(">", match.end())
                        stop = close + 1 if close >= 0 else len(line)
                        break
                if stop >= 0:
                    break
            end += 1
        closed = stop >= 0
        if not closed:
            self.faults.append(
                Fault(
                    "table-open",
                    index + 1,
                    start + 1,
                    "<table>",
                    "</table>",
                    "the table that begins here is never closed",
                )
            )
        last = end + 1 if closed else end
        pieces = self.lines[index:last]
        rest = ""
        if closed:
            rest = pieces[-1][stop:]
            pieces[-1] = pieces[-1][:stop]
        pieces[0] = pieces[0][start:]
        text = "\n".join(pieces)
        table, found = read_table(text, index + 1, start + 1, self.section, self.faults)
        if table is not None:
            self.tables.append(table)
        self.links.extend(found)
        if rest.strip():
            self.prose.add(" " * stop + rest, last, self.section)
        return last

    def _html_heading(self, index: int, opening: re.Match[str]) -> int:
        pieces: list[str] = []
        for end in range(index, min(index + 40, len(self.lines))):
            line = self.lines[end]
            low = opening.end() if end == index else 0
            close = HTML_HEADING_END.search(line, low)
            pieces.append(line[low : close.start()] if close else line[low:])
            if close:
                self._heading(int(opening[1]), " ".join(pieces), index, opening.start() + 1)
                return end + 1
        self._heading(
            int(opening[1]), self.lines[index][opening.end() :], index, opening.start() + 1
        )
        return index + 1

    def _pipes(self, index: int) -> int:
        end = index + 2
        while end < len(self.lines):
            line = self.lines[end]
            if "|" not in line or STARTS_BLOCK.match(line):
                break
            end += 1
        table, found = read_markdown(self.lines, index, end, self.section, self.faults)
        if table is not None:
            self.tables.append(table)
        self.links.extend(found)
        return end
