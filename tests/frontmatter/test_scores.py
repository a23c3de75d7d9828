"""Scores in the header and in results files: told apart, printed as on the card, kept by the
Hub's client."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard, metadata_save
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import BASE, RELAXED, accuracy, card, run

from cardgen.card import Card
from cardgen.frontmatter.validate import eval_results_problems, header_problems
from cardgen.records import AccuracyMeasurement, AnyMeasurement
from cardgen.records.base import PRINTABLE
from cardgen.render.card import gather

Told = tuple[str, str | None, str | None, str, float]
"""What a result says: task, config, split, metric, value."""


def header(found: Card) -> dict[str, Any]:
    """The card's header, parsed."""
    data = yaml.safe_load(gather(found).header.strip("-\n"))
    assert isinstance(data, dict)
    assert not [problem for problem in header_problems(data) if problem.level == "error"]
    return data


def results(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The results of the header's one model."""
    (model,) = data["model-index"]
    return list(model["results"])


def told(data: dict[str, Any]) -> list[Told]:
    """Every value of a header with what tells it from the others, sorted."""
    return sorted(
        (
            (
                result["dataset"]["type"],
                result["dataset"].get("config"),
                result["dataset"].get("split"),
                metric["type"],
                metric["value"],
            )
            for result in results(data)
            for metric in result["metrics"]
        ),
        key=json.dumps,
    )


def names(data: dict[str, Any]) -> list[tuple[str, str]]:
    """The names of each value's data set and metric."""
    return [
        (result["dataset"]["name"], metric["name"])
        for result in results(data)
        for metric in result["metrics"]
    ]


def configs(data: dict[str, Any]) -> list[str | None]:
    """The configs, in order."""
    return [result["dataset"].get("config") for result in results(data)]


def once(*scores: AnyMeasurement, **spec: Any) -> dict[str, Any]:
    """The header of a card with these scores."""
    return header(card(run(*scores), **spec))


def score(task: str = "gsm8k", value: Any = 60.0, **more: Any) -> AccuracyMeasurement:
    """A score of the card's model."""
    return accuracy(task, value, **more)


def saved(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The header as the Hub's client writes it after reading it."""
    path = folder / "README.md"
    metadata_save(path, data)
    ModelCard.load(path).save(path)
    kept = yaml.safe_load(path.read_text(encoding="utf-8")[4:].split("\n---\n")[0])
    assert isinstance(kept, dict)
    return kept


APART: list[tuple[str, list[dict[str, Any]], list[str | None]]] = [
    ("filters", [{"variant": "strict-match"}, {"variant": "flexible-extract"}], []),
    ("thinking as a variant", [{"variant": "thinking"}, {"variant": "no thinking"}], []),
    ("a filter and none", [{"variant": "strict-match"}, {}], ["strict-match", None]),
    ("shots", [{"n_shot": 0}, {"n_shot": 5}, {}], ["0-shot", "5-shot", None]),
    (
        "chain of thought",
        [{"chain_of_thought": True}, {"chain_of_thought": False}, {}],
        ["CoT", "no CoT", None],
    ),
    ("languages", [{"language": "en"}, {"language": "ru"}], ["en", "ru"]),
    ("splits", [{"split": "test"}, {"split": "validation"}], [None, None]),
    ("metrics", [{"metric": "acc"}, {"metric": "acc_norm"}], [None]),
    ("tasks", [{"task": "arc_easy"}, {"task": "arc_challenge"}], [None, None]),
    (
        "all of it",
        [
            {"n_shot": 5, "chain_of_thought": True, "variant": "strict-match", "language": "ru"},
            {"n_shot": 5, "chain_of_thought": True, "variant": "strict-match"},
        ],
        ["5-shot, CoT, strict-match, ru", "5-shot, CoT, strict-match"],
    ),
    (
        "a variant that reads like the shots",
        [{"n_shot": 5}, {"variant": "5-shot"}],
        ["5-shot", "5-shot (2)"],
    ),
    (
        "odd characters",
        [{"variant": 'a: "b" # [c]\n---\n'}, {"variant": "\x85\u2028🎲 — 'd'"}, {"variant": "no"}],
        [],
    ),
]


@pytest.mark.parametrize(("scores", "found"), [row[1:] for row in APART], ids=[a[0] for a in APART])
def test_scores_that_differ_in_one_thing_are_two_after_load_and_save(
    scores: list[dict[str, Any]], found: list[str | None], tmp_path: Path
) -> None:
    """Every value stays once, in its place, and what was written is what the client writes."""
    written = once(*(score(value=60.0 + i, **more) for i, more in enumerate(scores)))
    assert len({row[:4] for row in told(written)}) == len(scores)
    assert sorted(row[4] for row in told(written)) == [60.0 + i for i in range(len(scores))]
    if found:
        assert configs(written) == found
    kept = saved(written, tmp_path)
    assert told(kept) == told(written)
    assert names(kept) == names(written)
    assert told(saved(kept, tmp_path)) == told(written)


SETTINGS: list[tuple[dict[str, Any], str | None]] = [
    ({"enable_thinking": True}, "thinking"),
    ({"enable_thinking": False}, "no thinking"),
    ({"thinking": "off"}, "no thinking"),
    ({"model_args": "pretrained=a/b,enable_thinking=False,dtype=auto"}, "no thinking"),
    ({"model_args": '{"enable_thinking": true, "pretrained": "a/b"}'}, "thinking"),
    ({"gen_kwargs": '{"chat_template_kwargs": "{\\"enable_thinking\\": false}"}'}, "no thinking"),
    ({"model_args": "pretrained=a/b,reasoning_effort=low"}, "low reasoning effort"),
    ({"model_args": '{"reasoning_effort": null, "think_end_token": "</think>"}'}, None),
    ({"model_args": "pretrained=org/Qwen3-thinking", "batch_size": 8}, None),
]


@pytest.mark.parametrize(("settings", "config"), SETTINGS)
def test_thinking_is_told_where_the_tool_was_told_of_it(
    settings: dict[str, Any], config: str | None
) -> None:
    assert configs(once(score(settings=settings))) == [config]
    more = once(score(settings=settings, n_shot=0, variant="strict-match"))
    expected = ", ".join(part for part in ("0-shot", config, "strict-match") if part)
    assert configs(more) == [expected]


def test_another_row_never_renames_a_config() -> None:
    """A score has the same place whichever scores stand beside it."""
    all_scores = [score(value=60.0 + i, **more) for i, more in enumerate(APART[9][1])]
    places = [once(one)["model-index"][0]["results"][0]["dataset"] for one in all_scores]
    assert [result["dataset"] for result in results(once(*all_scores))] == places


TITLES: list[tuple[list[dict[str, Any]], list[tuple[str, str]]]] = [
    # Metrics of one task share a data set: the title where it is both scores', else the task.
    ([], [("ifeval (0-shot)", "loose"), ("ifeval (0-shot)", "strict")]),
    (
        [
            {"task": "ifeval", "metric": "loose", "title": "IFEval"},
            {"task": "ifeval", "metric": "strict", "title": {"ru": "Указания", "en": "IFEval"}},
        ],
        [("IFEval", "loose"), ("IFEval", "strict")],
    ),
    (
        [
            {"task": "ifeval", "metric": "loose", "title": "IFEval, loose"},
            {"task": "ifeval", "metric": "strict", "title": "IFEval, strict"},
        ],
        [("ifeval", "loose"), ("ifeval", "strict")],
    ),
    # A score in two rows stands once.
    (
        [{"task": "ifeval", "metric": "loose", "title": title} for title in ("IFEval", "Again")],
        [("IFEval", "loose")],
    ),
]


@pytest.mark.parametrize(("tasks", "expected"), TITLES)
def test_what_a_data_set_is_called(
    tasks: list[dict[str, Any]], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    found = [score("ifeval", v, metric=m, n_shot=0) for m, v in (("loose", 80.0), ("strict", 70.0))]
    written = once(*found, accuracy={"tasks": tasks})
    assert names(written) == expected
    assert names(saved(written, tmp_path)) == expected


def test_two_tasks_with_one_title_are_two(tmp_path: Path) -> None:
    tasks = [{"task": task, "title": "MMLU"} for task in ("mmlu", "mmlu_ru")]
    found = [score("mmlu", 60.0), score("mmlu_ru", 50.0)]
    written = once(*found, accuracy={"tasks": tasks})
    assert [row[::4] for row in told(saved(written, tmp_path))] == [("mmlu", 60.0), ("mmlu_ru", 50)]
    assert [name for name, _ in names(written)] == ["MMLU", "MMLU"]


def test_the_model_is_called_by_its_name_not_by_the_cards_title() -> None:
    found = once(score(), title="Our tiny model, made small", model="example/tiny-w4a16")
    assert found["model-index"][0]["name"] == "tiny-w4a16"


PRINTED: list[tuple[dict[str, Any], Any, str]] = [
    ({"scale": "fraction"}, 0.686, "68.60"),
    ({"scale": "fraction"}, 1 / 3, "33.33"),
    ({"scale": "percent"}, 51.5592515592516, "51.56"),
    ({"scale": "percent"}, "78.9", "78.9"),
    ({"scale": "percent"}, "79", "79"),
    ({"scale": "points", "higher_is_better": False}, 11.11649, "11.12"),
    ({"scale": "points"}, -3.14159, "-3.14"),
    ({"scale": "points"}, 0.00012345, "0.00012"),
    ({"scale": "points"}, 123456.789, "123456.79"),
]


@pytest.mark.parametrize(("more", "value", "text"), PRINTED)
def test_values_are_those_of_the_cards_cells(more: dict[str, Any], value: Any, text: str) -> None:
    """The number in the header and in the results file is the one that the table prints."""
    dataset = {"id": "example/tasks", "task_id": "gsm8k"}
    tasks = [{"task": "gsm8k", "hub_dataset": dataset}]
    found = card(run(score(value=value, **more)), accuracy={"tasks": tasks})
    contents = gather(found)
    assert contents.tables["accuracy"].digits["accuracy/gsm8k/quantized"] == text
    assert [row[4] for row in told(header(found))] == [float(text)]
    assert [entry["value"] for entry in entries(found)] == [float(text)]


def test_decimals_are_those_of_the_column() -> None:
    """A coarse neighbour takes the decimals of the whole column, in the header as on the card."""
    found = card(run(score("a", 51.5592), score("b", "78.9")))
    assert [row[4] for row in told(header(found))] == [51.6, 78.9]


def test_a_score_that_the_card_does_not_print_is_not_in_the_header() -> None:
    found = [
        score("failed", None, reason="out of memory"),
        accuracy("base-only", 50.0, BASE),
        score("good", 60.0),
    ]
    written = once(*found, accuracy={"tasks": [{"task": t} for t in ("failed", "good", "planned")]})
    assert [row[0] for row in told(written)] == ["good"]
    assert [row[0] for row in told(once(*found))] == ["good"]
    assert "model-index" not in once(found[0], found[1])


PARTS: list[tuple[dict[str, Any], str | None, str]] = [
    ({"n_expected": 717, "n_scored": 717}, None, "acc"),
    ({"n_expected": 717, "n_scored": 714}, None, "acc (714 of 717 samples)"),
    (
        {"n_expected": 717, "n_scored": 50, "settings": {"limit": 50.0}},
        "limit 50",
        "acc (50 of 717 samples)",
    ),
    ({"settings": {"limit": 0.1}}, "limit 0.1", "acc (limit 0.1)"),
    ({"settings": {"max_samples": 20}}, "limit 20", "acc (limit 20)"),
    ({"settings": {"num_examples": "100"}}, "limit 100", "acc (limit 100)"),
    (
        {"n_expected": 50, "n_scored": 50, "settings": {"limit": 50}},
        "limit 50",
        "acc (limit 50)",
    ),
    (
        {"n_expected": 9, "n_scored": 9, "settings": {"limit": "0-9"}},
        "limit 0-9",
        "acc (limit 0-9)",
    ),
    # All of the task is no part of it, whatever the limit was.
    ({"n_expected": 717, "n_scored": 717, "settings": {"limit": 1000}}, None, "acc"),
    *(({"settings": {"limit": none}}, None, "acc") for none in (None, -1, 0, "None", False)),
    ({"n_scored": 50}, None, "acc"),
    ({"higher_is_better": False}, None, "acc (lower is better)"),
    (
        {"higher_is_better": False, "n_expected": 9, "n_scored": 8, "n_shot": 0},
        "0-shot",
        "acc (lower is better; 8 of 9 samples)",
    ),
]


@pytest.mark.parametrize(("more", "config", "name"), PARTS)
def test_a_part_of_the_task_and_the_direction_are_said(
    more: dict[str, Any], config: str | None, name: str, tmp_path: Path
) -> None:
    """In the metric's name, which the client keeps; another set of questions in the config too."""
    dataset = {"id": "example/tasks", "task_id": "gsm8k"}
    found = card(
        run(score(**more)), accuracy={"tasks": [{"task": "gsm8k", "hub_dataset": dataset}]}
    )
    kept = saved(header(found), tmp_path)
    assert configs(kept) == [config]
    assert [metric for _, metric in names(kept)] == [name]
    (entry,) = entries(found)
    assert entry["notes"] == (f"{name}, {config}" if config else name)


def test_of_several_runs_the_smallest_part_is_said() -> None:
    """And it is the model's own run that counts, not the base model's before it."""
    limited = {"n_expected": 9, "n_scored": 1, "settings": {"limit": 1, "thinking": True}}
    runs = [
        run(accuracy("gsm8k", 60.0, BASE, **limited)),
        *(run(score(value=50.0 + n, n_expected=9, n_scored=n, n_dropped=9 - n)) for n in (9, 8, 7)),
    ]
    written = header(card(*runs))
    assert names(written) == [("gsm8k", "acc (7 of 9 samples)")]
    assert configs(written) == [None]


def entries(found: Card) -> list[dict[str, Any]]:
    """The entries of all results files, in order."""
    texts = gather(found).eval_results.values()
    parsed = [entry for text in texts for entry in yaml.safe_load(text)]
    assert not eval_results_problems(parsed)
    return parsed


HUB = {"id": "example/gsm8k", "task_id": "main"}
OTHER = {"id": "example/gsm8k-ru", "task_id": "main"}


@pytest.mark.parametrize(
    ("tasks", "published"),
    [
        ([{"task": "gsm8k", "hub_dataset": HUB}], [(HUB["id"], 60.0), (HUB["id"], 70.0)]),
        # Of two rows of a task, each score goes where its own row says.
        (
            [{"task": "gsm8k", "variant": "strict", "hub_dataset": HUB}, {"task": "gsm8k"}],
            [(HUB["id"], 60.0)],
        ),
        (
            [
                {"task": "gsm8k", "variant": "strict", "hub_dataset": HUB},
                {"task": "gsm8k", "variant": "loose", "hub_dataset": OTHER},
            ],
            [(HUB["id"], 60.0), (OTHER["id"], 70.0)],
        ),
    ],
)
def test_a_score_is_published_where_its_row_says(
    tasks: Sequence[dict[str, Any]], published: list[tuple[str, float]]
) -> None:
    scores = run(score(value=60.0, variant="strict"), score(value=70.0, variant="loose"))
    found = entries(card(scores, accuracy={"tasks": tasks}))
    assert [(entry["dataset"]["id"], entry["value"]) for entry in found] == published


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=9).filter(
    lambda text: re.fullmatch(PRINTABLE, text) is not None
)
SCORES = st.lists(
    st.fixed_dictionaries(
        {"task": st.sampled_from(["a", "b"]), "metric": st.sampled_from(["acc", "em"])},
        optional={
            "variant": WORDS | st.sampled_from(["CoT", "5-shot", "thinking", "ru"]),
            "n_shot": st.integers(0, 5),
            "chain_of_thought": st.booleans(),
            "language": WORDS | st.sampled_from(["ru", "CoT"]),
            "split": WORDS,
        },
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda more: tuple(sorted(more.items())),
)


@RELAXED
@given(SCORES)
def test_any_scores_are_kept(found: list[dict[str, Any]]) -> None:
    """Whatever tells scores apart: loaded and saved, each is there once, in its place."""
    written = once(*(score(value=10.0 + i, **more) for i, more in enumerate(found)))
    assert sorted(row[4] for row in told(written)) == [10.0 + i for i in range(len(found))]
    assert len({row[:4] for row in told(written)}) == len(found)
    with TemporaryDirectory() as folder:
        kept = saved(written, Path(folder))
    assert told(kept) == told(written)
    assert names(kept) == names(written)
