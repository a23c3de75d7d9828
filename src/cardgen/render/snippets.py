"""Code and commands on a card: as executed where a run recorded them, else reconstructed.

Reconstruction renders the recorded settings through a template of the tool; the card says which
of the two it shows.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cardgen.card import Card
from cardgen.language import Message, Words
from cardgen.records import (
    AccuracyMeasurement,
    QuantizationMeasurement,
    Scenario,
    ServingMeasurement,
)
from cardgen.render import steps
from cardgen.render.creation import creation_code
from cardgen.render.environment import render, shell_environment
from cardgen.render.usage import executed, usage_code
from cardgen.resources import resource
from cardgen.store.runs import Stored
from cardgen.tables.serving import Grid

Status = Literal["executed", "recorded", "reconstructed"]
LM_EVAL_FLAGS = (
    "batch_size",
    "max_batch_size",
    "limit",
    "gen_kwargs",
    "seed",
    "system_instruction",
)
SEEDS = ("random_seed", "numpy_seed", "torch_seed", "fewshot_seed")
"""In the order of `--seed`."""
REPORTED = frozenset(
    {
        *SEEDS,
        "bootstrap_iters",
        "task_version",
        "date",
        "total_evaluation_time_seconds",
        "generation_kwargs",
        "repeats",
    }
)
"""What a results file says of a run and no flag takes; the last two are a task's own."""
ADAPTERS = ("peft", "delta")
MODEL_KEYS = (*ADAPTERS, "pretrained", "model", "path", "engine")
"""The model arguments that may name the scored model; an adapter goes before its base."""
REDACTED = "<redacted>"


