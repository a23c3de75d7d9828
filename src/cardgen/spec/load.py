"""card.yaml and cardgen.yaml read as YAML 1.2 and validated, every error with its position."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from cardgen.derive.serving import HourlyPrice
from cardgen.errors import SpecificationError
from cardgen.spec.base import Specification
from cardgen.spec.card import CardSpecification
from cardgen.spec.document import read_yaml
from cardgen.spec.locate import CARD_FILE, CARDS, PROJECT_FILE, card_name, card_names, find_root
from cardgen.spec.project import ProjectSpecification
from cardgen.store import files, positions
from cardgen.store.places import Step

Model = TypeVar("Model", bound=Specification)


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with `cards/` and, usually, `cardgen.yaml`."""

    root: Path
    specification: ProjectSpecification

    @property
    def cards(self) -> Path:
        """The folder that holds one folder a card."""
        return self.root / CARDS

    def names(self) -> list[str]:
        """Every card of the project, sorted."""
        return card_names(self.root)

    def relative(self, path: Path) -> str:
        """The path as records and messages name it: relative to the project, with slashes."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return str(path)

    def price_of(self, hardware: str) -> HourlyPrice | None:
        """The listed price of a piece of hardware; the first entry that names it."""
        for index, price in enumerate(self.specification.prices):
            if price.hardware == hardware:
                return HourlyPrice(
                    price.usd_per_gpu_hour, PROJECT_FILE, f"/prices/{index}/usd_per_gpu_hour"
                )
        return None


def find_project(start: Path | None = None) -> Project:
    """The project that holds `start`, its cardgen.yaml read and validated where there is one."""
    root = find_root(start)
    path = root / PROJECT_FILE
    return Project(root, load_project(path) if os.path.lexists(path) else ProjectSpecification())


def load_project(path: Path) -> ProjectSpecification:
    """The project file, validated; an empty one leaves all as it is by default."""
    return _load(path, ProjectSpecification, PROJECT_FILE, may_be_empty=True)


def load_card(project: Project, name: str) -> CardSpecification:
    """A card's specification; an unknown name is answered with the names there are."""
    path = project.cards / card_name(project.root, name) / CARD_FILE
    return _load(path, CardSpecification, project.relative(path))


def mistake(
    project: Project, name: str, path: Sequence[Step], *, expected: str, found: str, next_step: str
) -> SpecificationError:
    """An error about a value of the card's card.yaml that shows only beside other files."""
    file = project.cards / name / CARD_FILE
    text = files.read_bytes(file, error=SpecificationError).decode("utf-8-sig")
    position = positions.find(text, path)
    place = project.relative(file)
    where = f"{place}:{position.line}:{position.column}" if position else place
    return SpecificationError(
        f"{where}: {positions.pointer(path)}", expected=expected, found=found, next_step=next_step
    )


def _load(path: Path, model: type[Model], place: str, *, may_be_empty: bool = False) -> Model:
    data = files.read_bytes(path, error=SpecificationError, place=place)
    content, text = read_yaml(data, place)
    if content is None and may_be_empty:
        content = {}
    if not isinstance(content, dict):
        kinds = {type(None): "an empty file", list: "a list", str: "a text"}
        raise SpecificationError(
            f"{place}:1:1",
            expected="a mapping of keys to values",
            found=kinds.get(type(content), "a single value"),
            next_step="see docs/card-yaml.md, or start from `cardgen init`",
        )
    try:
        return model.model_validate(content)
    except ValidationError as problem:
        from cardgen.store.validation import translate

        raise translate(
            problem,
            path=place,
            text=text,
            model=model,
            error=SpecificationError,
            reference="docs/card-yaml.md says what each key takes",
        ) from problem
