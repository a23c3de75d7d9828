"""Nothing recorded is hidden in silence: what no table shows is told, with what would show it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml_rs
from samples_cards import BASE, MODEL, accuracy, card, device, quantization, run, serving
from samples_grids import texts

from cardgen.card import Card
from cardgen.records import Machine, Run, Tool
from cardgen.render.card import gather
from cardgen.tables.asking import apart, unanswered

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
            " add to the list in card.yaml: accuracy: {tasks: [{task: arc}]}"
        ],
    ),
    "another metric of a task that it lists": (
        [run(accuracy("gsm8k", 50.0), accuracy("gsm8k", 40.0, metric="em"))],
        {"accuracy": {"tasks": [{"task": "gsm8k", "metric": "acc"}]}},
        [
            "accuracy: 1 measurement is shown nowhere: tasks that the card does not list;"
            " add to the list in card.yaml: accuracy: {tasks: [{task: gsm8k, metric: em}]}"
        ],
    ),
    "tasks and names that YAML reads otherwise": (
        [run(accuracy("gsm8k", 50.0), accuracy("x: y", 1.0), accuracy("on", 1.0))],
        {"accuracy": {"tasks": [{"task": "gsm8k"}]}},
        [
            "accuracy: 2 measurements are shown nowhere: tasks that the card does not list;"
            ' add to the list in card.yaml: accuracy: {tasks: [{task: "x: y"}, {task: "on"}]}'
        ],
    ),
    "modes": (
        [
            run(
                serving(latency_s=1.0),
                serving(mode="concurrent", load=2.0, requests_per_s=1.0),
                serving(mode="constant-rate", load=2.0, requests_per_s=1.0),
            )
        ],
        {"serving": {"modes": ["single-stream"]}},
        [
            "serving: 2 measurements are shown nowhere: modes that the card does not list;"
            " card.yaml: serving: {modes: [single-stream, concurrent, constant-rate]}"
        ],
    ),
    "sections of several kinds": (
        [run(accuracy("gsm8k", 50.0), serving(latency_s=1.0))],
        {"sections": ["overview", "methods"]},
        [
            f"{kind}: 1 measurement is shown nowhere: the card has no such section; card.yaml:"
            " sections: [overview, accuracy, serving, methods]"
            for kind in ("accuracy", "serving")
        ],
    ),
    "the card's own model in no list of models": (
        [run(serving(latency_s=1.0), serving(BASE, latency_s=1.0))],
        {"serving": {"models": [BASE]}},
        [
            "serving: 1 measurement is shown nowhere: models that the card does not list;"
            " card.yaml: serving: {models: [example/tiny, example/tiny-w4a16]}"
        ],
    ),
    "an alias in the list of models": (
        [run(serving(latency_s=1.0), serving(OTHER, latency_s=1.0))],
        {"aliases": {"old": OTHER}, "serving": {"models": [MODEL, "old"]}},
        [],
    ),
    "an origin that the card does not take": (
        [run(accuracy("gsm8k", 50.0), origin="imported"), run(accuracy("arc", 50.0))],
        {"prefer": ["measured"]},
        [
            "accuracy: 1 measurement is shown nowhere: the card takes no values of this origin;"
            " card.yaml: prefer: [measured, imported]"
        ],
    ),
    "the base model's quantization": (
        [run(quantization(BASE, size_bytes=10))],
        {},
        ["quantization: 1 measurement is shown nowhere: the card tells how its own model was made"],
    ),
    "a quantization on a card that does not tell it": (
        [run(quantization(BASE, size_bytes=10))],
        {"kind": "benchmark", "model": BASE, "base_model": None},
        [
            "quantization: 1 measurement is shown nowhere: the card has no such section; card.yaml:"
            " sections: [overview, device, creation, methods]"
        ],
    ),
    "two failures with reasons of their own": (
        [run(accuracy("gsm8k", None, reason=reason)) for reason in ("died", "out of memory")],
        {},
        ["accuracy: 1 measurement is shown nowhere: the run failed: died"],
    ),
    "a mode": (
        [run(serving(latency_s=1.0), serving(mode="concurrent", load=2.0, requests_per_s=1.0))],
        {"serving": {"modes": ["single-stream"]}},
        [
            "serving: 1 measurement is shown nowhere: modes that the card does not list;"
            " card.yaml: serving: {modes: [single-stream, concurrent]}"
        ],
    ),
    "hardware": (
        [run(serving(latency_s=1.0), serving(hardware="L4", latency_s=2.0))],
        {"serving": {"hardware": ["A6000"]}},
        [
            "serving: 1 measurement is shown nowhere: hardware that the card does not list;"
            " card.yaml: serving: {hardware: [A6000, L4]}"
        ],
    ),
    "a scenario": (
        [run(serving(latency_s=1.0), serving(scenario="rag", latency_s=2.0))],
        {"serving": {"scenarios": [{"name": "chat"}]}},
        [
            "serving: 1 measurement is shown nowhere: scenarios that the card does not list;"
            " add to the list in card.yaml: serving: {scenarios: [{name: rag}]}"
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
            " add to the list in card.yaml: device: {sweeps: [{over: optimization, at: {device:"
            " GPU, dataset: TextVQA, batch_size: 8, image_size: 224, sequence_length: 200}}]}"
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
            " card's, its base or a sibling; card.yaml: serving: {models: [example/tiny,"
            " example/tiny-w4a16, example/tiny-fp8]}"
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


def from_yaml(line: str) -> dict[str, Any]:
    """What a line of card.yaml says."""
    found: dict[str, Any] = yaml_rs.loads(line)  # type: ignore[assignment]
    return found


def joined(old: Any, new: Any, *, adds: bool) -> Any:
    """What card.yaml says with a line pasted into it and keys that are there twice joined."""
    if isinstance(old, dict) and isinstance(new, dict):
        both = {key: joined(old.get(key), value, adds=adds) for key, value in new.items()}
        return {**old, **both}
    return [*(old or ()), *new] if adds else new


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if "yaml:" in "".join(case[2])]
)
def test_the_line_that_is_told_shows_it(name: str) -> None:
    """The author pastes it into card.yaml, and what was told is not told again."""
    runs, spec, expected = CASES[name]
    lines = {one.line: one.adds for one in gather(card(*runs, **spec)).unshown if one.line}
    for line, adds in lines.items():
        spec = joined(spec, from_yaml(line), adds=adds)
    left = told(card(*runs, **spec))
    assert not {*left} & {*expected}
    assert not left or name in ("another origin",)


def test_of_many_entries_the_line_has_the_first_and_counts_the_others() -> None:
    """It can be pasted all the same."""
    tasks = [f"task {n}" for n in range(8)]
    runs = [run(*(accuracy(task, 1.0) for task in ("gsm8k", *tasks)))]
    (one,) = gather(card(*runs, accuracy={"tasks": [{"task": "gsm8k"}]})).unshown
    assert one.line.endswith("{task: task 5}]}  # and 2 more")
    assert from_yaml(one.line) == {"accuracy": {"tasks": [{"task": task} for task in tasks[:6]]}}


def test_a_name_that_card_yaml_does_not_take_is_in_no_line() -> None:
    """It may be told; what is suggested can be built."""
    spec: dict[str, Any] = {"accuracy": {"tasks": [{"task": "gsm8k"}]}}
    scores = [accuracy(task, 1.0) for task in ("gsm8k", "x" * 301)]
    (one,) = gather(card(run(*scores), **spec)).unshown
    assert one.line == ""
    (one,) = gather(card(run(*scores, accuracy("arc", 1.0)), **spec)).unshown
    assert one.line == "accuracy: {tasks: [{task: arc}]}"


LINES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "several parts": (
        {"engine": ["--enforce-eager", "--max-model-len=8192"]},
        {"engine": ["--max-model-len=4096"]},
        'conditions: {serving: {engine arguments: "--enforce-eager"}}',
    ),
    "an object": (
        {"engine": ['--speculative-config={"method": "ngram"}']},
        {"engine": []},
        r'conditions: {serving: {engine arguments: "--speculative-config {\"method\":'
        r' \"ngram\"}"}}',
    ),
    "a whole that is a part of the other": (
        {"engine": ["--enforce-eager"]},
        {"engine": ["--enforce-eager", "-tp=2"]},
        'conditions: {serving: {engine arguments: "--enforce-eager"}}',
    ),
    "a name that YAML reads otherwise": (
        {"tool": {"name": "my: tool, x", "version": "2"}},
        {"tool": {"name": "my: tool, x", "version": "1"}},
        'conditions: {serving: {"my: tool, x": "2"}}',
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_the_line_of_a_group_shows_it(name: str) -> None:
    """It is YAML that reads back, and with it the other group is in the table."""
    apart_, shown_, line = LINES[name]

    def made(latency: float, day: int, **more: Any) -> Run:
        window = serving(latency_s=latency)
        engine = window.engine.model_copy(update={"arguments": tuple(more.get("engine", ()))})
        tool = Tool(**more.get("tool", {"name": "guidellm"}))
        found = window.model_copy(update={"engine": engine})
        return run(found, tool=tool, ended_at=datetime(2026, 11, day, tzinfo=UTC))

    runs = [made(1.0, 1, **apart_), made(2.0, 2, **shown_)]
    (told_,) = apart(card(*runs))
    assert told_.endswith(f"; card.yaml: {line} shows the other group")
    asked = from_yaml(line)["conditions"]
    (row,) = texts(gather(card(*runs, conditions=asked)).tables["single-stream"])
    assert row[3] == "1.0"


def test_groups_that_one_condition_does_not_tell_apart_have_lines_of_their_own() -> None:
    runs = [
        run(accuracy("gsm8k", value), machine=Machine(gpu=gpu, driver=driver), ended_at=at)
        for value, gpu, driver, at in (
            (50.0, "T4", "2", None),
            (60.0, "T4", "1", None),
            (70.0, "A100", "1", datetime(2026, 11, 1, tzinfo=UTC)),
        )
    ]
    lines = [sentence.split("card.yaml: ")[1].split(" shows")[0] for sentence in apart(card(*runs))]
    assert len(set(lines)) == 2
    for line, value in zip(lines, ("50.00", "60.00"), strict=True):
        found = gather(card(*runs, conditions=from_yaml(line)["conditions"]))
        assert texts(found.tables["accuracy"])[0][2] == value


def measured(gpu: str, *scores: Any, driver: str | None = None) -> Run:
    """Scores of one machine."""
    return run(*scores, machine=Machine(gpu=gpu, driver=driver))


def test_the_line_keeps_what_card_yaml_asks_for_of_other_kinds() -> None:
    runs = [
        measured("A100", accuracy("gsm8k", 50.0), accuracy("arc", 1.0)),
        measured("T4", accuracy("gsm8k", 60.0)),
    ]
    (told_,) = apart(card(*runs, conditions={"serving": {"GPU": "L4"}}))
    line = "conditions: {serving: {GPU: L4}, accuracy: {GPU: T4}}"
    assert told_.endswith(f"; card.yaml: {line} shows the other group")


def test_a_line_that_shows_a_part_of_a_group_says_so() -> None:
    """Two scores of one harness, told apart by a limit: only one of them can be in the table."""
    runs = [
        run(
            accuracy("gsm8k", value, settings={"limit": limit}),
            tool=Tool(name="lm-eval", version=version),
            ended_at=datetime(2026, 11, day, tzinfo=UTC),
        )
        for day, (value, version, limit) in enumerate(
            ((50.0, "0.4.8", 60), (60.0, "0.4.8", 100), (70.0, "0.4.9", 60)), start=1
        )
    ]
    (told_,) = apart(card(*runs))
    assert "accuracy: 2 measurements" in told_
    assert told_.endswith(" shows 1 of them")


def test_what_card_yaml_does_not_ask_for_is_told_with_a_line() -> None:
    """The window at another rate has no cell in the table that could be compared with it."""
    runs = [
        run(serving(mode="constant-rate", load=load, requests_per_s=1.0, arrivals=arrivals))
        for load, arrivals in ((1.0, "poisson"), (2.0, "constant"))
    ]
    (told_,) = apart(card(*runs, conditions={"serving": {"arrivals": "poisson"}}))
    assert told_.endswith(
        "the card shows other conditions; arrivals constant, in the table poisson; card.yaml:"
        " conditions: {serving: {arrivals: constant}} shows the other group"
    )


def test_a_condition_of_a_failed_run_is_stated() -> None:
    """The run is there, and its failure is in the table."""
    runs = [
        run(accuracy("gsm8k", None, reason="died"), machine=Machine(gpu="T4")),
        measured("A100", accuracy("gsm8k", 60.0)),
    ]
    assert list(unanswered(card(*runs, conditions={"accuracy": {"GPU": "T4"}}))) == []


def test_a_condition_that_card_yaml_does_not_take_is_in_no_line() -> None:
    runs = [
        measured("A100", accuracy("gsm8k", 50.0), accuracy("arc", 1.0)),
        measured("T" * 301, accuracy("gsm8k", 60.0)),
    ]
    (told_,) = apart(card(*runs))
    assert "card.yaml" not in told_


def test_no_line_takes_the_cards_own_model_out_of_its_table() -> None:
    """The base model's other group has its line where the card's own was measured so too."""
    runs = [
        measured("A100", accuracy("gsm8k", 50.0), accuracy("arc", 1.0)),
        measured("A100", accuracy("gsm8k", 60.0, BASE), accuracy("arc", 1.0, BASE)),
        measured("T4", accuracy("gsm8k", 70.0, BASE)),
    ]
    (told_,) = apart(card(*runs))
    assert told_.endswith(
        f"1 measurement of {BASE} under other conditions: GPU T4, in the table A100"
    )
    both = list(apart(card(*runs, measured("T4", accuracy("gsm8k", 40.0)))))
    assert len(both) == 2
    assert all("conditions: {accuracy: {GPU: T4}} shows the other group" in one for one in both)


def test_a_line_never_costs_the_base_models_number_without_a_word() -> None:
    """The base model was never measured so: it is shown as it was, and the footnote says it."""
    runs = [
        measured("A100", accuracy("gsm8k", 90.0, BASE)),
        measured("A100", accuracy("gsm8k", 88.0)),
        measured("T4", accuracy("gsm8k", 45.0)),
    ]
    (told_,) = apart(card(*runs))
    line = told_.split("card.yaml: ")[1].split(" shows")[0]
    asked = card(*runs, conditions=from_yaml(line)["conditions"])
    table = gather(asked).tables["accuracy"]
    ((_, base, own, recovery),) = texts(table)
    assert (base, own, recovery) == ("90.00", "45.00", "50.00% (a)")
    assert [str(note.text) for note in table.notes] == [
        "compared under unlike conditions: GPU A100 for the base model, T4 for this one"
    ]
    assert list(unanswered(asked)) == [
        f"conditions.accuracy: no measurement of {BASE} has GPU 'T4', so it is not asked of them;"
        " they have 'A100'"
    ]


def test_rates_under_unlike_conditions_have_no_ratio_and_the_reason() -> None:
    runs = [
        measured("A100", serving(BASE, latency_s=1.0)),
        measured("A100", serving(latency_s=2.0)),
        measured("T4", serving(latency_s=4.0)),
    ]
    table = gather(card(*runs, conditions={"serving": {"GPU": "T4"}})).tables["single-stream"]
    assert [row[2:4] for row in texts(table)] == [["baseline", "1.0"], ["— (a)", "4.0"]]
    assert [str(note.text) for note in table.notes] == [
        "not compared, the conditions were not the same: GPU A100 for the base model, T4 for this"
        " one"
    ]


def test_a_condition_that_only_the_base_model_has_is_told_of_the_cards_own() -> None:
    runs = [
        measured("A100", accuracy("gsm8k", 50.0)),
        measured("T4", accuracy("gsm8k", 60.0, BASE)),
    ]
    assert list(unanswered(card(*runs, conditions={"accuracy": {"GPU": "T4"}}))) == [
        f"conditions.accuracy: no measurement of {MODEL} has GPU 'T4'; they have 'A100'"
    ]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"GPUs": "A100"},
            "conditions.accuracy: no measurement states 'GPUs'; did you mean 'GPU'?",
        ),
        ({"GPU": "H100"}, "conditions.accuracy: no measurement has GPU 'H100'; they have 'A100'"),
        ({"gpu": "a100"}, None),
    ],
)
def test_what_card_yaml_asks_for_and_nobody_measured(
    asked: dict[str, str], told: str | None
) -> None:
    found = card(
        run(accuracy("gsm8k", 50.0), machine=Machine(gpu="A100")), conditions={"accuracy": asked}
    )
    assert list(unanswered(found)) == ([told] if told else [])


def test_measurements_below_a_table_are_repeats_only_under_equal_conditions() -> None:
    """The chat template of one of them is another: two rows, and no median over both."""
    shown_ = [run(accuracy(task, 60.0), machine=Machine(gpu="A100")) for task in ("gsm8k", "arc")]
    below = [
        run(
            accuracy("gsm8k", value, settings={"apply_chat_template": applied}),
            machine=Machine(gpu="T4"),
        )
        for value, applied in ((10.0, True), (90.0, False))
    ]
    rows_ = texts(gather(card(*shown_, *below)).tables["accuracy-other"])
    assert [row[2:] for row in rows_] == [
        ["10.00", "GPU T4, in the table A100\nchat template applied"],
        ["90.00", "GPU T4, in the table A100\nchat template none"],
    ]


def test_a_group_that_says_too_little_may_be_the_one_that_is_shown() -> None:
    """Then it is said of those in the table, not of the others."""
    runs = [
        run(accuracy("gsm8k", 50.0), machine=Machine(gpu="A100")),
        run(accuracy("gsm8k", 40.0), machine=Machine(gpu="T4")),
        run(accuracy("gsm8k", 30.0), accuracy("arc", 30.0)),
    ]
    rows_ = texts(gather(card(*runs)).tables["accuracy-other"])
    assert {row[3] for row in rows_} == {
        "too little is recorded of the conditions of those in the table to count it with them"
    }


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
