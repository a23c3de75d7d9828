"""Every way a collector can end, told apart: what is kept, what is said, what exit code comes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from collect.projects import Project, project


class Ending(NamedTuple):
    """A behaviour of the collector, and the reason that its failed record must give."""

    behaviour: str
    reason: str


FAILING = (
    Ending("crash", "the collector ended with exit code 1: RuntimeError: the harness fell over; "),
    Ending("failed", "the load generator ended with exit code 1: boom; "),
    Ending(
        "nan", "the collector ended with exit code 1: error: ServingMeasurement: latency_s.value: "
    ),
    Ending("raw-nan", "the collector's result is not valid: result.json:"),
    Ending("garbage", "the collector's result is not valid: result.json:1:1: /provenance"),
    Ending("nothing", "the collector wrote no result; "),
    Ending("killed", "the collector was ended by SIGKILL; "),
)
GOOD = ("noisy", "leak")


class Told(NamedTuple):
    """The project after one call that met every ending, and what the call said."""

    project: Project
    code: int
    written: list[str]
    said: str


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One call in which every repeat of the base model's job ends in another way."""
    endings = [*(ending.behaviour for ending in FAILING), *GOOD]
    made = project(tmp_path_factory.mktemp("endings"), repeats=len(endings))
    made.behaves({f"serving/fake/{n}": name for n, name in enumerate(endings, start=1)})
    done = made.collect("--only", "serving-fake-bench-*")
    return Told(made, done.code, done.out.splitlines(), done.err)


@pytest.mark.parametrize(("number", "ending"), list(enumerate(FAILING, start=1)))
def test_a_failure_becomes_a_record_with_reason_and_log(
    told: Told, number: int, ending: Ending
) -> None:
    """The record says why and where the log is; the log is there; the call said so too."""
    run = told.project.run(f"serving-fake-bench-{number}.json")
    (measurement,) = run.measurements
    assert measurement.outcome == "failed"
    assert measurement.reason is not None
    assert ending.reason in measurement.reason
    log = measurement.reason.rsplit("log: ", 1)[1]
    assert (told.project.root / log).is_file()
    assert str(told.project.root) not in measurement.reason
    assert run.provenance.job is None
    assert f"serving-fake-bench-{number} failed: " in told.said


@pytest.mark.parametrize("number", [len(FAILING) + 1, len(FAILING) + 2])
def test_noise_and_leaked_processes_spoil_nothing(told: Told, number: int) -> None:
    """Bytes on stdout and stderr stay in the log; what a collector leaves running is ended."""
    run = told.project.run(f"serving-fake-bench-{number}.json")
    assert [m.outcome for m in run.measurements] == ["measured"]
    assert run.provenance.job is not None
    assert told.project.left() == []


def test_the_other_jobs_are_done_and_the_exit_code_is_1(told: Told) -> None:
    """Every job was called; all files are printed, one a line; the last line counts."""
    assert told.code == 1
    assert len(told.project.calls()) == len(FAILING) + len(GOOD)
    assert sorted(told.written) == [f"cards/fake/runs/{name}" for name in told.project.names()]
    assert told.said.splitlines()[-1] == f"2 of 9 jobs done, {len(FAILING)} failed"


def test_failed_jobs_are_tried_again_and_finished_ones_are_not(told: Told) -> None:
    """What failed is due the next time; its record gives way to the measurement."""
    told.project.behave()
    before = len(told.project.calls())
    again = told.project.collect("--only", "serving-fake-bench-[12]")
    assert again.code == 0, again.err
    assert len(told.project.calls()) - before == 2
    done = told.project.collect("--only", "serving-fake-bench-[1289]")
    assert (done.code, done.out) == (0, "")
    assert "all 4 jobs done" in done.err
    assert len(told.project.calls()) - before == 2


def test_a_run_records_what_was_executed(told: Told) -> None:
    """Steps by role with their exit codes, the role's software, the machine, the job's key."""
    provenance = told.project.run("serving-fake-bench-8.json").provenance
    assert provenance.origin == "measured"
    assert (provenance.collector, provenance.tool.name) == ("fake-serving", "fake")
    (step,) = provenance.steps
    assert (step.role, step.exit_code) == ("measure", 0)
    assert step.command == ("python", "-c", "print('a step ran')")
    assert provenance.machine is not None
    assert provenance.machine.cpu_cores is not None
    assert provenance.notes == ("a note for the reader",)
    assert provenance.started_at is not None
    assert provenance.ended_at is not None


def test_a_job_that_runs_out_of_time(tmp_path: Path) -> None:
    """A collector that hangs is ended with its tool; the reason says how long it had."""
    made = project(tmp_path, repeats=1, timeout_s=2)
    made.behave(serving="hang")
    done = made.collect("--only", "serving-fake-bench-1")
    assert done.code == 1
    (measurement,) = made.run("serving-fake-bench-1.json").measurements
    assert str(measurement.reason).startswith("the collector ran out of time: 2 s; log: ")
    assert made.left() == []


