"""Result files opened: JSON of a tool that is read, everything else refused by what it is.

Owns what is said of a file that is another tool's, another format, or one result per line.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from cardgen.errors import ImportFileError
from cardgen.imports import content, foreign
from cardgen.imports.content import BY_HAND
from cardgen.imports.source import Document, read_json
from cardgen.imports.tree import Shape

LARGEST_REREAD_BYTES = 16 * 2**20
"""Up to this size a file that is not strict JSON is read once more, NaN and Infinity allowed."""


def read_result(path: Path, shape: Shape | None = None) -> Document:
    """A tool's result file. One of a tool that is not read, or in another format, is refused by
    its name; the reader that called need not have been meant for it."""
    try:
        document = read_json(path, shape)
    except ImportFileError as problem:
        known = _unreadable(path, problem)
        if known is None:
            raise
        raise known from problem
    tool = foreign.of_document(document.root.value)
    if tool is not None:
        raise refusal(str(path), tool)
    return document


def refusal(place: str, tool: foreign.Foreign, *, form: str = "") -> ImportFileError:
    """The error for a file of a tool that is not read, or not in this form."""
    from cardgen.imports import TOOLS

    return ImportFileError(
        place,
        expected=f"a result file of {', '.join(TOOLS)}",
        found=f"a file of {tool.name}" + (f": {form}" if form else ", which no importer reads"),
        next_step=tool.next_step,
    )


def _unreadable(path: Path, problem: ImportFileError) -> ImportFileError | None:
    """The error for a file that is not one JSON document, if it is known what it is instead."""
    start = content.head(path)
    text = start.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        return None
    if text[0] not in "{[":
        tool = foreign.of_text(text)
        known = content.described(start)
        form = known.found if known is not None else "text"
        return refusal(str(path), tool, form=form) if tool is not None else None
    value, is_line = _tolerant(path)
    tool = foreign.of_document(value)
    if tool is not None:
        return refusal(str(path), tool)
    if not is_line or not isinstance(value, dict):
        return None
    if not all(key in value for key in foreign.SERVED):
        found, next_step = "JSON Lines of no tool that is known", BY_HAND
    else:
        found = "one result per line, as `vllm bench serve --append-result` writes them"
        split = f"split -l 1 {shlex.quote(path.name)} {shlex.quote(path.stem)}-"
        next_step = f"make a file of each line (`{split}`), then import those files"
    return ImportFileError(
        problem.place, expected="one result in a file", found=found, next_step=next_step
    )


def _tolerant(path: Path) -> tuple[object, bool]:
    """The file's JSON with NaN and Infinity allowed, or its first line's; whether it is a line."""
    try:
        if path.stat().st_size <= LARGEST_REREAD_BYTES:
            data = path.read_bytes()
        else:
            data = content.head(path)
        text = data.decode("utf-8-sig", "replace")
        try:
            return json.loads(text), False
        except ValueError:
            first, _, rest = text.lstrip().partition("\n")
            return json.loads(first), rest.lstrip().startswith("{")
    except (OSError, ValueError, RecursionError):
        return None, False
