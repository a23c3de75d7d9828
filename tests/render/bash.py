"""Blocks of commands as a real bash takes them: whether it parses them, and what it would run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

TOOL = """\
#!/bin/bash
name=$(basename "$0")
printf '%s\\0' "$name" "$@" > "$LOG/$(date +%s%N)-$$"
"""
SHOW = r"""printf '%s\0' """
FAKES = ("vllm", "guidellm", "lm_eval", "python", "bench")
END = "\x1e"


def parses(code: str) -> str:
    """What `bash -n` says against the code; nothing where it parses."""
    checked = subprocess.run(
        ["bash", "-n"], input=code.encode(), capture_output=True, check=False, timeout=20
    )
    return checked.stderr.decode() if checked.returncode or checked.stderr else ""


def read(line: str, **variables: str) -> tuple[str, ...]:
    """The words of one command, as bash splits and expands them."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **variables}
    script = (SHOW + line).encode("utf-8", "surrogatepass")
    done = subprocess.run(
        ["bash", "-s"], input=script, capture_output=True, check=True, env=environment, timeout=20
    )
    assert not done.stderr, done.stderr
    return tuple(done.stdout.decode("utf-8", "surrogatepass").split("\0")[:-1])


def commands(code: str) -> list[list[str]]:
    """The commands that bash would run, of the usual tools, in order.

    Each waits for those in the background, so that their words do not mix.
    """
    fakes = "".join(f"{name}() {{ wait; {SHOW} {name} \"$@\" $'\\x1e'; }}\n" for name in FAKES)
    script = f"set -eu\n{fakes}{code}\nwait\n".encode("utf-8", "surrogatepass")
    done = subprocess.run(["bash", "-s"], input=script, capture_output=True, check=True, timeout=20)
    assert not done.stderr, done.stderr
    found: list[list[str]] = [[]]
    for word in done.stdout.decode("utf-8", "surrogatepass").split("\0")[:-1]:
        if word == END:
            found.append([])
        else:
            found[-1].append(word)
    return found[:-1]


def ran(code: str, folder: Path, *tools: str, **variables: str) -> list[list[str]]:
    """The commands that bash runs, in order: `tools` are fakes that keep what they are given."""
    log = folder / "log"
    programs = folder / "programs"
    for place in (log, programs):
        place.mkdir(parents=True, exist_ok=True)
    for old in log.iterdir():
        old.unlink()
    for tool in tools:
        (programs / tool).write_text(TOOL)
        (programs / tool).chmod(0o755)
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "LOG": str(log), **variables}
    done = subprocess.run(
        ["bash", "-eu", "-c", f"{code}\nwait"],
        capture_output=True,
        check=True,
        cwd=folder,
        env=environment,
        timeout=60,
    )
    assert not done.stderr, done.stderr.decode()
    return [
        path.read_bytes().decode().split("\0")[:-1]
        for path in sorted(log.iterdir(), key=lambda path: path.name)
    ]
