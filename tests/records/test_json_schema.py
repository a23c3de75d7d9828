"""`cardgen schema` prints JSON Schema 2020-12 that says of a file what cardgen says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml_rs
from jsonschema import Draft202012Validator
from samples_cards import call, process

from cardgen.schema import MODELS, schema

ROOT = Path(__file__).parents[2]
RUNS = sorted([*ROOT.glob("cards/*/runs/*.json"), *ROOT.glob("tests/records/v*/*.json")])
CARDS = sorted(ROOT.glob("cards/*/card.yaml"))


def errors(subject: str, content: Any) -> list[str]:
    """What the schema has to say of a document."""
    return [error.message for error in Draft202012Validator(schema(subject)).iter_errors(content)]


def yaml(path: Path) -> Any:
    """A YAML file's content."""
    return yaml_rs.loads(path.read_text(encoding="utf-8"), parse_datetime=False)


@pytest.mark.parametrize("subject", MODELS)
def test_the_command_prints_a_schema_of_2020_12(subject: str, tmp_path: Path) -> None:
    """The printed text is valid JSON and a valid schema, anywhere."""
    result = (
        process(tmp_path, "schema", subject)
        if subject == "run"
        else call(tmp_path, "schema", subject)
    )
    assert (result.code, result.err) == (0, "")
    printed = json.loads(result.out)
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(printed)
    assert printed == schema(subject)


@pytest.mark.parametrize("path", RUNS, ids=lambda path: f"{path.parent.parent.name}/{path.stem}")
def test_every_run_file_validates(path: Path) -> None:
    """Committed runs and frozen samples are what the schema describes."""
    assert errors("run", json.loads(path.read_bytes())) == []


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
def test_every_card_validates(path: Path) -> None:
    """Committed cards are what the schema describes."""
    assert errors("card", yaml(path)) == []


def test_the_project_file_validates() -> None:
    """So is the project file."""
    assert errors("project", yaml(ROOT / "cardgen.yaml")) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), None),
        (("format",), 2),
        (("provenance",), None),
        (("measurements",), []),
        (("measurements", 0, "kind"), None),
        (("measurements", 0, "kind"), "devise"),
        (("measurements", 0, "latency_ms"), {"value": 1}),
        (("measurements", 0, "latency_s", "value"), -1),
        (("measurements", 0, "latency_s", "value"), "0.84"),
        (("measurements", 0, "batch_size"), 0),
        (("measurements", 0, "dataset"), ""),
        (("measurements", 0, "dataset"), "a\0b"),
    ],
    ids=str,
)
def test_a_broken_run_does_not_validate(path: tuple[str | int, ...], value: object) -> None:
    """What `build` refuses, an editor with the schema underlines; None removes a key."""
    content = json.loads((ROOT / "tests/records/v1/device.json").read_bytes())
    inner = content
    for step in path[:-1]:
        inner = inner[step]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    assert errors("run", content)


@pytest.mark.parametrize(
    ("subject", "change"),
    [
        ("card", {"licence": "mit"}),
        ("card", {"version": 1.1}),
        ("card", {"kind": "other"}),
        ("card", {"languages": "en"}),
        ("card", {"developers": {}}),
        ("project", {"organisation": "x"}),
        ("project", {"prices": [{"hardware": "A100"}]}),
    ],
)
def test_a_broken_specification_does_not_validate(subject: str, change: dict[str, Any]) -> None:
    """A misspelt key, a number for a text and a missing key are seen."""
    whole = {"kind": "benchmark", "title": "t", "model": "m"} if subject == "card" else {}
    assert errors(subject, whole) == []
    assert errors(subject, {**whole, **change})
