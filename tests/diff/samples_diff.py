"""States of a card in memory, and what comparing two of them gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samples_cards import card, run, serving

from cardgen.diff.compare import compare
from cardgen.diff.report import Report
from cardgen.diff.state import State
from cardgen.records import AnyMeasurement, Engine, Machine, Origin, Run, ServingMeasurement


def state(*runs: Run, label: str = "a side", **spec: Any) -> State:
    """A card of these runs, without words."""
    return State("tiny", label, card(*runs, **spec), {}, Path("no-such-folder"))


def compared(old: list[Run], new: list[Run], **spec: Any) -> Report:
    """The comparison of two lists of runs under one card.yaml."""
    return compare(state(*old, label="old", **spec), state(*new, label="new", **spec))


def told(report: Report) -> list[tuple[str, str | None]]:
    """Each change as verdict and metric."""
    return [(change.verdict, change.metric) for change in report.changes]


def latencies(*seconds: float, **more: Any) -> list[Run]:
    """A run a latency, all of one identity."""
    return [run(serving(latency_s=value, **more)) for value in seconds]


def on(runs: list[Run], **machine: Any) -> list[Run]:
    """The runs as made on a machine."""
    found = Machine(**machine)
    return [
        one.model_copy(update={"provenance": one.provenance.model_copy(update={"machine": found})})
        for one in runs
    ]


def with_engine(runs: list[Run], version: str) -> list[Run]:
    """The serving runs as made by a version of the engine."""
    return [with_measurements(one, [_engine(m, version) for m in one.measurements]) for one in runs]


def _engine(measurement: AnyMeasurement, version: str) -> AnyMeasurement:
    assert isinstance(measurement, ServingMeasurement)
    engine = Engine(name=measurement.engine.name, version=version)
    return measurement.model_copy(update={"engine": engine})


def with_measurements(one: Run, measurements: list[AnyMeasurement]) -> Run:
    """The run with other measurements."""
    return one.model_copy(update={"measurements": tuple(measurements)})


def of(*measurements: AnyMeasurement, origin: Origin = "measured") -> list[Run]:
    """One run of these measurements."""
    return [run(*measurements, origin=origin)]
