"""pydantic's complaints turned into cardgen's errors: place, expected, found, next step."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from cardgen.errors import CardgenError, CombinedError
from cardgen.records.base import PRINTABLE
from cardgen.store import positions

SHOWN_AT_MOST = 10


def translate(
    problem: ValidationError,
    *,
    path: Path | str,
    text: str,
    model: type[BaseModel],
    error: type[CardgenError],
) -> CardgenError:
    """One cardgen error for what pydantic found in `text`, with line, column and a next step."""
    details = problem.errors(include_url=False)
    errors = [_one(detail, path, text, model, error) for detail in details[:SHOWN_AT_MOST]]
    return errors[0] if len(errors) == 1 else CombinedError(errors)


def _one(
    detail: Any, path: Path | str, text: str, model: type[BaseModel], error: type[CardgenError]
) -> CardgenError:
    kind, location = detail["type"], detail["loc"]
    unknown_key = kind == "extra_forbidden"
    position = positions.find(text, location, key=unknown_key) if kind != "json_invalid" else None
    steps = position.path if position else location
    if kind == "missing":
        steps = (*steps, location[-1])
    where = f"{path}:{position.line}:{position.column}" if position else str(path)
    pointer = "".join(f"/{step}" for step in steps)
    place = f"{where}: {pointer}" if pointer else where
    found = _found(detail, position)
    if unknown_key:
        key = str(location[-1])
        known = _keys_at(model, location[:-1])
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.5) or _same_start(key, known)
        return error(
            place,
            expected=f"one of the keys {', '.join(known)}" if known else "no such key",
            found=f"unknown key {key!r}",
            next_step=f"did you mean {close[0]!r}?" if close else f"remove {key!r}",
        )
    if kind == "json_invalid":
        reason = detail["ctx"]["error"]
        return error(
            place,
            expected="whole, valid JSON",
            found=reason,
            next_step="restore the file from version control, or make it again",
        )
    if kind == "string_type" and position is not None and position.plain and position.text:
        return error(
            place,
            expected="text",
            found=f"{position.text} unquoted, which YAML reads as another type",
            next_step=f'write it in quotes: "{position.text}"',
        )
    if kind == "missing":
        return error(
            place,
            expected="this key",
            found="nothing",
            next_step=f"add {str(location[-1])!r}",
        )
    if kind == "string_pattern_mismatch" and detail["ctx"]["pattern"] == PRINTABLE:
        return error(
            place,
            expected="text without control characters",
            found=found,
            next_step="remove the control characters",
        )
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return error(
        place,
        expected=message,
        found=found,
        next_step="mend the value; `cardgen schema` prints what each field takes",
    )


def _found(detail: Any, position: positions.Position | None) -> str:
    if position is not None and position.text is not None:
        return repr(position.text[:80]) if not position.plain else position.text[:80]
    value = detail.get("input")
    if isinstance(value, dict | list | tuple):
        names = {dict: "a mapping", list: "a list", tuple: "a list"}
        return names[type(value)]
    return repr(value)[:80]


def _same_start(key: str, known: Sequence[str]) -> list[str]:
    stem = key.split("_")[0]
    return [name for name in known if name.split("_")[0] == stem][:1]


def _keys_at(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys a mapping at `location` may have, looked up in the model's JSON schema."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    nodes = [schema]
    for step in location:
        following: list[dict[str, Any]] = []
        for node in _expand(nodes, definitions):
            properties = node.get("properties", {})
            if isinstance(step, int):
                following += [node["items"]] if "items" in node else []
            elif step in properties:
                following.append(properties[step])
            elif properties.get("kind", {}).get("const") == step:
                following.append(node)
            elif isinstance(node.get("additionalProperties"), dict):
                following.append(node["additionalProperties"])
        nodes = following or nodes
    keys: dict[str, None] = {}
    for node in _expand(nodes, definitions):
        keys.update(dict.fromkeys(node.get("properties", {})))
    return list(keys)


def _expand(nodes: Sequence[dict[str, Any]], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    expanded: list[dict[str, Any]] = []
    for node in nodes:
        if "$ref" in node:
            expanded += _expand([definitions[node["$ref"].rsplit("/", 1)[1]]], definitions)
            continue
        choices = node.get("anyOf") or node.get("oneOf")
        expanded += _expand(choices, definitions) if choices else [node]
    return expanded
