"""What the records do not say: absence is told, never guessed.

A sentence is true of what it covers: where only some records lack a thing, it names them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from cardgen.card import Card
from cardgen.conditions.accuracy import harness_of
from cardgen.language import Message
from cardgen.records import (
    AccuracyMeasurement,
    DeviceMeasurement,
    Machine,
    QuantizationMeasurement,
    Scenario,
    ServingMeasurement,
)
from cardgen.store.runs import Stored
from cardgen.tables import quantization
from cardgen.tables.grids import TABLED
from cardgen.tables.scores import title_of
from cardgen.tables.serving import TITLES

MOST_NAMED = 4
"""Names in one sentence; the others are counted."""


class Unknown(NamedTuple):
    """Something that a reader would ask: what is said where all measurements of a kind lack it, and
    where only `%(which)s` do."""

    of_all: Message
    of_some: Message
    lacks: Callable[[Stored], bool]


class Together(NamedTuple):
    """Several such things, and the one sentence for all of them where nobody recorded any."""

    of_all: Message
    parts: tuple[Unknown, ...]


class Plain(NamedTuple):
    """A sentence about the whole card, and whether it holds."""

    sentence: Message
    holds: Callable[[Card], bool]


def unknowns(card: Card) -> list[Message]:
    """One sentence for each thing that a reader would ask and no record answers."""
    found = list(_sections(card))
    found += [attempt.told for attempt in quantization.told_apart(card)]
    for kind, questions in ASKED.items():
        measured = card.measured(kind)
        for question in questions:
            if isinstance(question, Plain):
                found += [question.sentence] if question.holds(card) else []
            elif isinstance(question, Unknown):
                found += _sentence(card, question, measured)
            elif measured and all(part.lacks(i) for part in question.parts for i in measured):
                found.append(question.of_all)
            else:
                found += [s for part in question.parts for s in _sentence(card, part, measured)]
    return found


def _sentence(card: Card, question: Unknown, measured: Sequence[Stored]) -> list[Message]:
    lacking = [item for item in measured if question.lacks(item)]
    if not lacking:
        return []
    if len(lacking) == len(measured):
        return [question.of_all]
    which = {"which": _which(card, lacking, measured)}
    return [replace(question.of_some, values=which)]


def _which(card: Card, lacking: Sequence[Stored], measured: Sequence[Stored]) -> str:
    """The measurements in words: their models, where those have it nowhere; else each by name."""

    def model(item: Stored) -> str:
        return card.model_name(item.measurement.model)

    models = list(dict.fromkeys(map(model, lacking)))
    if len(lacking) == sum(model(item) in models for item in measured):
        return ", ".join(models)
    names = list(dict.fromkeys(map(_name, lacking)))
    told = ", ".join(names[:MOST_NAMED])
    return told if len(names) <= MOST_NAMED else f"{told}, … ({len(names)})"


def _name(item: Stored) -> str:
    measurement = item.measurement
    if isinstance(measurement, AccuracyMeasurement):
        return f"{title_of(measurement)} {measurement.metric}"
    if isinstance(measurement, ServingMeasurement):
        load = "" if measurement.load is None else f" {measurement.load:g}"
        return f"{measurement.scenario.name} ({measurement.mode}{load})"
    parts = (str(part) for part in measurement.key() if part is not None)
    return " / ".join(parts)


def _score(item: Stored) -> AccuracyMeasurement:
    assert isinstance(item.measurement, AccuracyMeasurement)
    return item.measurement


def _window(item: Stored) -> ServingMeasurement:
    assert isinstance(item.measurement, ServingMeasurement)
    return item.measurement


def _scenario(item: Stored) -> Scenario:
    return _window(item).scenario


def _machine(item: Stored) -> Machine:
    return item.run.provenance.machine or Machine()


def _no_latency(item: Stored) -> bool:
    """Of one stream: under load it is the rate that counts."""
    window = _window(item)
    return window.mode == "single-stream" and window.latency_s is window.queries_per_dollar is None


def _no_error(item: Stored) -> bool:
    score = _score(item)
    return score.value is not None and score.value.stderr is None and score.samples is None


def _no_harness(item: Stored) -> bool:
    harness = harness_of(item)
    return harness is None or harness.version is None


def _on_gpu(item: Stored) -> bool:
    """Whether a GPU may have been at work: nobody says that it was a CPU."""
    return _machine(item).gpu is not None or _window(item).engine.device != "cpu"


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


def _quantizations(card: Card) -> list[QuantizationMeasurement]:
    """The quantizations that gave the card's model."""
    return [recorded.measurement for recorded in quantization.records(card) if recorded.made]


def _no_settings(card: Card) -> bool:
    sections = card.specification.ordered_sections
    return "creation" in sections and not quantization.records(card)


def _no_size(card: Card) -> bool:
    records = _quantizations(card)
    return bool(records) and all(q.size_bytes is None for q in records)


def _no_base_size(card: Card) -> bool:
    records = _quantizations(card)
    return not _no_size(card) and bool(records) and all(q.base_size_bytes is None for q in records)


def _no_calibration(card: Card) -> bool:
    records = _quantizations(card)
    return bool(records) and all(
        q.calibration is None and q.algorithm != "round-to-nearest" for q in records
    )


