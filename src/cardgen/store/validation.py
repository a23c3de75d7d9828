"""pydantic's complaints turned into cardgen's errors: place, expected, found, next step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ValidationError

from cardgen.errors import CardgenError, CombinedError
from cardgen.store import positions
from cardgen.store.faults import Fault, faults
from cardgen.store.positions import Position, Step
from cardgen.store.wording import told

SHOWN_AT_MOST = 10


class Finder(Protocol):
    """`positions.find` or `positions.find_json`."""

    def __call__(
        self, text: str, path: Sequence[Step], *, key: bool = False
    ) -> Position | None: ...


def translate(
    problem: ValidationError,
    *,
    path: Path | str,
    text: str,
    model: type[BaseModel],
    error: type[CardgenError],
    find: Finder = positions.find,
    reference: str | None = None,
) -> CardgenError:
    """One cardgen error a mistake that pydantic found in `text`, with line, column and next step.

    `reference` says where the reader can look up what a field takes.
    """
    found = faults(problem, model)
    shown = [
        _error(fault, str(path), text, error, find, reference) for fault in found[:SHOWN_AT_MOST]
    ]
    return shown[0] if len(found) == 1 else CombinedError(shown, more=len(found) - len(shown))


def _error(
    fault: Fault,
    path: str,
    text: str,
    error: type[CardgenError],
    find: Finder,
    reference: str | None,
) -> CardgenError:
    if fault.kind == "json_invalid":
        return _broken_json(fault, path, error)
    position = find(text, fault.path, key=fault.on_key)
    where = f"{path}:{position.line}:{position.column}" if position else path
    pointer = positions.pointer(fault.path)
    # A value shows as it was written; that of a container above it says nothing.
    own = position if position is not None and position.path == fault.path else None
    words = told(fault, own)
    usual = f"mend the value; {reference}" if reference else "mend the value"
    return error(
        f"{where}: {pointer}" if pointer else where,
        expected=words.expected,
        found=words.found,
        next_step=words.next_step or usual,
    )


def _broken_json(fault: Fault, path: str, error: type[CardgenError]) -> CardgenError:
    """What pydantic's own parser refuses although Python's reads it."""
    reason = str(fault.context["error"])
    found = re.fullmatch(r"(.*) at line (\d+) column (\d+)", reason)
    words = found[1] if found else reason
    if "hex escape" in words or "surrogate" in words:
        words = "an escape that is half of a surrogate pair, and no character"
    return error(
        f"{path}:{found[2]}:{found[3]}" if found else path,
        expected="whole, valid JSON",
        found=words,
        next_step="mend the place, or make the file again",
    )
