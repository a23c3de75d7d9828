"""Code and commands on a card: as executed where a run recorded them, else reconstructed.

Reconstruction renders the recorded settings through a template of the tool; the card says which
of the two it shows.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cardgen.card import Card
from cardgen.language import Message, Words
from cardgen.records import (
    AccuracyMeasurement,
    QuantizationMeasurement,
    Scenario,
    ServingMeasurement,
)
from cardgen.render.environment import python_environment, render, shell_environment
from cardgen.resources import resource
from cardgen.store.runs import Stored
from cardgen.tables.serving import Grid

Status = Literal["executed", "recorded", "reconstructed"]
LM_EVAL_FLAGS = ("batch_size", "limit", "gen_kwargs", "seed", "num_fewshot")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A block of code or commands, what it is, and whether it is what ran."""

    title: Words
    code: str
    language: str
    status: Status


def quantization(card: Card) -> Stored | None:
    """The quantization record of the card's model, the preferred origin first."""
    found = [
        stored
        for stored in card.records.of_kind("quantization")
        if card.model_name(stored.measurement.model) == card.specification.model
    ]
    order = card.specification.prefer
    found.sort(
        key=lambda stored: (
            order.index(stored.run.provenance.origin)
            if stored.run.provenance.origin in order
            else len(order)
        )
    )
    return found[0] if found else None


def usage(card: Card, templates: Path | None) -> Snippet | None:
    """The snippet that loads the model with its engine and asks it something."""
    deployment = card.specification.deployment
    if deployment is None:
        return None
    name = f"code/{deployment.engine.lower()}.py.j2"
    context = {
        "model": card.specification.model,
        "deployment": deployment,
        "image": "image" in card.specification.inputs,
    }
    code = render(python_environment(templates), name, context)
    return Snippet(
        Message("Use with %(engine)s", {"engine": deployment.engine}),
        code,
        "python",
        "reconstructed",
    )


def creation(card: Card, templates: Path | None) -> Snippet | None:
    """The code that quantized the model: the run's own, else the recorded settings as code."""
    stored = quantization(card)
    if stored is None or not isinstance(stored.measurement, QuantizationMeasurement):
        return None
    measurement = stored.measurement
    title = Message("Model creation code")
    if measurement.code is not None:
        status: Status = "executed" if stored.run.provenance.origin == "measured" else "recorded"
        return Snippet(title, measurement.code.text, measurement.code.language, status)
    if measurement.weights is None or measurement.calibration is None:
        return None
    context = {"q": measurement, "image": "image" in card.specification.inputs}
    code = render(python_environment(templates), "code/llm-compressor.py.j2", context)
    return Snippet(title, code, "python", "reconstructed")


def evaluation(card: Card, templates: Path | None) -> list[Snippet]:
    """A block a harness and setting: the commands behind the accuracy scores of the model."""
    stored = [
        item
        for item in card.records.of_kind("accuracy")
        if card.model_name(item.measurement.model) == card.specification.model
    ]
    snippets = [*_executed(stored)]
    groups: dict[tuple[str, int | None, object], list[AccuracyMeasurement]] = {}
    for item in stored:
        measurement = item.measurement
        assert isinstance(measurement, AccuracyMeasurement)
        if item.run.provenance.command is not None or measurement.harness is None:
            continue
        shots = measurement.n_shot if measurement.harness.name == "lm-eval" else None
        settings = tuple(measurement.settings.items())
        groups.setdefault((measurement.harness.name, shots, settings), []).append(measurement)
    for (harness, shots, _), measurements in groups.items():
        context = _harness_context(card, measurements, shots)
        code = _command(f"{harness}.sh.j2", context, templates)
        if code is not None:
            title = Message(
                "%(harness)s: %(tasks)s", {"harness": harness, "tasks": ", ".join(context["tasks"])}
            )
            snippets.append(Snippet(title, code, "bash", "reconstructed"))
    return snippets


def _harness_context(
    card: Card, measurements: list[AccuracyMeasurement], shots: int | None
) -> dict[str, Any]:
    settings = dict(measurements[0].settings)
    tasks = settings.pop("task", None)
    chat = settings.pop("apply_chat_template", False)
    backend = settings.pop("model", None)
    flags = {name: settings.pop(name) for name in LM_EVAL_FLAGS if name in settings}
    return {
        "model": card.specification.model,
        "backend": backend or "vllm",
        "tasks": [str(tasks)] if tasks else list(dict.fromkeys(m.task for m in measurements)),
        "shots": shots,
        "chat": bool(chat),
        "flags": flags,
        "arguments": settings,
        "trust_remote_code": bool(
            card.specification.deployment and card.specification.deployment.trust_remote_code
        ),
    }


def benchmark(card: Card, grids: list[Grid], templates: Path | None) -> list[Snippet]:
    """The commands behind the serving tables: as recorded, else one a scenario and mode."""
    stored = [
        item
        for item in card.records.of_kind("serving")
        if card.model_name(item.measurement.model) == card.specification.model
    ]
    executed = [*_executed(stored)]
    if executed or not grids:
        return executed
    scenarios: dict[str, Scenario] = {}
    window = None
    for item in stored:
        measurement = item.measurement
        assert isinstance(measurement, ServingMeasurement)
        scenario = measurement.scenario
        if scenario.prompt_tokens is not None and scenario.output_tokens is not None:
            scenarios.setdefault(scenario.name, scenario)
        window = window or measurement.window_s
    context = {
        "model": card.specification.model,
        "scenarios": list(scenarios.values()),
        "loads": list(
            dict.fromkeys((line.place.load, grid.mode) for grid in grids for line in grid.lines)
        ),
        "window_s": window,
    }
    code = _command("guidellm.sh.j2", context, templates) if scenarios else None
    if code is None:
        return []
    return [Snippet(Message("Benchmarking commands"), code, "bash", "reconstructed")]


def _executed(stored: Iterable[Stored]) -> Iterable[Snippet]:
    """The recorded commands, each once."""
    seen: dict[str, Snippet] = {}
    for item in stored:
        provenance = item.run.provenance
        if provenance.command is not None:
            code = shlex.join(provenance.command)
            status: Status = "executed" if provenance.origin == "measured" else "recorded"
            seen.setdefault(code, Snippet(provenance.tool.name, code, "bash", status))
    return seen.values()


def _command(name: str, context: dict[str, Any], templates: Path | None) -> str | None:
    """The rendered command; None where nobody wrote a template for the tool."""
    folders = [templates, resource("templates")] if templates else [resource("templates")]
    if "/" in name or not any((folder / "commands" / name).is_file() for folder in folders):
        return None
    return render(shell_environment(templates), f"commands/{name}", context)
