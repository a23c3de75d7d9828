"""Line and column of a value inside a YAML or JSON text, found only when an error needs them."""

from __future__ import annotations

from collections.abc import Sequence

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode


class Position:
    """Where a value stands (1-based) and how it was written."""

    __slots__ = ("column", "line", "path", "plain", "text")

    def __init__(self, node: Node, path: Sequence[str | int]) -> None:
        self.line = node.start_mark.line + 1
        self.column = node.start_mark.column + 1
        self.path = tuple(path)
        self.text: str | None = node.value if isinstance(node, ScalarNode) else None
        self.plain: bool = isinstance(node, ScalarNode) and getattr(node, "style", None) is None


def find(text: str, path: Sequence[str | int], *, key: bool = False) -> Position | None:
    """The position of the value at `path`, or of its key; None where the text cannot be read.

    Steps of the path that the document does not have (a union's tag, a missing key) are passed
    over, so the position is that of the nearest container.
    """
    try:
        node = YAML(typ="rt", pure=True).compose(text)
    except (YAMLError, RecursionError, ValueError, AttributeError):
        return None
    if node is None:
        return None
    position = Position(node, ())
    walked: list[str | int] = []
    for depth, step in enumerate(path):
        child = _child(node, step)
        if child is None:
            continue
        key_node, node = child
        walked.append(step)
        last = depth == len(path) - 1
        position = Position(key_node if key and last and key_node is not None else node, walked)
    return position


def _child(node: Node, step: str | int) -> tuple[Node | None, Node] | None:
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            if isinstance(key_node, ScalarNode) and key_node.value == str(step):
                return key_node, value_node
    elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None
