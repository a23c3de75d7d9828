"""What the records do not say: absence is told, never guessed."""

from __future__ import annotations

from collections.abc import Iterator

from cardgen.card import Card
from cardgen.language import Message
from cardgen.records import (
    AccuracyMeasurement,
    DeviceMeasurement,
    Machine,
    ServingMeasurement,
)
from cardgen.tables import quantization
from cardgen.tables.serving import TITLES


def unknowns(card: Card) -> list[Message]:
    """One sentence for each thing that a reader would ask and no record answers."""
    return [message for message, holds in _questions(card) if holds]


def _questions(card: Card) -> Iterator[tuple[Message, bool]]:
    yield from _sections(card)
    yield from _quantization(card)
    yield from _accuracy(card)
    yield from _serving(card)
    yield from _device(card)


def _machines(card: Card, kind: str) -> list[Machine]:
    """The machine of every run of a kind; an empty one where the run does not say."""
    measured = (s for s in card.records.of_kind(kind) if s.measurement.outcome == "measured")
    runs = {id(s.run): s.run for s in measured}.values()
    return [run.provenance.machine or Machine() for run in runs]


def _single(card: Card, kind: str) -> bool:
    """Whether no identity of the kind has a repeat: two runs of one origin."""
    for identity, repeats in card.records.identities.items():
        origins = [stored.run.provenance.origin for stored in repeats]
        if identity.kind == kind and len(origins) > len(set(origins)):
            return False
    return True


def _sections(card: Card) -> Iterator[tuple[Message, bool]]:
    sections = card.specification.ordered_sections
    loads = card.measurements(ServingMeasurement)
    yield (
        Message("Accuracy: not measured."),
        "accuracy" in sections and not card.records.of_kind("accuracy"),
    )
    yield Message("Inference performance: not measured."), "serving" in sections and not loads
    for mode in card.specification.serving.modes:
        yield (
            Message("%(title)s: not measured.", {"title": TITLES[mode]}),
            "serving" in sections and bool(loads) and all(load.mode != mode for load in loads),
        )
    yield (
        Message("Device benchmark: not measured."),
        "device" in sections and not card.records.of_kind("device"),
    )


def _quantization(card: Card) -> Iterator[tuple[Message, bool]]:
    own = quantization.records(card)
    records = [recorded.measurement for recorded in own if recorded.made]
    yield from ((attempt.told, True) for attempt in quantization.told_apart(card))
    yield (
        Message("Quantization settings: not recorded."),
        "creation" in card.specification.ordered_sections and not own,
    )
    no_size = bool(records) and all(q.size_bytes is None for q in records)
    yield Message("Sizes of the checkpoint before and after: not recorded."), no_size
    yield (
        Message("Size of the base model: not recorded."),
        bool(records) and not no_size and all(q.base_size_bytes is None for q in records),
    )
    yield (
        Message("Calibration data of the quantization: not recorded."),
        bool(records)
        and all(q.calibration is None and q.algorithm != "round-to-nearest" for q in records),
    )
    yield (
        Message("Duration and memory of the quantization: not recorded."),
        bool(records) and all(q.duration_s is None for q in records),
    )


def _accuracy(card: Card) -> Iterator[tuple[Message, bool]]:
    scores = [s for s in card.measurements(AccuracyMeasurement) if s.outcome == "measured"]
    yield (
        Message("Number of samples behind each score, and how many were dropped: not recorded."),
        any(s.n_scored is None for s in scores),
    )
    yield (
        Message("Uncertainty of the scores: not recorded, so the recoveries carry no interval."),
        any(s.value and s.value.stderr is None and s.samples is None for s in scores),
    )
    yield (
        Message("Machine on which accuracy was evaluated: not recorded."),
        any(m.gpu is None and m.cpu is None for m in _machines(card, "accuracy")),
    )
    yield (
        Message("Versions of the evaluation harnesses: not recorded."),
        any(s.harness is None or s.harness.version is None for s in scores),
    )


def _serving(card: Card) -> Iterator[tuple[Message, bool]]:
    loads = [s for s in card.measurements(ServingMeasurement) if s.outcome == "measured"]
    yield (
        Message("Failed and incomplete requests: not recorded."),
        any(s.requests is None for s in loads),
    )
    yield (
        Message("Version of the serving engine: not recorded."),
        any(s.engine.version is None for s in loads),
    )
    yield (
        Message("Prompt and output lengths of some requests: not recorded."),
        any(s.scenario.prompt_tokens is None or s.scenario.output_tokens is None for s in loads),
    )
    yield (
        Message("Spread of the serving results: one window per result, no repeats recorded."),
        bool(loads) and _single(card, "serving"),
    )
    yield (
        Message("State of the prefix cache and warm-up of the server: not recorded."),
        any(s.prefix_cache_hit_rate is None for s in loads),
    )
    yield (
        Message("Driver, CUDA version and host of the serving machines: not recorded."),
        any(
            m.cpu is None or (m.gpu is not None and m.driver is None)
            for m in _machines(card, "serving")
        ),
    )


def _device(card: Card) -> Iterator[tuple[Message, bool]]:
    devices = card.measurements(DeviceMeasurement)
    yield (
        Message("Spread of the device results: one run per setting, no repeats recorded."),
        bool(devices) and _single(card, "device"),
    )
    yield (
        Message("How the energy of some devices was measured: not recorded."),
        any(d.energy is not None and d.energy.method == "unknown" for d in devices),
    )
    unknown = any(m.power_limit_w is None for m in _machines(card, "device"))
    # cardgen's own collector runs every shape once before the clock does.
    warmed = all(
        stored.run.provenance.collector == "device" for stored in card.records.of_kind("device")
    )
    yield (
        Message("Warm-up, clocks, power limit and throttling of the devices: not recorded."),
        unknown and not warmed,
    )
    yield (
        Message("Clocks, power limit and throttling of the devices: not recorded."),
        unknown and warmed,
    )
