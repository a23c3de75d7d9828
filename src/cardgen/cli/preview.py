"""`cardgen preview`: the card as the Hub will show it, in one HTML file."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("preview")
@click.argument("name")
@click.option(
    "--against",
    metavar="SIDE",
    help="Beside another state: a git revision, a project's folder, a README, or `hub`.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="The file to write, - for stdout; by default .cardgen/preview/NAME.html.",
)
@click.option("--open", "opened", is_flag=True, help="Show it in the browser.")
def command(name: str, *, against: str | None, output: Path | None, opened: bool) -> int:
    """Show the card NAME as the Hub will, in one HTML file that works from disk.

    All languages are in it, with a switch; a number of a table says where it comes from when it is
    pointed at or pressed. Prints the path of the file.
    """
    from cardgen.collect.places import state_folder
    from cardgen.diff import side, state
    from cardgen.preview.build import preview
    from cardgen.spec.locate import card_name, find_root
    from cardgen.store import files

    stdout = output is not None and str(output) == "-"
    if stdout and opened:
        raise click.UsageError("--open shows a file: leave out `-o -`.")
    root = find_root()
    text = preview(state.load(root, card_name(root, name), side.WORK_TREE), against).encode()
    if stdout:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        return 0
    if output is None:
        output = state_folder(root) / "preview" / f"{card_name(root, name)}.html"
    files.replace(output, text)
    click.echo(output)
    if opened:
        click.launch(output.absolute().as_uri())
    return 0
