"""Text on a plot: made harmless, measured, and broken into lines that fit.

Owns every question about how wide words are. Widths are those of DejaVu Sans as shipped with
matplotlib: the widest of the fonts that the SVG asks for, so that a reader's other font only
leaves more room.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from matplotlib.ft2font import FT2Font, LoadFlags

LONGEST = 400
"""Characters of one text on the plot; what is longer is a mistake, not a label."""
LONGEST_ALT = 8000

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_TOKEN = re.compile(r" +|[^ /_\-]+[/_\-]*|[/_\-]+")
_STAND_IN = "\u25a1"
_EM = 1000
# Renderers fit letters to whole pixels, which makes small text up to this much wider.
_SLACK = 1.03


class Lines(NamedTuple):
    """A text broken into lines; `full` is the whole of it where the lines had to shorten it."""

    lines: tuple[str, ...]
    full: str | None


def clean(text: str, *, longest: int = LONGEST) -> str:
    """The text without what could break a file, a line or the order of reading.

    Control characters and line breaks become spaces, bidirectional controls go, code points that
    XML forbids become U+FFFD.
    """
    kept = re.sub(r" {2,}", " ", "".join(map(_harmless, text))).strip(" ")
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def drawable(text: str) -> str:
    """The text with a white square for each character that the measuring font lacks.

    An SVG gets the true characters back and leaves them to the reader's fonts; a PNG shows squares.
    """
    return "".join(
        character if _supported(character) else _STAND_IN if _advance(character, bold=False) else ""
        for character in text
    )


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels that a line of text takes at most, at a font size in pixels."""
    return sum(_advance(character, bold=bold) for character in text) * size * _SLACK


def fit(text: str, room: float, size: float, *, most: int = 1, bold: bool = False) -> Lines:
    """The cleaned text in at most `most` lines, none wider than `room`; what is over ends in …

    Breaks at spaces, then after / _ and -, then anywhere.
    """
    whole = clean(text)
    if not whole:
        return Lines((), None)
    lines: list[str] = []
    rest = whole
    while rest:
        taken = _take(rest, room, size, bold=bold)
        if len(lines) == most - 1 and len(taken) < len(rest):
            lines.append(_shorten(rest, room, size, bold=bold))
            return Lines(tuple(lines), whole)
        lines.append(taken.rstrip(" "))
        rest = rest[len(taken) :].lstrip(" ")
    return Lines(tuple(lines), None)


def widest(lines: Lines, size: float, *, bold: bool = False) -> float:
    """Pixels of the widest line, 0 where there is none."""
    return max((width(line, size, bold=bold) for line in lines.lines), default=0.0)


def font(*, bold: bool) -> Path:
    """The font file to measure and draw with: matplotlib's own, never the machine's."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return Path(mpl.get_data_path(), "fonts", "ttf", name)


def _take(text: str, room: float, size: float, *, bold: bool) -> str:
    """The longest beginning that fits, at least one character."""
    ends = [match.end() for match in _TOKEN.finditer(text)]
    fitting = [end for end in ends if width(text[:end].rstrip(" "), size, bold=bold) <= room]
    if fitting:
        spaced = [end for end in fitting if end == len(text) or text[end - 1] == " "]
        # A break inside a word is worth it only where the space would leave a short line.
        best = fitting[-1]
        if spaced and (spaced[-1] == len(text) or spaced[-1] * 2 >= best):
            best = spaced[-1]
        return text[:best]
    end = 1
    while end < len(text) and width(text[: end + 1], size, bold=bold) <= room:
        end += 1
    return text[:end]


def _shorten(text: str, room: float, size: float, *, bold: bool) -> str:
    end = len(text)
    while end and width(text[:end] + "…", size, bold=bold) > room:
        end -= 1
    return text[:end].rstrip(" ") + "…"


def _harmless(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    if character in _BIDI:
        return ""
    code = ord(character)
    if category == "Cs" or code & 0xFFFE == 0xFFFE:
        return "\ufffd"
    return character


@functools.cache
def _face(*, bold: bool) -> FT2Font:
    face = FT2Font(str(font(bold=bold)))
    face.set_size(_EM, 72)
    return face


@functools.cache
def _characters() -> frozenset[int]:
    return frozenset(_face(bold=False).get_charmap()) & frozenset(_face(bold=True).get_charmap())


def _supported(character: str) -> bool:
    return ord(character) in _characters()


@functools.lru_cache(maxsize=4096)
def _advance(character: str, *, bold: bool) -> float:
    """The width of a character in ems; a guess on the wide side where the font lacks it."""
    if _supported(character):
        glyph = _face(bold=bold).load_char(ord(character), LoadFlags.NO_HINTING)
        return float(glyph.linearHoriAdvance) / 65536 / _EM
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0.0
    return 1.05 if unicodedata.east_asian_width(character) in "WF" else 0.9
