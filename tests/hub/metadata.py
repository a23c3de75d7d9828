"""What the test Hub says to a README's header: the known rules, on a strict YAML 1.2 reading."""

from __future__ import annotations

import re

import yaml_rs

from cardgen.frontmatter.validate import EMPTY, header_problems

HEADER = re.compile(r"\A(?:\s*---[\r\n]+)([\s\S]*?)(?:[\r\n]+---(?:\r\n|\r|\n|\Z))")
"""As the client cuts it out of the text."""


def problems(content: str) -> tuple[list[str], list[str]]:
    """Errors and warnings, in the words that the Hub uses where they are known."""
    found = HEADER.match(content.removeprefix("\ufeff"))
    if found is None:
        return [], [EMPTY]
    try:
        data = yaml_rs.loads(found[1], parse_datetime=False)
    except (ValueError, RecursionError) as problem:
        return [f"Invalid YAML: {str(problem).splitlines()[0]}"], []
    listed = header_problems(data)
    return (
        [problem.message for problem in listed if problem.level == "error"],
        [problem.message for problem in listed if problem.level == "warning"],
    )
