"""The quantization collector beside the bare script: seconds and peak memory.

The bare script is the very program that the collector renders, run by hand with the same
interpreter. Both make the tiny model of the tests; the two sides are interleaved. The collector's
side is all of `measure.py` but the tries of the result, which a bare script does not make. Needs a
quiet machine and the collector's environments:

    pytest tests/benchmarks/collectors/test_quantization_speed.py -m collectors -s

CARDGEN_BENCHMARK_PAIRS makes it shorter.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from benchmarks.collectors.interleaved import compared, interleaved
from benchmarks.report import REPORT
from collectors.quantization.samples import COLLECTOR, job
from collectors.real import python

from cardgen.measuring import job as jobs
from cardgen.measuring.processes import environment
from cardgen.store import runs

GOAL = 1.05
MAKER = Path(__file__).parents[2] / "collectors" / "quantization" / "make_models.py"
SETTINGS = {
    "scheme": "W4A16",
    "group_size": 32,
    "calibration": {"file": "texts.jsonl", "samples": 64, "max_sequence_length": 256},
    "check": {"engines": []},
}
MEASURED = """
import json, resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, time.monotonic() - began, usage.ru_maxrss * 1024]))
"""


class Cost(NamedTuple):
    """What one quantization took."""

    seconds: float
    bytes: int


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model and texts to calibrate on."""
    root = tmp_path_factory.mktemp("project")
    argv = [python("quantization", "quantize"), str(MAKER), str(root / "models" / "Tiny"), "text"]
    subprocess.run(argv, check=True, capture_output=True)
    lines = [json.dumps({"text": f"the quick brown fox {n} " * 40}) for n in range(64)]
    (root / "texts.jsonl").write_text("\n".join(lines) + "\n")
    return root


def collected(root: Path, name: str) -> Cost:
    """By the collector: the seconds of its whole process, the memory that it records."""
    roles = {"quantize": python("quantization", "quantize")}
    found = job(root, roles, SETTINGS, name=name, output=root / "models" / "made")
    folder = Path(found.folder)
    (folder / "job.json").write_bytes(jobs.dump(found))
    argv = [sys.executable, "-E", "-s", str(COLLECTOR / "measure.py")]
    argv += ["--job", str(folder / "job.json"), "--result", str(folder / "result.json")]
    began = time.monotonic()
    subprocess.run(argv, check=True, capture_output=True)
    seconds = time.monotonic() - began
    (measurement,) = runs.load(folder / "result.json", place="result.json").measurements
    assert measurement.kind == "quantization"
    assert measurement.outcome == "measured", measurement.reason
    assert measurement.peak_memory_bytes is not None
    return Cost(seconds, measurement.peak_memory_bytes)


def bare(root: Path, program: Path) -> Cost:
    """By hand: the program under the role's interpreter, in the project's folder."""
    argv = [sys.executable, "-c", MEASURED, python("quantization", "quantize"), str(program)]
    done = subprocess.run(
        argv, cwd=root, check=True, capture_output=True, text=True, env=environment()
    )
    code, seconds, held = json.loads(done.stdout)
    assert code == 0
    return Cost(seconds, held)


@pytest.mark.benchmark_ratio
@pytest.mark.collectors
def test_the_collector_costs_no_more_than_the_script(project: Path) -> None:
    """At most 1.05 times in both; where the script against itself spreads wider, that counts."""
    collected(project, "first")  # files are read once before it counts
    program = project / ".cardgen" / "jobs" / "first" / "quantize.py"
    numbers = itertools.count()
    pairs = interleaved(
        lambda: bare(project, program), lambda: collected(project, f"pair-{next(numbers)}")
    )
    for what, index in (("time", 0), ("peak memory", 1)):
        found = compared([(first[index], second[index]) for first, second in pairs])
        REPORT.append(found.told(f"quantization {what}", f"at most {GOAL}"))
        assert found.median <= max(GOAL, 1 + found.spread), REPORT[-1]
