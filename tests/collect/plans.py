"""A card's plan made in this process, for tests that look at jobs and start none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from collect.projects import Project, project

from cardgen.card import Card, open_card
from cardgen.collect.planning import Choice, Planned, Planner, chosen
from cardgen.collect.promises import wanted_kinds
from cardgen.collect.tools import Own, tools_for
from cardgen.records import Provenance, Run, Tool
from cardgen.spec.load import find_project
from cardgen.store import runs

FULL: dict[str, Any] = {
    "accelerator": "cpu",
    "hardware": "Bench",
    "repeats": 3,
    "models": {"org/fake": "models/fake"},
    "quantization": {"scheme": "FP8_DYNAMIC"},
    "accuracy": {"tasks": ["piqa"], "include_path": "tasks"},
    "serving": {"scenarios": ["chat"], "modes": ["single-stream"]},
    "plans": {"quick": {"repeats": 1, "accuracy": None}},
}
KINDS = ("quantization", "accuracy", "serving")


def full(root: Path, **changes: Any) -> Project:
    """A project with a base checkpoint, a task folder and a plan of three kinds."""
    made = project(root, kinds=KINDS)
    checkpoint(made, "fake", "weights")
    (root / "tasks").mkdir()
    (root / "tasks" / "piqa.yaml").write_text("task: piqa\n")
    made.plan("measure: " + json.dumps({**FULL, **changes}) + "\n")
    return made


def checkpoint(made: Project, name: str, weights: str) -> None:
    """A folder that looks like a model's."""
    folder = made.root / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_text(weights)


def card(made: Project) -> Card:
    """The project's card as it stands now."""
    return open_card(find_project(made.root), "fake")


def jobs(made: Project, choice: Choice | None = None) -> list[Planned]:
    """The plan's jobs as they stand now."""
    choice = choice or Choice()
    found = card(made)
    measure = chosen(found, choice)
    tools = tools_for(wanted_kinds(measure), made.root, "cpu", Own())
    planner = Planner(
        found,
        measure,
        accelerator=measure.accelerator or "cpu",
        hardware=measure.hardware or "Bench",
        collectors={kind: tool.collector.name for kind, tool in tools.items()},
        roles={kind: tool.roles for kind, tool in tools.items()},
    )
    return planner.jobs(choice)


def finish(job: Planned) -> None:
    """Put a run of the job where its run belongs, as if it had been measured."""
    done = Run(
        provenance=Provenance(
            origin="measured", tool=Tool(name="fake"), collector="fake", job=job.key
        ),
        measurements=job.promised(),
    )
    job.run_file.parent.mkdir(parents=True, exist_ok=True)
    job.run_file.write_bytes(runs.dump(done))
