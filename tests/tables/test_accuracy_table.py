"""The accuracy table: rows, categories, averages, missing scores, scales, remarks, differences."""

from __future__ import annotations

from typing import Any

import pytest
from samples_cards import BASE, MODEL, accuracy, card, run, scores
from samples_grids import rendered, texts

from cardgen.card import Card
from cardgen.records import AnyMeasurement, Machine
from cardgen.tables import accuracy as tables
from cardgen.tables.model import Table

A100 = Machine(gpu="A100")


def table(found: Card) -> Table:
    """The card's accuracy table, which must be there."""
    made = tables.table(found)
    assert made is not None
    return made


def pair(task: str, base: Any, quantized: Any, **more: Any) -> list[AnyMeasurement]:
    """A task's score of both models; None leaves a side out."""
    sides = ((BASE, base), (MODEL, quantized))
    return [accuracy(task, value, model, **more) for model, value in sides if value is not None]


def addresses(made: Table) -> list[str]:
    """The addresses of all cells with a value or its absence."""
    return [cell.address for cell in made.quantities()]


def notes(made: Table) -> list[str]:
    """The footnotes in English."""
    return [f"({note.mark}) {note.text}" for note in made.notes]


def test_without_categories() -> None:
    """One row a task: task and metric, both scores, recovery; no category column."""
    made = table(card(scores()))
    assert [cell.text for cell in rendered(made).head[0]] == [
        "Benchmark",
        BASE,
        MODEL,
        "Recovery (%)",
    ]
    assert texts(made) == [
        ["mmmu\nacc", "44.56", "41.56", "93.27%"],
        ["chartqa\nacc", "81.20", "78.96", "97.24%"],
    ]
    assert addresses(made)[:3] == [
        "accuracy/mmmu/base",
        "accuracy/mmmu/quantized",
        "accuracy/mmmu/recovery",
    ]


PLAN = [
    {"task": "mmmu", "title": "MMMU", "category": {"en": "Vision", "ru": "Изображения"}},
    {"task": "chartqa", "title": "ChartQA", "category": {"en": "Vision", "ru": "Изображения"}},
    {"task": "mmlu", "title": "MMLU", "category": {"en": "Text", "ru": "Текст"}},
]


def planned(**section: Any) -> Card:
    """A card of three planned tasks in two categories."""
    text = run(*pair("mmlu", "65.32", "62.80"), origin="transcribed")
    return card(scores(), text, languages=["en", "ru"], accuracy={"tasks": PLAN, **section})


def test_categories_span_their_rows() -> None:
    """A category's cell covers its tasks and their average; the grid has no hole."""
    made = table(planned(average=["Vision"]))
    assert [row[:2] + row[-1:] for row in texts(made)] == [
        ["Vision", "MMMU\nacc", "93.27%"],
        ["Vision", "ChartQA\nacc", "97.24%"],
        ["Vision", "Average score", "95.83%"],
        ["Text", "MMLU\nacc", "96.14%"],
    ]
    assert [row[0] for row in texts(made, "ru")] == ["Изображения"] * 3 + ["Текст"]
    assert "accuracy/average-vision/recovery" in addresses(made)


def test_average_of_all_tasks() -> None:
    """One average below everything, outside the categories."""
    rows = texts(table(planned(average="all")))
    assert rows[-1] == ["", "Average score", "63.69", "61.11", "95.94%"]


def test_mean_of_recoveries_where_the_card_asks_for_it() -> None:
    """(93.27 + 97.24 + 96.14) / 3, not the ratio of the averages."""
    rows = texts(table(planned(average="all", average_recovery="mean-of-recoveries")))
    assert rows[-1][-1] == "95.55%"


def test_order_and_titles_are_the_cards() -> None:
    """Planned tasks come in the card's order, others not at all."""
    made = table(card(scores(), accuracy={"tasks": [{"task": "chartqa", "title": "Charts"}]}))
    assert [row[0] for row in texts(made)] == ["Charts\nacc"]


def test_a_planned_task_without_scores_is_said_to_be_missing() -> None:
    """The row stands, its cells say that nothing was measured."""
    made = table(card(scores(), accuracy={"tasks": [{"task": "mmmu"}, {"task": "docvqa"}]}))
    assert texts(made)[1] == ["docvqa", "— (a)", "— (a)", "— (b)"]
    assert notes(made) == ["(a) not measured", "(b) no baseline: not measured"]


