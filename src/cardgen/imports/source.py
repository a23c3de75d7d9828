"""Result files opened, parsed and digested in one pass of bounded memory.

Owns the limits and the position of broken JSON. Knows no tool: what may be skipped is said by
the importer. A file larger than memory is read as long as what is kept of it is small.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import ijson

from cardgen.errors import ImportFileError
from cardgen.imports.node import Node
from cardgen.imports.tree import LONGEST_TEXT_BYTES, Shape, Tree

LARGEST_FILE_BYTES = 8 * 2**30
"""The largest result file that is read at all."""
CHUNK_BYTES = 2**16

_CONTINUATION = bytes(range(0x80, 0xC0))
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed result file: what was kept of it, and the digest of all its bytes."""

    path: Path
    root: Node
    sha256: str


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading; whatever the file system refuses is an ImportFileError."""
    try:
        if path.is_dir():
            raise ImportFileError(
                str(path),
                expected="a file",
                found="a folder",
                next_step="name the result file inside it",
            )
        if path.exists() and not path.is_file():
            raise ImportFileError(
                str(path),
                expected="a file",
                found="a device, pipe or socket",
                next_step="save the result to a file first",
            )
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
    a key that occurs twice in one object, each with line and column or JSON pointer.
    """
    digest = hashlib.sha256()
    with opened(path) as file:
        root = parse(_digested(chunks(file, path), digest.update), str(path), shape, path=path)
    return Document(path, root, digest.hexdigest())


def sha256(path: Path) -> str:
    """The file's sha256, streamed."""
    digest = hashlib.sha256()
    with opened(path) as file:
        for chunk in chunks(file, path):
            digest.update(chunk)
    return digest.hexdigest()


def parse(
    pieces: Iterable[bytes], name: str, shape: Shape | None = None, *, path: Path | None = None
) -> Node:
    """The JSON document in `pieces`; `path` lets an error find its line and column."""
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
        raise _broken(str(problem), name, path, offset) from problem
    return Node(tree.value, name)


def _digested(pieces: Iterable[bytes], update: object) -> Iterator[bytes]:
    assert callable(update)
    for piece in pieces:
        update(piece)
        yield piece


def _broken(message: str, name: str, path: Path | None, offset: int) -> ImportFileError:
    message = message.removeprefix("b'").split("\n")[0].split("\\n")[0]
    place, near, ended = name, b"", "premature EOF" in message
    if path is not None:
        position = _position(path, offset)
        place, near = f"{name}:{position.line}:{position.column}", position.near
    next_step = "make the file again with its tool, or copy it again in full"
    word = next((w for w in (b"NaN", b"Infinity", b"-Infinity") if near.startswith(w)), None)
    if word is not None:
        found = f"{word.decode()}, which is no JSON number"
        next_step = "run the benchmark again: this file holds a result that is not a number"
    elif ended:
        found = "the end of the file inside a value" if offset else "an empty file"
    elif "trailing garbage" in message:
        found = "more text after the document"
        next_step = "split the file: one JSON document a file"
    elif "integer overflow" in message:
        found = "a whole number beyond 64 bits"
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
    near: bytes


def _position(path: Path, start: int) -> _Position:
    """Line, column and the next bytes of the first byte the parser refuses at or after `start`.

    The parser does not say where it stopped, so the file is fed again: in pieces up to `start`,
    then byte by byte. Only broken files pay for it.
    """
    line, column, near = 1, 1, b""
    parser = ijson.basic_parse_coro(ijson.sendable_list(), use_float=True)
    fed = 0
    with opened(path) as file:
        for chunk in chunks(file, path):
            body = chunk.removeprefix(_BOM) if fed == 0 else chunk
            size = len(body) if fed + len(chunk) <= start else 1
            for index in range(0, len(body), size):
                piece = body[index : index + size]
                try:
                    parser.send(piece)
                except (ijson.JSONError, StopIteration):
                    return _Position(line, column, body[index : index + 16])
                newlines = piece.count(b"\n")
                line += newlines
                column = 1 if newlines else column
                last = piece[piece.rfind(b"\n") + 1 :] if newlines else piece
                column += len(last.translate(None, _CONTINUATION))
            fed += len(chunk)
    return _Position(line, column, near)
