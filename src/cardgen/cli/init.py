"""`cardgen init`: a new card from questions or flags."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
LONGEST_NAME = 100


@click.command("init")
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(["quantized", "benchmark", "both"]), help="What the card reports."
)
@click.option("--model", metavar="ORG/NAME", help="The model the card is about.")
@click.option("--base-model", metavar="ORG/NAME", help="The model it was quantized from.")
@click.option("--title", help="The card's title; by default the model's name.")
@click.option("--license", "licence", help="The licence's identifier on the Hub.")
@click.option(
    "--lang",
    "languages",
    multiple=True,
    metavar="CODE",
    help="The card's languages, the one of README.md first; en and ru by default.",
)
def command(
    name: str,
    kind: str | None,
    model: str | None,
    base_model: str | None,
    title: str | None,
    licence: str | None,
    languages: tuple[str, ...],
) -> int:
    """Start the card NAME: its folder and a card.yaml that builds as it stands.

    Asks for what the flags leave out where stdin is a terminal. Nothing that exists is touched.
    """
    from cardgen import scaffold
    from cardgen.errors import ProjectError
    from cardgen.spec.locate import find_root

    if len(name) > LONGEST_NAME:
        raise ProjectError(
            f"card name '{name[:20]}…'",
            expected=f"at most {LONGEST_NAME} characters: it names a folder",
            found=f"{len(name)} characters",
            next_step="choose a shorter name; `title` in card.yaml may be longer",
        )
    if not NAME.fullmatch(name):
        raise ProjectError(
            f"card name {name!r}",
            expected="lower-case letters, digits, '.', '_' and '-'",
            found=repr(name),
            next_step="for example qwen2.5-vl-3b-w4a16",
        )
    kind = kind or _ask("Kind", "--kind", ["quantized", "benchmark", "both"])
    model = model or _ask("Model (organisation/name)", "--model")
    if base_model is None and kind != "benchmark":
        base_model = _ask("Base model (organisation/name)", "--base-model")
    try:
        root = find_root()
    except ProjectError:
        root = Path.cwd()
    answers = scaffold.Answers(kind, model, base_model, title, licence, languages or ("en", "ru"))
    try:
        written = scaffold.create(root, name, answers)
    except OSError as problem:
        raise ProjectError(
            f"cards/{name}",
            expected="a folder that cardgen may create",
            found=problem.strerror or type(problem).__name__,
            next_step="check the path, its permissions and the free space",
        ) from problem
    for path in written:
        click.echo(f"wrote {path.relative_to(root).as_posix()}", err=True)
    click.echo(
        f"next: import results with `cardgen import FILE --card {name}`, "
        f"then `cardgen build {name}`",
        err=True,
    )
    return 0


def _ask(label: str, flag: str, choices: list[str] | None = None) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(f"Give {flag}: there is no terminal to ask on.")
    kind = click.Choice(choices) if choices else None
    answer: str = click.prompt(label, type=kind, err=True)
    return answer
