"""A run: one invocation of one collector or import, with its provenance and measurements."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, model_validator

from cardgen.records.accuracy import AccuracyMeasurement
from cardgen.records.base import Record, fault
from cardgen.records.device import DeviceMeasurement
from cardgen.records.provenance import Provenance
from cardgen.records.quantization import QuantizationMeasurement
from cardgen.records.serving import ServingMeasurement

FORMAT: Final = 1
"""The version of the run file. A change that old files would not pass raises it, with a function
in `cardgen.upgrade` and a frozen sample under `tests/records/`."""

AnyMeasurement = Annotated[
    QuantizationMeasurement | AccuracyMeasurement | ServingMeasurement | DeviceMeasurement,
    Field(discriminator="kind"),
]


class Run(Record):
    """One run file. No identity may occur twice in it."""

    format: Annotated[int, Field(ge=FORMAT, le=FORMAT)] = FORMAT
    provenance: Provenance
    measurements: Annotated[tuple[AnyMeasurement, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _no_identity_twice(self) -> Run:
        seen: dict[object, int] = {}
        for index, measurement in enumerate(self.measurements):
            identity = measurement.identity
            first = seen.setdefault(identity, index)
            if first != index:
                raise fault(
                    "each measurement once in a run",
                    found=f"a duplicate of /measurements/{first}: {identity}",
                    next_step="remove one of the two, or keep repeats in runs of their own",
                    at=("measurements", index),
                )
        return self
