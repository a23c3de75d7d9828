"""The arguments of a serving engine as conditions: defaults left out, one spelling an option.

Two command lines that start the same engine state the same conditions, however they are written:
`-tp 2` and `--tensor-parallel-size=2`, `-O0` and `--enforce-eager`, a JSON object and its dotted
keys. What changes neither speed nor answers (ports, names, logs) is no condition.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from cardgen.conditions.condition import NOTHING, SEPARATOR, BearsOn

SPELLINGS: Mapping[str, str] = {
    "tp": "tensor-parallel-size",
    "tp-size": "tensor-parallel-size",
    "num-shard": "tensor-parallel-size",
    "pp": "pipeline-parallel-size",
    "pp-size": "pipeline-parallel-size",
    "dp": "data-parallel-size",
    "dp-size": "data-parallel-size",
    "ep": "enable-expert-parallel",
    "dcp": "decode-context-parallel-size",
    "pcp": "prefill-context-parallel-size",
    "q": "quantization",
    "quantize": "quantization",
    "sc": "speculative-config",
    "cc": "compilation-config",
    "ac": "attention-config",
    "context-length": "max-model-len",
    "max-seq-len": "max-model-len",
    "max-context-len": "max-model-len",
    "max-running-requests": "max-num-seqs",
    "disable-cuda-graph": "enforce-eager",
}
"""Other spellings of an option -> the one it is told by."""

DEFAULTS: Mapping[str, frozenset[str]] = {
    "dtype": frozenset({"auto"}),
    "tensor-parallel-size": frozenset({"1"}),
    "pipeline-parallel-size": frozenset({"1"}),
    "data-parallel-size": frozenset({"1"}),
    "decode-context-parallel-size": frozenset({"1"}),
    "prefill-context-parallel-size": frozenset({"1"}),
    "enable-expert-parallel": frozenset({"off"}),
    "enforce-eager": frozenset({"off"}),
    "kv-cache-dtype": frozenset({"auto"}),
    "quantization": frozenset({"none", ""}),
    "load-format": frozenset({"auto"}),
    "speculative-config": frozenset({"none", ""}),
    "calculate-kv-scales": frozenset({"off"}),
    "attention-backend": frozenset({"auto", "none"}),
    "cpu-offload-gb": frozenset({"0"}),
}
"""What an option is where it is not given."""

WITHOUT_EFFECT = re.compile(
    r"m|model|served-model-name|host|port|uds|root-path|api-key|ssl-.*|tls-.*|(.*-)?log(s|ging|probs)?(-.*)?|"
    r"disable-frontend-multiprocessing|tokenizer|(tokenizer-|code-|hf-)?revision|hf-(token|config-path)|"
    r"trust-remote-code|download-dir|middleware|allow(ed)?-.*|return-tokens-as-token-ids|"
    r"seed|disable-fastapi-docs|enable-request-id-headers|show-hidden-metrics-for-version|"
    r"otlp-traces-endpoint|collect-detailed-traces|use-tqdm-on-load|ray-workers-use-nsight|"
    r"distributed-executor-backend|headless|data-parallel-(address|rpc-port|rank|start-rank)|"
    r"enable-metrics|metrics-.*|watchdog-timeout|dist-init-addr|nccl-port|pid-file|"
    r"enable-(server-load-tracking|force-include-usage|prompt-tokens-details)"
)
"""Options that change neither the speed nor the answers."""

QUESTIONS = frozenset(
    {"chat-template", "chat-template-content-format", "default-chat-template-kwargs"}
)
TREATMENTS = frozenset(
    {
        "quantization",
        "kv-cache-dtype",
        "calculate-kv-scales",
        "quantization-param-path",
        "kv-cache-scale-path",
        "load-format",
        "load-in-4bit",
        "load-in-8bit",
        "autogptq",
        "gptqmodel",
        "gguf-file",
    }
)
"""Options that are meant to differ between a model and the one it was quantized from."""

DTYPES = {
    "bf16": "bfloat16", "fp16": "float16", "half": "float16", "fp32": "float32",
    "float": "float32", "torch.bfloat16": "bfloat16", "torch.float16": "float16",
    "fp8_e4m3": "fp8",
}  # fmt: skip
LENGTHS = frozenset({"max-model-len", "max-num-batched-tokens"})
WORDS = {"true": "on", "True": "on", "yes": "on", "false": "off", "False": "off", "no": "off",
         "None": "none", "null": "none"}  # fmt: skip
DRAFTS = re.compile(
    r"(speculative|ngram|spec-decoding)-.*|num-speculative-tokens|num-lookahead-slots"
)
"""The options that said what a speculative configuration says now."""

VARIABLES = re.compile(
    r"VLLM_(?!(NO_USAGE_STATS|DO_NOT_TRACK|LOGGING_.*|CACHE_ROOT|CONFIG_ROOT|CONFIGURE_LOGGING|"
    r"ASSETS_CACHE|HOST_IP|PORT|RPC_.*|API_KEY|USAGE_.*|TRACE_.*|TARGET_DEVICE|ENGINE_ITERATION.*|"
    r"WORKER_MULTIPROC_METHOD|ENABLE_V1_MULTIPROCESSING)$).*|"
    r"OMP_NUM_THREADS|MKL_NUM_THREADS|NCCL_(ALGO|PROTO|P2P_DISABLE)|CUDA_LAUNCH_BLOCKING|"
    r"PYTORCH_(CUDA_)?ALLOC_CONF|TORCHINDUCTOR_.*|SGLANG_(?!.*(LOG|CACHE)).*"
)
"""Environment variables that change how an engine computes."""


def parsed(arguments: Sequence[str]) -> dict[str, str]:
    """Options by the name they are told by, with their values; a bare flag is `on`.

    An option may take several values. What stands before the first option (a command, the model)
    is none.
    """
    found: dict[str, str] = {}
    index = 0
    while index < len(arguments):
        word = arguments[index]
        index += 1
        match = re.fullmatch(r"--?([A-Za-z][\w.-]*)(?:=(.*))?", word, re.DOTALL)
        if match is None:
            continue
        name, value = match[1], match[2]
        level = re.fullmatch(r"-O\.?(?:level)?=?([0-3])?", word)
        if level is not None:
            name, value = "O", level[1]
        words = [value] if value is not None else []
        while index < len(arguments) and not _is_option(arguments[index]):
            if words and "=" not in arguments[index] and "/" in arguments[index]:
                index += 1  # the model, which may stand last
                continue
            words.append(arguments[index])
            index += 1
        _put(found, name, " ".join(words) if words else None)
    return found


def options(settings: Mapping[str, object]) -> dict[str, str]:
    """The same of settings given by name, as a harness passes them to an engine."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, dict | list):
            _put(found, name, json.dumps(value, sort_keys=True))
        elif value is not None:
            _put(found, name, str(value))
    return found


