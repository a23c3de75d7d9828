"""How far the numbers of a table support a hypothesis: without that, nothing is said of them."""

from __future__ import annotations

from collections.abc import Sequence

from cardgen.audit.check import Check


def fits(checks: Sequence[Check]) -> int:
    """How many numbers the hypothesis gives, rounded or cut."""
    return sum(check.verdict != "wrong" for check in checks)


def support(checks: Sequence[Check]) -> float:
    """The share of the numbers that the hypothesis gives; 0 where there are none."""
    return fits(checks) / len(checks) if checks else 0.0
