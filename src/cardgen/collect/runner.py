"""One job's collector: started, listened to, ended, its result taken or refused.

Every ending is told apart: a result, an exit code, a time-out, a missing result, an invalid one.
Nothing of a job outlives it. Knows no plan and no other job.
"""

from __future__ import annotations

import os
import select
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from cardgen.collect import storing
from cardgen.errors import CardgenError
from cardgen.imports.redaction import REDACTED, is_secret_name
from cardgen.measuring import job as jobs
from cardgen.measuring import processes
from cardgen.measuring.job import Job
from cardgen.measuring.processes import Supervised
from cardgen.measuring.program import last_line
from cardgen.measuring.progress import VARIABLE, Event, Reader
from cardgen.records import Run
from cardgen.store import files

MARK: Final = "CARDGEN_JOB"
"""The variable by which the processes of a job are found, whatever became of their parents."""
LOG: Final = "logs/collector.log"
POLL_S: Final = 0.2
SHORTEST_SECRET: Final = 6

Listener = Callable[[Event], None]


class Attempt(NamedTuple):
    """What came of a job: its run, and why it is not whole where something went wrong."""

    run: Run | None
    reason: str | None
    duration_s: float
    notes: tuple[str, ...] = ()
    """What cardgen itself remarked where there is no run to keep it."""

    def noted(self, text: str) -> Attempt:
        """The attempt with one more remark for the reader of the card, in its run if it has one."""
        if self.run is None:
            return self._replace(notes=(*self.notes, text))
        provenance = self.run.provenance
        kept = provenance.model_copy(update={"notes": (*provenance.notes, text)})
        return self._replace(run=self.run.model_copy(update={"provenance": kept}))


def attempt(job: Job, argv: tuple[str, ...], listen: Listener) -> Attempt:
    """Run the collector `argv` for the job, and take its result.

    A job's folder is fresh but for its logs, which are kept. Every process that still carries
    the job's mark is ended, before and after.
    """
    folder = Path(job.folder)
    _prepare(folder)
    result = folder / "result.json"
    files.replace(folder / "job.json", jobs.dump(job))
    processes.end_marked(MARK, str(folder))
    began = time.monotonic()
    try:
        ending = _run(job, argv, result, listen)
    finally:
        processes.end_marked(MARK, str(folder))
    seconds = time.monotonic() - began
    _mask(folder, _secrets(job))
    place = _place(job, folder / LOG)
    told = f"{ending}; log: {place}" if ending else None
    if not result.is_file():
        return Attempt(None, told or f"the collector wrote no result; log: {place}", seconds)
    try:
        run = storing.result_of(result, job)
    except CardgenError as problem:
        said = " ".join(str(problem).split())
        reason = f"the collector's result is not valid: {said}".replace(f"{folder}/", "")
        return Attempt(None, told or f"{reason[:1_500]}; log: {place}", seconds)
    if ending is None:
        shutil.rmtree(folder / "scratch", ignore_errors=True)
    return Attempt(run, told, seconds)


def _secrets(job: Job) -> list[bytes]:
    """The values of the variables that the job's roles were granted beyond the allow-list."""
    names = {name for role in job.roles.values() for name in role.variables}
    values = (os.environ.get(name, "") for name in names if is_secret_name(name))
    return [value.encode() for value in values if len(value) >= SHORTEST_SECRET]


def _mask(folder: Path, secrets: list[bytes]) -> None:
    """Take the secrets out of the job's logs and its result, should a tool have printed one."""
    if not secrets:
        return
    for path in (*sorted((folder / "logs").rglob("*")), folder / "result.json"):
        if path.is_file():
            data = path.read_bytes()
            masked = data
            for secret in secrets:
                masked = masked.replace(secret, REDACTED.encode())
            if masked != data:
                path.write_bytes(masked)


def _prepare(folder: Path) -> None:
    """An empty job folder: what an earlier attempt left would be taken for this one's."""
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    for name in ("result.json", "job.json"):
        (folder / name).unlink(missing_ok=True)
    for name in ("scratch", storing.SAMPLES):
        shutil.rmtree(folder / name, ignore_errors=True)
    for log in (folder / "logs").iterdir():
        if log.is_file():
            log.unlink()


def _run(job: Job, argv: tuple[str, ...], result: Path, listen: Listener) -> str | None:
    """The collector to its end; in words how it ended badly, None where it ended well."""
    folder = Path(job.folder)
    granted = [name for role in job.roles.values() for name in role.variables]
    reading, writing = os.pipe()
    environment = processes.environment({VARIABLE: str(writing), MARK: str(folder)}, also=granted)
    call = [*argv, "--job", str(folder / "job.json"), "--result", str(result)]
    try:
        with (folder / LOG).open("wb") as log:
            try:
                process = Supervised(
                    call, env=environment, cwd=Path(job.project), output=log, keep=(writing,)
                )
            finally:
                os.close(writing)
            with process:
                code = _listen(process, reading, listen, job.timeout_s)
    finally:
        os.close(reading)
    if code is None:
        return f"the collector ran out of time: {job.timeout_s:g} s"
    if code == 0:
        return None
    said = last_line(folder / LOG)
    return f"the collector {processes.ending(code)}" + (f": {said}" if said else "")


def _listen(
    process: Supervised, reading: int, listen: Listener, timeout_s: float | None
) -> int | None:
    """Pass on what the collector says until it ends; its exit code, None on a time-out."""
    reader = Reader()
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    open_ = True
    while True:
        if open_ and select.select([reading], [], [], POLL_S)[0]:
            data = os.read(reading, 65_536)
            open_ = bool(data)
            for event in reader.feed(data):
                listen(event)
        code = process.wait(0 if open_ else POLL_S)
        if code is not None:
            return code
        if deadline is not None and time.monotonic() > deadline:
            return None


def command(program: Path, python: str | None = None) -> tuple[str, ...]:
    """How a collector's program is called: by cardgen's own interpreter, or by a role's."""
    return (python or sys.executable, "-B", "-E", "-s", "-u", str(program))


def _place(job: Job, path: Path) -> str:
    try:
        return path.relative_to(job.project).as_posix()
    except ValueError:
        return str(path)
