"""Files that no importer reads are refused by what they are, whichever importer was named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imports.samples import SAMPLES, Sample

from cardgen.errors import ImportFileError
from cardgen.imports import TOOLS, ImportOptions, detect, foreign, read
from cardgen.imports.result_file import read_result

OPTIONS = ImportOptions(
    model="a/b", revision="c", n=1, hardware="H100", hardware_count=1, scenario="s", engine="e"
)
READERS = [tool for tool in TOOLS if tool not in ("checkpoint", "vlm-profiling")]
UNIT: dict[str, Any] = {"unit": "ms", "avg": 1.5, "p50": 1.5}
SERVED: dict[str, Any] = {"duration": 2.0, "completed": 4, "request_throughput": 2.0}
SCORES = {"config": {}, "versions": {"mme": 0}, "n-shot": {"mme": 0}}


def lmms(**more: Any) -> dict[str, Any]:
    """A file of lmms-eval that lm-eval's importer would take but for its marks."""
    return {"results": {"mme": {"mme_acc,none": 0.5}}, **SCORES, **more}


JSON: dict[str, tuple[object, str]] = {
    "lm-eval 0.3": (
        {"results": {"piqa": {"acc": 0.7, "acc_stderr": 0.01}}, "versions": {"piqa": 0}},
        "lm-eval before 0.4",
    ),
    "lm-eval 0.2, perplexity": (
        {"results": {"wikitext": {"word_perplexity": 9.4}}, "versions": {"wikitext": 1}},
        "lm-eval before 0.4",
    ),
    "lm-eval samples": (
        {"doc_id": 0, "doc": {"q": "?"}, "resps": [["a"]], "acc": 1.0},
        "lm-eval's samples",
    ),
    "lm-eval samples as a list": (
        [{"doc_id": 0, "doc": {"q": "?"}, "arguments": []}],
        "lm-eval's samples",
    ),
    "lmms-eval by its version": (lmms(lmms_eval_version="0.7.2"), "lmms-eval"),
    "lmms-eval by its backend": (lmms(config={"model_backend": "x"}), "lmms-eval"),
    "lmms-eval by its arguments": (lmms(config={"resolved_cli_args": {}}), "lmms-eval"),
    "lmms-eval by its errors": (
        {**lmms(), "results": {"mme": {"acc,none": 0.5, "acc_stderr_clt,none": 0.01}}},
        "lmms-eval",
    ),
    "lmms-eval of 2024": (lmms(model_configs={"model": "llava"}), "lmms-eval"),
    "lighteval": (
        {
            "config_general": {"lighteval_sha": "?"},
            "results": {"leaderboard|arc:challenge|25": {"acc": 0.5, "acc_stderr": 0.01}},
            "versions": {"leaderboard|arc:challenge|25": 0},
            "config_tasks": {},
        },
        "lighteval",
    ),
    "inspect_ai": (
        {"version": 2, "status": "success", "eval": {"task": "gsm8k"}, "results": {"scores": []}},
        "inspect_ai",
    ),
    "Every Eval Ever": (
        {"schema_version": "0.3", "evaluation_results": [], "model_info": {"id": "a/b"}},
        "Every Eval Ever",
    ),
    "simple-evals": ({"score": 0.5, "score:std": 0.1, "chars": 100.0}, "simple-evals"),
    "simple-evals with an average": (
        {"math_average": 0.5, "math_average:std": 0.1},
        "simple-evals",
    ),
    "HELM": ([{"name": {"name": "exact_match", "split": "test"}, "count": 1, "sum": 1}], "HELM"),
    "EvalScope": (
        {"name": "n", "dataset_name": "gsm8k", "model_name": "m", "score": 0.5, "metrics": []},
        "EvalScope",
    ),
    "vllm bench, a conversation": (
        {**SERVED, "mode": "multi_turn", "conversations_completed": 4, "mean_ttft_ms": 5.0},
        "vllm bench multi-turn",
    ),
    "vllm bench, conversations without a mode": (
        {**SERVED, "num_conversations": 4},
        "vllm bench multi-turn",
    ),
    "vllm bench latency": (
        {"avg_latency": 1.2, "latencies": [1.2], "percentiles": {"50": 1.2}},
        "vllm bench latency",
    ),
    "vllm bench throughput": (
        {
            "elapsed_time": 5.0,
            "num_requests": 10,
            "requests_per_second": 2.0,
            "tokens_per_second": 9.0,
        },
        "vllm bench throughput",
    ),
    "vllm bench sweep": ([{**SERVED, "run_number": 0}, SERVED], "vllm bench sweep"),
    "vllm bench for PyTorch": (
        [{"benchmark": {}, "model": {}, "metric": {"name": "latency"}}],
        "PyTorch",
    ),
    "SGLang": (
        {**SERVED, "backend": "sglang", "mean_e2e_latency_ms": 306.9, "mean_ttft_ms": 5.0},
        "SGLang",
    ),
    "SGLang, one batch": (
        {"run_name": "default", "batch_size": 1, "prefill_latency": 0.1},
        "SGLang",
    ),
    "AIPerf": ({"aiperf_version": "0.10.0", "request_latency": UNIT}, "AIPerf"),
    "GenAI-Perf": ({"request_throughput": UNIT, "request_latency": UNIT}, "GenAI-Perf"),
    "perf_analyzer": ({"service_kind": "openai", "experiments": []}, "GenAI-Perf"),
    "llmperf": ({"name": "n", "results_ttft_s_quantiles_p50": 0.1}, "llmperf"),
    "trtllm-bench": ({"engine": {}, "world_info": {}, "performance": {}}, "trtllm-bench"),
    "llama-bench": ([{"build_commit": "247e5c6e", "n_gen": 128, "avg_ts": 85.5}], "llama-bench"),
    "llama-batched-bench": ({"n_kv_max": 4096, "pp": 128, "speed_pp": 9.0}, "llama-batched-bench"),
    "MLPerf": ([{"seq_id": 0, "qsl_idx": 1, "data": "0000"}], "MLPerf"),
}
ARCHIVE = "PK\x03\x04" + "\x00" * 26 + "_journal/start.json{}"
TEXTS: dict[str, tuple[str, str]] = {
    "llama-bench CSV": ("build_commit,build_number,cpu_info\n247e,5606,x\n", "llama-bench"),
    "llama-bench Markdown": (
        "| model | size | test | t/s |\n| --- | --- | --- | --- |\n| a | 1 | pp512 | 9 |\n",
        "llama-bench",
    ),
    "llama-bench SQL": ("CREATE TABLE IF NOT EXISTS test (\n build_commit TEXT);", "llama-bench"),
    "llama-perplexity": (
        "perplexity: calculating perplexity over 5 chunks\nFinal estimate: PPL = 6.1",
        "llama-perplexity",
    ),
    "MLPerf summary": (
        "=====\nMLPerf Results Summary\n=====\nSUT name : x\nScenario : Server\n",
        "MLPerf",
    ),
    "MLPerf log": (':::MLLOG {"key": "x"}\n', "MLPerf"),
    "GuideLLM YAML": ('metadata:\n  guidellm_version: "0.5.0"\nbenchmarks: []\n', "GuideLLM"),
    "GuideLLM YAML without a version": (
        "benchmarks:\n  - type_: generative_benchmark\n",
        "GuideLLM",
    ),
    "GuideLLM HTML": (
        "<!doctype html><html><head><title>GuideLLM</title></head></html>",
        "GuideLLM",
    ),
    "GuideLLM CSV": ("Type,Run Id,Id,Name,Start Time\nx,y,z,n,1\n", "GuideLLM"),
    "inspect_ai's archive": (ARCHIVE, "inspect_ai"),
    "AIPerf CSV": ("Metric,avg,min\nAIPerf version,1,2\n", "AIPerf"),
}


