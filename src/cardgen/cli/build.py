"""`cardgen build`: render cards, check that they are up to date, or watch and render again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardgen.build.cache import CheckCache
from cardgen.errors import CardgenError
from cardgen.spec.locate import card_name, card_names, find_root

if TYPE_CHECKING:
    from cardgen.build.outputs import Difference, Outputs
    from cardgen.spec.load import Project

SHOWN_MISSING = 5
SHOWN_CHANGES = 12


@click.command("build")
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "every", is_flag=True, help="Every card of the project.")
@click.option("--lang", "languages", multiple=True, metavar="CODE", help="Only these languages.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 and show what is stale.")
@click.option("--no-cache", is_flag=True, help="With --check: render even what is known current.")
@click.option("--watch", is_flag=True, help="Build again whenever a file of the project changes.")
@click.option("--overwrite", is_flag=True, help="Replace generated files that were edited by hand.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def command(
    names: tuple[str, ...],
    languages: tuple[str, ...],
    *,
    every: bool,
    check: bool,
    no_cache: bool,
    watch: bool,
    overwrite: bool,
    quiet: bool,
) -> int:
    """Render the cards NAME... from their records.

    Writes README.md, README.<language>.md, plots and .eval_results into the card's folder; a file
    whose content would stay the same is not touched. A generated file that was edited by hand is
    refused unless --overwrite is given.
    """
    if every and names:
        raise click.UsageError(
            f"Both --all and {names[0]!r} were given. Name the cards to build, or give --all."
        )
    if not every and not names:
        raise click.UsageError("Name the cards to build, or give --all.")
    if check and (watch or overwrite):
        raise click.UsageError("--check writes nothing: leave out --watch and --overwrite.")
    root = find_root()
    chosen = card_names(root) if every else [card_name(root, name) for name in names]
    if every and not chosen:
        click.echo(f"no cards in {root / 'cards'}", err=True)
    if check:
        return _check(root, chosen, languages, no_cache=no_cache, quiet=quiet)
    code = _build(root, chosen, languages, overwrite=overwrite, quiet=quiet)
    if watch:
        return _watch(root, chosen, languages, every=every, overwrite=overwrite, quiet=quiet)
    return code


def _check(
    root: Path, names: list[str], languages: tuple[str, ...], *, no_cache: bool, quiet: bool
) -> int:
    cache = CheckCache(root)
    stale = 0
    by_hand = 0
    failed = False
    unknown = [name for name in names if no_cache or languages or not cache.is_current(name)]
    project: Project | None = None
    for name in unknown:
        from cardgen.build import outputs
        from cardgen.spec.load import find_project

        project = project or find_project(root)
        started = time.time_ns()
        try:
            wanted = outputs.outputs(project, name, languages)
        except CardgenError as problem:
            click.echo(f"error: {problem}", err=True)
            failed = True
            continue
        found = outputs.differences(wanted, root)
        for difference in found:
            reason = _refusal(difference, wanted) or difference.reason
            by_hand += reason != difference.reason
            click.echo(f"{difference.path.relative_to(root).as_posix()}: {reason}", err=True)
            click.echo(difference.diff, nl=False)
        stale += bool(found)
        if not found and not languages:
            cache.remember(name, wanted.run_folders, since_ns=started)
    cache.save()
    if failed:
        return 2
    if stale:
        step = "run `cardgen build`"
        if by_hand:
            step = (
                f"{_counted(by_hand, 'file')} edited by hand or not cardgen's: keep what is worth"
                " keeping in prose.*.md, then run `cardgen build --overwrite`"
            )
        click.echo(f"{stale} of {_counted(len(names), 'card')} stale; {step}", err=True)
        return 1
    if not quiet:
        click.echo(f"{len(names)} up to date", err=True)
    return 0


def _refusal(difference: Difference, wanted: Outputs) -> str | None:
    """Why a build would refuse to replace the file; None where it would not."""
    from cardgen.build import seal
    from cardgen.plots import stamp

    if difference.reason != "stale":
        return None
    try:
        data = difference.path.read_bytes()
    except OSError:
        return None
    if difference.path in wanted.texts:
        verdict = seal.verdict(data)
        if verdict == "ours":
            return None
        return "edited by hand" if verdict == "edited" else "not written by cardgen"
    if stamp.is_untouched(data):
        return None
    return "edited by hand" if stamp.is_cardgen_plot(data) else "not drawn by cardgen"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _build(
    root: Path, names: list[str], languages: tuple[str, ...], *, overwrite: bool, quiet: bool
) -> int:
    from cardgen.build import outputs
    from cardgen.cli.progress import track
    from cardgen.spec.load import find_project

    project = find_project(root)
    cache = CheckCache(root)
    failures: list[CardgenError] = []
    written_total = 0
    alone = len(names) == 1
    for name in track(names, "building", quiet=quiet or alone):
        started = time.time_ns()
        try:
            wanted = outputs.outputs(project, name, languages)
            written = outputs.write(wanted, overwrite=overwrite)
        except CardgenError as problem:
            if alone:
                raise
            failures.append(problem)
            continue
        written_total += len(written)
        if not quiet and (alone or written):
            _tell(root, name, wanted, written, with_missing=alone)
        if not languages:
            cache.remember(name, wanted.run_folders, since_ns=started)
    cache.save()
    if not quiet and not alone:
        total = f"{_counted(len(names), 'card')}, {_counted(written_total, 'file')} written"
        click.echo(total, err=True)
    for failure in failures:
        click.echo(f"error: {failure}", err=True)
    return 2 if failures else 0


def _tell(
    root: Path, name: str, wanted: Outputs, written: list[Path], *, with_missing: bool
) -> None:
    for path in written:
        click.echo(f"wrote {path.relative_to(root).as_posix()}", err=True)
    if not written:
        click.echo(f"{name}: up to date", err=True)
    for warning in wanted.warnings:
        click.echo(f"{name}: warning: {warning}", err=True)
    _tell_changed_rules(root, name, wanted)
    if with_missing:
        _tell_unmeasured(name, wanted)
    if with_missing and wanted.missing:
        verb = "has" if len(wanted.missing) == 1 else "have"
        click.echo(f"{name}: {_counted(len(wanted.missing), 'cell')} {verb} no value:", err=True)
        for missing in wanted.missing[:SHOWN_MISSING]:
            click.echo(f"  {missing}", err=True)
        if len(wanted.missing) > SHOWN_MISSING:
            rest = len(wanted.missing) - SHOWN_MISSING
            click.echo(f"  and {rest} more: `cardgen explain {name}` lists them", err=True)


def _tell_changed_rules(root: Path, name: str, wanted: Outputs) -> None:
    """What a card that earlier rules made shows differently now, and why."""
    page = next((path for path in wanted.earlier if path.suffix == ".md"), None)
    if page is None:
        return
    from cardgen.diff.earlier import changes

    found = changes(wanted.card, wanted.earlier[page])
    place = page.relative_to(root).as_posix()
    click.echo(
        f"{name}: {place} was made by rules of an earlier cardgen; docs/upgrading.md says what"
        " they change",
        err=True,
    )
    for line in found[:SHOWN_CHANGES]:
        click.echo(f"  {line}", err=True)
    if len(found) > SHOWN_CHANGES:
        click.echo(f"  and {len(found) - SHOWN_CHANGES} more", err=True)


def _tell_unmeasured(name: str, wanted: Outputs) -> None:
    """What the card's plan promises and no run has, with the command that measures it."""
    if wanted.card.specification.measure is None:
        return
    from cardgen.collect.promises import missing

    found = missing(wanted.card)
    if not found:
        return
    verb = "is" if len(found) == 1 else "are"
    number = _counted(len(found), "planned measurement")
    plans = wanted.card.specification.measure.plans
    of = " of the full plan" if plans else ""
    click.echo(f"{name}: {number}{of} {verb} missing; `cardgen collect {name}` measures:", err=True)
    for measurement in found[:SHOWN_MISSING]:
        click.echo(f"  {str(measurement.identity).replace('(*, ', '(')}", err=True)
    if len(found) > SHOWN_MISSING:
        rest = len(found) - SHOWN_MISSING
        click.echo(f"  and {rest} more: see `cardgen collect {name} --dry-run`", err=True)


def _watch(
    root: Path,
    names: list[str],
    languages: tuple[str, ...],
    *,
    every: bool,
    overwrite: bool,
    quiet: bool,
) -> int:
    from watchfiles import watch

    from cardgen.render.environment import forget_templates

    click.echo("watching; Ctrl-C ends", err=True)
    for changes in watch(root, watch_filter=_is_input, raise_interrupt=True):
        if any(path.endswith((".j2", ".po")) for _, path in changes):
            forget_templates()
        chosen = card_names(root) if every else names
        try:
            _build(root, chosen, languages, overwrite=overwrite, quiet=quiet)
        except CardgenError as problem:
            click.echo(f"error: {problem}", err=True)
    return 0


def _is_input(change: object, path: str) -> bool:  # noqa: ARG001 - watchfiles' signature
    """Whether a changed file is one that cards are made from, not one that cardgen writes."""
    name = Path(path).name
    if name.startswith("."):
        return False
    return name in ("card.yaml", "cardgen.yaml") or (
        name.endswith((".json", ".j2", ".po"))
        or (name.startswith("prose.") and name.endswith(".md"))
    )
