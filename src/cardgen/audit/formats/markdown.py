"""Findings as Markdown, a table a card, within the size that a comment may have."""

from __future__ import annotations

from collections.abc import Sequence

from cardgen.audit.audited import Audited
from cardgen.audit.findings import Finding
from cardgen.audit.formats.terminal import counted, summary
from cardgen.render.escape import code_span, markdown

LIMIT = 65_536
"""What GitHub takes as one comment, in characters."""
RESERVED = 200
LONGEST = 400

HEAD = """\
| Line | Severity | Finding | Printed | Expected | Rule |
| --: | :-- | :-- | :-- | :-- | :-- |"""


def document(cards: Sequence[Audited], *, limit: int = LIMIT) -> str:
    """The findings of each card as a table; what does not fit into `limit` is counted."""
    pieces = [f"**cardgen audit**: {summary(cards)}\n"]
    left = limit - len(pieces[0]) - RESERVED
    dropped = 0
    for card in cards:
        if not card.findings and not card.error:
            continue
        head = f"\n### {markdown(card.card[:LONGEST])}\n"
        head += f"\n{markdown(card.error[:LONGEST])}\n" if card.error else f"\n{HEAD}\n"
        first = True
        for text in ["", *map(_row, card.findings)]:
            piece = head + text if first else text
            if len(piece) > left:
                dropped += bool(text)
                continue
            if text or card.error:
                pieces.append(piece)
                left -= len(piece)
                first = False
    if dropped:
        pieces.append(f"\n{counted(dropped, 'finding')} more.\n")
    return "".join(pieces).rstrip("\n")


def _row(finding: Finding) -> str:
    cells = (
        str(finding.line),
        finding.severity,
        markdown(finding.message[:LONGEST]),
        _code(finding.printed),
        _code(finding.expected),
        f"`{finding.rule}`",
    )
    return f"| {' | '.join(cells)} |\n"


def _code(text: str) -> str:
    """Text as code in a cell, where a pipe needs its backslash even in code."""
    return code_span(text[:80]).replace("|", "\\|") if text else ""