def _is_option(word: str) -> bool:
    return re.match(r"--?[A-Za-z]", word) is not None


def _put(found: dict[str, str], name: str, value: str | None) -> None:
    name, dot, key = name.replace("_", "-").partition(".")
    name = SPELLINGS.get(name, name)
    text = "on" if value is None else WORDS.get(value.strip(), value.strip())
    if dot:
        _into(found, name, {key.replace("-", "_"): _typed(text)})
    elif text.startswith("{"):
        _into(found, name, _object(text))
    elif name.startswith("no-") and value is None:
        found[SPELLINGS.get(name[3:], name[3:])] = "off"
    elif name == "O":
        found["enforce-eager" if text == "0" else "optimization-level"] = (
            "on" if text == "0" else text
        )
    elif DRAFTS.fullmatch(name) and name != "speculative-config":
        key = name.removeprefix("speculative-").replace("-", "_")
        _into(found, "speculative-config", {key: _typed(text)})
    elif name.endswith("dtype"):
        found[name] = DTYPES.get(text, text)
    else:
        found[name] = _number(text, lengths=name in LENGTHS)


def _into(found: dict[str, str], name: str, more: Mapping[str, object]) -> None:
    """Fold keys into an option that is an object; what an option of its own says goes there."""
    known = _object(found.get(name, "{}")) | {k.replace("-", "_"): v for k, v in more.items()}
    if name == "attention-config" and isinstance(known.get("backend"), str):
        found["attention-backend"] = str(known.pop("backend"))
    if name == "compilation-config" and _is_eager(known):
        found["enforce-eager"] = "on"
        known = {}
    if name == "speculative-config" or known:
        found[name] = json.dumps(known, sort_keys=True)
    else:
        found.pop(name, None)


def _is_eager(compilation: Mapping[str, object]) -> bool:
    level = compilation.get("mode", compilation.get("level"))
    graphs = compilation.get("cudagraph_mode")
    return level in (0, "0", "NONE") and graphs in (0, "0", "NONE", None) and len(compilation) <= 2


def _object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {"text": text}
    return value if isinstance(value, dict) else {"text": text}


def _typed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {"on": True, "off": False, "none": None}.get(text, text)


def _number(text: str, *, lengths: bool) -> str:
    """A number in one spelling, `4k` tokens too; any other text as it stands."""
    unit = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([kKmMgG])", text) if lengths else None
    if unit is not None:
        # As vLLM reads them: a small letter is a power of ten, a capital one of two.
        base = 1000 if unit[2].islower() else 1024
        return f"{float(unit[1]) * base ** ('kmg'.index(unit[2].lower()) + 1):.0f}"
    if not re.fullmatch(r"-?[0-9]+\.[0-9]+", text):
        return text
    return f"{float(text):g}"


def telling(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The options that may change speed or answers, without those at their defaults."""
    for name, value in found.items():
        if WITHOUT_EFFECT.fullmatch(name) or value in DEFAULTS.get(name, ()):
            continue
        yield name, value.upper() if name == "attention-backend" else value


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that change how an engine computes; an attention backend by the
    option that says the same."""
    found = {name: value for name, value in environment.items() if VARIABLES.fullmatch(name)}
    backend = found.pop("VLLM_ATTENTION_BACKEND", None)
    return found | ({"attention-backend": backend} if backend else {})


def told(found: Mapping[str, str], bears_on: BearsOn) -> str:
    """The options of one class in one text, sorted: two command lines are alike where it is equal.

    Whoever states a command line states all of it: an option that is not in it is at its default.
    """
    parts = []
    for name, value in telling(found):
        kind: BearsOn = "answer"
        if name in QUESTIONS:
            kind = "question"
        elif name in TREATMENTS:
            kind = "treatment"
        if kind == bears_on:
            flag = name if name.isupper() else f"--{name}"
            parts.append(flag if value == "on" else f"{flag} {value}")
    return SEPARATOR.join(sorted(parts)) or NOTHING
