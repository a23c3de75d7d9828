"""One job of the collectors `accuracy` and `serving`, run for real against fake tools.

The tools are programs in the roles' place (`fakes/`): a server over real HTTP, a load generator
and a harness that ask it and write files of the real layout. `behaviour.json` tells them to fail.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cardgen.measuring import job as jobs
from cardgen.measuring.job import Job, Model, Role
from cardgen.records import AnyMeasurement, Run
from cardgen.store import runs

ROOT = Path(__file__).parents[2]
FAKES = Path(__file__).parent / "fakes"
GUIDELLM_FILE = ROOT / "tests/imports/fixtures/guidellm/v0.8.json"
TIMEOUT_S = 60


@dataclass(frozen=True)
class Outcome:
    """What a job left."""

    run: Run | None
    exit_code: int
    output: str
    folder: Path
    project: Path

    @property
    def found(self) -> tuple[AnyMeasurement, ...]:
        assert self.run is not None, self.output
        return self.run.measurements

    @property
    def asked(self) -> list[list[str]]:
        """The command lines that the fake client was given."""
        path = self.project / "asked.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]


def interpreter(folder: Path) -> Path:
    """A Python in which the fake tools are installed."""
    path = folder / "role" / "bin" / "python"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nPYTHONPATH={FAKES}:{ROOT / "tests"} exec {sys.executable} "$@"\n')
    path.chmod(0o755)
    return path


def run(
    kind: str,
    project: Path,
    settings: dict[str, Any],
    *,
    behaviour: dict[str, Any] | None = None,
    roles: dict[str, Role] | None = None,
    name: str = "org/tiny",
    timeout_s: float | None = None,
    wait_s: float = TIMEOUT_S,
    repeat: int = 1,
    program: Path | None = None,
) -> Outcome:
    """The collector's program, or another in its place, called as cardgen calls it."""
    folder = project / ".cardgen" / "jobs" / "card" / kind
    folder.mkdir(parents=True, exist_ok=True)
    for left in ("scratch", "samples"):  # of an earlier call, as `cardgen collect` does
        shutil.rmtree(folder / left, ignore_errors=True)
    model = project / "models" / "tiny"
    model.mkdir(parents=True, exist_ok=True)
    if not (model / "config.json").exists():
        (model / "config.json").write_text("{}")
    told = {"guidellm": {"fixture": str(GUIDELLM_FILE)}}
    for tool, ways in (behaviour or {}).items():
        told.setdefault(tool, {}).update(ways)
    (project / "behaviour.json").write_text(json.dumps(told))
    python = Role(python=str(interpreter(project)))
    job = Job(
        key="0" * 64,
        kind=kind,  # type: ignore[arg-type]
        collector=kind,
        card="card",
        project=str(project),
        folder=str(folder),
        model=Model(name=name, path=str(model), revision="r1"),
        settings=settings,
        hardware="CPU, 2 cores",
        roles={"serve": python, "load": python, "evaluate": python, **(roles or {})},
        repeat=repeat,
        timeout_s=timeout_s,
    )
    (folder / "job.json").write_bytes(jobs.dump(job))
    result = folder / "result.json"
    finished = subprocess.run(
        [
            sys.executable, "-E", "-s", str(program or ROOT / "collectors" / kind / "measure.py"),
            "--job", str(folder / "job.json"), "--result", str(result),
        ],
        cwd=project,
        env={**os.environ, "CARDGEN_JOB": str(folder)},  # by which a job's processes are found
        capture_output=True,
        text=True,
        timeout=wait_s,
        check=False,
    )  # fmt: skip
    loaded = runs.load(result) if result.is_file() else None
    return Outcome(loaded, finished.returncode, finished.stderr, folder, project)
