"""The mark inside a plot's file that says what it was drawn from, and whether it still is that.

Owns the mark: a comment in an SVG, a tEXt chunk in a PNG, each with two digests, of the
description and of the rest of the file. So an unchanged plot is never drawn again, whatever the
version of matplotlib, and an edited or cut file is not taken for a drawn one. No matplotlib here.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from typing import NamedTuple

from cardgen.plots.figure import Format, Plot, digest

_PNG = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"cardgen-plot"
_DIGESTS = rb"description sha256:([0-9a-f]{64}), file sha256:([0-9a-f]{64})"
_COMMENT = re.compile(rb"<!-- cardgen plot: " + _DIGESTS + rb" -->\r?\n")
_TEXT = re.compile(_DIGESTS)


class _Mark(NamedTuple):
    """What a file says about itself, and its bytes without the mark."""

    description: str
    file: str
    rest: bytes


def stamp(data: bytes, plot: Plot, format: Format) -> bytes:  # noqa: A002
    """The drawn file with the mark of its description; an older mark is replaced.

    Raises ValueError where the data are not a file of that format.
    """
    old = _read(data)
    rest = data if old is None else old.rest
    mark = f"description sha256:{digest(plot, format)}, file sha256:{_digest(rest)}".encode()
    if format == "svg":
        # A comment must not stand before the XML declaration.
        head, line, tail = rest.partition(b"\n")
        if not line or not head.startswith(b"<?xml"):
            raise ValueError("an SVG to stamp begins with its XML declaration, on its own line")
        return head + line + b"<!-- cardgen plot: " + mark + b" -->\n" + tail
    end = _after_header(rest)
    if end is None:
        raise ValueError("a PNG to stamp begins with its signature and its IHDR chunk")
    return rest[:end] + _chunk(b"tEXt", _KEYWORD + b"\0" + mark) + rest[end:]


def is_current(existing: bytes, plot: Plot, format: Format) -> bool:  # noqa: A002
    """Whether the file was drawn from just this description and has not been touched since."""
    mark = _read(existing)
    return (
        mark is not None
        and existing.startswith(_PNG) == (format == "png")
        and mark.description == digest(plot, format)
        and mark.file == _digest(mark.rest)
    )


def is_untouched(existing: bytes) -> bool:
    """Whether cardgen drew the file and nobody edited it since: it may be replaced."""
    mark = _read(existing)
    return mark is not None and mark.file == _digest(mark.rest)


def is_cardgen_plot(existing: bytes) -> bool:
    """Whether cardgen drew the file, edited since or not."""
    return _read(existing) is not None


def _read(data: bytes) -> _Mark | None:
    """The mark, None where there is none; never an error, whatever the bytes."""
    if data.startswith(_PNG):
        return _read_png(data)
    head, _, tail = data.partition(b"\n")
    found = _COMMENT.match(tail) if head.startswith(b"<?xml") else None
    if found is None:
        return None
    description, file = found.group(1).decode(), found.group(2).decode()
    return _Mark(description, file, head + b"\n" + tail[found.end() :])


def _read_png(data: bytes) -> _Mark | None:
    """The mark behind the first chunk, where stamp() puts it."""
    start = _after_header(data)
    if start is None or len(data) < start + 8:
        return None
    length, kind = struct.unpack_from(">I4s", data, start)
    end = start + 12 + length
    body = data[start + 8 : end - 4]
    keyword, _, text = body.partition(b"\0")
    found = _TEXT.fullmatch(text)
    whole = data[start:end] == _chunk(b"tEXt", body)
    if kind != b"tEXt" or keyword != _KEYWORD or found is None or not whole:
        return None
    description, file = found.group(1).decode(), found.group(2).decode()
    return _Mark(description, file, data[:start] + data[end:])


def _after_header(data: bytes) -> int | None:
    end = len(_PNG) + 12 + 13
    whole = data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= end
    return end if whole else None


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def _digest(rest: bytes) -> str:
    # A checkout on Windows may have changed an SVG's line ends, which changes nothing it shows;
    # in a PNG the same bytes are data.
    same = rest if rest.startswith(_PNG) else rest.replace(b"\r\n", b"\n")
    return hashlib.sha256(same).hexdigest()
