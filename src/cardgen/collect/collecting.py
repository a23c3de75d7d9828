"""The plan worked through: one job after another, what is done kept at once, the rest reported.

One call works on a card at a time. A failed job stops only those that need it. Prints nothing:
a Watcher is told.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from cardgen.card import Card
from cardgen.collect import places, runner, storing
from cardgen.collect.planning import Planned, is_there
from cardgen.collect.tools import Tools
from cardgen.errors import CardgenError, CombinedError, ProjectError
from cardgen.imports.redaction import redacted
from cardgen.measuring import model_folder
from cardgen.measuring.job import Accelerator, Job, Kind, Role
from cardgen.measuring.progress import Event
from cardgen.records import Run
from cardgen.spec.plan import Measure

Ending = Literal["done", "failed", "skipped"]


class Watcher(Protocol):
    """Who is told how it goes."""

    def starts(self, planned: Planned, number: int, total: int) -> None:
        """A job begins: the `number`-th of `total`."""

    def hears(self, event: Event) -> None:
        """The job's collector said something."""

    def installs(self, text: str) -> None:
        """An environment is being built."""

    def ends(self, planned: Planned, outcome: Outcome) -> None:
        """The job has ended."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one job. `failures` are its measurements that failed, with their reasons."""

    ending: Ending
    reason: str = ""
    run_file: Path | None = None
    moved: tuple[Path, ...] = ()
    failures: tuple[str, ...] = ()
    duration_s: float = 0.0


@dataclass(slots=True)
class Summary:
    """How the whole plan ended."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether every job that was due was done, and nothing in it failed."""
        return all(o.ending == "done" and not o.failures for o in self.outcomes.values())


