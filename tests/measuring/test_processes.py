"""Programs end with whoever started them, and see only what they are meant to see."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cardgen.measuring import processes
from cardgen.measuring.processes import Supervised

ENV = processes.environment()
FOREVER = "import time; time.sleep(300)"
FAMILY = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
print("ready", flush=True)
time.sleep(300)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def marked(mark: str) -> list[int]:
    """The processes whose environment holds the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize(
    ("code", "expected", "told"),
    [
        ("raise SystemExit(0)", 0, "ended with exit code 0"),
        ("raise SystemExit(3)", 3, "ended with exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", 137, "was ended by SIGKILL"),
        ("import os; os.abort()", 134, "was ended by SIGABRT"),
    ],
)
def test_exit_codes_are_those_of_a_shell(
    tmp_path: Path, code: str, expected: int, told: str
) -> None:
    """The program's own code, or 128 and the signal that ended it."""
    finished = processes.run(python(code), env=ENV, cwd=tmp_path, log=tmp_path / "log")
    assert finished.exit_code == expected
    assert finished.told() == told
    assert finished.ok == (expected == 0)


@pytest.mark.parametrize(("name", "code"), [("no-such-program", 127), ("log", 126)])
def test_a_program_that_cannot_start(tmp_path: Path, name: str, code: int) -> None:
    """Told as a shell tells it, with the reason in the log."""
    (tmp_path / "log").touch()
    argv = [str(tmp_path / name)]
    finished = processes.run(argv, env=ENV, cwd=tmp_path, log=tmp_path / "log")
    assert finished.exit_code == code
    assert finished.told() == f"could not be started (exit code {code})"
    assert "cannot start" in (tmp_path / "log").read_text()


def test_output_goes_to_the_log_and_is_added(tmp_path: Path) -> None:
    """stdout and stderr in one file; a second program adds to it."""
    for word in ("one", "two"):
        code = f"import sys; print('{word}'); print('{word}!', file=sys.stderr)"
        processes.run(python(code), env=ENV, cwd=tmp_path, log=tmp_path / "log")
    assert (tmp_path / "log").read_text().split() == ["one", "one!", "two", "two!"]


def test_a_time_out_ends_the_whole_family(tmp_path: Path) -> None:
    """Children in sessions of their own too."""
    env = processes.environment({"MARK": str(tmp_path)})
    log = tmp_path / "log"
    finished = processes.run(python(FAMILY), env=env, cwd=tmp_path, log=log, timeout_s=0.7)
    assert finished.timed_out
    assert log.read_text().count("ready") == 3
    assert marked(f"MARK={tmp_path}") == []


def test_a_deaf_program_is_killed_after_the_grace(tmp_path: Path) -> None:
    """Who ignores SIGINT gets SIGKILL."""
    deaf = (
        "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        "print('ready', flush=True); time.sleep(300)"
    )
    with (tmp_path / "log").open("wb") as log:
        process = Supervised(python(deaf), env=ENV, cwd=tmp_path, output=log, grace_s=0.3)
    assert until(lambda: (tmp_path / "log").read_text() != "")
    began = time.monotonic()
    assert process.end() == 137
    assert 0.3 <= time.monotonic() - began < 5


def test_interrupted_programs_may_tidy_up(tmp_path: Path) -> None:
    """SIGINT comes first, also where the starter itself ignores it."""
    tidy = (
        "import time\nprint('ready', flush=True)\ntry: time.sleep(300)\n"
        "except KeyboardInterrupt: print('tidied'); raise SystemExit(5)"
    )
    log = tmp_path / "log"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with log.open("wb") as output:
            process = Supervised(python(tidy), env=ENV, cwd=tmp_path, output=output)
        assert until(lambda: log.read_text() != "")
        assert process.end() == 5
    finally:
        signal.signal(signal.SIGINT, before)
    assert log.read_text().split() == ["ready", "tidied"]


@pytest.mark.parametrize("victim", ["starter", "supervisor"])
def test_nothing_outlives_a_killed_parent(tmp_path: Path, victim: str) -> None:
    """SIGKILL of who started it, or of its supervisor: the program ends."""
    env = {**os.environ, "MARK": str(tmp_path)}
    starter = (
        "from pathlib import Path; import sys, time, os\n"
        "from cardgen.measuring.processes import Supervised\n"
        f"argv = [sys.executable, '-c', {FOREVER!r}]\n"
        "p = Supervised(argv, env=dict(os.environ), cwd=Path('.'))\n"
        "print(p.process.pid, flush=True); time.sleep(300)"
    )
    with subprocess.Popen(python(starter), env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        supervisor = int(process.stdout.readline())
        mark = f"MARK={tmp_path}"
        assert until(lambda: len(marked(mark)) == 3)
        os.kill(process.pid if victim == "starter" else supervisor, signal.SIGKILL)
        left = set() if victim == "starter" else {process.pid}
        assert until(lambda: set(marked(mark)) == left)
        process.kill()


def test_marked_processes_are_found_and_ended(tmp_path: Path) -> None:
    """By a variable of their environment; never this process."""
    env = {**os.environ, "MARK": str(tmp_path)}
    with subprocess.Popen(python(FOREVER), env=env) as process:
        assert until(lambda: marked(f"MARK={tmp_path}") == [process.pid])
        assert processes.end_marked("MARK", f"{tmp_path}/other") == 0
        assert processes.end_marked("MARK", str(tmp_path)) == 1
        assert process.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("name", "value", "passes"),
    [
        ("PATH", "/bin", True),
        ("HF_HOME", "/data", True),
        ("CUDA_VISIBLE_DEVICES", "0", True),
        ("LC_ALL", "C", True),
        ("https_proxy", "http://proxy:3128", True),
        ("https_proxy", "http://user:secret@proxy:3128", False),
        ("PYTHONPATH", "/src", False),
        ("PYTHONSTARTUP", "/x.py", False),
        ("HF_TOKEN", "hf_x", False),
        ("AWS_SECRET_ACCESS_KEY", "x", False),
        ("LD_PRELOAD", "/x.so", False),
    ],
)
def test_what_a_program_sees(name: str, value: str, passes: bool) -> None:
    """An allow-list; what is named besides is granted."""
    assert (name in processes.environment(source={name: value})) == passes
    assert processes.environment(source={name: value}, also=[name])[name] == value
