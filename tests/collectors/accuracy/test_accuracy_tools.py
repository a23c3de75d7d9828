"""The accuracy collector with the real vLLM and lm-eval on a tiny model."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from cardgen.records import AccuracyMeasurement
from collectors import real

pytestmark = pytest.mark.collectors

CHOICE = """\
task: sums
dataset_path: json
dataset_kwargs: {data_files: {test: tasks/sums.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}} Answer:"
doc_to_choice: "{{choices}}"
doc_to_target: answer
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]
metadata: {version: 1}
"""
OPEN = """\
task: say
dataset_path: json
dataset_kwargs: {data_files: {test: tasks/sums.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: gold
generation_kwargs: {max_gen_toks: 8, do_sample: false, until: ["."]}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
metadata: {version: 1}
"""
ROWS = 40
PLAN: dict[str, Any] = {
    "tasks": ["sums", {"name": "say", "chat_template": True}],
    "include_path": "tasks",
    "server": {"max_model_len": 512},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = real.project(tmp_path_factory.mktemp("project"))
    tasks = project / "tasks"
    tasks.mkdir()
    (tasks / "sums.yaml").write_text(CHOICE)
    (tasks / "say.yaml").write_text(OPEN)
    numbers = random.Random(1)
    with (tasks / "sums.jsonl").open("w") as file:
        for _ in range(ROWS):
            a, b = numbers.randrange(9), numbers.randrange(9)
            choices = [a + b, a + b + 1, a + b + 2]
            numbers.shuffle(choices)
            row = {
                "question": f"What is {a}+{b}?",
                "choices": [str(choice) for choice in choices],
                "answer": choices.index(a + b),
                "gold": str(a + b),
            }
            file.write(json.dumps(row) + "\n")
    return project


@pytest.mark.parametrize("backend", ["server", "hf"])
def test_tasks_of_ones_own_are_scored_with_their_samples(folder: Path, backend: str) -> None:
    outcome = real.run("accuracy", folder, {**PLAN, "backend": backend})
    assert outcome.exit_code == 0, outcome.output
    found = {m.task: m for m in outcome.found if isinstance(m, AccuracyMeasurement)}
    for task, metric in (("sums", "acc"), ("say", "exact_match")):
        score = found[task]
        assert score.outcome == "measured", score.reason
        assert (score.metric, score.n_scored, score.n_dropped) == (metric, ROWS, 0)
        assert score.samples is not None
        assert score.samples.rows == ROWS


def test_a_task_that_is_not_there_fails_alone(folder: Path) -> None:
    outcome = real.run("accuracy", folder, {**PLAN, "tasks": ["sums", "nowhere"]})
    found = {m.task: m for m in outcome.found if isinstance(m, AccuracyMeasurement)}
    assert found["sums"].outcome == "measured"
    assert "lm-eval ended with exit code" in (found["nowhere"].reason or "")
