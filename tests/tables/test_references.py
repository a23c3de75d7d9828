"""Names in card.yaml that no record has are told to the author, with the nearest one."""

from __future__ import annotations

from typing import Any

import pytest
from samples_cards import BASE, MODEL, accuracy, card, device, quantization, run, serving

from cardgen.records import Provenance, Run, Tool
from cardgen.records.provenance import Machine
from cardgen.tables import serving as tables
from cardgen.tables.grids import grids
from cardgen.tables.references import unmatched
from cardgen.tables.unknowns import unknowns


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"accuracy": {"tasks": [{"task": "MMLU"}]}}, "'MMLU'; did you mean 'mmlu'?"),
        ({"accuracy": {"tasks": [{"task": "mmlu", "metric": "acc_norn"}]}}, "'acc_norn'"),
        ({"accuracy": {"average": ["Maths"]}}, "accuracy.average: no record has 'Maths'"),
        ({"serving": {"scenarios": [{"name": "chatt"}]}}, "'chatt'; did you mean 'chat'?"),
        ({"serving": {"hardware": ["a6000"]}}, "'a6000'; did you mean 'A6000'?"),
    ],
)
def test_a_name_that_matches_nothing_is_told(section: dict[str, Any], told: str) -> None:
    found = card(
        run(
            accuracy("mmlu", "50", MODEL),
            accuracy("mmlu", "60", BASE),
            serving(MODEL, latency_s=1.0),
            serving(BASE, latency_s=2.0),
        ),
        **section,
    )
    assert any(told in sentence for sentence in unmatched(found)), unmatched(found)


@pytest.mark.parametrize(
    "section",
    [
        {"accuracy": {"tasks": [{"task": "table_read"}, {"task": "table_sort"}]}},
        {"serving": {"scenarios": [{"name": "chat-2"}, {"name": "chat"}]}},
    ],
)
def test_what_is_named_and_recorded_is_no_other_spelling(section: dict[str, Any]) -> None:
    """A plan half measured: the name that has no record yet is not a slip for one that has."""
    found = card(run(accuracy("table_sort", "50", MODEL), serving(MODEL, latency_s=1.0)), **section)
    (told,) = (s for s in unmatched(found) if not s.startswith("base_model"))
    assert "did you mean" not in told
    (base,) = (s for s in unmatched(found) if s.startswith("base_model"))
    assert base == f"base_model: no record has {BASE!r}"


def test_a_task_that_failed_is_no_spelling_to_suggest() -> None:
    failed = accuracy("mmul", None, outcome="failed", reason="no such task")
    found = card(run(accuracy("piqa", "50", MODEL), failed), accuracy={"tasks": [{"task": "mmlu"}]})
    assert "accuracy.tasks: no record has 'mmlu'" in unmatched(found)


def test_a_card_whose_names_all_match_is_told_nothing() -> None:
    found = card(run(accuracy("mmlu", "50", MODEL), accuracy("mmlu", "60", BASE)))
    assert unmatched(found) == []


def test_failed_requests_and_repeats_are_footnotes() -> None:
    failing = serving(MODEL, latency_s=1.0, requests={"successful": 50, "failed": 150})
    again = serving(MODEL, latency_s=1.5, requests={"successful": 200})
    found = card(run(failing, serving(BASE, latency_s=2.0)), run(again))
    (grid,) = grids(found)
    made = tables.table(found, grid)
    assert made is not None
    said = [str(note.text) for note in made.notes]
    assert "150 of 400 requests failed" in said
    assert "median of 2 runs" in said


def test_what_some_run_does_not_say_is_unknown() -> None:
    """One machine named in full does not speak for the others."""
    found = card(run(serving(MODEL, latency_s=1.0)))
    said = [str(message) for message in unknowns(found)]
    assert "Version of the serving engine: not recorded." in said
    assert "Driver, CUDA version and host of the serving machines: not recorded." in said
    assert "Multi-stream asynchronous performance: not measured." in said


@pytest.mark.parametrize(("algorithm", "asked"), [("GPTQ", True), ("round-to-nearest", False)])
def test_rounding_needs_no_calibration_data(algorithm: str, asked: bool) -> None:
    found = card(run(quantization(MODEL, algorithm=algorithm, calibration=None)))
    said = [str(message) for message in unknowns(found)]
    assert ("Calibration data of the quantization: not recorded." in said) is asked


@pytest.mark.parametrize(("collector", "warm"), [("device", False), (None, True), ("other", True)])
def test_the_device_collector_warms_up(collector: str | None, warm: bool) -> None:
    """Of other tools' runs nobody knows, and of a card with both neither."""
    machine = Machine(cpu="a CPU")
    provenance = Provenance(
        origin="measured", tool=Tool(name="x"), collector=collector, machine=machine
    )
    found = card(Run(provenance=provenance, measurements=(device(latency_s=1.0),)), kind="both")
    said = [str(message) for message in unknowns(found)]
    told = "Warm-up, clocks" if warm else "Clocks"
    assert f"{told}, power limit and throttling of the devices: not recorded." in said
