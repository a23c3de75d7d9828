"""What the records do not say: absence is told, never guessed.

A sentence is true of what it covers: where only some records lack a thing, it names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cardgen.card import Card
from cardgen.language import Message
from cardgen.records import AccuracyMeasurement, Identity, ServingMeasurement
from cardgen.store.runs import Stored
from cardgen.tables import others, quantization
from cardgen.tables.grids import TABLED
from cardgen.tables.model import short
from cardgen.tables.questions import ASKED, Plain, Unknown, Unrepeated, repeated
from cardgen.tables.scores import title_of
from cardgen.tables.serving import TITLES

SECTIONS = {"quantization": ("optimizations", "creation")}
"""The sections in which a kind is told, where they are not its own."""
MOST_NAMED = 4
"""Names in one sentence; the others are counted."""


def unknowns(card: Card) -> list[Message]:
    """One sentence for each thing that a reader would ask and no record answers."""
    found = list(_sections(card))
    found += [attempt.told for attempt in quantization.told_apart(card)]
    sections = card.specification.ordered_sections
    for kind, questions in ASKED.items():
        if not any(section in sections for section in SECTIONS.get(kind, (kind,))):
            continue
        measured = _identities(card, kind)
        for question in questions:
            if isinstance(question, Plain):
                found += [question.sentence] if question.holds(card) else []
            elif isinstance(question, Unrepeated):
                found += _unrepeated(card, question, measured)
            elif isinstance(question, Unknown):
                found += _sentence(card, question, measured)
            elif measured and all(_lacks(part, i) for part in question.parts for i in measured):
                found.append(question.of_all)
            else:
                found += [s for part in question.parts for s in _sentence(card, part, measured)]
    return found


Repeats = Sequence[Stored]
"""The measurements of one identity. It lacks what all of them lack."""


def _identities(card: Card, kind: str) -> list[Repeats]:
    found: dict[Identity, list[Stored]] = {}
    for item in card.measured(kind):
        identity = item.measurement.identity
        own = identity._replace(model=card.model_name(identity.model))
        found.setdefault(own, []).append(item)
    return list(found.values())


def _lacks(question: Unknown, repeats: Repeats) -> bool:
    return all(map(question.lacks, repeats))


def _sentence(card: Card, question: Unknown, measured: Sequence[Repeats]) -> list[Message]:
    lacking = [repeats[0] for repeats in measured if _lacks(question, repeats)]
    if not lacking or not question.when(card):
        return []
    if len(lacking) == len(measured):
        return [question.of_all]
    which = {"which": _which(card, lacking, [repeats[0] for repeats in measured])}
    return [replace(question.of_some, values=which)]


def _unrepeated(card: Card, question: Unrepeated, measured: Sequence[Repeats]) -> list[Message]:
    """Which results have no repeat, in the tables or below them."""
    lacking = [repeats[0] for repeats in measured if not repeated(repeats)]
    if not lacking:
        return []
    apart = any(repeated(row.items) for row in others.rows(card, question.kind))
    if len(lacking) == len(measured):
        return [] if apart else [question.of_all]
    which = {"which": _which(card, lacking, [repeats[0] for repeats in measured])}
    return [replace(question.of_some, values=which)]


def _which(card: Card, lacking: Sequence[Stored], measured: Sequence[Stored]) -> str:
    """The measurements in words: their models, where those have it nowhere; else each by name, with
    the model where another's is recorded."""

    def model(item: Stored) -> str:
        return card.model_name(item.measurement.model)

    models = list(dict.fromkeys(map(model, lacking)))
    if len(lacking) == sum(model(item) in models for item in measured):
        return ", ".join(models)
    places = {_place(item) for item in measured}
    named = [(_name(item, places), model(item)) for item in lacking]
    known = {(_name(item, places), model(item)) for item in measured} - set(named)
    elsewhere = {name for name, _ in known}
    names = list(
        dict.fromkeys(f"{name} ({short(of)})" if name in elsewhere else name for name, of in named)
    )
    told = ", ".join(names[:MOST_NAMED])
    return told if len(names) <= MOST_NAMED else f"{told}, … ({len(names)})"


def _place(item: Stored) -> str | None:
    """Where a window was served, in the parts that may tell two of them apart."""
    measurement = item.measurement
    if not isinstance(measurement, ServingMeasurement):
        return None
    hardware = measurement.hardware
    return f"{hardware.name}x{hardware.count} {measurement.engine.name}"


def _name(item: Stored, places: set[str | None]) -> str:
    measurement = item.measurement
    if isinstance(measurement, AccuracyMeasurement):
        return f"{title_of(measurement)} {measurement.metric}"
    if isinstance(measurement, ServingMeasurement):
        load = "" if measurement.level is None else f" {measurement.level:g}"
        place = f", {_place(item)}" if len(places) > 1 else ""
        return f"{measurement.scenario.name} ({measurement.mode}{load}{place})"
    parts = (str(part) for part in measurement.key() if part is not None)
    return " / ".join(parts)


def _sections(card: Card) -> Iterator[Message]:
    sections = card.specification.ordered_sections
    known = {
        (item.kind, getattr(item, "mode", None))
        for _, run in card.records.runs
        for item in run.measurements
        if card.is_subject(item.model)
    }
    kinds = {kind for kind, _ in known}
    if "accuracy" in sections and "accuracy" not in kinds:
        yield Message("Accuracy: not measured.")
    if "serving" in sections and "serving" not in kinds:
        yield Message("Inference performance: not measured.")
    elif "serving" in sections:
        for mode in card.specification.serving.modes or TABLED:
            if ("serving", mode) not in known:
                yield Message("%(title)s: not measured.", {"title": TITLES[mode]})
    if "device" in sections and "device" not in kinds:
        yield Message("Device benchmark: not measured.")
