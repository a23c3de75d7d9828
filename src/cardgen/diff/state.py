"""One state of a card: its records and its words, as they stand in one place.

Owns reading a state from a project's folder. Where that folder comes from is `side`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cardgen.card import Card, open_card
from cardgen.spec.load import Project, load_project
from cardgen.spec.locate import CARD_FILE, CARDS, PROJECT_FILE, is_card
from cardgen.spec.project import ProjectSpecification
from cardgen.store import files

if TYPE_CHECKING:
    from cardgen.diff.published import Page

TEMPLATES = "templates"
WORDS = (".j2", ".md", ".po")


@dataclass(frozen=True, slots=True)
class State:
    """A card by the name of its side; `card` is None where the side does not have it.

    `words` are the texts that people write, by their paths in the project; None where the side
    cannot know them. A published page has no card: `page` holds what its tables print.
    """

    name: str
    label: str
    card: Card | None
    words: Mapping[str, str] | None
    root: Path
    page: Page | None = None


def load(root: Path, name: str, label: str) -> State:
    """The state of a card in a project's folder; every error names the file to mend."""
    if not is_card(root, name):
        return State(name, label, None, None, root)
    path = root / PROJECT_FILE
    specification = load_project(path) if path.is_file() else ProjectSpecification()
    card = open_card(Project(root, specification), name)
    return State(name, label, card, dict(_words(root, name)), root)


def _words(root: Path, name: str) -> Iterator[tuple[str, str]]:
    folder = root / CARDS / name
    paths = [root / PROJECT_FILE, folder / CARD_FILE, *sorted(folder.glob("prose*.md"))]
    templates = root / TEMPLATES
    paths += sorted(p for p in templates.rglob("*") if p.suffix in WORDS)
    for path in paths:
        if path.is_file():
            text = files.read_bytes(path).decode("utf-8-sig", "replace")
            yield path.relative_to(root).as_posix(), text
