"""card.yaml and cardgen.yaml read as YAML 1.2 and validated, every error with its position."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml_rs
from pydantic import ValidationError

from cardgen.derive.serving import HourlyPrice
from cardgen.errors import SpecificationError
from cardgen.spec.card import CardSpecification, Specification
from cardgen.spec.locate import CARD_FILE, CARDS, PROJECT_FILE, card_name, card_names, find_root
from cardgen.spec.project import ProjectSpecification
from cardgen.store import files

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
    return Project(root, load_project(path) if path.is_file() else ProjectSpecification())


def load_project(path: Path) -> ProjectSpecification:
    """The project file, validated."""
    return _load(path, ProjectSpecification, PROJECT_FILE)


def load_card(project: Project, name: str) -> CardSpecification:
    """A card's specification; an unknown name is answered with the names there are."""
    path = project.cards / card_name(project.root, name) / CARD_FILE
    return _load(path, CardSpecification, project.relative(path))


def read_yaml(data: bytes, place: str) -> tuple[Any, str]:
    """The parsed YAML 1.2 document and its text; a SpecificationError says where it breaks."""
    text = files.decode(data, Path(place), error=SpecificationError)
    try:
        return yaml_rs.loads(text, parse_datetime=False), text
    except (ValueError, RecursionError, OverflowError) as problem:
        lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
        found = lines[-1] if lines else "broken YAML"
        raise SpecificationError(
            f"{place}: {lines[0]}" if len(lines) > 1 else place,
            expected="valid YAML 1.2, every key once",
            found=found,
            next_step="mend the line; quote text that holds ':', '#', '{' or '['",
        ) from problem


def _load(path: Path, model: type[Model], place: str) -> Model:
    content, text = read_yaml(files.read_bytes(path, error=SpecificationError), place)
    if not isinstance(content, dict):
        raise SpecificationError(
            place,
            expected="a mapping of keys to values",
            found="an empty file" if content is None else f"a {type(content).__name__}",
            next_step="start from `cardgen init`, or see docs/card-yaml.md",
        )
    try:
        return model.model_validate(content)
    except ValidationError as problem:
        from cardgen.store.validation import translate

        raise translate(
            problem, path=place, text=text, model=model, error=SpecificationError
        ) from problem
