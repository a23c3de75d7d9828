"""`cardgen init`, `import`, `table` and `schema` as a user types them: real processes."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
INIT = (
    "init",
    "demo",
    "--kind",
    "quantized",
    "--model",
    "me/small-w4a16",
    "--base-model",
    "me/small",
)


def cardgen(folder: Path, *arguments: str, text: bool = True) -> subprocess.CompletedProcess[str]:
    """One call of the command line."""
    return subprocess.run(
        [sys.executable, "-m", "cardgen", *arguments],
        cwd=folder,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / ".cache")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=text,
        check=False,
    )


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a project but the cache."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".cache" not in path.parts
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one new card."""
    done = cardgen(tmp_path, *INIT)
    assert done.returncode == 0, done.stderr
    return tmp_path


def results(folder: Path, model: str, score: float) -> Path:
    """A result file of lm-eval with one task."""
    path = folder / f"results_{model.rpartition('/')[2]}.json"
    data = {
        "results": {"arc_easy": {"alias": "arc_easy", "acc,none": score, "acc_stderr,none": 0.01}},
        "configs": {"arc_easy": {"task": "arc_easy", "num_fewshot": 0}},
        "versions": {"arc_easy": 1.0},
        "n-shot": {"arc_easy": 0},
        "higher_is_better": {"arc_easy": {"acc": True}},
        "n-samples": {"arc_easy": {"original": 500, "effective": 500}},
        "config": {"model": "hf", "model_args": f"pretrained={model}", "limit": None},
        "git_hash": "abc1234",
        "date": 1750000000.0,
        "lm_eval_version": "0.4.13",
    }
    path.write_text(json.dumps(data))
    return path


