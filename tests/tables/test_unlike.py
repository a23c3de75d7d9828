"""Base beside quantized: what may be compared, and what a reader is told where it may not."""

from __future__ import annotations

from typing import Any

import pytest
from samples_cards import BASE, MODEL, accuracy, card, device, run, serving
from samples_grids import texts

from cardgen.card import Card
from cardgen.records import AnyMeasurement, Machine, Run
from cardgen.render.card import gather
from cardgen.tables.grids import grids, headlines
from cardgen.tables.model import Table

SCORE = {"value": 80.0, "stderr": 1.0}


def made(found: Card, name: str) -> Table:
    """A table of the card."""
    return gather(found).tables[name]


def scores(base: dict[str, Any], own: dict[str, Any]) -> list[Run]:
    """A task of both models, each with settings of its own."""
    return [
        run(accuracy("gsm8k", SCORE, model, settings=settings))
        for model, settings in ((BASE, base), (MODEL, own))
    ]


@pytest.mark.parametrize(
    ("base", "own", "told"),
    [
        (
            {"apply_chat_template": True},
            {"apply_chat_template": False},
            "chat template applied for the base model, none for this one",
        ),
        (
            {"fewshot_as_multiturn": True},
            {"fewshot_as_multiturn": False},
            "few-shot examples as a conversation on for the base model, off for this one",
        ),
        (
            {"task_version": 3, "gen_kwargs": "temperature=0"},
            {"task_version": 2, "gen_kwargs": "temperature=0.7"},
            "task version 3 for the base model, 2 for this one; temperature 0 for the base model,"
            " 0.7 for this one",
        ),
    ],
)
def test_scores_of_other_questions_have_no_recovery(
    base: dict[str, Any], own: dict[str, Any], told: str
) -> None:
    """Neither recovery nor difference; both scores stand."""
    table = made(card(*scores(base, own)), "accuracy")
    (row,) = texts(table)
    assert row[1:] == ["80.00", "80.00", "— (a)"]
    (note,) = table.notes
    assert str(note.text) == f"not compared, the questions were not the same: {told}"


def test_scores_under_other_conditions_are_compared_with_a_footnote() -> None:
    runs = [
        run(accuracy("gsm8k", SCORE, model), machine=Machine(gpu=gpu))
        for model, gpu in ((BASE, "A100"), (MODEL, "T4"))
    ]
    table = made(card(*runs), "accuracy")
    (row,) = texts(table)
    assert row[3] == "100.00% (a)"
    (note,) = table.notes
    assert str(note.text) == (
        "compared under unlike conditions: GPU A100 for the base model, T4 for this one"
    )


def test_an_average_over_other_questions_has_no_recovery() -> None:
    """The averages stand, their ratio would be one over unlike things."""
    more = [run(accuracy("arc", SCORE, model)) for model in (BASE, MODEL)]
    unlike = scores({"task_version": 1}, {"task_version": 2})
    table = made(card(*unlike, *more, accuracy={"average": "all"}), "accuracy")
    assert texts(table)[-1][:2] == ["Average score", "80.00"]
    assert texts(table)[-1][3].startswith("—")
    assert str(table.notes[-1].text).startswith(
        "a task it averages over has no recovery: not compared"
    )


def test_a_partial_score_is_marked_in_its_average() -> None:
    partial = {"n_expected": 100, "n_scored": 50}
    runs = [run(accuracy("gsm8k", SCORE, model, **partial)) for model in (BASE, MODEL)]
    table = made(card(*runs, accuracy={"average": "all"}), "accuracy")
    assert "averages scores that do not cover all samples" in {str(n.text) for n in table.notes}


def windows(base: dict[str, Any], own: dict[str, Any]) -> list[Run]:
    """A window of both models, 2 s and 1 s, each on a machine or with an engine of its own."""
    found = []
    for model, seconds, more in ((BASE, 2.0, base), (MODEL, 1.0, own)):
        window = serving(model, latency_s=seconds)
        engine = window.engine.model_copy(update=more.get("engine", {}))
        scenario = window.scenario.model_copy(update=more.get("scenario", {}))
        window = window.model_copy(update={"engine": engine, "scenario": scenario})
        found.append(run(window, machine=Machine(gpu=more.get("gpu", "A6000"))))
    return found


