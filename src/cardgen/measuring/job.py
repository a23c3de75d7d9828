"""The job that a collector is given: what to measure, of what, with which tools.

Only the shape, as JSON on both sides of the call; making jobs is `collect.planning`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from cardgen.errors import RecordError
from cardgen.records.base import Positive, PositiveCount, Record, Sha256, Text, fault
from cardgen.store import files

JOB_FORMAT: Final = 1

Kind = Literal["quantization", "accuracy", "serving", "device"]
Accelerator = Literal["cpu", "cuda"]


def _absolute(path: str) -> str:
    if not Path(path).is_absolute():
        raise fault("an absolute path", found=repr(path[:80]))
    return path


AbsolutePath = Annotated[Text, AfterValidator(_absolute)]


class Model(Record):
    """A model: its name on the card, its checkpoint's folder, its revision.

    Without a `path` the tools fetch it by its name. The revision of a local checkpoint is the
    digest of its files, that of one which the quantization job makes is that job's key.
    """

    name: Text
    path: AbsolutePath | None = None
    revision: Text | None = None

    @property
    def location(self) -> str:
        """What a tool is given: the folder, else the name."""
        return self.path or self.name


class Role(Record):
    """What a role runs on: an interpreter, or a server that runs already."""

    python: AbsolutePath | None = None
    target: Text | None = Field(None, description="The URL of a running server.")
    lock_sha256: Sha256 | None = None
    accelerator: Accelerator | None = None
    variables: tuple[Text, ...] = Field(
        (), description="Environment variables that it may see beyond the allow-list: a token."
    )


class Job(Record):
    """One call of a collector, one run file. `settings` is the kind's plan as JSON."""

    format: Annotated[int, Field(ge=JOB_FORMAT, le=JOB_FORMAT)] = JOB_FORMAT
    key: Sha256
    kind: Kind
    collector: Text
    card: Text
    project: AbsolutePath
    folder: AbsolutePath = Field(description="The job's own: its logs and scratch files.")
    model: Model
    base: Model | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    accelerator: Accelerator = "cpu"
    hardware: Text
    repeat: PositiveCount = 1
    roles: dict[Text, Role] = Field(default_factory=dict)
    timeout_s: Positive | None = None
    trust_remote_code: bool = False


def read(path: Path) -> Job:
    """The job in a file; a RecordError says what is wrong with it."""
    from pydantic import ValidationError

    from cardgen.store import positions
    from cardgen.store.validation import translate

    data = files.read_bytes(path, error=RecordError)
    try:
        return Job.model_validate_json(data)
    except ValidationError as problem:
        raise translate(
            problem,
            path=path,
            text=data.decode("utf-8", "replace"),
            model=Job,
            error=RecordError,
            find=positions.find_json,
        ) from problem


def dump(job: Job) -> bytes:
    """The job as JSON."""
    return (json.dumps(job.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n").encode()
