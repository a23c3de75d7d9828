"""The documents name every key there is, and their examples are valid."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from cardgen.records import Record, Run
from cardgen.spec.base import Specification
from cardgen.spec.card import CardSpecification
from cardgen.spec.document import read_yaml
from cardgen.spec.project import ProjectSpecification
from cardgen.store import runs

DOCS = Path(__file__).parents[2] / "docs"
RECORDS, CARD_YAML = (
    (DOCS / name).read_text(encoding="utf-8") for name in ("records.md", "card-yaml.md")
)
PLANS = {path.stem: path.read_text(encoding="utf-8") for path in DOCS.glob("collectors/*.md")}


def models(base: type[BaseModel]) -> list[type[BaseModel]]:
    """Every model of a family."""
    return [one for child in base.__subclasses__() for one in (child, *models(child))]


@pytest.mark.parametrize(
    ("text", "family", "package"),
    [
        (RECORDS, Record, "cardgen.records"),
        (CARD_YAML + "".join(PLANS.values()), Specification, "cardgen.spec"),
    ],
    ids=["records.md", "card-yaml.md and collectors/"],
)
def test_every_field_is_described(text: str, family: type[BaseModel], package: str) -> None:
    """A field that is added to a model is added to its document."""
    fields = {
        name
        for model in models(family)
        if model.__module__.startswith(package)
        for name in model.model_fields
    }
    named = {*re.findall(r"`(\w+)", text), *re.findall(r"\b(\w+):", text)}
    assert fields - named == {"measurements", "provenance"} & (fields - named)


def _first_example(text: str) -> str:
    """The first example of a collector's page: a whole section `measure`."""
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0]  # type: ignore[no-any-return]


def test_the_examples_are_valid() -> None:
    """What the documents show can be copied."""
    examples = re.findall(r"```json\n(.*?)```", RECORDS, re.DOTALL)
    assert len(examples) == 2
    for run in examples:
        assert isinstance(runs.parse(run.encode(), "docs/records.md"), Run)
        json.loads(run)
    card, accuracy, device, measure, project = re.findall(
        r"```yaml\n(.*?)```", CARD_YAML, re.DOTALL
    )
    content, _ = read_yaml(card.encode(), "docs/card-yaml.md")
    CardSpecification.model_validate(content)
    for part in (accuracy, device, measure, *map(_first_example, PLANS.values())):
        more, _ = read_yaml(part.encode(), "docs/card-yaml.md")
        CardSpecification.model_validate({**content, **more})
    ProjectSpecification.model_validate(read_yaml(project.encode(), "docs/card-yaml.md")[0])
