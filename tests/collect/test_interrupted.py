"""Killed at any moment, in whichever process: nothing half-written, nothing left running, and the
next call goes on."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from collect.projects import Project, project, until

from cardgen.store import runs


def hanging(tmp_path: Path) -> tuple[Project, subprocess.Popen[bytes]]:
    """A call whose first job is done and whose second hangs, with a tool that has children."""
    made = project(tmp_path, repeats=1)
    made.behaves({"serving/fake-w4a16": "hang"})
    call = made.begin()
    assert until((made.root / "hanging").exists), (made.root / "stderr.txt").read_text()
    assert until(lambda: len(made.left()) >= 5)  # two supervisors, collector, tool, its child
    return made, call


def family(made: Project) -> dict[str, int]:
    """The processes of the job by what they are."""
    found: dict[str, int] = {}
    for pid in sorted(made.left()):
        words = (Path("/proc") / str(pid) / "cmdline").read_bytes().split(b"\0")
        parent = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        supervisor = any(word.endswith(b"supervise.py") for word in words)
        if supervisor:
            name = "supervisor" if b"--job" in words else "tool's supervisor"
        elif b"--job" in words:
            name = "collector"
        else:
            name = "tool's child" if parent == found.get("tool") else "tool"
        found[name] = pid
    return found


VICTIMS: dict[str, Callable[[dict[str, int], int], list[int]]] = {
    "cardgen": lambda _, call: [call],
    "supervisor": lambda job, _: [job["supervisor"]],
    "collector": lambda job, _: [job["collector"]],
    "tool": lambda job, _: [job["tool"]],
    "cardgen and the supervisor": lambda job, call: [call, job["supervisor"]],
    "cardgen and both supervisors": lambda job, call: [
        call,
        job["supervisor"],
        job["tool's supervisor"],
    ],
}


@pytest.mark.parametrize("victim", VICTIMS)
def test_killed(tmp_path: Path, victim: str) -> None:
    """SIGKILL: no process is left, finished runs are whole, the next call does the rest."""
    made, call = hanging(tmp_path)
    for pid in VICTIMS[victim](family(made), call.pid):
        os.kill(pid, signal.SIGKILL)
    if victim == "tool":
        # The collector goes on without its tool; it is the call's to be ended.
        assert until(lambda: "tool" not in family(made))
        call.send_signal(signal.SIGINT)
    call.wait(30)
    if victim != "cardgen and both supervisors":
        assert until(lambda: made.left() == []), family(made)
    for path in made.runs.glob("*.json"):
        runs.load(path)
    assert not list(made.runs.glob(".cardgen-*"))
    made.behave()
    again = made.collect()
    assert again.code == 0, again.err
    assert made.left() == []
    first = [line for line in made.calls() if line.startswith("serving fake 1 ")]
    assert len(first) == 1
    assert {m.outcome for name in made.names() for m in made.run(name).measurements} == {"measured"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and its kin: exit code 130, nothing left, what is done is kept and named."""
    made, call = hanging(tmp_path)
    call.send_signal(number)
    assert call.wait(30) == 130
    assert made.left() == []
    assert made.names() == ["serving-fake-bench-1.json"]
    said = (made.root / "stderr.txt").read_text()
    assert "interrupted: the same command goes on where this one stopped" in said
    assert "Traceback" not in said


def test_one_call_at_a_time(tmp_path: Path) -> None:
    """A second call on the card is refused at once and changes nothing."""
    made, call = hanging(tmp_path)
    try:
        second = made.collect()
        assert second.code == 2
        assert f"another at work (process {call.pid})" in second.err
        assert len(made.calls()) == 2
    finally:
        call.send_signal(signal.SIGINT)
        call.wait(30)
    assert made.left() == []
