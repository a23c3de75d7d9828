"""What cardgen costs beside the least that would do: ratios, both sides measured in one run.

Run apart from the tests: `pytest tests/benchmarks -m benchmark_ratio`. Nothing here asserts a
time; the ratios are printed at the end and stored with pytest-benchmark's own results.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from peak_memory import PEAK_KIB
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.bare import BareBuild, bare_check, bare_check_listed
from benchmarks.report import REPORT
from cardgen.build import outputs
from cardgen.build.cache import CheckCache
from cardgen.spec.load import find_project
from cardgen.spec.locate import card_names

pytestmark = pytest.mark.benchmark_ratio

ROOT = Path(__file__).parents[2]
CARD = "qwen2.5-vl-3b-w4a16"
CARDS = int(os.environ.get("CARDGEN_BENCHMARK_CARDS", "1000"))
ROUNDS = 15
CARDGEN = str(Path(sys.executable).with_name("cardgen"))

DEFAULT_TEMPLATE_SCRIPT = (
    "from huggingface_hub import ModelCard, ModelCardData;"
    "str(ModelCard.from_template(ModelCardData(language='en', license='mit',"
    "library_name='transformers', base_model='a/b'), model_id='c', model_description='d'))"
)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the quantized card, built, its plots standing."""
    return _project(tmp_path_factory.mktemp("one"), 1)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a thousand cards of the size of the quantized one."""
    return _project(tmp_path_factory.mktemp("many"), CARDS)


def _project(root: Path, count: int) -> Path:
    shutil.copy(ROOT / "cardgen.yaml", root)
    names = [CARD] if count == 1 else [f"card-{number:04d}" for number in range(count)]
    for number, name in enumerate(names):
        folder = root / "cards" / name
        shutil.copytree(ROOT / "cards" / CARD, folder)
        if number:
            # Another card has other numbers: one printed score moves.
            path = folder / "runs" / "published-card.json"
            old, new = '"value": 41.56,', f'"value": {41 + number / 100:.2f},'
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(old, new), encoding="utf-8")
    subprocess.run([CARDGEN, "build", "--all", "-q", "--overwrite"], cwd=root, check=True)
    return root


def _pairs(
    ours: Callable[[], object], bare: Callable[[], object], rounds: int = ROUNDS
) -> tuple[float, float, float]:
    """Median seconds of both, and the median of the ratios of interleaved pairs."""
    ours(), bare()
    mine: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        for times, call in ((mine, ours), (theirs, bare)):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
    ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
    return statistics.median(mine), statistics.median(theirs), ratio


def _note(
    benchmark: BenchmarkFixture, name: str, goal: float, measured: tuple[float, float, float]
) -> None:
    ours, bare, ratio = measured
    benchmark.extra_info.update(name=name, ratio=ratio, goal=goal)
    REPORT.append(
        f"{name}: {ratio:.2f} (goal at most {goal:g}); {ours * 1e3:.0f} ms / {bare * 1e3:.0f} ms"
    )


def _call(*command: str, cwd: Path) -> Callable[[], object]:
    def run() -> object:
        return subprocess.run(command, cwd=cwd, check=True, capture_output=True)

    return run


def _python(code: str, cwd: Path) -> Callable[[], object]:
    return _call(sys.executable, "-c", code, cwd=cwd)


def test_help_beside_importing_click(benchmark: BenchmarkFixture, one: Path) -> None:
    ours = _call(CARDGEN, "--help", cwd=one)
    _note(
        benchmark, "cardgen --help / import click", 1.3, _pairs(ours, _python("import click", one))
    )
    benchmark.pedantic(ours, rounds=3)


def test_check_of_a_current_card_beside_imports(benchmark: BenchmarkFixture, one: Path) -> None:
    ours = _call(CARDGEN, "build", CARD, "--check", cwd=one)
    bare = _python("import pydantic, jinja2", one)
    _note(benchmark, "check one current card / import pydantic, jinja2", 2.0, _pairs(ours, bare))
    benchmark.pedantic(ours, rounds=3)


def test_build_beside_the_default_template(benchmark: BenchmarkFixture, one: Path) -> None:
    ours = _call(CARDGEN, "build", CARD, cwd=one)
    bare = _python(DEFAULT_TEMPLATE_SCRIPT, one)
    _note(benchmark, "build the quantized card / ModelCard.from_template", 1.0, _pairs(ours, bare))
    benchmark.pedantic(ours, rounds=3)


def test_a_thousand_cards_beside_a_bare_loop(benchmark: BenchmarkFixture, many: Path) -> None:
    project = find_project(many)
    names = card_names(many)
    filled = BareBuild(many / "cards" / names[0])
    looped = BareBuild(many / "cards" / names[0], looped=True)

    def ours() -> None:
        for name in names:
            outputs.write(outputs.outputs(project, name))

    def bare(build: BareBuild) -> Callable[[], object]:
        return lambda: [build(many / "cards" / name) for name in names]

    title = f"build {CARDS} cards / bare loop"
    measured = _pairs(ours, bare(looped), rounds=3)
    _note(benchmark, f"{title} over the records", 2.0, measured)
    measured = _pairs(ours, bare(filled), rounds=3)
    _note(benchmark, f"{title} with ready numbers", 2.0, measured)
    REPORT.append(f"  that is {CARDS / measured[0]:.0f} cards a second")
    benchmark.pedantic(lambda: outputs.outputs(project, names[0]), rounds=10)


def test_checking_a_thousand_cards_beside_hashing(benchmark: BenchmarkFixture, many: Path) -> None:
    names = card_names(many)
    cache = CheckCache(many)
    for name in names:
        cache.remember(name, [f"cards/{name}/runs"])
    cache.save()
    files = {
        name: [str(p) for p in sorted((many / "cards" / name).rglob("*")) if p.is_file()]
        for name in names
    }

    def ours() -> None:
        fresh = CheckCache(many)
        assert all(fresh.is_current(name) for name in names)

    def bare() -> None:
        for name in names:
            bare_check(many / "cards" / name)

    def listed() -> None:
        for name in names:
            bare_check_listed(files[name])

    title = f"check {CARDS} current cards"
    _note(benchmark, f"{title} / list, read and hash", 2.0, _pairs(ours, bare, rounds=5))
    _note(benchmark, f"{title} / read and hash known names", 2.0, _pairs(ours, listed, rounds=5))
    benchmark.pedantic(ours, rounds=3)


def test_memory_does_not_grow_with_the_number_of_cards(
    benchmark: BenchmarkFixture, many: Path
) -> None:
    code = (
        f"{PEAK_KIB}\n"
        "from cardgen.build import outputs\n"
        "from cardgen.spec.load import find_project\n"
        "project = find_project(); names = project.names()\n"
        "for number, name in enumerate(names):\n"
        "    outputs.outputs(project, name)\n"
        "    if number in (len(names) // 10, len(names) - 1): print(peak_kib())\n"
    )
    printed = benchmark.pedantic(
        lambda: (
            subprocess.run(
                [sys.executable, "-c", code], cwd=many, check=True, capture_output=True, text=True
            ).stdout
        ),
        rounds=1,
    )
    after_tenth, after_all = (int(line) / 1024 for line in str(printed).split())
    benchmark.extra_info.update(after_tenth_mib=after_tenth, after_all_mib=after_all)
    REPORT.append(
        f"peak memory: {after_tenth:.0f} MiB after a tenth of {CARDS} cards,"
        f" {after_all:.0f} MiB after all"
    )


def test_first_drawing_of_the_plots(benchmark: BenchmarkFixture, one: Path) -> None:
    def redraw() -> object:
        shutil.rmtree(one / "cards" / CARD / "plots")
        return _call(CARDGEN, "build", CARD, cwd=one)()

    benchmark.pedantic(redraw, rounds=3)
    stats: Any = benchmark.stats
    seconds = stats.stats.median
    REPORT.append(f"building the quantized card with all plots drawn anew: {seconds:.2f} s")
