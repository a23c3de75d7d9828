"""The sweeps of a device report: what varies, what is held, and every point found.

Owns which sweeps there are when card.yaml names none. The tables of them are `tables.device`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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


PER_DATASET: tuple[Axis, ...] = ("image_size", "sequence_length")
"""The sweeps whose tables have a column a data set."""

Setting = int | str | None
Held = dict[str, Setting]


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

    `id` names its table and plot; `held` are the settings that all points share, of which those
    are shown that card.yaml names or that had to be chosen; `metrics` is what each data set's
    answers were judged by.
    """

    id: str
    sweep: Sweep
    held: Held
    values: tuple[int | str, ...]
    datasets: tuple[str, ...]
    points: dict[tuple[int | str, str], Point]
    metrics: dict[str, QualityMetric]
    devices: dict[str, str]
    baseline: str

    @property
    def dataset(self) -> str:
        """The data set of a table that has one."""
        return str(self.held.get("dataset") or (self.datasets[0] if self.datasets else ""))

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
    planned = card.specification.device.sweeps or _found(list(groups.values()))
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
    inside = {i: m for i, m in groups.items() if sweep.takes(m)}
    if sweep.datasets and sweep.over not in PER_DATASET:
        inside = {i: m for i, m in inside.items() if m.dataset == sweep.datasets[0]}
    fixed, chosen = _held(sweep, list(inside.values()))
    points: dict[tuple[int | str, str], Point] = {}
    seen: dict[int | str, None] = {}
    datasets: dict[str, None] = {}
    devices: dict[str, str] = {}
    metrics: dict[str, QualityMetric] = {}
    for identity, measurement in inside.items():
        if any(setting(measurement, axis) != value for axis, value in fixed.items()):
            continue
        value = setting(measurement, sweep.over)
        assert value is not None
        seen.setdefault(value)
        if measurement.device.model is not None:
            devices.setdefault(measurement.device.name, measurement.device.model)
        datasets.setdefault(measurement.dataset)
        point = point_of(card, identity)
        metric = metric_of(card, identity)
        if metric is not None:
            usual = metrics.setdefault(
                measurement.dataset, _usual_metric(card, inside, measurement)
            )
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
        {**sweep.at.model_dump(exclude_none=True), **chosen},
        values,
        tuple(dict.fromkeys(sweep.datasets or datasets or ([held] if held else []))),
        points,
        metrics,
        devices,
        baseline,
    )


def _order(value: Setting) -> tuple[int, int, str]:
    """None first, then numbers, then words."""
    if value is None:
        return 0, 0, ""
    return (1, value, "") if isinstance(value, int) else (2, 0, value)


def _held(sweep: Sweep, records: Sequence[DeviceMeasurement]) -> tuple[Held, Held]:
    """The settings that the rows of a sweep share, and of them those that were chosen because
    card.yaml leaves them open and the records have several: under which most rows are known, of
    equals with the baseline, then the smallest."""
    axes = [axis for axis in (*AXES, "dataset") if axis != sweep.over]
    if sweep.over in PER_DATASET and sweep.at.dataset is None:
        axes.remove("dataset")
    rows: dict[tuple[Setting, ...], set[tuple[Setting, str]]] = {}
    for record in records:
        group = tuple(setting(record, axis) for axis in axes)
        rows.setdefault(group, set()).add((setting(record, sweep.over), record.dataset))
    if not rows:
        return {}, {}
    baseline = sweep.baseline or (sweep.values[0] if sweep.values else None)

    def rank(group: tuple[Setting, ...]) -> tuple[object, ...]:
        based = any(value == baseline for value, _ in rows[group])
        return (-len(rows[group]), not based, [_order(value) for value in group])

    best = min(rows, key=rank)
    fixed = dict(zip(axes, best, strict=True))
    several = {axis for place, axis in enumerate(axes) if len({group[place] for group in rows}) > 1}
    return fixed, {axis: value for axis, value in fixed.items() if axis in several}


def _usual_metric(
    card: Card, groups: Mapping[Identity, DeviceMeasurement], of: DeviceMeasurement
) -> QualityMetric:
    """What most settings of a data set were judged by; of equals the first by name."""
    alike = (identity for identity, other in groups.items() if other.dataset == of.dataset)
    counts = Counter(metric for one in alike if (metric := metric_of(card, one)) is not None)
    return min(counts, key=lambda metric: (-counts[metric], metric))


def _usual_optimization(groups: Mapping[Identity, DeviceMeasurement]) -> str:
    """The optimization of most records: what the other sweeps hold fixed is the original."""
    counts = Counter(measurement.optimization for measurement in groups.values())
    return counts.most_common(1)[0][0] if counts else ""


def _found(records: Sequence[DeviceMeasurement]) -> list[Sweep]:
    """For each axis the settings under which the records hold most values of it, at least two."""
    found = []
    for axis in AXES:
        per_dataset = axis in PER_DATASET
        fixed = [a for a in AXES if a != axis] + ([] if per_dataset else ["dataset"])
        best: dict[tuple[Setting, ...], dict[Setting, None]] = {}
        for record in records:
            group = tuple(setting(record, name) for name in fixed)
            if setting(record, axis) is not None:
                best.setdefault(group, {}).setdefault(setting(record, axis))
        if not best:
            continue
        # Of equals the smallest setting, in whatever order the files are read.
        held = min(best, key=lambda held: (-len(best[held]), [_order(one) for one in held]))
        values = best[held]
        if len(values) < 2:
            continue
        found.append(_named(axis, dict(zip(fixed, held, strict=True))))
    return found


def suggested(records: Sequence[DeviceMeasurement]) -> list[Sweep]:
    """Sweeps that would show records: those that they hold, else one of a single setting."""
    first = records[0]
    axes = [axis for axis in (*AXES, "dataset") if axis != "optimization"]
    at = {axis: value for axis in axes if (value := setting(first, axis)) is not None}
    return _found(records) or [_named("optimization", at)]


def _named(axis: Axis, at: Mapping[str, Any]) -> Sweep:
    """A sweep over what records hold, whose names may be longer than card.yaml takes."""
    return Sweep.model_construct(
        _fields_set={"over", "at"}, over=axis, at=Settings.model_construct(**at)
    )