def _no_duration(card: Card) -> bool:
    records = _quantizations(card)
    return bool(records) and all(q.duration_s is None for q in records)


def _single(kind: str) -> Callable[[Card], bool]:
    """Whether there are results of the kind and none has a repeat: two runs of one origin."""

    def holds(card: Card) -> bool:
        if not card.measured(kind):
            return False
        for identity, repeats in card.shown.items():
            origins = [item.run.provenance.origin for item in repeats]
            if identity.kind == kind and len(origins) > len(set(origins)):
                return False
        return True

    return holds


def _clocks(*, warmed: bool) -> Callable[[Card], bool]:
    def holds(card: Card) -> bool:
        measured = card.measured("device")
        # cardgen's own collector runs every shape once before the clock does.
        is_warm = all(item.run.provenance.collector == "device" for item in measured)
        return is_warm == warmed and any(_machine(i).power_limit_w is None for i in measured)

    return holds


ACCURACY: tuple[Unknown | Together | Plain, ...] = (
    Unknown(
        Message("Number of samples behind each score, and how many were dropped: not recorded."),
        Message("Number of samples behind the scores of %(which)s: not recorded."),
        lambda item: _score(item).n_scored is None,
    ),
    Unknown(
        Message("Uncertainty of the scores: not recorded, so the recoveries carry no interval."),
        Message("Uncertainty of %(which)s: not recorded, so the recovery carries no interval."),
        _no_error,
    ),
    Unknown(
        Message("Machine on which accuracy was evaluated: not recorded."),
        Message("Machine on which %(which)s was evaluated: not recorded."),
        lambda item: _machine(item).gpu is None and _machine(item).cpu is None,
    ),
    Unknown(
        Message("Versions of the evaluation harnesses: not recorded."),
        Message("Version of the evaluation harness of %(which)s: not recorded."),
        _no_harness,
    ),
)
SERVING: tuple[Unknown | Together | Plain, ...] = (
    Unknown(
        Message("Latency of whole requests: not recorded."),
        Message("Latency of whole requests of %(which)s: not recorded."),
        _no_latency,
    ),
    Unknown(
        Message("Failed and incomplete requests: not recorded."),
        Message("Failed and incomplete requests of %(which)s: not recorded."),
        lambda item: _window(item).requests is None,
    ),
    Unknown(
        Message("Version of the serving engine: not recorded."),
        Message("Version of the serving engine of %(which)s: not recorded."),
        lambda item: _window(item).engine.version is None,
    ),
    Unknown(
        Message("Prompt and output lengths of the requests: not recorded."),
        Message("Prompt and output lengths of the requests of %(which)s: not recorded."),
        lambda item: None in (_scenario(item).prompt_tokens, _scenario(item).output_tokens),
    ),
    Plain(
        Message("Spread of the serving results: one window per result, no repeats recorded."),
        _single("serving"),
    ),
    Together(
        Message("State of the prefix cache and warm-up of the server: not recorded."),
        (
            Unknown(
                Message("State of the prefix cache: not recorded."),
                Message("State of the prefix cache of %(which)s: not recorded."),
                lambda item: _window(item).prefix_cache_hit_rate is None,
            ),
            Unknown(
                Message("Warm-up of the server: not recorded."),
                Message("Warm-up of the server of %(which)s: not recorded."),
                lambda item: _window(item).warmup_s is None,
            ),
        ),
    ),
    Together(
        Message("Driver, CUDA version and host of the serving machines: not recorded."),
        (
            Unknown(
                Message("Host of the serving machines: not recorded."),
                Message("Host of the serving machine of %(which)s: not recorded."),
                lambda item: _machine(item).cpu is None,
            ),
            Unknown(
                Message("Driver and CUDA version of the serving machines: not recorded."),
                Message(
                    "Driver and CUDA version of the serving machine of %(which)s: not recorded."
                ),
                lambda item: _on_gpu(item) and _machine(item).driver is None,
            ),
        ),
    ),
)
ENERGY = Unknown(
    Message("How the energy of the devices was measured: not recorded."),
    Message("How the energy of some devices was measured: not recorded."),
    lambda item: (
        isinstance(item.measurement, DeviceMeasurement)
        and item.measurement.energy is not None
        and item.measurement.energy.method == "unknown"
    ),
)
ASKED: dict[str, tuple[Unknown | Together | Plain, ...]] = {
    "quantization": (
        Plain(Message("Quantization settings: not recorded."), _no_settings),
        Plain(Message("Sizes of the checkpoint before and after: not recorded."), _no_size),
        Plain(Message("Size of the base model: not recorded."), _no_base_size),
        Plain(Message("Calibration data of the quantization: not recorded."), _no_calibration),
        Plain(Message("Duration and memory of the quantization: not recorded."), _no_duration),
    ),
    "accuracy": ACCURACY,
    "serving": SERVING,
    "device": (
        Plain(
            Message("Spread of the device results: one run per setting, no repeats recorded."),
            _single("device"),
        ),
        ENERGY,
        Plain(
            Message("Warm-up, clocks, power limit and throttling of the devices: not recorded."),
            _clocks(warmed=False),
        ),
        Plain(
            Message("Clocks, power limit and throttling of the devices: not recorded."),
            _clocks(warmed=True),
        ),
    ),
}
