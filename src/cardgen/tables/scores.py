"""The scores that the accuracy table shows: a row a task, base beside quantized, compared where
they can be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cardgen.card import Card
from cardgen.derive import accuracy, paired
from cardgen.derive.quantity import NOT_MEASURED, Absent, Quantity, Value
from cardgen.derive.repeats import failure
from cardgen.language import Message
from cardgen.records import AccuracyMeasurement, Identity
from cardgen.spec.base import Localized, localized
from cardgen.spec.card import TaskRow
from cardgen.tables.model import Text, slug, unique
from cardgen.tables.unlike import ALIKE, Unlike, unlike

NOT_PAIRED = Absent(Message("no per-sample results of both models"))
NO_MEAN = Absent(Message("a score is not the mean of its samples"))
NO_SPREAD = Absent(Message("all samples differ alike, from which no interval follows"))
PARTLY = Message("averages scores that do not cover all samples")
NO_RATIO = Absent(Message("a score of zero or less has no ratio"))


@dataclass(slots=True)
class Row:
    """One task's scores."""

    key: str
    label: Text
    category: Localized | None
    base: Value
    quantized: Value
    higher_is_better: bool
    record: AccuracyMeasurement | None = None
    paired: paired.Shown | Absent = NOT_PAIRED
    base_remark: Message | None = None
    remark: Message | None = None
    unlike: Unlike = ALIKE

    @property
    def group(self) -> str:
        """The category by the name that `accuracy.average` has for it; empty without one."""
        return localized(self.category, "en") if self.category is not None else ""

    def recovery(self) -> Value:
        """The share of the base model's score that is kept, where the two can be compared."""
        if self.unlike.refused is not None:
            return self.unlike.refused
        return accuracy.recovery(self.quantized, self.base, higher_is_better=self.higher_is_better)

    def difference(self) -> Value:
        """Quantized minus base with its interval: paired where it can be."""
        if self.unlike.refused is not None:
            return self.unlike.refused
        if isinstance(self.paired, Absent):
            return accuracy.difference(self.quantized, self.base)
        return self.paired.difference


def rows(card: Card) -> list[Row]:
    """The rows of the accuracy table in the card's order: planned ones, else every task scored."""
    specification = card.specification
    models = [
        specification.model,
        *([specification.base_model] if specification.base_model else []),
    ]
    keys: dict[tuple[object, ...], AccuracyMeasurement] = {}
    shown = [item.measurement for item in card.measured("accuracy")]
    scored = [item for item in shown if isinstance(item, AccuracyMeasurement)]
    for identity, repeats in card.records.identities.items():
        if identity.kind != "accuracy" or identity.model not in models:
            continue
        # Of a score measured under several conditions, the shown one speaks for the row.
        measurement = (card.shown[identity] or repeats)[0].measurement
        if not isinstance(measurement, AccuracyMeasurement):
            continue
        # A task that failed is recorded before anybody knows its metric: where another run scored
        # the task, the failure is the reason in that row.
        if measurement.value is not None or not any(_tells(measurement, of) for of in scored):
            keys.setdefault(identity.key, measurement)
    if not specification.accuracy.tasks:
        return _addressed(_by_category([_row(card, key, m, None) for key, m in keys.items()]))
    found: list[Row] = []
    left = dict(keys)
    for planned in specification.accuracy.tasks:
        matches = [(key, m) for key, m in left.items() if planned.takes(m)]
        if not any(planned.takes(m) for m in keys.values()):
            found.append(_planned_only(card, planned))
        several = len(matches) > 1
        found += [_row(card, key, m, planned, several=several) for key, m in matches]
        # A score that two rows take counts once.
        left = {key: m for key, m in left.items() if not planned.takes(m)}
    return _addressed(_by_category(found))


def _by_category(found: list[Row]) -> list[Row]:
    """The rows with those of a category together, categories as they first come."""
    order = list(dict.fromkeys(row.group for row in found))
    return sorted(found, key=lambda row: order.index(row.group))


def _tells(failed: AccuracyMeasurement, scored: AccuracyMeasurement) -> bool:
    """Whether a task that failed is the one that another run scored: nothing that both name
    differs, its metric aside, which a failure cannot know."""
    if failed.task != scored.task:
        return False
    named = ("split", "n_shot", "variant", "language", "chain_of_thought")
    both = ((getattr(failed, name), getattr(scored, name)) for name in named)
    return all(one == other or one in (None, False) or other is None for one, other in both)


def _addressed(found: list[Row]) -> list[Row]:
    """The rows with a key each: where two scores of a task share one, what tells them apart."""
    counts = Counter(row.key for row in found)
    for row in found:
        if counts[row.key] > 1 and row.record is not None:
            record = row.record
            shots = None if record.n_shot is None else f"{record.n_shot}-shot"
            thought = "cot" if record.chain_of_thought else None
            parts = (row.key, record.metric, record.split, shots, thought)
            row.key = "-".join(slug(part) for part in parts if part)
    for row, key in zip(found, unique([row.key for row in found]), strict=True):
        row.key = key
    return found


def _planned_only(card: Card, planned: TaskRow) -> Row:
    specification = card.specification

    def is_of(failed: AccuracyMeasurement) -> bool:
        return failed.task == planned.task and failed.n_shot in (None, planned.n_shot)

    base, own = (
        _failure(card, model or "", is_of) or NOT_MEASURED
        for model in (specification.base_model, specification.model)
    )
    title = planned.title or planned.task
    return Row(slug(planned.task), title, planned.category, base, own, higher_is_better=True)