@pytest.mark.parametrize(
    ("base", "own", "told"),
    [
        (
            {"engine": {"version": "0.24"}},
            {"engine": {"version": "0.25"}},
            "the conditions were not the same: engine version 0.24 for the base model, 0.25",
        ),
        ({"gpu": "A40"}, {"gpu": "A6000"}, "the conditions were not the same: GPU A40"),
        (
            {"engine": {"arguments": ("--enforce-eager",)}},
            {},
            "engine arguments --enforce-eager for the base model, defaults for this one",
        ),
        (
            {"scenario": {"prompt_tokens": 64}},
            {"scenario": {"prompt_tokens": 512}},
            "the questions were not the same: prompt tokens 64 for the base model, 512",
        ),
    ],
)
def test_windows_under_other_conditions_have_no_ratio(
    base: dict[str, Any], own: dict[str, Any], told: str
) -> None:
    """No cost reduction and no headline; both latencies stand."""
    found = card(*windows(base, own))
    table = made(found, "single-stream")
    rows = texts(table)
    assert [row[3] for row in rows] == ["2.0", "1.0"]
    assert rows[1][2] == "— (a)"
    assert told in str(table.notes[0].text)
    assert headlines(found, grids(found)) == {}


@pytest.mark.parametrize(("own", "told"), [(16.5, None), (512.0, "16 for the base model, 512")])
def test_answers_of_other_lengths_have_no_ratio(own: float, told: str | None) -> None:
    """A model that answers with sixteen tokens is not as slow as one that writes a page."""
    found = card(
        *(
            run(serving(model, latency_s=1.0, mean_output_tokens=length))
            for model, length in ((BASE, 16.0), (MODEL, own))
        )
    )
    table = made(found, "single-stream")
    assert texts(table)[1][2] == ("— (a)" if told else "1.00")
    assert told is None or told in str(table.notes[0].text)
    levels = texts(made(found, "levels"))
    assert [row[-1].partition(" ")[0] for row in levels] == ["16.0", f"{own:.1f}"]


def test_unlike_windows_without_a_price_are_told() -> None:
    """No ratio could say so: the value itself does, in the table of its mode and of the levels."""
    runs = [
        run(
            serving(model, hardware="own", latency_s=2.0, ttft_s=0.1),
            serving(model, hardware="own", mode="concurrent", load=4.0, requests_per_s=3.0),
            machine=Machine(gpu=gpu),
        )
        for model, gpu in ((BASE, "A100"), (MODEL, "T4"))
    ]
    found = card(*runs)
    told = (
        "not compared, the conditions were not the same: GPU A100 for the base model, T4 for this"
        " one"
    )
    tables = gather(found).tables
    assert texts(tables["single-stream"])[1][3] == "2.0 (b)"
    assert [str(note.text) for note in tables["single-stream"].notes][-1] == told
    rows = texts(tables["levels"])
    assert [str(note.text) for note in tables["levels"].notes].count(told) == 1
    assert [cell for row in rows for cell in row if "(d)" in cell] == ["2.0 (d)", "3.0 (d)"]


def test_windows_under_the_same_conditions_have_a_ratio() -> None:
    found = card(*windows({}, {}))
    assert texts(made(found, "single-stream"))[1][2] == "2.00"


def test_what_is_meant_to_differ_is_compared_and_listed() -> None:
    own = {"engine": {"arguments": ("--quantization", "fp8")}}
    found = card(*windows({}, own))
    assert texts(made(found, "single-stream"))[1][2] == "2.00"
    assert [str(told) for told in gather(found).treatments] == [
        "quantization arguments defaults for the base model, --quantization fp8 for this one"
    ]


def test_prices_that_differ_make_no_ratio() -> None:
    """Queries per dollar of one price beside those of another."""
    price = {"hardware": "A6000", "usd_per_gpu_hour": 0.4, "source": "x", "date": "2026-01-01"}
    found = card(
        run(serving(BASE, queries_per_dollar="1000"), origin="transcribed"),
        run(serving(MODEL, latency_s=1.0)),
        project={"prices": [price]},
    )
    table = made(found, "single-stream")
    assert texts(table)[1][2] == "— (a)"
    assert str(table.notes[0].text) == "not compared, the prices were not the same"


