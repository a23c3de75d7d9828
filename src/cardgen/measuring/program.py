"""The frame of a collector's program: `main(measure)` reads the job and writes the run.

Owns the session: its steps, logs, notes, what becomes of them in the provenance. What is measured
and how is the collector's.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from cardgen.errors import CardgenError
from cardgen.imports.redaction import is_secret_name, redacted
from cardgen.measuring import job as jobs
from cardgen.measuring import machine, processes, software
from cardgen.measuring.job import Job
from cardgen.measuring.processes import Finished, Supervised
from cardgen.measuring.progress import Progress
from cardgen.records import AnyMeasurement, Environment, Provenance, Run, Samples, Step, Tool, Usage
from cardgen.resources import resource
from cardgen.store import files, runs
from cardgen.store import samples as sample_rows

FAILED = 1
LAST_S = 120.0
"""Kept of a job's time for writing down what was measured."""
HERE = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)")
INTERRUPTED = 130


class Session:
    """One job at work: what it was asked for, and what it did so far."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self.job = job
        self.progress = progress
        self.project = Path(job.project)
        self.folder = Path(job.folder)
        self.logs = self.folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.scratch = self.folder / "scratch"
        self.scratch.mkdir(exist_ok=True)
        self.tool = Tool(name=job.collector)
        self.steps: list[Step] = []
        self.notes: list[str] = []
        self.usage: Usage | None = None
        self.started_at = datetime.now(UTC)
        self._begun = time.monotonic()
        self._variables: dict[str, dict[str, str]] = {}
        self._used: list[str] = []

    # What the collector asks.

    def python(self, role: str) -> str:
        """The role's interpreter; an error where the role has none."""
        python = self.job.roles[role].python if role in self.job.roles else None
        if python is None:
            raise RuntimeError(f"the role {role!r} has no interpreter in this job")
        return python

    def target(self, role: str) -> str | None:
        """The URL of the running server that stands for the role; None where it is to start."""
        found = self.job.roles.get(role)
        return found.target if found else None

    def place(self, path: Path) -> str:
        """A path as records and messages name it: relative to the project where it is inside."""
        try:
            return path.relative_to(self.project).as_posix()
        except ValueError:
            return redacted(str(path))

    def remaining_s(self, at_most: float | None = None) -> float | None:
        """Seconds until the job's time-out, or `at_most` if that is sooner.

        Somewhat before: what was measured until then is still to be written.
        """
        left = None
        if self.job.timeout_s is not None:
            limit = self.job.timeout_s - min(LAST_S, 0.05 * self.job.timeout_s)
            left = max(1.0, limit - (time.monotonic() - self._begun))
        return min((s for s in (left, at_most) if s is not None), default=None)

    # What the collector does.

    def note(self, text: str) -> None:
        """Keep a remark for the reader of the card, once; whoever watches sees it now."""
        text = redacted(" ".join(text.split()))[:2_000]
        if text and text not in self.notes:
            self.notes.append(text)
            self.progress.note(text)

    def run(
        self,
        role: str,
        argv: Sequence[str],
        *,
        timeout_s: float | None = None,
        log: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Finished:
        """Run a program of a role to its end; it becomes a step of the record.

        Its output goes to `logs/<log>`. A failure raises nothing: the exit code says it. Nothing
        that the program started is left when this returns.
        """
        place = self.logs / (log or f"{role}-{len(self.steps) + 1}.log")
        finished = processes.run(
            argv,
            env=self.environment(role, env),
            cwd=cwd or self.project,
            log=place,
            timeout_s=self.remaining_s(timeout_s),
        )
        code = None if finished.timed_out else finished.exit_code
        self._record(role, argv, code, finished.duration_s)
        return finished

    @contextmanager
    def start(
        self,
        role: str,
        argv: Sequence[str],
        *,
        log: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        grace_s: float = processes.GRACE_S,
    ) -> Iterator[Supervised]:
        """A program that runs while the block does: a server. It is ended with all it started."""
        place = self.logs / (log or f"{role}-{len(self.steps) + 1}.log")
        index = len(self.steps)
        began = time.monotonic()
        self._record(role, argv, None, 0.0)
        with place.open("ab") as output:
            process = Supervised(
                argv,
                env=self.environment(role, env),
                cwd=cwd or self.project,
                output=output,
                grace_s=grace_s,
            )
            try:
                yield process
            finally:
                by_itself = process.wait(0)
                process.end()
                self.steps[index] = self.steps[index].model_copy(
                    update={"exit_code": by_itself, "duration_s": time.monotonic() - began}
                )

    def environment(self, role: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The variables a program of the role sees; `extra` is kept in the record too."""
        granted = self.job.roles[role].variables if role in self.job.roles else ()
        tokens = {name for found in self.job.roles.values() for name in found.variables}
        source = {n: v for n, v in os.environ.items() if n in granted or n not in tokens}
        kept = self._variables.setdefault(role, {})
        kept |= {n: redacted(v) for n, v in (extra or {}).items() if not is_secret_name(n)}
        if role not in self._used:
            self._used.append(role)
        path = source.get("PATH", os.defpath)
        python = self.job.roles[role].python if role in self.job.roles else None
        if python is not None:  # console scripts of the role come first
            path = f"{Path(python).parent}{os.pathsep}{path}"
        return processes.environment({"PATH": path, **(extra or {})}, also=granted, source=source)

    def samples(self, task: str, rows: Iterable[Mapping[str, object]]) -> Samples:
        """Keep a task's per-sample results: `id`, `score`, where kept `answer` and `expected`.

        They are put beside the run file once the run is taken; the same rows give the same bytes.
        """
        data, number = sample_rows.dump(rows)
        folder = self.folder / "samples"
        name = f"{re.sub(r'[^A-Za-z0-9._-]+', '-', task).strip('.-') or 'task'}.jsonl.gz"
        files.replace(folder / name, data)
        return Samples(file=f"samples/{name}", sha256=files.sha256(data), rows=number or None)

    def failure(self, finished: Finished, what: str) -> str:
        """One line for `reason`: what failed, how it ended, what it said last, where its log is."""
        said = last_line(finished.log)
        words = f"{what} {finished.told()}" + (f": {said}" if said else "")
        return f"{words}; log: {self.place(finished.log)}"

    # What becomes of it.

    def provenance(self) -> Provenance:
        """Where the run's numbers came from."""
        environments = {role: self._describe(role) for role in self._used}
        return Provenance(
            origin="measured",
            tool=self.tool,
            collector=self.job.collector,
            environments={r: e for r, e in environments.items() if e != Environment()},
            job=self.job.key,
            steps=tuple(self.steps),
            usage=self.usage,
            machine=None if self._elsewhere else machine.machine(accelerator=self.job.accelerator),
            started_at=self.started_at,
            ended_at=datetime.now(UTC),
            notes=tuple(self.notes),
        )

    @property
    def _elsewhere(self) -> bool:
        """Whether a server on another machine did the work: this one's is not the record's."""
        targets = [role.target for role in self.job.roles.values() if role.target]
        return any(HERE.match(target) is None for target in targets)

    def _describe(self, role: str) -> Environment:
        found = self.job.roles.get(role)
        if found is None or found.python is None:
            return Environment(lock_sha256=found.lock_sha256 if found else None)
        return software.describe(
            Path(found.python),
            env=processes.environment(),
            lock_sha256=found.lock_sha256,
            variables=self._variables.get(role),
        )

    def _record(
        self, role: str, argv: Sequence[str], exit_code: int | None, duration_s: float
    ) -> None:
        command = tuple(self.shown(argv))
        self.steps.append(
            Step(role=role, command=command, exit_code=exit_code, duration_s=duration_s)
        )

    def shown(self, argv: Sequence[str]) -> list[str]:
        """A command as the record keeps it: interpreters by name, paths from the project, no
        secrets."""
        folders = {str(Path(r.python).parent) for r in self.job.roles.values() if r.python}
        inside = f"{self.project}{os.sep}"
        shipped = f"{resource('collectors').parent}{os.sep}"  # cardgen's own, wherever installed
        found = []
        for index, word in enumerate(argv):
            if index == 0 and (word == sys.executable or str(Path(word).parent) in folders):
                word = "python" if Path(word).name.startswith("python") else Path(word).name
            word = word.replace(inside, "").replace(shipped, "")
            word = "." if word == str(self.project) else word
            secret = (
                index > 0
                and argv[index - 1].startswith("-")
                and is_secret_name(argv[index - 1].lstrip("-"))
            )
            found.append("<redacted>" if secret else redacted(word) or "''")
        return found


Measure = Callable[[Session], Iterable[AnyMeasurement]]


def main(measure: Measure, arguments: Sequence[str] | None = None) -> NoReturn:
    """Read `--job`, measure, write `--result`; ends the process with 0 if the result is there.

    What was measured before an error is written too, with exit code 1 and the error in the log.
    """
    parser = argparse.ArgumentParser(prog="measure.py", description="A collector of cardgen.")
    parser.add_argument("--job", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        session = Session(jobs.read(options.job), Progress.from_environment())
    except CardgenError as problem:
        sys.stderr.write(f"error: {problem}\n")
        sys.exit(2)
    found: list[AnyMeasurement] = []
    code = 0
    try:
        for measurement in measure(session):
            found.append(measurement)  # noqa: PERF402 - what came before an error is kept
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)
    except CardgenError as problem:
        sys.stderr.write(f"error: {problem}\n")
        code = FAILED
    except Exception as problem:  # noqa: BLE001 - the collector's own failure: told in its log
        traceback.print_exc()
        if isinstance(problem, ValidationError):
            first = problem.errors()[0]
            place = ".".join(str(step) for step in first["loc"])
            sys.stderr.write(f"error: {problem.title}: {place}: {first['msg']}\n")
        code = FAILED
    if found:
        run = Run(provenance=session.provenance(), measurements=tuple(found))
        files.replace(options.result, runs.dump(run))
    elif code == 0:
        sys.stderr.write("error: nothing was measured\n")
        code = FAILED
    sys.exit(code)


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def last_line(log: Path, longest: int = 300) -> str:
    """The last line of a log that says anything, on one line and without secrets."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16_384))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [" ".join(line.split()) for line in text.replace("\r", "\n").splitlines()]
    said = next((line for line in reversed(lines) if any(c.isalnum() for c in line)), "")
    said = "".join(character for character in said if character.isprintable())
    return redacted(said)[:longest]