def test_what_was_measured_before_a_crash_is_kept(tmp_path: Path) -> None:
    """Half a run is kept beside the failed rest, and the job stays due; a whole run is not
    replaced by half of one."""
    made = project(tmp_path)
    text = (made.root / "cards/fake/card.yaml").read_text()
    (made.root / "cards/fake/card.yaml").write_text(text.replace("[chat]", "[chat, rag]"))
    made.behave(serving="half")
    only = ("--only", "serving-fake-bench-1")
    assert made.collect(*only).code == 1
    run = made.run("serving-fake-bench-1.json")
    assert [m.outcome for m in run.measurements] == ["measured", "failed"]
    assert run.provenance.job is None
    made.behave(serving="mixed")
    assert made.collect(*only).code == 1
    whole = made.run("serving-fake-bench-1.json")
    assert whole.provenance.job is not None
    made.behave(serving="half")
    assert made.collect(*only, "--force").code == 1
    assert made.run("serving-fake-bench-1.json") == whole


def test_secrets_reach_only_who_declares_them(tmp_path: Path) -> None:
    """PYTHONPATH and tokens are withheld; a declared token is passed, and masked in the log."""
    made = project(tmp_path, repeats=1)
    made.behave(serving="spy")
    secret = {"HF_TOKEN": "hf_abcdefghijkl", "AWS_SECRET_ACCESS_KEY": "x" * 20, "PYTHONPATH": "/x"}
    only = ("--only", "serving-fake-bench-1")
    assert made.collect(*only, env=secret).code == 0
    seen = (made.root / "environment.json").read_text()
    assert "hf_abc" not in seen
    assert "AWS_SECRET" not in seen
    assert "PYTHONPATH" not in seen
    manifest = made.root / "collectors/fake-serving/collector.toml"
    manifest.write_text(manifest.read_text() + 'variables = ["HF_TOKEN"]\n')
    assert made.collect(*only, "--force", env=secret).code == 0
    assert "hf_abcdefghijkl" in (made.root / "environment.json").read_text()
    logs = list((made.root / ".cardgen/jobs").rglob("*.log"))
    text = "".join(log.read_text() for log in logs)
    assert "HF_TOKEN" in text
    assert "hf_abc" not in text


def test_a_full_disk_is_a_failure_like_another(tmp_path: Path) -> None:
    """Where the collector may write no more, the job has failed and the next one is done."""
    import resource
    import subprocess

    from collect.projects import command

    made = project(tmp_path, repeats=2)
    made.behaves({"serving/fake/1": "fill"})
    limit = 4 << 20
    done = subprocess.run(
        command("--only", "serving-fake-bench-*"),
        cwd=made.root,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 1, done.stderr
    first = made.run("serving-fake-bench-1.json").measurements[0]
    assert first.outcome == "failed"
    assert "File too large" in str(first.reason)
    assert made.run("serving-fake-bench-2.json").measurements[0].outcome == "measured"


BY_HAND = """
import json, sys
job = json.load(open(sys.argv[sys.argv.index("--job") + 1]))
assert "cardgen" not in sys.modules
measurement = {
    "kind": "serving", "model": job["model"]["name"], "mode": "single-stream",
    "hardware": {"name": job["hardware"]}, "engine": {"name": "vLLM"},
    "scenario": {"name": "chat"}, "latency_s": {"value": 0.25},
}
provenance = {"origin": "measured", "tool": {"name": "by hand"}, "collector": "fake-serving"}
run = {"format": 1, "provenance": provenance, "measurements": [measurement]}
with open(sys.argv[sys.argv.index("--result") + 1], "w") as file:
    json.dump(run, file)
"""


def test_a_collector_that_knows_nothing_of_cardgen(tmp_path: Path) -> None:
    """One that runs under a role's Python and writes the run file itself."""
    made = project(tmp_path)
    folder = made.root / "collectors/fake-serving"
    (folder / "measure.py").write_text(BY_HAND)
    manifest = folder / "collector.toml"
    manifest.write_text(manifest.read_text().replace("[roles", 'runs_in = "measure"\n\n[roles'))
    only = ("--only", "serving-fake-bench-1", "--python", f"measure={sys.executable}")
    done = made.collect(*only)
    assert done.code == 0, done.err
    provenance = made.run("serving-fake-bench-1.json").provenance
    assert (provenance.tool.name, provenance.job is not None) == ("by hand", True)
    assert made.collect(*only).out == ""


def test_an_interpreter_of_ones_own_must_have_the_packages(tmp_path: Path) -> None:
    """Said before the job is begun, with what is missing; the record says it too."""
    made = project(tmp_path)
    manifest = made.root / "collectors/fake-serving/collector.toml"
    manifest.write_text(manifest.read_text() + 'imports = ["no_such_package"]\n')
    only = ("--only", "serving-fake-bench-1", "--python", f"measure={sys.executable}")
    done = made.collect(*only)
    assert done.code == 1
    assert "No module named 'no_such_package'" in done.err
    assert made.calls() == []
    (failed,) = made.run("serving-fake-bench-1.json").measurements
    assert "No module named 'no_such_package'" in str(failed.reason)
