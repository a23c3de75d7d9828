"""A vLLM server's log read: what it says it runs on, and why it ended.

Owns the patterns of vLLM's messages. Starts and asks nothing.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from cardgen.imports.redaction import redacted

LOG_TAIL_BYTES: Final = 256 * 1024
_PREFIX = re.compile(
    r"^(\([\w.+-]+ pid=\d+\)\s*)?"
    r"((DEBUG|INFO|WARNING|ERROR|CRITICAL)\s+[\d-]+ [\d:.]+\s*(\[[^\]]*\])?:?\s*)?"
)
_EXCEPTION = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Killed)\b\s*:\s*\S")
_CONSEQUENCE = re.compile(
    r"Engine core initialization failed|Engine core proc|EngineDeadError|EngineGenerateError|"
    r"cancelled|WorkerProc initialization failed|Executor failed",
    re.IGNORECASE,
)
PORT_TAKEN: Final = re.compile(r"address already in use", re.IGNORECASE)
CAUSES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (words, re.compile(pattern, re.IGNORECASE))
    for words, pattern in (
        ("the port was taken", PORT_TAKEN.pattern),
        (
            "out of memory",
            r"out of memory|outofmemory|can't allocate memory|cannot allocate memory|"
            r"not enough memory|MemoryError|bad_alloc|no available memory for the cache|"
            r"larger than the available KV cache|exceeds the available memory|"
            r"insufficient memory|memory .{0,60}less than desired|mmap.{0,40}failed",
        ),
        (
            "the model is missing",
            r"not a local folder|not a valid model identifier|is not a valid .{0,30}repo|"
            r"repository not found|does not appear to have a file named|"
            r"no such file or directory.{0,80}config\.json|can't load the configuration|"
            r"outgoing traffic has been disabled|couldn't connect to|LocalEntryNotFound|"
            r"incorrect path_or_model_id|Invalid repository ID|HFValidationError|"
            r"cannot find any model weights|no .{0,20}weights found",
        ),
        (
            "vLLM does not support it",
            r"not supported|unsupported|no vLLM implementation|unknown quantization|"
            r"unrecognized arguments|unrecognized model|NotImplementedError|invalid choice",
        ),
    )
)


def device(log: Path) -> str | None:
    """The kind of device that vLLM says it runs on: cpu, cuda…"""
    found = re.search(r"\bdevice_config=(\w{1,20})", _head(log))
    return found[1] if found else None


def holds(log: Path, words: str) -> bool:
    """Whether the log's beginning holds the words yet."""
    return words in _head(log)


def port_was_taken(log: Path) -> bool:
    """Whether the server ended because something else listened on its port."""
    return PORT_TAKEN.search(_tail(log)) is not None


def cause(log: Path) -> str:
    """Why a server ended, from its log, on one line: the kind of failure and the line that says
    it; the log's last error where the kind is not known; else nothing."""
    lines = [_PREFIX.sub("", line).strip() for line in _tail(log).splitlines()]
    errors = [line for line in lines if _EXCEPTION.match(line) and not _CONSEQUENCE.search(line)]
    for words, pattern in CAUSES:
        for line in (*errors, *(line for line in lines if "error" in line.lower())):
            if pattern.search(line):
                return f"{words} ({_short(line)})"
    return _short(errors[-1]) if errors else ""


def _short(line: str) -> str:
    line = redacted(" ".join("".join(c for c in line if c.isprintable()).split()))
    return line if len(line) <= 300 else line[:299] + "…"


def _head(log: Path) -> str:
    try:
        with log.open("rb") as file:
            return file.read(LOG_TAIL_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - LOG_TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
