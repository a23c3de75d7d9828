"""How a place in a text is written: line and column, and the JSON Pointer of a path."""

from __future__ import annotations

from collections.abc import Sequence

Step = str | int


def at(text: str, offset: int) -> tuple[int, int]:
    """Line and column (1-based, in characters) of an offset; lines end with a line feed."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def pointer(path: Sequence[Step]) -> str:
    """The JSON Pointer (RFC 6901) of a path; empty for the document itself."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
