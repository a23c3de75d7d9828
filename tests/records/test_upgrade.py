"""Old run files are carried to the current format by one pure function a version."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cardgen.errors import RecordError
from cardgen.records import FORMAT
from cardgen.upgrade import UPGRADES, upgrade

Data = dict[str, Any]


def to_2(data: Data) -> Data:
    """Version 2 gave latencies in seconds."""
    return {**data, "latency_s": data["latency_ms"] / 1000, "steps": [*data["steps"], 2]}


def to_3(data: Data) -> Data:
    """Version 3 dropped the milliseconds."""
    kept = {key: value for key, value in data.items() if key != "latency_ms"}
    return {**kept, "steps": [*kept["steps"], 3]}


MADE_UP = {1: to_2, 2: to_3}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            {"format": 1, "latency_ms": 500, "steps": []},
            {"format": 3, "latency_s": 0.5, "steps": [2, 3]},
        ),
        (
            {"format": 2, "latency_ms": 500, "latency_s": 0.5, "steps": []},
            {"format": 3, "latency_s": 0.5, "steps": [3]},
        ),
        ({"format": 3, "latency_s": 0.5}, {"format": 3, "latency_s": 0.5}),
    ],
    ids=["from 1", "from 2", "current"],
)
def test_each_version_is_carried_on_in_order(data: Data, expected: Data) -> None:
    """1 → 2 → 3, each step once; the data given stays as it was."""
    before = copy.deepcopy(data)
    assert upgrade(data, "run.json", current=3, upgrades=MADE_UP) == expected
    assert data == before


@pytest.mark.parametrize(
    ("version", "found"),
    [
        (4, "format 4, written by a newer cardgen"),
        (10**30, "written by a newer cardgen"),
        (None, "nothing"),
        ("1", "'1'"),
        (True, "True"),
        (1.0, "1.0"),
        (0, "0"),
        (-1, "-1"),
        ([1], "[1]"),
    ],
    ids=repr,
)
def test_what_is_newer_or_no_version_is_refused_by_name(version: object, found: str) -> None:
    """The message says what was found, and what to do."""
    with pytest.raises(RecordError) as refused:
        upgrade({"format": version}, "run.json:1:2: /format", current=3, upgrades=MADE_UP)
    error = refused.value
    assert error.place == "run.json:1:2: /format"
    assert found in str(error.found)
    newer = "newer" in str(error.found)
    assert (error.next_step == "upgrade cardgen") is newer


def test_a_broken_old_run_is_an_error_to_mend() -> None:
    """A run that its own version's function cannot read is no crash."""
    with pytest.raises(RecordError, match="a whole run of format 1"):
        upgrade({"format": 1, "steps": []}, "run.json", current=3, upgrades=MADE_UP)


def test_there_is_a_function_for_every_old_version() -> None:
    """Every version before the current one can be carried on."""
    assert set(UPGRADES) == set(range(1, FORMAT))
