"""GuideLLM files of every layout: modes, loads, seconds, counts, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from imports.samples import BY_FILE, REMOVED, SERVED, changed

from cardgen.errors import ImportFileError
from cardgen.imports import ImportOptions, read
from cardgen.records import Interval, Run, ServingMeasurement

FILES = {name: BY_FILE[f"guidellm/{name}.json"] for name in ("v0.3", "v0.4", "v0.6", "v0.8")}


def windows(run: Run) -> list[ServingMeasurement]:
    return [m for m in run.measurements if isinstance(m, ServingMeasurement)]


@pytest.mark.parametrize(
    ("layout", "version", "model", "scenario", "modes"),
    [
        (
            "v0.3",
            None,
            "example/tiny-3B",
            "chat",
            [("single-stream", None), ("multi-stream", None), ("constant-rate", 0.75)],
        ),
        ("v0.4", None, "example/tiny-3B", "rag", [("concurrent", 4.0)]),
        ("v0.6", "0.6.1", "example/tiny-3B", "1000x300-tokens", [("constant-rate", 2.5)]),
        (
            "v0.8",
            "0.8.1",
            "example/tiny-VL-3B",
            "64x128-tokens-224x224-pixels",
            [("single-stream", None), ("multi-stream", None), ("constant-rate", 40.0)],
        ),
    ],
)
def test_each_layout_gives_its_modes_and_scenario(
    layout: str,
    version: str | None,
    model: str,
    scenario: str,
    modes: list[tuple[str, float | None]],
) -> None:
    run = read("guidellm", FILES[layout].path, SERVED)
    assert run.provenance.tool.version == version
    assert [(m.mode, m.load) for m in windows(run)] == modes
    assert {m.model for m in windows(run)} == {model}
    assert {m.scenario.name for m in windows(run)} == {scenario}
    assert {(m.hardware.name, m.hardware.count) for m in windows(run)} == {("H100", 1)}
    assert {(m.engine.name, m.engine.version) for m in windows(run)} == {("vllm", None)}


@pytest.mark.parametrize("layout", FILES)
def test_values_are_means_in_seconds_with_count_and_spread(layout: str) -> None:
    first = windows(read("guidellm", FILES[layout].path, SERVED))[0]
    assert first.latency_s is not None
    assert (first.latency_s.value, first.latency_s.n, first.latency_s.std_dev) == (1.94, 120, 0.12)
    assert first.latency_s.statistic == "mean"
    assert first.ttft_s is not None
    assert (first.ttft_s.value, first.ttft_s.std_dev) == (0.0485, 0.00325)
    assert first.itl_s is not None
    assert (first.itl_s.value, first.itl_s.n) == (0.00742, 30600)
    assert first.requests_per_s is not None
    assert (first.requests_per_s.value, first.requests_per_s.std_dev) == (0.515, None)
    assert first.output_tokens_per_s is not None
    assert first.output_tokens_per_s.value == 132.0
    assert first.requests is not None
    assert (first.requests.successful, first.requests.failed, first.requests.incomplete) == (
        120,
        1,
        2,
    )
    assert first.window_s == (240.0 if layout == "v0.3" else 60.0)


def test_an_interval_has_the_level_that_the_run_was_configured_with() -> None:
    first = windows(read("guidellm", FILES["v0.8"].path, SERVED))[0]
    assert first.latency_s is not None
    assert first.latency_s.interval == Interval(low=1.9, high=1.98, level=0.9)
    assert first.ttft_s is not None
    assert first.ttft_s.interval == Interval(low=0.048, high=0.049, level=0.9)


def test_what_the_file_says_of_its_environment() -> None:
    provenance = read("guidellm", FILES["v0.8"].path, SERVED).provenance
    assert provenance.environment is not None
    assert provenance.environment.python == "3.11.14"
    assert provenance.machine is not None
    assert provenance.machine.operating_system == "Linux-6.8.0-x86_64-with-glibc2.39"
    assert provenance.started_at is not None
    assert provenance.started_at.isoformat() == "2025-11-17T09:00:01+00:00"
    assert provenance.notes == ("GuideLLM warned: 120 requests are few for p99.",)


def test_a_window_in_which_every_request_failed_is_a_failed_measurement() -> None:
    last = windows(read("guidellm", FILES["v0.8"].path, SERVED))[-1]
    assert (last.outcome, last.reason) == ("failed", "no request of the window succeeded")
    assert last.latency_s is None
    assert last.requests is not None
    assert last.requests.failed == 40


TTFT = ("benchmarks", 0, "metrics", "time_to_first_token_ms", "successful")


def test_an_empty_distribution_is_no_zero(tmp_path: Path) -> None:
    path = changed(FILES["v0.4"], tmp_path, *TTFT, to={"mean": 0.0, "std_dev": 0.0, "count": 0})
    assert windows(read("guidellm", path, SERVED))[0].ttft_s is None


def test_all_zeros_over_many_requests_are_unmeasured_and_said(tmp_path: Path) -> None:
    path = changed(FILES["v0.4"], tmp_path, *TTFT, to={"mean": 0.0, "std_dev": 0.0, "count": 120})
    run = read("guidellm", path, SERVED)
    assert windows(run)[0].ttft_s is None
    assert "time_to_first_token_ms: reported as zero over 120 values" in run.provenance.notes[0]


METRICS = ("benchmarks", 0, "metrics")


@pytest.mark.parametrize(
    ("layout", "steps", "value", "place", "expected"),
    [
        ("v0.3", (*TTFT, "mean"), -1.7e12, "/time_to_first_token_ms/successful/mean", "0 or more"),
        (
            "v0.8",
            (*METRICS, "request_latency", "successful", "mean"),
            -1,
            "/request_latency/successful/mean",
            "0 or more",
        ),
        (
            "v0.4",
            (*METRICS, "request_latency", "successful", "count"),
            REMOVED,
            "/successful/count",
            "a value",
        ),
        ("v0.4", (*METRICS, "request_totals", "successful"), "x", "/successful", "a whole number"),
        ("v0.4", ("benchmarks", 0, "config", "strategy", "type_"), "trace", "type_", "one of"),
        ("v0.4", ("benchmarks", 0, "config", "strategy", "streams"), 0, "streams", "1 or more"),
        ("v0.6", ("benchmarks", 0, "config", "strategy", "rate"), 0, "rate", "above zero"),
        ("v0.6", ("metadata", "version"), 3, "/metadata/version", "version 1 or 2"),
        ("v0.4", ("benchmarks",), [], "/benchmarks", "at least one"),
        ("v0.4", ("benchmarks", 0, "duration"), -1, "/benchmarks/0/duration", "0 or more"),
    ],
)
def test_a_wrong_number_is_refused_with_its_pointer(
    layout: str,
    steps: tuple[str | int, ...],
    value: object,
    place: str,
    expected: str,
    tmp_path: Path,
) -> None:
    path = changed(FILES[layout], tmp_path, *steps, to=value)
    with pytest.raises(ImportFileError) as caught:
        read("guidellm", path, SERVED)
    assert place in caught.value.place
    assert expected in str(caught.value.expected)
    assert caught.value.next_step


def test_a_negative_first_token_time_says_what_to_do(tmp_path: Path) -> None:
    path = changed(FILES["v0.3"], tmp_path, *TTFT, "mean", to=-1.7e12)
    with pytest.raises(ImportFileError, match="run the benchmark again") as caught:
        read("guidellm", path, SERVED)
    assert caught.value.found == "-1700000000000.0"


@pytest.mark.parametrize(
    ("steps", "value", "options", "flag"),
    [
        ((), None, ImportOptions(), "--hardware"),
        (("args", "model"), None, SERVED, "--model"),
        (("args", "data"), ["some/dataset"], SERVED, "--scenario"),
    ],
)
def test_what_the_file_lacks_is_asked_for_by_flag(
    steps: tuple[str, ...], value: object, options: ImportOptions, flag: str, tmp_path: Path
) -> None:
    path = FILES["v0.4"].path
    if steps:
        path = changed(FILES["v0.4"], tmp_path, *steps, to=value)
    if flag == "--model":
        moved = tmp_path / "again"
        moved.mkdir()
        text = path.read_text().replace('"model": "example/tiny-3B"', '"model": null')
        path = moved / "file.json"
        path.write_text(text)
    with pytest.raises(ImportFileError) as caught:
        read("guidellm", path, options)
    assert flag in str(caught.value.next_step)


def test_the_users_words_win() -> None:
    options = replace(
        SERVED,
        hardware_count=2,
        scenario="my scenario",
        model="a/b",
        revision="main",
        version="0.3.1",
        engine="sglang",
        engine_version="1.0",
    )
    run = read("guidellm", FILES["v0.3"].path, options)
    first = windows(run)[0]
    assert (first.model, first.revision, first.scenario.name) == ("a/b", "main", "my scenario")
    assert (first.hardware.count, first.engine.name, first.engine.version) == (2, "sglang", "1.0")
    assert run.provenance.tool.version == "0.3.1"


def test_the_same_load_twice_in_a_file_is_a_duplicate(tmp_path: Path) -> None:
    path = changed(
        FILES["v0.3"], tmp_path, "benchmarks", 1, "args", "strategy", to={"type_": "synchronous"}
    )
    with pytest.raises(ImportFileError, match="each measurement once in a file"):
        read("guidellm", path, SERVED)


@pytest.mark.parametrize(("tool", "file"), [("guidellm", "v0.8"), ("vllm-bench", "detailed")])
def test_a_count_that_is_not_given_is_taken_as_one_and_said(tool: str, file: str) -> None:
    path = BY_FILE[f"{tool.replace('-', '_')}/{file}.json"].path
    run = read(tool, path, ImportOptions(hardware="H100"))
    assert {m.hardware.count for m in windows(run)} == {1}
    assert "hardware count not given: taken as 1" in run.provenance.notes
    for count in (1, 4):
        run = read(tool, path, ImportOptions(hardware="H100", hardware_count=count))
        assert {m.hardware.count for m in windows(run)} == {count}
        assert not any("hardware count" in note for note in run.provenance.notes)


@pytest.mark.parametrize(("engine", "assumed"), [(None, True), ("vllm", False), ("sglang", False)])
def test_an_engine_that_is_assumed_is_said(engine: str | None, assumed: bool) -> None:
    run = read("guidellm", FILES["v0.8"].path, replace(SERVED, engine=engine))
    assert {window.engine.name for window in windows(run)} == {engine or "vllm"}
    assert ("engine not given: taken as vllm" in run.provenance.notes) == assumed


@pytest.mark.parametrize(
    ("layout", "steps", "stated", "endpoint"),
    [
        ("v0.8", ("config", "spec", "backend"), "/v1/completions", "/v1/completions"),
        ("v0.8", ("config", "spec", "backend"), None, None),
        ("v0.6", ("args",), "chat_completions", "/v1/chat/completions"),
        ("v0.4", ("args",), "text_completions", "/v1/completions"),
    ],
)
def test_where_requests_went(
    layout: str, steps: tuple[str, ...], stated: str | None, endpoint: str | None, tmp_path: Path
) -> None:
    """As the file says it, in the words of its version; else nobody knows."""
    path = changed(FILES[layout], tmp_path, *steps, "request_format", to=stated)
    assert {m.endpoint for m in windows(read("guidellm", path, SERVED))} == {endpoint}
