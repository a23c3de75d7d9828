"""Findings as JSON, and the JSON Schema that describes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

from cardgen.audit.audited import Audited
from cardgen.audit.findings import SEVERITIES, Finding, Kind
from cardgen.audit.rulebook import names

FORMAT = 1


def document(cards: Sequence[Audited]) -> str:
    """The findings of all cards in order, and what could not be read."""
    found = {
        "format": FORMAT,
        "findings": [row(finding) for card in cards for finding in card.findings],
        "unread": [{"card": card.card, "error": card.error} for card in cards if card.error],
    }
    text = json.dumps(found, ensure_ascii=False, indent=2)
    # A file's name may hold bytes that are no UTF-8: they are escapes here.
    return text.encode("utf-8", "backslashreplace").decode()


def row(finding: Finding) -> dict[str, Any]:
    """A finding as the document has it."""
    return {
        "card": finding.card,
        "rule": finding.rule,
        "kind": finding.kind,
        "severity": finding.severity,
        "line": finding.line,
        "column": finding.column,
        "printed": finding.printed,
        "expected": finding.expected,
        "message": finding.message,
        "inputs": [item._asdict() for item in finding.inputs],
        "fix": finding.fix._asdict() if finding.fix else None,
    }


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `cardgen audit --format json`."""
    text = {"type": "string"}
    place = {"type": "integer", "minimum": 1}
    fix = {"line": place, "column": place, "old": text, "new": text}
    # An input that the card does not print stands on line 0.
    anywhere = {"type": "integer", "minimum": 0}
    source = {"label": text, "text": text, "line": anywhere, "column": anywhere}
    finding = {
        "card": {**text, "description": "The path as given, or the name on the Hub."},
        "rule": {"enum": list(names())},
        "kind": {"enum": list(get_args(Kind))},
        "severity": {"enum": list(SEVERITIES)},
        "line": {**place, "description": "Counted from 1."},
        "column": {**place, "description": "In characters, counted from 1."},
        "printed": {**text, "description": "What the card says."},
        "expected": {**text, "description": "A value or an interval, as the card would print it."},
        "message": text,
        "inputs": {
            "type": "array",
            "items": _object(source),
            "description": "What it was reckoned from.",
        },
        "fix": {
            "anyOf": [_object(fix), {"type": "null"}],
            "description": "What `--fix` writes; null where that is not certain.",
        },
    }
    unread = {"card": text, "error": text}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"cardgen audit, format {FORMAT}",
        **_object(
            {
                "format": {"const": FORMAT},
                "findings": {"type": "array", "items": _object(finding)},
                "unread": {"type": "array", "items": _object(unread)},
            }
        ),
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
