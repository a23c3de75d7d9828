"""Result files opened, parsed and digested in one pass of bounded memory.

Owns the limits and the position of broken JSON. Knows no tool: what may be skipped is said by
the importer. A file larger than memory is read as long as what is kept of it is small.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import ijson

from cardgen.errors import ImportFileError
from cardgen.imports import content
from cardgen.imports.node import AGAIN, Node
from cardgen.imports.tree import LONGEST_TEXT_BYTES, Shape, Tree

LARGEST_FILE_BYTES = 8 * 2**30
"""The largest result file that is read at all."""
CHUNK_BYTES = 2**16
MOST_WIDE_NUMBERS = 50
"""How many whole numbers of 64 bits or more a file may hold; each costs one more pass."""
FRACTION = b".0"

_CONTINUATION = bytes(range(0x80, 0xC0))
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class _File:
    """A file being parsed, and where it holds numbers wider than the parser's."""

    path: Path
    wide: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed result file: what was kept of it, and the digest of all its bytes."""

    path: Path
    root: Node
    sha256: str


def check_file(path: Path) -> None:
    """Refuse a folder, and what is no file at all: a pipe would be waited on for ever."""
    if path.is_dir():
        found, next_step = "a folder", "name the file inside it"
    elif path.exists() and not path.is_file():
        found, next_step = "a device, pipe or socket", "save the result to a file first"
    else:
        return
    raise ImportFileError(str(path), expected="a file", found=found, next_step=next_step)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading; whatever the file system refuses is an ImportFileError."""
    try:
        check_file(path)
        with path.open("rb") as file:
            yield file
    except (OSError, ValueError) as problem:
        raise ImportFileError(
            str(path),
            expected="a readable file",
            found=getattr(problem, "strerror", None) or str(problem) or type(problem).__name__,
            next_step="check the path and its permissions",
        ) from problem


def chunks(file: BinaryIO, path: Path, length: int | None = None) -> Iterator[bytes]:
    """The next `length` bytes of the file (all of them without it), a piece at a time."""
    total = 0
    while length is None or total < length:
        wanted = CHUNK_BYTES if length is None else min(CHUNK_BYTES, length - total)
        chunk = file.read(wanted)
        if not chunk:
            return
        total += len(chunk)
        if total > LARGEST_FILE_BYTES:
            raise ImportFileError(
                str(path),
                expected=f"at most {LARGEST_FILE_BYTES // 2**30} GiB",
                found="a larger file",
                next_step="let the tool keep fewer per-request samples in its file",
            )
        yield chunk


def read_json(path: Path, shape: Shape | None = None) -> Document:
    """The file's JSON without the subtrees that `shape` skips, and the file's sha256.

    Refuses what strict JSON refuses (NaN, Infinity, invalid UTF-8, text after the document) and
    a key that occurs twice in one object, each with line and column or JSON pointer. A whole
    number of 64 bits or more is read as a float: harnesses write "no limit" as 10**30.
    """
    wide: list[int] = []
    while True:
        digest = hashlib.sha256()
        with opened(path) as file:
            pieces = _widened(_digested(chunks(file, path), digest.update), wide)
            try:
                root = parse(pieces, str(path), shape, file=_File(path, tuple(wide)))
            except _WideNumberError as number:
                wide.append(number.end)
                continue
        return Document(path, root, digest.hexdigest())


def parse(
    pieces: Iterable[bytes], name: str, shape: Shape | None = None, *, file: _File | None = None
) -> Node:
    """The JSON document in `pieces`; `file` lets an error find its line and column."""
    tree = Tree(name, shape or Shape())
    events = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events, use_float=True)
    offset = silent = 0
    try:
        for piece in pieces:
            body = piece.removeprefix(_BOM) if offset == 0 else piece
            if body:
                parser.send(body)
            silent = 0 if events else silent + len(body)
            tree.take(events)
            events.clear()
            if silent > LONGEST_TEXT_BYTES:
                raise ImportFileError(
                    name,
                    expected=f"no single text above {LONGEST_TEXT_BYTES // 2**20} MiB",
                    found="a longer one",
                    next_step="let the tool leave the pictures out of its file",
                )
            offset += len(piece)
        parser.close()
        tree.take(events)
    except ijson.JSONError as problem:
        raise _broken(str(problem), name, file, offset) from problem
    return Node(tree.value, name)


