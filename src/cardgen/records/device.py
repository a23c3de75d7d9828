"""The record kind `device`: what one model costs on one device under one setting."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from cardgen.records.base import Count, NonNegative, PositiveCount, Record, Text, fault
from cardgen.records.measurement import Measurement
from cardgen.records.reading import NonNegativeReading, PositiveReading, Reading

EnergyMethod = Literal["nvml-counter", "nvml-power", "rapl", "modelled", "unknown"]


class Device(Record):
    """What the model ran on. `name` is what the reader compares; `model` is the exact product."""

    name: Text
    type: Literal["cpu", "cuda", "rocm", "xpu", "mps"]
    model: Text | None = None


class Energy(Record):
    """Joules and how they were got; a modelled joule is never added to a measured one.

    Either `joules_per_sample` as another tool reported it, or the raw window: `window_j` less
    `idle_j` over `samples`.
    """

    method: EnergyMethod
    joules_per_sample: PositiveReading | None = None
    window_j: NonNegative | None = None
    idle_j: NonNegative | None = None
    samples: PositiveCount | None = None
    window_s: NonNegative | None = None
    counter_period_s: NonNegative | None = Field(
        None, description="How often the counter was seen to move."
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Energy:
        if (self.joules_per_sample is None) == (self.window_j is None):
            raise fault(
                "either `joules_per_sample`, or `window_j` with `samples`",
                found="neither" if self.window_j is None else "both",
            )
        if self.window_j is not None and self.samples is None:
            raise fault("the number of `samples` that `window_j` covers", found="none")
        return self


class Quality(Record):
    """How good the answers of the same run were."""

    metric: Text
    reading: Reading
    higher_is_better: bool
    unchanged: Count | None = Field(
        None, description="Answers that are those of the plan's first optimization, word for word."
    )


class Operations(Record):
    """How floating-point operations were counted: lengths, what was left out, and the check.

    `formula_ratio` is the count over an analytic formula's; 1 is agreement.
    """

    method: Text
    prompt_tokens: PositiveCount | None = Field(
        None, description="Of one sample, padding included."
    )
    new_tokens: PositiveCount | None = None
    kv_cache: bool | None = None
    formula_ratio: NonNegative | None = None
    uncounted: tuple[Text, ...] = Field((), description="Operators that count as zero.")


class DeviceMeasurement(Measurement):
    """One setting's cost and quality.

    Identity: model, device, dataset, batch size, image size, sequence length, optimization.
    `latency_s` is seconds per batch; `flops_*` count floating-point operations of one generation
    at the batch size of the run (one multiply-add is two).
    """

    VALUE_FIELDS: ClassVar[tuple[str, ...]] = (
        "latency_s",
        "energy",
        "flops_generation",
        "flops_prefill",
        "flops_decode",
        "quality",
    )

    kind: Literal["device"] = "device"
    device: Device
    dataset: Text
    batch_size: PositiveCount
    image_size: PositiveCount | None = None
    sequence_length: PositiveCount | None = None
    optimization: Text = "fp16"
    dtype: Text | None = None
    attention: Text | None = None
    samples: PositiveCount | None = None
    max_new_tokens: PositiveCount | None = None
    latency_s: PositiveReading | None = None
    energy: Energy | None = None
    flops_generation: NonNegativeReading | None = None
    flops_prefill: NonNegativeReading | None = None
    flops_decode: NonNegativeReading | None = None
    operations: Operations | None = None
    quality: Quality | None = None
    absent: dict[Text, Text] = Field(
        default_factory=dict, description="Field name -> why this run has no value for it."
    )

    def key(self) -> tuple[object, ...]:
        return (
            self.device.name,
            self.dataset,
            self.batch_size,
            self.image_size,
            self.sequence_length,
            self.optimization,
        )
