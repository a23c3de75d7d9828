"""What every measurement shares: its model, its outcome, and the identity readers compare by."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from pydantic import Field, model_validator

from cardgen.records.base import Outcome, Record, Text, fault


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
                raise fault(
                    f"at least one of: {names}",
                    found="none, though the outcome is `measured`",
                    next_step="give a value, or the outcome `failed` or `skipped` with a `reason`",
                )
        elif self.reason is None:
            raise fault(
                f"a `reason` with the outcome `{self.outcome}`",
                found="none",
                next_step="say why there is no value in `reason`",
            )
        elif present:
            raise fault(
                f"no values with the outcome `{self.outcome}`",
                found=f"`{present[0]}`",
                next_step="remove the value, or mend the outcome",
                at=(present[0],),
            )
        return self

    def key(self) -> tuple[object, ...]:
        """The kind's part of the identity."""
        raise NotImplementedError

    @property
    def identity(self) -> Identity:
        """What this measurement is compared by."""
        return Identity(self.kind, self.model, self.key())
