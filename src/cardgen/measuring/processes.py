"""Programs started so that none outlives whoever started them.

Every program runs under `supervise.py`. Owns the environment a program sees: an allow-list.
Knows nothing of jobs and roles.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple, Self

GRACE_S: Final = 10.0
"""How long a program may take to end after SIGINT before it is killed."""

SUPERVISOR: Final = Path(__file__).with_name("supervise.py")

ALLOWED: Final = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM",
        "TMPDIR", "TEMP", "TMP", "SYSTEMROOT",
        "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
        "LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER",
        "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
        "HF_HOME", "HF_HUB_CACHE", "HF_DATASETS_CACHE", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE",
        "HF_ENDPOINT", "TRANSFORMERS_OFFLINE",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
        "NO_PROXY", "no_proxy",
        "CARDGEN_JOB", "CARDGEN_PROGRESS_FD",
    }
)  # fmt: skip
ALLOWED_STARTS: Final = ("LC_", "NVIDIA_", "NCCL_", "VLLM_CPU_")
PROXIES: Final = frozenset(
    {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"}
)


def environment(
    extra: Mapping[str, str] | None = None,
    *,
    also: Sequence[str] = (),
    source: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The variables a program may see: those of the allow-list, those named in `also`, `extra`.

    PYTHONPATH and tokens are on no list. A proxy's address is passed unless it holds a password.
    """
    source = os.environ if source is None else source
    found = {
        name: value
        for name, value in source.items()
        if name in ALLOWED
        or name.startswith(ALLOWED_STARTS)
        or name in also
        or (name in PROXIES and "@" not in value)
    }
    return {**found, "PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1", **(extra or {})}


class Finished(NamedTuple):
    """How a program ended. `exit_code` is as a shell gives it: 128 + signal, 127 not found."""

    exit_code: int
    duration_s: float
    timed_out: bool
    log: Path

    @property
    def ok(self) -> bool:
        """Whether it ended by itself, in time, with 0."""
        return self.exit_code == 0 and not self.timed_out

    def told(self) -> str:
        """How it ended, in words."""
        if self.timed_out:
            return f"ran out of time after {self.duration_s:.0f} s"
        return ending(self.exit_code)


def ending(code: int) -> str:
    """An exit code in words."""
    import signal

    if code < 0:
        code = 128 - code
    if code > 128:
        try:
            return f"was ended by {signal.Signals(code - 128).name}"
        except ValueError:
            return f"ended with exit code {code}"
    if code in (126, 127):
        return f"could not be started (exit code {code})"
    return f"ended with exit code {code}"


class Supervised:
    """A program that runs under its supervisor; a context that ends it and all it started."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        output: IO[bytes] | int | None = None,
        keep: Sequence[int] = (),
        grace_s: float = GRACE_S,
    ) -> None:
        """Start `argv`; its stdout and stderr go to `output`, the descriptors `keep` to it."""
        reading, self._lifeline = os.pipe()
        command = [sys.executable, "-I", "-S", str(SUPERVISOR), str(reading), str(grace_s)]
        self.argv = tuple(argv)
        self.started = time.monotonic()
        self._grace_s = grace_s
        try:
            self.process = subprocess.Popen(
                [*command, "--", *argv],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                pass_fds=[reading, *keep],
                start_new_session=True,
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(reading)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def running(self) -> bool:
        """Whether the program has not ended yet."""
        return self.process.poll() is None

    def wait(self, timeout_s: float | None = None) -> int | None:
        """The exit code; None if it did not end in time."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        self._close()
        return 128 - code if code < 0 else code

    def end(self) -> int:
        """End the program and all it started; its exit code. Nothing of it is left after."""
        self._close()
        code = self.wait(self._grace_s + 10)
        if code is None:  # the supervisor itself is stuck: the kernel ends its program with it
            self.process.kill()
            code = self.wait()
        return code if code is not None else 137

    def _close(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    timeout_s: float | None = None,
    grace_s: float = GRACE_S,
) -> Finished:
    """Run a program to its end, or to its time-out; its output is appended to `log`."""
    with log.open("ab") as output:
        started = time.monotonic()
        process = Supervised(argv, env=env, cwd=cwd, output=output, grace_s=grace_s)
        try:
            code = process.wait(timeout_s)
            timed_out = code is None
        finally:
            ended = process.end()
    return Finished(ended if code is None else code, time.monotonic() - started, timed_out, log)


def end_marked(variable: str, value: str) -> int:
    """Kill every process of this user whose environment says `variable=value`; how many.

    For what was left when supervisor and runner were both killed: the programs of a job inherit
    its mark. This process and its ancestors are never among them.
    """
    import signal

    mark = f"{variable}={value}".encode()
    spared = _ancestry()
    found = 0
    for pid in _processes():
        if pid in spared:
            continue
        try:
            variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            if mark in variables:
                os.kill(pid, signal.SIGKILL)
                found += 1
        except OSError:
            continue
    return found


def _processes() -> list[int]:
    try:
        return [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]  # noqa: PTH208
    except OSError:
        return []


def _ancestry() -> set[int]:
    found, pid = set(), os.getpid()
    while pid > 1 and pid not in found:
        found.add(pid)
        try:
            stat = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            break
        pid = int(stat[1])
    return found
