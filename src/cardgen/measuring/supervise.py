"""A program that runs another and sees to it that nothing of it is left.

Started as `python -I -S supervise.py LIFELINE GRACE_S -- ARGV...`; standard library only, a file of
its own, so that it starts quickly. It runs ARGV in a session of its own and ends all that
descends from it (SIGINT, then SIGKILL after GRACE_S) when the pipe LIFELINE closes, which happens
when whoever started it ends in whatever way; when SIGTERM or SIGINT reaches it; and what is still
left when ARGV itself has ended. If it is killed itself, the kernel ends ARGV.

Exit code: that of ARGV; 128 + the signal that ended ARGV; 127 or 126 where it could not start.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LINGER_S = 1.0
"""How long processes that outlive their program may take to end by themselves."""


def main(arguments: list[str]) -> int:
    """Run the program and leave nothing of it; its exit code as a shell gives it."""
    lifeline, grace_s = int(arguments[0]), float(arguments[1])
    argv = arguments[arguments.index("--") + 1 :]
    _prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans of the program become children of this process
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    child = _start(argv, os.getpid())
    code = _wait(child, lifeline, wake)
    if code is None:
        code = _end(child, grace_s)
    _end_rest(LINGER_S)
    return code


def _prctl(option: int, value: int) -> None:
    """Linux' prctl; other systems go without, and end process groups only."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _start(argv: list[str], own: int) -> int:
    child = os.fork()
    if child:
        return child
    try:
        signal.set_wakeup_fd(-1)
        for number in (
            signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE,
            signal.SIGQUIT,
        ):  # fmt: skip
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.setsid()
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != own:
            os._exit(137)
        os.execvp(argv[0], argv)  # noqa: S606 - the caller's program, no shell
    except OSError as problem:
        sys.stderr.write(f"cannot start {argv[0]}: {problem.strerror}\n")
        sys.stderr.flush()
        os._exit(127 if isinstance(problem, FileNotFoundError) else 126)
    return 0


def _wait(child: int, lifeline: int, wake: int) -> int | None:
    """The program's exit code; None where it is to be ended."""
    while True:
        code = _reap(child)
        if code is not None:
            return code
        ready, _, _ = select.select([lifeline, wake], [], [])
        if lifeline in ready and not os.read(lifeline, 64):
            return _reap(child)
        if wake in ready:
            numbers = os.read(wake, 256)
            if any(number != signal.SIGCHLD for number in numbers):
                return _reap(child)


def _reap(child: int) -> int | None:
    """Take the exit codes of all that ended; that of the program if it is among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            found = code if code >= 0 else 128 - code


def _end(child: int, grace_s: float) -> int:
    """SIGINT to the program's group; SIGKILL to all of it that is left after the grace."""
    _signal_group(child, signal.SIGINT)
    deadline = time.monotonic() + grace_s
    while time.monotonic() < deadline:
        code = _reap(child)
        if code is not None:
            return code
        time.sleep(0.02)
    _signal_group(child, signal.SIGKILL)
    while True:
        code = _reap(child)
        if code is not None:
            return code
        time.sleep(0.005)


def _end_rest(linger_s: float) -> None:
    """End every process that still descends from this one; orphans among them."""
    deadline = time.monotonic() + linger_s
    while True:
        _reap(0)
        rest = _descendants(os.getpid())
        if not rest:
            return
        if time.monotonic() >= deadline:
            for pid in rest:
                try:
                    os.kill(pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    continue
        time.sleep(0.005)


def _signal_group(child: int, number: signal.Signals) -> None:
    try:
        os.killpg(child, number)
    except (ProcessLookupError, PermissionError):
        return


def _descendants(root: int) -> list[int]:
    """Every process below `root`, zombies left out."""
    children: dict[int, list[int]] = {}
    try:
        entries = os.listdir("/proc")  # noqa: PTH208
    except OSError:
        return []
    for entry in entries:
        if entry.isdecimal():
            try:
                # The name stands in parentheses and may hold anything: fields count from its end.
                with open(f"/proc/{entry}/stat", "rb") as stat:  # noqa: PTH123 - pathlib starts slowly
                    fields = stat.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[0] not in (b"Z", b"X"):
                children.setdefault(int(fields[1]), []).append(int(entry))
    found: list[int] = []
    stack = [root]
    while stack:
        below = children.get(stack.pop(), [])
        found += below
        stack += below
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
