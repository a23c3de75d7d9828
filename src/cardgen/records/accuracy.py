"""The record kind `accuracy`: one model's score on one task under one metric."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from cardgen.records.base import (
    LARGEST_SETTING,
    Count,
    PositiveCount,
    Record,
    RelativePath,
    Sha256,
    Text,
    fault,
)
from cardgen.records.measurement import Measurement
from cardgen.records.provenance import Tool
from cardgen.records.reading import Reading

Scale = Literal["fraction", "percent", "points"]
Setting = str | Annotated[int, Field(ge=-LARGEST_SETTING, le=LARGEST_SETTING)] | float | bool | None


class Samples(Record):
    """Where the per-sample results of a score are kept."""

    file: RelativePath
    sha256: Sha256
    rows: PositiveCount | None = None


class AccuracyMeasurement(Measurement):
    """One score. Identity: model, task, metric, split, shots, chain of thought, variant, language.

    `scale` says what the number counts: a fraction of one, a percentage, or points of the
    metric's own (perplexity, a judge's score); only a fraction is ever multiplied by 100.
    """

    VALUE_FIELDS: ClassVar[tuple[str, ...]] = ("value",)

    kind: Literal["accuracy"] = "accuracy"
    task: Text
    metric: Text
    split: Text | None = None
    n_shot: Count | None = None
    chain_of_thought: bool | None = None
    variant: Text | None = Field(None, description="What else tells two scores apart: a filter…")
    language: Text | None = None
    category: Text | None = None
    value: Reading | None = None
    scale: Scale
    higher_is_better: bool
    n_expected: Count | None = None
    n_scored: Count | None = None
    n_dropped: Count | None = None
    harness: Tool | None = None
    settings: dict[Text, Setting] = Field(
        default_factory=dict, description="The harness's own settings, by its own names."
    )
    samples: Samples | None = None

    @model_validator(mode="after")
    def _value_fits_scale(self) -> AccuracyMeasurement:
        if self.value is not None:
            low, high = self.value.bounds
            limit = {"fraction": 1, "percent": 100}.get(self.scale)
            if limit is not None and not (high >= 0 and low <= limit):
                raise fault(
                    f"a {self.scale} between 0 and {limit}",
                    found=str(self.value.value),
                    next_step="mend the value, or its `scale`: fraction, percent or points",
                    at=("value", "value"),
                )
        if (
            self.n_scored is not None
            and self.n_expected is not None
            and self.n_scored > self.n_expected
        ):
            raise fault(
                f"at most the {self.n_expected} samples of `n_expected`",
                found=f"{self.n_scored} scored",
                at=("n_scored",),
            )
        return self

    def key(self) -> tuple[object, ...]:
        return (
            self.task,
            self.metric,
            self.split,
            self.n_shot,
            self.chain_of_thought,
            self.variant,
            self.language,
        )
