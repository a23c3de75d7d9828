"""Findings as workflow commands of GitHub Actions, which it shows as annotations of the lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cardgen.audit.audited import Audited
from cardgen.audit.findings import Severity
from cardgen.audit.formats.terminal import marked_length

COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def lines(card: Audited) -> Iterator[str]:
    """A command a finding, or one for a card that could not be read."""
    if card.error:
        yield f"::error title=cardgen audit::{data(f'{card.card}: {card.error}')}"
    local = bool(card.address) and "://" not in card.address
    for finding, excerpt in zip(card.findings, card.lines, strict=True):
        properties = [f"title={property_value(f'cardgen audit: {finding.rule}')}"]
        message = finding.message
        if local:
            length = marked_length(finding, excerpt)
            properties[:0] = [
                f"file={property_value(_path(card.address))}",
                f"line={finding.line}",
                f"col={finding.column}",
                *([f"endColumn={finding.column + length}"] if length else []),
            ]
        else:
            message = f"{card.card}:{finding.line}:{finding.column}: {message}"
        yield f"::{COMMANDS[finding.severity]} {','.join(properties)}::{data(message)}"


def data(text: str) -> str:
    """A command's text, escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_value(text: str) -> str:
    """The value of a command's property, escaped."""
    return data(text).replace(":", "%3A").replace(",", "%2C")


def _path(address: str) -> str:
    path = Path(address).absolute()
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
