"""What a collector's session records: commands without secrets and private paths, failures in one
line, samples that are the same bytes every time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cardgen.measuring import job as jobs
from cardgen.measuring.job import Job, Model, Role
from cardgen.measuring.program import Session, last_line
from cardgen.measuring.progress import Progress


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session whose role `measure` is this test's interpreter."""
    role = Role(python=sys.executable, variables=("HF_TOKEN",))
    other = Role(python=sys.executable)
    job = Job(
        key="a" * 64,
        kind="serving",
        collector="fake",
        card="fake",
        project=str(tmp_path),
        folder=str(tmp_path / ".cardgen/jobs/fake/x"),
        model=Model(name="org/fake"),
        hardware="Bench",
        roles={"measure": role, "other": other},
    )
    return Session(job, Progress())


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        ([sys.executable, "-m", "tool"], ["python", "-m", "tool"]),
        (["{root}/models/fake"], ["models/fake"]),
        (["tool", "--model={root}/models/fake"], ["tool", "--model=models/fake"]),
        (["tool", "{root}"], ["tool", "."]),
        (["tool", "--api-key", "abc"], ["tool", "--api-key", "<redacted>"]),
        (["tool", "hf_abcdefghijkl"], ["tool", "<redacted>"]),
        (["tool", "--path", "/home/jane/x"], ["tool", "--path", "~/x"]),
        (["tool", ""], ["tool", "''"]),
    ],
)
def test_commands_as_recorded(session: Session, argv: list[str], shown: list[str]) -> None:
    """Paths from the project, interpreters by name, no secrets, no home folders."""
    given = [word.replace("{root}", str(session.project)) for word in argv]
    assert session.shown(given) == shown


def test_steps_in_order_with_their_ends(session: Session) -> None:
    """What ran to its end has its exit code; what was ended while it ran has none."""
    forever = [sys.executable, "-c", "import time; time.sleep(300)"]
    with session.start("other", forever) as server:
        assert server.running
        finished = session.run("measure", [sys.executable, "-c", "print('x'); raise SystemExit(4)"])
    assert [(step.role, step.exit_code) for step in session.steps] == [
        ("other", None),
        ("measure", 4),
    ]
    assert session.steps[0].duration_s >= session.steps[1].duration_s > 0
    assert session.failure(finished, "the tool") == (
        "the tool ended with exit code 4: x; log: .cardgen/jobs/fake/x/logs/measure-2.log"
    )
    assert set(session.provenance().environments) == {"measure", "other"}


def test_a_token_is_only_for_the_role_that_declares_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The collector may hold it; another role's programs do not see it."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert session.environment("measure")["HF_TOKEN"] == "hf_secret"
    assert "HF_TOKEN" not in session.environment("other")


def test_samples_are_the_same_bytes_every_time(session: Session) -> None:
    """No time of day in the file; its digest is the record's."""
    rows: list[dict[str, object]] = [
        {"id": 1, "score": 1.0, "answer": "ж"},
        {"id": 2, "score": 0.0},
    ]
    first = session.samples("mmlu/abstract algebra", rows)
    data = (session.folder / first.file).read_bytes()
    assert first.file == "samples/mmlu-abstract-algebra.jsonl.gz"
    assert first.rows == 2
    assert session.samples("mmlu/abstract algebra", rows) == first
    assert (session.folder / first.file).read_bytes() == data


@pytest.mark.parametrize(
    ("target", "here"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://gpu:8000", False),
    ],
)
def test_a_server_elsewhere_is_not_this_machine(session: Session, target: str, here: bool) -> None:
    """Then the record names no machine: this one's would be wrong."""
    roles = {"serve": Role(target=target)}
    session.job = session.job.model_copy(update={"roles": roles})
    assert (session.provenance().machine is not None) == here


def test_a_step_leaves_time_for_the_result(session: Session) -> None:
    """Steps end somewhat before the job's own time is out."""
    session.job = session.job.model_copy(update={"timeout_s": 1000.0})
    assert 940 < (session.remaining_s() or 0) < 951
    assert session.remaining_s(30) == 30


def test_a_job_is_read_as_it_was_written(session: Session, tmp_path: Path) -> None:
    """The same on both sides of the call."""
    (tmp_path / "job.json").write_bytes(jobs.dump(session.job))
    assert jobs.read(tmp_path / "job.json") == session.job


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("one\ntwo\n\n---\n", "two"),
        ("50%\r100% done\r", "100% done"),
        ("token=hf_abcdefghijkl\n", "token=<redacted>"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
    ],
)
def test_the_last_line_of_a_log(tmp_path: Path, text: str, line: str) -> None:
    """The last one that says something, fit for a record."""
    (tmp_path / "log").write_text(text)
    assert last_line(tmp_path / "log") == line
