"""Which measurements of a card no table, sentence or plot shows, why, and what would show them.

Nothing is hidden in silence: `build` says it to the author, with the line of card.yaml that would
show them, and the card to its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cardgen.card import Card
from cardgen.derive.quantity import Absent, Quantity
from cardgen.derive.repeats import failure
from cardgen.language import Message
from cardgen.records import (
    AccuracyMeasurement,
    AnyMeasurement,
    DeviceMeasurement,
    QuantizationMeasurement,
    ServingMeasurement,
)
from cardgen.spec.card import CardSpecification
from cardgen.spec.line import entry, fits
from cardgen.spec.planned import is_planned
from cardgen.store.runs import Stored
from cardgen.tables.methods import KINDS
from cardgen.tables.model import Cell
from cardgen.tables.sweeps import suggested

Place = tuple[str, int]
"""A measurement's run file and its index there."""


class Unshown(NamedTuple):
    """Measurements of one kind that are shown nowhere for one reason.

    `line` is what card.yaml would have to say; empty where it cannot help. `adds` tells that it
    holds what a list of card.yaml lacks, not the whole list. `foreign` ones are of models that are
    not the card's, and are no measurements of the card.
    """

    kind: str
    number: int
    reason: Message
    line: str = ""
    foreign: bool = False
    adds: bool = False

    def sentence(self) -> Message:
        """What the card says."""
        return Message(
            "%(kind)s, not in a table: %(count)s (%(reason)s)",
            {"kind": KINDS[self.kind], "count": self.number, "reason": self.reason},
        )

    def __str__(self) -> str:
        """What `build` says."""
        noun = "measurement is" if self.number == 1 else "measurements are"
        told = f"{self.kind}: {self.number} {noun} shown nowhere: {self.reason}"
        where = "add to the list in card.yaml" if self.adds else "card.yaml"
        return f"{told}; {where}: {self.line}" if self.line else told


class Why(NamedTuple):
    """Why a measurement is not shown; `more` is what the list `key` of card.yaml would have to hold
    as well."""

    reason: Message
    key: str = ""
    more: object = None
    foreign: bool = False


def places(cells: Iterable[Cell]) -> Iterator[Place]:
    """The measurements behind the cells; one whose failure a cell tells is among them."""
    for cell in cells:
        content = cell.content
        if isinstance(content, Quantity):
            for leaf in content.leaves():
                if leaf.stored is not None:
                    yield leaf.stored.file, leaf.stored.index
        elif isinstance(content, Absent) and content.stored is not None:
            yield content.stored.file, content.stored.index


def unshown(card: Card, shown: set[Place]) -> list[Unshown]:
    """The card's own measurements that are not among the shown ones, by kind and reason.

    Runs of other cards that this one may draw on are those cards' to show.
    """
    own = f"{card.project.relative(card.folder)}/"
    shown = shown | set(_failed_alike(card, shown))
    found: dict[tuple[str, str, str], list[tuple[Stored, Why]]] = {}
    for file, run in card.records.runs:
        if not file.startswith(own):
            continue
        for index, measurement in enumerate(run.measurements):
            if (file, index) not in shown:
                stored = Stored(measurement, run, file, index)
                why = _why(card, stored)
                key = (measurement.kind, str(why.reason), why.key)
                found.setdefault(key, []).append((stored, why))
    lines = _lines(card, [item for items in found.values() for item in items])
    told = []
    for (kind, _, name), items in found.items():
        why = items[0][1]
        line = lines.get(_list_of(kind, name), "")
        adds = why.key in ADDED_TO
        told.append(Unshown(kind, len(items), why.reason, line, why.foreign, adds))
    return told


def _list_of(kind: str, key: str) -> tuple[str, str]:
    """A list of card.yaml: that of the sections holds those of all kinds."""
    return ("" if key == "sections" else kind), key


def _lines(card: Card, items: Sequence[tuple[Stored, Why]]) -> dict[tuple[str, str], str]:
    """By kind and key the line of card.yaml that would show all of them together."""
    more: dict[tuple[str, str], list[object]] = {}
    records: dict[tuple[str, str], list[DeviceMeasurement]] = {}
    for stored, why in items:
        place = _list_of(stored.measurement.kind, why.key)
        known = more.setdefault(place, [])
        if why.more is not None and why.more not in known and fits(why.more):
            known.append(why.more)
        if why.key == SWEEPS and isinstance(stored.measurement, DeviceMeasurement):
            records.setdefault(place, []).append(stored.measurement)
    found = {place: _line(card, place[1], values) for place, values in more.items() if values}
    for place, measurements in records.items():
        sweep = suggested(measurements)[0].model_dump(exclude_defaults=True)
        if fits(sweep):
            found[place] = entry(SWEEPS, [sweep])
    return found


