"""Parser events made into a tree of plain values, with what is not wanted left out.

Owns the limits on what is kept. Iterative, so that no depth of nesting can exhaust the stack.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cardgen.errors import ImportFileError
from cardgen.imports.node import AGAIN, pointer

DEEPEST = 100
"""How deep objects and lists may be nested where they are kept."""
MOST_VALUES = 1_000_000
"""How many values may be kept of one file."""
MOST_TEXT = 64 * 2**20
"""How many characters of text may be kept of one file."""
LONGEST_TEXT_BYTES = 24 * 2**20
"""The longest single text, kept or skipped: the parser holds one text whole."""

_STARTS = frozenset({"start_map", "start_array"})
_ENDS = frozenset({"end_map", "end_array"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a document is kept.

    `skip` names keys ("pdf", anywhere; "/samples", at the top alone) and paths
    ("benchmarks/*/requests", `*` for a list's items) whose values are read over and stand as null.
    `depth` and `items` keep an outline: nothing below that depth, nothing of a list after that many
    items.
    """

    skip: frozenset[str] = frozenset()
    depth: int | None = None
    items: int | None = None


class _Frame:
    """An open container, the key that waits for its value, and the container's path."""

    __slots__ = ("container", "count", "key", "path")

    def __init__(self, container: dict[str, object] | list[object], path: str) -> None:
        self.container = container
        self.path = path
        self.key: str | None = None
        self.count = 0


class Tree:
    """Takes events, holds the value they describe."""

    def __init__(self, name: str, shape: Shape) -> None:
        self.value: object = None
        self._name = name
        self._shape = shape
        self._frames: list[_Frame] = []
        self._values = 0
        self._text = 0
        self._skipped_depth = 0
        self._skip_next = False

    def take(self, events: Iterable[tuple[str, object]]) -> None:
        """Take the next events."""
        for event, value in events:
            if self._skipped_depth:
                if event in _STARTS:
                    self._skipped_depth += 1
                elif event in _ENDS:
                    self._skipped_depth -= 1
            elif event == "map_key":
                self._key(str(value))
            elif event in _STARTS:
                self._start({} if event == "start_map" else [])
            elif event in _ENDS:
                self._frames.pop()
            else:
                self._scalar(value)

    def _key(self, key: str) -> None:
        frame = self._frames[-1]
        assert isinstance(frame.container, dict)
        if key in frame.container:
            raise self._refused(
                "every key once in an object", f"{key!r} twice", "keep one of the two"
            )
        frame.key = key
        frame.container[key] = None
        self._text += len(key)
        skip = self._shape.skip
        path = frame.path or "/"
        self._skip_next = bool(skip) and (key in skip or f"{path}{key}" in skip)

    def _start(self, container: dict[str, object] | list[object]) -> None:
        depth = len(self._frames)
        if self._unwanted() or (self._shape.depth is not None and depth >= self._shape.depth):
            self._skip_next = False
            self._skipped_depth = 1
            self._put(None)
            return
        if depth >= DEEPEST:
            raise self._refused(f"at most {DEEPEST} levels of nesting", "more", AGAIN)
        path = ""
        if self._frames:
            frame = self._frames[-1]
            path = f"{frame.path}{frame.key if isinstance(frame.container, dict) else '*'}/"
        self._put(container)
        self._frames.append(_Frame(container, path))

    def _scalar(self, value: object) -> None:
        if self._unwanted():
            self._skip_next = False
            value = None
        elif isinstance(value, str):
            self._text += len(value)
        self._put(value)

    def _unwanted(self) -> bool:
        if self._skip_next:
            return True
        if self._shape.items is None or not self._frames:
            return False
        frame = self._frames[-1]
        return isinstance(frame.container, list) and frame.count >= self._shape.items

    def _put(self, value: object) -> None:
        self._values += 1
        if self._values > MOST_VALUES:
            raise self._refused(
                f"at most {MOST_VALUES:,} values beside the per-request lists",
                "more",
                "let the tool keep fewer samples in its file",
            )
        if self._text > MOST_TEXT:
            raise self._refused(
                f"at most {MOST_TEXT // 2**20} MiB of text beside the per-request lists",
                "more",
                "let the tool keep fewer samples in its file",
            )
        if not self._frames:
            self.value = value
            return
        frame = self._frames[-1]
        frame.count += 1
        if isinstance(frame.container, dict):
            assert frame.key is not None
            frame.container[frame.key] = value
        elif self._shape.items is None or frame.count <= self._shape.items:
            frame.container.append(value)

    def _refused(self, expected: str, found: str, next_step: str) -> ImportFileError:
        steps = [
            (frame.key or "") if isinstance(frame.container, dict) else frame.count - 1
            for frame in self._frames[:-1]
        ]
        where = pointer(*steps)
        return ImportFileError(
            f"{self._name}: {where}" if where else self._name,
            expected=expected,
            found=found,
            next_step=next_step,
        )
