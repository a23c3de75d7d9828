"""`vllm bench serve` files: which latency is taken, and how the load is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from imports.samples import BY_FILE, REMOVED, SERVED, changed

from cardgen.errors import ImportFileError
from cardgen.imports import ImportOptions, read
from cardgen.records import Run, ServingMeasurement

DETAILED = BY_FILE["vllm_bench/detailed.json"]
SHORT = BY_FILE["vllm_bench/short.json"]
RATE = BY_FILE["vllm_bench/rate.json"]


def window(run: Run) -> ServingMeasurement:
    (measurement,) = run.measurements
    assert isinstance(measurement, ServingMeasurement)
    return measurement


def test_the_latencies_of_failed_requests_are_left_out() -> None:
    found = window(read("vllm-bench", DETAILED.path, DETAILED.options))
    assert found.latency_s is not None
    assert (found.latency_s.value, found.latency_s.n) == (2.5, 4)
    assert found.requests is not None
    assert (found.requests.successful, found.requests.failed) == (4, 1)


def test_latencies_that_may_be_of_failed_requests_are_not_used() -> None:
    run = read("vllm-bench", SHORT.path, SHORT.options)
    assert window(run).latency_s is None
    assert "No mean latency" in run.provenance.notes[0]


@pytest.mark.parametrize(
    ("completed", "means"), [(4, (512.0, 128.0)), (3, (682.7, 170.7)), (0, (None, None))]
)
def test_totals_are_a_mean_and_no_length_of_a_request(
    completed: int, means: tuple[float | None, float | None], tmp_path: Path
) -> None:
    """Lengths that differ may well add up to a multiple of their count."""
    path = changed(SHORT, tmp_path, "completed", to=completed)
    found = window(read("vllm-bench", path, SHORT.options))
    assert (found.scenario.prompt_tokens, found.scenario.output_tokens) == (None, None)
    assert (found.mean_prompt_tokens, found.mean_output_tokens) == means


def test_lengths_that_are_known_need_no_mean(tmp_path: Path) -> None:
    found = window(read("vllm-bench", DETAILED.path, DETAILED.options))
    assert (found.mean_prompt_tokens, found.mean_output_tokens) == (None, None)
    path = changed(DETAILED, tmp_path, "output_lens", 0, to=7)
    found = window(read("vllm-bench", path, replace(DETAILED.options, scenario="chat")))
    assert (found.mean_prompt_tokens, found.mean_output_tokens) == (None, 128.0)


def test_the_reported_mean_goes_before_the_list() -> None:
    found = window(read("vllm-bench", RATE.path, RATE.options))
    assert found.latency_s is not None
    assert (found.latency_s.value, found.latency_s.std_dev) == (2.5, 0.35)


def test_milliseconds_become_seconds_and_rates_stay() -> None:
    found = window(read("vllm-bench", DETAILED.path, DETAILED.options))
    assert found.ttft_s is not None
    assert (found.ttft_s.value, found.ttft_s.n, found.ttft_s.std_dev) == (0.0555, 4, 0.00525)
    assert found.itl_s is not None
    assert (found.itl_s.value, found.itl_s.n) == (0.0205, None)
    assert found.requests_per_s is not None
    assert found.requests_per_s.value == 0.38095238
    assert found.output_tokens_per_s is not None
    assert found.output_tokens_per_s.value == 48.76
    assert found.window_s == 10.5
    assert (found.scenario.prompt_tokens, found.scenario.output_tokens) == (512, 128)
    assert found.scenario.name == "512x128-tokens"


@pytest.mark.parametrize(
    ("rate", "concurrency", "mode", "load"),
    [
        ("inf", None, "multi-stream", None),
        ("inf", 1, "single-stream", None),
        ("inf", 8, "concurrent", 8.0),
        (4.0, None, "constant-rate", 4.0),
        (4.0, 16, "constant-rate", 4.0),
    ],
)
def test_the_load_that_was_offered(
    rate: object, concurrency: int | None, mode: str, load: float | None, tmp_path: Path
) -> None:
    path = changed(RATE, tmp_path, "request_rate", to=rate)
    path.write_text(
        path.read_text().replace(
            '"max_concurrency": null', f'"max_concurrency": {concurrency or "null"}'
        )
    )
    found = window(read("vllm-bench", path, RATE.options))
    assert (found.mode, found.load) == (mode, load)


def test_nothing_completed_is_a_failed_measurement(tmp_path: Path) -> None:
    path = changed(SHORT, tmp_path, "completed", to=0)
    found = window(read("vllm-bench", path, SHORT.options))
    assert (found.outcome, found.latency_s, found.ttft_s) == ("failed", None, None)


def test_user_metadata_with_a_secret_is_not_taken() -> None:
    assert "sk-not" not in read("vllm-bench", DETAILED.path, DETAILED.options).model_dump_json()


def test_two_results_in_one_file_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "appended.json"
    path.write_text(f"{DETAILED.text()}\n{DETAILED.text()}")
    with pytest.raises(ImportFileError) as caught:
        read("vllm-bench", path, SERVED)
    assert caught.value.found == "more text after the document"
    assert caught.value.place.startswith(f"{path}:")


@pytest.mark.parametrize(
    ("backend", "given", "engine", "assumed"),
    [
        ("tgi", None, "tgi", False),
        ("sglang", None, "sglang", False),
        ("tensorrt-llm", None, "tensorrt-llm", False),
        ("deepspeed-mii", None, "deepspeed-mii", False),
        ("lmdeploy", None, "lmdeploy", False),
        ("scalellm", None, "scalellm", False),
        ("llama.cpp", None, "llama.cpp", False),
        ("infinity-embeddings", None, "infinity", False),
        ("tgi", "my-engine", "my-engine", False),
        ("openai", None, "vllm", True),
        ("openai-chat", None, "vllm", True),
        ("openai-embeddings", None, "vllm", True),
        ("openai-comp", None, "vllm", True),
        ("vllm", None, "vllm", True),
        ("vllm-pooling", None, "vllm", True),
        ("openai-chat", "sglang", "sglang", False),
        (REMOVED, None, "vllm", True),
    ],
)
def test_the_engine_is_the_files_and_an_assumed_one_is_said(
    backend: object, given: str | None, engine: str, assumed: bool, tmp_path: Path
) -> None:
    """A protocol is no engine: many speak it."""
    content = json.loads(RATE.text())
    for key in ("backend", "endpoint_type"):
        content.pop(key, None)
        if backend is not REMOVED:
            content[key] = backend
    path = tmp_path / "r.json"
    path.write_text(json.dumps(content))
    run = read("vllm-bench", path, replace(RATE.options, engine=given))
    assert window(run).engine.name == engine
    told = [note for note in run.provenance.notes if note.startswith("engine not given")]
    assert bool(told) == assumed


def test_the_default_output_is_taken_whole_but_for_what_it_lacks(tmp_path: Path) -> None:
    """`vllm bench serve` writes no end-to-end latency unless it is asked to."""
    content = json.loads(RATE.text())
    for key in [key for key in content if "e2el" in key or key in ("latencies", "errors")]:
        del content[key]
    path = tmp_path / "r.json"
    path.write_text(json.dumps({**content, "request_rate": "inf", "max_concurrency": 1}))
    run = read("vllm-bench", path, RATE.options)
    found = window(run)
    assert (found.mode, found.outcome, found.latency_s) == ("single-stream", "measured", None)
    for reading in (found.ttft_s, found.itl_s, found.requests_per_s, found.output_tokens_per_s):
        assert reading is not None
    assert any("--percentile-metrics" in note for note in run.provenance.notes)


@pytest.mark.parametrize(
    ("key", "value"), [("mode", "burst"), ("ramp_up_strategy", "linear"), ("mode", "trace_replay")]
)
def test_a_load_that_the_file_states_is_not_guessed_over(
    key: str, value: str, tmp_path: Path
) -> None:
    path = changed(RATE, tmp_path, key, to=value)
    with pytest.raises(ImportFileError) as caught:
        read("vllm-bench", path, RATE.options)
    assert caught.value.place.endswith(f": /{key}")
    assert "docs/records.md" in str(caught.value.next_step)


@pytest.mark.parametrize(
    ("steps", "value", "place"),
    [
        (("completed",), -1, "/completed"),
        (("duration",), REMOVED, "/duration"),
        (("duration",), -0.5, "/duration"),
        (("mean_ttft_ms",), -3, "/mean_ttft_ms"),
        (("latencies", 0), 0, "/latencies/0"),
        (("errors",), [], "/errors"),
        (("request_throughput",), 0, "/request_throughput"),
        (("max_concurrency",), 0, "/max_concurrency"),
        (("request_rate",), 0, "/request_rate"),
        (("input_lens", 2), "x", "/input_lens/2"),
    ],
)
def test_a_wrong_value_is_refused_where_it_stands(
    steps: tuple[str | int, ...], value: object, place: str, tmp_path: Path
) -> None:
    path = changed(DETAILED, tmp_path, *steps, to=value)
    with pytest.raises(ImportFileError) as caught:
        read("vllm-bench", path, DETAILED.options)
    assert caught.value.place.endswith(f": {place}")


def test_hardware_and_scenario_are_asked_for() -> None:
    for options, flag in ((ImportOptions(scenario="chat"), "--hardware"), (SERVED, "--scenario")):
        with pytest.raises(ImportFileError) as caught:
            read("vllm-bench", SHORT.path, options)
        assert flag in str(caught.value.next_step)


@pytest.mark.parametrize(
    ("backend", "endpoint"),
    [
        ("openai-chat", "/v1/chat/completions"),
        ("openai", "/v1/completions"),
        ("openai-comp", "/v1/completions"),
        ("vllm", "/v1/completions"),
        ("tgi", None),
        ("openai-embeddings", None),
    ],
)
def test_where_requests_went_follows_from_the_backend(
    backend: str, endpoint: str | None, tmp_path: Path
) -> None:
    """A conversation goes through the chat template, raw text does not."""
    content = {**json.loads(RATE.text()), "backend": backend}
    path = tmp_path / "r.json"
    path.write_text(json.dumps(content))
    assert window(read("vllm-bench", path, RATE.options)).endpoint == endpoint
