"""The plan's jobs: which there are, in which order, what makes one done, and what makes it due."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from collect.plans import FULL, checkpoint, finish, full, jobs
from collect.projects import Project

from cardgen.collect.planning import Choice
from cardgen.errors import CardgenError
from cardgen.measuring import model_folder

ORDER = [
    "quantization-fake-w4a16",
    "accuracy-fake",
    "accuracy-fake-w4a16",
    "serving-fake-bench-1",
    "serving-fake-w4a16-bench-1",
    "serving-fake-w4a16-bench-2",
    "serving-fake-bench-2",
    "serving-fake-bench-3",
    "serving-fake-w4a16-bench-3",
]


def states(made: Project, choice: Choice | None = None) -> dict[str, str]:
    """Each job's state by its name."""
    return {job.name: job.state for job in jobs(made, choice)}


def done(tmp_path: Path, **changes: Any) -> Project:
    """A project whose plan is done to the end."""
    made = full(tmp_path, **changes)
    checkpoint(made, "fake-w4a16", "quantized")
    for job in jobs(made):
        finish(job)
    assert set(states(made).values()) == {"done"}
    return made


def due(made: Project) -> list[str]:
    """The jobs that are not done."""
    return [name for name, state in states(made).items() if state != "done"]


def test_the_order_is_interleaved(tmp_path: Path) -> None:
    """Quantization first; then base, quantized, quantized, base…, so that drift hits both."""
    assert [job.name for job in jobs(full(tmp_path))] == ORDER


def test_what_needs_the_quantized_model_waits_for_it(tmp_path: Path) -> None:
    """Jobs of the base model are due at once, those of the quantized one after it is made."""
    found = states(full(tmp_path))
    assert {name for name, state in found.items() if state == "waiting"} == {
        name for name in ORDER[1:] if "w4a16" in name
    }
    assert {state for name, state in found.items() if "w4a16" not in name} == {"due"}


CHANGES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a task more": {"accuracy": {"tasks": ["piqa", "arc_easy"], "include_path": "tasks"}},
    "the default said aloud": {"accuracy": {**FULL["accuracy"], "concurrency": 8}},
    "the scheme": {"quantization": {"scheme": "FP8_DYNAMIC", "ignore": []}},
    "more repeats": {"repeats": 4},
    "fewer repeats": {"repeats": 1},
    "foreign code": {"trust_remote_code": True},
}
DUE = {
    "nothing": [],
    "a task more": ORDER[1:3],
    "the default said aloud": [],
    "the scheme": [name for name in ORDER if "w4a16" in name],
    "more repeats": ["serving-fake-w4a16-bench-4", "serving-fake-bench-4"],
    "fewer repeats": [],
    "foreign code": ORDER,
}


@pytest.mark.parametrize("change", DUE)
def test_what_a_change_of_the_plan_makes_due(tmp_path: Path, change: str) -> None:
    """Only what the change touches is measured again."""
    made = done(tmp_path)
    made.plan("measure: " + json.dumps({**FULL, **CHANGES[change]}) + "\n")
    assert due(made) == DUE[change]


def test_other_weights_of_the_base_model_make_all_due(tmp_path: Path) -> None:
    """A local checkpoint's revision is what its files hold."""
    made = done(tmp_path)
    checkpoint(made, "fake", "other weights")
    assert due(made) == ORDER


def test_another_task_definition_makes_accuracy_due(tmp_path: Path) -> None:
    """What the settings name by path counts with its content."""
    made = done(tmp_path)
    (made.root / "tasks" / "piqa.yaml").write_text("task: piqa\nnum_fewshot: 1\n")
    assert due(made) == ORDER[1:3]


def test_a_lost_checkpoint_is_made_again_only_if_something_needs_it(tmp_path: Path) -> None:
    """The quantized model's folder is scratch: gone, it is made when a due job wants it."""
    made = done(tmp_path)
    shutil.rmtree(made.root / "models" / "fake-w4a16")
    assert due(made) == []
    (made.runs / "serving-fake-w4a16-bench-2.json").unlink()
    assert due(made) == ["quantization-fake-w4a16", "serving-fake-w4a16-bench-2"]
    only = Choice(only="serving-*-2")
    assert states(made, only) == {
        "quantization-fake-w4a16": "due",
        "serving-fake-w4a16-bench-2": "waiting",
        "serving-fake-bench-2": "done",
    }


@pytest.mark.parametrize(("state", "wanted"), [("unfinished", 2), ("finished", 1)])
def test_an_unfinished_checkpoint_is_made_again(
    tmp_path: Path, state: model_folder.State, wanted: int
) -> None:
    """A forced quantization was killed: the run of the earlier one is there, its model is not."""
    made = done(tmp_path)
    model_folder.mark(made.root / "models" / "fake-w4a16", "0" * 64, state)
    (made.runs / "serving-fake-w4a16-bench-2.json").unlink()
    assert due(made) == ["quantization-fake-w4a16", "serving-fake-w4a16-bench-2"][-wanted:]
    if state == "unfinished":
        assert jobs(made)[0].reason == "its checkpoint is unfinished, and other jobs need it"


