"""The accuracy collector: scores with their samples; whatever breaks is a failed record."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cardgen.records import AccuracyMeasurement, Tool
from collectors import loads

PLAN: dict[str, Any] = {"tasks": ["first", "second"], "server": {"start_timeout_s": 20}}


def scores(outcome: loads.Outcome) -> dict[str, AccuracyMeasurement]:
    assert outcome.exit_code == 0, outcome.output
    return {m.task: m for m in outcome.found if isinstance(m, AccuracyMeasurement)}


def test_tasks_of_equal_settings_share_one_call_and_keep_their_samples(tmp_path: Path) -> None:
    outcome = loads.run("accuracy", tmp_path, PLAN)
    first = scores(outcome)["first"]
    assert first.value is not None
    assert (first.value.value, first.scale, first.higher_is_better) == (0.5, "fraction", True)
    assert (first.n_expected, first.n_scored, first.n_dropped) == (10, 10, 0)
    assert first.harness is not None
    assert (first.harness.name, first.harness.version) == ("lm-eval", "0.4.13")
    assert len(outcome.asked) == 1
    assert first.samples is not None
    data = (outcome.folder / first.samples.file).read_bytes()
    rows = [json.loads(line) for line in gzip.decompress(data).splitlines()]
    assert re.fullmatch("1-[0-9a-f]{8}", rows[1].pop("id"))
    assert rows[1] == {"score": 1.0, "answer": "4", "expected": "4"}
    assert first.samples.rows == 10


def test_the_commit_of_the_projects_repository_is_not_the_harnesss(tmp_path: Path) -> None:
    """lm-eval writes the commit of the folder it runs in: the record has version and lock."""
    outcome = loads.run("accuracy", tmp_path, PLAN)
    assert outcome.run is not None
    assert outcome.run.provenance.tool == Tool(name="lm-eval", version="0.4.13")
    assert scores(outcome)["first"].harness == Tool(name="lm-eval", version="0.4.13")
    assert "34a5145" not in outcome.run.model_dump_json()


@pytest.mark.parametrize("pictures", [False, True])
def test_the_same_answers_give_the_same_bytes(tmp_path: Path, pictures: bool) -> None:
    """And the same settings: two calls differ in nothing, so their samples make pairs."""
    found = []
    plan = {**PLAN, "tasks": [{"name": "first", "images": pictures}]}
    for name in ("a", "b"):
        project = tmp_path / name
        project.mkdir()
        ways = {"lm_eval": {"pictures": pictures}}
        first = scores(loads.run("accuracy", project, plan, behaviour=ways))["first"]
        assert first.samples is not None
        found.append((first.samples.sha256, first.settings))
    assert found[0] == found[1]
    assert ("task_hash" in found[0][1]) is not pictures


def test_settings_are_recorded_without_what_names_the_model(tmp_path: Path) -> None:
    found = []
    for name in ("base", "quantized"):
        project = tmp_path / name
        project.mkdir()
        outcome = loads.run("accuracy", project, PLAN, name=f"org/{name}")
        found.append(scores(outcome)["first"].settings)
    assert found[0] == found[1]
    assert "127.0.0.1" not in json.dumps(found)


def test_different_settings_are_different_calls(tmp_path: Path) -> None:
    tasks = ["first", {"name": "second", "num_fewshot": 5}, {"name": "third", "images": True}]
    asked = loads.run("accuracy", tmp_path, {**PLAN, "tasks": tasks}).asked
    assert [line[line.index("--model") + 1] for line in asked] == [
        "local-completions",
        "local-completions",
        "local-chat-completions",
    ]
    assert "--num_fewshot" in asked[1]
    assert "--apply_chat_template" in asked[2]


def test_one_of_the_harnesss_own_backends_needs_no_server(tmp_path: Path) -> None:
    outcome = loads.run("accuracy", tmp_path, {**PLAN, "backend": "hf"})
    assert outcome.run is not None
    assert [step.role for step in outcome.run.provenance.steps] == ["evaluate"]
    assert scores(outcome)["first"].outcome == "measured"


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("crash", "lm-eval ended with exit code 1: KeyError: 'gold'; log: .cardgen/"),
        ("killed", "lm-eval was ended by SIGKILL"),
        ("nan", "a score that is no number (NaN)"),
    ],
)
def test_a_task_that_breaks_the_harness_fails_alone(tmp_path: Path, way: str, words: str) -> None:
    outcome = loads.run("accuracy", tmp_path, PLAN, behaviour={"lm_eval": {way: ["second"]}})
    found = scores(outcome)
    assert found["first"].outcome == "measured"
    assert found["second"].outcome == "failed"
    assert words in (found["second"].reason or "")


@pytest.mark.parametrize(
    ("plan", "mend"),
    [
        ({}, "give the folder of your own tasks (measure.accuracy.include_path)"),
        ({"include_path": "tasks"}, "define the task in tasks/ (measure.accuracy.include_path)"),
    ],
)
def test_a_task_that_lm_eval_does_not_know_is_told_with_what_to_do(
    tmp_path: Path, plan: dict[str, Any], mend: str
) -> None:
    """Beside what lm-eval said: the key of card.yaml, and where own tasks go."""
    ways = {"lm_eval": {"unknown": ["second"]}}
    found = scores(loads.run("accuracy", tmp_path, {**PLAN, **plan}, behaviour=ways))
    assert found["first"].outcome == "measured"
    reason = found["second"].reason or ""
    assert "ValueError: Tasks not found: second; log: .cardgen/" in reason
    assert reason.endswith(f"; mend measure.accuracy.tasks in card.yaml, or {mend}")


def own_and_shipped(project: Path) -> None:
    """A folder of own tasks, and beside the role's Python lm-eval's own."""
    own = project / "tasks"
    own.mkdir()
    (own / "sort.yaml").write_text("task: table_sort\ntag: tables\n")
    (own / "ru.yaml").write_text("task: gsm8k_ru\n")
    shipped = project / "role/lib/python3.11/site-packages/lm_eval/tasks/gsm8k"
    shipped.mkdir(parents=True)
    (shipped / "gsm8k.yaml").write_text("tag:\n  - math_word_problems\ntask: gsm8k\n")


def test_a_slip_in_an_own_tasks_name_is_told_before_a_server_starts(tmp_path: Path) -> None:
    """With the name that was meant; no program is started for it."""
    own_and_shipped(tmp_path)
    plan = {"tasks": ["table_srt"], "include_path": "tasks"}
    outcome = loads.run("accuracy", tmp_path, plan)
    assert scores(outcome)["table_srt"].reason == (
        "table_srt is no task of lm-eval and none in tasks/; did you mean table_sort? "
        "mend measure.accuracy.tasks in card.yaml"
    )
    assert outcome.run is not None
    assert outcome.run.provenance.steps == ()


def test_what_may_be_a_task_is_asked_for(tmp_path: Path) -> None:
    """An own task, a tag, one of lm-eval's that an own one is named after, an unlike name; the
    slip beside them fails alone."""
    own_and_shipped(tmp_path)
    names = ["table_sort", "tables", "gsm8k", "piqa", "table_srt"]
    found = scores(
        loads.run("accuracy", tmp_path, {**PLAN, "tasks": names, "include_path": "tasks"})
    )
    assert [name for name, m in found.items() if m.outcome == "failed"] == ["table_srt"]
    assert len(found) == len(names)


def test_without_lm_evals_own_tasks_nothing_is_doubted(tmp_path: Path) -> None:
    """An interpreter whose lm-eval lies elsewhere: lm-eval itself is asked."""
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/sort.yaml").write_text("task: table_sort\n")
    plan = {**PLAN, "tasks": ["table_srt"], "include_path": "tasks"}
    assert scores(loads.run("accuracy", tmp_path, plan))["table_srt"].outcome == "measured"


def test_questions_without_a_score_are_counted_as_dropped(tmp_path: Path) -> None:
    ways = {"lm_eval": {"lost": {"first": 3}}}
    outcome = loads.run("accuracy", tmp_path, PLAN, behaviour=ways)
    first = scores(outcome)["first"]
    assert (first.n_expected, first.n_scored, first.n_dropped) == (10, 7, 3)
    assert outcome.run is not None
    assert "first: some questions have no score." in outcome.run.provenance.notes


def test_empty_answers_are_said(tmp_path: Path) -> None:
    outcome = loads.run("accuracy", tmp_path, PLAN)
    assert outcome.run is not None
    assert any("some answers were empty" in note for note in outcome.run.provenance.notes)


def test_a_server_that_dies_fails_its_call_with_the_reason(tmp_path: Path) -> None:
    tasks = ["first", {"name": "second", "num_fewshot": 5}]
    ways = {"vllm": {"dies_at": 1, "dies_once": True}}
    outcome = loads.run("accuracy", tmp_path, {**PLAN, "tasks": tasks}, behaviour=ways)
    found = scores(outcome)
    assert "the vLLM server was ended by SIGKILL" in (found["first"].reason or "")
    assert found["second"].outcome == "measured"


def test_a_server_that_does_not_start_fails_every_task(tmp_path: Path) -> None:
    outcome = loads.run("accuracy", tmp_path, PLAN, behaviour={"vllm": {"ending": "missing"}})
    assert {m.outcome for m in outcome.found} == {"failed"}
    assert all("the model is missing" in (m.reason or "") for m in outcome.found)


def test_a_harness_that_is_not_installed_fails_its_own_tasks(tmp_path: Path) -> None:
    tasks = ["first", {"name": "mmmu_val", "harness": "lmms-eval", "images": True}]
    outcome = loads.run("accuracy", tmp_path, {**PLAN, "tasks": tasks})
    found = scores(outcome)
    assert found["first"].outcome == "measured"
    assert "lmms-eval is not installed" in (found["mmmu_val"].reason or "")


def test_mistral_evals_is_asked_by_its_own_command(tmp_path: Path) -> None:
    outcome = loads.run("accuracy", tmp_path, {**PLAN, "tasks": ["chartqa"]})
    assert outcome.exit_code == 0, outcome.output
    found = [m for m in outcome.found if isinstance(m, AccuracyMeasurement)]
    assert [(m.task, m.metric, m.value and m.value.value) for m in found] == [
        ("chartqa", "explicit_prompt_relaxed_correctness", 0.75),
        ("chartqa", "anywhere_in_answer_relaxed_correctness", 0.8),
    ]
    assert {(m.n_expected, m.category) for m in found} == {(2500, "Vision")}
    assert outcome.run is not None
    assert any("drops failed requests" in note for note in outcome.run.provenance.notes)
