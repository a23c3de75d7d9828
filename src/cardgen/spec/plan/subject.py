"""What a plan is asked about: the model of one job and where it runs."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Accelerator = Literal["cpu", "cuda"]

NOT_YET: Final = "not measured yet"
"""The reason that a promised measurement carries: it is filled in when the job fails."""


class Subject(NamedTuple):
    """One job's model, the model it is compared with, and the hardware it runs on."""

    model: str
    base_model: str | None
    hardware: str
    accelerator: Accelerator
