"""`cardgen collect` and `cardgen build` as a user meets them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from collect.plans import finish, full, jobs
from collect.projects import SERVING, Project, project
from samples_cards import Result, call


def build(made: Project) -> Result:
    """`cardgen build` of the card."""
    return call(made.root, "build", "fake")


def test_a_dry_run_is_a_table_and_changes_nothing(tmp_path: Path) -> None:
    """To stdout: each job, how it stands and why; no collector is called."""
    made = full(tmp_path)
    shown = made.collect("--dry-run")
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert lines[0].split() == ["job", "state", "to", "build", "took"]
    assert lines[2].split() == ["quantization-fake-w4a16", "due"]
    assert "serving-fake-w4a16-bench-1  waiting  after quantization-fake-w4a16" in shown.out
    assert lines[-1] == "9 jobs, 9 due"
    assert made.calls() == made.names() == []


def test_a_dry_run_shows_what_is_missing(tmp_path: Path) -> None:
    """Blocked, with its reason and card.yaml's key: nobody waits for a job to fail on it."""
    accuracy = {"tasks": ["piqa"], "include_path": "task"}
    shown = full(tmp_path, accuracy=accuracy).collect("--dry-run")
    assert shown.code == 0, shown.err
    row = next(line for line in shown.out.splitlines() if line.startswith("accuracy-fake "))
    reason = "task is not there; make it first, or mend measure.accuracy.include_path in card.yaml"
    assert row.split(maxsplit=2)[1:] == ["blocked", reason]
    assert shown.out.splitlines()[-1] == "9 jobs, 7 due"


def test_a_blocked_job_fails_without_a_call_and_says_what_to_mend(tmp_path: Path) -> None:
    """The record has the same reason as the dry run; the other jobs are done."""
    accuracy = {"tasks": ["piqa"], "include_path": "task", "models": "base"}
    made = full(tmp_path, accuracy=accuracy, quantization=None, repeats=1)
    found = made.collect("accuracy")
    assert found.code == 1
    assert "accuracy-fake failed: task is not there; make it first" in found.err
    assert made.calls() == []
    assert "measure.accuracy.include_path" in str(made.run("accuracy-fake.json").measurements[0])


def test_build_says_what_is_missing_until_it_is_there(tmp_path: Path) -> None:
    """How many planned measurements there are not, and the command that gets them."""
    made = project(tmp_path, repeats=1)
    made.plan(SERVING.format(repeats=1, timeout_s=60) + "  trust_remote_code: true\n")
    said = build(made).err
    assert "fake: 2 planned measurements are missing; `cardgen collect fake` measures:" in said
    assert "  serving of org/fake (Bench, 1, vLLM, chat, single-stream)" in said
    assert made.collect().code == 0
    again = build(made)
    assert again.code == 0, again.err
    assert "planned measurement" not in again.err
    card = (made.root / "cards/fake/README.md").read_text()
    assert "python -c 'print('\"'\"'a step ran'\"'\"')'" in card
    assert "As executed: this is what ran." in card
    assert "a note for the reader" in card
    assert "Code from the models' repositories was executed (trust_remote_code)." in card


def test_a_failed_measurement_is_still_missing(tmp_path: Path) -> None:
    """A failed record tells why; the plan is not fulfilled by it."""
    made = project(tmp_path, repeats=1)
    made.behave(serving="crash")
    assert made.collect().code == 1
    assert "2 planned measurements are missing" in build(made).err


@pytest.mark.parametrize("before", ["never made", "lost"])
def test_without_its_quantized_model_a_job_is_skipped(tmp_path: Path, before: str) -> None:
    """A failed quantization leaves skipped records that say so; the base model's jobs are done.
    One whose checkpoint was lost is tried again, as others need it."""
    made = full(tmp_path, repeats=1, accuracy=None)
    made.behave(quantization="crash", serving="echo")
    if before == "lost":
        finish(jobs(made)[0])
    done = made.collect("serving")
    assert done.code == 1
    assert made.run("serving-fake-bench-1.json").measurements[0].outcome == "measured"
    (other,) = made.run("serving-fake-w4a16-bench-1.json").measurements
    assert other.outcome == "skipped"
    assert "quantization-fake-w4a16 did not succeed: the collector" in str(other.reason)


