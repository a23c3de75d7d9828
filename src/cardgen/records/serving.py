"""The record kind `serving`: how fast an engine serves one model on one machine."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from cardgen.records.base import (
    Count,
    Day,
    NonNegative,
    Positive,
    PositiveCount,
    Record,
    Text,
    fault,
)
from cardgen.records.measurement import Measurement
from cardgen.records.reading import NonNegativeReading, PositiveReading

Mode = Literal["single-stream", "multi-stream", "concurrent", "constant-rate"]


class Hardware(Record):
    """The accelerators that one replica of the model ran on."""

    name: Text
    count: PositiveCount = 1


class Engine(Record):
    """The serving engine, as it was started and as it found itself."""

    name: Text
    version: Text | None = None
    arguments: tuple[Text, ...] = ()
    device: Text | None = Field(None, description="What it says it runs on: cpu, cuda…")
    startup_s: NonNegative | None = Field(None, description="Until it answered.")


class Scenario(Record):
    """What a request looks like: picture size in pixels, prompt and output tokens."""

    name: Text
    prompt_tokens: Count | None = None
    output_tokens: Count | None = None
    images: Count | None = None
    image_width: PositiveCount | None = None
    image_height: PositiveCount | None = None


class Price(Record):
    """What one accelerator costs for one hour, where that was read and when."""

    usd_per_gpu_hour: Positive
    source: Text
    date: Day


class Requests(Record):
    """How the requests of the window ended."""

    successful: Count
    failed: Count = 0
    incomplete: Count = 0


class ServingMeasurement(Measurement):
    """One window of load. Identity: model, hardware, engine, scenario, mode, load.

    A printed card may give queries per dollar more finely than the latency or rate behind it:
    then `queries_per_dollar` and the `price` it used are kept and the rest follows from them.
    """

    VALUE_FIELDS: ClassVar[tuple[str, ...]] = (
        "latency_s",
        "requests_per_s",
        "ttft_s",
        "itl_s",
        "output_tokens_per_s",
        "queries_per_dollar",
    )

    kind: Literal["serving"] = "serving"
    hardware: Hardware
    engine: Engine
    scenario: Scenario
    mode: Mode
    load: Positive | None = Field(None, description="Streams, or requests per second offered.")
    arrivals: Text | None = Field(
        None, description="How requests at a rate were spaced: constant, poisson…"
    )
    endpoint: Text | None = Field(
        None, description="Where requests went: /v1/chat/completions, /v1/completions…"
    )
    max_concurrency: PositiveCount | None = Field(
        None, description="Requests in flight at most, where a rate was offered."
    )
    latency_s: PositiveReading | None = None
    ttft_s: NonNegativeReading | None = None
    itl_s: NonNegativeReading | None = None
    requests_per_s: PositiveReading | None = None
    output_tokens_per_s: NonNegativeReading | None = None
    queries_per_dollar: PositiveReading | None = None
    price: Price | None = None
    requests: Requests | None = None
    mean_prompt_tokens: Positive | None = Field(
        None, description="Over the successful requests, where the scenario has no length."
    )
    mean_output_tokens: Positive | None = None
    window_s: NonNegative | None = None
    warmup_s: NonNegative | None = None
    prefix_cache_hit_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    saturated: bool | None = None

    @model_validator(mode="after")
    def _price_comes_with_queries_per_dollar(self) -> ServingMeasurement:
        if (self.price is None) != (self.queries_per_dollar is None):
            present, absent = "queries_per_dollar", "price"
            if self.queries_per_dollar is None:
                present, absent = absent, present
            raise fault(
                "`queries_per_dollar` together with the `price` it used",
                found=f"`{present}` alone",
                next_step=f"add `{absent}`, or remove `{present}`",
                at=(present,),
            )
        return self

    def key(self) -> tuple[object, ...]:
        return (
            self.hardware.name,
            self.hardware.count,
            self.engine.name,
            self.scenario.name,
            self.mode,
            self.level,
        )

    @property
    def level(self) -> float | None:
        """The load that tells windows of a mode apart; one stream is one stream, said or not."""
        return None if self.mode == "single-stream" and self.load == 1 else self.load
