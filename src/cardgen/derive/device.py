"""Device benchmarks: latency, joules per sample, operations, quality, percent of the original."""

from __future__ import annotations

from cardgen.derive.quantity import (
    Absent,
    Formula,
    Quantity,
    Value,
    apply,
    leaf,
    number,
)
from cardgen.derive.repeats import failure
from cardgen.language import Message
from cardgen.records import DeviceMeasurement
from cardgen.remarks import said
from cardgen.store.runs import Stored

PER_SAMPLE = Formula(
    "joules-per-sample",
    "(joules of the window − idle joules) / samples",
    "energy of the measuring window over the samples it covered",
)
PERCENT_OF_ORIGINAL = Formula(
    "percent-of-original",
    "100 · value / value of the baseline",
    "published device reports",
)
FLOPS_SUM = Formula("flops-of-one-generation", "prefill + decode", "both phases of one generation")


def _device(stored: Stored) -> DeviceMeasurement | None:
    return stored.measurement if isinstance(stored.measurement, DeviceMeasurement) else None


def _missing(stored: Stored, measurement: DeviceMeasurement, *fields: str) -> Absent | None:
    if measurement.outcome != "measured":
        return failure(stored)
    for field in fields:
        reason = measurement.absent.get(field)
        if reason is not None:
            return Absent(Message("not measured: %(reason)s", {"reason": said(reason)}), stored)
    return None


def latency(stored: Stored) -> Value | None:
    """Seconds per batch."""
    measurement = _device(stored)
    if measurement is None:
        return None
    if measurement.latency_s is None:
        return _missing(stored, measurement, "latency_s")
    return leaf(measurement.latency_s, "s", stored, "latency_s")


def energy(stored: Stored) -> Value | None:
    """Joules per sample: as the tool reported it, else (window − idle)/samples.

    A modelled joule keeps a unit of its own, so that no formula can add it to a measured one.
    """
    measurement = _device(stored)
    if measurement is None:
        return None
    record = measurement.energy
    if record is None:
        return _missing(stored, measurement, "energy")
    unit = "J (modelled)" if record.method == "modelled" else "J"
    if record.joules_per_sample is not None:
        return leaf(record.joules_per_sample, unit, stored, "energy/joules_per_sample")
    assert record.window_j is not None
    assert record.samples is not None
    window = number(record.window_j, unit, stored, "energy/window_j")
    samples = number(record.samples, "", stored, "energy/samples")
    if record.idle_j is None:
        return apply(PER_SAMPLE, unit, lambda joules, n: joules / n, window, samples)
    if record.idle_j > record.window_j:
        return Absent(Message("the idle energy exceeds that of the measuring window"), stored)
    idle = number(record.idle_j, unit, stored, "energy/idle_j")
    return apply(PER_SAMPLE, unit, lambda j, i, n: (j - i) / n, window, idle, samples)


def flops(stored: Stored) -> Value | None:
    """Floating-point operations of one generation at the batch size of the run."""
    measurement = _device(stored)
    if measurement is None:
        return None
    if measurement.flops_generation is not None:
        return leaf(measurement.flops_generation, "FLOP", stored, "flops_generation")
    if measurement.flops_prefill is None or measurement.flops_decode is None:
        return _missing(stored, measurement, "flops_generation", "flops_prefill", "flops_decode")
    return apply(
        FLOPS_SUM,
        "FLOP",
        lambda prefill, decode: prefill + decode,
        leaf(measurement.flops_prefill, "FLOP", stored, "flops_prefill"),
        leaf(measurement.flops_decode, "FLOP", stored, "flops_decode"),
    )


def quality(stored: Stored) -> Value | None:
    """The quality metric of the same run, in the metric's own unit."""
    measurement = _device(stored)
    if measurement is None:
        return None
    if measurement.quality is None:
        return _missing(stored, measurement, "quality")
    return leaf(measurement.quality.reading, "", stored, "quality/reading")


def percent_of_original(value: Value, original: Value) -> Value:
    """100·value/original; the baseline is exactly 100 of itself."""
    if isinstance(original, Absent):
        return Absent(
            Message("no baseline: %(reason)s", {"reason": original.reason}), original.stored
        )
    if isinstance(value, Absent):
        return value
    if original.value == 0:
        return Absent(Message("the baseline is zero"))
    if value.unit != original.unit:
        return Absent(Message("measured and modelled values are not compared"))
    if value == original:
        return Quantity(100.0, 100.0, 100.0, "%", formula=PERCENT_OF_ORIGINAL, inputs=(value,))
    return apply(PERCENT_OF_ORIGINAL, "%", lambda v, o: 100 * v / o, value, original)