def _digested(pieces: Iterable[bytes], update: Callable[[bytes], object]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece


class _WideNumberError(Exception):
    """A whole number that the parser's 64 bits do not hold ends at the byte `end` of the file."""

    def __init__(self, end: int) -> None:
        super().__init__(end)
        self.end = end


def _widened(pieces: Iterable[bytes], ends: Sequence[int]) -> Iterator[bytes]:
    """The pieces with `.0` after each number that ends at one of `ends`, which makes it a float."""
    start = 0
    for piece in pieces:
        cut = 0
        for end in ends:
            if start <= end < start + len(piece):
                yield piece[cut : end - start]
                yield FRACTION
                cut = end - start
        start += len(piece)
        yield piece[cut:]


def _broken(message: str, name: str, file: _File | None, offset: int) -> Exception:
    message = message.removeprefix("b'").split("\n")[0].split("\\n")[0]
    place, near, ended = name, b"", "premature EOF" in message
    if file is not None:
        position = _position(file, offset)
        place, near = f"{name}:{position.line}:{position.column}", position.near
        if "integer overflow" in message and near and len(file.wide) < MOST_WIDE_NUMBERS:
            return _WideNumberError(position.offset)
    next_step = f"{AGAIN}, or copy it again in full"
    other = content.described(content.head(file.path)) if file is not None else None
    word = next((w for w in (b"NaN", b"Infinity", b"-Infinity") if near.startswith(w)), None)
    if other is not None:
        found, next_step = other
    elif word is not None:
        found = f"{word.decode()}, which is no JSON number"
        next_step = (
            "if it is a result, run the benchmark again; if it is a setting, as a rate without a "
            "limit, write null in its place"
        )
    elif ended:
        found = "the end of the file inside a value" if offset else "an empty file"
    elif "trailing garbage" in message:
        found = "more text after the document"
        next_step = "split the file: one JSON document a file"
    elif "integer overflow" in message:
        found = "whole numbers of 64 bits or more"
    elif "floating point" in message:
        found = "a number too large for any computer's float"
    elif "UTF8" in message:
        found = "bytes that are not UTF-8"
    else:
        found = message.split(": ", 1)[-1].rstrip(".")
    return ImportFileError(
        place, expected="one valid JSON document", found=found, next_step=next_step
    )


@dataclass(frozen=True, slots=True)
class _Position:
    line: int
    column: int
    offset: int
    near: bytes


def _position(file: _File, start: int) -> _Position:
    """Line, column and the next bytes of the first byte the parser refuses at or after `start`.

    The parser does not say where it stopped, so the file is fed again: in pieces up to `start`,
    then byte by byte. Only broken files pay for it.
    """
    line = column = 1
    offset = fed = 0
    parser = ijson.basic_parse_coro(ijson.sendable_list(), use_float=True)
    with opened(file.path) as opened_file:
        for piece in _widened(chunks(opened_file, file.path), file.wide):
            added = piece is FRACTION
            if offset == 0 and piece.startswith(_BOM):
                offset = len(_BOM)
                piece = piece.removeprefix(_BOM)
            size = len(piece) if fed + len(piece) <= start else 1
            fed += len(piece)
            for index in range(0, len(piece), max(1, size)):
                part = piece[index : index + size]
                try:
                    parser.send(part)
                except (ijson.JSONError, StopIteration):
                    return _Position(line, column, offset, piece[index : index + 16])
                if added:
                    continue
                offset += len(part)
                newlines = part.count(b"\n")
                line += newlines
                column = 1 if newlines else column
                last = part[part.rfind(b"\n") + 1 :] if newlines else part
                column += len(last.translate(None, _CONTINUATION))
    return _Position(line, column, offset, b"")
