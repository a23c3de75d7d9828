"""Device settings that no sweep shows, a row each: a single measurement is a table of one row.

Only where card.yaml names no sweeps: what it leaves out on purpose is not put back here.
"""

from __future__ import annotations

from cardgen.card import Card
from cardgen.derive.quantity import Quantity, Value
from cardgen.language import Message
from cardgen.metrics import BATCH_LATENCY, ENERGY, FLOPS, QUALITY, Metric
from cardgen.records import DeviceMeasurement, Identity
from cardgen.spec.card import setting
from cardgen.tables.device import FLOPS_LABEL, LATENCY, NAMES, energy_label, energy_remark
from cardgen.tables.model import Cell, Table, Text, settle, slug, unique
from cardgen.tables.sweeps import Point, QualityMetric, Swept, metric_of, point_of, settings_of

ID = "settings"
AXES = ("device", "dataset", "batch_size", "image_size", "sequence_length", "optimization")


def table(card: Card, sweeps: list[Swept]) -> Table | None:
    """The settings of the card's models that no sweep has, or None where there are none."""
    specification = card.specification
    if specification.device.sweeps:
        return None
    models = [m for m in (specification.model, specification.base_model) if m is not None]
    swept = {point.identity for one in sweeps for point in one.points.values()}
    left = {
        identity: measurement
        for identity, measurement in settings_of(card, *models).items()
        if identity not in swept
    }
    if not left:
        return None
    points = {identity: point_of(card, identity) for identity in left}
    metrics = {identity: metric_of(card, identity) for identity in left}
    several = len({identity.model for identity in left}) > 1
    axes = [axis for axis in AXES if any(setting(m, axis) is not None for m in left.values())]
    head = [Cell(Message("Model"), header=True)] * several
    head += [Cell(NAMES[axis], header=True) for axis in axes]
    begin = unique([_address(identity, measurement) for identity, measurement in left.items()])
    body: list[list[Cell]] = []
    for identity, measurement in left.items():
        row = [Cell(identity.model)] * several
        body.append([*row, *(Cell(_label(measurement, axis)) for axis in axes)])
    kinds: list[tuple[str, Text, Metric]] = [
        ("latency", LATENCY, BATCH_LATENCY),
        ("energy", energy_label(list(points.values())), ENERGY),
        ("flops", FLOPS_LABEL, FLOPS),
    ]
    for name, label, metric in kinds:
        values = [getattr(point, name) for point in points.values()]
        if name != "latency" and not any(isinstance(value, Quantity) for value in values):
            continue
        head.append(Cell(label, header=True))
        for row, address, value in zip(body, begin, values, strict=True):
            remark = energy_remark(value) if name == "energy" else None
            row.append(Cell(value, metric, address=f"{address}/{name}", remark=remark))
    for quality in dict.fromkeys(metric for metric in metrics.values() if metric is not None):
        head.append(Cell(str(quality), header=True))
        for (identity, point), row, address in zip(points.items(), body, begin, strict=True):
            row.append(_quality(point, metrics[identity], quality, address))
    made = Table(ID, Message("Settings"), [head], body, layout="markdown")
    return settle(made, mixed=len(card.records.origins) > 1)


def _quality(point: Point, own: QualityMetric | None, column: QualityMetric, address: str) -> Cell:
    """The quality under the column of its metric; under another's the cell is empty."""
    value: Value = point.quality
    if own is not None and own != column:
        return Cell("")
    return Cell(value, QUALITY, address=f"{address}/{slug(column.name)}")


def _label(measurement: DeviceMeasurement, axis: str) -> str:
    value = setting(measurement, axis)
    product = measurement.device.model
    if axis == "device" and product is not None and product != value:
        return f"{value} ({product})"
    return "" if value is None else str(value)


def _address(identity: Identity, measurement: DeviceMeasurement) -> str:
    parts = [str(part) for part in measurement.key() if part is not None]
    return f"{ID}/{slug(identity.model.rsplit('/', 1)[-1])}/{slug('-'.join(parts))}"
