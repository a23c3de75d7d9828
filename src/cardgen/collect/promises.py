"""What a card's plan promises: which models, which measurements, and which of them are missing.

By identity only: no checkpoint, no lock and no machine is looked at, so it is cheap.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Final, get_args

from cardgen.card import Card
from cardgen.measuring.job import Kind
from cardgen.records import AnyMeasurement
from cardgen.spec import plan as plans
from cardgen.spec.base import Specification
from cardgen.spec.plan import Measure, Subject

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MODELS: Final = "models"
ANY: Final = "*"
"""Hardware that a plan leaves to the machine."""


def wanted_kinds(measure: Measure) -> tuple[Kind, ...]:
    """The kinds that the plan measures, in the order they are worked through."""
    return tuple(kind for kind in KINDS if getattr(measure, kind) is not None)


def promised(kind: Kind, settings: Specification, subject: Subject) -> tuple[AnyMeasurement, ...]:
    """What a run of these settings will hold: the kind's own `promised`."""
    found: tuple[AnyMeasurement, ...] = _module(kind).promised(settings, subject)
    return found


def _module(kind: Kind) -> ModuleType:
    module: ModuleType = getattr(plans, kind)
    return module


def covers(measurements: Iterable[AnyMeasurement], promise: AnyMeasurement) -> bool:
    """Whether what was promised is among the measurements.

    A harness chooses the names of an accuracy score's metrics: there the task decides. Hardware
    that the plan leaves to the machine is promised as `ANY`.
    """
    wanted = promise.identity
    for found in measurements:
        identity = found.identity
        if identity[:2] == wanted[:2] and all(
            part in (ANY, other) for part, other in zip(wanted.key, identity.key, strict=True)
        ):
            return True
        if (
            found.kind == promise.kind == "accuracy"
            and found.model == promise.model
            and found.task == promise.task
        ):
            return True
    return False


def models_of(card: Card, settings: Specification) -> list[str]:
    """The names of the models a kind measures, the base model first; a plan may narrow them."""
    base, own = card.specification.base_model, card.specification.model
    which = getattr(settings, MODELS, None)
    names = [base, own] if which in (None, "both") else [base] if which == "base" else [own]
    return list(dict.fromkeys(name for name in names if name is not None))


def missing(card: Card) -> list[AnyMeasurement]:
    """What the card's plan promises and no run of the card has, failed ones included.

    By identity only: no checkpoint and no lock is looked at, so it is cheap.
    """
    measure = card.specification.measure
    if measure is None:
        return []
    present = [
        stored.measurement
        for repeats in card.records.identities.values()
        for stored in repeats
        if stored.measurement.outcome != "failed"
    ]
    found: list[AnyMeasurement] = []
    for kind in wanted_kinds(measure):
        settings: Specification = getattr(measure, kind)
        own = [card.specification.model]
        for model in own if kind == "quantization" else models_of(card, settings):
            subject = Subject(
                model,
                card.specification.base_model,
                measure.hardware or ANY,
                measure.accelerator or "cpu",
            )
            found += [p for p in promised(kind, settings, subject) if not covers(present, p)]
    return found
