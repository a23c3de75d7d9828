"""The device report's tables: one a sweep, with its settings, its metric and its baseline."""

from __future__ import annotations

from collections.abc import Sequence

from cardgen.card import Card
from cardgen.derive import device
from cardgen.derive.quantity import Absent, Quantity, Value
from cardgen.language import Message
from cardgen.metrics import BATCH_LATENCY, ENERGY, FLOPS, PERCENT_OF_ORIGINAL, QUALITY
from cardgen.records import DeviceMeasurement
from cardgen.spec.card import Axis
from cardgen.tables.model import Cell, Table, Text, settle
from cardgen.tables.sweeps import FIELDS, PER_DATASET, Point, Swept
from cardgen.tables.unlike import OF_ROWS, unlike

TITLES: dict[Axis, Message] = {
    "device": Message("Devices"),
    "batch_size": Message("Batch sizes"),
    "image_size": Message("Image sizes"),
    "sequence_length": Message("Sequence lengths"),
    "optimization": Message("Optimizations"),
}
NAMES: dict[str, Message] = {
    "device": Message("Device"),
    "dataset": Message("Dataset"),
    "batch_size": Message("Batch size"),
    "image_size": Message("Image size"),
    "sequence_length": Message("Sequence length"),
    "optimization": Message("Optimization"),
}
LATENCY = Message("Latency (s per batch)")
ENERGY_REMARKS = {
    "unknown": Message("how this energy was measured is not recorded"),
    "modelled": Message("modelled, not measured"),
    "nvml-power": Message("from polled power, not from an energy counter"),
}
OPTIMIZED = frozenset({"dtype", "attention"})
"""The conditions that an optimization changes on purpose."""
FLOPS_LABEL = Message("FLOPs of one generation")


def table(card: Card, swept: Swept) -> Table:
    """The sweep as a table: by dataset for picture and sequence sizes, else by quantity."""
    if swept.sweep.over in PER_DATASET:
        return _by_dataset(swept)
    return _by_quantity(card, swept)


def quality_label(swept: Swept, dataset: str) -> Text:
    """The data set and its metric, with the direction in which it is better."""
    metric = swept.metrics.get(dataset)
    if metric is None:
        return Message("%(dataset)s: quality", {"dataset": dataset})
    return f"{dataset}: {metric}"


def quality_notes(swept: Swept) -> list[Message]:
    """The direction of each metric as a sentence."""
    return [
        Message("%(metric)s: higher is better", {"metric": metric.name})
        if metric.higher_is_better
        else Message("%(metric)s: lower is better", {"metric": metric.name})
        for metric in dict.fromkeys(swept.metrics.values())
    ]


def _settings(swept: Swept) -> list[tuple[Message, Text]]:
    held = {name: value for name, value in swept.held.items() if value is not None}
    return [
        (NAMES[name], _device_label(swept, held[name]) if name == "device" else str(held[name]))
        for name in (
            "dataset",
            "batch_size",
            "image_size",
            "sequence_length",
            "optimization",
            "device",
        )
        if name in held and name != swept.sweep.over
    ]


def _device_label(swept: Swept, name: int | str) -> str:
    """GPU (NVIDIA H100): the name readers compare by, and the product where it is recorded."""
    model = swept.devices.get(str(name))
    return f"{name} ({model})" if model and model != name else str(name)


def energy_remark(value: Value) -> Message | None:
    """What a reader must know of a joule that no energy counter measured."""
    if not isinstance(value, Quantity):
        return None
    for leaf in value.leaves():
        record = leaf.stored.measurement if leaf.stored else None
        if isinstance(record, DeviceMeasurement) and record.energy is not None:
            return ENERGY_REMARKS.get(record.energy.method)
    return None


def _by_dataset(swept: Swept) -> Table:
    axis = swept.sweep.over
    head = [Cell(NAMES[axis], header=True)]
    for dataset in swept.datasets:
        head.append(Cell(quality_label(swept, dataset), header=True))
        head.append(Cell(Message("%(dataset)s: latency (s)", {"dataset": dataset}), header=True))
    body = []
    for value, part in zip(swept.values, swept.parts, strict=True):
        row = [Cell(str(value))]
        for dataset, named in swept.dataset_parts.items():
            point = swept.point(value, dataset)
            address = f"{swept.id}/{part}/{named}"
            row.append(Cell(point.quality, QUALITY, address=f"{address}-quality"))
            row.append(Cell(point.latency, BATCH_LATENCY, address=f"{address}-latency"))
        body.append(row)
    return settle(
        Table(swept.id, TITLES[axis], [head], body, settings=_settings(swept), layout="markdown")
    )


def _by_quantity(card: Card, swept: Swept) -> Table:
    axis = swept.sweep.over
    percent = axis == "optimization"
    dataset = swept.dataset
    head = [Cell(NAMES[axis], header=True)]
    label_of = _device_label if axis == "device" else lambda _, value: str(value)
    body: list[list[Cell]] = [[Cell(label_of(swept, value))] for value in swept.values]
    points = [swept.point(value, dataset) for value in swept.values]
    reference = swept.point(swept.baseline, dataset)
    latency = ("latency", LATENCY, BATCH_LATENCY)
    energy = ("energy", energy_label(points), ENERGY)
    flops = ("flops", FLOPS_LABEL, FLOPS)
    for name, label, metric in (latency, flops, energy) if percent else (latency, energy, flops):
        values = [getattr(point, name) for point in points]
        if axis == "batch_size" and name == "flops" and not _any(values):
            continue
        head.append(Cell(label, header=True))
        if percent:
            head.append(Cell(Message("% of original"), header=True))
        for row, part, swept_value, value in zip(
            body, swept.parts, swept.values, values, strict=True
        ):
            address = f"{swept.id}/{part}/{name}"
            remark = energy_remark(value) if name == "energy" else None
            row.append(Cell(value, metric, address=address, remark=remark))
            if percent:
                share = _share(card, swept.point(swept_value, dataset), reference, name)
                row.append(Cell(share, PERCENT_OF_ORIGINAL, address=f"{address}-percent"))
    qualities = [point.quality for point in points]
    if _any(qualities):
        head.append(Cell(quality_label(swept, dataset), header=True))
        for row, part, value in zip(body, swept.parts, qualities, strict=True):
            row.append(Cell(value, QUALITY, address=f"{swept.id}/{part}/quality"))
    return settle(
        Table(swept.id, TITLES[axis], [head], body, settings=_settings(swept), layout="markdown")
    )


def energy_label(points: Sequence[Point]) -> Message:
    """Joules per sample; said to be modelled where they are."""
    units = {p.energy.unit for p in points if isinstance(p.energy, Quantity)}
    if units == {"J (modelled)"}:
        return Message("Energy (J per sample, modelled)")
    return Message("Energy (J per sample)")


def _share(card: Card, point: Point, reference: Point, name: str) -> Value:
    """The value as a percentage of the baseline's, where both were asked the same."""
    share = device.percent_of_original(getattr(point, name), getattr(reference, name))
    own, base = point.identity, reference.identity
    if isinstance(share, Absent) or own is None or base is None or own == base:
        return share
    found = unlike(card, own, base, FIELDS[name], strict=True, meant=OPTIMIZED, words=OF_ROWS)
    return found.refused or share


def _any(values: Sequence[Value]) -> bool:
    return any(not isinstance(value, Absent) for value in values)
