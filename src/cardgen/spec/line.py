"""A line of card.yaml, as `build` suggests one: flow YAML that reads back as what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+-]+)*")
WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
"""Plain words that some reader of YAML takes for something else than a text."""


def flow(value: object) -> str:
    """A value as flow YAML on one line: `{task: arc, n_shot: 5}`, `[A100, "2x H100"]`."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        if PLAIN.fullmatch(value) and value.casefold() not in WORDS:
            return value
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(flow, value)) + "]"
    return json.dumps(value)


def entry(key: str, value: object) -> str:
    """`serving.modes: [single-stream, concurrent]`, the key by its path in card.yaml."""
    return f"{key}: {flow(value)}"
