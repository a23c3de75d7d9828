"""`cardgen collectors` as a user calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from collect.environments.wheels import PYTHON, pinned, wheel

TOKEN = "HF_TOKEN"

PRINT_ENV = "import os; print(sorted(os.environ)); print(os.environ.get('HF_TOKEN'))"


@pytest.fixture
def project(links: Path, tmp_path: Path) -> Path:
    """A project with one collector of two roles, one of which may see a token."""
    folder = tmp_path / "project/collectors/own"
    (folder / "requirements").mkdir(parents=True)
    for role in ("work", "fetch"):
        lock = pinned(wheel(links, role, "1.0", scripts={f"{role}-tool": f"{role}:VERSION.title"}))
        (folder / f"requirements/{role}-cpu.txt").write_text(lock)
    (folder / "collector.toml").write_text(
        'name = "own"\nsummary = "The project\'s own."\n'
        f'[roles.work]\npython = "{PYTHON}"\ncpu = "requirements/work-cpu.txt"\n'
        'imports = ["work"]\nsize_gb = {cpu = 1.5}\n'
        f'[roles.fetch]\npython = "{PYTHON}"\ncpu = "requirements/fetch-cpu.txt"\n'
        'imports = ["fetch"]\nvariables = ["HF_TOKEN"]\n'
    )
    (tmp_path / "project/cardgen.yaml").touch()
    return tmp_path / "project"


def cardgen(project: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    head, tail = words[:1], words[1:]
    return subprocess.run(
        [sys.executable, "-m", "cardgen", "collectors", *head, "--accelerator", "cpu", *tail],
        cwd=project,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_list_install_list_remove(project: Path) -> None:
    before = cardgen(project, "list")
    assert before.returncode == 0
    assert "own (this project's): The project's own." in before.stdout
    assert "not built, about 1.5 GB" in before.stdout
    assert "serving: " in before.stdout

    installed = cardgen(project, "install", "own/work")
    assert installed.returncode == 0
    label, size, python = installed.stdout.rstrip("\n").split("\t")
    assert (label, size[-2:]) == ("own/work (cpu)", "MB")
    assert Path(python).is_file()
    assert "building own/work (cpu): 1 packages, about 1.5 GB, in " in installed.stderr

    assert "stands already" in cardgen(project, "install", "work").stderr
    assert Path(python).parts[-3][:20] in cardgen(project, "list").stdout

    removed = cardgen(project, "remove", "own/work")
    assert removed.returncode == 0
    assert f"removed {Path(python).parents[1]}, " in removed.stderr
    assert not Path(python).exists()
    assert "nothing to remove" in cardgen(project, "remove", "own").stderr


def test_what_no_lock_needs_any_more_is_unused(project: Path) -> None:
    python = Path(cardgen(project, "install", "own/work").stdout.split("\t")[2].strip())
    other = Path(cardgen(project, "install", "own/fetch").stdout.split("\t")[2].strip())
    lock = project / "collectors/own/requirements/work-cpu.txt"
    lock.write_text(lock.read_text() + "\n")
    assert "1 more that no collector needs" in cardgen(project, "list").stdout
    assert cardgen(project, "remove", "--unused").returncode == 0
    assert not python.exists()
    assert other.exists()


def test_run_is_in_the_environment_and_gives_its_exit_code(project: Path) -> None:
    code = "import sys, work; print(work.VERSION, sys.argv[1:]); sys.exit(7)"
    ran = cardgen(project, "run", "own/work", "--", "python", "-c", code, "--flag", "a b")
    assert (ran.returncode, ran.stdout) == (7, "1.0 ['--flag', 'a b']\n")
    tool = cardgen(project, "run", "fetch", "--", "fetch-tool")
    assert tool.returncode != 127
    assert "No such file" not in tool.stderr


def test_a_token_reaches_only_the_role_that_needs_it(project: Path) -> None:
    secrets = {TOKEN: "hf_secret", "AWS_SECRET_ACCESS_KEY": "secret", "PYTHONPATH": "/nowhere"}
    seen = {
        role: cardgen(project, "run", role, "--", "python", "-c", PRINT_ENV, **secrets).stdout
        for role in ("work", "fetch")
    }
    assert seen["work"].endswith("\nNone\n")
    assert seen["fetch"].endswith("\nhf_secret\n")
    assert "AWS_SECRET_ACCESS_KEY" not in seen["work"] + seen["fetch"]
    assert "PYTHONPATH" not in seen["work"] + seen["fetch"]
    given = cardgen(
        project, "run", "--env", TOKEN, "--env", "A=1", "work", "--", "python", "-c", PRINT_ENV,
        **secrets,
    )  # fmt: skip
    assert given.stdout.endswith("\nhf_secret\n")
    assert "'A'" in given.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "own", "--", "python"), "several: own/work, own/fetch"),
        (("run", "wrk", "--", "python"), "did you mean 'work'?"),
        (("install", "nothing"), "no such collector or role"),
        (("remove",), "Give a NAME, or --unused"),
        (("run", "--env", "UNSET_X", "work", "--", "python"), "UNSET_X"),
        (("run", "work", "--", "no-such-program"), "no-such-program"),
    ],
)
def test_a_wrong_call_ends_with_2_and_a_message(
    project: Path, words: tuple[str, ...], message: str
) -> None:
    ended = cardgen(project, *words)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_failed_build_ends_with_2(project: Path, links: Path) -> None:
    next(links.glob("work-*")).unlink()
    ended = cardgen(project, "install", "work")
    assert ended.returncode == 2
    assert "next:" in ended.stderr
    assert "log: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_doctor_says_what_is_missing_and_what_is_broken(project: Path) -> None:
    healthy = cardgen(project, "doctor")
    assert healthy.returncode == 0
    assert "warn  own/work: not built yet, about 1.5 GB" in healthy.stdout
    assert "next: cardgen collectors install own/work" in healthy.stdout
    for subject in ("accelerator", "uv", "package index", "disk", "compiler", "CPU energy"):
        assert f"  {subject}: " in healthy.stdout

    python = Path(cardgen(project, "install", "work").stdout.split("\t")[2].strip())
    assert "ok    own/work: imports work; " in cardgen(project, "doctor").stdout
    module = next(python.parents[1].glob("lib/*/site-packages/work.py"))
    module.unlink()
    module.write_text("raise RuntimeError('its library is gone')\n")
    broken = cardgen(project, "doctor")
    assert broken.returncode == 1
    assert "FAIL  own/work: work: RuntimeError: its library is gone" in broken.stdout
    assert cardgen(project, "doctor", "--no-imports").returncode == 0


def test_doctor_says_that_cuda_is_not_there(project: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "bin"
    nothing.mkdir()
    ended = subprocess.run(
        [sys.executable, "-m", "cardgen", "collectors", "doctor", "--accelerator", "cuda"],
        cwd=project,
        env={**os.environ, "PATH": str(nothing)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "FAIL  accelerator: cuda was asked for, and no NVIDIA driver answers" in ended.stdout
    assert "no lock for cuda" in ended.stdout
    assert "GPU energy" in ended.stdout
    assert "no g++" in ended.stdout
