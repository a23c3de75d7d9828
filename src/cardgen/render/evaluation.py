"""The commands behind scores, rebuilt from the settings in their records: one call a setting.

Knows lm-eval's command line: what is a flag, what a model argument, what a results file only
reports.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from cardgen.conditions.decoding import unfolded
from cardgen.imports.redaction import REDACTED
from cardgen.records import AccuracyMeasurement
from cardgen.spec.card import CardSpecification
from cardgen.store.runs import Stored

LM_EVAL: Final = "lm-eval"
HARNESSES: Final = frozenset({LM_EVAL, "mistral-evals"})
"""Harnesses that cardgen has a template for, by their names in records."""
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


@dataclass(slots=True)
class Call:
    """One call of a harness: its settings, and the tasks that share every one of them."""

    harness: str
    settings: dict[str, Any]
    members: list[tuple[str, str | None]] = field(default_factory=list)
    """Each score's task and the group that it stands in."""

    @property
    def tasks(self) -> list[str]:
        """The tasks that the call names, each once; for lm-eval a group evaluates its members."""
        members = self.members
        if self.harness == LM_EVAL:
            names = {name for name, _ in members}
            members = [(n, group) for n, group in members if group == n or group not in names]
        return list(dict.fromkeys(name for name, _ in members))

    def context(self) -> dict[str, Any]:
        """What the harness's template gets."""
        return {"harness": self.harness, "tasks": self.tasks, **self.settings}


def calls(stored: Iterable[Stored], specification: CardSpecification) -> list[Call]:
    """The calls behind the scores that name their harness, in the order of their first tasks."""
    found: dict[tuple[str, str], Call] = {}
    for item in stored:
        measurement = item.measurement
        assert isinstance(measurement, AccuracyMeasurement)
        if measurement.harness is None:
            continue
        harness = measurement.harness.name
        settings = _context(specification, measurement, harness)
        call = found.setdefault((harness, repr(settings)), Call(harness, settings))
        task = str(measurement.settings.get("task") or measurement.task)
        call.members.append((task, measurement.category))
    return list(found.values())


def _context(
    specification: CardSpecification, measurement: AccuracyMeasurement, harness: str
) -> dict[str, Any]:
    """What the command of a score says beside its task; equal for scores of one command."""
    settings = {key: value for key, value in measurement.settings.items() if value is not None}
    settings.pop("task", None)
    chat = bool(settings.pop("apply_chat_template", False))
    backend = str(settings.pop("model", None) or "vllm")
    context: dict[str, Any] = {
        "model": specification.model,
        "backend": backend,
        "shots": None,
        "chat": chat,
        "multiturn": False,
        "trust_remote_code": bool(
            specification.deployment and specification.deployment.trust_remote_code
        ),
    }
    if harness != LM_EVAL:
        flags = {name: settings.pop(name) for name in LM_EVAL_FLAGS if name in settings}
        return context | {"flags": flags, "arguments": settings}
    multiturn = settings.pop("fewshot_as_multiturn", False) is True
    shots = settings.pop("num_fewshot", None)
    flags = _lm_eval_flags(settings)
    commas = _is_object(settings.get("model_args"))
    arguments = _model_arguments(settings, specification.model, backend)
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
        parsed = {k: v for k, v in unfolded(flags["gen_kwargs"]).items() if v is not None}
        text = ",".join(f"{name}={value}" for name, value in parsed.items())
        flags["gen_kwargs"] = _as_json(parsed, commas=True) or text
    if flags.get("gen_kwargs") == "":
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
    recorded = unfolded(settings.pop("model_args", ""))
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
