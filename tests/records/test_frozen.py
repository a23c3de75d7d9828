"""Run files of every format ever written load for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from cardgen.records import (
    FORMAT,
    AccuracyMeasurement,
    DeviceMeasurement,
    Provenance,
    QuantizationMeasurement,
    Reading,
    Record,
    ServingMeasurement,
)
from cardgen.store import runs

HERE = Path(__file__).parent
FROZEN = sorted(HERE.glob("v*/*.json"))
CURRENT = HERE / f"v{FORMAT}"
MODELS: dict[str, type[Record]] = {
    "quantization": QuantizationMeasurement,
    "accuracy": AccuracyMeasurement,
    "serving": ServingMeasurement,
    "device": DeviceMeasurement,
}


def test_every_format_has_samples_of_its_kinds() -> None:
    """A new format brings its own frozen samples; those of the old ones stay."""
    assert {path.parent.name for path in FROZEN} == {f"v{n}" for n in range(1, FORMAT + 1)}
    assert {kind_of(path) for path in CURRENT.glob("*.json")} == set(MODELS)


@pytest.mark.parametrize("path", FROZEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_frozen_run_loads(path: Path) -> None:
    """Whatever changed since, the file reads, with all its measurements."""
    run = runs.load(path)
    assert run.format == FORMAT
    assert {measurement.kind for measurement in run.measurements} == {kind_of(path)}
    assert {m.outcome for m in run.measurements} == {"measured", "failed"}


@pytest.mark.parametrize("path", sorted(CURRENT.glob("*.json")), ids=lambda path: path.stem)
def test_the_current_samples_are_canonical(path: Path) -> None:
    """Writing a sample again changes no byte of it."""
    assert runs.dump(runs.load(path)) == path.read_bytes()


@pytest.mark.parametrize("kind", MODELS)
def test_the_current_samples_hold_every_field(kind: str) -> None:
    """A field added to a record is added to a new sample; the ones that stand stay as they are."""
    samples = [path for path in CURRENT.glob("*.json") if kind_of(path) == kind]
    found = [part for path in samples for part in parts(runs.load(path))]
    used = {(model(part), name) for part in found for name in part.model_fields_set}
    models: set[type[BaseModel]] = {MODELS[kind], Provenance, *map(model, found)}
    assert {(one, name) for one in models for name in one.model_fields} - used == set()


def kind_of(path: Path) -> str:
    """The record kind of a sample: `device` of device.json and of device-collected.json."""
    return path.stem.partition("-")[0]


def model(part: BaseModel) -> type[BaseModel]:
    """The record's model; all readings have the same fields."""
    return Reading if isinstance(part, Reading) else type(part)


def parts(value: Any) -> list[BaseModel]:
    """Every record inside a value, itself included."""
    if isinstance(value, BaseModel):
        inner = [part for _, item in value for part in parts(item)]
        return [value, *inner]
    items = value.values() if isinstance(value, dict) else value
    return (
        [part for item in items for part in parts(item)] if isinstance(value, tuple | dict) else []
    )