class Snippet(NamedTuple):
    """A block of code or commands, what it is, and whether it is what ran."""

    title: Words
    code: str
    language: str
    status: Status
    output: str | None = None


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
    code = usage_code(card.specification, templates)
    deployment = card.specification.deployment
    if code is None or deployment is None:
        return None
    ran = executed(card, code)
    return Snippet(
        Message("Use with %(engine)s", {"engine": deployment.engine}),
        code,
        "python",
        "reconstructed" if ran is None else "executed",
        None if ran is None else ran.output,
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
    image = "image" in card.specification.inputs
    code = creation_code(measurement, image=image, templates=templates)
    return Snippet(title, code, "python", "reconstructed")


def evaluation(card: Card, templates: Path | None) -> list[Snippet]:
    """A block a harness and setting: the commands behind the accuracy scores of the model."""
    stored = [
        item
        for item in card.records.of_kind("accuracy")
        if card.model_name(item.measurement.model) == card.specification.model
    ]
    snippets = _executed(stored)
    groups: dict[str, dict[str, Any]] = {}
    for item in stored:
        measurement = item.measurement
        assert isinstance(measurement, AccuracyMeasurement)
        provenance = item.run.provenance
        if provenance.command is not None or provenance.steps or measurement.harness is None:
            continue
        context = _harness_context(card, measurement, measurement.harness.name)
        task = (str(measurement.settings.get("task") or measurement.task), measurement.category)
        groups.setdefault(repr(context), context | {"tasks": []})["tasks"].append(task)
    for context in groups.values():
        harness, tasks = context["harness"], context["tasks"]
        names = {name for name, _ in tasks}
        # A group's name evaluates its members.
        if harness == "lm-eval":
            tasks = [(name, group) for name, group in tasks if group == name or group not in names]
        tasks = [name for name, _ in tasks]
        context["tasks"] = list(dict.fromkeys(tasks))
        code = _command(f"{harness}.sh.j2", context, templates)
        if code is not None:
            title = Message(
                "%(harness)s: %(tasks)s", {"harness": harness, "tasks": ", ".join(context["tasks"])}
            )
            snippets.append(Snippet(title, code, "bash", "reconstructed"))
    return snippets


def _harness_context(card: Card, measurement: AccuracyMeasurement, harness: str) -> dict[str, Any]:
    """What the command of a score says beside its task; equal for scores of one command."""
    settings = {key: value for key, value in measurement.settings.items() if value is not None}
    settings.pop("task", None)
    chat = bool(settings.pop("apply_chat_template", False))
    backend = str(settings.pop("model", None) or "vllm")
    context: dict[str, Any] = {
        "harness": harness,
        "model": card.specification.model,
        "backend": backend,
        "shots": None,
        "chat": chat,
        "multiturn": False,
        "trust_remote_code": bool(
            card.specification.deployment and card.specification.deployment.trust_remote_code
        ),
    }
    if harness != "lm-eval":
        flags = {name: settings.pop(name) for name in LM_EVAL_FLAGS if name in settings}
        return context | {"flags": flags, "arguments": settings}
    multiturn = settings.pop("fewshot_as_multiturn", False) is True
    shots = settings.pop("num_fewshot", None)
    flags = _lm_eval_flags(settings)
    commas = _is_object(settings.get("model_args"))
    arguments = _model_arguments(settings, card.specification.model, backend)
    for name in flags:
        arguments.pop(name, None)
    return context | {
        "shots": shots if measurement.n_shot is None else measurement.n_shot,
        # lm-eval refuses a conversation and a chat API without a template.
        "chat": chat or multiturn or backend.endswith("-chat-completions"),
        "multiturn": multiturn,
        "flags": flags,
        "arguments": arguments,
        "json_arguments": _as_json(arguments, commas=commas),
    }


def _lm_eval_flags(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that are flags of lm-eval, taken out of `settings`."""
    seeds = [settings.get(name) for name in SEEDS]
    flags = {name: settings.pop(name) for name in LM_EVAL_FLAGS if name in settings}
    if _is_object(flags.get("gen_kwargs")):
        parsed = {k: v for k, v in _unfolded(flags["gen_kwargs"]).items() if v is not None}
        text = ",".join(f"{name}={value}" for name, value in parsed.items())
        flags["gen_kwargs"] = _as_json(parsed, commas=True) or text
    if flags.get("gen_kwargs") == "":  # it asked for nothing
        del flags["gen_kwargs"]
    if isinstance(flags.get("limit"), float) and flags["limit"].is_integer():
        flags["limit"] = int(flags["limit"])
    # lm-eval takes the first three seeds or all four, so fewer cannot be said to it.
    if None not in seeds[:3] and "seed" not in flags:
        flags["seed"] = ",".join(str(seed) for seed in seeds if seed is not None)
    return flags


def _model_arguments(settings: dict[str, Any], model: str, backend: str) -> dict[str, Any]:
    """`--model_args`: as lm-eval recorded them, or the settings of a transcribed command.

    The card's model stands where the scored model stood; secrets taken out of the record are
    not passed, and nor is what lm-eval only reports.
    """
    reported = {name for name in settings if name in REPORTED or name.endswith(("_sha", "_hash"))}
    if reported or "model_args" in settings:
        reported |= {"max_length"}  # the length that lm-eval found
    recorded = _unfolded(settings.pop("model_args", ""))
    transcribed = {name: value for name, value in settings.items() if name not in reported}
    arguments = {
        name: value
        for name, value in (transcribed | recorded).items()
        if value is not None and REDACTED not in str(value)
    }
    served = backend.endswith(("-completions", "-chat"))
    usual = "model" if served else "pretrained"
    key = next((name for name in MODEL_KEYS if name in arguments), usual)
    base = arguments.get("pretrained") if key in ADAPTERS else None
    first = {"pretrained": base, key: model} if base is not None else {key: model}
    rest = {name: value for name, value in arguments.items() if name not in {*MODEL_KEYS, *first}}
    return first | rest


def _unfolded(text: object) -> dict[str, Any]:
    """`a=1,b=2` or a JSON object by name; a comma inside a value stays in it."""
    if _is_object(text):
        with contextlib.suppress(ValueError, RecursionError):
            parsed = json.loads(str(text))
            return parsed if isinstance(parsed, dict) else {}
    found: dict[str, Any] = {}
    name = ""
    for part in str(text).split(","):
        before, equals, after = part.partition("=")
        if equals and before.strip().isidentifier():
            name = before.strip()
            found[name] = after
        elif name:
            found[name] += f",{part}"
    return found


def _is_object(text: object) -> bool:
    return isinstance(text, str) and text.lstrip().startswith("{")


def _as_json(arguments: dict[str, Any], *, commas: bool) -> str | None:
    """The arguments as JSON where `a=1,b=2` cannot say them, for a list or, with `commas`, for a
    text that holds one; else None."""
    if any(
        isinstance(value, dict | list) or (commas and isinstance(value, str) and "," in value)
        for value in arguments.values()
    ):
        return json.dumps(arguments, ensure_ascii=False)
    return None


def device(card: Card) -> list[Snippet]:
    """The recorded commands behind the device report of the card's models."""
    names = {card.specification.model, card.specification.base_model}
    stored = card.records.of_kind("device")
    return _executed(s for s in stored if card.model_name(s.measurement.model) in names)


def benchmark(card: Card, grids: list[Grid], templates: Path | None) -> list[Snippet]:
    """The commands behind the serving tables: as recorded, else one a scenario and mode."""
    stored = [
        item
        for item in card.records.of_kind("serving")
        if card.model_name(item.measurement.model) == card.specification.model
    ]
    executed = _executed(stored)
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


def _executed(stored: Iterable[Stored]) -> list[Snippet]:
    """The recorded commands, each once."""
    found: list[Snippet] = []
    for commands in steps.recorded(stored):
        status: Status = "executed" if commands.origin == "measured" else "recorded"
        found.append(Snippet(commands.title, commands.code, "bash", status))
    return found


def _command(name: str, context: dict[str, Any], templates: Path | None) -> str | None:
    """The rendered command; None where nobody wrote a template for the tool."""
    folders = [templates, resource("templates")] if templates else [resource("templates")]
    if "/" in name or not any((folder / "commands" / name).is_file() for folder in folders):
        return None
    return render(shell_environment(templates), f"commands/{name}", context)
