"""A line of card.yaml, as `build` suggests one: YAML that can be pasted and reads back as what it
says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from cardgen.records.base import PRINTABLE
from cardgen.spec.base import LONGEST_NAME

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
        return _quoted(value)
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(flow, value)) + "]"
    return json.dumps(value)


def _quoted(text: str) -> str:
    """In double quotes, what cannot be seen (or copied) as an escape."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


def entry(path: str, value: object) -> str:
    """A line for the top level of card.yaml: `serving: {modes: [single-stream, concurrent]}` sets
    `serving.modes`."""
    first, *inner = path.split(".")
    for key in reversed(inner):
        value = {key: value}
    return f"{flow(first)}: {flow(value)}"


def fits(value: object) -> bool:
    """Whether card.yaml takes every text in the value for a name."""
    if isinstance(value, Mapping):
        return all(fits(key) and fits(item) for key, item in value.items())
    if isinstance(value, str):
        return 0 < len(value) <= LONGEST_NAME and re.search(PRINTABLE, value) is not None
    return not isinstance(value, Sequence) or all(map(fits, value))
