"""Which runs a card shows where they were made under several conditions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from samples_cards import BASE, MODEL, accuracy, card, device, run, serving

from cardgen.card import Card
from cardgen.derive.accuracy import score
from cardgen.derive.quantity import Absent
from cardgen.records import (
    AnyMeasurement,
    Identity,
    Machine,
    Origin,
    Run,
    ServingMeasurement,
)

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def on(gpu: str | None, *found: AnyMeasurement, day: int = 0, origin: Origin = "measured") -> Run:
    """A run on a machine with a GPU, ended on a day of the month; day 0 is not recorded."""
    more: dict[str, Any] = {}
    if gpu is not None:
        more["machine"] = Machine(gpu=gpu)
    if day:
        more["ended_at"] = DAY + timedelta(days=day)
    return run(*found, origin=origin, **more)


def shown(found: Card, task: str = "gsm8k", model: str = MODEL) -> float | str:
    """The score that the card shows of a task, or why it shows none."""
    key = accuracy(task, 1.0).key()
    value = found.value(Identity("accuracy", model, key), score)
    return str(value.reason) if isinstance(value, Absent) else value.value


def scored(value: float, task: str = "gsm8k", model: str = MODEL, **more: Any) -> AnyMeasurement:
    """A score of a task."""
    return accuracy(task, value, model, **more)


CASES: dict[str, tuple[list[Run], float, int]] = {
    # What is shown, and how many groups are not.
    "repeats": ([on("A100", scored(88.0)), on("A100", scored(87.0))], 87.5, 0),
    "one that does not say its GPU": ([on("A100", scored(88.0)), on(None, scored(87.0))], 87.5, 0),
    "two GPUs, the newer": (
        [on("A100", scored(88.0), day=1), on("T4", scored(40.0), day=2)],
        40.0,
        1,
    ),
    "two GPUs, the newer first in the files": (
        [on("T4", scored(40.0), day=2), on("A100", scored(88.0), day=1)],
        40.0,
        1,
    ),
    "more cells before newer ones": (
        [on("A100", scored(88.0), scored(50.0, "arc"), day=1), on("T4", scored(40.0), day=2)],
        88.0,
        1,
    ),
    "as the base model was measured before newer ones": (
        [
            on("A100", scored(90.0, model=BASE)),
            on("A100", scored(88.0), day=1),
            on("T4", scored(40.0), day=2),
        ],
        88.0,
        1,
    ),
    "the preferred origin before newer ones": (
        [on("A100", scored(88.0)), on("T4", scored(40.0), day=2, origin="imported")],
        88.0,
        1,
    ),
    "three groups": (
        [on("A100", scored(88.0)), on("T4", scored(40.0)), on("H100", scored(89.0), day=1)],
        89.0,
        2,
    ),
    "silent beside two": (
        [on("A100", scored(88.0), day=1), on("T4", scored(40.0)), on(None, scored(60.0), day=2)],
        88.0,
        2,
    ),
    "a failed repeat": (
        [on("A100", scored(88.0)), on("T4", accuracy("gsm8k", None, reason="died"))],
        88.0,
        0,
    ),
    "another question of one cell": (
        [
            on("A100", scored(88.0, settings={"limit": None}), scored(50.0, "arc"), day=1),
            on("A100", scored(95.0, settings={"limit": 10}), scored(52.0, "arc"), day=2),
        ],
        95.0,
        1,
    ),
    "the question that the base model was asked": (
        [
            on("A100", scored(90.0, model=BASE, settings={"limit": None})),
            on("A100", scored(88.0, settings={"limit": None}), day=1),
            on("A100", scored(95.0, settings={"limit": 10}), day=2),
        ],
        88.0,
        1,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_shown(name: str) -> None:
    runs, value, others = CASES[name]
    found = card(*runs)
    assert shown(found) == value
    assert len(found.others) == others


def test_the_base_model_is_shown_as_it_can_be_compared() -> None:
    """One that was asked the same on another machine, before one of the same machine whose score
    could have no recovery."""
    template = {"apply_chat_template": True}
    found = card(
        on("T4", scored(92.0, model=BASE, settings=template), day=2),
        on("A100", scored(90.0, model=BASE, settings={"apply_chat_template": False}), day=1),
        on("T4", scored(88.0, settings={"apply_chat_template": False}), day=3),
    )
    assert (shown(found, model=BASE), shown(found)) == (90.0, 88.0)


def test_another_question_of_one_cell_leaves_the_other_cells_alone() -> None:
    """The limit of one task is no condition of another's repeats."""
    runs, _, _ = CASES["another question of one cell"]
    assert shown(card(*runs), "arc") == 51.0


