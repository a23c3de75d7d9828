"""The files of a new card: a card.yaml that builds as it stands."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cardgen.errors import ProjectError
from cardgen.frontmatter.emit import header
from cardgen.language import available
from cardgen.spec.document import read_yaml
from cardgen.spec.locate import CARD_FILE, CARDS, PROJECT_FILE, SHOWN
from cardgen.store import files

TEMPLATES = "templates"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new card's author said of it."""

    kind: str
    model: str
    base_model: str | None
    title: str | None
    licence: str | None
    languages: tuple[str, ...]


def create(root: Path, name: str, answers: Answers) -> list[Path]:
    """Write the new card's files and, where there is none, cardgen.yaml; the paths written.

    Refused, with nothing written, if the card exists or the answers make no valid card.
    """
    _check_repo("--model", answers.model)
    if answers.base_model is not None:
        _check_repo("--base-model", answers.base_model)
    folder = root / CARDS / name
    if os.path.lexists(folder):
        raise ProjectError(
            f"{CARDS}/{name}",
            expected="a new card's name",
            found="a folder that exists" if folder.is_dir() else "a file or link that exists",
            next_step=f"choose another name, or edit {CARDS}/{name}/{CARD_FILE}",
        )
    card = _card(answers)
    _validate(card, f"{CARDS}/{name}/{CARD_FILE}")
    _check_languages(root, answers.languages)
    planned = {folder / CARD_FILE: card}
    if not os.path.lexists(root / PROJECT_FILE):
        planned[root / PROJECT_FILE] = _project()
    return [path for path, text in planned.items() if files.replace(path, text.encode())]


def _card(answers: Answers) -> str:
    data = {
        "kind": answers.kind,
        "title": answers.title or answers.model.rsplit("/", 1)[-1],
        "model": answers.model,
        "base_model": answers.base_model,
        "languages": list(answers.languages),
        "license": answers.licence,
        "library_name": "transformers",
    }
    body = header(data).removeprefix("---\n").removesuffix("---\n")
    return (
        "# Every key: docs/card-yaml.md, or `cardgen schema card`.\n"
        f"# Words of your own: prose.{answers.languages[0]}.md beside this file, a heading"
        " `# accuracy` for each section.\n"
        f"{body}"
    )


def _project() -> str:
    return (
        "# What all cards of this project share. Prices make queries per dollar:\n"
        "# prices:\n"
        '#   - {hardware: A100, usd_per_gpu_hour: 1.79, source: "https://example.org/prices",'
        " date: 2025-02-18}\n"
    )


def _check_repo(flag: str, name: str) -> None:
    """Refuse what is no model's name on the Hub, by card.yaml's own rule for `repo`."""
    from pydantic import TypeAdapter, ValidationError

    from cardgen.spec.base import Repo

    try:
        if name.isascii():
            TypeAdapter(Repo).validate_python(name)
            return
    except ValidationError:
        pass
    raise ProjectError(
        flag,
        expected="a model's name on the Hub: organisation/name or name, of letters, digits, "
        "'-', '_' and '.'",
        found=repr(name)[:SHOWN],
        next_step="for example Qwen/Qwen2.5-VL-3B-Instruct",
    )


def _check_languages(root: Path, codes: tuple[str, ...]) -> None:
    """Refuse a language that the card could not be built in."""
    folder = root / TEMPLATES
    known = available(folder if folder.is_dir() else None)
    for code in codes:
        if code not in known:
            raise ProjectError(
                f"--lang {code}",
                expected=f"one of {', '.join(known)}",
                found=f"no catalog {code}.po",
                next_step=f"use one of these, or add {TEMPLATES}/locale/{code}.po",
            )


def _validate(text: str, place: str) -> None:
    from pydantic import ValidationError

    from cardgen.errors import SpecificationError
    from cardgen.spec.card import CardSpecification
    from cardgen.store.validation import translate

    content, _ = read_yaml(text.encode(), place)
    try:
        CardSpecification.model_validate(content)
    except ValidationError as problem:
        raise translate(
            problem, path=place, text=text, model=CardSpecification, error=SpecificationError
        ) from problem
