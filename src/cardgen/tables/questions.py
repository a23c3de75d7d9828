"""What a reader would ask of each kind, and how it is seen that no record answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cardgen.card import Card
from cardgen.conditions.accuracy import harness_of
from cardgen.conditions.serving import engine_version
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


class Unknown(NamedTuple):
    """Something that a reader would ask: what is said where all measurements of a kind lack it, and
    where only `%(which)s` do."""

    of_all: Message
    of_some: Message
    lacks: Callable[[Stored], bool]
    when: Callable[[Card], bool] = lambda card: True  # noqa: ARG005


class Together(NamedTuple):
    """Several such things, and the one sentence for all of them where nobody recorded any."""

    of_all: Message
    parts: tuple[Unknown, ...]


class Unrepeated(NamedTuple):
    """What is said where nothing of a kind has a repeat, and where only `%(which)s` has none."""

    of_all: Message
    of_some: Message
    kind: str


class Plain(NamedTuple):
    """A sentence about the whole card, and whether it holds."""

    sentence: Message
    holds: Callable[[Card], bool]


def _score(item: Stored) -> AccuracyMeasurement:
    assert isinstance(item.measurement, AccuracyMeasurement)
    return item.measurement


def _window(item: Stored) -> ServingMeasurement:
    assert isinstance(item.measurement, ServingMeasurement)
    return item.measurement


def _scenario(item: Stored) -> Scenario:
    return _window(item).scenario


def _no_lengths(item: Stored) -> bool:
    scenario, window = _scenario(item), _window(item)
    prompt = scenario.prompt_tokens is window.mean_prompt_tokens is None
    return prompt or scenario.output_tokens is window.mean_output_tokens is None


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
    return harness is None or (harness.version is None and harness.commit is None)


def _on_gpu(item: Stored) -> bool:
    """Whether a GPU may have been at work: nobody says that it was a CPU."""
    return _machine(item).gpu is not None or _window(item).engine.device != "cpu"


def _quantization(card: Card) -> QuantizationMeasurement | None:
    """The quantization that speaks for the card, where it gave a model."""
    spoken = quantization.speaking(card)
    return spoken.measurement if spoken is not None and spoken.made else None


def _no_settings(card: Card) -> bool:
    sections = card.specification.ordered_sections
    return "creation" in sections and not quantization.records(card)


def _unrecorded(*fields: str, known: tuple[str, ...] = ()) -> Callable[[Card], bool]:
    """Whether the quantization that speaks has none of these fields, and has the known ones."""

    def holds(card: Card) -> bool:
        record = _quantization(card)
        return (
            record is not None
            and all(getattr(record, field) is None for field in fields)
            and all(getattr(record, field) is not None for field in known)
        )

    return holds


def _no_calibration(card: Card) -> bool:
    record = _quantization(card)
    if record is None or record.calibration is not None:
        return False
    return record.algorithm != "round-to-nearest" and record.method != "bitsandbytes"


def repeated(items: Sequence[Stored]) -> bool:
    """Whether there is a repeat: two runs of one origin under equal conditions."""
    origins = [item.run.provenance.origin for item in items]
    return len(origins) > len(set(origins))


def _not_warmed(item: Stored) -> bool:
    """cardgen's own collector runs every shape once before the clock does."""
    return item.run.provenance.collector != "device"


def _with_base(card: Card) -> bool:
    return card.specification.base_model is not None


ACCURACY: tuple[Unknown | Together | Unrepeated | Plain, ...] = (
    Unknown(
        Message("Number of samples behind each score, and how many were dropped: not recorded."),
        Message("Number of samples behind the scores of %(which)s: not recorded."),
        lambda item: _score(item).n_scored is None,
    ),
    Unknown(
        Message("Uncertainty of the scores: not recorded, so the recoveries carry no interval."),
        Message("Uncertainty of %(which)s: not recorded, so the recovery carries no interval."),
        _no_error,
        _with_base,
    ),
    Unknown(
        Message("Uncertainty of the scores: not recorded."),
        Message("Uncertainty of %(which)s: not recorded."),
        _no_error,
        lambda card: not _with_base(card),
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
SERVING: tuple[Unknown | Together | Unrepeated | Plain, ...] = (
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
        lambda item: engine_version(item) is None,
    ),
    Unknown(
        Message("Prompt and output lengths of the requests: not recorded."),
        Message("Prompt and output lengths of the requests of %(which)s: not recorded."),
        _no_lengths,
    ),
    Unrepeated(
        Message("Spread of the serving results: one window per result, no repeats recorded."),
        Message("Spread of %(which)s: one window, no repeats recorded."),
        "serving",
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
ASKED: dict[str, tuple[Unknown | Together | Unrepeated | Plain, ...]] = {
    "quantization": (
        Plain(Message("Quantization settings: not recorded."), _no_settings),
        Plain(
            Message("Sizes of the checkpoint before and after: not recorded."),
            _unrecorded("size_bytes", "base_size_bytes"),
        ),
        Plain(
            Message("Size of the checkpoint: not recorded."),
            _unrecorded("size_bytes", known=("base_size_bytes",)),
        ),
        Plain(
            Message("Size of the base model: not recorded."),
            _unrecorded("base_size_bytes", known=("size_bytes",)),
        ),
        Plain(Message("Calibration data of the quantization: not recorded."), _no_calibration),
        Plain(
            Message("Duration and memory of the quantization: not recorded."),
            _unrecorded("duration_s", "peak_memory_bytes"),
        ),
        Plain(
            Message("Duration of the quantization: not recorded."),
            _unrecorded("duration_s", known=("peak_memory_bytes",)),
        ),
        Plain(
            Message("Memory of the quantization: not recorded."),
            _unrecorded("peak_memory_bytes", known=("duration_s",)),
        ),
    ),
    "accuracy": ACCURACY,
    "serving": SERVING,
    "device": (
        Unrepeated(
            Message("Spread of the device results: one run per setting, no repeats recorded."),
            Message("Spread of %(which)s: one run, no repeats recorded."),
            "device",
        ),
        ENERGY,
        Together(
            Message("Warm-up, clocks, power limit and throttling of the devices: not recorded."),
            (
                Unknown(
                    Message("Warm-up of the devices: not recorded."),
                    Message("Warm-up of the device of %(which)s: not recorded."),
                    _not_warmed,
                ),
                Unknown(
                    Message("Clocks, power limit and throttling of the devices: not recorded."),
                    Message(
                        "Clocks, power limit and throttling of the device of %(which)s: not"
                        " recorded."
                    ),
                    lambda item: _machine(item).power_limit_w is None,
                ),
            ),
        ),
    ),
}
