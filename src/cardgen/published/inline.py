"""Inline Markdown and HTML as the words that a reader sees, and the links among them.

Owns taking markup off one line. Every pattern is bounded, so that the time grows with the text.
"""

from __future__ import annotations

import html
import re
from typing import NamedTuple

MARKED = re.compile(r"[*_`\\<&\[~!]")
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>|<!--[^>]{0,2000}-->")
BREAK = re.compile(r"<br\s{0,4}/?>", re.I)
LINK = re.compile(
    r"(!?)\[((?:[^\[\]\n]|!?\[[^\[\]\n]{0,300}\](?:\([^()\n]{0,500}\))?){0,600})\]"
    r"\(\s{0,8}<?([^()\s<>]{0,2000}(?:\([^()\s]{0,500}\)[^()\s<>]{0,500})?)>?"
    r"(?:\s{1,8}[\"'(][^\"')\n]{0,300}[\"')])?\s{0,8}\)"
)
ANCHOR = re.compile(
    r"<a\s[^<>]{0,1000}?href\s{0,4}=\s{0,4}[\"']([^\"'<>]{0,2000})[\"'][^<>]{0,500}>", re.I
)
ANCHOR_END = re.compile(r"</a\s{0,4}>", re.I)
EMPHASIS = re.compile(
    r"(?<!\\)(\*{1,3}|~~|(?<![A-Za-z0-9])_{1,2}(?=\S)|(?<=\S)_{1,2}(?![A-Za-z0-9]))"
)
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


class Found(NamedTuple):
    """A link in a line: its words, where it leads, where its words begin and the whole ends."""

    text: str
    target: str
    start: int
    words: int
    end: int
    image: bool


def links(line: str) -> list[Found]:
    """The links of a line, Markdown and HTML, in order."""
    found: list[Found] = []
    if "](" in line:
        found.extend(
            Found(m[2], m[3], m.start(), m.start(2), m.end(), image=bool(m[1]))
            for m in LINK.finditer(line)
        )
    if "<a" in line or "<A" in line:
        for match in ANCHOR.finditer(line):
            end = ANCHOR_END.search(line, match.end(), match.end() + 2000)
            stop = end.start() if end else min(len(line), match.end() + 200)
            found.append(
                Found(
                    line[match.end() : stop],
                    html.unescape(match[1]),
                    match.start(),
                    match.end(),
                    end.end() if end else stop,
                    image=False,
                )
            )
    return found


def plain(text: str) -> str:
    """The words of a piece of Markdown or HTML on one line, blanks run together."""
    if not MARKED.search(text):
        return " ".join(text.split())
    if "](" in text:
        text = LINK.sub(lambda m: "" if m[1] else m[2], text)
    if "<" in text:
        text = TAG.sub("", BREAK.sub(" ", text))
    code: list[str] = []
    if "`" in text:
        text, code = _without_code(text)
    if "*" in text or "_" in text or "~~" in text:
        bare = text.strip()
        if bare.strip("*") and bare.strip("_"):
            text = EMPHASIS.sub("", text)
    if "\\" in text:
        text = ESCAPE.sub(r"\1", text)
    if "&" in text:
        text = html.unescape(text)
    for index, piece in enumerate(code):
        text = text.replace(f"\x00{index}\x00", piece, 1)
    return " ".join(text.split())


CODE = re.compile(r"(`{1,3})([^`]{1,2000})\1")


def _without_code(text: str) -> tuple[str, list[str]]:
    """Code spans taken out, so that their stars and underscores stay."""
    if "\x00" in text:
        return text.replace("`", ""), []
    if text.count("`") > 200:
        return text.replace("`", ""), []
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[2])
        return f"\x00{len(kept) - 1}\x00"

    return CODE.sub(keep, text).replace("`", ""), kept
