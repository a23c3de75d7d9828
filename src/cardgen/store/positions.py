"""Line and column of a value inside a YAML or JSON text, found only when an error needs them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cardgen.store.places import Step as Step
from cardgen.store.places import at as at
from cardgen.store.places import pointer as pointer


@dataclass(frozen=True, slots=True)
class Position:
    """Where a value stands (1-based) and how it was written.

    `path` is the part of the asked path that the document has; `text` is a scalar as written,
    `plain` whether it stands without quotes.
    """

    line: int
    column: int
    path: tuple[Step, ...] = ()
    text: str | None = None
    plain: bool = False


def find(text: str, path: Sequence[Step], *, key: bool = False) -> Position | None:
    """The position of the value at `path` of a YAML text, or of its key.

    Where the document has no such value, that of the nearest container that it has; None where
    the text cannot be read.
    """
    from cardgen.store import yaml_nodes

    node = yaml_nodes.compose(text)
    if node is None:
        return None
    marked, walked = node, 0
    for step in path:
        member = yaml_nodes.child(node, step)
        if member is None:
            break
        node, walked = member.node, walked + 1
        marked = member.key if key and walked == len(path) and member.key is not None else node
    line, column = at(text, marked.start_mark.index)
    scalar = isinstance(node.value, str)
    return Position(
        line,
        column,
        tuple(path[:walked]),
        node.value if scalar else None,
        scalar and getattr(node, "style", None) is None,
    )


def find_json(text: str, path: Sequence[Step], *, key: bool = False) -> Position | None:
    """As `find`, for a JSON text: quick on large files, which are scanned once, not composed."""
    try:
        start, walked = _skip(text, 0), 0
        marked = start
        for step in path:
            child = next((c for c in _children(text, start) if c.step == step), None)
            if child is None:
                break
            start, walked = child.value, walked + 1
            marked = child.key if key and walked == len(path) else start
        line, column = at(text, marked)
        written = _scalar(text, start)
    except (ValueError, IndexError, RecursionError):
        return None
    return Position(line, column, tuple(path[:walked]), *written)


@dataclass(frozen=True, slots=True)
class _Child:
    """A member of a JSON container: its step, and the offsets of its key and value."""

    step: Step
    key: int
    value: int


_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(parse_int=len, parse_float=len, parse_constant=len)


def _skip(text: str, offset: int) -> int:
    found = _SPACE.match(text, offset)
    return found.end() if found else offset


def _children(text: str, start: int) -> Iterator[_Child]:
    """The members of the object or array at `start`; none if a scalar stands there."""
    if text[start] not in "{[":
        return
    mapping = text[start] == "{"
    offset, index = _skip(text, start + 1), 0
    while text[offset] not in "}]":
        key, step = offset, index
        if mapping:
            name, offset = _DECODER.raw_decode(text, offset)
            offset = _skip(text, _skip(text, offset) + 1)
            yield _Child(name, key, offset)
        else:
            yield _Child(step, key, offset)
        _, offset = _DECODER.raw_decode(text, offset)
        offset = _skip(text, offset)
        if text[offset] == ",":
            offset = _skip(text, offset + 1)
        index += 1


def _scalar(text: str, start: int) -> tuple[str | None, bool]:
    if text[start] in "{[":
        return None, False
    value, end = _DECODER.raw_decode(text, start)
    return (value, False) if text[start] == '"' else (text[start:end], True)