@pytest.mark.parametrize(
    ("base", "quantized", "cells", "said"),
    [
        ("50.0", None, ["50.0", "— (a)", "— (a)"], ["(a) not measured"]),
        (
            None,
            "50.0",
            ["— (a)", "50.0", "— (b)"],
            ["(a) not measured", "(b) no baseline: not measured"],
        ),
        ("0.0", "50.0", ["0.0", "50.0", "— (a)"], ["(a) the score to divide by is zero"]),
    ],
)
def test_missing_scores(
    base: str | None, quantized: str | None, cells: list[str], said: list[str]
) -> None:
    """A missing side leaves its own cell and the recovery empty, with the reason."""
    made = table(card(run(*pair("mmmu", base, quantized))))
    assert texts(made)[0][1:] == cells
    assert notes(made) == said


def test_a_failed_evaluation_says_why() -> None:
    """The reason of the record is the footnote."""
    failed = accuracy("mmmu", None, reason="out of memory")
    made = table(card(run(accuracy("mmmu", "44.56", BASE), failed)))
    assert notes(made) == ["(a) the run failed: out of memory"]
    assert texts(made)[0][1:] == ["44.56", "— (a)", "— (a)"]


def test_a_missing_score_makes_the_average_absent() -> None:
    """An average of four out of five tasks would be another number."""
    text = run(accuracy("mmlu", "62.80"), origin="transcribed")
    made = table(card(scores(), text, accuracy={"average": "all"}))
    assert texts(made)[-1][1:] == ["— (c)", "61.11", "— (d)"]
    assert notes(made)[2] == "(c) a score it averages is absent: not measured"


@pytest.mark.parametrize(
    ("scale", "base", "quantized", "cells"),
    [
        ("fraction", "0.4456", "0.4156", ["44.56", "41.56", "93.27%"]),
        ("fraction", 0.5, 0.25, ["50.00", "25.00", "50.00%"]),
        ("percent", "0.45", "0.42", ["0.45", "0.42", "93.33%"]),
        ("points", "7.10", "6.90", ["7.10", "6.90", "97.18%"]),
    ],
)
def test_scales(scale: str, base: Any, quantized: Any, cells: list[str]) -> None:
    """Fractions are shown in percent; percentages and points as they are."""
    made = table(card(run(*pair("task", base, quantized, scale=scale))))
    assert texts(made)[0][1:] == cells


def test_lower_is_better() -> None:
    """A perplexity that rises from 5.47 to 5.93 keeps 92.24 %."""
    found = pair("wikitext", "5.47", "5.93", scale="points", higher_is_better=False)
    assert texts(table(card(run(*found))))[0][1:] == ["5.47", "5.93", "92.24%"]


def test_directions_are_not_averaged_together() -> None:
    """A perplexity and an accuracy have no common average, and the card says why."""
    lower = pair("wikitext", "5.0", "6.0", higher_is_better=False)
    made = table(card(run(*pair("mmlu", "60.0", "50.0"), *lower), accuracy={"average": "all"}))
    assert texts(made)[-1][1:] == ["— (a)"] * 3
    assert notes(made) == ["(a) higher is better for some of the tasks, lower for others"]


def test_dropped_samples_are_remarked() -> None:
    """A score over fewer samples than expected carries a note."""
    own = accuracy("mmmu", "41.56", n_expected=900, n_scored=887)
    made = table(card(run(accuracy("mmmu", "44.56", BASE), own)))
    assert texts(made)[0][2] == "41.56 (a)"
    assert notes(made) == [f"(a) {MODEL}: 887 of 900 samples scored"]


def sure(value: float, error: float | None) -> dict[str, Any]:
    """A score with its standard error."""
    return {"value": value} if error is None else {"value": value, "stderr": error}


@pytest.mark.parametrize(
    ("base_error", "own_error", "shown"), [(1.0, 1.0, True), (1.0, None, False), (None, 1.0, False)]
)
def test_difference_column(base_error: float | None, own_error: float | None, shown: bool) -> None:
    """The difference has a column where both sides report a standard error, else none."""
    found = pair("mmmu", sure(44.56, base_error), sure(41.56, own_error))
    made = table(card(run(*found)))
    assert ("accuracy/mmmu/difference" in addresses(made)) == shown
    if shown:
        assert texts(made)[0][-1].startswith("-3.00")