def test_planned_cells_count_and_others_do_not() -> None:
    """Three tasks that card.yaml does not list do not outweigh one that it does."""
    more = [scored(1.0, task) for task in ("a", "b", "c")]
    runs = [on("A100", scored(88.0)), on("T4", *more, day=2)]
    planned: dict[str, Any] = {"accuracy": {"tasks": [{"task": "gsm8k"}]}}
    assert shown(card(*runs, **planned)) == 88.0
    assert shown(card(*runs)) == "measured under other conditions only"


ASKED: dict[str, tuple[dict[str, Any], float | str]] = {
    "nothing": ({}, 40.0),
    "the older": ({"accuracy": {"GPU": "A100"}}, 88.0),
    "in other letters": ({"accuracy": {"gpu": "a100"}}, 88.0),
    "for another kind": ({"serving": {"GPU": "A100"}}, 40.0),
    "what none has": ({"accuracy": {"GPU": "H100"}}, "measured under other conditions only"),
    "what none states": ({"accuracy": {"driver": "550"}}, 40.0),
}


@pytest.mark.parametrize("name", ASKED)
def test_card_yaml_asks(name: str) -> None:
    conditions, value = ASKED[name]
    runs = [on("A100", scored(88.0), day=1), on("T4", scored(40.0), day=2)]
    assert shown(card(*runs, conditions=conditions)) == value


def test_what_card_yaml_asks_for_holds_for_a_single_run_too() -> None:
    found = card(on("A100", scored(88.0)), conditions={"accuracy": {"GPU": "T4"}})
    assert shown(found) == "measured under other conditions only"
    assert [other.why for other in found.others] == ["not-asked"]


OF_THE_BASE: dict[str, tuple[list[Run], dict[str, str], float | str, float | str]] = {
    # Runs, what is asked for, what is shown of the card's own model and of its base.
    "which never ran so": (
        [on("A100", scored(90.0, model=BASE))],
        {"GPU": "T4"},
        40.0,
        90.0,
    ),
    "which ran so too": (
        [on("A100", scored(90.0, model=BASE)), on("T4", scored(60.0, model=BASE))],
        {"GPU": "T4"},
        40.0,
        60.0,
    ),
    "which does not say": ([on(None, scored(90.0, model=BASE))], {"GPU": "T4"}, 40.0, 90.0),
    "one of two conditions": (
        [
            run(scored(90.0, model=BASE), machine=Machine(gpu="A100", driver="1")),
            run(scored(60.0, model=BASE), machine=Machine(gpu="A100", driver="2")),
        ],
        {"GPU": "T4", "driver": "1"},
        40.0,
        90.0,
    ),
    "which alone ran so": (
        [on("L4", scored(90.0, model=BASE))],
        {"GPU": "L4"},
        "measured under other conditions only",
        90.0,
    ),
}


@pytest.mark.parametrize("name", OF_THE_BASE)
def test_what_the_base_model_never_ran_under_is_not_asked_of_it(name: str) -> None:
    """What the card compares with would be gone; that the two are unlike is said beside them."""
    of_base, asked, own, base = OF_THE_BASE[name]
    runs = [on("A100", scored(88.0), day=1), on("T4", scored(40.0)), *of_base]
    found = card(*runs, conditions={"accuracy": asked})
    assert (shown(found), shown(found, model=BASE)) == (own, base)


def test_an_asked_question_of_one_cell_leaves_the_base_models_others_alone() -> None:
    """Each cell of the base model by itself: one was asked so, the other never."""
    cells = [
        on("T4", scored(value, task, model, settings={"limit": limit}))
        for value, task, model, limit in (
            (1.0, "gsm8k", MODEL, 10),
            (2.0, "arc", MODEL, 10),
            (3.0, "gsm8k", BASE, 10),
            (4.0, "gsm8k", BASE, 20),
            (5.0, "arc", BASE, 20),
        )
    ]
    found = card(*cells, conditions={"accuracy": {"limit": "10"}})
    assert [shown(found, task, BASE) for task in ("gsm8k", "arc")] == [3.0, 5.0]


