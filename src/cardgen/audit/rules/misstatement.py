"""A statement in a sentence that the rest of the card contradicts, as a finding."""

from __future__ import annotations

from cardgen.audit.findings import Finding, Input, Severity
from cardgen.published import Sentence


def misstatement(
    rule: str,
    severity: Severity,
    sentence: Sentence,
    offset: int,
    printed: str,
    expected: str,
    message: str,
    inputs: tuple[Input, ...] = (),
) -> Finding:
    """The finding on what stands at that offset of the sentence's text."""
    line, column = sentence.place(offset)
    return Finding(
        rule, "text-vs-metadata", severity, line, column, printed, expected, message, inputs
    )
