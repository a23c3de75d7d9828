"""An environment is built once, from its lock alone, and counts when it is whole."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from collect.environments.wheels import pinned, role, slow_source, wheel

from cardgen.collect import environments, installation
from cardgen.errors import CollectorError, InstallationError

ENSURE = """
import sys
from pathlib import Path
from collect.environments.wheels import role
from cardgen.collect import environments
lock = Path(sys.argv[1])
asked = role(lock.parent, lock.read_text())
found = environments.ensure(asked, "cpu", lambda line: print("told", line, flush=True))
print("python", found.python, flush=True)
"""
WAIT_S = 20


def call(lock: Path) -> subprocess.Popen[str]:
    """Another cardgen that wants the environment of this lock."""
    return subprocess.Popen(
        [sys.executable, "-c", ENSURE, str(lock)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        text=True,
    )


def until(condition: Callable[[], object]) -> None:
    ending = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < ending, "did not happen in time"
        time.sleep(0.02)


def says(python: Path, code: str) -> str:
    return subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_it_holds_what_the_lock_lists_and_nothing_else(links: Path, tmp_path: Path) -> None:
    one, two = wheel(links, "one", "1.0"), wheel(links, "two", "2.0")
    wheel(links, "three", "3.0")
    told: list[str] = []
    asked = role(tmp_path, pinned(one) + pinned(two))
    before = environments.describe(asked, "cpu")
    found = environments.ensure(asked, "cpu", told.append)
    listed = says(
        found.python,
        "import importlib.metadata as m;print(sorted(d.name for d in m.distributions()))",
    )
    assert listed == "['one', 'two']"
    assert says(found.python, "import one; print(one.VERSION)") == "1.0"
    assert (before.built, found.built) == (False, True)
    assert (before.python, before.lock_sha256) == (found.python, found.lock_sha256)
    assert found.size_bytes
    assert found.folder
    assert found.size_bytes <= environments.size_of(found.folder)
    assert told[0].startswith("building made/work (cpu): 2 packages, in ")
    assert str(found.folder) in told[0]
    assert told[-1].startswith("built made/work (cpu) in ")
    assert told[-1].endswith("MB")


def test_the_second_call_builds_nothing(links: Path, tmp_path: Path) -> None:
    asked = role(tmp_path, pinned(wheel(links, "one", "1.0")))
    first = environments.ensure(asked, "cpu")
    told: list[str] = []
    assert environments.ensure(asked, "cpu", told.append) == first
    assert told == []


def test_the_same_lock_is_one_environment_and_another_lock_is_another(
    links: Path, tmp_path: Path
) -> None:
    lock = pinned(wheel(links, "one", "1.0"))
    here = environments.describe(role(tmp_path / "a", lock, name="here"), "cpu")
    there = environments.describe(role(tmp_path / "b", lock, name="there"), "cpu")
    other = environments.describe(role(tmp_path / "c", lock + "\n"), "cpu")
    python = environments.describe(role(tmp_path / "d", lock, python="3.12"), "cpu")
    assert here.python == there.python
    assert len({here.python, other.python, python.python}) == 3


def test_programs_of_packages_work_at_the_final_place(links: Path, tmp_path: Path) -> None:
    made = wheel(
        links,
        "tool",
        "1.0",
        extra={"tool_main.py": "def main():\n    print('works')\n"},
        scripts={"tool": "tool_main:main"},
    )
    found = environments.ensure(role(tmp_path, pinned(made)), "cpu")
    script = found.python.with_name("tool")
    assert subprocess.check_output([script], text=True) == "works\n"


def test_a_local_build_of_the_pinned_version_is_not_taken(links: Path, tmp_path: Path) -> None:
    """A folder of wheels with torch 2.13.0+cpu must not stop a lock of torch 2.13.0."""
    wanted = wheel(links, "one", "1.0")
    wheel(links, "one", "1.0+cpu")
    found = environments.ensure(role(tmp_path, pinned(wanted)), "cpu")
    assert says(found.python, "import one; print(one.VERSION)") == "1.0"


def test_an_environment_whose_interpreter_went_away_is_built_again(
    links: Path, tmp_path: Path
) -> None:
    asked = role(tmp_path, pinned(wheel(links, "one", "1.0")))
    found = environments.ensure(asked, "cpu")
    found.python.unlink()
    found.python.symlink_to("/nowhere/python")
    assert not environments.describe(asked, "cpu").built
    assert says(environments.ensure(asked, "cpu").python, "import one; print(1)") == "1"


@pytest.mark.usefixtures("links")
def test_no_lock_for_the_accelerator(tmp_path: Path) -> None:
    with pytest.raises(CollectorError) as caught:
        environments.describe(role(tmp_path, ""), "cuda")
    assert "made/work" in str(caught.value)
    assert "one for cpu only" in str(caught.value)


def test_packages_that_come_as_source_are_built_with_what_is_pinned(
    links: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    source = slow_source(links, "slow", "1.0", gate=gate, requires="maker")
    (tmp_path / "gate.open").touch()
    pinned_maker = pinned(wheel(links, "maker", "1.0"))
    wheel(links, "maker", "2.0")
    lock = pinned(source)
    asked = role(tmp_path, lock)
    (tmp_path / "build.txt").write_text(pinned_maker.replace("sha256:", "sha256:0")[:-2] + "\n")
    assert "the index serves other files" in refused(tmp_path, lock)
    (tmp_path / "build.txt").write_text(pinned_maker)
    environments.ensure(asked, "cpu")
    assert gate.read_text().split()[1:] == ["1.0"]


# Failures: what the reader is told, and what is left.


def test_wrong_hash(links: Path, tmp_path: Path) -> None:
    message = refused(tmp_path, pinned(wheel(links, "one", "1.0"), digest="0" * 64))
    assert "the index serves other files than the lock was made from" in message


def test_package_that_no_index_has(links: Path, tmp_path: Path) -> None:
    made = wheel(links, "one", "1.0")
    lock = pinned(made)
    made.unlink()
    assert "the package index lacks it" in refused(tmp_path, lock)


def test_wheel_of_another_platform(links: Path, tmp_path: Path) -> None:
    made = wheel(links, "one", "1.0", tag="cp311-cp311-win_amd64")
    assert "the lock is for another platform" in refused(tmp_path, pinned(made))


@pytest.mark.usefixtures("links")
def test_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_NO_INDEX")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{closed.getsockname()[1]}/simple")
        message = refused(tmp_path, "one==1.0 --hash=sha256:" + "0" * 64 + "\n")
    assert "check the network" in message


def test_no_such_python(links: Path, tmp_path: Path) -> None:
    made = wheel(links, "one", "1.0")
    assert "install Python 3.99" in refused(tmp_path, pinned(made), python="3.99")


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ("error: failed to copy file\n  Caused by: No space left on device (os error 28)", "space"),
        ("error: Disk quota exceeded (os error 122)", "free space"),
        ("error: Failed to fetch: `http://x/a/`\n  cause: dns error", "network"),
        ("error: Permission denied (os error 13)", "permissions"),
        ("error: something new", "read the log"),
    ],
)
def test_other_complaints(said: str, step: str) -> None:
    assert step in installation.next_step(said, python="3.11")


def refused(folder: Path, lock: str, **more: str) -> str:
    """Fail to build: nothing counts afterwards, the log has uv's words; the message."""
    asked = role(folder, lock, **more)
    with pytest.raises(InstallationError) as caught:
        environments.ensure(asked, "cpu")
    found = environments.describe(asked, "cpu")
    assert not found.built
    assert environments.stored() == []
    assert found.folder
    log = found.folder.parent / "logs" / f"{found.folder.name}.log"
    message = str(caught.value)
    assert "the environment of made/work (cpu)" in message
    assert str(log) in message
    assert "error" in log.read_text()
    return message


