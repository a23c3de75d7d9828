"""One card from its bytes to what is told of it, in this process or in another.

Owns the order: read, check, choose rules, suppress. Keeps of a card only what its findings show.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cardgen.audit.across import across, facts
from cardgen.audit.audited import Audited, Excerpt
from cardgen.audit.findings import Finding, ordered
from cardgen.audit.rulebook import ACROSS, names
from cardgen.audit.run import check
from cardgen.audit.subject import understand
from cardgen.audit.suppression import by_comments
from cardgen.errors import CardgenError
from cardgen.published import read
from cardgen.store import files

EXCERPT = 2_000
"""So many characters of a line are kept around a finding."""


class Choice(NamedTuple):
    """Which rules are told, whether comments in cards count, and whether several are compared."""

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    comments: bool = True
    across: bool = False

    @property
    def ran(self) -> frozenset[str]:
        """The rules whose findings are told."""
        return (self.select or frozenset(names())) - self.ignore


EVERYTHING = Choice()


EVERYTHING = Choice()


def audit_card(
    data: bytes, card: str, *, file_name: str = "", address: str = "", choice: Choice = EVERYTHING
) -> Audited:
    """What a card's bytes are found to hold; never fails."""
    document = read(data)
    subject = understand(document, file_name)
    found: Sequence[Finding] = check(subject, card)
    ran = choice.ran
    found = [finding for finding in found if finding.rule in ran]
    if choice.comments:
        found = by_comments(document, found, ran=ran - frozenset(ACROSS))
        found = ordered(finding._replace(card=card) for finding in found if finding.rule in ran)
    lines = document.lines
    return Audited(
        card,
        tuple(found),
        tuple(_excerpt(lines[f.line - 1] if f.line <= len(lines) else "", f.column) for f in found),
        address,
        facts=facts(subject) if choice.across else None,
    )


def audit_across(cards: Sequence[Audited], choice: Choice) -> list[Audited]:
    """The cards with what they contradict in each other; a file's comments count there too."""
    known = [(card.card, card.facts) for card in cards if card.facts is not None]
    found: dict[str, list[Finding]] = {}
    for finding in across(known):
        if finding.rule in choice.ran:
            found.setdefault(finding.card, []).append(finding)
    return [_joined(card._replace(facts=None), found.get(card.card, []), choice) for card in cards]


def _joined(card: Audited, more: list[Finding], choice: Choice) -> Audited:
    """A card with more findings, each with the line that it stands on where that is at hand."""
    lines: tuple[str, ...] = ()
    if more and card.address and "://" not in card.address:
        try:
            document = read(files.read_bytes(Path(card.address)))
        except CardgenError:
            return card
        lines = document.lines
        if choice.comments:
            more = by_comments(document, more, ran=frozenset())
    if not more:
        return card
    excerpts = dict(zip(card.findings, card.lines, strict=True))
    for finding in more:
        text = lines[finding.line - 1] if finding.line <= len(lines) else ""
        excerpts[finding] = _excerpt(text, finding.column)
    kept = ordered(excerpts)
    return card._replace(findings=tuple(kept), lines=tuple(excerpts[finding] for finding in kept))


def _excerpt(line: str, column: int) -> Excerpt:
    if len(line) <= EXCERPT:
        return Excerpt(line, 0)
    start = max(0, column - 1 - EXCERPT // 2)
    return Excerpt(line[start : start + EXCERPT], start)
