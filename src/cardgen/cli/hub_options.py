"""The options that every command has which talks to a repository of the Hub."""

from __future__ import annotations

import click

from cardgen.hub.client import TIMEOUT_S


def _folder(_context: click.Context, _option: click.Parameter, path: str) -> str:
    """The folder, without slashes around it; one that leads elsewhere is refused."""
    folder = path.strip("/")
    if any(part in ("", ".", "..", ".git") for part in folder.split("/")) and folder:
        raise click.UsageError(f"{path!r} is no folder inside a repository.")
    return folder


folder = click.option(
    "--folder",
    default="",
    metavar="PATH",
    callback=_folder,
    help="A folder in it, instead of its top.",
)

timeout = click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1),
    default=TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="Of each wait for the Hub.",
)
