"""measure.py as a real process, with a stand-in for the program that measures.

The stand-in is the role's interpreter: it reads the plan and writes the results it was told to.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from collectors.device.device_collector import FOLDER

from cardgen.errors import CardgenError
from cardgen.measuring import job as jobs
from cardgen.measuring.job import Job, Model, Role
from cardgen.records import DeviceMeasurement, Run
from cardgen.store import runs

INTERPRETER = """\
#!{python}
import json, os, pathlib, signal, sys, time
plan, results = json.loads(pathlib.Path(sys.argv[-2]).read_text()), pathlib.Path(sys.argv[-1])
told = json.loads(pathlib.Path({told!r}).read_text())
def say(**line):
    with results.open("a") as file:
        file.write(json.dumps(line) + "\\n")
say(event="device", type="cpu", model=None, state=None)
for setting in plan["settings"]:
    say(event="began", index=setting["index"])
    does = told.get(setting["optimization"]["name"], {{}})
    if does == "crash":
        print("Killed by the kernel", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if does == "hang":
        time.sleep(600)
    if does == "cut":
        with results.open("a") as file:
            file.write('{{"event": "result", "ind')
        sys.exit(3)
    base = dict(outcome="measured", seconds=[0.2, 0.1, 0.4, 0.3], warmup_s=1, samples=4,
        answers=["a", "b", "c", "d"], absent={{"energy": "no counter"}}, quality=dict(
        metric="exact match (%)", value=75.0, higher_is_better=True, n=4, stderr=25.0),
        operations=dict(prefill=1000, decode=100, prompt=10, new=5, uncounted=["add"],
        kv_cache=True, formula=dict(prefill=990, decode=100)))
    say(event="result", index=setting["index"], **(base | does))
"""


class Bench:
    """A project folder and one call of the collector in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.told = root / "told.json"
        self.python = root / "python"
        self.python.write_text(INTERPRETER.format(python=sys.executable, told=str(self.told)))
        self.python.chmod(0o755)

    def run(self, told: dict[str, Any], timeout_s: float | None = None, **settings: Any) -> Run:
        self.told.write_text(json.dumps(told))
        folder = self.root / "job"
        folder.mkdir(exist_ok=True)
        job = Job(
            key=hashlib.sha256(b"job").hexdigest(),
            kind="device",
            collector="device",
            card="card",
            project=str(self.root),
            folder=str(folder),
            model=Model(name="org/model", path=str(self.root), revision="r1"),
            settings={
                "datasets": [{"name": "D", "path": "d.parquet"}],
                "optimizations": ["fp32", "bf16"],
                **settings,
            },
            hardware="Bench",
            timeout_s=timeout_s,
            roles={"measure": Role(python=str(self.python))},
        )
        (folder / "job.json").write_bytes(jobs.dump(job))
        result = folder / "result.json"
        done = subprocess.run(
            [sys.executable, "-E", "-s", str(FOLDER / "measure.py"), "--job",
             str(folder / "job.json"), "--result", str(result)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return runs.parse(result.read_bytes(), "result.json")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def by_optimization(run: Run) -> dict[str, DeviceMeasurement]:
    found = {}
    for measurement in run.measurements:
        assert isinstance(measurement, DeviceMeasurement)
        found[measurement.optimization] = measurement
    return found


def test_a_result_becomes_a_record_with_its_spread_its_check_and_its_absences(
    bench: Bench,
) -> None:
    run = bench.run({})
    found = by_optimization(run)["fp32"]
    assert found.latency_s is not None
    assert (found.latency_s.value, found.latency_s.n) == (0.25, 4)
    assert found.latency_s.statistic == "median"
    assert found.latency_s.quartiles is not None
    assert found.latency_s.quartiles.first == pytest.approx(0.175)
    assert found.latency_s.quartiles.third == pytest.approx(0.325)
    assert found.flops_prefill is not None
    assert found.flops_prefill.value == 1000
    assert found.operations is not None
    assert found.operations.formula_ratio == pytest.approx(1100 / 1090)
    assert found.operations.uncounted == ("add",)
    assert found.quality is not None
    assert (found.quality.reading.value, found.quality.unchanged) == (75.0, 4)
    assert found.energy is None
    assert found.absent == {"energy": "no counter"}
    assert (found.revision, found.device.name, found.dtype) == ("r1", "Bench", "fp32")
    step = run.provenance.steps[0]
    assert step.command[:4] == ("python", "-E", "-s", "collectors/device/sweep.py")


def test_an_optimization_that_changes_answers_is_seen(bench: Bench) -> None:
    run = bench.run({"bf16": {"answers": ["a", "b", "x", "y"]}})
    quality = by_optimization(run)["bf16"].quality
    assert quality is not None
    assert quality.unchanged == 2
    assert run.provenance.notes == (
        "bf16, D, batch 1: 2 of 4 answers differ from those of the first optimization",
    )


@pytest.mark.parametrize(
    ("does", "outcome", "reason"),
    [
        ({"outcome": "skipped", "reason": "not here"}, "skipped", "not here"),
        ({"outcome": "failed", "reason": "out of memory: x"}, "failed", "out of memory: x"),
        (
            "crash",
            "failed",
            "was ended by SIGKILL: Killed by the kernel; log: job/logs/sweep-1.log",
        ),
        ("cut", "failed", "ended with exit code 3; log: job/logs/sweep-1.log"),
        ("hang", "failed", "ran out of time: 2 s for one setting; log: job/logs/sweep-1.log"),
    ],
)
def test_one_setting_s_failure_is_a_record_and_the_others_go_on(
    bench: Bench, does: Any, outcome: str, reason: str
) -> None:
    run = bench.run({"bf16": does}, optimizations=["fp32", "bf16", "SDPA"], setting_timeout_s=2)
    found = by_optimization(run)
    assert {name: m.outcome for name, m in found.items()} == {
        "fp32": "measured",
        "bf16": outcome,
        "SDPA": "measured",
    }
    assert reason in (found["bf16"].reason or "")


def test_a_program_that_always_dies_fails_every_setting_once(bench: Bench) -> None:
    found = by_optimization(bench.run({"fp32": "crash", "bf16": "crash"}))
    assert {m.outcome for m in found.values()} == {"failed"}


def test_what_the_job_s_time_does_not_reach_is_failed_and_the_rest_is_kept(bench: Bench) -> None:
    optimizations = ["fp32", "bf16", "SDPA"]
    run = bench.run({"bf16": "hang"}, timeout_s=23, optimizations=optimizations)
    found = by_optimization(run)
    assert [m.outcome for m in found.values()] == ["measured", "failed", "failed"]
    assert "ran out of time: that of the job" in (found["SDPA"].reason or "")


def test_without_the_first_optimization_nothing_is_said_of_changed_answers(bench: Bench) -> None:
    found = by_optimization(bench.run({"fp32": {"outcome": "failed", "reason": "x"}}))
    quality = found["bf16"].quality
    assert quality is not None
    assert quality.unchanged is None


def test_a_count_far_from_the_formula_is_not_shown(bench: Bench) -> None:
    wrong = {
        "prefill": 1000, "decode": 100, "prompt": 10, "new": 5, "uncounted": [], "kv_cache": True,
        "formula": {"prefill": 1200, "decode": 100},
    }  # fmt: skip
    run = bench.run({"bf16": {"operations": wrong}})
    found = by_optimization(run)["bf16"]
    assert found.flops_prefill is found.flops_decode is None
    assert "0.846 times the formula's" in found.absent["flops_generation"]
    assert any("0.846" in note for note in run.provenance.notes)


def test_a_model_without_a_formula_says_that_its_count_is_unchecked(bench: Bench) -> None:
    free = {
        "prefill": 1000, "decode": 100, "prompt": 10, "new": 5, "uncounted": [], "kv_cache": True,
        "formula": None,
    }  # fmt: skip
    run = bench.run({"fp32": {"operations": free}, "bf16": {"operations": free}})
    found = by_optimization(run)["bf16"]
    assert found.flops_prefill is not None
    assert found.operations is not None
    assert found.operations.formula_ratio is None
    assert any("unchecked" in note for note in run.provenance.notes)


WINDOW = {"joules": 900.0, "seconds": 3.0, "samples": 8, "method": "rapl", "period_s": 0.01}


def test_joules_are_kept_as_a_window_and_what_idling_takes(bench: Bench) -> None:
    run = bench.run({"fp32": {"window": {**WINDOW, "idle_w": 50.0}, "absent": {}}})
    energy = by_optimization(run)["fp32"].energy
    assert energy is not None
    assert (energy.method, energy.window_j, energy.idle_j) == ("rapl", 900.0, 150.0)
    assert (energy.samples, energy.window_s, energy.counter_period_s) == (8, 3.0, 0.01)


def test_modelled_joules_only_where_asked_for_and_named_so(bench: Bench) -> None:
    uncounted = {"fp32": {"window": {"seconds": 2.0, "samples": 8}}}
    assert by_optimization(bench.run(uncounted))["fp32"].energy is None
    found = by_optimization(bench.run(uncounted, modelled_power_w=30.0))["fp32"]
    assert found.energy is not None
    assert (found.energy.method, found.energy.window_j) == ("modelled", 60.0)
    assert "energy" not in found.absent


def test_a_metric_that_is_no_number_is_absent(bench: Bench) -> None:
    broken = {"metric": "CIDEr", "value": float("nan"), "higher_is_better": True, "n": 4,
              "stderr": None}  # fmt: skip
    found = by_optimization(bench.run({"fp32": {"quality": broken}}))["fp32"]
    assert found.quality is None
    assert found.absent["quality"] == "the metric is no finite number"
    assert found.outcome == "measured"


def test_the_record_round_trips(bench: Bench) -> None:
    run = bench.run({})
    try:
        assert runs.parse(runs.dump(run), "again.json") == run
    except CardgenError as problem:
        pytest.fail(str(problem))
