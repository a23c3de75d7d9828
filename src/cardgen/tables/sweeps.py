"""The sweeps of a device report: what varies, what is held, and every point found.

Owns which sweeps there are when card.yaml names none. The tables of them are `tables.device`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cardgen.card import Card
from cardgen.derive import device
from cardgen.derive.quantity import NOT_MEASURED, Absent, Value
from cardgen.language import Message
from cardgen.records import DeviceMeasurement, Identity
from cardgen.spec.card import Axis, Settings, Sweep, setting
from cardgen.tables.model import slug, unique

AXES: tuple[Axis, ...] = (
    "device",
    "batch_size",
    "image_size",
    "sequence_length",
    "optimization",
)


class Point(NamedTuple):
    """Everything measured at one setting."""

    latency: Value
    energy: Value
    flops: Value
    quality: Value
    identity: Identity | None = None


MISSING = Point(NOT_MEASURED, NOT_MEASURED, NOT_MEASURED, NOT_MEASURED)
FIELDS = {
    "latency": ("latency_s",),
    "energy": ("energy",),
    "flops": ("flops_generation", "flops_prefill", "flops_decode"),
    "quality": ("quality",),
}
"""The fields of the record behind each value of a point."""


class QualityMetric(NamedTuple):
    """The name of a quality metric and the direction in which it is better."""

    name: str
    higher_is_better: bool

    def __str__(self) -> str:
        return f"{self.name} {'↑' if self.higher_is_better else '↓'}"


class Swept(NamedTuple):
    """One sweep with its values in order and the points found: (value, dataset) -> point.

    `id` names its table and plot; `metrics` is what each data set's answers were judged by.
    """

    id: str
    sweep: Sweep
    values: tuple[int | str, ...]
    datasets: tuple[str, ...]
    points: dict[tuple[int | str, str], Point]
    metrics: dict[str, QualityMetric]
    devices: dict[str, str]
    baseline: str

    def point(self, value: int | str, dataset: str) -> Point:
        """The point, or one whose values are all absent."""
        return self.points.get((value, dataset), MISSING)

    @property
    def parts(self) -> list[str]:
        """Each value as a piece of its cells' addresses, no two alike."""
        return unique([slug(value) for value in self.values])

    @property
    def dataset_parts(self) -> dict[str, str]:
        """Each data set as a piece of its cells' addresses, no two alike."""
        found = unique([slug(dataset) for dataset in self.datasets])
        return dict(zip(self.datasets, found, strict=True))


def sweeps(card: Card) -> list[Swept]:
    """The card's sweeps with their points: as specified, else as the records suggest."""
    groups = settings_of(card, card.specification.model)
    planned = card.specification.device.sweeps or _suggested(list(groups.values()))
    names = unique([sweep.over for sweep in planned])
    return [_sweep(card, name, sweep, groups) for name, sweep in zip(names, planned, strict=True)]


def settings_of(card: Card, *models: str) -> dict[Identity, DeviceMeasurement]:
    """The device settings of models, each by the measurement that is shown of it."""
    found: dict[Identity, DeviceMeasurement] = {}
    for identity, repeats in card.records.identities.items():
        measurement = (card.shown[identity] or repeats)[0].measurement
        if isinstance(measurement, DeviceMeasurement) and identity.model in models:
            found[identity] = measurement
    return found


def point_of(card: Card, identity: Identity) -> Point:
    """Everything that the card shows of one setting."""
    return Point(
        card.value(identity, device.latency),
        card.value(identity, device.energy),
        card.value(identity, device.flops),
        card.value(identity, device.quality),
        identity,
    )


def metric_of(card: Card, identity: Identity) -> QualityMetric | None:
    """What the answers of a setting were judged by."""
    for stored in card.shown[identity]:
        measurement = stored.measurement
        if isinstance(measurement, DeviceMeasurement) and measurement.quality is not None:
            return QualityMetric(measurement.quality.metric, measurement.quality.higher_is_better)
    return None


def _sweep(
    card: Card, name: str, sweep: Sweep, groups: Mapping[Identity, DeviceMeasurement]
) -> Swept:
    fixed = sweep.at.model_dump(exclude_none=True)
    points: dict[tuple[int | str, str], Point] = {}
    seen: dict[int | str, None] = {}
    datasets: dict[str, None] = {}
    devices: dict[str, str] = {}
    metrics: dict[str, QualityMetric] = {}
    for identity, measurement in groups.items():
        if any(setting(measurement, axis) != value for axis, value in fixed.items()):
            continue
        value = setting(measurement, sweep.over)
        if value is None:
            continue
        seen.setdefault(value)
        if measurement.device.model is not None:
            devices.setdefault(measurement.device.name, measurement.device.model)
        datasets.setdefault(measurement.dataset)
        point = point_of(card, identity)
        metric = metric_of(card, identity)
        if metric is not None:
            usual = metrics.setdefault(measurement.dataset, metric)
            if metric != usual:
                # A column has one metric; a value of another does not belong under its heading.
                told = {"metric": metric.name}
                reason = Message("judged by another metric: %(metric)s", told)
                point = point._replace(quality=Absent(reason))
        points.setdefault((value, measurement.dataset), point)
    baseline = sweep.baseline or _usual_optimization(groups)
    if sweep.over == "optimization":
        if sweep.values and sweep.baseline is None:
            baseline = str(sweep.values[0])
        if baseline:
            # A baseline that was not measured is a row of its own, said to be missing.
            seen = dict.fromkeys((baseline, *seen))
    values = tuple(dict.fromkeys(sweep.values)) or tuple(
        sorted(seen, key=lambda value: value if isinstance(value, int) else 0)
    )
    held = sweep.at.dataset
    return Swept(
        name,
        sweep,
        values,
        tuple(dict.fromkeys(sweep.datasets or datasets or ([held] if held else []))),
        points,
        metrics,
        devices,
        baseline,
    )


def _usual_optimization(groups: Mapping[Identity, DeviceMeasurement]) -> str:
    """The optimization of most records: what the other sweeps hold fixed is the original."""
    counts = Counter(measurement.optimization for measurement in groups.values())
    return counts.most_common(1)[0][0] if counts else ""


def _suggested(records: Sequence[DeviceMeasurement]) -> list[Sweep]:
    """For each axis the settings under which the records hold most values of it, at least two."""
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
