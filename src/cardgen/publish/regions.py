"""The text of a README below its header: cardgen's regions, and everybody else's words around.

A region stands between two comments, which no page shows; the first carries the digest of what
cardgen wrote. A third comment, the manifest, remembers what has no place in the text of its own:
the keys of the header, and pieces that are not there.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cardgen.publish.claim import Claim

DIGEST = r"[0-9a-f]{64}"
MARK = re.compile(r"^<!-- cardgen:(?P<kind>begin|end|manifest)\b(?P<rest>.*)$", re.M)
BEGIN = re.compile(rf" (\S+) sha256:({DIGEST})(?: declined:({DIGEST}))? -->[ \t]*\r?")
END = re.compile(r" (\S+) -->[ \t]*\r?")
ENTRY = re.compile(
    rf"(key|region|file) (\S+)(?: sha256:({DIGEST}))?(?: declined:({DIGEST}))?[ \t]*\r?"
)
CLOSING = re.compile(r"^-->[ \t]*\r?$", re.M)
DIGESTS = re.compile(rf"^(<!-- cardgen:begin \S+)(?: \w+:{DIGEST})+ -->", re.M)
MANIFEST = re.compile(r"^<!-- cardgen:manifest[ \t]*\r?\n(?:[^\n]*\n)*?-->\r?\n?", re.M)
HEADING = "section"


class Damaged(ValueError):  # noqa: N818 - what the text is, told to the reader
    """Markers that do not fit together; `offset` is where."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Region(NamedTuple):
    """A region as it stands: its text without the blank lines around, and what is remembered."""

    name: str
    text: str
    claim: Claim
    raw: str = ""
    """The bytes it stands as, markers included; empty for one that is written anew."""


class Words(NamedTuple):
    """What others wrote: kept byte for byte."""

    text: str


class Manifest(NamedTuple):
    """What is remembered of keys and of pieces that are not in the text, by kind and name."""

    claims: dict[tuple[str, str], Claim]


Piece = Region | Words | Manifest


def parse(text: str) -> list[Piece]:
    """The pieces in order; Damaged where the markers do not fit together."""
    pieces: list[Piece] = []
    done = 0
    while mark := MARK.search(text, done):
        if mark.start() > done:
            pieces.append(Words(text[done : mark.start()]))
        if mark["kind"] == "end":
            raise Damaged("the end of a region that has not begun", mark.start())
        piece, done = (_region if mark["kind"] == "begin" else _manifest)(text, mark)
        name = piece.name if isinstance(piece, Region) else None
        if any(type(p) is type(piece) and getattr(p, "name", None) == name for p in pieces):
            raise Damaged(f"{name or 'the manifest'} stands there twice", mark.start())
        pieces.append(piece)
    if done < len(text):
        pieces.append(Words(text[done:]))
    return pieces


def _region(text: str, mark: re.Match[str]) -> tuple[Region, int]:
    found = BEGIN.fullmatch(mark["rest"])
    if found is None:
        raise Damaged("the beginning of a region, changed by hand", mark.start())
    start = _next_line(text, mark.end())
    closing = MARK.search(text, start)
    ending = END.fullmatch(closing["rest"]) if closing and closing["kind"] == "end" else None
    if closing is None or ending is None or ending[1] != found[1]:
        raise Damaged(f"the region {found[1]} does not end", mark.start())
    inner = text[start : closing.start()]
    end = _next_line(text, closing.end())
    claim = Claim(found[2], found[3])
    return Region(found[1], trimmed(inner), claim, text[mark.start() : end]), end


def _manifest(text: str, mark: re.Match[str]) -> tuple[Manifest, int]:
    start = _next_line(text, mark.end())
    closing = CLOSING.search(text, start)
    if closing is None or mark["rest"].strip():
        raise Damaged("the manifest does not end", mark.start())
    claims = {}
    for line in text[start : closing.start()].split("\n")[:-1]:
        entry = ENTRY.fullmatch(line)
        if entry is None:
            raise Damaged(f"a line of the manifest, changed by hand: {line[:60]!r}", mark.start())
        claims[entry[1], entry[2]] = Claim(entry[3], entry[4])
    return Manifest(claims), _next_line(text, closing.end())


def _next_line(text: str, at: int) -> int:
    return at + 1 if text[at : at + 1] == "\n" else at


def legible(text: str) -> str:
    """The text without digests and without the manifest: for people to read differences of."""
    return DIGESTS.sub(r"\1 -->", MANIFEST.sub("", text))


def trimmed(text: str) -> str:
    """The text without the blank lines around it."""
    return re.sub(r"\A(?:[ \t]*\r?\n)+|(?:\r?\n[ \t]*)+\Z", "", text)


def written(piece: Piece, newline: str) -> str:
    """The piece as it stands in the text; words, and what nobody changed, are not touched."""
    if isinstance(piece, Words):
        return piece.text
    if isinstance(piece, Region) and piece.raw:
        return piece.raw
    if isinstance(piece, Manifest):
        lines = [f"{kind} {name}{_digests(claim)}" for (kind, name), claim in piece.claims.items()]
        text = "\n".join(["<!-- cardgen:manifest", *lines, "-->", ""])
    else:
        text = (
            f"<!-- cardgen:begin {piece.name}{_digests(piece.claim)} -->\n\n"
            f"{piece.text}\n\n<!-- cardgen:end {piece.name} -->\n"
        )
    return text.replace("\r\n", "\n").replace("\n", newline)


def _digests(claim: Claim) -> str:
    written_ = f" sha256:{claim.written}" if claim.written else ""
    return written_ + (f" declined:{claim.declined}" if claim.declined else "")


def cut(body: str) -> dict[str, str]:
    """A rendered card's text as regions by name: one a heading of the second level.

    What stands before the first one is the region `title`. Names come from the headings' words,
    so that each region finds its place again, whatever is added before it.
    """
    from markdown_it import MarkdownIt

    lines = body.split("\n")
    tokens = MarkdownIt("commonmark", {"html": True}).parse(body)
    starts = [(0, "title")]
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2" and token.level == 0 and token.map:
            starts.append((token.map[0], _name(tokens[index + 1].content)))
    found: dict[str, str] = {}
    for (start, name), (end, _) in zip(starts, [*starts[1:], (len(lines), "")], strict=True):
        text = trimmed("\n".join(lines[start:end]))
        if not text:
            continue
        number, unique = 1, name
        while unique in found:
            number += 1
            unique = f"{name}-{number}"
        found[unique] = text
    return found


def _name(heading: str) -> str:
    """A name without blanks or anything that could end a comment."""
    return re.sub(r"[^\w.]+", "-", heading.lower()).strip("-_.") or HEADING
