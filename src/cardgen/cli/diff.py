"""`cardgen diff`: what changed in a card, and whether it is real."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardgen.diff.report import DOUBTFUL, VERDICTS

if TYPE_CHECKING:
    from cardgen.diff.report import Report


@click.command("diff")
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "every", is_flag=True, help="Every card that either side has.")
@click.option(
    "--against",
    default="HEAD",
    show_default=True,
    metavar="SIDE",
    help="A git revision, a project's folder, a published README, or `hub`.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "markdown", "json", "html"]),
    default="terminal",
    show_default=True,
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file instead of stdout.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 if anything changed.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(VERDICTS),
    metavar="VERDICT",
    help="Exit 1 if there is such a change; may be given several times.",
)
@click.option("--strict", is_flag=True, help="Exit 1 on a regression, or what could hide one.")
def command(
    names: tuple[str, ...],
    *,
    every: bool,
    against: str,
    form: str,
    output: Path | None,
    exit_code: bool,
    fail_on: tuple[str, ...],
    strict: bool,
) -> int:
    """Compare the cards NAME... with another state of theirs, by default the committed one.

    Measurements are compared by what was measured, never by text or position. A change is claimed
    only if its interval lies wholly beyond the metric's practical threshold, corrected for the
    number of comparisons (docs/diff.md).
    """
    from cardgen.diff import side, state
    from cardgen.diff.compare import compare
    from cardgen.spec.locate import find_root

    if every and names:
        raise click.UsageError("Name the cards, or give --all; not both.")
    if not every and not names:
        raise click.UsageError("Name the cards to compare, or give --all.")
    root = find_root()
    reports: list[Report] = []
    chosen = side.names(root, against) if every else side.chosen(root, names, against)
    for name in chosen:
        ours = state.load(root, name, side.WORK_TREE)
        with side.opened(ours, against) as theirs:
            reports.append(compare(theirs, ours))
    _print(_text(reports, form), output)
    changes = [change for report in reports for change in report.changes]
    refused = {*fail_on, *(DOUBTFUL if strict else ())}
    return int(any(exit_code or change.verdict in refused for change in changes))


def _text(reports: Sequence[Report], form: str) -> str:
    if form == "json":
        from cardgen.diff.document import document

        return document(reports)
    if form == "markdown":
        from cardgen.diff.markdown import comment

        return comment(reports)
    if form == "html":
        from cardgen.diff.page import page

        return page(reports)
    from cardgen.diff import terminal

    def style(text: str, colour: str | None) -> str:
        return click.style(text, fg=colour) if colour else text

    return "\n\n".join("\n".join(terminal.lines(report, style)) for report in reports)


def _print(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text)
        return
    from cardgen.store import files

    files.replace(output, f"{click.unstyle(text)}\n".encode())