def test_a_checkpoint_that_went_after_the_plan_is_told_with_what_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job that needs it says which job to run again."""
    made = full(tmp_path, repeats=1, accuracy=None)
    made.behave(serving="echo")
    finish(jobs(made)[0])
    monkeypatch.setattr("cardgen.collect.planning.is_there", lambda _: True)
    assert made.collect("serving").code == 1
    (failed,) = made.run("serving-fake-w4a16-bench-1.json").measurements
    assert failed.reason == (
        "no checkpoint in models/fake-w4a16, though quantization-fake-w4a16 is done; "
        "`cardgen collect fake --force --only quantization-fake-w4a16` makes it"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--python", "measure"], "--python takes ROLE=PATH"),
        (["--python", "measure=/no/such"], "an interpreter: a file that can be executed"),
        (["--python", "nobody=/bin/sh"], "one of the roles measure"),
        (["--target", "localhost:8000"], "--target takes a URL"),
        (["--target", "http://localhost:8000"], "a kind that a running server can be measured for"),
        (["--only", "x*"], "none among: serving-fake-bench-1"),
        (["--plan", "quick"], "found:    'quick'"),
        (["accurracy"], "'accurracy' is not one of"),
        (["--repeats", "0"], "0 is not in the range"),
    ],
)
def test_bad_calls(tmp_path: Path, arguments: list[str], said: str) -> None:
    """Exit code 2, the words to mend it, nothing done."""
    made = project(tmp_path)
    done = made.collect(*arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert made.calls() == []


def test_a_card_without_a_plan(tmp_path: Path) -> None:
    """What to add, and what else there is."""
    made = project(tmp_path)
    made.plan("")
    done = made.collect()
    assert done.code == 2
    assert "a section `measure`: what is to be measured" in done.err
    assert "cardgen import" in done.err


def test_progress_is_plain_lines_where_nobody_watches(tmp_path: Path) -> None:
    """Job, stages and notes; no escape codes; stdout has nothing but the run files."""
    done = project(tmp_path, repeats=1).collect("--only", "serving-fake-bench-1")
    assert done.out == "cards/fake/runs/serving-fake-bench-1.json\n"
    assert "\x1b" not in done.err
    assert (
        done.err.splitlines()
        == [
            "[1/1] serving-fake-bench-1",
            "  warming up",
            "  requests",
            "  note: a note for the reader",
            "  done in 0 s",
            "1 of 1 job done",
        ]
        or "done in 1 s" in done.err
    )


def test_progress_moves_where_somebody_watches(tmp_path: Path) -> None:
    """On a terminal a live line; what goes to stdout stays clean."""
    import os
    import pty

    made = project(tmp_path, repeats=1)
    from collect.projects import command

    master, terminal = pty.openpty()
    with subprocess.Popen(
        command("--only", "serving-fake-bench-1"),
        cwd=made.root,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    ) as running:
        os.close(terminal)
        seen = b""
        try:
            while chunk := os.read(master, 65536):
                seen += chunk
        except OSError:
            pass  # the other end is closed
        assert running.stdout is not None
        assert running.stdout.read() == b"cards/fake/runs/serving-fake-bench-1.json\n"
    os.close(master)
    assert running.returncode == 0
    assert b"1/1 serving-fake-bench-1: requests" in seen
    assert b"\x1b[" in seen
    # A stage without a known end has a clock alone.
    plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", seen).decode()
    assert "/?" not in plain
    lines = [line for line in re.split(r"[\r\n]+", plain) if "bench-1: " in line]
    starting = [line for line in lines if "bench-1: starting" in line]
    assert starting
    assert all(re.search(r"starting 0:00:0\d *$", line) for line in starting)
    assert any(re.search(r"bench-1: requests 0:00:0\d .*\d/\d", line) for line in lines)
