"""What a card has and its tables do not mix in: measurements under other conditions, with what
differs. One table a kind, below that kind's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cardgen.card import Card
from cardgen.conditions.choice import Other
from cardgen.conditions.condition import Difference, both, name_of
from cardgen.derive.quantity import Quantity, Value
from cardgen.derive.repeats import value_of
from cardgen.language import Message
from cardgen.records import (
    AccuracyMeasurement,
    AnyMeasurement,
    DeviceMeasurement,
    ServingMeasurement,
)
from cardgen.spec.card import setting
from cardgen.store.runs import Stored
from cardgen.tables.grids import Place
from cardgen.tables.model import Cell, Table, Text, settle, slug
from cardgen.tables.readings import READINGS, Read
from cardgen.tables.scores import title_of
from cardgen.tables.serving import hardware_label, load_label

MOST_ROWS = 30
"""Measurements that a card lists a kind; `build` counts the others."""
TITLE = Message("Measured under other conditions")


class Row(NamedTuple):
    """One measurement, or its repeats: which group it belongs to and what it measured."""

    other: Other
    items: tuple[Stored, ...]


def rows(card: Card, kind: str) -> list[Row]:
    """The measurements of a kind under other conditions, repeats of one group together."""
    found = []
    for other in card.others:
        if other.section.kind != kind or other.section.model not in card.models:
            continue
        cells: dict[object, list[Stored]] = {}
        for item in other.items:
            cells.setdefault(item.measurement.key(), []).append(item)
        found += [Row(other, tuple(items)) for items in cells.values()]
    return found


def table(card: Card, kind: str) -> Table | None:
    """The table of a kind's measurements under other conditions; None where there are none."""
    listed = rows(card, kind)[:MOST_ROWS]
    readings = [
        (label, read, metric)
        for label, read, metric in READINGS.get(kind, ())
        if any(isinstance(_value(card, row, read), Quantity) for row in listed)
    ]
    if not listed or not readings:
        return None
    head = [Cell(Message("Model"), header=True), Cell(Message("What was measured"), header=True)]
    head += [Cell(label, header=True) for label, _, _ in readings]
    head.append(Cell(Message("Conditions that differ"), header=True))
    body = []
    for position, row in enumerate(listed, start=1):
        address = f"{kind}-other/{position}-{slug(row.items[0].measurement.key()[0])}"
        cells = [
            Cell(row.other.section.model),
            Cell(tuple(_subject(card, row.items[0].measurement))),
        ]
        cells += [
            Cell(_value(card, row, read), metric, address=f"{address}/{metric.id}")
            for _, read, metric in readings
        ]
        cells.append(Cell(tuple(reasons(row.other))))
        body.append(cells)
    made = Table(f"{kind}-other", TITLE, [head], body)
    return settle(made, mixed=len(card.records.origins) > 1)


def _value(card: Card, row: Row, read: Read) -> Value:
    return value_of(row.items, read, card.specification.prefer)


def reasons(other: Other) -> Iterator[Message]:
    """What keeps a group out of the table, a line each."""
    if other.why == "not-asked":
        yield Message("the card shows other conditions")
    elif other.why == "doubtful":
        yield Message("too little is recorded of the conditions to count it with the others")
    for difference in other.differences:
        yield against(difference)


def against(difference: Difference) -> Message:
    """A condition of measurements that are not shown, beside that of those that are."""
    shown, own = both(difference)
    return Message(
        "%(name)s %(own)s, in the table %(shown)s",
        {"name": name_of(difference.name), "own": own, "shown": shown},
    )


def apart(card: Card) -> Iterator[str]:
    """What `build` says of the groups that are not in the tables, a line each, with what card.yaml
    would say to show one instead."""
    for other in card.others:
        section = other.section
        if section.model not in card.models or section.kind not in READINGS:
            continue
        number = len(other.items)
        noun = "measurement" if number == 1 else "measurements"
        why = "; ".join(map(str, reasons(other)))
        told = f"{section.kind}: {number} {noun} of {section.model} under other conditions: {why}"
        if other.differences:
            first = other.differences[0]
            value = str(both(first)[1])
            shows = f'{{{first.name}: "{value}"}}'
            told += f"; card.yaml: conditions: {{{section.kind}: {shows}}} shows the other group"
        yield told


def _subject(card: Card, measurement: AnyMeasurement) -> Iterator[Text]:
    """What was measured, in the words of the kind's own table."""
    if isinstance(measurement, AccuracyMeasurement):
        yield title_of(measurement)
        yield measurement.metric
    elif isinstance(measurement, ServingMeasurement):
        hardware = measurement.hardware
        place = Place(hardware.name, hardware.count, measurement.engine.name, measurement.load)
        yield measurement.scenario.name
        yield hardware_label(card, place)
        yield load_label(measurement.mode, measurement.load)
    elif isinstance(measurement, DeviceMeasurement):
        axes = ("device", "dataset", "batch_size", "image_size", "sequence_length", "optimization")
        known = (setting(measurement, axis) for axis in axes)
        yield ", ".join(str(value) for value in known if value is not None)