def test_what_another_cards_quantization_left_unfinished_blocks(tmp_path: Path) -> None:
    """It may hold all that a checkpoint has."""
    made = full(tmp_path)
    folder = made.root / "models" / "fake"
    model_folder.mark(folder, "0" * 64, "unfinished")
    assert "models/fake: its quantization has not finished; put" in jobs(made)[1].reason
    model_folder.set_aside(folder)
    assert (
        "models/fake: no such folder, only fake.failed, which a quantization that failed left; put"
        in jobs(made)[1].reason
    )


def test_a_missing_base_checkpoint_blocks_what_needs_it(tmp_path: Path) -> None:
    """The reason names the folder; what waits for the quantization is blocked with it."""
    made = full(tmp_path)
    shutil.rmtree(made.root / "models" / "fake")
    found = jobs(made)
    assert {job.state for job in found} == {"blocked"}
    reason = (
        "no checkpoint in models/fake: no such folder; put org/fake there first, or mend "
        "measure.models in card.yaml"
    )
    assert found[1].reason == reason
    assert found[2].reason == f"quantization-fake-w4a16: {reason}"


def test_a_folder_without_a_checkpoint_is_told_from_none(tmp_path: Path) -> None:
    """A download that broke off looks like a model's folder."""
    made = full(tmp_path)
    (made.root / "models/fake/config.json").unlink()
    assert "no checkpoint in models/fake: it holds no config.json; " in jobs(made)[1].reason


CALIBRATED = {"scheme": "W4A16", "calibration": {"file": "data/rows.jsonl", "text": "text"}}
PICTURES = {"scheme": "FP8_DYNAMIC", "check": {"images": ["a.png"]}}
LOST: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "calibration file": (
        {"quantization": CALIBRATED},
        [name for name in ORDER if "w4a16" in name],
        "data/rows.jsonl is not there; make it first, or mend "
        "measure.quantization.calibration.file in card.yaml",
    ),
    "picture": (
        {"quantization": PICTURES},
        [name for name in ORDER if "w4a16" in name],
        "a.png is not there; make it first, or mend measure.quantization.check.images in card.yaml",
    ),
    "task folder": (
        {"accuracy": {"tasks": ["piqa"], "include_path": "task"}},
        ORDER[1:3],
        "task is not there; make it first, or mend measure.accuracy.include_path in card.yaml",
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_what_is_plainly_missing_blocks_what_needs_it(tmp_path: Path, case: str) -> None:
    """The first of them names the file and card.yaml's key; what needs nothing of it is due."""
    changes, names, reason = LOST[case]
    found = {job.name: job for job in jobs(full(tmp_path, **changes))}
    assert [name for name, job in found.items() if job.state == "blocked"] == names
    assert found[names[0]].reason == reason


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (Choice(kinds=("accuracy",)), [ORDER[0], *ORDER[1:3]]),
        (Choice(only="*-fake"), [ORDER[1]]),
        (Choice(only="serving-*-1"), [ORDER[0], *ORDER[3:5]]),
        (Choice(repeats=1), ORDER[:5]),
        (Choice(plan="quick"), [ORDER[0], *ORDER[3:5]]),
    ],
)
def test_a_choice_brings_what_it_needs(tmp_path: Path, choice: Choice, names: list[str]) -> None:
    """What was not asked for is left out, but for the quantization that it needs."""
    assert list(states(full(tmp_path), choice)) == names


def test_force_measures_again_what_was_asked_for(tmp_path: Path) -> None:
    """Done jobs that fit are due; the quantization before them is not."""
    made = done(tmp_path)
    found = states(made, Choice(only="serving-*-1", force=True))
    assert found == {ORDER[3]: "due", ORDER[4]: "due"}


def test_repeats_of_other_hardware_stand_beside(tmp_path: Path) -> None:
    """Serving runs are named by hardware: another machine's runs replace none."""
    made = done(tmp_path)
    made.plan("measure: " + json.dumps({**FULL, "hardware": "H100"}) + "\n")
    names = {job.run_file.name for job in jobs(made) if job.kind == "serving"}
    assert not names & set(made.names())


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice(only="nothing-*"), "none among: quantization-fake-w4a16"),
        (Choice(plan="slow"), "one of: quick"),
        (Choice(kinds=("device",)), "mend KIND or --only"),
    ],
)
def test_a_choice_that_fits_nothing(tmp_path: Path, choice: Choice, said: str) -> None:
    """An error that lists what there is."""
    made = full(tmp_path)
    with pytest.raises(CardgenError) as problem:
        jobs(made, choice)
    assert said in str(problem.value)
