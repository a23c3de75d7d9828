"""What is missing is said of what lacks it, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from samples_cards import BASE, MODEL, accuracy, card, run, serving

from cardgen.records import AnyMeasurement, Machine
from cardgen.tables.unknowns import unknowns

ERROR = {"value": 80.0, "stderr": 1.0}


def said(*found: AnyMeasurement, **more: Any) -> list[str]:
    """The sentences of a card of one run."""
    return [str(message) for message in unknowns(card(run(*found, **more)))]


UNCERTAINTY: dict[str, tuple[Sequence[AnyMeasurement], list[str]]] = {
    "none": (
        [accuracy("a", 80.0, BASE), accuracy("a", 80.0)],
        ["Uncertainty of the scores: not recorded, so the recoveries carry no interval."],
    ),
    "all": ([accuracy("a", ERROR, BASE), accuracy("a", ERROR)], []),
    "some metrics": (
        [
            accuracy(task, value, model)
            for model in (BASE, MODEL)
            for task, value in (("strict", 80.0), ("loose", ERROR))
        ],
        ["Uncertainty of strict acc: not recorded, so the recovery carries no interval."],
    ),
    "one model": (
        [accuracy("a", ERROR, BASE), accuracy("a", 80.0)],
        [f"Uncertainty of {MODEL}: not recorded, so the recovery carries no interval."],
    ),
    "many": (
        [accuracy(f"t{n}", 80.0) for n in range(6)] + [accuracy("a", ERROR)],
        [
            "Uncertainty of t0 acc, t1 acc, t2 acc, t3 acc, … (6): not recorded, so the recovery"
            " carries no interval."
        ],
    ),
    "a standard error of 0 is recorded": ([accuracy("a", {"value": 80.0, "stderr": 0.0})], []),
    "a third model": ([accuracy("a", ERROR), accuracy("a", 80.0, "org/other")], []),
}


@pytest.mark.parametrize("name", UNCERTAINTY)
def test_uncertainty(name: str) -> None:
    found, expected = UNCERTAINTY[name]
    assert [sentence for sentence in said(*found) if "Uncertainty" in sentence] == expected


WINDOWS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str], list[str]]] = {
    # Of the window, of the machine; what is said; what is not.
    "nothing recorded": (
        {},
        {},
        [
            "State of the prefix cache and warm-up of the server: not recorded.",
            "Driver, CUDA version and host of the serving machines: not recorded.",
            "Failed and incomplete requests: not recorded.",
        ],
        [],
    ),
    "warm-up recorded": (
        {"warmup_s": 2.0},
        {},
        ["State of the prefix cache: not recorded."],
        ["warm-up", "Warm-up"],
    ),
    "host recorded": (
        {},
        {"cpu": "EPYC", "gpu": "A100"},
        ["Driver and CUDA version of the serving machines: not recorded."],
        ["Host", "host"],
    ),
    "driver recorded": (
        {},
        {"gpu": "A100", "driver": "550"},
        ["Host of the serving machines: not recorded."],
        ["Driver"],
    ),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_serving(name: str) -> None:
    window, machine, expected, not_said = WINDOWS[name]
    found = said(serving(MODEL, latency_s=1.0, **window), machine=Machine(**machine))
    assert set(expected) <= set(found)
    assert not [s for s in found for part in not_said if part in s and s not in expected]


def test_the_harness_of_a_run_is_its_tool() -> None:
    """A score that names no harness was made by the tool of its run, whose version is known."""
    from cardgen.records import Tool

    known = said(accuracy("a", ERROR), tool=Tool(name="lm-eval", version="0.4.13"))
    assert "Versions of the evaluation harnesses: not recorded." not in known
    assert "Versions of the evaluation harnesses: not recorded." in said(accuracy("a", ERROR))
