"""Findings as SARIF 2.1.0 (OASIS), as services for code scanning take it in.

Columns are counted in code points. A card on the Hub is named by its address.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cardgen import __version__
from cardgen.audit.audited import Audited, Excerpt
from cardgen.audit.findings import Finding, Severity
from cardgen.audit.formats.terminal import marked_length
from cardgen.audit.rulebook import Help, book
from cardgen.audit.suppression import key

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "note"}


def document(cards: Sequence[Audited]) -> str:
    """The findings as one SARIF run."""
    rules = list(book().values())
    index = {rule.name: number for number, rule in enumerate(rules)}
    unread = [card for card in cards if card.error]
    invocation: dict[str, Any] = {"executionSuccessful": not unread}
    if unread:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": f"{card.card}: {card.error}"}} for card in unread
        ]
    run = {
        "tool": {
            "driver": {
                "name": "cardgen audit",
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(card, finding, excerpt, index[finding.rule])
            for card in cards
            for finding, excerpt in zip(card.findings, card.lines, strict=True)
        ],
    }
    text = json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


def _rule(rule: Help) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.text, "markdown": rule.text},
    }


def _result(card: Audited, finding: Finding, excerpt: Excerpt, index: int) -> dict[str, Any]:
    place = {"uri": uri(card)}
    region: dict[str, Any] = {"startLine": finding.line, "startColumn": finding.column}
    length = marked_length(finding, excerpt)
    if length:
        region["endColumn"] = finding.column + length
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": {"artifactLocation": place, "region": region}}],
        "partialFingerprints": {"cardgenAudit/v1": key(finding, excerpt.text)},
        "properties": {
            "kind": finding.kind, "printed": finding.printed, "expected": finding.expected
        },
    }  # fmt: skip
    related = [item for item in finding.inputs if item.line > 0]
    if related:
        found["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": f"{item.label}: {item.text}"},
                "physicalLocation": {
                    "artifactLocation": place,
                    "region": {"startLine": item.line, "startColumn": max(item.column, 1)},
                },
            }
            for number, item in enumerate(related, 1)
        ]
    if finding.fix is not None:
        fix = finding.fix
        deleted = {
            "startLine": fix.line,
            "startColumn": fix.column,
            "endLine": fix.line,
            "endColumn": fix.column + len(fix.old),
        }
        change = {"deletedRegion": deleted, "insertedContent": {"text": fix.new}}
        found["fixes"] = [
            {
                "description": {"text": f"{fix.old} becomes {fix.new}"},
                "artifactChanges": [{"artifactLocation": place, "replacements": [change]}],
            }
        ]
    return found


def uri(card: Audited) -> str:
    """Where a card lies: its web address, or its path, relative if below the working folder."""
    if "://" in card.address:
        return card.address
    if not card.address:
        return quote(card.card if card.card != "-" else "stdin")
    path = Path(card.address).absolute()
    try:
        return quote(path.relative_to(Path.cwd()).as_posix())
    except ValueError:
        return path.as_uri()
