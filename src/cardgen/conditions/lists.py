"""Every kind's list of conditions, and what a measurement states by it.

One list a kind: the groups that a card shows, the comparison with the base model, `explain` and
`diff` all read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cardgen.conditions import accuracy, device, quantization, serving
from cardgen.conditions.condition import Condition, Conditions, Listed, Scope, merged
from cardgen.store.runs import Stored

LISTS: Mapping[str, Sequence[Listed]] = {
    "quantization": quantization.CONDITIONS,
    "accuracy": accuracy.CONDITIONS,
    "serving": serving.CONDITIONS,
    "device": device.CONDITIONS,
}


class Statements:
    """What measurements state, each read once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Stored, tuple[Condition, ...]]] = {}

    def of(self, stored: Stored) -> tuple[Condition, ...]:
        """The conditions that one measurement states."""
        known = self._known.get(id(stored))
        if known is None:
            found = tuple(
                [
                    Condition(name, value, bears_on, scope, field)
                    for _, bears_on, scope, read, field in LISTS[stored.measurement.kind]
                    for name, value in read(stored)
                    if value
                ]
            )
            known = self._known[id(stored)] = (stored, found)
        return known[1]

    def together(self, items: Iterable[Stored], scope: Scope | None = None) -> Conditions:
        """The conditions of several measurements, or those of one scope."""
        statements = (self.of(item) for item in items)
        if scope is None:
            return merged(statements)
        return merged([c for c in found if c.scope == scope] for found in statements)
