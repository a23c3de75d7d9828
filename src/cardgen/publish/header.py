"""A README's YAML header edited key by key, every other byte left as it stands.

Finds where each top-level key begins and ends; comments, order, quoting and anchors of the other
keys are never parsed and written again. A header that cannot be taken apart safely is refused.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

from ruamel.yaml.nodes import MappingNode

from cardgen.store import yaml_nodes, yaml_text

FENCE = re.compile(r"(?P<bom>\ufeff?)(?P<lead>\s*)(?P<open>---[ \t]*\r?\n)")
CLOSING = re.compile(r"^---[ \t]*(?:\r?\n|\Z)", re.M)
REMARK = re.compile(r"[ \t]*(?:#.*)?(?:\r?\n)?")


class Unmanageable(ValueError):  # noqa: N818 - what the header is, told to the reader
    """Why a header cannot be edited key by key."""


class Parts(NamedTuple):
    """A README: up to the header's content, that, the line that closes it, and the text below.

    `content` is None where there is no header; then `before` is the byte order mark, if any.
    """

    before: str
    content: str | None
    closing: str
    after: str


class Block(NamedTuple):
    """A top-level key of a header: the lines it takes, and where they begin and end."""

    text: str
    start: int
    end: int


class Header(NamedTuple):
    """A header taken apart: its keys with their lines, their values, its indentation."""

    blocks: dict[str, Block]
    values: dict[str, Any]
    indent: str


def split(text: str) -> Parts:
    """The README apart; put together again it is the same text."""
    opening = FENCE.match(text)
    closing = CLOSING.search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        bom = "\ufeff" if text.startswith("\ufeff") else ""
        return Parts(bom, None, "", text[len(bom) :])
    start, end = closing.span()
    return Parts(text[: opening.end()], text[opening.end() : start], text[start:end], text[end:])


def parse(content: str) -> Header:
    """The keys of a header's content; Unmanageable says why it has none that can be told apart."""
    try:
        data = yaml_text.loads(content)
    except (ValueError, RecursionError, OverflowError) as problem:
        raise Unmanageable(f"it is no valid YAML: {str(problem).splitlines()[-1]}") from problem
    if data is None and not re.search(r"^[^#\s]", content, re.M):
        return Header({}, {}, "")
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise Unmanageable("it is no mapping of names to values")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an anchor that is used again is allowed
        root = yaml_nodes.compose(content)
    if not isinstance(root, MappingNode) or root.flow_style:
        raise Unmanageable("its keys do not stand on lines of their own")
    members = list(yaml_nodes.members(root))
    starts = [_start(content, member) for member in members]
    blocks: dict[str, Block] = {}
    for index, member in enumerate(members):
        limit = starts[index + 1] if index + 1 < len(starts) else len(content)
        end = _end(content, starts[index], limit, member)
        name = str(member.step)
        if name in blocks:
            raise Unmanageable(f"the key {name!r} stands there twice")
        blocks[name] = Block(content[starts[index] : end], starts[index], end)
    first = content[starts[0] :] if starts else ""
    indent = first[: len(first) - len(first.lstrip(" "))]
    return Header(blocks, data, indent)


def _start(content: str, member: yaml_nodes.Member) -> int:
    """Where the line of a key begins; nothing but blanks may stand before the key."""
    if member.key is None:
        raise Unmanageable("one of its keys is no plain name")
    offset: int = member.key.start_mark.index
    start = content.rfind("\n", 0, offset) + 1
    if content[start:offset].strip(" "):
        raise Unmanageable("its keys do not stand on lines of their own")
    return start


def _end(content: str, start: int, limit: int, member: yaml_nodes.Member) -> int:
    """Behind the last line of a value; blank lines and remarks behind it are not the key's."""
    assert member.key is not None
    node = member.node
    least = start
    inside = member.key.end_mark.index <= node.end_mark.index <= limit
    literal = getattr(node, "style", None) in ("|", ">")
    if inside and not literal:
        # A bracket or quote may close on a line that looks like a remark.
        closed = getattr(node, "flow_style", True)
        least = node.end_mark.index if closed else node.start_mark.index
    line_end = content.find("\n", least, limit)
    least = limit if line_end < 0 else line_end + 1
    end = limit
    while end > least:
        before = content.rfind("\n", 0, end - 1) + 1
        line = content[before:end]
        if before < least or not REMARK.fullmatch(line) or (literal and line.startswith(" #")):
            break
        end = before
    return end


def same(one: object, other: object) -> bool:
    """Whether two values of a header mean the same: 1 is not true, and order counts in lists."""
    return _spelt(one) == _spelt(other)


def _spelt(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def edited(
    content: str, header: Header, changes: Mapping[str, str | None], order: list[str]
) -> str:
    """The content with some keys' lines replaced, added or (None) removed.

    A new key comes behind the nearest one before it in `order` that is there, else at the end.
    """
    newline = newline_of(content)
    pieces: list[tuple[int, int, str]] = []
    behind: dict[int, list[str]] = {}
    for name in sorted(changes, key=lambda name: order.index(name) if name in order else -1):
        text = changes[name]
        lines = None if text is None else _lines(text, header.indent, newline)
        block = header.blocks.get(name)
        if block is not None:
            pieces.append((block.start, block.end, lines or ""))
        elif lines is not None:
            before = order[: order.index(name)]
            anchor = next((header.blocks[k] for k in reversed(before) if k in header.blocks), None)
            behind.setdefault(len(content) if anchor is None else anchor.end, []).append(lines)
    for at, texts in behind.items():
        pieces.append((at, at, "".join(texts)))
    result = content
    # From the end, so that places hold; what is put behind a block goes in before its block.
    for start, end, text in sorted(pieces, key=lambda p: (p[0], p[1]), reverse=True):
        gap = newline if text and start and result[start - 1] != "\n" else ""
        result = result[:start] + gap + text + result[end:]
    return result


def newline_of(text: str) -> str:
    """The line end that most of a text's lines have."""
    windows = text.count("\r\n")
    return "\r\n" if windows * 2 > text.count("\n") else "\n"


def _lines(text: str, indent: str, newline: str) -> str:
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    return "".join(f"{indent}{line}{newline}" for line in lines)
