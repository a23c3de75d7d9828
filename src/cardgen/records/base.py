"""What every record shares: frozen, closed, strict models and the field types they are made of.

Units stand in field names. Nothing here knows files, cards or languages.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


class Record(BaseModel):
    """A frozen model that refuses unknown keys, coercions, NaN and infinities."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True
    )


PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""Text without control characters, checked by pydantic's own regular expressions: a card has
hundreds of texts, and a Python function for each would take longer than all else."""


def _relative(path: str) -> str:
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "~", "\\")) or ".." in parts or (len(path) > 1 and path[1] == ":"):
        raise ValueError("must be a path inside the project, relative, without '..'")
    return path


Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=PRINTABLE)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000, pattern=PRINTABLE)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
RelativePath = Annotated[
    str, StringConstraints(min_length=1, max_length=1_000), AfterValidator(_relative)
]
Count = Annotated[int, Field(ge=0)]
PositiveCount = Annotated[int, Field(ge=1)]
NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]

Origin = Literal["measured", "imported", "transcribed"]
Outcome = Literal["measured", "failed", "skipped"]
