"""The commands that runs recorded, as a shell takes them: each once, in the order they ran."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from cardgen.records import Origin, Provenance, Step
from cardgen.render import shell
from cardgen.render.shell import Line
from cardgen.store.runs import Stored

PORT = re.compile(r"(?<=:)\d{4,5}(?=[/,\s]|$)|(?<=--port )\d+|(?<=--port=)\d+")
SEED = re.compile(r"(?<=--seed )\S+|(?<=\bseed=)\d+")
"""With the job's folder, what differs from repeat to repeat of one command. Both are shown as they
ran: a seed decides the prompts, and a port does what any other would. The folder is not: it was
cardgen's own, and is gone."""
SNIPPET = "usage.py"
"""The usage snippet, which the card shows in a place of its own."""


class Commands(NamedTuple):
    """The commands of one program or role, and the origin of the run that they stand in.

    `has_job` tells whether one of them named the folder of its job.
    """

    title: str
    code: str
    origin: Origin
    has_job: bool


class _Shown(NamedTuple):
    line: Line
    ended_well: bool


def recorded(stored: Iterable[Stored]) -> list[Commands]:
    """The commands behind the measurements, one entry a command or a role.

    Repeats of a command that differ in their job's folder, port or seed only are shown once; a
    step that failed gave no number and is left out, as is the usage snippet, and a measurement
    that failed has no command.
    """
    single: dict[str, Commands] = {}
    roles: dict[tuple[str, Origin], dict[str, _Shown]] = {}
    files: set[str] = set()
    for item in stored:
        provenance = item.run.provenance
        if item.file in files or item.measurement.outcome != "measured":
            continue
        files.add(item.file)
        if provenance.command is not None:
            line = shell.command(provenance.command)
            found = Commands(provenance.tool.name, line.text, provenance.origin, line.has_job)
            single.setdefault(line.text, found)
        for step in provenance.steps:
            if step.exit_code in (0, None) and not _is_snippet(step, provenance):
                lines = roles.setdefault((step.role, provenance.origin), {})
                _add(lines, step)
    return [*single.values(), *(_together(*key, lines) for key, lines in roles.items())]


def _is_snippet(step: Step, provenance: Provenance) -> bool:
    """Whether the step ran the usage snippet, to its end or not."""
    ran = provenance.usage is not None or step.exit_code is None
    return ran and SNIPPET in step.command[-1].split()


def _add(lines: dict[str, _Shown], step: Step) -> None:
    """Add the step, unless one like it is there; one that hung and was run again gives way."""
    shown = _Shown(shell.command(step.command), step.exit_code == 0)
    alike = _alike(shown.line.text)
    if alike not in lines or (shown.ended_well and not lines[alike].ended_well):
        lines[alike] = shown


def _together(role: str, origin: Origin, lines: dict[str, _Shown]) -> Commands:
    found = [shown.line for shown in lines.values()]
    text = "\n".join(line.text for line in found)
    return Commands(role, text, origin, any(line.has_job for line in found))


def _alike(text: str) -> str:
    return SEED.sub("SEED", PORT.sub("PORT", text.replace(" \\\n  ", " ")))
