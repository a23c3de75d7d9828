"""Faults planted into cards that are right: one digit, cell, percentage, scheme or model each.

Owns the generator. What a place means, and which other values no interval can tell from the right
one, stands in `planted_cards/labels.jsonl`, written by reading the cards; the auditor's reader has
no part in it. A label of a number has `unseen`: intervals of values that the card's other numbers
allow, rounded or cut. A label of a name has `new`: names that are wrong there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from audit.made_up import DRAWN, QUANTIZED, REPORT

FOLDER = Path(__file__).with_name("planted_cards")
CARDS = {
    "quantized": QUANTIZED,
    "report": REPORT,
    "drawn": DRAWN,
    "drafts": (FOLDER / "drafts.md").read_text(encoding="utf-8"),
}
DIGITS = "0123456789"


class Planted(NamedTuple):
    """A card with one fault."""

    kind: str
    card: str
    line: int
    role: str
    old: str
    new: str
    text: str


def labels() -> list[dict[str, Any]]:
    """The places, as they were labelled by hand."""
    lines = (FOLDER / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def plant() -> Iterator[Planted]:
    """Every card with every fault that its label says can be seen."""
    everything = labels()
    for label in everything:
        old = label["old"]
        if "new" in label:
            kind = "scheme" if "scheme" in label["role"] else "model"
            for new in label["new"]:
                yield _planted(kind, label, new)
            continue
        kind = "percentage" if old.endswith("%") else "digit"
        for at, digit in enumerate(old):
            if digit in DIGITS:
                for other in DIGITS.replace(digit, ""):
                    new = old[:at] + other + old[at + 1 :]
                    if _seen(label, new):
                        yield _planted(kind, label, new)
        # The same place with what stands in another place of its kind.
        others = {
            item["old"]
            for item in everything
            if item["card"] == label["card"] and item["role"] == label["role"]
        }
        for new in sorted(others - {old}):
            if _seen(label, new):
                yield _planted("cell", label, new)


def _seen(label: dict[str, Any], new: str) -> bool:
    """Whether the label says that a number can be told from the right one; 0 has no ratio."""
    value = float(new.rstrip("%"))
    return value > 0 and not any(low <= value <= high for low, high in label["unseen"])


def _planted(kind: str, label: dict[str, Any], new: str) -> Planted:
    text = CARDS[label["card"]]
    lines = text.split("\n")
    line, start, old = lines[label["line"] - 1], label["column"] - 1, label["old"]
    assert line.startswith(old, start), (label, line)
    assert not re.match(r"\d", line[start + len(old) :]) or "new" in label, label
    lines[label["line"] - 1] = line[:start] + new + line[start + len(old) :]
    return Planted(kind, label["card"], label["line"], label["role"], old, new, "\n".join(lines))
