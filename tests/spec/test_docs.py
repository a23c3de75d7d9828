"""The documents name every key there is, and their examples are valid."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from cardgen.records import Record, Run
from cardgen.spec.card import CardSpecification, Specification
from cardgen.spec.document import read_yaml
from cardgen.spec.project import ProjectSpecification
from cardgen.store import runs

DOCS = Path(__file__).parents[2] / "docs"
RECORDS, CARD_YAML = (
    (DOCS / name).read_text(encoding="utf-8") for name in ("records.md", "card-yaml.md")
)


def models(base: type[BaseModel]) -> list[type[BaseModel]]:
    """Every model of a family."""
    return [one for child in base.__subclasses__() for one in (child, *models(child))]


@pytest.mark.parametrize(
    ("text", "family", "package"),
    [(RECORDS, Record, "cardgen.records"), (CARD_YAML, Specification, "cardgen.spec")],
    ids=["records.md", "card-yaml.md"],
)
def test_every_field_is_described(text: str, family: type[BaseModel], package: str) -> None:
    """A field that is added to a model is added to its document."""
    fields = {
        name
        for model in models(family)
        if model.__module__.startswith(package)
        for name in model.model_fields
    }
    named = set(re.findall(r"`(\w+)`", text))
    assert fields - named == {"measurements", "provenance"} & (fields - named)


def test_the_examples_are_valid() -> None:
    """What the documents show can be copied."""
    (run,) = re.findall(r"```json\n(.*?)```", RECORDS, re.DOTALL)
    assert isinstance(runs.parse(run.encode(), "docs/records.md"), Run)
    json.loads(run)
    card, accuracy, device, project = re.findall(r"```yaml\n(.*?)```", CARD_YAML, re.DOTALL)
    content, _ = read_yaml(card.encode(), "docs/card-yaml.md")
    CardSpecification.model_validate(content)
    for part in (accuracy, device):
        more, _ = read_yaml(part.encode(), "docs/card-yaml.md")
        CardSpecification.model_validate({**content, **more})
    ProjectSpecification.model_validate(read_yaml(project.encode(), "docs/card-yaml.md")[0])
