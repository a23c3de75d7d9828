"""Mends written into a card's bytes: just the characters of each fix, and nothing beside them.

Owns finding the place in the bytes. A place where the card says something else than the fix
expects, or whose line is no UTF-8, is left alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from cardgen.audit.findings import Fix

LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
BOM = b"\xef\xbb\xbf"
CONTEXT = 3
LINE_END = re.compile(r"[\r\n]")


class Mended(NamedTuple):
    """A card's new bytes, and the fixes that are in them."""

    data: bytes
    fixes: tuple[Fix, ...]


def mend(data: bytes, fixes: Iterable[Fix]) -> Mended:
    """The bytes with the fixes made; line ends, byte order mark and all else stay as they are."""
    by_line: dict[int, list[Fix]] = defaultdict(list)
    for fix in dict.fromkeys(fixes):
        if not LINE_END.search(fix.old + fix.new) and fix.old != fix.new:
            by_line[fix.line].append(fix)
    mark = BOM if data.startswith(BOM) else b""
    made: list[Fix] = []
    pieces = [mark]
    for number, match in enumerate(LINE.finditer(data, len(mark)), 1):
        piece = match[0]
        if number in by_line:
            piece = _line(piece, by_line[number], made)
        pieces.append(piece)
    return Mended(b"".join(pieces), tuple(made))


def _line(piece: bytes, fixes: list[Fix], made: list[Fix]) -> bytes:
    try:
        text = piece.decode("utf-8")
    except UnicodeDecodeError:
        return piece
    limit = len(text) + 1
    for fix in sorted(fixes, key=lambda f: -f.column):
        start = fix.column - 1
        end = start + len(fix.old)
        if start < 0 or end > limit or text[start:end] != fix.old:
            continue
        text = text[:start] + fix.new + text[end:]
        limit = start
        made.append(fix)
    return text.encode("utf-8")


def diff(card: str, before: bytes, after: bytes) -> str:
    """The change as a unified diff, empty where there is none.

    A mend changes lines and adds none, so they are paired by number. Bytes that are no UTF-8 show
    as escapes.
    """
    old, new = _lines(before), _lines(after)
    changed = [i for i, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]]
    if not changed:
        return ""
    pieces = [f"--- a/{card}\n+++ b/{card}\n"]
    for group in _grouped(changed):
        low = max(group[0] - CONTEXT, 0)
        high = min(group[-1] + CONTEXT + 1, len(old))
        pieces.append(f"@@ -{low + 1},{high - low} +{low + 1},{high - low} @@\n")
        inside = set(group)
        index = low
        while index < high:
            end = index
            while end < high and (end in inside) == (index in inside):
                end += 1
            if index in inside:
                pieces.extend(f"-{line}\n" for line in old[index:end])
                pieces.extend(f"+{line}\n" for line in new[index:end])
            else:
                pieces.extend(f" {line}\n" for line in old[index:end])
            index = end
    return "".join(pieces)


def _grouped(changed: list[int]) -> list[list[int]]:
    """Changed lines that share a hunk."""
    groups = [[changed[0]]]
    for index in changed[1:]:
        if index - groups[-1][-1] <= 2 * CONTEXT:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _lines(data: bytes) -> list[str]:
    lines = re.split(rb"\r\n|\r|\n", data)
    if not lines[-1]:
        lines.pop()
    return [line.decode("utf-8", "backslashreplace") for line in lines]
