"""YAML 1.2 text to plain data: what breaks is told with its line, column and one next step.

A fast parser reads; ruamel.yaml finds the place only where the parser does not say it.
"""

from __future__ import annotations

import re
from typing import Any

import yaml_rs
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cardgen.errors import SpecificationError
from cardgen.store import files, positions
from cardgen.store.positions import Step

# The parser would take a NUL for the end of the file and leave out what follows.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
REASON = re.compile(r"YAML parse error at line (\d+), column (\d+)\n(?:.*\n)*(.*)")
DUPLICATE = "duplicate mapping key"

NEXT_STEPS = {
    DUPLICATE: "remove one of the two",
    "alias replay limit": "write the values out instead of repeating aliases of aliases",
    "recursion limit": "nest less deeply",
    "unknown anchor": "name an anchor that stands above, or put the '*' in quotes",
    "tab": "indent with spaces",
    "unclosed": "close it",
}


def read_yaml(data: bytes, place: str) -> tuple[Any, str]:
    """The parsed YAML 1.2 document and its text; a SpecificationError says where it breaks."""
    text = files.decode(data, place, error=SpecificationError)
    control = CONTROL.search(text)
    if control:
        raise SpecificationError(
            _at(place, text, control.start()),
            expected="YAML text",
            found=f"the control character U+{ord(control[0]):04X}",
            next_step="remove it; inside double quotes it may be written as an escape",
        )
    try:
        content = yaml_rs.loads(text, parse_datetime=False)
    except (ValueError, RecursionError, OverflowError) as problem:
        raise _broken(str(problem), text, place) from problem
    if isinstance(content, list) and positions.compose(text) is None:
        raise SpecificationError(
            place,
            expected="one YAML document",
            found="several, parted by '---'",
            next_step="keep one of them",
        )
    if "&" in text and "*" in text:
        _refuse_endless(text, place)
    return content, text


def _at(place: str, text: str, offset: int) -> str:
    line, column = positions.at(text, offset)
    return f"{place}:{line}:{column}"


def _broken(message: str, text: str, place: str) -> SpecificationError:
    found = REASON.fullmatch(message)
    reason = found[3] if found else message
    where = f"{place}:{found[1]}:{found[2]}" if found else place
    if reason.startswith(DUPLICATE):
        where, reason = _duplicate(text, place) or (place, reason)
    usual = "mend the line; quote text that holds ':', '#', '{' or '['"
    return SpecificationError(
        where,
        expected="valid YAML 1.2, every key once",
        found=reason,
        next_step=next((step for part, step in NEXT_STEPS.items() if part in reason), usual),
    )


def _duplicate(text: str, place: str) -> tuple[str, str] | None:
    """Where the first key stands that occurs twice, and where it stood before."""
    root = positions.compose(text)
    nodes: list[tuple[tuple[Step, ...], Node]] = [] if root is None else [((), root)]
    seen = set()
    while nodes:
        path, node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        keys: dict[str, int] = {}
        for step, key, child in _children(node):
            nodes.append(((*path, step), child))
            if key is None:
                continue
            first = keys.setdefault(str(key.value), key.start_mark.index)
            if first != key.start_mark.index:
                where = _at(place, text, key.start_mark.index)
                pointer = positions.pointer((*path, step))
                line = positions.at(text, first)[0]
                return f"{where}: {pointer}", f"{DUPLICATE} {key.value!r}, first on line {line}"
    return None


def _refuse_endless(text: str, place: str) -> None:
    """Raise for an anchor that holds its own alias: the parser would put nothing there."""
    root = positions.compose(text)
    done: set[int] = set()

    def visit(node: Node, above: frozenset[int]) -> Node | None:
        if id(node) in above:
            return node
        if id(node) in done:
            return None
        inside = above | {id(node)}
        for _, _, child in _children(node):
            found = visit(child, inside)
            if found is not None:
                return found
        done.add(id(node))
        return None

    endless = visit(root, frozenset()) if root is not None else None
    if endless is not None:
        raise SpecificationError(
            _at(place, text, endless.start_mark.index),
            expected="values that end",
            found=f"the anchor {endless.anchor!r}, which holds an alias of itself",
            next_step=f"write the value out instead of '*{endless.anchor}'",
        )


def _children(node: Node) -> list[tuple[Step, ScalarNode | None, Node]]:
    """The node's members: step, key where it has a plain one, value."""
    if isinstance(node, MappingNode):
        return [
            (str(key.value), key if isinstance(key, ScalarNode) else None, value)
            for key, value in node.value
        ]
    if isinstance(node, SequenceNode):
        return [(index, None, child) for index, child in enumerate(node.value)]
    return []
