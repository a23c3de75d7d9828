"""What a card has and its tables do not mix in: measurements under other conditions, with what
differs. One table a kind, below that kind's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cardgen.card import Card
from cardgen.conditions.choice import Other, Section
from cardgen.conditions.condition import Conditions, Difference, both, differences, name_of, told
from cardgen.conditions.groups import Part, grouped
from cardgen.derive.quantity import Quantity, Value
from cardgen.derive.repeats import value_of
from cardgen.language import Message
from cardgen.records import (
    AccuracyMeasurement,
    AnyMeasurement,
    DeviceMeasurement,
    Identity,
    ServingMeasurement,
)
from cardgen.spec.card import setting
from cardgen.store.runs import Stored
from cardgen.tables.grids import Place
from cardgen.tables.model import Cell, Table, Text, settle, slug
from cardgen.tables.readings import READINGS, Read
from cardgen.tables.scores import title_of
from cardgen.tables.serving import hardware_label, window_label

MOST_ROWS = 30
"""Measurements that a card lists a kind; `build` counts the others."""
TITLE = Message("Measured under other conditions")


class Row(NamedTuple):
    """One measurement, or its repeats: whose it is, and why it is in no other table."""

    section: Section
    items: tuple[Stored, ...]
    reasons: tuple[Message, ...]


def rows(card: Card, kind: str) -> list[Row]:
    """The measurements of a kind under other conditions, repeats together."""
    found = []
    for other in card.others:
        if other.section.kind != kind or other.section.model not in card.models:
            continue
        cells: dict[tuple[object, ...], list[Stored]] = {}
        for item in other.items:
            cells.setdefault(item.measurement.key(), []).append(item)
        for key, items in cells.items():
            shown = card.conditions(Identity(kind, other.section.model, key))
            groups = grouped([Part((item,), card.statements.together([item])) for item in items])
            for group in groups:
                differing = tuple(differences(shown, group.conditions))
                beside = other._replace(differences=differing) if shown else other
                apart = [one.conditions for one in groups if one is not group]
                why = (*reasons(beside), *_among(group.conditions, apart))
                found.append(Row(other.section, group.items, why))
    return found


def _among(conditions: Conditions, apart: Sequence[Conditions]) -> Iterator[Message]:
    """What tells measurements of one cell apart that are listed below each other."""
    for key, stated in conditions.items():
        if any(key in one and one[key].values != stated.values for one in apart):
            value = told(stated.values)
            yield Message("%(name)s %(value)s", {"name": name_of(key[0]), "value": value})


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
        cells = [Cell(row.section.model), Cell(tuple(_subject(card, row.items[0].measurement)))]
        cells += [
            Cell(_value(card, row, read), metric, address=f"{address}/{metric.id}")
            for _, read, metric in readings
        ]
        cells.append(Cell(row.reasons))
        body.append(cells)
    made = Table(f"{kind}-other", TITLE, [head], body)
    return settle(made, mixed=len(card.records.origins) > 1)


def _value(card: Card, row: Row, read: Read) -> Value:
    return value_of(row.items, read, card.specification.prefer)


WHY = {
    "not-asked": Message("the card shows other conditions"),
    "doubtful": Message("too little is recorded of the conditions to count it with the others"),
    "beside-doubtful": Message(
        "too little is recorded of the conditions of those in the table to count it with them"
    ),
}


def reasons(other: Other) -> Iterator[Message]:
    """What keeps a group out of the table, a line each."""
    if other.why in WHY:
        yield WHY[other.why]
    for difference in other.differences:
        yield against(difference)


def against(difference: Difference) -> Message:
    """A condition of measurements that are not shown, beside that of those that are."""
    shown, own = both(difference)
    return Message(
        "%(name)s %(own)s, in the table %(shown)s",
        {"name": name_of(difference.name), "own": own, "shown": shown},
    )


def _subject(card: Card, measurement: AnyMeasurement) -> Iterator[Text]:
    """What was measured, in the words of the kind's own table."""
    if isinstance(measurement, AccuracyMeasurement):
        yield title_of(measurement)
        yield measurement.metric
    elif isinstance(measurement, ServingMeasurement):
        hardware = measurement.hardware
        place = Place(hardware.name, hardware.count, measurement.engine.name, measurement.level)
        yield measurement.scenario.name
        yield hardware_label(card, place)
        yield from window_label(measurement)
    elif isinstance(measurement, DeviceMeasurement):
        axes = ("device", "dataset", "batch_size", "image_size", "sequence_length", "optimization")
        known = (setting(measurement, axis) for axis in axes)
        yield ", ".join(str(value) for value in known if value is not None)
