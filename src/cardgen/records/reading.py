"""A number as a tool reported it or a card printed it, with what is known of its sharpness."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cardgen.records.base import NonNegative, PositiveCount, Record, fault

Rounding = Literal["nearest", "truncated", "unknown"]


class Interval(Record):
    """A confidence interval as the tool reported it, in the unit of its reading."""

    low: float
    high: float
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95

    @model_validator(mode="after")
    def _ordered(self) -> Interval:
        if self.low > self.high:
            raise fault(f"a low end not above {self.high}", found=str(self.low), at=("low",))
        return self


class Quartiles(Record):
    """Where the middle half of the values lies: a spread, no confidence interval."""

    first: float
    third: float

    @model_validator(mode="after")
    def _ordered(self) -> Quartiles:
        if self.first > self.third:
            raise fault(
                f"a first quartile not above {self.third}", found=str(self.first), at=("first",)
            )
        return self


class Reading(Record):
    """One raw number; where it was printed, `decimals` says how far it was printed.

    A printed number stands for every value that prints so: 3.1 (`decimals` 1, rounded to
    nearest) is [3.05, 3.15]. 617.84 G printed is the value 617.84e9 with `decimals` -7. A tool's
    own number at full precision has no `decimals`.
    """

    value: float
    decimals: Annotated[int, Field(ge=-30, le=30)] | None = None
    rounding: Rounding = "nearest"
    statistic: Literal["single", "mean", "median", "sum", "maximum"] | None = None
    n: PositiveCount | None = None
    std_dev: NonNegative | None = None
    stderr: NonNegative | None = None
    interval: Interval | None = None
    quartiles: Quartiles | None = None

    @model_validator(mode="after")
    def _rounding_needs_decimals(self) -> Reading:
        if self.rounding != "nearest" and self.decimals is None:
            raise fault(
                "the `decimals` of a printed number, which `rounding` speaks of",
                found="none",
                next_step="add `decimals`, or remove `rounding`",
            )
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and greatest value that would have been printed so."""
        if self.decimals is None:
            return self.value, self.value
        unit = 10.0**-self.decimals
        if self.rounding == "nearest":
            return self.value - unit / 2, self.value + unit / 2
        toward = unit if self.value >= 0 else -unit
        if self.rounding == "truncated":
            return min(self.value, self.value + toward), max(self.value, self.value + toward)
        return (
            min(self.value - toward / 2, self.value + toward),
            max(self.value - toward / 2, self.value + toward),
        )


class NonNegativeReading(Reading):
    """A reading that cannot be below zero: seconds, joules, rates, counts of operations."""

    value: Annotated[float, Field(ge=0)]


class PositiveReading(Reading):
    """A reading that cannot be zero either, because it is divided by: latencies, rates."""

    value: Annotated[float, Field(gt=0)]
