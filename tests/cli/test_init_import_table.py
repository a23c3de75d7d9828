"""`cardgen init`, `table` and `schema` as a user types them: real processes."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from cardgen.spec.load import load_project

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


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own, outside every project: also outside the repository."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def cardgen(folder: Path, *arguments: str, text: bool = True) -> subprocess.CompletedProcess[str]:
    """One call of the command line."""
    return subprocess.run(
        [sys.executable, "-m", "cardgen", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=text,
        check=False,
    )


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a project."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one new card."""
    done = cardgen(tmp_path, *INIT)
    assert done.returncode == 0, done.stderr
    return tmp_path


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
        (("init", "x", "--kind", "benchmark", "--model", "a/b", "--lang", "de"), "one of en, ru"),
        (("init", "x", "--kind", "benchmark", "--model", "a b|<x>"), "organisation/name"),
        (("init", "x", "--kind", "benchmark", "--model", "a/b/c"), "organisation/name"),
        (("init", "x", "--kind", "benchmark", "--model", "/data/model"), "organisation/name"),
        (("init", "x", "--kind", "benchmark", "--model", "a/модель"), "organisation/name"),
        ((*INIT[:1], "x", *INIT[2:-1], "me small"), "--base-model"),
        (("init", "x" * 101, *INIT[2:]), "at most 100 characters"),
        (("init", "x" * 300, *INIT[2:]), "found:    300 characters"),
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


def test_the_longest_name_is_a_card(tmp_path: Path) -> None:
    name = "x" * 100
    assert cardgen(tmp_path, "init", name, *INIT[2:]).returncode == 0
    assert cardgen(tmp_path, "build", name).returncode == 0


def test_where_no_folder_can_be_made_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "cards").write_text("no folder")
    done = cardgen(tmp_path, *INIT)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Not a directory" in done.stderr
    assert set(content(tmp_path)) == {"cards"}


def test_a_language_of_the_projects_own_catalog_is_taken(project: Path) -> None:
    locale = project / "templates/locale"
    locale.mkdir(parents=True)
    header = (ROOT / "templates/locale/ru.po").read_text("utf-8").partition("\n\n")[0]
    (locale / "de.po").write_text(header + "\n", "utf-8")
    done = cardgen(project, "init", "x", *INIT[2:], "--lang", "de")
    assert done.returncode == 0, done.stderr
    other = cardgen(project, "init", "y", *INIT[2:], "--lang", "fr")
    assert other.returncode == 2
    assert "one of en, de, ru" in other.stderr


def test_the_price_example_of_a_new_project_can_be_uncommented(project: Path) -> None:
    """As written it is all defaults; without its '# ' it is a valid price list."""
    path = project / "cardgen.yaml"
    first, *example = path.read_text("utf-8").splitlines()
    assert all(line.startswith("#") for line in (first, *example))
    path.write_text("\n".join([first, *(line.removeprefix("# ") for line in example)]) + "\n")
    prices = load_project(path).prices
    assert [(price.hardware, price.usd_per_gpu_hour) for price in prices] == [("A100", 1.79)]
    assert cardgen(project, "build", "demo").returncode == 0


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
    cells = {cell.strip() for line in markdown.splitlines() for cell in line.split("|")}
    assert not cells & {"nan", "None", "<NA>"}


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("x.csv", b"cell,value"),
        ("x.JSON", b"[\n"),
        ("x.md", b"| cell"),
        ("x.parquet", b"PAR1"),
        ("x", b"cell,value"),
    ],
)
def test_the_ending_of_the_file_says_the_format(name: str, start: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    done = cardgen(ROOT, "table", "qwen2.5-vl-3b-w4a16", "-o", str(path))
    assert done.returncode == 0, done.stderr
    assert path.read_bytes().startswith(start)


def test_a_given_format_goes_before_the_ending(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    call = ("table", "qwen2.5-vl-3b-w4a16", "-o", str(path))
    assert cardgen(ROOT, *call, "--format", "json").returncode == 0
    assert path.read_bytes().startswith(b"[\n")
    path.unlink()
    done = cardgen(ROOT, *call)
    assert done.returncode == 2
    assert "give --format" in done.stderr
    assert not path.exists()


def test_a_table_makes_no_folders(tmp_path: Path) -> None:
    done = cardgen(ROOT, "table", "qwen2.5-vl-3b-w4a16", "-o", str(tmp_path / "no/where/x.csv"))
    assert done.returncode == 2
    assert f"no folder {tmp_path / 'no/where'}" in done.stderr
    assert list(tmp_path.glob("no")) == []


def test_all_and_a_name_are_not_both_taken(project: Path) -> None:
    done = cardgen(project, "build", "--all", "demo")
    assert done.returncode == 2
    assert "Both --all and 'demo' were given" in done.stderr


def test_a_check_says_what_was_edited_by_hand_and_what_to_do(project: Path) -> None:
    """What a build would refuse to replace is not called stale."""
    assert cardgen(project, "build", "demo").returncode == 0
    readme = project / "cards/demo/README.md"
    readme.write_text(readme.read_text("utf-8").replace("not measured", "great"), "utf-8")
    before = content(project)
    done = cardgen(project, "build", "--check", "demo")
    assert done.returncode == 1
    assert "cards/demo/README.md: edited by hand\n" in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("1 of 1 card stale; 1 file edited by hand")
    assert "prose.*.md" in last
    assert "--overwrite" in last
    assert cardgen(project, "build", "demo").returncode == 2
    assert content(project) == before
    assert cardgen(project, "build", "demo", "--overwrite").returncode == 0
    assert cardgen(project, "build", "--check", "demo").returncode == 0


def test_one_card_is_said_in_the_singular(project: Path) -> None:
    assert cardgen(project, "build", "--all").returncode == 0
    card = project / "cards/demo/card.yaml"
    card.write_text(card.read_text("utf-8").replace("title: small-w4a16", "title: Renamed"))
    done = cardgen(project, "build", "--all", "--check")
    assert done.stderr.splitlines()[-1] == "1 of 1 card stale; run `cardgen build`"


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
