"""What is missing is said of what lacks it, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from samples_cards import BASE, MODEL, accuracy, card, device, quantization, run, serving

from cardgen.records import AnyMeasurement, Environment, Machine
from cardgen.tables.unknowns import unknowns

A100 = Machine(gpu="A100")
PACKAGES = {"vllm": "0.25.0"}
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
    "one model of one task": (
        [
            *(accuracy("a", ERROR, model) for model in (BASE, MODEL)),
            accuracy("b", ERROR, BASE),
            accuracy("b", 80.0),
        ],
        ["Uncertainty of b acc (tiny-w4a16): not recorded, so the recovery carries no interval."],
    ),
    "a standard error of 0 is recorded": ([accuracy("a", {"value": 80.0, "stderr": 0.0})], []),
    "a third model": ([accuracy("a", ERROR), accuracy("a", 80.0, "org/other")], []),
}


@pytest.mark.parametrize("name", UNCERTAINTY)
def test_uncertainty(name: str) -> None:
    found, expected = UNCERTAINTY[name]
    assert [sentence for sentence in said(*found) if "Uncertainty" in sentence] == expected


def test_what_is_missing_on_one_machine_is_missing_there() -> None:
    """The other has it, under the same use case."""
    runs = [
        run(serving(hardware=name, latency_s=1.0, requests=requests))
        for name, requests in (("T4", {"successful": 3}), ("A100", None))
    ]
    told = [str(message) for message in unknowns(card(*runs)) if "Failed" in str(message)]
    assert told == [
        "Failed and incomplete requests of chat (single-stream, A100x1 vLLM): not recorded."
    ]


def test_what_has_no_repeat_is_named() -> None:
    """A median of three of one model beside a single window of the other."""
    runs = [run(serving(model, latency_s=1.0)) for model in (BASE, BASE, BASE, MODEL)]
    told = [str(message) for message in unknowns(card(*runs)) if "repeats" in str(message)]
    assert told == [f"Spread of {MODEL}: one window, no repeats recorded."]


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


def test_what_another_origin_recorded_is_recorded() -> None:
    """The table has the latency of the published page."""
    runs = [
        run(serving(ttft_s=0.1)),
        run(serving(queries_per_dollar=900.0), origin="transcribed"),
    ]
    told = [str(message) for message in unknowns(card(*runs))]
    assert not [sentence for sentence in told if "Latency" in sentence]


def test_an_engine_that_its_package_names_has_a_version() -> None:
    found = said(serving(engine="vllm", latency_s=1.0), environment=Environment(packages=PACKAGES))
    assert "Version of the serving engine: not recorded." not in found


def test_repeats_below_the_tables_are_repeats() -> None:
    """Their row says “median of 2 runs”, so the card does not say that there are none."""
    runs = [
        *(run(serving(latency_s=value), machine=Machine(gpu="T4")) for value in (1.0, 2.0)),
        run(serving(latency_s=1.0), serving(scenario="rag", latency_s=1.0), machine=A100),
    ]
    told = [str(message) for message in unknowns(card(*runs))]
    assert not [sentence for sentence in told if "no repeats" in sentence]


def test_repeats_of_other_models_are_none_of_the_card_s() -> None:
    runs = [run(serving("org/other", latency_s=value)) for value in (1.0, 2.0)]
    told = [str(message) for message in unknowns(card(*runs, run(serving(latency_s=1.0))))]
    assert [sentence for sentence in told if "no repeats" in sentence]


QUANTIZED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": (
        {},
        [
            "Sizes of the checkpoint before and after: not recorded.",
            "Duration and memory of the quantization: not recorded.",
        ],
    ),
    "the base's size and memory": (
        {"base_size_bytes": 10, "peak_memory_bytes": 10},
        ["Size of the checkpoint: not recorded.", "Duration of the quantization: not recorded."],
    ),
    "its own size and time": (
        {"size_bytes": 10, "duration_s": 1.0},
        ["Size of the base model: not recorded.", "Memory of the quantization: not recorded."],
    ),
}


@pytest.mark.parametrize("name", QUANTIZED)
def test_quantization(name: str) -> None:
    record, expected = QUANTIZED[name]
    words = ("Size", "size", "emory", "uration")
    told = [s for s in said(quantization(**record)) if any(word in s for word in words)]
    assert told == expected


def test_clocks_of_some_devices() -> None:
    runs = [
        run(
            device(MODEL, device=name, latency_s=1.0),
            machine=Machine(gpu=name, power_limit_w=watts),
        )
        for name, watts in (("A100", 400.0), ("H100", None))
    ]
    told = [str(message) for message in unknowns(card(*runs, kind="both"))]
    assert [sentence for sentence in told if "lock" in sentence] == [
        "Clocks, power limit and throttling of the device of H100 / TextVQA / 1 / 224 / 200 / fp16:"
        " not recorded."
    ]


def test_the_harness_of_a_run_is_its_tool() -> None:
    """A score that names no harness was made by the tool of its run, whose version is known."""
    from cardgen.records import Tool

    known = said(accuracy("a", ERROR), tool=Tool(name="lm-eval", version="0.4.13"))
    assert "Versions of the evaluation harnesses: not recorded." not in known
    assert "Versions of the evaluation harnesses: not recorded." in said(accuracy("a", ERROR))
