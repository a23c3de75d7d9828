"""A printed number held against what it should follow from, and the card's habit of rounding.

Owns how verdicts become findings: a number that no inputs in their intervals give is an error, or a
warning where the formula is a guess; one that fits only if it was cut is a note in a card that
cuts, and a warning in a card that rounds everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cardgen.audit.findings import Finding, Fix, Input, Kind, Severity
from cardgen.audit.number import Number, Verdict
from cardgen.audit.roles import Column, Row
from cardgen.published import Cell

ROUNDS = 3
"""So many numbers that only rounding explains, and twice as many as cut ones, are a habit."""


class Check(NamedTuple):
    """A number that was checked, right or wrong."""

    rule: str
    kind: Kind
    verdict: Verdict
    line: int
    column: int
    printed: str
    expected: str
    message: str
    inputs: tuple[Input, ...] = ()
    certain: bool = True
    lean: int = 0
    """1 where the formula over the values as printed gives the number by rounding only, -1 by
    cutting.
    """
    only: str | None = None
    """What the number has to be where all values of the inputs print alike."""


def lean(printed: Number, value: float) -> int:
    """What a number tells of the card's habit: 1 rounded, -1 cut, 0 nothing."""
    step = printed.step
    rounds = abs(value - printed.value) <= step / 2 + 1e-9
    cuts = 0 <= (value - printed.value) * (1 if printed.value >= 0 else -1) + 1e-9 < step
    return int(rounds) - int(cuts)


def input_of(label: str, cell: Cell | None) -> Input:
    """A cell as an input of a check."""
    if cell is None:
        return Input(label, "", 0, 0)
    return Input(label, cell.text[:80], cell.line, cell.column)


def title(row: Row, column: Column | None = None) -> str:
    """How a message names a row, or a cell."""
    label = row.label or row.category or f"line {row.line}"
    return f"{label}, {column.name}" if column is not None and column.name else label


def number_text(number: Number) -> str:
    """A number with its percent sign, as printed."""
    return f"{number.text}%" if number.unit == "%" else number.text


def findings_of(checks: Iterable[Check]) -> list[Finding]:
    """The findings of a card's checks, cut numbers judged by the card's habit."""
    kept: Sequence[Check] = list(checks)
    rounded = sum(c.lean > 0 for c in kept)
    cut = sum(c.lean < 0 for c in kept)
    rounds = rounded >= ROUNDS and rounded >= 2 * cut
    found: list[Finding] = []
    for check in kept:
        if check.verdict in ("both", "rounded"):
            continue
        severity: Severity
        message = check.message
        if check.verdict == "cut":
            severity = "warning" if rounds else "note"
            message += (
                "; it was cut, where the card rounds its other numbers"
                if rounds
                else "; it fits if it was cut instead of rounded"
            )
        else:
            severity = "error" if check.certain else "warning"
        fix = None
        if severity == "error" and check.only is not None:
            sign = "%" if check.printed.endswith("%") else ""
            commas = "," in check.printed and "." not in check.printed
            only = check.only.replace(".", ",") if commas else check.only
            fix = Fix(check.line, check.column, check.printed, f"{only}{sign}")
        found.append(
            Finding(
                check.rule,
                check.kind,
                severity,
                check.line,
                check.column,
                check.printed,
                check.expected,
                message,
                check.inputs,
                fix,
            )
        )
    return found