def test_after_a_failure_the_next_call_builds(links: Path, tmp_path: Path) -> None:
    made = wheel(links, "one", "1.0")
    away = made.rename(tmp_path / made.name)
    asked = role(tmp_path, pinned(away))
    with pytest.raises(InstallationError):
        environments.ensure(asked, "cpu")
    away.rename(made)
    found = environments.ensure(asked, "cpu")
    assert found.built
    assert found.folder
    assert list((found.folder.parent / "logs").iterdir()) == []


# Interruptions, and several processes at once.


def slow(links: Path, folder: Path) -> tuple[Path, Path, Path]:
    """A lock whose installation waits; the file that shows that it has begun, the one it awaits."""
    gate = folder / "gate"
    lock = folder / "work-cpu.txt"
    lock.write_text(pinned(slow_source(links, "slow", "1.0", gate=gate)))
    return lock, gate, folder / "gate.open"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_build_leaves_nothing_that_counts_and_no_process(
    links: Path, tmp_path: Path, number: signal.Signals
) -> None:
    lock, gate, opened = slow(links, tmp_path)
    asked = role(tmp_path, lock.read_text())
    with call(lock) as builder:
        until(lambda: gate.exists() and gate.read_text())
        builder.send_signal(number)
        builder.wait(WAIT_S)
        if builder.stdout:
            builder.stdout.read()
    building = int(gate.read_text())
    until(lambda: not Path(f"/proc/{building}").exists())
    assert not environments.describe(asked, "cpu").built
    assert not any(left.complete for left in environments.stored())
    opened.touch()
    found = environments.ensure(asked, "cpu")
    assert says(found.python, "import slow; print(slow.VERSION)") == "1.0"
    assert [left.folder for left in environments.stored()] == [found.folder]


