"""The accuracy table: categories by rowspan, tasks, base and quantized scores, recovery."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cardgen.card import Card
from cardgen.derive import accuracy, paired
from cardgen.derive.quantity import Absent, Quantity, Value
from cardgen.language import Message
from cardgen.metrics import DETECTABLE, DIFFERENCE, RECOVERY, RECOVERY_INTERVAL, SCORE
from cardgen.records import AccuracyMeasurement, Identity
from cardgen.spec.base import Localized, localized
from cardgen.spec.card import TaskRow
from cardgen.store.runs import Stored
from cardgen.tables.model import Cell, Table, Text, settle, slug, unique
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
    for identity, repeats in card.records.identities.items():
        if identity.kind != "accuracy" or identity.model not in models:
            continue
        # Of a score measured under several conditions, the shown one speaks for the row.
        measurement = (card.shown[identity] or repeats)[0].measurement
        if isinstance(measurement, AccuracyMeasurement):
            keys.setdefault(identity.key, measurement)
    if not specification.accuracy.tasks:
        return _addressed([_row(card, key, m, None) for key, m in keys.items()])
    found: list[Row] = []
    for planned in specification.accuracy.tasks:
        matches = [(key, m) for key, m in keys.items() if planned.takes(m)]
        if not matches:
            found.append(_planned_only(planned))
        several = len(matches) > 1
        found += [_row(card, key, m, planned, several=several) for key, m in matches]
    return _addressed(found)


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


def _planned_only(planned: TaskRow) -> Row:
    absent = Absent(Message("not measured"))
    title = planned.title or planned.task
    return Row(slug(planned.task), title, planned.category, absent, absent, higher_is_better=True)


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
    base = card.value(original, accuracy.score)
    quantized = card.value(own, accuracy.score)
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
        _partial(card.shown.get(original, ())),
        _partial(card.shown.get(own, ())),
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


def _partial(repeats: Sequence[Stored]) -> Message | None:
    """How many samples a score covers, where that is not all of them. A group of tasks is as
    partial as its tasks: its limit says so where it has no counts of its own."""
    for stored in repeats:
        measurement = stored.measurement
        if not isinstance(measurement, AccuracyMeasurement) or measurement.value is None:
            continue
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


def table(card: Card) -> Table | None:
    """The accuracy table, or None where the card has no scores and plans none."""
    tasks = rows(card)
    if not tasks:
        return None
    specification = card.specification
    recoveries = [row.recovery() for row in tasks]
    differences = [row.difference() for row in tasks]
    with_base = specification.base_model is not None
    with_interval = with_base and any(isinstance(item, Quantity) for item in differences)
    with_paired = any(not isinstance(row.paired, Absent) for row in tasks)
    with_category = any(row.category for row in tasks)

    body: list[list[Cell]] = []
    for start, stop in _groups(tasks):
        first = len(body)
        group = tasks[start:stop]
        for index in range(start, stop):
            cells = _cells(tasks[index], recoveries[index], with_base=with_base)
            if with_interval:
                cells.append(_difference_cell(tasks[index], differences[index]))
            if with_paired:
                cells += _paired_cells(tasks[index])
            body.append(cells)
        category = group[0].category
        if _averaged(category, specification.accuracy.average):
            cells = _average(card, group, recoveries[start:stop], category)
            body.append(cells + [Cell("")] * (with_interval + 2 * with_paired))
        if with_category:
            span = len(body) - first
            body[first].insert(0, Cell(category or "", rowspan=span, bold=True))
    if specification.accuracy.average == "all":
        cells = _average(card, tasks, recoveries, None)
        rest = [Cell("")] * (with_interval + 2 * with_paired)
        body.append([Cell("")] * with_category + cells + rest)

    head = [Cell(Message("Category"), header=True)] * with_category
    head.append(Cell(Message("Benchmark"), header=True))
    if with_base:
        head.append(Cell(specification.base_model or "", header=True))
    head.append(Cell(specification.model, header=True))
    if with_base:
        head.append(Cell(Message("Recovery (%)"), header=True))
    if with_interval:
        head.append(Cell(Message("Difference, 95% interval"), header=True))
    if with_paired:
        head.append(Cell(Message("Recovery (%), 95% interval"), header=True))
        head.append(Cell(Message("Smallest detectable change"), header=True))
    made = Table("accuracy", Message("Accuracy"), [head], body)
    return settle(made, mixed=len(card.records.origins) > 1)


def _groups(tasks: Sequence[Row]) -> list[tuple[int, int]]:
    """Runs of rows that share a category, as [start, stop)."""
    groups: list[tuple[int, int]] = []
    start = 0
    for index in range(1, len(tasks) + 1):
        if index == len(tasks) or tasks[index].category != tasks[start].category:
            groups.append((start, index))
            start = index
    return groups


def _averaged(category: Localized | None, wanted: Sequence[str] | str) -> bool:
    if category is None or isinstance(wanted, str):
        return False
    return localized(category, "en") in wanted


def _cells(row: Row, recovery: Value, *, with_base: bool, bold: bool = False) -> list[Cell]:
    address = f"accuracy/{row.key}"
    cells = [Cell(row.label, bold=bold)]
    if with_base:
        cells.append(
            Cell(row.base, SCORE, address=f"{address}/base", bold=bold, remark=row.base_remark)
        )
    cells.append(
        Cell(row.quantized, SCORE, address=f"{address}/quantized", bold=bold, remark=row.remark)
    )
    if with_base:
        remark = row.unlike.remark
        cells.append(
            Cell(recovery, RECOVERY, address=f"{address}/recovery", bold=bold, remark=remark)
        )
    return cells


def _difference_cell(row: Row, value: Value) -> Cell:
    remark = None
    if not isinstance(row.paired, Absent):
        remark = Message("paired over %(count)s samples", {"count": row.paired.samples})
    return Cell(value, DIFFERENCE, address=f"accuracy/{row.key}/difference", remark=remark)


def _paired_cells(row: Row) -> list[Cell]:
    """What the samples that both models answered say beyond the difference."""
    kept: Value
    detectable: Value
    if isinstance(row.paired, Absent):
        kept = detectable = row.paired
    else:
        positive = min(row.paired.ends) > 0
        missing = NO_SPREAD if positive else NO_RATIO
        kept, detectable = row.paired.recovery or missing, row.paired.detectable
    address = f"accuracy/{row.key}"
    return [
        Cell(kept, RECOVERY_INTERVAL, address=f"{address}/recovery-interval"),
        Cell(detectable, DETECTABLE, address=f"{address}/detectable"),
    ]


def _average(
    card: Card,
    group: Sequence[Row],
    recoveries: Sequence[Value],
    category: Localized | None,
) -> list[Cell]:
    base = accuracy.average([row.base for row in group])
    quantized = accuracy.average([row.quantized for row in group])
    directions = {row.higher_is_better for row in group}
    mixed = Absent(Message("higher is better for some of the tasks, lower for others"))
    recovery: Value
    refused = next((row.unlike.refused for row in group if row.unlike.refused is not None), None)
    if refused is not None:
        reason = {"reason": refused.reason}
        recovery = Absent(Message("a task it averages over has no recovery: %(reason)s", reason))
    elif card.specification.accuracy.average_recovery == "mean-of-recoveries":
        recovery = accuracy.mean_recovery(recoveries)
    elif len(directions) > 1:
        base = quantized = recovery = mixed
    else:
        recovery = accuracy.recovery(quantized, base, higher_is_better=directions.pop())
    key = f"average-{slug(localized(category, 'en'))}" if category else "average"
    row = Row(
        key,
        Message("Average score"),
        category,
        base,
        quantized,
        higher_is_better=True,
        base_remark=PARTLY if any(row.base_remark for row in group) else None,
        remark=PARTLY if any(row.remark for row in group) else None,
        unlike=Unlike(remark=next((r.unlike.remark for r in group if r.unlike.remark), None)),
    )
    return _cells(row, recovery, with_base=card.specification.base_model is not None, bold=True)
