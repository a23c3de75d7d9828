"""GuideLLM benchmark files -> serving measurements, every layout up to 0.8.

Layouts: `{benchmarks}` (to 0.3), `{args, benchmarks}` (0.4), the same with `metadata.version` 1
(0.5, 0.6), and `{metadata.version 2, config, benchmarks}` (0.7, 0.8). The per-request lists, in
which pictures are embedded, are skipped unread.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from cardgen.imports import scenario as scenarios
from cardgen.imports.imported import Findings, hub_model, imported, moment, source_of, tool_of
from cardgen.imports.node import Node, plain
from cardgen.imports.options import ImportOptions
from cardgen.imports.result_file import read_result
from cardgen.imports.tree import Shape
from cardgen.imports.units import shifted
from cardgen.records import (
    Engine,
    Environment,
    Hardware,
    Interval,
    Machine,
    Mode,
    NonNegativeReading,
    PositiveReading,
    Reading,
    Requests,
    Run,
    Scenario,
    ServingMeasurement,
)

SHAPE = Shape(
    skip=frozenset(
        {
            "benchmarks/*/requests",
            "benchmarks/*/metrics/turns",
            "pdf",
            "cumulative_distribution_function",
            "percentiles",
            "percentile_cis",
        }
    )
)
MODES: dict[str, Mode] = {
    "synchronous": "single-stream",
    "throughput": "multi-stream",
    "concurrent": "concurrent",
    "constant": "constant-rate",
    "poisson": "constant-rate",
}
KNOWN_SCHEMAS = (1, 2)
ENDPOINTS = {"chat_completions": "/v1/chat/completions", "text_completions": "/v1/completions"}
"""What GuideLLM called the formats of its requests before it went by their paths."""

R = TypeVar("R", bound=Reading)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all benchmarks of one file share."""

    model: str
    revision: str | None
    hardware: Hardware
    engine: Engine
    scenario: Scenario
    endpoint: str | None


def read(path: Path, options: ImportOptions) -> Run:
    """One run with a measurement for each benchmark of the file."""
    document = read_result(path, SHAPE)
    root, findings = document.root, Findings()
    benchmarks = root.at("benchmarks").elements()
    if not benchmarks:
        raise root.at("benchmarks").refused("at least one finished benchmark", found="none")
    _check_schema(root)
    setting = _Setting(
        model=hub_model(root, _models(root, benchmarks[0]), options),
        revision=options.revision,
        hardware=scenarios.hardware(root, options, findings),
        engine=scenarios.engine(root, options, findings),
        scenario=scenarios.scenario(root, _request(root, benchmarks[0]), options),
        endpoint=_endpoint(root, benchmarks[0]),
    )
    measurements = [_measurement(node, setting, findings) for node in benchmarks]
    starts = [time for node in benchmarks if (time := moment(node.get("start_time")))]
    ends = [time for node in benchmarks if (time := moment(node.get("end_time")))]
    metadata = root.get("metadata")
    python = metadata.get("python_version") if metadata else None
    platform = metadata.get("platform") if metadata else None
    with root.recording():
        environment = Environment(python=python.text()) if python else None
        machine = Machine(operating_system=platform.text()) if platform else None
    return imported(
        root,
        measurements,
        tool=tool_of(root, "guidellm", root.path("metadata", "guidellm_version"), options),
        source=source_of(root, path, "GuideLLM benchmarks", document.sha256, options),
        findings=findings,
        environment=environment,
        machine=machine,
        started_at=min(starts, default=None),
        ended_at=max(ends, default=None),
    )


def _check_schema(root: Node) -> None:
    version = root.path("metadata", "version")
    if version is not None and version.value not in KNOWN_SCHEMAS:
        raise version.refused(
            "version 1 or 2 of GuideLLM's file format",
            next_step="make the file with GuideLLM up to 0.8, or update cardgen",
        )


def _models(root: Node, benchmark: Node) -> list[Node | None]:
    return [
        root.path("config", "spec", "backend", "model"),
        root.path("args", "model"),
        benchmark.path("config", "backend", "model"),
        benchmark.path("worker", "backend_model"),
        root.path("args", "backend_kwargs", "model"),
    ]


def _request(root: Node, benchmark: Node) -> scenarios.Request:
    for data in (
        root.path("config", "spec", "data"),
        root.path("args", "data"),
        benchmark.path("request_loader", "data"),
    ):
        if data is not None:
            return scenarios.request_of(data)
    return scenarios.Request()


def _endpoint(root: Node, benchmark: Node) -> str | None:
    """Where the requests went, as the file says; None where it does not."""
    stated = (
        root.path("config", "spec", "backend", "request_format"),
        benchmark.path("config", "backend", "request_format"),
        root.path("args", "backend_kwargs", "request_format"),
        root.path("args", "request_format"),
        root.path("args", "request_type"),
    )
    for node in stated:
        if node is not None and isinstance(node.value, str) and node.value:
            return ENDPOINTS.get(node.value, plain(node.value))
    return None


