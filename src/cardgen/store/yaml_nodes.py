"""A YAML text as ruamel.yaml's tree of nodes, with their places: slow, and only for errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cardgen.store.places import Step, at, pointer


class Member(NamedTuple):
    """A node inside another: its step, its key where that is a scalar, the node."""

    step: Step
    key: ScalarNode | None
    node: Node


class Duplicate(NamedTuple):
    """A key that stood before in its mapping.

    `joins`: both have mappings, or both lists, so that one key can hold what both do.
    """

    offset: int
    pointer: str
    first_line: int
    key: str
    joins: bool


class Endless(NamedTuple):
    """An anchor whose value holds its own alias."""

    offset: int
    anchor: str


def compose(text: str) -> Node | None:
    """The document's root; None if there is none, or several, or it cannot be read."""
    try:
        return YAML(typ="rt", pure=True).compose(text)  # type: ignore[no-any-return]
    except (YAMLError, RecursionError, ValueError, AttributeError, TypeError, IndexError):
        return None


def members(node: Node) -> Iterator[Member]:
    """What a mapping or sequence holds, in order; nothing for a scalar."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield Member(str(key.value), key if isinstance(key, ScalarNode) else None, value)
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield Member(index, None, item)


def child(node: Node, step: Step) -> Member | None:
    """The member at a step; a number is a sequence's index or a mapping's key."""
    wanted = step if isinstance(node, SequenceNode) else str(step)
    found = (member for member in members(node) if member.step == wanted)
    return next((m for m in found if m.key is not None or isinstance(node, SequenceNode)), None)


def duplicate(text: str) -> Duplicate | None:
    """The first key, from the outside inwards, that occurs twice in its mapping."""
    root = compose(text)
    level: list[tuple[tuple[Step, ...], Node]] = [] if root is None else [((), root)]
    seen: set[int] = set()
    while level:
        below = []
        for path, node in level:
            if id(node) in seen:
                continue
            seen.add(id(node))
            first: dict[str, Member] = {}
            for member in members(node):
                inner = (*path, member.step)
                below.append((inner, member.node))
                if member.key is None:
                    continue
                before = first.setdefault(str(member.step), member)
                if before.key is not None and before is not member:
                    line, _ = at(text, before.key.start_mark.index)
                    offset = member.key.start_mark.index
                    joins = _are_alike(before.node, member.node)
                    return Duplicate(offset, pointer(inner), line, str(member.step), joins)
        level = below
    return None


def _are_alike(one: Node, other: Node) -> bool:
    return any(
        isinstance(one, kind) and isinstance(other, kind) for kind in (MappingNode, SequenceNode)
    )


def endless(text: str) -> Endless | None:
    """The first anchor whose value holds its own alias, if there is one."""
    root = compose(text)
    found = None if root is None else _above_itself(root, frozenset(), set())
    return None if found is None else Endless(found.start_mark.index, str(found.anchor))


def _above_itself(node: Node, above: frozenset[int], done: set[int]) -> Node | None:
    if id(node) in above:
        return node
    if id(node) in done:
        return None
    inside = above | {id(node)}
    for member in members(node):
        found = _above_itself(member.node, inside, done)
        if found is not None:
            return found
    done.add(id(node))
    return None
