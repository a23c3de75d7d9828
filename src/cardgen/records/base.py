"""What every record shares: frozen, closed, strict models and the field types they are made of.

Units stand in field names. Nothing here knows files, cards or languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError


class Record(BaseModel):
    """A frozen model that refuses unknown keys, coercions, NaN and infinities."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True
    )


PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""Text without control characters, checked by pydantic's own regular expressions: a card has
hundreds of texts, and a Python function for each would take longer than all else."""

SHA256 = r"^[0-9a-f]{64}$"
LARGEST_SETTING = 10**40
"""Harnesses write a length without a limit as 10**30."""
LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps; as bytes it is eight pebibytes."""


def fault(
    expected: str,
    *,
    found: str | None = None,
    next_step: str | None = None,
    at: Sequence[str | int] = (),
) -> PydanticCustomError:
    """A refusal that says what was expected, what was found and what to do.

    `at` is where it stands below the model whose validator raises it.
    """
    told: dict[str, Any] = {"expected": expected, "at": tuple(at)}
    told |= {"found": found} if found else {}
    told |= {"next_step": next_step} if next_step else {}
    return PydanticCustomError(
        "fault", "{expected}, found {found}" if found else "{expected}", told
    )


def relative(path: str) -> str:
    """The path, if it stays where it is used: relative, without `..`, `~` or a drive."""
    parts = path.replace("\\", "/").split("/")
    if not path or path.startswith(("/", "~", "\\")) or ".." in parts or path[1:2] == ":":
        raise fault(
            "a path inside the project, relative, without '..'",
            found=repr(path[:80]),
            next_step="keep the file inside the project, and name it from there",
        )
    return path


def _calendar_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as problem:
        raise fault("a day of the calendar, as 2025-02-18", found=repr(text)) from problem
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=PRINTABLE)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000, pattern=PRINTABLE)]
Sha256 = Annotated[str, StringConstraints(pattern=SHA256)]
Day = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_calendar_day)
]
RelativePath = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000, pattern=PRINTABLE),
    AfterValidator(relative),
]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
PositiveCount = Annotated[int, Field(ge=1, le=LARGEST)]
NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]

Origin = Literal["measured", "imported", "transcribed"]
Outcome = Literal["measured", "failed", "skipped"]
