"""`cardgen pull`: make a card of the project from a published one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardgen.cli import hub_options

if TYPE_CHECKING:
    from cardgen.publish.pull import Origin

SHOWN = 20


@click.command("pull")
@click.argument("source", metavar="NAME|REPO|FILE")
@click.option("--as", "name", metavar="NAME", help="The new card's name.")
@click.option("--revision", default="main", show_default=True, help="Of the repository.")
@hub_options.folder
@hub_options.timeout
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors and the folder.")
def command(
    source: str, name: str | None, revision: str, folder: str, timeout_s: float, *, quiet: bool
) -> int:
    """Make a card of a published one: a repository on the Hub, a README file, or NAME's repo.

    Metadata, words and the tables of known layouts become card.yaml, prose and transcribed
    records; what was not read is listed. The published text is kept beside them. Prints the new
    card's folder.
    """
    from cardgen.publish.pull import pull, short
    from cardgen.spec.load import find_project

    project = find_project()
    if name is not None:
        name = _plain(name)
    path = Path(source)
    if path.suffix == ".md" and path.is_file():
        origin = _file(path)
    else:
        from cardgen.spec.locate import is_card

        repo = source
        if "/" not in source and is_card(project.root, source):
            from cardgen.publish.local import repository_name

            repo = repository_name(project, source, None)
        origin = _repository(repo, revision, folder, timeout_s)
    if name is None and origin.repository is None and path.stem.partition(".")[0] == "README":
        raise click.UsageError(f"What shall the card of {source} be called? Say --as NAME.")
    chosen = name or short(origin.repository or path.stem)
    made = pull(project, _plain(chosen), origin)
    if not quiet:
        click.echo(f"{made.measurements} measurements transcribed", err=True)
        for item in made.unread[:SHOWN]:
            click.echo(f"not read: README.md:{item.line}: {item.what}", err=True)
        if len(made.unread) > SHOWN:
            click.echo(f"not read: {len(made.unread) - SHOWN} more places", err=True)
        click.echo(f"look at card.yaml, then run `cardgen build {made.folder.name}`", err=True)
    click.echo(made.folder.relative_to(project.root).as_posix())
    return 0


def _file(path: Path) -> Origin:
    from cardgen.publish.pull import Origin
    from cardgen.store import files

    return Origin(f"Model card {path.name}", {"README.md": files.read_bytes(path)})


def _repository(repo: str, revision: str, folder: str, timeout_s: float) -> Origin:
    from datetime import UTC, datetime

    from cardgen.errors import ProjectError
    from cardgen.hub.reading import read_card
    from cardgen.publish.pull import Origin

    if repo.count("/") != 1 or not all(repo.split("/")):
        raise ProjectError(
            repo,
            expected="organisation/name on the Hub, a card of the project, or a README file",
            found="none of them",
            next_step="for example: cardgen pull Qwen/Qwen2.5-VL-3B-Instruct",
        )
    snapshot = read_card(repo, revision=revision, folder=folder, timeout_s=timeout_s)
    today = datetime.now(UTC).date().isoformat()
    return Origin(f"Model card of {repo}", snapshot.files, repo, snapshot.url, today)


def _plain(name: str) -> str:
    from cardgen.spec.locate import is_plain

    if not is_plain(name) or name.startswith("."):
        raise click.UsageError(f"{name!r} is no name for a card: name it with --as NAME.")
    return name
