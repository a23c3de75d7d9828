"""What every measurement shares: its model, its outcome, and the identity readers compare by."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from pydantic import Field, model_validator

from cardgen.records.base import Outcome, Record, Text


class Identity(NamedTuple):
    """What the reader compares: kind, model, and the kind's own key. A revision is no part."""

    kind: str
    model: str
    key: tuple[object, ...]

    def __str__(self) -> str:
        parts = ", ".join(str(part) for part in self.key if part is not None)
        return f"{self.kind} of {self.model} ({parts})" if parts else f"{self.kind} of {self.model}"


class Measurement(Record):
    """One outcome for one identity; a failed or skipped one carries its reason and no value."""

    VALUE_FIELDS: ClassVar[tuple[str, ...]] = ()

    kind: str
    model: Text
    revision: Text | None = None
    outcome: Outcome = "measured"
    reason: Text | None = Field(None, description="Why it failed or was skipped.")

    @model_validator(mode="after")
    def _outcome_fits_values(self) -> Measurement:
        present = [name for name in self.VALUE_FIELDS if getattr(self, name) is not None]
        if self.outcome == "measured":
            if self.VALUE_FIELDS and not present:
                names = ", ".join(self.VALUE_FIELDS)
                raise ValueError(f"a measured outcome needs at least one of: {names}")
        elif self.reason is None:
            raise ValueError(f"a {self.outcome} outcome needs a `reason`")
        elif present:
            raise ValueError(f"a {self.outcome} outcome holds no values, but has {present[0]}")
        return self

    def key(self) -> tuple[object, ...]:
        """The kind's part of the identity."""
        raise NotImplementedError

    @property
    def identity(self) -> Identity:
        """What this measurement is compared by."""
        return Identity(self.kind, self.model, self.key())
