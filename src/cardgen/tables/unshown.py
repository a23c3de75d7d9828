"""Which measurements of a card no table, sentence or plot shows, why, and what would show them.

Nothing is hidden in silence: `build` says it to the author, with the line of card.yaml that would
show them, and the card to its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cardgen.card import Card
from cardgen.derive.quantity import Absent, Quantity
from cardgen.language import Message
from cardgen.records import (
    AccuracyMeasurement,
    AnyMeasurement,
    DeviceMeasurement,
    QuantizationMeasurement,
    ServingMeasurement,
)
from cardgen.spec.card import CardSpecification
from cardgen.spec.planned import is_planned
from cardgen.store.runs import Stored
from cardgen.tables.methods import KINDS
from cardgen.tables.model import Cell

Place = tuple[str, int]
"""A measurement's run file and its index there."""


class Unshown(NamedTuple):
    """Measurements of one kind that are shown nowhere for one reason.

    `line` is what card.yaml would have to say; empty where it cannot help. `foreign` ones are of
    models that are not the card's, and are no measurements of the card.
    """

    kind: str
    number: int
    reason: Message
    line: str = ""
    foreign: bool = False

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
        return f"{told}; card.yaml: {self.line}" if self.line else told


class Why(NamedTuple):
    """Why a measurement is not shown, and the line of card.yaml that would show it."""

    reason: Message
    line: str = ""
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
    found: dict[tuple[str, str, str], Unshown] = {}
    for file, run in card.records.runs:
        if not file.startswith(own):
            continue
        for index, measurement in enumerate(run.measurements):
            if (file, index) not in shown:
                why = _why(card, Stored(measurement, run, file, index))
                key = (measurement.kind, str(why.reason), why.line)
                known = found.get(key)
                number = 1 + (known.number if known else 0)
                found[key] = Unshown(measurement.kind, number, *why)
    return list(found.values())


def _failed_alike(card: Card, shown: set[Place]) -> Iterator[Place]:
    """The other failures of what a cell says that it failed: one of them speaks for all."""
    for items in card.shown.values():
        failed = [(i.file, i.index) for i in items if i.measurement.outcome != "measured"]
        if len(failed) > 1 and not shown.isdisjoint(failed):
            yield from failed


def _why(card: Card, stored: Stored) -> Why:
    """The first reason that holds, from what the author can least expect to see to the rest."""
    specification, measurement = card.specification, stored.measurement
    model = card.model_name(measurement.model)
    if model not in card.models:
        line = ""
        if isinstance(measurement, ServingMeasurement):
            line = _list("serving.models", [*card.models, model])
        told = {"model": model}
        reason = Message("of %(model)s, which is not this card's, its base or a sibling", told)
        return Why(reason, line, foreign=True)
    section = "creation" if measurement.kind == "quantization" else measurement.kind
    if section not in specification.ordered_sections:
        sections = [*specification.ordered_sections]
        at = sections.index("methods") if "methods" in sections else len(sections)
        sections.insert(at, section)
        return Why(Message("the card has no such section"), _list("sections", sections))
    if isinstance(measurement, QuantizationMeasurement):
        return Why(Message("another quantization of the model is shown"))
    identity = measurement.identity._replace(model=model)
    repeats = card.shown.get(identity, ())
    if not any(item.file == stored.file and item.index == stored.index for item in repeats):
        return Why(Message("measured under other conditions"))
    if not is_planned(specification, measurement):
        return _unplanned(specification, measurement)
    if measurement.outcome != "measured":
        return Why(Message("failed or skipped, while other runs have the value"))
    if any(
        item.run.provenance.origin != stored.run.provenance.origin
        and item.measurement.outcome == "measured"
        for item in repeats
    ):
        first = [stored.run.provenance.origin]
        order = first + [origin for origin in specification.prefer if origin not in first]
        return Why(Message("the card prefers values of another origin"), _list("prefer", order))
    if isinstance(measurement, DeviceMeasurement) and model != specification.model:
        return Why(Message("the device tables show the card's own model"))
    return Why(Message("no table has a place for it"))


def _unplanned(specification: CardSpecification, measurement: AnyMeasurement) -> Why:
    """What card.yaml would have to list."""
    if isinstance(measurement, AccuracyMeasurement):
        reason = Message("tasks that the card does not list")
        return Why(reason, f"accuracy.tasks: - {{task: {measurement.task}}}")
    if isinstance(measurement, ServingMeasurement):
        wanted = specification.serving
        told = {"mode": measurement.mode}
        if wanted.modes is not None and measurement.mode not in wanted.modes:
            reason = Message("a mode that the card does not list: %(mode)s", told)
            return Why(reason, _list("serving.modes", [*wanted.modes, measurement.mode]))
        if wanted.hardware and measurement.hardware.name not in wanted.hardware:
            names = [*wanted.hardware, measurement.hardware.name]
            reason = Message("hardware that the card does not list")
            return Why(reason, _list("serving.hardware", names))
        reason = Message("scenarios that the card does not list")
        return Why(reason, f"serving.scenarios: - {{name: {measurement.scenario.name}}}")
    assert isinstance(measurement, DeviceMeasurement)
    reason = Message("in none of the card's sweeps")
    return Why(reason, "device.sweeps: - {over: …, at: …}")


def _list(key: str, values: Iterable[str]) -> str:
    return f"{key}: [{', '.join(dict.fromkeys(values))}]"
