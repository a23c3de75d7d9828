"""The serving collector's wall time beside the bare tools', and a model told from itself or not.

Needs a quiet machine and the collector's environments. Every run starts a server of its own; the
two sides are interleaved, so a drift of the machine falls on both. CARDGEN_BENCHMARK_PAIRS and
CARDGEN_BENCHMARK_REPETITIONS make it shorter: a pair takes about two and a half minutes on two
cores, two comparisons of the A/A test about five.
"""

from __future__ import annotations

import math
import os
import signal
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.collectors.interleaved import HungError, compared, interleaved
from benchmarks.report import REPORT

from cardgen.derive.quantity import Quantity
from cardgen.diff.ratio import LogRatio, evidence
from cardgen.diff.series import Series, Subject
from cardgen.measuring.server import free_port
from cardgen.metrics import REQUEST_LATENCY
from cardgen.records import Identity, ServingMeasurement, Step
from collectors import loads, real

REPETITIONS = int(os.environ.get("CARDGEN_BENCHMARK_REPETITIONS", "20"))
RUNS_A_SIDE = 3
SIMULATED = 2_000
GOAL = 1.03
HANGING_S = 60.0
"""GuideLLM's window here takes half of it."""
PLAN: dict[str, Any] = {
    "scenarios": [{"name": "short", "prompt_tokens": 64, "output_tokens": 16}],
    "window_s": 10,
    "warmup_s": 2,
    "concurrency": [4],
    "usage": False,
    "server": {"max_model_len": 512},
}
SCENARIOS = {"short": (64, 16), "shorter": (32, 12)}
"""Prompt and output tokens: every start of the server measures both, each a comparison."""
QUICK: dict[str, Any] = {
    **PLAN,
    "modes": ["single-stream"],
    "window_s": 6,
    "scenarios": [
        {"name": name, "prompt_tokens": prompt, "output_tokens": output}
        for name, (prompt, output) in SCENARIOS.items()
    ],
}
Latencies = dict[str, float]
"""Seconds by scenario."""

pytestmark = [pytest.mark.benchmark_ratio, pytest.mark.collectors]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return real.project(tmp_path_factory.mktemp("project"))


def collected(folder: Path, plan: dict[str, Any], repeat: int = 1) -> tuple[float, loads.Outcome]:
    """One job of the collector: its seconds, and what it left."""
    began = time.monotonic()
    outcome = real.run("serving", folder, plan, repeat=repeat)
    seconds = time.monotonic() - began
    assert all(m.outcome == "measured" for m in outcome.found), outcome.found
    assert outcome.run is not None
    if any("hung" in note for note in outcome.run.provenance.notes):
        raise HungError
    return seconds, outcome


def bare(folder: Path, steps: Sequence[Step]) -> float:
    """The same commands as in the collector's record, one after the other: seconds."""
    roles = real.roles()
    began = time.monotonic()
    server, *loads_ = steps
    old = server.command[server.command.index("--port") + 1]
    port = str(free_port())

    def argv(step: Step) -> list[str]:
        python = roles[step.role].python
        assert python is not None
        words = [word.replace(f":{old}", f":{port}") for word in step.command[1:]]
        return [python, *(port if word == old else word for word in words)]

    environment = {
        **os.environ, "HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_NO_USAGE_STATS": "1", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    with (folder / "bare.log").open("wb") as log:
        process = subprocess.Popen(
            argv(server), cwd=folder, env=environment, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            while not _healthy(port):
                assert process.poll() is None, "the bare server ended"
                time.sleep(0.25)
            for step in loads_:
                subprocess.run(
                    argv(step), cwd=folder, env=environment, stdout=log, stderr=log, check=True,
                    timeout=HANGING_S,
                )  # fmt: skip
        except subprocess.TimeoutExpired as problem:
            raise HungError from problem
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
    return time.monotonic() - began


def _healthy(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
            return True
    except OSError:
        return False


def test_the_collector_costs_little_beside_the_bare_tools(folder: Path) -> None:
    """At most 1.03 times; where the bare tools against themselves spread wider, that is the bar."""
    _, outcome = collected(folder, PLAN)  # what is read for the first time is read here
    assert outcome.run is not None
    steps = outcome.run.provenance.steps
    (folder / ".cardgen/jobs/card/serving/scratch").mkdir(parents=True, exist_ok=True)
    pairs = interleaved(lambda: bare(folder, steps), lambda: collected(folder, PLAN)[0])
    found = compared(pairs)
    REPORT.append(found.told("serving collector", f"at most {GOAL}"))
    assert found.median <= max(GOAL, 1 + found.spread)


def test_a_model_is_not_told_from_itself(folder: Path) -> None:
    """A/A: three runs a side, interleaved. At most 3 of 20 comparisons claim a difference."""
    claims = 0
    variances: list[float] = []
    for number in range(math.ceil(REPETITIONS / len(SCENARIOS))):
        sides: tuple[list[Latencies], list[Latencies]] = ([], [])
        for place, side in enumerate((0, 1, 1, 0, 0, 1)):
            sides[side].append(measured(folder, number * RUNS_A_SIDE + place // 2 + 1))
        for scenario in SCENARIOS:
            one, other = ([math.log(run[scenario]) for run in side] for side in sides)
            claims += claimed(one, other)
            variances += [statistics.variance(one), statistics.variance(other)]
    noise = math.sqrt(statistics.fmean(variances))
    rng = np.random.default_rng(1)
    simulated = [
        claimed(*rng.normal(0, noise, (2, RUNS_A_SIDE)).tolist()) for _ in range(SIMULATED)
    ]
    share = sum(simulated) / SIMULATED
    count = len(variances) // 2
    REPORT.append(
        f"serving A/A: {claims} of {count} comparisons claim a difference (goal: at most 3 "
        f"of 20); {SIMULATED} simulated with the spread seen ({noise:.3f} of a logarithm): "
        f"{share:.1%} (at most 6 %)"
    )
    assert claims <= max(1, 3 * count // 20)
    assert share <= 0.06


def measured(folder: Path, repeat: int) -> Latencies:
    """One run of the A/A test; one in which GuideLLM hung is run again."""
    try:
        outcome = collected(folder, QUICK, repeat=repeat)[1]
    except HungError:
        outcome = collected(folder, QUICK, repeat=repeat)[1]
    found: Latencies = {}
    for window in outcome.found:
        assert isinstance(window, ServingMeasurement)
        assert window.latency_s is not None
        found[str(window.scenario.name)] = window.latency_s.value
    assert found.keys() == SCENARIOS.keys()
    return found


def claimed(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether `cardgen diff` would claim a difference at the 5 % level, beyond no threshold."""
    found = evidence(_series(one), _series(other))
    return isinstance(found, LogRatio) and found.p_value(0.0) <= 0.05


def _series(logs: Sequence[float]) -> Series:
    values = tuple(Quantity(v, v, v, "s") for v in map(math.exp, logs))
    subject = Subject(Identity("serving", real.MODEL, ()), REQUEST_LATENCY.id)
    return Series(subject, REQUEST_LATENCY, values, None, False, {}, ())
