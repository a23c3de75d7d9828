"""cardgen works from its wheel, in a clean environment and a folder that is no checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by pip from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True)
    (found,) = folder.glob("cardgen-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment that has the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("clean") / "environment"
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "-q", str(wheel)], check=True)
    return folder / "bin"


def call(commands: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`cardgen` of the clean environment, without a trace of this one."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / ".cache"),
    }
    return subprocess.run(
        [commands / "cardgen", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_templates_and_collectors_travel_inside_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("templates", "collectors"):
        found = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        caches = re.compile(r"/(?:__pycache__|\.[a-z_]+_cache)/")
        files = [path for path in found if not caches.search(path.as_posix())]
        assert files
        for path in files:
            assert f"cardgen/{folder}/{path.relative_to(ROOT / folder).as_posix()}" in names
    assert "cardgen/py.typed" in names
    assert not [name for name in names if name.startswith("tests/") or "__pycache__" in name]


def test_the_quantized_card_builds_as_it_is_committed(installed: Path, tmp_path: Path) -> None:
    name = "qwen2.5-vl-3b-w4a16"
    source, target = ROOT / "cards" / name, tmp_path / "cards" / name
    for path in ("card.yaml", "prose.en.md", "prose.ru.md", "runs/published-card.json"):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes((source / path).read_bytes())
    (tmp_path / "cardgen.yaml").write_bytes((ROOT / "cardgen.yaml").read_bytes())
    done = call(installed, tmp_path, "build", name)
    assert done.returncode == 0, done.stderr
    for readme in ("README.md", "README.ru.md"):
        assert (target / readme).read_bytes() == (source / readme).read_bytes()
    assert call(installed, tmp_path, "build", name, "--check").returncode == 0


def test_a_new_project_starts_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    done = call(installed, tmp_path, "init", "demo", "--kind", "benchmark", "--model", "a/b")
    assert done.returncode == 0, done.stderr
    assert call(installed, tmp_path, "build", "demo").returncode == 0
    assert "# b" in (tmp_path / "cards/demo/README.md").read_text("utf-8")


@pytest.mark.parametrize("subject", ["run", "card", "project"])
def test_the_schemas_are_printed(installed: Path, tmp_path: Path, subject: str) -> None:
    done = call(installed, tmp_path, "schema", subject)
    assert done.returncode == 0
    assert done.stdout.startswith("{")


def test_parquet_without_pyarrow_says_what_to_install(installed: Path, tmp_path: Path) -> None:
    call(installed, tmp_path, "init", "demo", "--kind", "benchmark", "--model", "a/b")
    done = call(installed, tmp_path, "table", "demo", "--format", "parquet")
    assert done.returncode == 2
    assert "cardgen[parquet]" in done.stderr
    assert "Traceback" not in done.stderr
