"""The published JSON Schemas: of run files, card.yaml and cardgen.yaml."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from cardgen.records import FORMAT, Run
from cardgen.spec.card import CardSpecification
from cardgen.spec.project import ProjectSpecification

MODELS: dict[str, tuple[type[BaseModel], str]] = {
    "run": (Run, f"cardgen run file, format {FORMAT}"),
    "card": (CardSpecification, "cardgen card.yaml"),
    "project": (ProjectSpecification, "cardgen.yaml"),
}


def schema(subject: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of `run`, `card` or `project`."""
    model, title = MODELS[subject]
    described = model.model_json_schema()
    if subject == "run":
        _require_what_tells_files_apart(described)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **described,
        "title": title,
    }


def _require_what_tells_files_apart(described: dict[str, Any]) -> None:
    """A file states its `format` and each measurement its `kind`; code may leave them out."""
    described["required"] = ["format", *described["required"]]
    for definition in described["$defs"].values():
        if "const" in definition["properties"].get("kind", {}):
            definition["required"] = ["kind", *definition["required"]]
