"""Prose as sentences with their places.

Owns joining the lines of a paragraph and splitting it where sentences end.
"""

from __future__ import annotations

import re

from cardgen.published.document import Link, Sentence
from cardgen.published.inline import links, plain

ITEM = re.compile(r"\s*(?:>\s?)*(?:[-*+•]|\d{1,3}[.)])\s+")
END = re.compile(r"(?<=[.!?。！？])[\"')\]*]{0,3}\s+(?=[A-Z0-9\"'(*\[А-ЯЁ«])")
ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|Fig|No|Dr|Mr|Ms|St|al)\.)$")


class Prose:
    """Collects lines into paragraphs and paragraphs into sentences."""

    def __init__(self, found: list[Link]) -> None:
        self.sentences: list[Sentence] = []
        self.links = found
        self.text: list[str] = []
        self.marks: list[tuple[int, int, int]] = []
        self.length = 0
        self.section = -1
        self.item = False

    @property
    def pending(self) -> bool:
        """Whether a paragraph is open."""
        return bool(self.text)

    def add(self, line: str, number: int, section: int) -> None:
        """Take a line of prose; a list item begins a new paragraph."""
        if "](" in line or "<a" in line or "<A" in line:
            for link in links(line):
                if not link.image:
                    self.links.append(Link(plain(link.text), link.target, number, link.words + 1))
        item = ITEM.match(line)
        if item:
            self.flush()
            self.item = True
        words = plain(line[item.end() :] if item else line)
        if not words:
            return
        lead = item.end() if item else len(line) - len(line.lstrip())
        at = line.find(words[:12])
        if self.text:
            self.length += 1
        self.marks.append((self.length, number, (at if at >= 0 else lead) + 1))
        self.text.append(words)
        self.length += len(words)
        self.section = section
        if len(self.text) >= 200:
            self.flush()

    def take_heading(self) -> tuple[str, int] | None:
        """The open paragraph as a heading, where it is one line and no list item."""
        if len(self.text) != 1 or self.item:
            return None
        words, number = self.text[0], self.marks[0][1]
        self._reset()
        return words, number

    def _reset(self) -> None:
        self.text, self.marks, self.length, self.item = [], [], 0, False

    def flush(self) -> None:
        """End the open paragraph."""
        if not self.text:
            self.item = False
            return
        text = " ".join(self.text)
        start = 0
        for match in END.finditer(text):
            if ABBREVIATED.search(text, max(start, match.start() - 8), match.start()):
                continue
            self._sentence(text, start, match.end())
            start = match.end()
        self._sentence(text, start, len(text))
        self._reset()

    def _sentence(self, text: str, start: int, end: int) -> None:
        words = text[start:end].rstrip()
        if not words:
            return
        marks: list[tuple[int, int, int]] = []
        for offset, line, column in self.marks:
            if offset >= end:
                break
            if offset <= start:
                marks = [(0, line, column + start - offset)]
            else:
                marks.append((offset - start, line, column))
        self.sentences.append(
            Sentence(words, marks[0][1], marks[0][2], self.section, tuple(marks), self.item)
        )
