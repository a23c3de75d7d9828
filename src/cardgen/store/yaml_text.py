"""YAML texts to plain data: the one place that calls the parser."""

from __future__ import annotations

import re
from typing import Any

import yaml_rs

from cardgen.store.places import at

NESTED = re.compile(r"(?:[-?:][ \t]+){200,}")
"""`- - - …`: levels on one line, of which the parser takes as many as there are and then ends the
process. Levels on lines of their own are fewer than that in any text that is read."""


def loads(text: str) -> Any:
    """The data of a YAML 1.2 text, days and times as the texts that they are.

    ValueError, RecursionError or OverflowError where it is none, or is nested too deeply.
    """
    deep = NESTED.search(text)
    if deep is not None:
        line, column = at(text, deep.start())
        place = f"YAML parse error at line {line}, column {column}"
        raise ValueError(f"{place}\n\nrecursion limit exceeded")
    return yaml_rs.loads(text, parse_datetime=False)