class Collecting:
    """One call's work on one card."""

    def __init__(
        self,
        card: Card,
        measure: Measure,
        tools: Mapping[Kind, Tools],
        *,
        accelerator: Accelerator,
        hardware: str,
        watcher: Watcher,
    ) -> None:
        self.card = card
        self.measure = measure
        self.tools = tools
        self.accelerator: Accelerator = accelerator
        self.hardware = hardware
        self.watcher = watcher
        self.summary = Summary()

    def work(self, jobs: Sequence[Planned]) -> Summary:
        """Do the jobs in order; the outcomes so far are in `summary` whenever this is left."""
        due = [job for job in jobs if job.state != "done"]
        for number, planned in enumerate(due, start=1):
            self.watcher.starts(planned, number, len(due))
            outcome = self._outcome(planned)
            self.summary.outcomes[planned.name] = outcome
            self.watcher.ends(planned, outcome)
        return self.summary

    def _outcome(self, planned: Planned) -> Outcome:
        if planned.state == "blocked":
            return self._without_run(planned, planned.reason)
        needed = planned.needs
        if needed is not None:
            before = self.summary.outcomes.get(needed.name)
            if before is not None and before.ending != "done":
                reason = f"{needed.name} did not succeed: {before.reason}"
                return self._without_run(planned, reason, skipped=True)
            if not is_there(planned.model):
                place = self.card.project.relative(Path(planned.model.path or ""))
                reason = (
                    f"no checkpoint in {place}, though {needed.name} is done; "
                    f"`cardgen collect {self.card.name} --force --only {needed.name}` makes it"
                )
                return self._without_run(planned, reason)
        tools = self.tools[planned.kind]
        try:
            roles = tools.prepare(self.watcher.installs)
        except CardgenError as problem:
            return self._without_run(planned, _line(problem))
        job = self._job(planned, roles)
        try:
            attempt = self._attempt(job, tools.command(roles))
            return self._taken(planned, job, attempt)
        except CardgenError as problem:  # the disk is full, a folder is not ours
            return self._without_run(planned, _line(problem))
        except OSError as problem:
            reason = f"{problem.filename or job.folder}: {problem.strerror}"
            return self._without_run(planned, reason)

    def _attempt(self, job: Job, command: tuple[str, ...]) -> runner.Attempt:
        """The job done by its collector. However that ends, a model that is not finished then is
        set aside, and a note of the run says where."""
        try:
            attempt = runner.attempt(job, command, self.watcher.hears)
        finally:
            told = self._set_aside(job)
        return attempt if told is None else attempt.noted(told)

    def _set_aside(self, job: Job) -> str | None:
        if job.kind != "quantization" or job.model.path is None:
            return None
        folder = Path(job.model.path)
        place = model_folder.set_aside(folder)
        if place == folder:
            return None
        where = redacted(self.card.project.relative(place))
        told = f"What the failed job wrote is in {where}: it is no model."
        self.watcher.hears(Event("note", told))
        return told

    def _job(self, planned: Planned, roles: Mapping[str, Role]) -> Job:
        root = self.card.project.root
        return Job(
            key=planned.key,
            kind=planned.kind,
            collector=self.tools[planned.kind].collector.name,
            card=self.card.name,
            project=str(root),
            folder=str(places.job_folder(root, self.card.name, planned.name, planned.key)),
            model=planned.model,
            base=planned.base,
            settings=planned.settings.model_dump(mode="json"),
            accelerator=self.accelerator,
            hardware=self.hardware,
            repeat=planned.repeat,
            roles=dict(roles),
            timeout_s=float(self.measure.timeout_s),
            trust_remote_code=self.measure.trust_remote_code,
        )

    def _taken(self, planned: Planned, job: Job, attempt: runner.Attempt) -> Outcome:
        """The attempt's run stored; a job that broke off keeps what it measured."""
        if attempt.run is None:
            assert attempt.reason is not None
            return self._without_run(
                planned, attempt.reason, seconds=attempt.duration_s, notes=attempt.notes
            )
        broken = attempt.reason is not None
        run = (
            storing.with_missing(attempt.run, planned, redacted(attempt.reason or ""))
            if broken
            else storing.finished(attempt.run, planned)
        )
        failures = tuple(
            f"{m.identity}: {m.reason}" for m in run.measurements if m.outcome == "failed"
        )
        whole = run.provenance.job is not None
        reason = attempt.reason or ("" if whole else failures[0])
        if not whole and not any(m.outcome == "measured" for m in run.measurements):
            return self._kept(planned, run, reason, "failed", attempt.duration_s)
        if not whole and storing.is_finished(planned.run_file):
            return Outcome("failed", reason, failures=failures, duration_s=attempt.duration_s)
        moved = storing.store(self.card, planned, run, job)
        return Outcome(
            "done" if whole else "failed",
            reason,
            planned.run_file,
            tuple(moved),
            failures,
            attempt.duration_s,
        )

    def _without_run(
        self,
        planned: Planned,
        reason: str,
        *,
        skipped: bool = False,
        seconds: float = 0.0,
        notes: tuple[str, ...] = (),
    ) -> Outcome:
        """A job that came to nothing: its promised measurements, failed or skipped."""
        reason = redacted(reason).replace(f"{self.card.project.root}/", "")
        job = self._job(planned, self.tools[planned.kind].roles)
        run = storing.failed_run(planned, job, reason, skipped=skipped, notes=notes)
        return self._kept(planned, run, reason, "skipped" if skipped else "failed", seconds)

    def _kept(
        self, planned: Planned, run: Run, reason: str, ending: Ending, seconds: float
    ) -> Outcome:
        """The failure as a record, unless something measured stands in its place."""
        if storing.holds_measurements(planned.run_file):
            return Outcome(ending, reason, duration_s=seconds)
        try:
            storing.write(planned.run_file, run)
        except CardgenError as problem:
            reason = f"{reason}; and no record of it could be written: {_line(problem)}"
            return Outcome(ending, reason, duration_s=seconds)
        return Outcome(ending, reason, planned.run_file, duration_s=seconds)


def _line(problem: CardgenError) -> str:
    """An error on one line."""
    if isinstance(problem, CombinedError):
        return _line(problem.errors[0])
    parts = [problem.place]
    parts += [f"expected {problem.expected}"] if problem.expected else []
    parts += [f"found {problem.found}"] if problem.found else []
    parts += [problem.next_step] if problem.next_step else []
    return " ".join("; ".join(parts).split())


@contextmanager
def alone(card: Card) -> Iterator[None]:
    """Hold the card's lock, which the kernel lets go when this process ends, however it does."""
    folder = places.state_folder(card.project.root) / "locks"
    folder.mkdir(exist_ok=True)
    path = folder / card.name
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            file.seek(0)
            holder = file.read(32).strip()
            raise ProjectError(
                f"card {card.name!r}",
                expected="one `cardgen collect` at a time",
                found=f"another at work (process {holder})" if holder else "another at work",
                next_step="wait for it, or end it with Ctrl-C there",
            ) from problem
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