def test_a_use_case_whose_requests_differ_has_no_lengths_in_its_heading() -> None:
    found = card(
        *windows({"scenario": {"prompt_tokens": 64}}, {"scenario": {"prompt_tokens": 512}})
    )
    heading = made(found, "single-stream").head[0][3].content
    assert heading == ("chat",)


def settings(*more: dict[str, Any]) -> list[AnyMeasurement]:
    """Two optimizations of one setting."""
    names = ("fp16", "Compile")
    return [
        device(MODEL, optimization=name, latency_s=1.0, **each)
        for name, each in zip(names, more, strict=True)
    ]


@pytest.mark.parametrize(
    ("base", "own", "told"),
    [
        ({}, {}, ""),
        ({"dtype": "fp16", "attention": "eager"}, {"dtype": "bf16", "attention": "sdpa"}, ""),
        (
            {"max_new_tokens": 50},
            {"max_new_tokens": 20},
            "new tokens at most 50 for the baseline, 20 for this row",
        ),
        ({"samples": 300}, {"samples": 100}, "samples 300 for the baseline, 100 for this row"),
    ],
)
def test_an_optimization_is_compared_where_it_was_asked_the_same(
    base: dict[str, Any], own: dict[str, Any], told: str
) -> None:
    """What an optimization changes is no obstacle; another length of the answer is."""
    sweep = {"over": "optimization", "at": {}, "values": ["fp16", "Compile"]}
    found = card(run(*settings(base, own)), kind="both", device={"sweeps": [sweep]})
    table = made(found, "optimization")
    assert (texts(table)[1][2] == "100.00") is not bool(told)
    assert any(told in str(note.text) for note in table.notes)


def test_a_column_of_quality_has_one_metric() -> None:
    """A share of right answers does not stand under the heading of an error rate."""
    right = {"metric": "accuracy", "reading": {"value": 0.7}, "higher_is_better": True}
    found = card(
        run(*settings({"wer": 0.3}, {"quality": right})),
        kind="both",
        device={"sweeps": [{"over": "optimization", "at": {}, "values": ["fp16", "Compile"]}]},
    )
    table = made(found, "optimization")
    assert texts(table)[1][-1].startswith("—")
    assert "judged by another metric: accuracy" in {str(note.text) for note in table.notes}


PRICE = {"usd_per_gpu_hour": 1.0, "source": "x", "date": "2026-01-01"}
DEARER = {**PRICE, "usd_per_gpu_hour": 2.0}


def test_only_prices_behind_the_values_forbid_a_ratio() -> None:
    """Another price of a page that is not shown does not; that of the value that is shown does."""
    project = {"prices": [{"hardware": "A6000", **PRICE}]}
    printed: dict[str, Any] = {"queries_per_dollar": 900.0, "price": DEARER}
    beside = card(
        run(serving(BASE, latency_s=2.0)),
        run(serving(BASE, **printed), origin="transcribed"),
        run(serving(MODEL, latency_s=1.0)),
        project=project,
    )
    assert texts(made(beside, "single-stream"))[1][2] == "2.00"
    behind = card(
        run(serving(BASE, ttft_s=0.1)),
        run(serving(BASE, **printed), origin="transcribed"),
        run(serving(MODEL, latency_s=2.0)),
        run(serving(MODEL, **printed), origin="transcribed"),
        project=project,
    )
    table = made(behind, "single-stream")
    assert texts(table)[1][2].startswith("— ")
    assert "not compared, the prices were not the same" in [str(n.text) for n in table.notes]


def test_failed_requests_are_those_of_the_windows_that_are_shown() -> None:
    found = card(
        run(serving(MODEL, latency_s=1.0, requests={"successful": 50})),
        run(
            serving(MODEL, latency_s=1.0, requests={"successful": 1, "failed": 49}),
            origin="transcribed",
        ),
    )
    assert not [n for n in made(found, "single-stream").notes if "requests failed" in str(n.text)]
