"""Whether card.yaml has a place for a measurement in one of its tables.

What it leaves open (no `tasks`, no `scenarios`, no `sweeps`), it takes.
"""

from __future__ import annotations

from cardgen.records import (
    AccuracyMeasurement,
    AnyMeasurement,
    DeviceMeasurement,
    ServingMeasurement,
)
from cardgen.spec.card import CardSpecification


def is_planned(specification: CardSpecification, measurement: AnyMeasurement) -> bool:
    """Whether a table of the card has a cell for the measurement, its model aside."""
    if isinstance(measurement, AccuracyMeasurement):
        tasks = specification.accuracy.tasks
        return not tasks or any(row.takes(measurement) for row in tasks)
    if isinstance(measurement, ServingMeasurement):
        wanted = specification.serving
        return (
            (wanted.modes is None or measurement.mode in wanted.modes)
            and (not wanted.hardware or measurement.hardware.name in wanted.hardware)
            and (
                not wanted.scenarios
                or any(column.name == measurement.scenario.name for column in wanted.scenarios)
            )
        )
    if isinstance(measurement, DeviceMeasurement):
        sweeps = specification.device.sweeps
        return not sweeps or any(sweep.takes(measurement) for sweep in sweeps)
    return True
