"""What was measured, of what, on what, by what: frozen pydantic models and nothing else."""

from cardgen.records.accuracy import AccuracyMeasurement, Samples, Scale, Setting
from cardgen.records.base import Origin, Outcome, Record
from cardgen.records.device import (
    Device,
    DeviceMeasurement,
    Energy,
    EnergyMethod,
    Operations,
    Quality,
)
from cardgen.records.measurement import Identity, Measurement
from cardgen.records.provenance import Environment, Machine, Provenance, Source, Step, Tool, Usage
from cardgen.records.quantization import (
    Calibration,
    Code,
    QuantizationArguments,
    QuantizationMeasurement,
)
from cardgen.records.reading import (
    Interval,
    NonNegativeReading,
    PositiveReading,
    Quartiles,
    Reading,
    Rounding,
)
from cardgen.records.run import FORMAT, AnyMeasurement, Run
from cardgen.records.serving import (
    Engine,
    Hardware,
    Mode,
    Price,
    Requests,
    Scenario,
    ServingMeasurement,
)

__all__ = [
    "FORMAT",
    "AccuracyMeasurement",
    "AnyMeasurement",
    "Calibration",
    "Code",
    "Device",
    "DeviceMeasurement",
    "Energy",
    "EnergyMethod",
    "Engine",
    "Environment",
    "Hardware",
    "Identity",
    "Interval",
    "Machine",
    "Measurement",
    "Mode",
    "NonNegativeReading",
    "Operations",
    "Origin",
    "Outcome",
    "PositiveReading",
    "Price",
    "Provenance",
    "Quality",
    "QuantizationArguments",
    "QuantizationMeasurement",
    "Quartiles",
    "Reading",
    "Record",
    "Requests",
    "Rounding",
    "Run",
    "Samples",
    "Scale",
    "Scenario",
    "ServingMeasurement",
    "Setting",
    "Source",
    "Step",
    "Tool",
    "Usage",
]