def test_card_yaml_asks_for_one_question_of_a_cell() -> None:
    runs = [
        on("A100", scored(88.0, settings={"limit": None}), day=1),
        on("A100", scored(95.0, settings={"limit": 10}), day=2),
    ]
    assert shown(card(*runs)) == 95.0
    assert shown(card(*runs, conditions={"accuracy": {"limit": "none"}})) == 88.0


def test_card_yaml_asks_for_a_whole_before_a_part_of_one() -> None:
    """`--a` means the server with that option alone, where there is one."""

    def served(latency: float, *arguments: str, day: int) -> Run:
        window = serving(MODEL, latency_s=latency)
        engine = window.engine.model_copy(update={"arguments": arguments})
        return on("A100", window.model_copy(update={"engine": engine}), day=day)

    runs = [served(1.0, "--enforce-eager", day=1), served(2.0, "--enforce-eager", "-tp=2", day=2)]
    for asked, latency in (("--enforce-eager", 1.0), ("--tensor-parallel-size 2", 2.0)):
        found = card(*runs, conditions={"serving": {"engine arguments": asked}})
        (items,) = found.shown.values()
        (window,) = (item.measurement for item in items)
        assert isinstance(window, ServingMeasurement)
        assert window.latency_s is not None
        assert window.latency_s.value == latency


def test_one_run_is_not_taken_apart() -> None:
    """A published table has scores of several harnesses: they stay in one table."""
    page = run(
        scored(88.0, harness={"name": "lm-eval", "version": "0.4.8"}),
        scored(50.0, "arc", harness={"name": "lm-eval", "version": "0.4.9"}),
        origin="transcribed",
    )
    found = card(page, on("A100", scored(70.0, "mmlu")))
    assert [shown(found, task) for task in ("gsm8k", "arc", "mmlu")] == [88.0, 50.0, 70.0]


def test_a_run_of_several_versions_is_no_repeat_of_one_of_them() -> None:
    """It stays whole in its table; where another run has one of its cells, the versions count."""
    old, new = ({"name": "lm-eval", "version": version} for version in ("0.4.8", "0.4.9"))
    mixed = run(scored(88.0, harness=old), scored(50.0, "arc", harness=new))
    found = card(mixed, run(scored(70.0, harness=new), scored(60.0, "arc", harness=new)))
    assert [shown(found, task) for task in ("gsm8k", "arc")] == [70.0, 55.0]
    assert [[item.measurement.key()[0] for item in other.items] for other in found.others] == [
        ["gsm8k"]
    ]


def test_a_table_never_mixes_versions_of_an_engine() -> None:
    """Two scenarios, each of another version: one of them is in the table, the other beside it."""
    runs = [
        run(serving(MODEL, scenario=name, latency_s=1.0).model_copy(update={"engine": engine}))
        for name, engine in (
            ("chat", serving(latency_s=1.0).engine.model_copy(update={"version": "0.24"})),
            ("rag", serving(latency_s=1.0).engine.model_copy(update={"version": "0.25"})),
        )
    ]
    found = card(*runs)
    assert [len(items) for items in found.shown.values()] == [1, 0]
    assert len(found.others) == 1


def test_hardware_is_told_apart_before_conditions() -> None:
    """An A100 and an H100 are rows of one table, each with a driver of its own."""
    runs = [
        run(
            serving(MODEL, hardware=name, latency_s=1.0),
            machine=Machine(gpu=name, driver=driver),
        )
        for name, driver in (("A100", "550"), ("H100", "560"))
    ]
    assert card(*runs).others == ()


def test_devices_are_told_apart_before_conditions() -> None:
    runs = [
        run(device(MODEL, device=name, latency_s=1.0), machine=Machine(cpu=name))
        for name in ("GPU", "CPU")
    ]
    assert card(*runs).others == ()


def test_models_by_their_aliases() -> None:
    """A renamed model's earlier runs are repeats where they agree."""
    runs = [on("A100", scored(88.0)), on("A100", scored(87.0, model="old/name"))]
    assert shown(card(*runs, aliases={"old/name": MODEL})) == 87.5
