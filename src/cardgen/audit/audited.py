"""A card when it has been audited: what is told of it, and the source around each finding."""

from __future__ import annotations

from typing import NamedTuple

from cardgen.audit.across import Facts
from cardgen.audit.findings import Finding


class Excerpt(NamedTuple):
    """The part of a line around a finding; `start` characters of the line stand before it."""

    text: str
    start: int


class Audited(NamedTuple):
    """A card's findings in order, and around each the line that it stands on.

    `address` is the path or web address where the card lies, empty for standard input; `error` says
    why it could not be read. `facts` are kept where cards are to be held against each other.
    """

    card: str
    findings: tuple[Finding, ...]
    lines: tuple[Excerpt, ...]
    address: str = ""
    error: str = ""
    facts: Facts | None = None