def refusal(path: Path, tool: str | None) -> ImportFileError:
    with pytest.raises(ImportFileError) as caught:
        read(tool or detect(path), path, OPTIONS)
    return caught.value


def is_short(error: ImportFileError) -> bool:
    """A message that a reader can take in, and whose next step leads somewhere."""
    text = str(error)
    steps = ("records.md", "import", "give", "let", "evaluate", "`vllm bench serve")
    return (
        len(text.encode()) <= 1_000
        and len(text.splitlines()) <= 6
        and any(step in str(error.next_step) for step in steps)
    )


@pytest.mark.parametrize("tool", [None, *READERS])
@pytest.mark.parametrize(("content", "name"), JSON.values(), ids=JSON)
def test_a_file_of_another_tool_is_refused_by_its_name(
    content: object, name: str, tool: str | None, tmp_path: Path
) -> None:
    """By detection, and by every importer that is named although the file is none of its tool's."""
    path = tmp_path / "r.json"
    path.write_text(json.dumps(content))
    error = refusal(path, tool)
    assert name in str(error.found)
    assert is_short(error), error


@pytest.mark.parametrize("tool", [None, *READERS])
@pytest.mark.parametrize(("content", "name"), TEXTS.values(), ids=TEXTS)
def test_so_is_one_that_is_no_json(
    content: str, name: str, tool: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "r.txt"
    path.write_text(content)
    error = refusal(path, tool)
    assert name in str(error.found)
    assert is_short(error), error


@pytest.mark.parametrize("name", ["SGLang", "lm-eval samples", "llama-batched-bench", "AIPerf"])
def test_one_result_a_line_is_known_by_its_first(name: str, tmp_path: Path) -> None:
    """With an Infinity in it too: an endless request rate will be there again."""
    content, found = JSON[name]
    assert isinstance(content, dict)
    path = tmp_path / "r.jsonl"
    line = json.dumps({**content, "request_rate": float("inf")})
    path.write_text(f"{line}\n{line}\n")
    error = refusal(path, None)
    assert found in str(error.found)
    assert "run the benchmark again" not in str(error)


@pytest.mark.parametrize("tool", [None, "vllm-bench"])
def test_appended_results_are_split(tool: str | None, tmp_path: Path) -> None:
    path = tmp_path / "my results.json"
    path.write_text(f"{json.dumps(SERVED)}\n{json.dumps(SERVED)}\n")
    error = refusal(path, tool)
    assert "--append-result" in str(error.found)
    assert "split -l 1 'my results.json'" in str(error.next_step)
    assert error.place == f"{path}:2:1"


def test_lines_of_nobody_lead_to_the_record_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    assert "records.md" in str(refusal(path, None).next_step)


def test_a_number_that_is_none_says_when_to_measure_again(tmp_path: Path) -> None:
    """A rate without a limit stays Infinity in the next run."""
    path = tmp_path / "r.json"
    path.write_text('{"request_rate": Infinity}')
    next_step = str(refusal(path, "vllm-bench").next_step)
    assert "if it is a result, run the benchmark again" in next_step
    assert "write null" in next_step


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_no_file_that_is_read_is_taken_for_one_that_is_not(sample: Sample) -> None:
    assert foreign.of_document(read_result(sample.path).root.value) is None


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("llama-bench", "llama-bench"),
        ("llama.cpp", "llama-bench"),
        ("SGLang", "SGLang"),
        ("inspect_ai", "inspect_ai"),
        ("genai-perf", "GenAI-Perf"),
        ("vllm_bench_latency", "vllm bench latency"),
    ],
)
def test_a_tool_is_called_by_its_usual_names(word: str, name: str) -> None:
    tool = foreign.called(word)
    assert tool is not None
    assert name in tool.name


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["results", "config", "versions", "eval", "name", "metrics", "error"])
            | st.sampled_from(["mode", "request_latency", "metadata", "count", "sum", "score:std"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_no_content_breaks_the_marks(value: object) -> None:
    tool = foreign.of_document(value)
    assert tool is None or tool.next_step
