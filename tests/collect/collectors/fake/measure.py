"""A collector that behaves as `behaviour.json` in the project says: well, badly, or not at all.

Keys are `kind/model/repeat`, `kind/model`, `kind` or `*`; the first that fits counts. Every call is
written down in `calls.txt`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from cardgen.measuring.program import Session, main
from cardgen.records import (
    AnyMeasurement,
    Engine,
    Hardware,
    PositiveReading,
    Scenario,
    ServingMeasurement,
    Tool,
)

LEAK = "import os, time; os.setsid() if os.fork() == 0 else None; time.sleep(300)"


def measure(session: Session) -> Iterator[AnyMeasurement]:
    job = session.job
    name = Path(job.model.name).name
    told = json.loads((session.project / "behaviour.json").read_text())
    keys = (f"{job.kind}/{name}/{job.repeat}", f"{job.kind}/{name}", job.kind, "*")
    behaviour = next((told[key] for key in keys if key in told), "echo")
    with (session.project / "calls.txt").open("a") as calls:
        calls.write(f"{job.kind} {name} {job.repeat} {behaviour}\n")
    session.tool = Tool(name="fake", version="1.0")
    session.progress.stage("warming up")
    session.progress.stage("requests", total=4)
    for _ in range(4):
        session.progress.advance()
    session.note("a note for the reader")
    session.run("measure", [sys.executable, "-c", "print('a step ran')"], log="step.log")
    yield from BEHAVIOURS[behaviour](session)


def _echo(session: Session, scenario: str = "chat") -> Iterator[AnyMeasurement]:
    yield ServingMeasurement(
        model=session.job.model.name,
        revision=session.job.model.revision,
        hardware=Hardware(name=session.job.hardware),
        engine=Engine(name="vLLM"),
        scenario=Scenario(name=scenario, prompt_tokens=8, output_tokens=8),
        mode="single-stream",
        latency_s=PositiveReading(value=0.5 + 0.01 * session.job.repeat, statistic="median", n=10),
    )


def _noisy(session: Session) -> Iterator[AnyMeasurement]:
    sys.stdout.write('{"event": "stage", "name": "noise"}\n' * 1000)
    sys.stderr.buffer.write(bytes(range(256)) * 1000)
    yield from _echo(session)


def _crash(session: Session) -> Iterator[AnyMeasurement]:
    raise RuntimeError("the harness fell over")
    yield


def _half(session: Session) -> Iterator[AnyMeasurement]:
    yield from _echo(session)
    raise RuntimeError("the harness fell over half-way")


def _failed(session: Session) -> Iterator[AnyMeasurement]:
    finished = session.run("measure", [sys.executable, "-c", "raise SystemExit('boom')"])
    measured = next(_echo(session))
    yield measured.model_copy(
        update={
            "latency_s": None,
            "outcome": "failed",
            "reason": session.failure(finished, "the load generator"),
        }
    )


def _nan(session: Session) -> Iterator[AnyMeasurement]:
    measured = next(_echo(session))
    yield ServingMeasurement.model_validate(
        {**measured.model_dump(), "latency_s": {"value": float("nan")}}
    )


def _garbage(session: Session) -> Iterator[AnyMeasurement]:
    (session.folder / "result.json").write_text('{"format": 1, "measurements": "many"}')
    os._exit(0)
    yield


def _raw_nan(session: Session) -> Iterator[AnyMeasurement]:
    from cardgen.records import Run
    from cardgen.store import runs

    run = Run(provenance=session.provenance(), measurements=tuple(_echo(session)))
    text = runs.dump(run).decode().replace('"value": 0.5', '"value": NaN, "n": 0.5', 1)
    (session.folder / "result.json").write_text(text)
    os._exit(0)
    yield


def _nothing(session: Session) -> Iterator[AnyMeasurement]:
    os._exit(0)
    yield


def _hang(session: Session) -> Iterator[AnyMeasurement]:
    with session.start("measure", [sys.executable, "-c", LEAK]):
        (session.project / "hanging").touch()
        time.sleep(300)
    yield from _echo(session)


def _leak(session: Session) -> Iterator[AnyMeasurement]:
    for _ in range(2):
        subprocess.Popen([sys.executable, "-c", LEAK], start_new_session=True)
    time.sleep(0.2)
    yield from _echo(session)


def _killed(session: Session) -> Iterator[AnyMeasurement]:
    yield from _echo(session)
    os.kill(os.getpid(), 9)


def _mixed(session: Session) -> Iterator[AnyMeasurement]:
    """One part measured, another failed: a finished run."""
    yield from _echo(session)
    measured = next(_echo(session, "rag"))
    yield measured.model_copy(
        update={"latency_s": None, "outcome": "failed", "reason": "out of memory"}
    )


def _spy(session: Session) -> Iterator[AnyMeasurement]:
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    session.run("measure", [sys.executable, "-c", code], log="environment.log")
    (session.project / "environment.json").write_text(json.dumps(dict(os.environ)))
    yield from _echo(session)


def _fill(session: Session) -> Iterator[AnyMeasurement]:
    with (session.scratch / "big").open("wb") as file:
        for _ in range(4096):
            file.write(bytes(1 << 20))
    yield from _echo(session)


BEHAVIOURS = {
    "echo": _echo,
    "noisy": _noisy,
    "crash": _crash,
    "half": _half,
    "failed": _failed,
    "nan": _nan,
    "raw-nan": _raw_nan,
    "garbage": _garbage,
    "nothing": _nothing,
    "hang": _hang,
    "leak": _leak,
    "killed": _killed,
    "mixed": _mixed,
    "spy": _spy,
    "fill": _fill,
}

main(measure)
