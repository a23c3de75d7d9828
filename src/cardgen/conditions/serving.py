"""The conditions of the record kind `serving`."""

from __future__ import annotations

from collections.abc import Iterator

from cardgen.conditions import engine, provenance
from cardgen.conditions.condition import Listed, Pair
from cardgen.records import Reading, ServingMeasurement
from cardgen.store.runs import Stored

ROLE = "serve"
"""The collectors' role that runs the engine."""


def _serving(stored: Stored) -> ServingMeasurement:
    assert isinstance(stored.measurement, ServingMeasurement)
    return stored.measurement


def _lengths(stored: Stored) -> Iterator[Pair]:
    for name, value in _serving(stored).scenario:
        if name != "name" and value is not None:
            yield name.replace("_", " "), str(value)


def _engine(stored: Stored) -> Iterator[Pair]:
    found = _serving(stored).engine
    yield "engine version", found.version or ""
    yield "engine device", found.device or ""


def _options(stored: Stored) -> dict[str, str] | None:
    """The engine's options with the environment variables that count; None where the record does
    not say how it was started."""
    found = _serving(stored).engine
    measured = stored.run.provenance.origin == "measured"
    if not found.arguments and not measured and "arguments" not in found.model_fields_set:
        return None
    environment = provenance.environments(stored.run.provenance).get(ROLE)
    variables = engine.variables(environment.variables) if environment is not None else {}
    return {**variables, **engine.parsed(found.arguments)}


def _prompt_arguments(stored: Stored) -> Iterator[Pair]:
    options = _options(stored)
    if options is not None:
        yield "prompt arguments", engine.told(options, "question")


def _arguments(stored: Stored) -> Iterator[Pair]:
    options = _options(stored)
    if options is not None:
        yield "engine arguments", engine.told(options, "answer")


def _quantization_arguments(stored: Stored) -> Iterator[Pair]:
    options = _options(stored)
    if options is not None:
        yield "quantization arguments", engine.told(options, "treatment")


def _statistic(field: str) -> Listed:
    def read(stored: Stored) -> Iterator[Pair]:
        reading = getattr(stored.measurement, field)
        if isinstance(reading, Reading):
            yield "statistic", reading.statistic or ""

    return Listed("what the tool reported of the requests", "answer", "cell", read, field)


CONDITIONS: tuple[Listed, ...] = (
    Listed("the scenario's lengths and pictures", "question", "cell", _lengths),
    Listed("the chat template given to the engine", "question", "cell", _prompt_arguments),
    Listed("the load generator", "answer", "cell", provenance.tool),
    Listed("the load generator's version", "answer", "section", provenance.tool_version),
    Listed("the engine's version and device", "answer", "section", _engine),
    Listed("the engine's arguments and variables", "answer", "section", _arguments),
    Listed("GPU or CPU, driver, CUDA, power limit", "answer", "section", provenance.machine),
    *(_statistic(field) for field in ("latency_s", "ttft_s", "itl_s", "requests_per_s")),
    Listed("quantization, KV-cache dtype", "treatment", "section", _quantization_arguments),
)
