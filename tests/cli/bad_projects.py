"""Small projects with one fault each, and the message that each must be answered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CARD = "kind: benchmark\ntitle: A small card\nmodel: org/model\nlanguages: [en]\n"
DEVICE: dict[str, Any] = {
    "kind": "device",
    "model": "org/model",
    "device": {"name": "GPU", "type": "cuda"},
    "dataset": "TextVQA",
    "batch_size": 1,
    "latency_s": {"value": 0.84, "decimals": 3},
}
RUN = {
    "format": 1,
    "provenance": {
        "origin": "transcribed",
        "tool": {"name": "by hand"},
        "source": {"title": "a report", "sha256": "0" * 64},
    },
    "measurements": [DEVICE, {**DEVICE, "batch_size": 4}],
}
TEXT = json.dumps(RUN, indent=2) + "\n"
INSIDE = "a path inside the project, relative, without '..'"
Change = Callable[[Path], object]


@dataclass(frozen=True)
class Bad:
    """A fault: how to put it into a project, and what the message says of it.

    Each part is looked for in its line of the message; `place` is the whole of its line.
    """

    change: Change
    place: str
    expected: str
    found: str
    next_step: str


def project(root: Path) -> Path:
    """A project with one card that builds."""
    (root / "cards/small/runs").mkdir(parents=True)
    card_file(root).write_text(CARD, encoding="utf-8")
    run_file(root).write_text(TEXT, encoding="utf-8")
    return root


def run_file(root: Path, name: str = "a") -> Path:
    """A run file of the card."""
    return root / f"cards/small/runs/{name}.json"


def card_file(root: Path) -> Path:
    """The card's specification."""
    return root / "cards/small/card.yaml"


def line_of(text: str, part: str) -> str:
    """LINE:COLUMN of the first place where `part` stands in the text."""
    start = text.index(part)
    return f"{text.count(chr(10), 0, start) + 1}:{start - text.rfind(chr(10), 0, start)}"


def replaced(old: str, new: str) -> str:
    """The run file's text with one thing in it changed."""
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def run(text: str | bytes) -> Change:
    """The run file holds this instead."""
    data = text if isinstance(text, bytes) else text.encode()
    return lambda root: run_file(root).write_bytes(data)


def card(text: str | bytes) -> Change:
    """The card's specification is this instead."""
    data = text if isinstance(text, bytes) else text.encode()
    return lambda root: card_file(root).write_bytes(data)


def in_run(
    old: str, new: str, pointer: str, expected: str, found: str, step: str, at: str | None = None
) -> Bad:
    """A fault in the run file, told with the line and column where `at` (or `new`) stands."""
    text = replaced(old, new)
    place = f"cards/small/runs/a.json:{line_of(text, at or new)}"
    return Bad(run(text), f"{place}: {pointer}" if pointer else place, expected, found, step)


def in_card(lines: str, at: str, pointer: str, expected: str, found: str, step: str) -> Bad:
    """A fault in lines added to card.yaml, told with the place of `at` in them."""
    text = CARD + lines
    where = line_of(text[len(CARD) :], at)
    line, column = where.split(":")
    place = f"cards/small/card.yaml:{int(line) + CARD.count(chr(10))}:{column}"
    return Bad(card(text), f"{place}: {pointer}" if pointer else place, expected, found, step)


def linked_out(part: str) -> Change:
    """The path below the card becomes a link to where it was moved, outside the project."""

    def change(root: Path) -> None:
        inside = root / "cards/small" / part
        outside = root.parent / f"outside-{root.name}"
        inside.rename(outside)
        inside.symlink_to(outside)

    return change


def contents(root: Path) -> dict[str, bytes | str]:
    """Everything below a folder: bytes of files, targets of links, the kind of anything else."""
    found: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        else:
            found[name] = path.read_bytes() if path.is_file() else oct(path.stat().st_mode)
    return found