def _line(card: Card, key: str, more: Sequence[object]) -> str:
    """A list of card.yaml with what it lacks; of long entries those that it lacks alone."""
    specification = card.specification
    if key in ADDED_TO:
        rest = len(more) - MOST_TOLD
        return entry(key, more[:MOST_TOLD]) + (f"  # and {rest} more" if rest > 0 else "")
    if key == "sections":
        sections: list[object] = [*specification.ordered_sections]
        at = sections.index("methods") if "methods" in sections else len(sections)
        return entry(key, [*sections[:at], *more, *sections[at:]])
    known: Mapping[str, Sequence[object]] = {
        "serving.modes": specification.serving.modes or (),
        "serving.hardware": specification.serving.hardware,
        "serving.models": specification.serving.models or card.models,
        "prefer": specification.prefer,
    }
    if key == TAKEN:
        return entry("prefer", [*specification.prefer, *more])
    if key == "prefer":  # the one that is asked for goes first
        return entry(key, list(dict.fromkeys([*more, *known[key]])))
    return entry(key, list(dict.fromkeys([*known[key], *more])))


SWEEPS, TASKS, SCENARIOS = "device.sweeps", "accuracy.tasks", "serving.scenarios"
ADDED_TO = (SWEEPS, TASKS, SCENARIOS)
"""Lists of long entries: of these a line holds only what card.yaml lacks."""
TAKEN = "prefer, at its end"
MOST_TOLD = 6
"""Entries told in one line; the others are counted."""


def _failed_alike(card: Card, shown: set[Place]) -> Iterator[Place]:
    """The other failures of what a cell says that it failed: one speaks for those that failed for
    the same reason."""
    for items in card.shown.values():
        told = {item.measurement.reason for item in items if (item.file, item.index) in shown}
        yield from (
            (item.file, item.index)
            for item in items
            if item.measurement.outcome != "measured" and item.measurement.reason in told
        )


def _why(card: Card, stored: Stored) -> Why:
    """The first reason that holds, from what the author can least expect to see to the rest."""
    specification, measurement = card.specification, stored.measurement
    model = card.model_name(measurement.model)
    if model not in card.models:
        reason = Message(
            "of %(model)s, which is not this card's, its base or a sibling", {"model": model}
        )
        if isinstance(measurement, ServingMeasurement):
            return Why(reason, "serving.models", model, foreign=True)
        return Why(reason, foreign=True)
    section = "creation" if measurement.kind == "quantization" else measurement.kind
    if section not in specification.ordered_sections:
        return Why(Message("the card has no such section"), "sections", section)
    if isinstance(measurement, QuantizationMeasurement):
        if model != specification.model:
            return Why(Message("the card tells how its own model was made"))
        return Why(Message("another quantization of the model is shown"))
    identity = measurement.identity._replace(model=model)
    repeats = card.shown.get(identity, ())
    if not any(item.file == stored.file and item.index == stored.index for item in repeats):
        return Why(Message("measured under other conditions"))
    if not is_planned(specification, measurement):
        return _unplanned(specification, measurement)
    origin = stored.run.provenance.origin
    if origin not in specification.prefer:
        return Why(Message("the card takes no values of this origin"), TAKEN, origin)
    measured = [item for item in repeats if item.measurement.outcome == "measured"]
    if measurement.outcome != "measured":
        if measured:
            return Why(Message("failed or skipped, while other runs have the value"))
        return Why(failure(stored).reason)
    if any(item.run.provenance.origin != origin for item in measured):
        return Why(Message("the card prefers values of another origin"), "prefer", origin)
    return _without_a_place(specification, measurement, model)


def _without_a_place(
    specification: CardSpecification, measurement: AnyMeasurement, model: str
) -> Why:
    """Why no table has a cell for what card.yaml does not leave out."""
    own_or_base = (specification.model, specification.base_model)
    if isinstance(measurement, AccuracyMeasurement) and model not in own_or_base:
        return Why(Message("the accuracy table shows the card's own model and its base"))
    if isinstance(measurement, ServingMeasurement):
        listed = specification.serving.models
        if listed and model not in listed:
            return Why(Message("models that the card does not list"), "serving.models", model)
    if isinstance(measurement, DeviceMeasurement):
        if model != specification.model:
            return Why(Message("the device tables show the card's own model"))
        return Why(Message("in none of the card's sweeps"), SWEEPS)
    return Why(Message("no table has a place for it"))


def _unplanned(specification: CardSpecification, measurement: AnyMeasurement) -> Why:
    """What card.yaml would have to list."""
    if isinstance(measurement, AccuracyMeasurement):
        row: dict[str, object] = {"task": measurement.task}
        if any(planned.task == measurement.task for planned in specification.accuracy.tasks):
            named = ("metric", "split", "variant", "n_shot", "language")
            row |= {name: getattr(measurement, name) for name in named}
        row = {name: value for name, value in row.items() if value is not None}
        return Why(Message("tasks that the card does not list"), TASKS, row)
    if isinstance(measurement, ServingMeasurement):
        wanted = specification.serving
        if wanted.modes is not None and measurement.mode not in wanted.modes:
            reason = Message("modes that the card does not list")
            return Why(reason, "serving.modes", measurement.mode)
        if wanted.hardware and measurement.hardware.name not in wanted.hardware:
            reason = Message("hardware that the card does not list")
            return Why(reason, "serving.hardware", measurement.hardware.name)
        reason = Message("scenarios that the card does not list")
        return Why(reason, SCENARIOS, {"name": measurement.scenario.name})
    return Why(Message("in none of the card's sweeps"), SWEEPS)
