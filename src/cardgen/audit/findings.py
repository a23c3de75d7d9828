"""What the audit says: one typed finding a fault, with its place, its inputs and, maybe, its mend.

Owns the shape of a finding and the order of findings. Formats are the command line's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

Kind = Literal[
    "average",
    "cost-reduction",
    "cross-card",
    "format",
    "malformed-html",
    "qpd",
    "recovery",
    "speedup",
    "text-vs-metadata",
    "wrong-model-in-command",
]


class Input(NamedTuple):
    """A number or a text that a finding was reckoned from, and where it stands."""

    label: str
    text: str
    line: int
    column: int


class Fix(NamedTuple):
    """A mend with no doubt: on a line, from a column on, `old` becomes `new`."""

    line: int
    column: int
    old: str
    new: str


class Finding(NamedTuple):
    """Something in a card that cannot be true, or that a reader should look at.

    `expected` is a value or an interval as text, in the unit and digits of what is printed. An
    `error` is a contradiction within the card; a `warning` one that has another reading; a `note`
    something to know. Lines and columns count from 1.
    """

    rule: str
    kind: Kind
    severity: Severity
    line: int
    column: int
    printed: str
    expected: str
    message: str
    inputs: tuple[Input, ...] = ()
    fix: Fix | None = None
    card: str = ""


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by card, line and column, one for each fault: repeated ones are dropped."""
    seen: set[tuple[object, ...]] = set()
    kept: list[Finding] = []
    for finding in sorted(
        findings, key=lambda f: (f.card, f.line, f.column, SEVERITIES.index(f.severity), f.rule)
    ):
        key = (finding.card, finding.line, finding.column, finding.kind, finding.printed)
        if key not in seen:
            seen.add(key)
            kept.append(finding)
    return kept
