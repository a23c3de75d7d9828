"""One value of a foreign document with the place it stands at: typed access, exact refusals.

Every importer reads through `Node`, so that a wrong type, a missing key or a number out of
range is always told as file, JSON pointer, expected, found and next step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import ValidationError

from cardgen.errors import ImportFileError

type_names = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "a truth value",
    int: "a whole number",
    float: "a number",
    type(None): "null",
}

AGAIN = "make the file again with its tool"
MEND = f"{AGAIN}, or mend the value"
LONGEST_SHOWN = 80
TEXT_LIMIT = 2_000


def pointer(*steps: str | int) -> str:
    """The steps as a JSON pointer."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def shown(value: object) -> str:
    """A value as an error shows it: short, on one line; containers by their type."""
    if isinstance(value, dict | list):
        return type_names[type(value)]
    if value is None:
        return "null"
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def several(names: Sequence[str], *, most: int = 4) -> str:
    """The names as an error or a note lists them: the first few, and how many there are more."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def plain(text: str) -> str:
    """Text that a record may hold: control characters replaced, cut at the records' limit."""
    kept = "".join(
        "\N{REPLACEMENT CHARACTER}" if (c < " " and c not in "\t\n\r") or c == "\x7f" else c
        for c in text
    )
    return kept if len(kept) <= TEXT_LIMIT else kept[: TEXT_LIMIT - 1] + "…"


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document, the document's name and the pointer to the value."""

    value: object
    file: str
    steps: tuple[str | int, ...] = ()

    @property
    def place(self) -> str:
        """File and JSON pointer, as errors name it."""
        where = pointer(*self.steps)
        return f"{self.file}: {where}" if where else self.file

    def refused(
        self, expected: str, *, found: str | None = None, next_step: str = MEND
    ) -> ImportFileError:
        """The error for this value."""
        return ImportFileError(
            self.place,
            expected=expected,
            found=shown(self.value) if found is None else found,
            next_step=next_step,
        )

    def at(self, key: str) -> Node:
        """The value under `key`; an error where it is missing or null."""
        child = self.get(key)
        if child is None:
            known = self.value if isinstance(self.value, dict) else {}
            raise Node(None, self.file, (*self.steps, key)).refused(
                "a value", found="null" if key in known else "no such key"
            )
        return child

    def get(self, key: str) -> Node | None:
        """The value under `key`, or None where it is missing or null."""
        child = self.members().get(key)
        return None if child is None else Node(child, self.file, (*self.steps, key))

    def path(self, *keys: str) -> Node | None:
        """The value at the end of `keys`, or None where a step is missing, null or no object."""
        node: Node = self
        for key in keys:
            following = node.get(key) if isinstance(node.value, dict) else None
            if following is None:
                return None
            node = following
        return node

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def members(self) -> dict[str, object]:
        """The value as an object."""
        if not isinstance(self.value, dict):
            raise self.refused("an object")
        return self.value

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys and values of an object, nulls included."""
        for key, value in self.members().items():
            yield key, Node(value, self.file, (*self.steps, key))

    def elements(self) -> list[Node]:
        """The values of a list."""
        if not isinstance(self.value, list):
            raise self.refused("a list")
        return [
            Node(value, self.file, (*self.steps, index)) for index, value in enumerate(self.value)
        ]

    def text(self) -> str:
        """The value as text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.refused("text")
        return self.value

    def boolean(self) -> bool:
        """The value as a truth value."""
        if not isinstance(self.value, bool):
            raise self.refused("true or false")
        return self.value

    def integer(self, *, least: int | None = 0) -> int:
        """The value as a whole number, not below `least`; 3.0 counts as whole."""
        value = self.value
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.refused("a whole number")
        if least is not None and value < least:
            raise self.refused(f"a whole number, {least} or more")
        return value

    def number(self, *, least: float | None = None, next_step: str = MEND) -> float:
        """The value as a finite number, not below `least`."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.refused("a number", next_step=next_step)
        if not math.isfinite(self.value):
            raise self.refused("a finite number", next_step=next_step)
        if least is not None and self.value < least:
            raise self.refused(f"a number, {least:g} or more", next_step=next_step)
        return float(self.value)

    @property
    def is_number(self) -> bool:
        """Whether the value is a number (a truth value is none)."""
        return isinstance(self.value, int | float) and not isinstance(self.value, bool)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Records made inside are made from this value: what they refuse, this value refuses."""
        try:
            yield
        except ValidationError as problem:
            raise self._translated(problem.errors(include_url=False)) from problem

    def _translated(self, details: Sequence[object]) -> ImportFileError:
        detail = details[0]
        assert isinstance(detail, dict)
        field = ".".join(str(step) for step in detail["loc"])
        told = detail.get("ctx", {}) if detail["type"] == "fault" else {}
        if told:  # a record's own rule, with its words
            field = ".".join(str(step) for step in (*detail["loc"], *told.get("at", ())))
            return self.refused(
                f"{field}: {told['expected']}" if field else str(told["expected"]),
                found=told.get("found"),
                next_step=MEND,
            )
        message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
        more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
        found = detail.get("input")
        return self.refused(
            f"{field}: {message}{more}" if field else f"{message}{more}",
            found=None if found is None or isinstance(found, dict | tuple) else shown(found),
        )
