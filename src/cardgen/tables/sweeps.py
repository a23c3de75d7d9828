"""The sweeps of a device report: what varies, what is held, and every point found.

Owns which sweeps there are when card.yaml names none. The tables of them are `tables.device`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cardgen.card import Card
from cardgen.derive import device
from cardgen.derive.quantity import NOT_MEASURED, Value
from cardgen.records import DeviceMeasurement
from cardgen.spec.card import Axis, Settings, Sweep
from cardgen.store.runs import Stored

AXES: tuple[Axis, ...] = (
    "device",
    "batch_size",
    "image_size",
    "sequence_length",
    "optimization",
)


@dataclass(frozen=True, slots=True)
class Point:
    """Everything measured at one setting."""

    latency: Value
    energy: Value
    flops: Value
    quality: Value


MISSING = Point(NOT_MEASURED, NOT_MEASURED, NOT_MEASURED, NOT_MEASURED)


@dataclass(frozen=True, slots=True)
class Swept:
    """One sweep with its values in order and the points found: (value, dataset) -> point."""

    sweep: Sweep
    values: tuple[int | str, ...]
    datasets: tuple[str, ...]
    points: dict[tuple[int | str, str], Point]
    metric: str | None
    higher_is_better: bool | None
    devices: dict[str, str]
    baseline: str

    def point(self, value: int | str, dataset: str) -> Point:
        """The point, or one whose values are all absent."""
        return self.points.get((value, dataset), MISSING)


def setting(measurement: DeviceMeasurement, axis: str) -> int | str | None:
    """The measurement's setting on an axis, `dataset` included."""
    if axis == "device":
        return measurement.device.name
    value: int | str | None = getattr(measurement, axis)
    return value


def sweeps(card: Card) -> list[Swept]:
    """The card's sweeps with their points: as specified, else as the records suggest."""
    groups = [
        repeats
        for identity, repeats in card.records.identities.items()
        if identity.kind == "device" and identity.model == card.specification.model
    ]
    planned = card.specification.device.sweeps or _suggested(groups)
    return [_sweep(card, sweep, groups) for sweep in planned]


def _record(repeats: Sequence[Stored]) -> DeviceMeasurement:
    measurement = repeats[0].measurement
    assert isinstance(measurement, DeviceMeasurement)
    return measurement


def _sweep(card: Card, sweep: Sweep, groups: Sequence[Sequence[Stored]]) -> Swept:
    fixed = sweep.at.model_dump(exclude_none=True)
    points: dict[tuple[int | str, str], Point] = {}
    seen: dict[int | str, None] = {}
    datasets: dict[str, None] = {}
    devices: dict[str, str] = {}
    metric, direction = None, None
    for repeats in groups:
        measurement = _record(repeats)
        if any(setting(measurement, axis) != value for axis, value in fixed.items()):
            continue
        value = setting(measurement, sweep.over)
        if value is None:
            continue
        seen.setdefault(value)
        if measurement.device.model is not None:
            devices.setdefault(measurement.device.name, measurement.device.model)
        datasets.setdefault(measurement.dataset)
        points.setdefault(
            (value, measurement.dataset),
            Point(
                card.value(repeats, device.latency),
                card.value(repeats, device.energy),
                card.value(repeats, device.flops),
                card.value(repeats, device.quality),
            ),
        )
        for stored in repeats:
            record = _record([stored])
            if metric is None and record.quality is not None:
                metric, direction = record.quality.metric, record.quality.higher_is_better
    baseline = sweep.baseline or _usual_optimization(groups)
    if sweep.over == "optimization":
        # A baseline that was not measured is a row of its own, said to be missing.
        seen = dict.fromkeys((baseline, *seen))
    values = sweep.values or tuple(
        sorted(seen, key=lambda value: value if isinstance(value, int) else 0)
    )
    return Swept(
        sweep,
        values,
        sweep.datasets or tuple(datasets),
        points,
        metric,
        direction,
        devices,
        baseline,
    )


def _usual_optimization(groups: Sequence[Sequence[Stored]]) -> str:
    """The optimization of most records: what the other sweeps hold fixed is the original."""
    counts = Counter(_record(repeats).optimization for repeats in groups)
    return counts.most_common(1)[0][0] if counts else ""


def _suggested(groups: Sequence[Sequence[Stored]]) -> list[Sweep]:
    """For each axis the settings under which the records hold most values of it, at least two."""
    records = [_record(repeats) for repeats in groups]
    found = []
    for axis in AXES:
        per_dataset = axis in ("image_size", "sequence_length")
        fixed = [a for a in AXES if a != axis] + ([] if per_dataset else ["dataset"])
        best: dict[tuple[object, ...], dict[object, None]] = {}
        for record in records:
            group = tuple(setting(record, name) for name in fixed)
            if setting(record, axis) is not None:
                best.setdefault(group, {}).setdefault(setting(record, axis))
        if not best:
            continue
        held, values = max(best.items(), key=lambda item: len(item[1]))
        if len(values) < 2:
            continue
        at = Settings.model_validate(dict(zip(fixed, held, strict=True)))
        found.append(Sweep(over=axis, at=at))
    return found
