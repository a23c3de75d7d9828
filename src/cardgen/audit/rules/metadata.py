"""The header as the Hub takes it: YAML, and fields of the types that it accepts.

The rules of the fields are those of `frontmatter.validate`; here they get their places in the card.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator

from ruamel.yaml.nodes import Node

from cardgen.audit.findings import Finding
from cardgen.audit.subject import Subject
from cardgen.frontmatter.validate import header_problems
from cardgen.store import yaml_nodes, yaml_text
from cardgen.store.places import Step, at

LONGEST_HEADER = 200_000
MOST = 20
"""So many faults of one header are told."""
LONGEST_MESSAGE = 300
STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
BROKEN_AT = re.compile(r"line (\d+), column (\d+)")


def header(subject: Subject) -> Iterator[Finding]:
    """The header is YAML that can be read, and every field of it one that the Hub takes: no null in
    a list, no result without its data set, no name that no repository can have.

    A warning. What the Hub accepts at a loss (no licence, no library) is not told, and a header
    above 200,000 characters is passed over. Cannot know: whether a model or data set exists, and
    values that the Hub has learnt since.
    """
    front = subject.document.front
    if front is None or len(front.text) > LONGEST_HEADER:
        return
    first = front.line + 1
    try:
        data = yaml_text.loads(front.text)
    except (ValueError, RecursionError, OverflowError, TypeError) as problem:
        line, column, said = _broken(front.text, str(problem))
        yield _finding(first + line - 1, column, "YAML", f"no YAML that the Hub can read: {said}")
        return
    errors = [problem for problem in header_problems(data) if problem.level == "error"]
    root = _compose(front.text) if errors else None
    for error in errors[:MOST]:
        line, column = _place(root, error.path)
        yield _finding(
            first + line,
            column + 1,
            error.path or "header",
            f"metadata that the Hub refuses or cannot use: {error.message}",
        )


def _finding(line: int, column: int, field: str, message: str) -> Finding:
    if len(message) > LONGEST_MESSAGE:  # the Hub lists every licence that it knows
        half = LONGEST_MESSAGE // 2
        message = f"{message[:half]} … {message[-half:]}"
    return Finding("header", "format", "warning", line, column, field, "", message)


def _broken(text: str, message: str) -> tuple[int, int, str]:
    """Line, column and reason of what the parser refused."""
    lines = [line for line in message.splitlines() if line.strip()] or ["unreadable"]
    found = BROKEN_AT.search(lines[0])
    if found is not None:
        return int(found[1]), int(found[2]), lines[-1].strip()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an anchor that is used again is allowed
        twice = yaml_nodes.duplicate(text)
    return (*(at(text, twice.offset) if twice is not None else (1, 1)), lines[-1].strip())


def _compose(text: str) -> Node | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return yaml_nodes.compose(text)


def _place(root: Node | None, path: str) -> tuple[int, int]:
    """Where a field stands, or the nearest that holds it; both counted from 0."""
    if root is None:
        return 0, 0
    node, mark = root, root.start_mark
    steps: list[Step] = [int(index) if index else key for index, key in STEP.findall(path)]
    for step in steps:
        member = yaml_nodes.child(node, step)
        if member is None:
            break
        node = member.node
        mark = (member.key if member.key is not None else node).start_mark
    return mark.line, mark.column