def test_why_no_row_has_an_interval_is_told() -> None:
    """A recorded error of 0 and a median are not "not recorded", which the card says elsewhere."""
    zero = table(card(run(*pair("mmmu", sure(44.56, 0.0), sure(41.56, 0.0)))))
    assert texts(zero)[0][-1] == "— (a)"
    assert notes(zero) == ["(a) the recorded standard error is 0, from which no interval follows"]
    runs = [run(*pair("mmmu", sure(base, 1.0), sure(41.56, 1.0))) for base in (44.0, 45.0)]
    assert "a median of several runs has no standard error" in notes(table(card(*runs)))[-1]


def test_the_difference_cell_shows_its_interval() -> None:
    """-3 ± 1.96 · √2 is from -5.77 to -0.23."""
    found = table(card(run(*pair("mmmu", sure(44.56, 1.0), sure(41.56, 1.0)))))
    text = texts(found)[0][-1]
    assert "5.77" in text
    assert "0.23" in text


def test_the_difference_column_of_mixed_rows_has_no_hole() -> None:
    """Rows without errors say so; average rows stay empty."""
    found = [*pair("mmmu", sure(44.56, 1.0), sure(41.56, 1.0)), *pair("mmlu", 60.0, 50.0)]
    made = table(card(run(*found), accuracy={"average": "all"}))
    assert texts(made)[1][-1] == "— (a)"
    assert texts(made)[2][-1] == ""
    assert notes(made)[0] == "(a) no standard error recorded"


def test_origins_that_deviate_are_marked() -> None:
    """Three transcribed scores and one measured: the measured one says so."""
    measured = run(accuracy("mmlu", "62.80"), accuracy("mmlu", "65.32", BASE))
    made = table(
        card(scores(), run(*pair("docvqa", "92.53", "91.58"), origin="transcribed"), measured)
    )
    assert notes(made) == ["(a) measured with cardgen"]
    assert texts(made)[3][1:] == ["65.32 (a)", "62.80 (a)", "96.14% (a)"]


def test_a_benchmark_card_shows_its_own_scores_only() -> None:
    """Without a base model there is neither its column nor a recovery."""
    made = table(card(scores(), kind="benchmark", base_model=None))
    assert [row[1:] for row in texts(made)] == [["41.56"], ["78.96"]]


def test_no_scores_no_table() -> None:
    """A card without scores and without a plan has no accuracy table."""
    assert tables.table(card()) is None


def test_a_renamed_model_keeps_its_scores() -> None:
    """An alias shows old records under the new name."""
    old = run(accuracy("mmmu", "41.56", "example/old"), accuracy("mmmu", "44.56", BASE))
    assert texts(table(card(old, aliases={"example/old": MODEL})))[0][2] == "41.56"


