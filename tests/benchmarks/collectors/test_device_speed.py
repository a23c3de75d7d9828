"""The device collector's latency beside a bare loop's, and of a model beside itself.

Needs a quiet machine and the collector's environment. The sides are interleaved, so a drift of the
machine falls on both; beside the bare loop they stand in one process, of the A/A test every run is
a process of its own. CARDGEN_BENCHMARK_PAIRS and CARDGEN_BENCHMARK_REPETITIONS make it shorter.
"""

from __future__ import annotations

import io
import json
import math
import os
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.collectors.interleaved import PAIRS, Interleaved
from benchmarks.report import REPORT
from collectors.device.device_collector import FOLDER, role_python
from PIL import Image

from cardgen.derive import student

REPETITIONS = int(os.environ.get("CARDGEN_BENCHMARK_REPETITIONS", "20"))
RUNS_A_SIDE = 3
SIDE_BY_SIDE = Path(__file__).with_name("side_by_side.py")
MODEL = FOLDER.parents[1] / "examples" / "tiny-qwen2.5-vl-w4a16" / "models" / "tiny-qwen2.5-vl"
BATCH, SAMPLES, TOKENS = 4, 32, 24


@pytest.fixture(scope="module")
def python() -> Path:
    return role_python()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of noise: what is answered does not matter here, only how long it takes."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(SAMPLES):
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 255, (112, 112, 3), dtype=np.uint8)).save(file, "png")
        image = {"bytes": file.getvalue(), "path": None}
        rows.append({"image": image, "question": "Read the table.", "answer": "0"})
    path: Path = tmp_path_factory.mktemp("data") / "noise.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def collected(python: Path, data: Path, folder: Path) -> float:
    """The median batch as the collector's program measures it, seconds."""
    dataset = {"name": "N", "path": str(data), "split": "test", "image": "image"}
    dataset |= {"prompt": "question", "answer": "answer", "metric": "exact match"}
    plan = {
        "model": str(MODEL), "revision": None, "trust_remote_code": False, "samples": SAMPLES,
        "max_new_tokens": TOKENS, "repetitions": 1, "flops": True, "energy": True, "seed": 0,
        "threads": None, "settings": [{
            "index": 0, "device": "CPU", "type": "cpu", "dataset": dataset, "batch_size": BATCH,
            "image_size": None, "sequence_length": None, "optimization":
            {"name": "fp32", "dtype": "fp32", "attention": "eager", "compile": False},
        }],
    }  # fmt: skip
    results = folder / "results.jsonl"
    results.unlink(missing_ok=True)
    (folder / "plan.json").write_text(json.dumps(plan))
    program = FOLDER / "sweep.py"
    subprocess.run(
        [python, "-E", "-s", program, folder / "plan.json", results],
        capture_output=True, check=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    (result,) = (line for line in lines if line["event"] == "result")
    assert result["outcome"] == "measured", result
    seconds: list[float] = result["seconds"]
    return statistics.median(seconds)


@pytest.mark.benchmark_ratio
@pytest.mark.collectors
def test_latency_is_that_of_a_bare_loop(python: Path, data: Path) -> None:
    """At most 2 % apart; where the bare loop against itself spreads wider, that is the bar."""
    numbers = [str(n) for n in (BATCH, SAMPLES, TOKENS, PAIRS)]
    done = subprocess.run(
        [python, "-E", "-s", SIDE_BY_SIDE, FOLDER, MODEL, data, *numbers],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    ratios, itself = (
        [one / bare for one, bare in zip(seconds[side], seconds["bare"], strict=True)]
        for side in ("ours", "again")
    )
    found = Interleaved(ratios, itself)
    REPORT.append(found.told("device latency", "within 1.02"))
    assert abs(found.median - 1) <= max(0.02, found.spread)


@pytest.mark.benchmark_ratio
@pytest.mark.collectors
def test_a_model_is_not_told_from_itself(python: Path, data: Path, tmp_path: Path) -> None:
    """A/A: three runs a side, interleaved. At most 3 of 20 comparisons claim a difference."""
    claims = 0
    runs: list[float] = []
    for _ in range(REPETITIONS):
        sides: tuple[list[float], list[float]] = ([], [])
        for side in (0, 1, 1, 0, 0, 1):
            sides[side].append(math.log(collected(python, data, tmp_path)))
        claims += claimed(*sides)
        runs += [*sides[0], *sides[1]]
    noise = statistics.stdev(runs)
    rng = np.random.default_rng(1)
    simulated = [claimed(*rng.normal(0, noise, (2, RUNS_A_SIDE)).tolist()) for _ in range(2_000)]
    share = sum(simulated) / len(simulated)
    REPORT.append(
        f"device A/A: {claims} of {REPETITIONS} comparisons claim a difference (goal: at most 3 of "
        f"20); simulated with the spread seen ({noise:.3f} of a logarithm): {share:.1%} (at most "
        "6 %)"
    )
    assert claims <= max(1, 3 * REPETITIONS // 20)
    assert share <= 0.06


def claimed(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether Welch's interval of the difference of logarithms at 95 % leaves zero out."""
    errors = [statistics.variance(side) / len(side) for side in (one, other)]
    total = sum(errors)
    degrees = total**2 / sum(e**2 / (len(one) - 1) for e in errors)
    t = abs(statistics.fmean(one) - statistics.fmean(other)) / math.sqrt(total)
    return t > student.quantile(0.025, degrees)
