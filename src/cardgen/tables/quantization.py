"""Which quantization record speaks for a card, and what is said of those that came to nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from cardgen.card import Card
from cardgen.language import Message
from cardgen.records import QuantizationMeasurement
from cardgen.remarks import said
from cardgen.store.runs import Stored

TELLING = ("optimizations", "overview", "creation")
"""The sections that can say why a quantization came to nothing: the first that the card has."""


class Recorded(NamedTuple):
    """A quantization of the card's model and where it stands."""

    measurement: QuantizationMeasurement
    stored: Stored

    @property
    def made(self) -> bool:
        """Whether it gave a model; else it failed or was skipped."""
        return self.measurement.outcome == "measured"


def records(card: Card) -> list[Recorded]:
    """The quantizations of the card's model; the first one speaks for the card.

    One that gave a model goes before one that did not, whatever their origins. Then the card's
    preference of origins decides, then the newest run; a run without a date counts as old, and
    equals keep the order of the run files.
    """
    order = card.specification.prefer
    found = [
        Recorded(stored.measurement, stored)
        for stored in card.records.of_kind("quantization")
        if isinstance(stored.measurement, QuantizationMeasurement)
        and card.model_name(stored.measurement.model) == card.specification.model
    ]

    def rank(recorded: Recorded) -> tuple[bool, int, float]:
        provenance = recorded.stored.run.provenance
        origin = provenance.origin
        moment = provenance.ended_at or provenance.started_at
        return (
            not recorded.made,
            order.index(origin) if origin in order else len(order),
            -moment.timestamp() if moment is not None else float("inf"),
        )

    return sorted(found, key=rank)


class Program(NamedTuple):
    """What quantized a model, and where it is at home."""

    name: str
    url: str = ""


LLM_COMPRESSOR = Program("llm-compressor", "https://github.com/vllm-project/llm-compressor")
PROGRAMS: Mapping[str, Program] = {
    "bitsandbytes": Program(
        "bitsandbytes", "https://github.com/bitsandbytes-foundation/bitsandbytes"
    ),
    "modelopt": Program("Model Optimizer", "https://github.com/NVIDIA/Model-Optimizer"),
    "auto-round": Program("AutoRound", "https://github.com/intel/auto-round"),
}
"""Methods that one program writes; one that several write, as gptq, tells of none of them."""


def program(recorded: Recorded) -> Program | None:
    """The program that quantized: as measured, else as the checkpoint's method tells. A
    compressed-tensors checkpoint whose algorithm is known has llm-compressor's recipe. None where a
    record does not say."""
    provenance, record = recorded.stored.run.provenance, recorded.measurement
    if provenance.origin == "measured":
        name = provenance.tool.name
        return LLM_COMPRESSOR if name == LLM_COMPRESSOR.name else Program(name)
    if record.method == "compressed-tensors" and record.algorithm is not None:
        return LLM_COMPRESSOR
    return PROGRAMS.get(record.method or "")


Activations = Literal["quantized", "not quantized", "unknown"]
SIXTEEN = re.compile(r"A(16|32)", re.IGNORECASE)
LOW = re.compile(r"A[1-9](?![0-9])|FP8|FP4", re.IGNORECASE)
"""Schemes that quantize activations, or may: W8A8, FP8, NVFP4; W4A16 does not."""


def activations(record: QuantizationMeasurement | None) -> Activations:
    """What is known of a model's activations: a record with the arguments of its weights has those
    of its activations too, unless its scheme says otherwise."""
    if record is not None and record.activations is not None:
        return "quantized"
    if record is None:
        return "unknown"
    stated = record.activation_dtype is not None or SIXTEEN.search(record.scheme)
    if stated or (record.weights is not None and not LOW.search(record.scheme)):
        return "not quantized"
    return "unknown"


def speaking(card: Card) -> Recorded | None:
    """The one that the card's header, sentences, sizes and code come from; None without any."""
    return next(iter(records(card)), None)


class Attempt(NamedTuple):
    """What is said of a quantization that came to nothing: that, and (`told`) why as well."""

    recorded: Recorded
    short: Message
    told: Message


def attempts(card: Card) -> list[Attempt]:
    """The quantizations of the card's model that came to nothing, in the order of `records`."""
    return [attempt(recorded) for recorded in records(card) if not recorded.made]


def attempt(recorded: Recorded) -> Attempt:
    """The words for one that failed or was skipped."""
    measurement = recorded.measurement
    scheme = {"scheme": measurement.scheme}
    why = {**scheme, "reason": said(measurement.reason or "—")}
    if measurement.outcome == "failed":
        short = Message("Quantization to %(scheme)s failed", scheme)
        told = Message("Quantization to %(scheme)s failed: %(reason)s", why)
    else:
        short = Message("Quantization to %(scheme)s was skipped", scheme)
        told = Message("Quantization to %(scheme)s was skipped: %(reason)s", why)
    return Attempt(recorded, short, told)


def telling(card: Card) -> str | None:
    """The section that says why the quantization that speaks for the card came to nothing."""
    sections = card.specification.ordered_sections
    return next((section for section in TELLING if section in sections), None)


def told_apart(card: Card) -> list[Attempt]:
    """The attempts that no section tells because another record speaks for the card, or because
    the card has no such section."""
    found = attempts(card)
    spoken = speaking(card)
    in_section = spoken is not None and not spoken.made and telling(card) is not None
    return found[1:] if in_section else found
