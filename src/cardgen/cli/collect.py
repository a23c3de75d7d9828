"""`cardgen collect`: measure what a card's plan still lacks."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from cardgen.spec.locate import card_name, find_root

if TYPE_CHECKING:
    from cardgen.collect.collecting import Summary
    from cardgen.collect.planning import Planned
    from cardgen.collect.tools import Own, Tools
    from cardgen.measuring.job import Kind
    from cardgen.spec.load import Project

KINDS = ("quantization", "accuracy", "serving", "device")
INTERRUPTED = 130


@click.command("collect")
@click.argument("name")
@click.argument("kinds", nargs=-1, metavar="[KIND]...", type=click.Choice(KINDS))
@click.option("--dry-run", is_flag=True, help="Print the plan and how its jobs stand.")
@click.option("--force", is_flag=True, help="Measure again what is done.")
@click.option("--repeats", type=click.IntRange(1, 99), help="Independent runs, for this call.")
@click.option("--only", metavar="GLOB", help="Only jobs whose name fits, as 'serving-*-1'.")
@click.option("--plan", metavar="NAME", help="A named plan of card.yaml's `measure.plans`.")
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="ROLE=PATH",
    help="Use this interpreter for a role instead of building its environment.",
)
@click.option("--target", metavar="URL", help="A running server, for the role `serve`.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but failures.")
def command(
    name: str,
    kinds: tuple[Kind, ...],
    *,
    dry_run: bool,
    force: bool,
    repeats: int | None,
    only: str | None,
    plan: str | None,
    pythons: tuple[str, ...],
    target: str | None,
    quiet: bool,
) -> int:
    """Measure what the plan of the card NAME still lacks, all kinds or those named.

    What is done is never measured again unless --force is given; an interrupted call goes on
    where it stopped. Prints the run files that were written, one a line. Exit code 1: a job
    failed, its record and its log say why.
    """
    from cardgen.card import open_card
    from cardgen.collect.collecting import Collecting, alone
    from cardgen.collect.planning import Choice, Planner, chosen
    from cardgen.collect.promises import wanted_kinds
    from cardgen.collect.tools import tools_for
    from cardgen.measuring.machine import usual_accelerator, usual_hardware
    from cardgen.spec.load import find_project

    own = _own(pythons, target)
    root = find_root()
    project = find_project(root)
    card = open_card(project, card_name(root, name))
    choice = Choice(kinds, only, repeats, plan, force)
    measure = chosen(card, choice)
    accelerator = measure.accelerator or usual_accelerator()
    hardware = measure.hardware or usual_hardware(accelerator)
    used = tuple(kind for kind in wanted_kinds(measure) if not kinds or kind in kinds)
    needed = ("quantization",) if measure.quantization is not None else ()
    tools = tools_for(tuple(dict.fromkeys((*needed, *used))), root, accelerator, own)

    def planned() -> list[Planned]:
        fresh = open_card(project, card.name)
        roles = {kind: found.roles for kind, found in tools.items()}
        names = {kind: found.collector.name for kind, found in tools.items()}
        planner = Planner(
            fresh,
            measure,
            accelerator=accelerator,
            hardware=hardware,
            collectors=names,
            roles=roles,
        )
        return planner.jobs(choice)

    if dry_run:
        click.echo(_table(planned(), tools))
        return 0
    from cardgen.cli.watching import watching

    with alone(card), _ended_by_signals(), watching(project, quiet=quiet) as watcher:
        jobs = planned()
        due = [job for job in jobs if job.state != "done"]
        if not due:
            watcher.says(f"{card.name}: all {_counted(len(jobs), 'job')} done; --force repeats")
            return 0
        collecting = Collecting(
            card,
            measure,
            tools,
            accelerator=accelerator,
            hardware=hardware,
            watcher=watcher,
        )
        try:
            summary = collecting.work(jobs)
        except KeyboardInterrupt:
            watcher.stop()
            _close(project, collecting.summary, len(due))
            click.echo("interrupted: the same command goes on where this one stopped", err=True)
            sys.exit(INTERRUPTED)
    _close(project, summary, len(due), quiet=quiet)
    return 0 if summary.clean else 1


def _own(pythons: Sequence[str], target: str | None) -> Own:
    from cardgen.collect.tools import Own

    found: dict[str, Path] = {}
    for text in pythons:
        role, equals, path = text.partition("=")
        if not equals or not role or not path:
            raise click.UsageError(f"--python takes ROLE=PATH, not {text!r}.")
        found[role] = Path(path)
    if target is not None and not target.startswith(("http://", "https://")):
        raise click.UsageError(f"--target takes a URL, http://HOST:PORT, not {target!r}.")
    return Own(found, target.rstrip("/") if target else None)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the call as Ctrl-C does: every process with it, what is done kept."""

    def ended(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = {number: signal.signal(number, ended) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _table(jobs: Sequence[Planned], tools: dict[Kind, Tools]) -> str:
    from tabulate import tabulate

    from cardgen.collect.environments import told_size

    told: set[str] = set()
    rows = []
    for job in jobs:
        words = []
        for environment in tools[job.kind].unbuilt if job.due else ():
            key = str(environment.folder)
            if key not in told:
                told.add(key)
                size = environment.role.size_gb.get(environment.accelerator)
                words.append(
                    f"{environment.role.name} {told_size(size * 1e9) if size else 'to build'}"
                )
        time = _duration(job.earlier_s) if job.earlier_s is not None else ""
        rows.append([job.name, job.state, job.reason, ", ".join(words), time])
    due = [job for job in jobs if job.due]
    known = [job.earlier_s for job in due if job.earlier_s is not None]
    lines = [
        tabulate(
            rows,
            headers=["job", "state", "", "to build", "took"],
            tablefmt="simple",
            disable_numparse=True,
        ),
        "",
        f"{_counted(len(jobs), 'job')}, {len(due)} due"
        + (f", about {_duration(sum(known))}" if known and len(known) == len(due) else ""),
    ]
    return "\n".join(lines)


def _close(project: Project, summary: Summary, due: int, *, quiet: bool = False) -> None:
    """What was written, to stdout; how it went, to stderr."""
    for outcome in summary.outcomes.values():
        if outcome.run_file is not None:
            click.echo(project.relative(outcome.run_file))
    endings = [outcome.ending for outcome in summary.outcomes.values()]
    words = [f"{endings.count('done')} of {_counted(due, 'job')} done"]
    words += [f"{endings.count(e)} {e}" for e in ("failed", "skipped") if endings.count(e)]
    if not quiet or not summary.clean:
        click.echo(", ".join(words), err=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
