"""What cardgen's own collectors say in records is said in the card's language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardgen.language import Message
from cardgen.remarks import NOTES, PARTS, PLACE, REASONS, said

ROOT = Path(__file__).parents[2]
RUNS = [
    path
    for path in sorted(ROOT.glob("cards/*/runs/*.json"))
    if json.loads(path.read_bytes())["provenance"]["origin"] == "measured"
]


def remarks(run: dict[str, object]) -> set[str]:
    """The notes of a run, and the reasons of its measurements."""
    provenance, measurements = run["provenance"], run["measurements"]
    assert isinstance(provenance, dict)
    assert isinstance(measurements, list)
    found = set(provenance.get("notes", ()))
    for measurement in measurements:
        found |= set(measurement.get("absent", {}).values())
        found |= {measurement["reason"]} if measurement.get("reason") else set()
    return found


def test_every_remark_of_a_measured_run_is_a_message() -> None:
    """The repository's own runs; a new sentence of a collector is to be added to the catalog."""
    told = {text for path in RUNS for text in remarks(json.loads(path.read_bytes()))}
    assert told
    assert {text for text in told if isinstance(said(text), str)} == set()


ALL = (*REASONS, *NOTES, *PARTS)


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.text[:40])
def test_a_remark_is_known_again_with_its_values(message: Message) -> None:
    names = dict.fromkeys(("ratio", "limit", "changed", "samples", "streams", "batch"), "7")
    text = message.text % (dict.fromkeys(PLACES, "a") | names)
    found = said(text)
    assert isinstance(found, Message)
    assert str(found) == text


PLACES = (
    *("engine", "version", "tokens", "questions", "first", "count", "lost", "name", "names"),
    *("task", "warning", "scenario", "reason", "setting", "size", "length", "metric"),
    *("quantity", "successful", "share", "place"),
)


@given(st.text())
def test_words_of_others_stay_as_they_are(text: str) -> None:
    """In English nothing changes, whatever was recorded."""
    assert str(said(text)) == text


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.text[:40])
def test_no_text_takes_long(message: Message) -> None:
    """Pieces of a remark over and over: every character is looked at a few times, not in turns."""
    pieces = [piece for piece in PLACE.split(message.text)[::2] if piece]
    for text in ("".join(pieces) * 2_000, "x".join(pieces) * 2_000 + "!", pieces[-1] * 9_000):
        assert str(said(text)) == text


def test_a_part_is_said_too() -> None:
    """And no deeper: a name that reads like a setting is a name."""
    found = said("SDPA, Sort, batch 4, 112 px: 2 of 16 answers differ from those of the first "
                 "optimization")  # fmt: skip
    assert isinstance(found, Message)
    setting = found.values["setting"]
    assert isinstance(setting, Message)
    assert setting.values == {"name": "SDPA, Sort", "batch": "4", "size": "112"}
