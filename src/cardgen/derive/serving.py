"""Serving: latency and rate, queries per dollar, cost reduction, the headline ratios."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cardgen.derive.quantity import (
    Absent,
    Formula,
    Quantity,
    Value,
    apply,
    constant,
    leaf,
    mean,
    number,
    scaled,
)
from cardgen.derive.repeats import failure
from cardgen.language import Message
from cardgen.records import Mode, ServingMeasurement
from cardgen.store.runs import Stored

QPD_SINGLE = Formula(
    "queries-per-dollar-single-stream",
    "3600 / (latency · GPUs · price per GPU-hour)",
    "one request at a time keeps the replica busy for its whole latency",
)
QPD_MULTI = Formula(
    "queries-per-dollar-multi-stream",
    "requests per second · 3600 / (GPUs · price per GPU-hour)",
    "requests that an hour's money buys at the rate that was reached",
)
LATENCY_FROM_QPD = Formula(
    "latency-from-queries-per-dollar",
    "3600 / (queries per dollar · GPUs · price per GPU-hour)",
    "the single-stream formula solved for the latency",
)
RATE_FROM_QPD = Formula(
    "rate-from-queries-per-dollar",
    "queries per dollar · GPUs · price per GPU-hour / 3600",
    "the multi-stream formula solved for the rate",
)
COST_RATIO = Formula(
    "cost-ratio",
    "queries per dollar / queries per dollar of the base model",
    "same hardware, scenario and mode",
)
COST_REDUCTION = Formula(
    "average-cost-reduction",
    "mean of the cost ratios over the scenarios",
    "published quantized-model cards",
)
AS_PERCENT = Formula("as-percent", "100 · fraction", "scale of the record: a fraction of one")
HEADLINE = Formula("headline", "the largest cost ratio of the mode", "“up to N×” of the overview")


NO_LATENCY = Absent(Message("latency of whole requests not recorded"))
NO_RATE = Absent(Message("requests per second not recorded"))
NOT_RECORDED = Absent(Message("not recorded"))


class HourlyPrice(NamedTuple):
    """The project's price of one accelerator for one hour, and where the project file says so."""

    usd_per_gpu_hour: float
    file: str
    pointer: str

    def quantity(self) -> Quantity:
        """The price as an exact quantity that leads to the project file."""
        return constant(self.usd_per_gpu_hour, "USD/h", self.file, self.pointer)


PriceOf = Callable[[str], HourlyPrice | None]


def _serving(stored: Stored) -> ServingMeasurement | None:
    return stored.measurement if isinstance(stored.measurement, ServingMeasurement) else None


def _printed(stored: Stored, measurement: ServingMeasurement) -> tuple[Quantity, ...]:
    """The printed queries per dollar, the number of GPUs, and the price it used."""
    assert measurement.queries_per_dollar is not None
    assert measurement.price is not None
    price = measurement.price.usd_per_gpu_hour
    return (
        leaf(measurement.queries_per_dollar, "1/USD", stored, "queries_per_dollar"),
        number(measurement.hardware.count, "", stored, "hardware/count"),
        number(price, "USD/h", stored, "price/usd_per_gpu_hour"),
    )


def latency(stored: Stored) -> Value | None:
    """Seconds a request takes: as recorded, else what printed queries per dollar imply.

    3600/(QPD·N·price), from the single-stream formula; the interval is that of the printed QPD.
    """
    measurement = _serving(stored)
    if measurement is None:
        return None
    if measurement.outcome != "measured":
        return failure(stored)
    if measurement.latency_s is not None:
        return leaf(measurement.latency_s, "s", stored, "latency_s")
    if measurement.queries_per_dollar is not None and measurement.mode == "single-stream":
        return apply(
            LATENCY_FROM_QPD,
            "s",
            lambda qpd, count, price: 3600 / (qpd * count * price),
            *_printed(stored, measurement),
        )
    return NO_LATENCY


def rate(stored: Stored) -> Value | None:
    """Requests per second: as recorded, else what printed queries per dollar imply.

    QPD·N·price/3600, from the multi-stream formula; the interval is that of the printed QPD.
    """
    measurement = _serving(stored)
    if measurement is None:
        return None
    if measurement.outcome != "measured":
        return failure(stored)
    if measurement.requests_per_s is not None:
        return leaf(measurement.requests_per_s, "1/s", stored, "requests_per_s")
    if measurement.queries_per_dollar is not None and measurement.mode == "multi-stream":
        return apply(
            RATE_FROM_QPD,
            "1/s",
            lambda qpd, count, price: qpd * count * price / 3600,
            *_printed(stored, measurement),
        )
    return NO_RATE


