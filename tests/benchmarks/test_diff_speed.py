"""What `cardgen diff` of a large card costs beside the imports that no such program is without.

Both are measured in one run, interleaved; the ratio is printed, no time is asserted.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from samples_cards import run, serving, write_card

from benchmarks.report import REPORT

pytestmark = pytest.mark.benchmark_ratio

MEASUREMENTS = 500
ROUNDS = 15
CARDGEN = str(Path(sys.executable).with_name("cardgen"))
IMPORTS = (sys.executable, "-c", "import pydantic, ruamel.yaml")
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A card of 500 measurements, five runs of a hundred scenarios; every value has changed."""
    for factor in (1.0, 1.2):
        runs = [
            run(
                *(
                    serving(
                        scenario=f"scenario-{i}",
                        latency_s=factor * (1 + i / 50 + repeat / 100),
                        ttft_s=factor * (0.1 + repeat / 1000),
                    )
                    for i in range(MEASUREMENTS // 5)
                )
            )
            for repeat in range(5)
        ]
        write_card(tmp_path, "large", *runs)
        if factor == 1.0:
            for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "before"]):
                subprocess.run([*GIT, *command], cwd=tmp_path, check=True)
    return tmp_path


def test_diff_of_a_large_card_beside_imports(benchmark: BenchmarkFixture, changed: Path) -> None:
    def seconds(*command: str) -> float:
        start = time.perf_counter()
        subprocess.run(command, cwd=changed, check=True, capture_output=True)
        return time.perf_counter() - start

    ours = (CARDGEN, "diff", "large", "--format", "markdown")
    seconds(*ours), seconds(*IMPORTS)
    pairs = [(seconds(*ours), seconds(*IMPORTS)) for _ in range(ROUNDS)]
    ratio = statistics.median(mine / (2 * bare + 0.2) for mine, bare in pairs)
    mine, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    name = f"diff of {MEASUREMENTS} measurements / (2 x import pydantic, ruamel.yaml + 0.2 s)"
    benchmark.extra_info.update(name=name, ratio=ratio, goal=1.0)
    REPORT.append(
        f"{name}: {ratio:.2f} (goal at most 1); {mine * 1e3:.0f} ms, imports {bare * 1e3:.0f} ms"
    )
    benchmark.pedantic(lambda: seconds(*ours), rounds=3)