SEVERAL: dict[str, list[dict[str, Any]]] = {
    "two metrics": [{"metric": "acc"}, {"metric": "acc_norm"}],
    "two splits": [{"split": "val"}, {"split": "test"}],
    "two shots": [{"n_shot": 0}, {"n_shot": 5}],
    "with and without reasoning": [{"chain_of_thought": True}, {"chain_of_thought": False}],
    "two filters": [{"variant": "strict"}, {"variant": "flexible"}],
    "two languages": [{"language": "en"}, {"language": "ru"}],
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_scores_of_one_task_are_several_rows(name: str) -> None:
    """What is part of the identity is a row of its own."""
    found = [
        accuracy("mmlu", f"{50 + index}", model, **more)
        for index, more in enumerate(SEVERAL[name])
        for model in (BASE, MODEL)
    ]
    assert [row[1] for row in texts(table(card(run(*found))))] == ["50", "51"]


@pytest.mark.parametrize("name", SEVERAL)
def test_every_address_is_unique(name: str) -> None:
    """`explain` can name every cell: no two scores of a task share an address."""
    found = [
        accuracy("mmlu", f"{50 + index}", model, **more)
        for index, more in enumerate(SEVERAL[name])
        for model in (BASE, MODEL)
    ]
    every = addresses(table(card(run(*found), accuracy={"average": "all"})))
    assert len(set(every)) == len(every)


FAILED = {"metric": "score", "scale": "points", "reason": "the server died"}
"""How a task is recorded that failed before anybody knew its metric."""


@pytest.mark.parametrize(
    "section", [{}, {"accuracy": {"tasks": [{"task": "gsm8k", "metric": "em"}]}}]
)
def test_a_task_that_failed_is_told_in_the_row_of_its_metric(section: dict[str, Any]) -> None:
    """One row, and the reason in it: no second row of a metric that is none, no 'not measured'."""
    scored = accuracy("gsm8k", 80.0, BASE, metric="em")
    made = tables.table(card(run(scored), run(accuracy("gsm8k", None, **FAILED)), **section))
    assert made is not None
    (row,) = texts(made)
    assert row[1:3] == ["80.00", "— (a)"]
    assert str(made.notes[0].text) == "the run failed: the server died"


def test_a_planned_task_that_failed_for_both_says_why() -> None:
    """Also under a metric that its failure does not have."""
    runs = [run(accuracy("gsm8k", None, model, **FAILED)) for model in (BASE, MODEL)]
    made = tables.table(card(*runs, accuracy={"tasks": [{"task": "gsm8k", "metric": "em"}]}))
    assert made is not None
    assert "the run failed: the server died" in [str(note.text) for note in made.notes]


def test_the_rows_of_a_category_stand_together() -> None:
    """In whatever order they were recorded: one average of all of them, in one place."""
    found = [
        score
        for task, category, base, own in (
            ("a", "Vision", 80.0, 40.0),
            ("b", "Text", 60.0, 60.0),
            ("c", "Vision", 40.0, 40.0),
        )
        for score in pair(task, base, own, category=category)
    ]
    made = table(card(run(*found), accuracy={"average": ["Vision"]}))
    assert addresses(made)[2::3] == [
        "accuracy/a/recovery",
        "accuracy/c/recovery",
        "accuracy/average-vision/recovery",
        "accuracy/b/recovery",
    ]
    assert texts(made)[2][2:] == ["60.00", "40.00", "66.67%"]


def test_a_task_that_two_rows_take_counts_once() -> None:
    found = [*pair("a", 40.0, 20.0), *pair("b", 80.0, 80.0)]
    tasks = [{"task": "a"}, {"task": "b"}, {"task": "a", "metric": "acc"}]
    made = table(card(run(*found), accuracy={"tasks": tasks, "average": "all"}))
    assert [row[1:3] for row in texts(made)] == [
        ["40.00", "20.00"],
        ["80.00", "80.00"],
        ["60.00", "50.00"],
    ]


def test_a_partial_run_is_remarked_where_its_score_is_shown() -> None:
    """The page that is not shown was of a hundred samples; the score in the table is of all."""
    counts: dict[str, Any] = {"n_expected": 1000, "n_scored": 1000}
    found = card(
        run(accuracy("a", 50.0, **counts)),
        run(accuracy("a", 48.0, settings={"limit": 100}), origin="transcribed"),
    )
    assert not [note for note in notes(table(found)) if "partial" in note]


def test_scores_below_zero_have_no_share() -> None:
    made = table(card(run(*pair("a", -50.0, -55.0, scale="points"))))
    assert notes(made) == ["(a) a score below zero has no share that is kept"]


def test_a_failure_of_other_shots_is_a_row_of_its_own() -> None:
    """What failed with five examples says nothing of the score without."""
    failed = accuracy("a", None, BASE, n_shot=5, reason="out of memory")
    made = table(card(run(accuracy("a", 50.0, n_shot=0)), run(failed)))
    assert [row[1:3] for row in texts(made)] == [["— (a)", "50.00"], ["— (c)", "— (a)"]]
    assert notes(made)[0] == "(a) not measured"
    assert notes(made)[2] == "(c) the run failed: out of memory"


def test_a_failure_beside_a_score_on_another_gpu_keeps_its_row() -> None:
    found = card(
        run(
            accuracy("a", None, reason="out of memory"),
            *(accuracy(task, 1.0) for task in ("b", "c")),
            machine=A100,
        ),
        run(accuracy("a", 50.0), machine=Machine(gpu="T4")),
    )
    assert "(b) the run failed: out of memory" in notes(table(found))


def test_a_value_of_several_origins_is_marked_as_that() -> None:
    found = card(
        run(*(accuracy(task, 60.0, BASE) for task in "ab"), origin="transcribed"),
        run(accuracy("b", 60.0), origin="transcribed"),
        run(accuracy("a", 50.0)),
    )
    assert notes(table(found)) == [
        "(a) measured with cardgen",
        "(b) from values of several origins",
    ]
