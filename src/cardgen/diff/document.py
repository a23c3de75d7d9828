"""Reports as JSON with every digit, and the JSON Schema that describes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from cardgen.diff.report import FORMAT, Document, Report


def document(reports: Sequence[Report]) -> str:
    """The reports as JSON. Numbers have full precision; what has no bound is null."""
    found = Document(FORMAT, tuple(reports))
    return json.dumps(_data(found), indent=2, ensure_ascii=False, allow_nan=False)


def _data(value: object) -> object:
    if is_dataclass(value):
        return {item.name: _data(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [_data(item) for item in value]
    if isinstance(value, dict):
        return {key: _data(item) for key, item in value.items()}
    return value


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `cardgen diff --format json`."""
    from pydantic import TypeAdapter

    described = TypeAdapter(Document).json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **described,
        "title": f"cardgen diff, format {FORMAT}",
    }
