"""`cardgen audit`: what cannot be true in a model card, whoever wrote it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardgen.errors import CardgenError

if TYPE_CHECKING:
    from cardgen.audit.audited import Audited
    from cardgen.audit.auditing import Choice
    from cardgen.audit.sources import Source

FORMATS = ("terminal", "markdown", "json", "sarif", "github")
LEVELS = ("error", "warning", "note", "never")


@click.command("audit")
@click.argument("cards", nargs=-1, metavar="CARD...")
@click.option("--format", "form", type=click.Choice(FORMATS), default="terminal", show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file instead of stdout.",
)
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    default="error",
    show_default=True,
    help="Exit 1 if there is a finding as severe as this.",
)
@click.option("--select", multiple=True, metavar="RULE", help="Tell of these rules only.")
@click.option("--ignore", multiple=True, metavar="RULE", help="Tell nothing of these rules.")
@click.option("--no-suppressions", is_flag=True, help="Heed no comment in a card, no baseline.")
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Leave out the findings that this file knows.",
)
@click.option(
    "--write-baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all findings to this file as known, and exit 0.",
)
@click.option("--fix", is_flag=True, help="Mend what has one right value, after showing it.")
@click.option("--yes", is_flag=True, help="With --fix: write without asking.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Processes that audit side by side.",
)
@click.option("--list-rules", is_flag=True, help="Print every rule with what it checks.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors.")
def command(
    cards: tuple[str, ...],
    form: str,
    *,
    output: Path | None,
    fail_on: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    no_suppressions: bool,
    baseline: Path | None,
    write_baseline: Path | None,
    fix: bool,
    yes: bool,
    jobs: int,
    list_rules: bool,
    quiet: bool,
) -> int:
    """Check the numbers and names of the model cards CARD...

    A CARD is a file, a folder (its README*.md, else its *.md), a pattern, - for standard input, a
    card of the project by its name, or organisation/name or organisation/* on the Hub. Exit code:
    0 nothing found, 1 findings, 2 a card could not be read.
    """
    if list_rules:
        return _list_rules()
    if not cards:
        raise click.UsageError("Name the cards to audit.")
    if yes and not fix:
        raise click.UsageError("--yes goes with --fix.")
    choice = _choice(select, ignore, comments=not no_suppressions)
    from cardgen.audit import suppression
    from cardgen.audit.auditing import audit_across

    known = suppression.read_baseline(baseline) if baseline is not None else suppression.Baseline()
    sources, failed = _sources(cards, quiet=quiet)
    if fix:
        _fix(sources, choice, yes=yes, quiet=quiet)
    choice = choice._replace(across=len(sources) > 1 or any(s.kind == "own" for s in sources))
    found = failed + list(_audited(sources, choice, jobs=jobs, quiet=quiet))
    if choice.across:
        found = audit_across(found, choice)
    for card in found:
        if card.error:
            click.echo(f"error: {card.error}", err=True)
    if write_baseline is not None:
        return _write_baseline(write_baseline, found, quiet=quiet)
    if not no_suppressions:
        found = [known.apply(card, choice.ran) for card in found]
    _print(_text(found, form), output)
    if not quiet:
        from cardgen.audit.formats.terminal import summary

        click.echo(summary(found), err=True)
    if any(card.error for card in found):
        return 2
    severe = LEVELS[: LEVELS.index(fail_on) + 1] if fail_on != "never" else ()
    return int(any(item.severity in severe for card in found for item in card.findings))


def _list_rules() -> int:
    from cardgen.audit.rulebook import book

    for rule in book().values():
        text = "\n".join(f"    {line}".rstrip() for line in rule.text.splitlines())
        click.echo(f"{rule.name}\n{text}\n")
    return 0


def _choice(select: tuple[str, ...], ignore: tuple[str, ...], *, comments: bool) -> Choice:
    import difflib

    from cardgen.audit.auditing import Choice
    from cardgen.audit.rulebook import names

    for name in (*select, *ignore):
        if name not in names():
            close = difflib.get_close_matches(name, names(), n=1)
            hint = f" Did you mean {close[0]!r}?" if close else " `--list-rules` shows all."
            raise click.UsageError(f"No rule is named {name!r}.{hint}")
    return Choice(frozenset(select), frozenset(ignore), comments)


def _sources(cards: Sequence[str], *, quiet: bool) -> tuple[list[Source], list[Audited]]:
    """What the arguments name, and what they fail to name."""
    from cardgen.audit.audited import Audited
    from cardgen.audit.sources import Source, expand

    def tell(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    sources: list[Source] = []
    failed: list[Audited] = []
    for item in expand(cards, stdin=lambda: sys.stdin.buffer.read(), tell=tell):
        if isinstance(item, Source):
            sources.append(item)
        else:
            failed.append(Audited(item.place, (), (), error=str(item)))
    return sources, failed


def _audited(
    sources: Sequence[Source], choice: Choice, *, jobs: int, quiet: bool
) -> Iterator[Audited]:
    from cardgen.audit.parallel import audit_all
    from cardgen.cli.progress import track

    results = audit_all(sources, choice, jobs=jobs)
    if len(sources) > 1:
        for _, cards in zip(track(sources, "auditing", quiet=quiet), results, strict=True):
            yield from cards
    else:
        for cards in results:
            yield from cards


def _write_baseline(path: Path, found: Sequence[Audited], *, quiet: bool) -> int:
    from cardgen.audit.suppression import baseline_text
    from cardgen.store import files

    if any(card.error for card in found):
        click.echo(f"{path}: not written, because a card could not be read", err=True)
        return 2
    files.replace(path, baseline_text(found, path.parent).encode("utf-8", "backslashreplace"))
    if not quiet:
        click.echo(f"wrote {path}: {sum(len(card.findings) for card in found)} known", err=True)
    return 0


def _fix(sources: Sequence[Source], choice: Choice, *, yes: bool, quiet: bool) -> None:
    """Show what would be mended, and write it where that is wanted."""
    from cardgen.audit.auditing import audit_card
    from cardgen.audit.fixing import diff, mend
    from cardgen.audit.sources import witness
    from cardgen.store import files

    if any(source.kind != "file" for source in sources):
        raise click.UsageError("--fix mends files: name them.")
    wanted: list[tuple[Path, bytes]] = []
    count = 0
    for source in sources:
        path = Path(source.place)
        try:
            data = files.read_bytes(path)
        except CardgenError:
            continue  # the audit that follows tells it
        card = audit_card(data, source.place, file_name=witness(source.place), choice=choice)
        mended = mend(data, (item.fix for item in card.findings if item.fix is not None))
        if mended.data != data:
            click.echo(diff(source.place, data, mended.data), nl=False, err=True)
            wanted.append((path, mended.data))
            count += len(mended.fixes)
    if not wanted:
        if not quiet:
            click.echo("nothing to mend without a doubt", err=True)
        return
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            click.echo("nothing written: add --yes to write it", err=True)
            return
        if not click.confirm(f"Write {count} changes to {len(wanted)} files?", err=True):
            return
    for path, mended_data in wanted:
        files.replace(path, mended_data)
        if not quiet:
            click.echo(f"wrote {path}", err=True)


def _text(found: Sequence[Audited], form: str) -> str:
    if form == "json":
        from cardgen.audit.formats import document

        return document.document(found)
    if form == "sarif":
        from cardgen.audit.formats import sarif

        return sarif.document(found)
    if form == "markdown":
        from cardgen.audit.formats import markdown

        return markdown.document(found)
    if form == "github":
        from cardgen.audit.formats import github

        return "\n".join(line for card in found for line in github.lines(card))
    from cardgen.audit.formats import terminal

    def style(text: str, colour: str) -> str:
        return click.style(text, fg=colour)

    return "\n".join(line for card in found for line in terminal.lines(card, style))


def _print(text: str, output: Path | None) -> None:
    if output is not None:
        from cardgen.store import files

        files.replace(output, f"{click.unstyle(text)}\n".encode("utf-8", "backslashreplace"))
    elif text:
        click.echo(text)
