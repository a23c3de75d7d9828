"""Findings as lines of text: one a finding, below it the source with a caret under the place."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence

from cardgen.audit.audited import Audited, Excerpt
from cardgen.audit.findings import SEVERITIES, Finding, Severity
from cardgen.errors import visible

COLOURS: dict[Severity, str] = {"error": "red", "warning": "yellow", "note": "cyan"}
BEFORE = 60
AFTER = 60
LONGEST_MESSAGE = 400
Style = Callable[[str, str], str]


def lines(card: Audited, style: Style) -> Iterator[str]:
    """The card's findings; `style` colours a text, or leaves it."""
    name = visible(card.card)
    for finding, excerpt in zip(card.findings, card.lines, strict=True):
        severity = style(finding.severity, COLOURS[finding.severity])
        message = visible(finding.message[:LONGEST_MESSAGE])
        yield f"{name}:{finding.line}:{finding.column}: {severity}: {message} [{finding.rule}]"
        source, caret = pointed(finding, excerpt)
        if source:
            yield f"    {source}"
            yield f"    {style(caret, COLOURS[finding.severity])}"


def pointed(finding: Finding, excerpt: Excerpt) -> tuple[str, str]:
    """The source around a finding on one line, and a line with carets under its place."""
    at = finding.column - 1 - excerpt.start
    text = excerpt.text
    if not 0 <= at <= len(text) or not text.strip():
        return "", ""
    marked = marked_length(finding, excerpt)
    start = max(0, at - BEFORE)
    end = min(len(text), at + max(marked, 1) + AFTER)
    if start == 0 and excerpt.start == 0:
        start = min(len(text) - len(text.lstrip()), at)
    lead = "…" if (start > 0 and text[:start].strip()) or excerpt.start else ""
    before = lead + visible(text[start:at])
    inside = visible(text[at : at + marked])
    after = visible(text[at + marked : end].rstrip()) + ("…" if end < len(text) else "")
    return before + inside + after, " " * _width(before) + "^" * max(1, _width(inside))


def marked_length(finding: Finding, excerpt: Excerpt) -> int:
    """How many characters of the source a finding is about: what is printed, where it stands so."""
    at = finding.column - 1 - excerpt.start
    if not 0 <= at <= len(excerpt.text):
        return 0
    if finding.printed and excerpt.text.startswith(finding.printed, at):
        return min(len(finding.printed), 2 * AFTER)
    return 0


def _width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


def summary(cards: Sequence[Audited]) -> str:
    """How many findings of each severity there are, and in how many cards."""
    found = [finding.severity for card in cards for finding in card.findings]
    read = sum(not card.error for card in cards)
    counts = [counted(found.count(severity), severity) for severity in SEVERITIES]
    parts = [text for text in counts if not text.startswith("0 ")]
    where = counted(read, "card")
    return f"{', '.join(parts) or 'no findings'} in {where}"


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
