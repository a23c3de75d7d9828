"""Tools whose files no importer reads, and the marks that their files are known by.

Owns one table: the tool, its marks, what to do with its file. A mark is a key that the tool
writes and no importer's tool does. Files are opened by `result_file`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from cardgen.imports.content import BY_HAND

SERVED = ("request_throughput", "completed", "duration")
"""What `vllm bench serve` always writes."""

Object = dict[str, object]


class Foreign(NamedTuple):
    """Another tool's file: whose, how it is known, what to do with it.

    `fits` judges a JSON document, or one line of JSON Lines; `text` the beginning of any other
    file. `words` are what a user may call the tool where an importer is named.
    """

    name: str
    next_step: str = BY_HAND
    fits: Callable[[Object], bool] | None = None
    text: re.Pattern[str] | None = None
    words: tuple[str, ...] = ()


def of_text(text: str) -> Foreign | None:
    """The tool whose file begins with this text, which is no JSON."""
    return next((t for t in KNOWN if t.text is not None and t.text.search(text)), None)


def called(word: str) -> Foreign | None:
    """The tool that a user calls by this word."""
    plain = _plain(word)
    return next((tool for tool in KNOWN if plain in map(_plain, tool.words)), None)


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def of_document(value: object) -> Foreign | None:
    """The tool whose JSON this is; of a list, the one whose its first element is."""
    if isinstance(value, list) and value:
        first = value[0]
        return _of_object(first, listed=True) if isinstance(first, dict) else None
    return _of_object(value, listed=False) if isinstance(value, dict) else None


def _of_object(value: Object, *, listed: bool) -> Foreign | None:
    if listed and _has(value, *SERVED):
        return SWEEP
    return next((tool for tool in KNOWN if tool.fits is not None and tool.fits(value)), None)


def _has(value: Object, *keys: str) -> bool:
    return all(key in value for key in keys)


def _any(value: Object, *keys: str) -> bool:
    return any(key in value for key in keys)


def _inner(value: Object, key: str) -> Object:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _scores(value: Object) -> list[Object]:
    """The scores of each task, as lm-eval and its relatives write them."""
    return [scores for scores in _inner(value, "results").values() if isinstance(scores, dict)]


def _is_lmms_eval(value: Object) -> bool:
    settings = _inner(value, "config")
    return (
        _any(value, "lmms_eval_version", "model_configs")
        or _any(settings, "model_backend", "resolved_cli_args")
        or any("lmms_eval" in key.replace("-", "_") for key in (*value, *settings))
        or any(
            "_stderr_clt," in key or "_stderr_clustered," in key
            for scores in _scores(value)
            for key in scores
        )
    )


def _is_old_lm_eval(value: Object) -> bool:
    numbers = [
        key
        for scores in _scores(value)
        for key, score in scores.items()
        if isinstance(score, int | float) and not isinstance(score, bool)
    ]
    return (
        "versions" in value and bool(numbers) and not any("," in key for key in numbers)
    ) and any(f"{key}_stderr" in numbers or key in _OLD_METRICS for key in numbers)


_OLD_METRICS = ("acc", "acc_norm", "em", "f1", "ppl", "word_perplexity", "mc1", "mc2", "bleu")


def _is_measured(value: Object, name: str) -> bool:
    """Whether the metric stands there as AIPerf and GenAI-Perf write it: unit and average."""
    return _has(_inner(value, name), "unit", "avg")


def _starts(value: Object, *beginnings: str) -> bool:
    return any(key.startswith(beginnings) for key in value)


SERVE = "`vllm bench serve --save-result` writes the file that is read"
SWEEP = Foreign(
    "vllm bench sweep (a list of runs)",
    "import the runs' own files, run=0.json and so on, which stand beside it",
)
KNOWN: tuple[Foreign, ...] = (
    Foreign(
        "lmms-eval",
        fits=_is_lmms_eval,
        words=("lmms-eval", "lmms"),
    ),
    Foreign(
        "lighteval",
        fits=lambda v: _any(v, "config_general", "summary_tasks", "config_tasks"),
        words=("lighteval",),
    ),
    Foreign(
        "lm-eval before 0.4",
        f"evaluate again with lm-eval 0.4 or newer, or {BY_HAND}",
        fits=_is_old_lm_eval,
    ),
    Foreign(
        "lm-eval's samples (samples_*.jsonl)",
        "give the results_*.json that stands beside it",
        fits=lambda v: _has(v, "doc_id", "doc") and _any(v, "resps", "filtered_resps", "arguments"),
    ),
    Foreign(
        "inspect_ai",
        fits=lambda v: "task" in _inner(v, "eval") and _any(v, "plan", "stats", "status"),
        text=re.compile(r"\APK\x03\x04.{0,200}?_journal/", re.DOTALL),
        words=("inspect", "inspect-ai"),
    ),
    Foreign(
        "Every Eval Ever",
        fits=lambda v: (
            "evaluation_results" in v
            and _any(v, "source_metadata", "evaluation_source", "model_info", "eval_library")
        ),
        words=("every-eval-ever", "eee"),
    ),
    Foreign(
        "simple-evals",
        fits=lambda v: any(key.endswith(":std") and key[:-4] in v for key in v),
        words=("simple-evals",),
    ),
    Foreign(
        "HELM",
        fits=lambda v: "name" in _inner(v, "name") and _has(v, "count", "sum"),
        words=("helm",),
    ),
    Foreign(
        "EvalScope",
        fits=lambda v: (
            _has(v, "dataset_name", "model_name", "score") and isinstance(v.get("metrics"), list)
        ),
        words=("evalscope",),
    ),
    Foreign(
        "vllm bench multi-turn",
        "write the record by hand, with the mode `concurrent` and the conversations at once as "
        "`load`: docs/records.md says how",
        fits=lambda v: (
            v.get("mode") == "multi_turn"
            or _starts(v, "conversations_", "num_conversations", "multi_turn_")
        ),
        words=("vllm-multi-turn", "multi-turn"),
    ),
    Foreign(
        "vllm bench latency",
        f"{SERVE}; or {BY_HAND}",
        fits=lambda v: _has(v, "avg_latency", "percentiles"),
        words=("vllm-bench-latency", "vllm-latency"),
    ),
    Foreign(
        "vllm bench throughput",
        f"{SERVE}; or {BY_HAND}",
        fits=lambda v: _has(v, "requests_per_second", "tokens_per_second", "elapsed_time"),
        words=("vllm-bench-throughput", "vllm-throughput"),
    ),
    Foreign(
        "vllm bench in PyTorch's benchmark format",
        "import the tool's own result file, which stands beside it",
        fits=lambda v: _has(v, "benchmark", "model", "metric"),
    ),
    Foreign(
        "SGLang's bench_serving",
        fits=lambda v: (
            _any(v, "mean_e2e_latency_ms", "server_info", "total_output_tokens_retokenized")
            and "request_throughput" in v
        ),
        words=("sglang", "sglang-bench", "bench-serving"),
    ),
    Foreign(
        "SGLang's offline benchmarks",
        fits=lambda v: (
            (
                _has(v, "run_name", "batch_size")
                and _any(v, "prefill_latency", "overall_throughput", "last_gen_throughput")
            )
            or _has(v, "total_latency", "successful_requests")
        ),
    ),
    Foreign(
        "AIPerf",
        fits=lambda v: "aiperf_version" in v or _has(v, "metadata", "metrics", "error"),
        text=re.compile(r"aiperf", re.IGNORECASE),
        words=("aiperf",),
    ),
    Foreign(
        "GenAI-Perf (AIPerf's predecessor)",
        fits=lambda v: (
            _is_measured(v, "request_latency")
            or _is_measured(v, "request_throughput")
            or _has(v, "experiments", "service_kind")
        ),
        words=("genai-perf", "genaiperf", "perf-analyzer"),
    ),
    Foreign(
        "llmperf",
        fits=lambda v: _starts(v, "results_ttft_s", "results_inter_token_latency_s"),
        words=("llmperf",),
    ),
    Foreign(
        "trtllm-bench",
        fits=lambda v: _has(v, "world_info", "performance"),
        words=("trtllm-bench", "tensorrt-llm", "trtllm"),
    ),
    Foreign(
        "llama-bench",
        fits=lambda v: "build_commit" in v and _any(v, "avg_ts", "n_gen"),
        text=re.compile(
            r"\A(\"?build_commit\"?,|CREATE TABLE IF NOT EXISTS test\b)|^\|[^\n]*\bt/s\s*\|", re.M
        ),
        words=("llama-bench", "llama.cpp", "llamacpp"),
    ),
    Foreign(
        "llama-batched-bench",
        fits=lambda v: "n_kv_max" in v and _any(v, "speed_pp", "t_pp", "speed"),
        words=("llama-batched-bench",),
    ),
    Foreign(
        "llama-perplexity",
        text=re.compile(r"Final estimate: PPL|perplexity: calculating perplexity"),
        words=("llama-perplexity",),
    ),
    Foreign(
        "MLPerf",
        fits=lambda v: _has(v, "qsl_idx", "data"),
        text=re.compile(r"MLPerf Results Summary|^:::MLL?(OG|PV)", re.M | re.IGNORECASE),
        words=("mlperf",),
    ),
    Foreign(
        "GuideLLM",
        "let GuideLLM write JSON (`--output kind=json,path=FILE`; before 0.7 `--output-path "
        "FILE.json`) and import that",
        text=re.compile(
            r"guidellm|^Type,Run Id,|\A\"?Run Info\"?,|generative_benchmark", re.IGNORECASE | re.M
        ),
    ),
)
