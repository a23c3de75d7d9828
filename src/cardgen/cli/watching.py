"""How `collect` shows what it does: a live line where a person watches, plain lines elsewhere.

Everything goes to stderr.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cardgen.errors import visible

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

    from cardgen.collect.collecting import Outcome
    from cardgen.collect.planning import Planned
    from cardgen.measuring.progress import Event
    from cardgen.spec.load import Project

PLAIN_INTERVAL_S = 60.0
"""How often a line says how far a stage is, where nobody watches."""


class Lines:
    """Plain lines: jobs, stages, notes, and now and then how far a stage is."""

    def __init__(self, project: Project, *, quiet: bool) -> None:
        self.project = project
        self.quiet = quiet
        self._stage = ""
        self._total: float | None = None
        self._told_at = 0.0

    def says(self, text: str) -> None:
        """A line for a person, unless nothing but failures is wanted."""
        if not self.quiet:
            self.fails(text)

    def fails(self, text: str) -> None:
        """A line that is said in any case."""
        click.echo(visible(text), err=True)

    def starts(self, planned: Planned, number: int, total: int) -> None:
        """A job begins."""
        self.says(f"[{number}/{total}] {planned.name}")

    def hears(self, event: Event) -> None:
        """The collector said something."""
        if event.event == "stage":
            self._stage, self._total, self._told_at = event.name, event.total, time.monotonic()
            self.says(f"  {event.name}")
        elif event.event == "note":
            self.says(f"  note: {event.name}")
        elif time.monotonic() - self._told_at >= PLAIN_INTERVAL_S:
            self._told_at = time.monotonic()
            of = f" of {self._total:g}" if self._total else ""
            self.says(f"  {self._stage}: {event.done:g}{of}")

    def installs(self, text: str) -> None:
        """An environment is being built."""
        self.says(f"  {text}")

    def ends(self, planned: Planned, outcome: Outcome) -> None:
        """A job has ended."""
        for path in outcome.moved:
            place = self.project.relative(path)
            self.says(f"  {place}: the earlier run is kept in .cardgen/replaced/")
        if outcome.ending == "done":
            self.says(f"  done in {outcome.duration_s:.0f} s")
        else:
            self.fails(f"  {planned.name} {outcome.ending}: {outcome.reason}")
        for failure in outcome.failures:
            if failure != outcome.reason:
                self.fails(f"  failed: {failure}")

    def stop(self) -> None:
        """Nothing more moves."""


class Live(Lines):
    """A line below the lines: the job, its stage, for how long; of a stage whose end is known, a
    bar, how far, how much time is left."""

    def __init__(
        self, project: Project, progress: Progress, more: Sequence[ProgressColumn], *, quiet: bool
    ) -> None:
        super().__init__(project, quiet=quiet)
        self._progress = progress
        self._always = tuple(progress.columns)
        self._more = tuple(more)
        self._task: TaskID | None = None
        self._job = ""

    def fails(self, text: str) -> None:
        """A line above the bar."""
        from rich.text import Text

        self._progress.console.print(Text(visible(text)), soft_wrap=True)

    def starts(self, planned: Planned, number: int, total: int) -> None:
        """A job begins."""
        super().starts(planned, number, total)
        self._job = f"{number}/{total} {planned.name}"
        self._show("starting", None)

    def hears(self, event: Event) -> None:
        """The collector said something: most of it moves the bar."""
        if event.event == "stage":
            self._show(event.name, event.total)
        elif event.event == "advance" and self._task is not None:
            self._progress.update(self._task, completed=event.done)
        elif event.event == "note":
            self.says(f"  note: {event.name}")

    def installs(self, text: str) -> None:
        """An environment is being built."""
        self._show(text, None)

    def ends(self, planned: Planned, outcome: Outcome) -> None:
        """A job has ended."""
        self._clear()
        super().ends(planned, outcome)

    def stop(self) -> None:
        """The bar goes."""
        self._clear()
        self._progress.stop()

    def _show(self, stage: str, total: float | None) -> None:
        from rich.markup import escape

        self._clear()
        # A bar that never fills and `0/?` say less than nothing of a phase that takes minutes.
        self._progress.columns = (*self._always, *(self._more if total else ()))
        words = escape(f"{self._job}: {visible(stage)}"[:200])
        self._task = self._progress.add_task(words, total=total)

    def _clear(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None


@contextmanager
def watching(project: Project, *, quiet: bool) -> Iterator[Lines]:
    """What shows the work: a bar if stderr is a terminal, else lines."""
    if quiet or not sys.stderr.isatty():
        yield Lines(project, quiet=quiet)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    progress = Progress(
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # run files' names go there, not to the console
    )
    with progress:
        more = (BarColumn(bar_width=20), MofNCompleteColumn(), TimeRemainingColumn())
        yield Live(project, progress, more, quiet=quiet)
