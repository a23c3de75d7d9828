"""`vllm bench serve` files: which latency is taken, and how the load is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from imports.samples import BY_FILE, changed

from cardgen.imports import read
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