def test_two_processes_that_want_the_same_build_it_once(links: Path, tmp_path: Path) -> None:
    lock, gate, opened = slow(links, tmp_path)
    with call(lock) as first:
        until(gate.exists)
        with call(lock) as second:
            assert second.stdout
            waiting = second.stdout.readline()
            opened.touch()
            rest = second.stdout.read()
        assert first.stdout
        built = first.stdout.read()
    assert waiting == "told waiting for another process that builds made/work (cpu)\n"
    assert "told building" in built
    assert "told building" not in rest
    assert built.splitlines()[-1] == rest.splitlines()[-1]


# What stands on the disk.


def test_removed_is_removed_and_can_be_built_again(links: Path, tmp_path: Path) -> None:
    asked = role(tmp_path, pinned(wheel(links, "one", "1.0")))
    found = environments.ensure(asked, "cpu")
    assert found.folder
    assert environments.remove(found.folder)
    assert not found.folder.exists()
    assert environments.stored() == []
    assert environments.ensure(asked, "cpu").built


def test_what_is_being_built_is_not_removed(links: Path, tmp_path: Path) -> None:
    lock, gate, opened = slow(links, tmp_path)
    with call(lock) as builder:
        until(gate.exists)
        (unfinished,) = environments.stored()
        assert not unfinished.complete
        assert not environments.remove(unfinished.folder)
        opened.touch()
        assert builder.wait(WAIT_S) == 0
        if builder.stdout:
            builder.stdout.read()
    assert environments.describe(role(tmp_path, lock.read_text()), "cpu").built


def test_packages_that_matter_are_read_from_the_lock(tmp_path: Path) -> None:
    lock = "torch==2.13.0 \\\n    --hash=sha256:00\nsix==1.0\nLM_Eval[api]==0.4.13 ; x\n"
    found = environments.describe(role(tmp_path, lock), "cpu")
    assert found.packages == {"torch": "2.13.0", "lm-eval": "0.4.13"}