def test_init_writes_a_card_that_builds(project: Path) -> None:
    assert set(content(project)) == {"cardgen.yaml", "cards/demo/card.yaml"}
    done = cardgen(project, "build", "demo")
    assert done.returncode == 0, done.stderr
    readme = (project / "cards/demo/README.md").read_text("utf-8")
    assert "Accuracy: not measured." in readme
    assert "Inference performance: not measured." in readme


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (INIT, "a folder that exists"),
        (("init", "Bad Name", "--kind", "benchmark", "--model", "a/b"), "lower-case letters"),
        (("init", "x", "--kind", "benchmark"), "--model"),
        (("init", "x", "--kind", "quantized", "--model", "a/b"), "--base-model"),
        (("init", "x", "--kind", "benchmark", "--model", "a/b", "--lang", "x!"), "language code"),
    ],
)
def test_init_refuses_and_writes_nothing(
    project: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = content(project)
    done = cardgen(project, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert content(project) == before


def test_results_become_a_card_with_recovery(project: Path) -> None:
    """Two result files, no tool named: records, then a card whose recovery follows."""
    base, small = results(project, "me/small", 0.8), results(project, "me/small-w4a16", 0.75)
    done = cardgen(project, "import", base.name, small.name, "--card", "demo")
    assert done.returncode == 0, done.stderr
    runs = sorted((project / "cards/demo/runs").iterdir())
    assert len(runs) == 2
    schema = json.loads(cardgen(project, "schema", "run").stdout)
    for path in runs:
        run = json.loads(path.read_text("utf-8"))
        jsonschema.validate(run, schema)
        assert run["provenance"]["origin"] == "imported"
        assert run["provenance"]["tool"]["version"] == "0.4.13"
        assert run["provenance"]["source"]["file"].startswith("results_small")
    assert cardgen(project, "build", "demo").returncode == 0
    readme = (project / "cards/demo/README.md").read_text("utf-8")
    for shown in (">80.00<", ">75.00<", ">93.75%<", ">-5.00 [-7.77, -2.23]<"):
        assert shown in readme


def test_the_same_file_again_changes_nothing_and_a_copy_is_refused(project: Path) -> None:
    path = results(project, "me/small", 0.8)
    assert cardgen(project, "import", path.name, "--card", "demo").returncode == 0
    before = content(project)
    again = cardgen(project, "import", path.name, "--card", "demo")
    assert (again.returncode, content(project)) == (0, before)
    assert "unchanged" in again.stderr
    (project / "copy.json").write_bytes(path.read_bytes())
    copied = cardgen(project, "import", "copy.json", "--card", "demo")
    assert copied.returncode == 2
    assert "the same source" in copied.stderr
    (project / "copy.json").unlink()
    assert content(project) == before


def test_one_bad_file_and_nothing_is_written(project: Path) -> None:
    good = results(project, "me/small", 0.8)
    (project / "bad.json").write_text('{"results": {"a": {"acc,none": NaN}}}')
    before = content(project)
    done = cardgen(project, "import", "lm-eval", good.name, "bad.json", "--card", "demo")
    assert done.returncode == 2
    assert "bad.json" in done.stderr
    assert "Traceback" not in done.stderr
    assert content(project) == before


def test_dry_run_says_and_writes_nothing(project: Path) -> None:
    path = results(project, "me/small", 0.8)
    before = content(project)
    done = cardgen(project, "import", path.name, "--card", "demo", "--dry-run")
    assert done.returncode == 0
    assert "would write cards/demo/runs/" in done.stderr
    assert content(project) == before


def test_without_a_card_the_run_is_printed(tmp_path: Path) -> None:
    done = cardgen(tmp_path, "import", str(results(tmp_path, "me/small", 0.8)))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["measurements"][0]["task"] == "arc_easy"


@pytest.mark.parametrize("what", ["cells", "records"])
def test_a_table_is_the_same_in_every_format(what: str, tmp_path: Path) -> None:
    name = "qwen2.5-vl-3b-w4a16"
    call = ("table", name, "--of", what, "--format")
    rows = list(csv.DictReader(io.StringIO(cardgen(ROOT, *call, "csv").stdout)))
    data = json.loads(cardgen(ROOT, *call, "json").stdout)
    path = tmp_path / "numbers.parquet"
    done = cardgen(ROOT, *call, "parquet", "-o", str(path))
    assert done.returncode == 0, done.stderr
    frame = pd.read_parquet(path)
    assert len(rows) == len(data) == len(frame) > 60
    for row, item, value in zip(rows, data, frame["value"], strict=True):
        assert float(row["value"]) == item["value"] == value
    markdown = cardgen(ROOT, *call, "markdown").stdout
    assert len(markdown.strip().splitlines()) == len(rows) + 2


def test_a_cell_without_a_value_has_its_reason(tmp_path: Path) -> None:
    done = cardgen(ROOT, "table", "qwen2.5-vl-3b")
    rows = {row["cell"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    row = rows["sequence_length/50/scienceqa-quality"]
    assert (row["value"], row["reason"]) == ("", "not measured")


def test_help_names_every_command_and_a_misspelt_one_gets_a_hint(tmp_path: Path) -> None:
    printed = cardgen(tmp_path, "--help").stdout
    for name in ("init", "import", "build", "explain", "table", "schema"):
        assert f"  {name} " in printed
        assert cardgen(tmp_path, name, "--help").returncode == 0
    done = cardgen(tmp_path, "bild")
    assert done.returncode == 2
    assert "'build'" in done.stderr


def test_watch_builds_again_and_ends_with_130(project: Path) -> None:
    assert cardgen(project, "build", "demo").returncode == 0
    readme, card = project / "cards/demo/README.md", project / "cards/demo/card.yaml"
    process = subprocess.Popen(
        [sys.executable, "-m", "cardgen", "build", "demo", "--watch"],
        cwd=project,
        env={**os.environ, "XDG_CACHE_HOME": str(project / ".cache")},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        while "watching" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(0.5)
        card.write_text(card.read_text("utf-8").replace("title: small-w4a16", "title: Renamed"))
        deadline = time.monotonic() + 30
        while "# Renamed" not in readme.read_text("utf-8"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    finally:
        process.kill()
        process.communicate()
