"""The commands that runs recorded, as a shell takes them: each once, in the order they ran."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cardgen.records import Origin
from cardgen.store.runs import Stored

LONGEST_LINE = 100
JOB_FOLDER = re.compile(r"\.cardgen/jobs/[^/\s]+/[^/\s]+")
PORT = re.compile(r"(?<=:)\d{4,5}(?=[/,\s]|$)|(?<=--port )\d+|(?<=--port=)\d+")
SEED = re.compile(r"(?<=--seed )\S+|(?<=\bseed=)\d+")
"""With the job's folder, what differs from repeat to repeat of one command."""
SNIPPET = "usage.py"
"""The usage snippet, which the card shows in a place of its own."""


class Commands(NamedTuple):
    """The commands of one program or role, and the origin of the run that they stand in."""

    title: str
    code: str
    origin: Origin


def recorded(stored: Iterable[Stored]) -> list[Commands]:
    """The commands behind the measurements, one entry a command or a role.

    Repeats of a command that differ in their job's folder, port or seed only are shown once; a
    step that failed gave no number and is left out, as is the usage snippet.
    """
    single: dict[str, Commands] = {}
    steps: dict[tuple[str, str], dict[str, str]] = {}
    files: set[str] = set()
    for item in stored:
        provenance = item.run.provenance
        if provenance.command is not None:
            code = shlex.join(provenance.command)
            found = Commands(provenance.tool.name, code, provenance.origin)
            single.setdefault(code, found)
        if item.file in files or item.measurement.outcome != "measured":
            continue
        files.add(item.file)
        for step in provenance.steps:
            snippet = provenance.usage is not None and SNIPPET in step.command[-1]
            if step.exit_code in (0, None) and not snippet:
                code = wrapped(step.command)
                role = (step.role, provenance.origin)
                steps.setdefault(role, {}).setdefault(_alike(code), code)
    found_steps = [
        Commands(role, "\n".join(codes.values()), origin)  # type: ignore[arg-type]
        for (role, origin), codes in steps.items()
    ]
    return [*single.values(), *found_steps]


def wrapped(command: Sequence[str]) -> str:
    """The command as a shell reads it; a long one with an option a line."""
    line = shlex.join(command)
    if len(line) <= LONGEST_LINE:
        return line
    parts: list[list[str]] = [[]]
    for word in command:
        if word.startswith("--") and parts[-1]:
            parts.append([])
        parts[-1].append(word)
    return " \\\n  ".join(shlex.join(part) for part in parts)


def _alike(code: str) -> str:
    line = JOB_FOLDER.sub("JOB", code.replace(" \\\n  ", " "))
    return SEED.sub("SEED", PORT.sub("PORT", line))
