"""Where a run came from: the tool, the command, the environment, the machine, the source."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, model_validator

from cardgen.records.base import (
    Count,
    LongText,
    NonNegative,
    Origin,
    PositiveCount,
    Record,
    RelativePath,
    Sha256,
    Text,
    fault,
)


class Tool(Record):
    """The program that produced the numbers."""

    name: Text
    version: Text | None = None
    commit: Text | None = None


class Environment(Record):
    """The software the program ran in: its lock, its Python, the packages that matter."""

    lock_sha256: Sha256 | None = None
    python: Text | None = None
    packages: dict[Text, Text] = Field(default_factory=dict)
    variables: dict[Text, Text] = Field(
        default_factory=dict, description="Allow-listed environment variables; never secrets."
    )


class Machine(Record):
    """The hardware and its driver; no host names, no user names."""

    cpu: Text | None = None
    cpu_cores: PositiveCount | None = None
    memory_bytes: PositiveCount | None = None
    gpu: Text | None = None
    gpu_count: Count | None = None
    driver: Text | None = None
    cuda: Text | None = None
    operating_system: Text | None = None
    power_limit_w: NonNegative | None = None


class Usage(Record):
    """The card's usage snippet as it was run, and what it printed."""

    code: LongText
    output: LongText


class Step(Record):
    """One program that a collector executed: where, what, and how it ended."""

    role: Text = Field(description="The collector's role whose environment it ran in.")
    command: Annotated[tuple[LongText, ...], Field(min_length=1)] = Field(
        description="argv as executed in the project's folder, redacted."
    )
    exit_code: int | None = Field(None, description="None where the collector ended it.")
    duration_s: NonNegative


class Source(Record):
    """The document or file that the numbers were read from."""

    title: Text
    file: RelativePath | None = Field(None, description="Path relative to the project.")
    url: Text | None = None
    sha256: Sha256 | None = None
    retrieved: Text | None = Field(None, description="Date of retrieval, ISO 8601.")


class Provenance(Record):
    """How the measurements of a run came to be.

    `measured` runs name what was executed; `imported` and `transcribed` runs name their source.
    """

    origin: Origin
    tool: Tool
    collector: Text | None = None
    command: tuple[Text, ...] | None = Field(None, description="argv as executed, redacted.")
    environment: Environment | None = None
    environments: dict[Text, Environment] = Field(
        default_factory=dict, description="A collector's role -> the software it ran in."
    )
    job: Sha256 | None = Field(
        None, description="The key of the job that a plan asked for: what makes it done."
    )
    steps: tuple[Step, ...] = Field((), description="The programs executed, in order.")
    usage: Usage | None = Field(None, description="The card's usage snippet and its output.")
    machine: Machine | None = None
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    source: Source | None = None
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _origin_needs_its_evidence(self) -> Provenance:
        if self.origin != "measured" and self.source is None:
            raise fault(
                f"the `source` of a run whose origin is `{self.origin}`",
                found="none",
                next_step="add `source` with its `title`",
            )
        start, end = self.started_at, self.ended_at
        if isinstance(start, datetime) and isinstance(end, datetime) and end < start:
            raise fault(
                "an end after the start",
                found=f"{end.isoformat()}, before {start.isoformat()}",
                at=("ended_at",),
            )
        return self
