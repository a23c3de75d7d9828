"""Builds as processes: the same bytes every time, and no half file however they end."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from samples_built import built_copy
from samples_cards import process, start

from cardgen.build import seal


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project of the test's own."""
    return built_copy(tmp_path, monkeypatch)


def generated(root: Path) -> dict[str, bytes]:
    """Every generated file."""
    found = [*root.glob("cards/*/README*"), *root.glob("cards/*/plots/*")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(found)}


def cleared(root: Path) -> None:
    """The project without its generated files."""
    for path in root.glob("cards/*/README*"):
        path.unlink()
    for path in root.glob("cards/*/plots"):
        shutil.rmtree(path)


def test_the_same_bytes_every_time(project: Path) -> None:
    """Another hash seed, working folder, time zone, locale: not one byte differs."""
    expected = generated(project)
    assert expected
    for seed, folder, zone, locale in (
        ("0", project, "UTC", "C"),
        ("4711", project / "cards/first/runs", "Asia/Tokyo", "ru_RU.UTF-8"),
    ):
        cleared(project)
        environment = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "LANG": locale}
        built = process(folder, "build", "--all", environment=environment)
        assert built.code == 0, built.err
        assert generated(project) == expected


def test_a_copy_elsewhere_is_the_same(project: Path, tmp_path: Path) -> None:
    """No path of the machine is in what is generated."""
    expected = generated(project)
    other = tmp_path / "another place"
    shutil.copytree(project, other)
    cleared(other)
    assert process(other, "build", "--all").code == 0
    assert generated(other) == expected
    assert not any(str(tmp_path).encode() in data for data in expected.values())


@pytest.mark.parametrize("delay_s", [0.3, 0.6, 0.9, 1.2])
def test_a_killed_build_leaves_no_half_file(project: Path, delay_s: float) -> None:
    """SIGKILL at any moment: each file is whole or not there, and the next build mends all."""
    expected = generated(project)
    cleared(project)
    with start(project, "build", "--all") as started:
        time.sleep(delay_s)
        started.kill()
        started.communicate(timeout=60)
    for name, data in generated(project).items():
        assert data == expected[name]
        if "README" in name:
            assert seal.verdict(data) == "ours"
    assert process(project, "build", "--all").code == 0
    assert generated(project) == expected


def test_an_interrupted_build_exits_130(project: Path) -> None:
    """Ctrl-C: no traceback, exit code 130, every file whole."""
    second = project / "cards/second/README.md"
    text = second.read_bytes()
    cleared(project)
    for number in range(60):
        shutil.copytree(project / "cards/second", project / f"cards/card-{number:02}")
    with start(project, "build", "--all") as started:
        deadline = time.monotonic() + 60
        while not (project / "cards/card-00/README.md").exists():
            assert started.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.001)
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
    assert started.returncode == 130, err.decode()
    assert out == b""
    assert b"Traceback" not in err
    assert b"interrupted" in err
    made = list(project.glob("cards/card-*/README.md"))
    assert 0 < len(made) < 60
    assert all(path.read_bytes() == text for path in made)
    assert not second.exists()


def test_a_reader_that_goes_away_is_no_error(project: Path) -> None:
    """`build --check | head -1` ends quietly."""
    for path in project.glob("cards/*/README*"):
        path.write_bytes(b"".join(b"line %d\n" % number for number in range(40_000)))
    with start(project, "build", "--all", "--check") as started:
        assert started.stdout is not None
        assert started.stdout.readline().startswith(b"--- cards/first/README.md")
        started.stdout.close()
        assert started.stderr is not None
        err = started.stderr.read()
        started.wait(timeout=60)
    assert b"Traceback" not in err
    assert b"Exception" not in err
    assert started.returncode in (0, 1, -signal.SIGPIPE, 128 + signal.SIGPIPE)


def test_the_diff_is_utf_8_whatever_the_locale(project: Path) -> None:
    """A Russian diff on a terminal of another encoding is no crash."""
    path = project / "cards/first/README.ru.md"
    path.write_text(path.read_text(encoding="utf-8").replace("# Tiny", "# Ж"), "utf-8")
    checked = process(
        project, "build", "first", "--check", environment={"LC_ALL": "C", "PYTHONUTF8": "0"}
    )
    assert checked.code == 1
    assert "Traceback" not in checked.err


def test_no_warning_of_ours(project: Path) -> None:
    """With warnings as errors a build of everything works, drawing included."""
    cleared(project)
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-m", "cardgen", "build", "--all"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert "Warning" not in finished.stderr
