"""How a collector tells how far it is: JSON lines on a descriptor of their own.

Both ends: what is written by the collector, and what the runner reads. Noise on stdout and
stderr cannot reach it; a broken line is passed over.
"""

from __future__ import annotations

import json
import os
import time
from typing import NamedTuple

from cardgen.errors import visible

VARIABLE = "CARDGEN_PROGRESS_FD"
LONGEST_LINE = 64 * 1024
LEAST_INTERVAL_S = 0.1


class Event(NamedTuple):
    """What a collector said: a `stage` began, so much of it is `done`, or a `note`."""

    event: str
    name: str = ""
    total: float | None = None
    done: float = 0


class Progress:
    """Writes to the descriptor that the runner opened; to nowhere without one."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = descriptor
        self._done = 0.0
        self._total: float | None = None
        self._told_at = 0.0

    @classmethod
    def from_environment(cls) -> Progress:
        """The one that the runner opened, kept from the programs that the collector starts."""
        text = os.environ.pop(VARIABLE, "")
        if not text.isdecimal():
            return cls()
        try:
            os.set_inheritable(int(text), False)  # noqa: FBT003 - the standard library's
        except OSError:
            return cls()
        return cls(int(text))

    def stage(self, name: str, total: float | None = None) -> None:
        """A new stage began, of `total` units where that is known."""
        self._done, self._total, self._told_at = 0.0, total, 0.0
        self._write({"event": "stage", "name": name, "total": total})

    def advance(self, by: float = 1) -> None:
        """So many more units of the stage are done. Calls may come thick: few are sent."""
        self.reach(self._done + by)

    def reach(self, done: float) -> None:
        """So many units of the stage are done in all."""
        self._done = done
        now = time.monotonic()
        if now - self._told_at >= LEAST_INTERVAL_S or done == self._total:
            self._told_at = now
            self._write({"event": "advance", "done": done})

    def note(self, text: str) -> None:
        """A line for whoever is watching; not kept in the record."""
        self._write({"event": "note", "text": text})

    def _write(self, event: dict[str, object]) -> None:
        if self._descriptor is None:
            return
        data = (json.dumps(event) + "\n").encode()
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            self._descriptor = None


class Reader:
    """Turns the bytes that arrive into events; anything that is none is passed over."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Event]:
        """The events that are whole now."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            self._rest = b""
        return [event for line in lines if (event := parse(line)) is not None]


def parse(line: bytes) -> Event | None:
    """The event in a line; None where it holds none."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    kind = content.get("event")
    if kind == "stage":
        return Event("stage", _text(content.get("name")), _number(content.get("total")))
    if kind == "advance":
        done = _number(content.get("done"))
        return None if done is None else Event("advance", done=done)
    if kind == "note":
        return Event("note", _text(content.get("text")))
    return None


def _text(value: object) -> str:
    return visible(value[:300]) if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e15 else None