def reading(stored: Stored, field: str, unit: str) -> Value | None:
    """A reading of the window as recorded: the first token, between tokens, output tokens."""
    measurement = _serving(stored)
    if measurement is None:
        return None
    if measurement.outcome != "measured":
        return failure(stored)
    found = getattr(measurement, field)
    return NOT_RECORDED if found is None else leaf(found, unit, stored, field)


def plain(stored: Stored, field: str, unit: str, factor: int = 1) -> Value | None:
    """A plain number of the window: its length, how many requests, the share of cache hits."""
    measurement = _serving(stored)
    if measurement is None:
        return None
    if measurement.outcome != "measured":
        return failure(stored)
    found: object = measurement
    for part in field.split("/"):
        found = getattr(found, part, None)
    if not isinstance(found, int | float):
        return NOT_RECORDED
    value = number(float(found), unit, stored, field)
    return value if factor == 1 else scaled(value, factor, unit, AS_PERCENT)


def performance(stored: Stored, mode: Mode) -> Value | None:
    """What the mode is measured by: latency for single-stream, the rate for every other."""
    return latency(stored) if mode == "single-stream" else rate(stored)


def queries_per_dollar(stored: Stored, price_of: PriceOf) -> Value | None:
    """Queries per dollar: as printed with its price, else from the project's price list.

    Single-stream 3600/(latency·N·price), multi-stream QPS·3600/(N·price), price per GPU and hour.
    A printed value keeps the price it used: later prices never rewrite it.
    """
    measurement = _serving(stored)
    if measurement is None:
        return None
    if measurement.outcome != "measured":
        return failure(stored)
    if measurement.queries_per_dollar is not None:
        return leaf(measurement.queries_per_dollar, "1/USD", stored, "queries_per_dollar")
    base = performance(stored, measurement.mode)
    if base is None or isinstance(base, Absent):
        return base
    price = price_of(measurement.hardware.name)
    if price is None:
        return Absent(
            Message(
                "no price for %(hardware)s in the project's price list",
                {"hardware": measurement.hardware.name},
            )
        )
    count = number(measurement.hardware.count, "", stored, "hardware/count")
    if measurement.mode == "single-stream":
        return apply(
            QPD_SINGLE, "1/USD", lambda s, n, p: 3600 / (s * n * p), base, count, price.quantity()
        )
    return apply(
        QPD_MULTI, "1/USD", lambda r, n, p: r * 3600 / (n * p), base, count, price.quantity()
    )


def cost_ratio(quantized: Value, base: Value) -> Value:
    """Queries per dollar against the base model's on the same hardware and scenario."""
    if isinstance(quantized, Absent):
        return quantized
    if isinstance(base, Absent):
        return Absent(Message("no baseline: %(reason)s", {"reason": base.reason}), base.stored)
    return apply(COST_RATIO, "x", lambda q, b: q / b, quantized, base)


def cost_reduction(ratios: Sequence[Value]) -> Value:
    """The mean over scenarios of the cost ratios; absent if one of them is."""
    present: list[Quantity] = []
    for ratio in ratios:
        if isinstance(ratio, Absent):
            return ratio
        present.append(ratio)
    if not present:
        return Absent(Message("not measured"))
    return mean(COST_REDUCTION, "x", present)


def headline(ratios: Sequence[Value]) -> Value:
    """“Up to N×”: the largest single ratio; absent where no ratio is there.

    The first input is the largest; those follow whose rounding lets them be larger still.
    """
    present = [ratio for ratio in ratios if isinstance(ratio, Quantity)]
    if not present:
        return Absent(Message("not measured"))
    largest = max(present, key=lambda ratio: ratio.value)
    low, high = max(ratio.low for ratio in present), max(ratio.high for ratio in present)
    rivals = (
        ratio
        for ratio in present
        if ratio is not largest and (ratio.low > largest.low or ratio.high > largest.high)
    )
    return Quantity(largest.value, low, high, "x", largest.decimals, HEADLINE, (largest, *rivals))
