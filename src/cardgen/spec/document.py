"""YAML 1.2 text to plain data: what breaks is told with its line, column and one next step.

A fast parser reads; ruamel.yaml finds the place only where the parser does not say it.
"""

from __future__ import annotations

import re
from typing import Any

from cardgen.errors import SpecificationError
from cardgen.store import files, positions, yaml_text

# The parser would take a NUL for the end of the file and leave out what follows.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
REASON = re.compile(r"YAML parse error at line (\d+), column (\d+)\n(?:.*\n)*(.*)")
DUPLICATE = "duplicate mapping key"

NEXT_STEPS = {
    DUPLICATE: "remove one of the two",
    "alias replay limit": "write the values out instead of repeating aliases of aliases",
    "recursion limit": "nest less deeply",
    "unknown anchor": "name an anchor that stands above, or put the '*' in quotes",
    "tab": "indent with spaces",
    "unclosed": "close it",
    "valid YAML whitespace": "put one space behind the ':'",
}


def read_yaml(data: bytes, place: str) -> tuple[Any, str]:
    """The parsed YAML 1.2 document and its text; a SpecificationError says where it breaks."""
    text = files.decode(data, place, error=SpecificationError)
    control = CONTROL.search(text)
    if control:
        raise SpecificationError(
            _at(place, text, control.start()),
            expected="YAML text",
            found=f"the control character U+{ord(control[0]):04X}",
            next_step="remove it; inside double quotes it may be written as an escape",
        )
    try:
        content = yaml_text.loads(text)
    except (ValueError, RecursionError, OverflowError) as problem:
        raise _broken(str(problem), text, place) from problem
    if isinstance(content, list):
        _refuse_several(text, place)
    if "&" in text and "*" in text:
        _refuse_endless(text, place)
    return content, text


def _at(place: str, text: str, offset: int) -> str:
    line, column = positions.at(text, offset)
    return f"{place}:{line}:{column}"


def _broken(message: str, text: str, place: str) -> SpecificationError:
    from cardgen.store import yaml_nodes

    found = REASON.fullmatch(message)
    reason = found[3] if found else message
    where = f"{place}:{found[1]}:{found[2]}" if found else place
    duplicate = yaml_nodes.duplicate(text) if reason.startswith(DUPLICATE) else None
    if duplicate is not None:
        where = f"{_at(place, text, duplicate.offset)}: {duplicate.pointer}"
        reason += f", which stands on line {duplicate.first_line} too"
    usual = "mend the line; quote text that holds ':', '#', '{' or '['"
    next_step = next((step for part, step in NEXT_STEPS.items() if part in reason), usual)
    if duplicate is not None and duplicate.joins:
        next_step = f"join the two under one `{duplicate.key}:`, or remove one of them"
    return SpecificationError(
        where, expected="valid YAML 1.2, every key once", found=reason, next_step=next_step
    )


def _refuse_several(text: str, place: str) -> None:
    """Raise where the list that was read is one of documents."""
    from cardgen.store import yaml_nodes

    if yaml_nodes.compose(text) is None:
        raise SpecificationError(
            place,
            expected="one YAML document",
            found="several, parted by '---'",
            next_step="keep one of them",
        )


def _refuse_endless(text: str, place: str) -> None:
    """Raise for an anchor that holds its own alias: the parser would put nothing there."""
    from cardgen.store import yaml_nodes

    endless = yaml_nodes.endless(text)
    if endless is not None:
        raise SpecificationError(
            _at(place, text, endless.offset),
            expected="values that end",
            found=f"the anchor {endless.anchor!r}, which holds an alias of itself",
            next_step=f"write the value out instead of '*{endless.anchor}'",
        )
