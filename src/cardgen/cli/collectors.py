"""`cardgen collectors`: which collectors there are, and the environments that they run in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from cardgen.collect.environments import Progress, RoleEnvironment
    from cardgen.collect.manifest import Collector, Role
    from cardgen.measuring.job import Accelerator

MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@click.group("collectors")
def command() -> None:
    """Show, install, check and remove what the collectors run in.

    NAME is a collector (serving), a role (serve), or both (serving/serve).
    """


def _accelerator_option(function: Any) -> Any:
    return click.option(
        "--accelerator",
        type=click.Choice(["cpu", "cuda"]),
        help="By default cuda where an NVIDIA driver answers, else cpu.",
    )(function)


@command.command("list")
@_accelerator_option
def list_command(accelerator: Accelerator | None) -> int:
    """List collectors, roles and environments."""
    from cardgen.collect import environments
    from cardgen.collect.environments import told_size
    from cardgen.measuring.machine import usual_accelerator

    wanted = accelerator or usual_accelerator()
    for collector in _collectors().values():
        own = "" if collector.packaged else " (this project's)"
        click.echo(f"{collector.name}{own}: {collector.summary}")
        for role in collector.roles.values():
            known = ", ".join(role.locks) or "no lock: give --python"
            state = _state(role, wanted) if wanted in role.locks else f"no lock for {wanted}"
            click.echo(f"  {role.name:<10} {known:<10} {state:<36} {role.summary or ''}".rstrip())
    click.echo(f"environments for {wanted}, in {environments.environments_folder()}")
    stored = environments.stored()
    unused = _unused(stored)
    if unused:
        total = told_size(
            sum(left.size_bytes or environments.size_of(left.folder) for left in unused)
        )
        click.echo(
            f"{len(unused)} more that no collector needs, {total}: "
            "`cardgen collectors remove --unused`"
        )
    return 0


def _state(role: Role, accelerator: Accelerator) -> str:
    from cardgen.collect import environments

    found = environments.describe(role, accelerator)
    size = role.size_gb.get(accelerator)
    if found.built and found.folder:
        return f"built, {environments.told_size(found.size_bytes or 0)}, {found.folder.name[:20]}"
    return f"not built, about {size:g} GB" if size else "not built"


@command.command("install")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_accelerator_option
def install_command(names: tuple[str, ...], accelerator: Accelerator | None) -> int:
    """Build environments now: the named ones, or all."""
    from cardgen.collect import environments
    from cardgen.measuring.machine import usual_accelerator

    wanted = accelerator or usual_accelerator()
    roles = _roles(names)
    if not names:
        roles = [role for role in roles if wanted in role.locks]
    seen: dict[Path, RoleEnvironment] = {}
    with narrate() as tell:
        for role in roles:
            found = environments.describe(role, wanted)
            if found.python in seen:
                continue
            if found.built:
                tell(f"{found.label} stands already")
            seen[found.python] = environments.ensure(role, wanted, tell)
    for found in seen.values():
        size = environments.told_size(found.size_bytes or 0)
        click.echo(f"{found.label}\t{size}\t{found.python}")
    return 0


@command.command("doctor")
@_accelerator_option
@click.option("--no-imports", is_flag=True, help="Do not start the environments: quicker.")
def doctor_command(accelerator: Accelerator | None, *, no_imports: bool) -> int:
    """Say what this machine can measure, and what is broken.

    Each built environment is started once to see whether it imports what it must. Exit code 1 if
    something is broken.
    """
    from cardgen.collect.doctor import examine
    from cardgen.measuring.machine import usual_accelerator

    broken = False
    for finding in examine(
        _collectors(), accelerator or usual_accelerator(), imports=not no_imports
    ):
        mark, colour = MARKS[finding.level]
        shown = click.style(mark, fg=colour) if sys.stdout.isatty() else mark
        click.echo(f"{shown}  {finding.subject}: {finding.found}")
        if finding.next_step:
            click.echo(f"      next: {finding.next_step}")
        broken |= finding.level == "fail"
    return int(broken)


@command.command("remove")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--unused", is_flag=True, help="All that no collector's lock of today needs.")
@_accelerator_option
def remove_command(names: tuple[str, ...], accelerator: Accelerator | None, *, unused: bool) -> int:
    """Delete environments.

    Roles with the same lock share one: it is gone for all of them, and can be built again.
    """
    from cardgen.collect import environments

    if not names and not unused:
        raise click.UsageError("Give a NAME, or --unused.")
    folders = [left.folder for left in _unused(environments.stored())] if unused else []
    for role in _roles(names) if names else []:
        for known in role.locks:
            found = environments.describe(role, known)
            if accelerator in (None, known) and found.folder and found.folder.is_dir():
                folders.append(found.folder)
    for folder in dict.fromkeys(folders):
        size = environments.told_size(environments.size_of(folder))
        done = environments.remove(folder)
        words = f"removed {folder}, {size}" if done else f"kept {folder}: being built right now"
        click.echo(words, err=True)
    if not folders:
        click.echo("nothing to remove", err=True)
    return 0


@command.command("run", context_settings={"ignore_unknown_options": True})
@click.argument("name", metavar="COLLECTOR/ROLE")
@click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- ARGV...")
@click.option("--env", "pairs", multiple=True, metavar="NAME[=VALUE]", help="One more variable.")
@_accelerator_option
def run_command(
    name: str, argv: tuple[str, ...], pairs: tuple[str, ...], accelerator: Accelerator | None
) -> int:
    """Run a program in a role's environment.

    The environment is built first if need be. `python` is the environment's; so are the programs
    that its packages bring. The program sees the variables that a collector's programs see, and
    those given with --env.
    """
    from cardgen.collect import environments
    from cardgen.measuring.machine import usual_accelerator

    wanted = accelerator or usual_accelerator()
    role = _one(name, wanted)
    with narrate() as tell:
        found = environments.ensure(role, wanted, tell)
    extra = dict(_variable(pair) for pair in pairs)
    _execute(found, argv, extra)
    return 2  # not reached: the program took this process's place


def _execute(found: RoleEnvironment, argv: tuple[str, ...], extra: dict[str, str]) -> None:
    from cardgen.errors import ProjectError
    from cardgen.measuring import processes

    path = os.pathsep.join([str(found.python.parent), os.environ.get("PATH", os.defpath)])
    variables = processes.environment(
        {"PATH": path, "VIRTUAL_ENV": str(found.folder)}, also=found.role.variables
    )
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvpe(argv[0], argv, {**variables, **extra})  # noqa: S606 - what the user asked for
    except OSError as problem:
        raise ProjectError(
            f"the program {argv[0]!r}",
            expected=f"a program of {found.label}, or one on the PATH",
            found=problem.strerror or type(problem).__name__,
            next_step=f"see what {found.python.parent} has",
        ) from problem


def _variable(pair: str) -> tuple[str, str]:
    name, given, value = pair.partition("=")
    if not name or (not given and name not in os.environ):
        raise click.BadParameter(
            f"{pair!r}: give NAME=VALUE, or the name of a variable that is set"
        )
    return name, value if given else os.environ[name]


def _collectors() -> dict[str, Collector]:
    from cardgen.collect.manifest import find_collectors
    from cardgen.errors import ProjectError
    from cardgen.spec.locate import find_root

    try:
        root: Path | None = find_root()
    except ProjectError:
        root = None  # the packaged collectors need no project
    return find_collectors(root)


def _roles(names: tuple[str, ...]) -> list[Role]:
    from cardgen.collect.manifest import choose

    collectors = _collectors()
    return [role for name in names or tuple(collectors) for role in choose(collectors, name)]


def _one(name: str, accelerator: Accelerator) -> Role:
    """The one role that is meant: several that share one environment are one."""
    from cardgen.errors import CollectorError

    roles = _roles((name,))
    locks = {role.locks.get(accelerator) for role in roles}
    if len(locks) == 1:
        return roles[0]
    raise CollectorError(
        f"the role {name!r}",
        expected="one environment",
        found=f"several: {', '.join(role.label for role in roles)}",
        next_step="name one of them",
    )


def _unused(stored: list[Any]) -> list[Any]:
    """What stands in the environments' folder and belongs to no lock of any collector."""
    from cardgen.collect import environments

    roles = [role for collector in _collectors().values() for role in collector.roles.values()]
    used = {environments.describe(role, known).folder for role in roles for known in role.locks}
    return [left for left in stored if left.folder not in used or not left.complete]


@contextmanager
def narrate() -> Iterator[Progress]:
    """Lines on stderr as an environment is built; where a person watches, the last one moves."""
    if not sys.stderr.isatty():
        yield lambda line: click.echo(line, err=True)
        return
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True)
    with console.status("") as status:

        def tell(line: str) -> None:
            status.update(escape(line))
            if not line.startswith("Downloading"):
                console.print(line, markup=False, highlight=False)

        yield tell