def _measurement(benchmark: Node, setting: _Setting, findings: Findings) -> ServingMeasurement:
    strategy = (benchmark.get("config") or benchmark.at("args")).at("strategy")
    kind = strategy.at("type_")
    mode = MODES.get(kind.text())
    if mode is None:
        raise kind.refused(
            f"one of the strategies {', '.join(MODES)}",
            next_step="leave this benchmark out: its load cannot be compared",
        )
    metrics = benchmark.at("metrics")
    requests = _requests(benchmark, metrics)
    for warning in _warnings(benchmark):
        findings.note(f"GuideLLM warned: {warning}")
    failed = requests.successful == 0
    readings = _Readings(metrics, requests, _confidence(benchmark), findings)
    with benchmark.recording():
        return ServingMeasurement(
            model=setting.model,
            revision=setting.revision,
            hardware=setting.hardware,
            engine=setting.engine,
            scenario=setting.scenario,
            mode=mode,
            load=_load(strategy, mode),
            arrivals=kind.text() if mode == "constant-rate" else None,
            endpoint=setting.endpoint,
            outcome="failed" if failed else "measured",
            reason="no request of the window succeeded" if failed else None,
            latency_s=readings.get("request_latency", PositiveReading, "s"),
            ttft_s=readings.get("time_to_first_token_ms", NonNegativeReading, "ms"),
            itl_s=readings.get("inter_token_latency_ms", NonNegativeReading, "ms"),
            requests_per_s=readings.get("requests_per_second", PositiveReading, "rate"),
            output_tokens_per_s=readings.get(
                "output_tokens_per_second", NonNegativeReading, "rate"
            ),
            requests=requests,
            window_s=None if failed else _seconds(benchmark, "duration"),
            warmup_s=None if failed else _seconds(benchmark, "warmup_duration"),
        )


def _load(strategy: Node, mode: Mode) -> float | None:
    if mode == "concurrent":
        return float(strategy.at("streams").integer(least=1))
    if mode == "constant-rate":
        rate = strategy.at("rate")
        if rate.number(least=0) == 0:
            raise rate.refused("a rate above zero")
        return rate.number()
    return None


def _seconds(benchmark: Node, key: str) -> float | None:
    node = benchmark.get(key)
    return None if node is None else node.number(least=0)


def _requests(benchmark: Node, metrics: Node) -> Requests:
    totals = metrics.get("request_totals") or benchmark.at("request_totals")
    errored, incomplete = totals.get("errored"), totals.get("incomplete")
    with totals.recording():
        return Requests(
            successful=totals.at("successful").integer(),
            failed=errored.integer() if errored else 0,
            incomplete=incomplete.integer() if incomplete else 0,
        )


def _warnings(benchmark: Node) -> list[str]:
    warnings = benchmark.get("warnings")
    if warnings is None:
        return []
    texts = [w.get("message") if isinstance(w.value, dict) else w for w in warnings.elements()]
    return [plain(text.text()) for text in texts if text is not None]


def _confidence(benchmark: Node) -> float:
    node = benchmark.path("config", "confidence")
    if node is None:
        return 0.95
    if not 0 < node.number() < 1:
        raise node.refused("a confidence level between 0 and 1")
    return node.number()


@dataclass(frozen=True, slots=True)
class _Readings:
    """The distributions of one benchmark's successful requests, as readings."""

    metrics: Node
    requests: Requests
    confidence: float
    findings: Findings

    def get(self, key: str, kind: type[R], unit: Literal["s", "ms", "rate"]) -> R | None:
        """The mean in seconds or per second; None where the distribution is empty.

        An empty distribution is written as zeros with `count` 0. A rate's spread is that of the
        moments between two events, which says nothing of the mean, so it is not kept; its
        median is wrong by half under load and is never read.
        """
        statuses = self.metrics.get(key)
        values = statuses.get("successful") if statuses is not None else None
        if values is None or self.requests.successful == 0:
            return None
        count = values.at("count").integer()
        if count == 0:
            return None
        mean = values.at("mean")
        places = -3 if unit == "ms" else 0
        number = mean.number(
            least=0,
            next_step="this version of GuideLLM counts requests without a first token: "
            "run the benchmark again with a newer one",
        )
        if number == 0:
            self.findings.note(f"{key}: reported as zero over {count} values, taken as unmeasured.")
            return None
        if unit != "rate" and key == "request_latency" and count != self.requests.successful:
            self.findings.note(
                f"{key}: covers {count} requests, {self.requests.successful} were successful."
            )
        with values.recording():
            return kind(
                value=shifted(number, places),
                statistic="mean",
                n=count if unit != "rate" else None,
                std_dev=self._spread(values, places) if unit != "rate" else None,
                interval=self._interval(values, places),
            )

    def _spread(self, values: Node, places: int) -> float | None:
        node = values.get("std_dev")
        return None if node is None else shifted(node.number(least=0), places)

    def _interval(self, values: Node, places: int) -> Interval | None:
        node = values.get("mean_ci")
        if node is None:
            return None
        with node.recording():
            return Interval(
                low=shifted(node.at("lower").number(), places),
                high=shifted(node.at("upper").number(), places),
                level=self.confidence,
            )
