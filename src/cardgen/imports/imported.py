"""What every importer puts around its measurements: source, provenance, times, the run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cardgen.imports.node import Node, plain
from cardgen.imports.options import ImportOptions, missing
from cardgen.imports.redaction import redacted
from cardgen.records import AnyMeasurement, Environment, Machine, Provenance, Run, Source, Tool

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_VERSION = re.compile(r"\d[\w.+!-]{0,60}")


@dataclass(slots=True)
class Findings:
    """What an importer gathers beside its measurements while it reads."""

    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Keep a remark for `provenance.notes`, once."""
        text = plain(redacted(text))
        if text not in self.notes:
            self.notes.append(text)


def imported(
    root: Node,
    measurements: Iterable[AnyMeasurement],
    *,
    tool: Tool,
    source: Source,
    findings: Findings,
    environment: Environment | None = None,
    machine: Machine | None = None,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> Run:
    """The run of one file. An end before the start is left out, with a note."""
    if started_at is not None and ended_at is not None and ended_at < started_at:
        findings.note("The file's end lies before its start: the end is left out.")
        ended_at = None
    measurements = tuple(measurements)
    seen: set[object] = set()
    for measurement in measurements:
        if measurement.identity in seen:
            raise root.refused(
                "each measurement once in a file",
                found=f"{measurement.identity} twice",
                next_step="take one of the two out of the file, or import them as two files",
            )
        seen.add(measurement.identity)
    with root.recording():
        return Run(
            provenance=Provenance(
                origin="imported",
                tool=tool,
                environment=None if environment == Environment() else environment,
                machine=machine,
                started_at=started_at,
                ended_at=ended_at,
                source=source,
                notes=tuple(findings.notes),
            ),
            measurements=measurements,
        )


def source_of(root: Node, path: Path, title: str, sha256: str, options: ImportOptions) -> Source:
    """The record of the file: its path inside the project, or its name where it lies outside."""
    with root.recording():
        return Source(title=title, file=project_path(path, options.project_root), sha256=sha256)


def project_path(path: Path, project_root: Path | None) -> str:
    """The path relative to the project with slashes; just the name where that is impossible."""
    if project_root is not None:
        try:
            return path.resolve().relative_to(project_root.resolve()).as_posix()
        except (OSError, ValueError, RuntimeError):
            pass
    return path.name or path.resolve().name


def tool_of(root: Node, name: str, version: Node | None, options: ImportOptions) -> Tool:
    """The tool with the version the user gave, or else the one the file records."""
    with root.recording():
        return Tool(name=name, version=options.version or version_text(version))


def version_text(node: Node | None) -> str | None:
    """The node's text if it is a version, not an error message or N/A."""
    if node is None or not isinstance(node.value, str) or not _VERSION.fullmatch(node.value):
        return None
    return node.value


def packages(root: Node, names: dict[str, str]) -> dict[str, str]:
    """Package versions found under the file's own keys: `names` is package -> key."""
    found = {package: version_text(root.get(key)) for package, key in names.items()}
    return {package: version for package, version in found.items() if version is not None}


def moment(node: Node | None) -> datetime | None:
    """Seconds since the epoch as UTC; None where the number is no date of this century."""
    if node is None or not node.is_number:
        return None
    seconds = node.number()
    if not 946_684_800 <= seconds < 4_102_444_800:  # 2000 to 2100
        return None
    return datetime.fromtimestamp(seconds, UTC)


def hub_model(root: Node, candidates: Sequence[Node | None], options: ImportOptions) -> str:
    """The model's id: the user's, or the first recorded one that is an id and not a local path."""
    if options.model is not None:
        return options.model
    for node in candidates:
        if node is not None and isinstance(node.value, str):
            name = redacted(node.value)
            if _HUB_NAME.fullmatch(name):
                return name
    raise missing(root.place, "the model's id on the Hub, not a local path", "model")
