"""One card: its specification and the runs it draws on, loaded and cross-checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cardgen.derive.quantity import Value
from cardgen.derive.repeats import value_of
from cardgen.errors import SpecificationError
from cardgen.records import Run
from cardgen.spec.card import CardSpecification
from cardgen.spec.load import Project, load_card
from cardgen.spec.locate import CARD_FILE, CARDS
from cardgen.store import runs
from cardgen.store.runs import RecordSet, Stored


@dataclass(frozen=True, slots=True)
class Card:
    """A card's name, specification and records, inside its project."""

    name: str
    project: Project
    specification: CardSpecification
    records: RecordSet

    @property
    def folder(self) -> Path:
        """cards/NAME/."""
        return self.project.cards / self.name

    def value(self, repeats: Sequence[Stored], read: Callable[[Stored], Value | None]) -> Value:
        """The one value of an identity, by the card's preference of origins."""
        return value_of(repeats, read, self.specification.prefer)

    def model_name(self, name: str) -> str:
        """The name a model goes by on this card."""
        return self.specification.aliases.get(name, name)


def open_card(project: Project, name: str) -> Card:
    """The card with all its runs; every error names the file to mend."""
    specification = load_card(project, name)
    loaded = list(_runs_in(project, name, specification.runs))
    for other in specification.uses:
        if other == name or not (project.cards / other / CARD_FILE).is_file():
            raise SpecificationError(
                f"{CARDS}/{name}/{CARD_FILE}: /uses",
                expected="names of other cards of this project",
                found=repr(other),
                next_step=f"name one of: {', '.join(n for n in project.names() if n != name)}",
            )
        loaded += _used_runs(project, other)
    return Card(name, project, specification, RecordSet(loaded, specification.aliases))


def run_files(project: Project, name: str, folder: str) -> list[Path]:
    """The card's run files, sorted; a folder that a link leads out of the project is refused."""
    base = project.cards / name / folder
    try:
        with os.scandir(base) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if entry.name.endswith(".json") and not entry.name.startswith(".")
            )
    except FileNotFoundError:
        return []
    except NotADirectoryError as problem:
        raise SpecificationError(
            f"{CARDS}/{name}/{CARD_FILE}: /runs",
            expected="a folder",
            found=f"{folder!r}, which is a file",
            next_step="name the folder that holds the run files",
        ) from problem
    if base.is_symlink() and not base.resolve().is_relative_to(project.root.resolve()):
        raise SpecificationError(
            f"{CARDS}/{name}/{CARD_FILE}: /runs",
            expected="a folder inside the project",
            found=f"{folder!r}, a link that leads out of it",
            next_step="keep the run files inside the project",
        )
    return [base / name for name in names]


def _runs_in(project: Project, name: str, folder: str) -> list[tuple[str, Run]]:
    loaded = []
    for path in run_files(project, name, folder):
        place = project.relative(path)
        loaded.append((place, runs.load(path, place=place)))
    return loaded


def _used_runs(project: Project, name: str) -> tuple[tuple[str, Run], ...]:
    """The runs of a card that others use, read once while several of those are built.

    Keyed by the files' times and sizes, and held for few cards, so that memory stays level.
    """
    specification = load_card(project, name)
    paths = run_files(project, name, specification.runs)
    stamps = tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
    return _read_used(project, name, specification.runs, stamps)


@lru_cache(maxsize=8)
def _read_used(
    project: Project, name: str, folder: str, stamps: tuple[tuple[int, int], ...]
) -> tuple[tuple[str, Run], ...]:
    del stamps
    return tuple(_runs_in(project, name, folder))
