"""`cardgen push`: bring a card to the Hub without touching what others wrote there."""

from __future__ import annotations

import click

from cardgen.cli import hub_options


@click.command("push")
@click.argument("name", metavar="NAME")
@click.option("--pr", "pull_request", is_flag=True, help="Propose it as a pull request.")
@click.option("--dry-run", is_flag=True, help="Send nothing; print the difference.")
@click.option("--message", "title", metavar="TEXT", help="The title of the commit.")
@click.option("--repo", metavar="ORG/NAME", help="Another repository than card.yaml's.")
@hub_options.folder
@click.option("--create", is_flag=True, help="Make the repository if there is none.")
@click.option("--adopt", is_flag=True, help="Put the card above a README cardgen never wrote.")
@click.option(
    "--take",
    type=click.Choice(["ours", "theirs"]),
    help="What was edited by hand on the Hub: replace it, or leave it.",
)
@click.option(
    "--allow", multiple=True, metavar="FINDING", help="Publish this finding (repeatable)."
)
@hub_options.timeout
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors and the address.")
def command(
    name: str,
    repo: str | None,
    title: str | None,
    folder: str,
    take: str | None,
    allow: tuple[str, ...],
    timeout_s: float,
    *,
    pull_request: bool,
    dry_run: bool,
    create: bool,
    adopt: bool,
    quiet: bool,
) -> int:
    """Bring the built card NAME to the Hub, in one commit or in its one open pull request.

    READMEs are changed region by region: words, comments and keys that others wrote there stay,
    byte for byte. A hand edit inside a region stops the push and is shown. Prints the address of
    the commit or pull request.
    """
    from typing import cast

    from cardgen.publish import local, secrets
    from cardgen.publish.claim import Take
    from cardgen.publish.push import TITLE, ConflictError, Order, push
    from cardgen.publish.readme import Choice
    from cardgen.spec.load import find_project
    from cardgen.spec.locate import card_name

    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    project = find_project()
    name = card_name(project.root, name)
    target = _repository(local.repository_name(project, name, repo))
    wanted = local.built(project, name, folder)
    texts = {
        wanted.place(path): data.decode()
        for path, data in wanted.files.items()
        if not path.endswith(".png")
    }
    secrets.refuse({**texts, "--message": title or ""}, allow)
    from cardgen.hub.repository import Repository

    order = Order(
        Choice(cast("Take | None", take), adopt),
        pull_request=pull_request,
        dry_run=dry_run,
        create=create,
        title=title or TITLE,
    )
    try:
        outcome = push(wanted, Repository.open(target, timeout_s=timeout_s), order, say)
    except ConflictError as problem:
        for conflict in problem.conflicts:
            click.echo(f"{conflict.place}:\n{conflict.diff}", err=True, nl=False)
        raise
    click.echo(outcome.diff, nl=False)
    if outcome.astray:
        click.echo(f"error: {outcome.told}", err=True)
    else:
        say(outcome.told)
    if outcome.url is not None:
        click.echo(outcome.url)
    return 1 if outcome.astray else 0


def _repository(name: str) -> str:
    import re

    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", name):
        raise click.UsageError(f"{name!r} is no repository on the Hub: name it organisation/name.")
    return name