def _failure(card: Card, model: str, is_of: Callable[[AccuracyMeasurement], bool]) -> Absent | None:
    """Why a task gave a model no score, whatever metric it was to have."""
    for identity, repeats in card.shown.items():
        if identity.kind == "accuracy" and identity.model == model:
            for item in repeats:
                measurement = item.measurement
                assert isinstance(measurement, AccuracyMeasurement)
                if measurement.value is None and is_of(measurement):
                    return failure(item)
    return None


def _score(card: Card, identity: Identity, scored: AccuracyMeasurement) -> Value:
    value = card.value(identity, accuracy.score)
    if value is not NOT_MEASURED:
        return value
    return _failure(card, identity.model, lambda failed: _tells(failed, scored)) or value


def _row(
    card: Card,
    key: tuple[object, ...],
    measurement: AccuracyMeasurement,
    planned: TaskRow | None,
    *,
    several: bool = False,
) -> Row:
    specification = card.specification
    own = Identity("accuracy", specification.model, key)
    original = Identity("accuracy", specification.base_model or "", key)
    title: Localized = (planned.title if planned else None) or title_of(measurement)
    if several and planned is not None and planned.title is not None:
        title = _told_apart(planned.title, measurement)
    category: Localized | None = (planned.category if planned else None) or measurement.category
    parts = [measurement.task, measurement.variant, measurement.language]
    base = _score(card, original, measurement)
    quantized = _score(card, own, measurement)
    compared = unlike(card, own, original, ("value",), strict=False)
    return Row(
        "-".join(slug(part) for part in parts if part),
        (title, measurement.metric),
        category,
        base,
        quantized,
        measurement.higher_is_better,
        measurement,
        compared.refused
        or _paired(card, base, quantized, higher_is_better=measurement.higher_is_better),
        _partial(base),
        _partial(quantized),
        compared,
    )


def _paired(
    card: Card, base: Value, quantized: Value, *, higher_is_better: bool
) -> paired.Shown | Absent:
    """The scores compared sample by sample, where one run a side kept its samples and its score is
    their mean; else why not."""
    first, second = _sampled(card, base), _sampled(card, quantized)
    for side in (first, second):
        if isinstance(side, Absent):
            return side
    assert not isinstance(first, Absent)
    assert not isinstance(second, Absent)
    if first.factor != second.factor:
        return Absent(Message("the scores are in different units"))
    comparison = paired.compare(paired.pairs(first.scores, second.scores))
    if comparison is None:
        return Absent(Message("the models did not answer the same samples"))
    if comparison.low == comparison.high:
        return NO_SPREAD
    assert isinstance(base, Quantity)
    assert isinstance(quantized, Quantity)
    return paired.shown(
        comparison, quantized, base, factor=first.factor, higher_is_better=higher_is_better
    )


class Sampled(NamedTuple):
    """The samples of a score as fractions or points, and the factor that takes them to what the
    card shows."""

    scores: Mapping[str, float]
    factor: int


def _sampled(card: Card, value: Value) -> Sampled | Absent:
    """The samples behind a shown score, where the score is their mean in the record's own scale."""
    if isinstance(value, Absent) or len(value.leaves()) != 1:
        return NOT_PAIRED
    stored = value.leaves()[0].stored
    scores = card.sample_scores(stored) if stored is not None else None
    if stored is None or not scores:
        return NOT_PAIRED
    assert isinstance(stored.measurement, AccuracyMeasurement)
    scale = stored.measurement.scale
    if scale == "percent":
        scores = {name: score / 100 for name, score in scores.items()}
    factor = 1 if scale == "points" else 100
    mean = factor * math.fsum(scores.values()) / len(scores)
    slack = 1e-6 * max(1.0, abs(value.value))
    if not value.low - slack <= mean <= value.high + slack:
        return NO_MEAN
    return Sampled(scores, factor)


def _told_apart(title: Localized, measurement: AccuracyMeasurement) -> Localized:
    """A row's title with what tells it from the others that the same title was given to."""
    shots = None if measurement.n_shot is None else f"{measurement.n_shot}-shot"
    parts = (measurement.variant or measurement.metric, measurement.split, shots)
    more = ", ".join(part for part in parts if part)
    if isinstance(title, str):
        return f"{title} ({more})"
    return {code: f"{text} ({more})" for code, text in title.items()}


def title_of(measurement: AccuracyMeasurement) -> str:
    """The task with what tells its scores apart: `gsm8k (5-shot, strict-match)`."""
    details = [
        measurement.split,
        "CoT" if measurement.chain_of_thought else None,
        f"{measurement.n_shot}-shot" if measurement.n_shot is not None else None,
        measurement.variant,
        measurement.language,
    ]
    known = ", ".join(detail for detail in details if detail)
    return f"{measurement.task} ({known})" if known else measurement.task


def _partial(value: Value) -> Message | None:
    """How many samples a score covers, where that is not all of them. A group of tasks is as
    partial as its tasks: its limit says so where it has no counts of its own."""
    for stored in value.measurements() if isinstance(value, Quantity) else ():
        measurement = stored.measurement
        assert isinstance(measurement, AccuracyMeasurement)
        expected, scored = measurement.n_expected, measurement.n_scored
        limit = measurement.settings.get("limit")
        if expected is not None and scored is not None:
            if scored < expected:
                return Message(
                    "%(model)s: %(scored)s of %(expected)s samples scored",
                    {"model": measurement.model, "scored": scored, "expected": expected},
                )
        elif limit is not None:
            told = int(limit) if isinstance(limit, float) and limit.is_integer() else limit
            return Message(
                "%(model)s: a partial run, limit %(limit)s for each task",
                {"model": measurement.model, "limit": told},
            )
    return None
