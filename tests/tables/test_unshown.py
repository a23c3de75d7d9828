"""Nothing recorded is hidden in silence: what no table shows is told, with what would show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from samples_cards import BASE, MODEL, accuracy, card, device, quantization, run, serving
from samples_grids import texts

from cardgen.card import Card
from cardgen.records import Run
from cardgen.render.card import gather
from cardgen.tables.others import apart

OTHER = "example/tiny-fp8"
SWEEP = {"over": "batch_size", "at": {"dataset": "TextVQA"}, "values": [1, 4]}


def told(found: Card) -> list[str]:
    """What `build` says of measurements that are shown nowhere."""
    return [str(one) for one in gather(found).unshown]


CASES: dict[str, tuple[list[Run], dict[str, Any], list[str]]] = {
    "all shown": (
        [run(accuracy("gsm8k", 50.0), serving(latency_s=1.0), quantization(size_bytes=10))],
        {},
        [],
    ),
    "a task that card.yaml does not list": (
        [run(accuracy("gsm8k", 50.0), accuracy("arc", 50.0))],
        {"accuracy": {"tasks": [{"task": "gsm8k"}]}},
        [
            "accuracy: 1 measurement is shown nowhere: tasks that the card does not list;"
            " card.yaml: accuracy.tasks: - {task: arc}"
        ],
    ),
    "a mode": (
        [run(serving(latency_s=1.0), serving(mode="concurrent", load=2.0, requests_per_s=1.0))],
        {"serving": {"modes": ["single-stream"]}},
        [
            "serving: 1 measurement is shown nowhere: a mode that the card does not list:"
            " concurrent; card.yaml: serving.modes: [single-stream, concurrent]"
        ],
    ),
    "hardware": (
        [run(serving(latency_s=1.0), serving(hardware="L4", latency_s=2.0))],
        {"serving": {"hardware": ["A6000"]}},
        [
            "serving: 1 measurement is shown nowhere: hardware that the card does not list;"
            " card.yaml: serving.hardware: [A6000, L4]"
        ],
    ),
    "a scenario": (
        [run(serving(latency_s=1.0), serving(scenario="rag", latency_s=2.0))],
        {"serving": {"scenarios": [{"name": "chat"}]}},
        [
            "serving: 1 measurement is shown nowhere: scenarios that the card does not list;"
            " card.yaml: serving.scenarios: - {name: rag}"
        ],
    ),
    "a section that the card does not have": (
        [run(device(MODEL, latency_s=1.0))],
        {},
        [
            "device: 1 measurement is shown nowhere: the card has no such section; card.yaml:"
            " sections: [overview, optimizations, deployment, creation, evaluation, accuracy,"
            " serving, device, methods]"
        ],
    ),
    "a setting outside the sweeps": (
        [run(*(device(MODEL, batch_size=size, latency_s=1.0) for size in (1, 4, 8)))],
        {"kind": "both", "device": {"sweeps": [SWEEP]}},
        [
            "device: 1 measurement is shown nowhere: in none of the card's sweeps;"
            " card.yaml: device.sweeps: - {over: …, at: …}"
        ],
    ),
    "another model": (
        [run(accuracy("gsm8k", 50.0), accuracy("gsm8k", 50.0, OTHER))],
        {},
        [
            "accuracy: 1 measurement is shown nowhere: of example/tiny-fp8, which is not this"
            " card's, its base or a sibling"
        ],
    ),
    "another model's windows": (
        [run(serving(latency_s=1.0), serving(OTHER, latency_s=1.0))],
        {},
        [
            "serving: 1 measurement is shown nowhere: of example/tiny-fp8, which is not this"
            " card's, its base or a sibling; card.yaml: serving.models: [example/tiny,"
            " example/tiny-w4a16, example/tiny-fp8]"
        ],
    ),
    "another origin": (
        [
            run(accuracy("gsm8k", 50.0)),
            run(accuracy("gsm8k", 50.0), origin="transcribed"),
        ],
        {},
        [
            "accuracy: 1 measurement is shown nowhere: the card prefers values of another origin;"
            " card.yaml: prefer: [transcribed, measured, imported]"
        ],
    ),
    "origins that disagree are listed": (
        [
            run(accuracy("gsm8k", 50.0)),
            run(accuracy("gsm8k", 60.0), origin="transcribed"),
        ],
        {},
        [],
    ),
    "a failed repeat beside a value": (
        [run(accuracy("gsm8k", 50.0)), run(accuracy("gsm8k", None, reason="died"))],
        {},
        [
            "accuracy: 1 measurement is shown nowhere: failed or skipped, while other runs have"
            " the value"
        ],
    ),
    "one failure speaks for all": (
        [run(accuracy("gsm8k", None, reason="died")) for _ in range(3)],
        {},
        [],
    ),
    "an earlier quantization": (
        [run(quantization(size_bytes=10)), run(quantization(size_bytes=20))],
        {},
        [
            "quantization: 1 measurement is shown nowhere: another quantization of the model is"
            " shown"
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_told(name: str) -> None:
    runs, spec, expected = CASES[name]
    assert told(card(*runs, **spec)) == expected


def test_the_card_says_it_to_its_reader() -> None:
    """In its own words, without what only the author can do; of foreign models it says nothing."""
    runs, spec, _ = CASES["a task that card.yaml does not list"]
    found = gather(card(*runs, **spec))
    assert [str(one.sentence()) for one in found.unshown] == [
        "accuracy, not in a table: 1 (tasks that the card does not list)"
    ]


def test_the_line_that_is_told_shows_it() -> None:
    """The author copies it into card.yaml, and nothing is left to tell."""
    runs, _, _ = CASES["a mode"]
    assert told(card(*runs, serving={"modes": ["single-stream", "concurrent"]})) == []
    runs, _, _ = CASES["another model's windows"]
    models = ["example/tiny", "example/tiny-w4a16", "example/tiny-fp8"]
    assert told(card(*runs, serving={"models": models})) == []


def test_other_conditions_are_told_with_what_shows_them() -> None:
    version = {"name": "lm-eval", "version": "0.4.8"}
    newer = {**version, "version": "0.4.9"}
    found = card(
        run(accuracy("gsm8k", 50.0, harness=version), accuracy("arc", 1.0, harness=version)),
        run(accuracy("gsm8k", 60.0, harness=newer)),
    )
    assert told(found) == []
    assert list(apart(found)) == [
        "accuracy: 1 measurement of example/tiny-w4a16 under other conditions: lm-eval 0.4.9, in"
        ' the table 0.4.8; card.yaml: conditions: {accuracy: {lm-eval: "0.4.9"}} shows the other'
        " group"
    ]
    (row,) = texts(gather(found).tables["accuracy-other"])
    assert row == [MODEL, "gsm8k\nacc", "60.00", "lm-eval 0.4.9, in the table 0.4.8"]
    asked = card(
        *(one for _, one in found.records.runs), conditions={"accuracy": {"lm-eval": "0.4.9"}}
    )
    assert texts(gather(asked).tables["accuracy"])[0][2] == "60.00"


DEVICES: dict[str, tuple[Callable[[], list[Any]], list[list[str]]]] = {
    "a single setting": (
        lambda: [device(BASE, latency_s=11.33)],
        [["GPU", "TextVQA", "1", "224", "200", "fp16", "11.330"]],
    ),
    "settings of a sweep are its own": (
        lambda: [device(BASE, batch_size=size, latency_s=1.0) for size in (1, 4)],
        [],
    ),
    "what the suggested sweep leaves": (
        lambda: [
            *(device(BASE, batch_size=size, latency_s=1.0) for size in (1, 4)),
            device(BASE, batch_size=2, dataset="COCO", latency_s=2.0),
        ],
        [["GPU", "COCO", "2", "224", "200", "fp16", "2.000"]],
    ),
}


@pytest.mark.parametrize("name", DEVICES)
def test_device_settings_outside_of_sweeps_are_rows(name: str) -> None:
    """Where card.yaml names no sweep, no setting is lost."""
    make, rows = DEVICES[name]
    found = gather(card(run(*make()), kind="benchmark", model=BASE, base_model=None))
    made = found.tables.get("settings")
    assert (texts(made) if made is not None else []) == rows
    assert found.unshown == []
