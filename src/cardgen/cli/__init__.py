"""The command line: arguments, printing, exit codes. Thin, and quick to start.

Each command is a module of this package, imported when it is called; the help page needs none.
"""

from __future__ import annotations

import gc
import importlib
import sys
from typing import NamedTuple

import click

from cardgen import __version__
from cardgen.errors import CardgenError

INTERRUPTED = 130
YOUNG_OBJECTS = 50_000
"""How many new objects start a garbage collection. Python's 700 take a tenth of a short command,
which only imports and reads; memory stays bounded."""


class Entry(NamedTuple):
    """A command: where it is, and its line on the help page."""

    module: str
    summary: str


COMMANDS = {
    "init": Entry("cardgen.cli.init", "Start a new card."),
    "collect": Entry("cardgen.cli.collect", "Measure what a card's plan still lacks."),
    "import": Entry("cardgen.cli.importing", "Take other tools' results as records."),
    "build": Entry("cardgen.cli.build", "Render cards from their records."),
    "diff": Entry("cardgen.cli.diff", "Say what changed in a card, and whether it is real."),
    "collectors": Entry("cardgen.cli.collectors", "Show and install what the collectors run in."),
    "push": Entry("cardgen.cli.push", "Bring a card to the Hub, over nobody's words."),
    "preview": Entry("cardgen.cli.preview", "Show a card as the Hub will, in one HTML file."),
    "pull": Entry("cardgen.cli.pull", "Make a card of a published one."),
    "explain": Entry("cardgen.cli.explain", "Say where a number of a card comes from."),
    "table": Entry("cardgen.cli.table", "Print a card's numbers as CSV, JSON or Parquet."),
    "audit": Entry("cardgen.cli.audit", "Check what any model card says of itself."),
    "schema": Entry("cardgen.cli.schema", "Print the JSON Schema of run files and card.yaml."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and summaries without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = importlib.import_module(entry.module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cardgen")
def cli() -> None:
    """Model cards made from measurements: every number leads to its record."""


def main() -> None:
    """Run the command line; every CardgenError ends with its message and exit code 2."""
    gc.set_threshold(YOUNG_OBJECTS)
    try:
        code = cli.main(standalone_mode=False)
    except CardgenError as problem:
        click.echo(f"error: {problem}", err=True)
        sys.exit(2)
    except click.ClickException as problem:
        problem.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of the pipe went away: that is its right, and no error of ours.
        sys.stderr.close()
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
