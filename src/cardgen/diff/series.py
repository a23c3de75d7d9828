"""A card's records as series: for each thing a reader compares, its values over the runs.

Owns what is compared, and under which conditions it was measured. Knows nothing of a second side.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import NamedTuple

from cardgen.card import Card
from cardgen.conditions.condition import Conditions
from cardgen.derive import accuracy, device, serving
from cardgen.derive.quantity import Absent, Quantity, Value, leaf, number
from cardgen.derive.repeats import MEDIAN
from cardgen.diff.conditions import conditions
from cardgen.metrics import (
    BATCH_LATENCY,
    ENERGY,
    FLOPS,
    FLOPS_DECODE,
    FLOPS_PREFILL,
    INTER_TOKEN_LATENCY,
    OUTPUT_TOKENS_PER_SECOND,
    PEAK_MEMORY,
    QUALITY,
    QUANTIZATION_TIME,
    QUERIES_PER_DOLLAR,
    REQUEST_LATENCY,
    REQUESTS_PER_SECOND,
    SCORE,
    SIZE,
    TIME_TO_FIRST_TOKEN,
    Metric,
)
from cardgen.records import (
    AccuracyMeasurement,
    DeviceMeasurement,
    Identity,
    Reading,
)
from cardgen.spec.load import Project
from cardgen.store.runs import Stored

Read = Callable[[Stored], Value | None]

KEYS: dict[str, tuple[str, ...]] = {
    "quantization": ("scheme",),
    "accuracy": (
        "task",
        "metric",
        "split",
        "n_shot",
        "chain_of_thought",
        "variant",
        "language",
    ),
    "serving": ("hardware", "hardware_count", "engine", "scenario", "mode", "load"),
    "device": (
        "device",
        "dataset",
        "batch_size",
        "image_size",
        "sequence_length",
        "optimization",
    ),
    "table": ("row", "column"),
}
"""The names of an identity's parts, in the order of the records' `key()`; `table` is a number of a
published page that no record stands behind."""


class Subject(NamedTuple):
    """What is compared: an identity and one quantity of it.

    `quantity` is the metric's id; a quality keeps its own name behind it (`quality WER`).
    """

    identity: Identity
    quantity: str

    @property
    def where(self) -> dict[str, object]:
        """The identity's parts by name, those that are given."""
        names = KEYS[self.identity.kind]
        pairs = zip(names, self.identity.key, strict=True)
        return {name: part for name, part in pairs if part is not None}


class Series(NamedTuple):
    """The values of one subject on one side: one an independent run, or why there is none.

    `shown` is what the card shows, the median of the runs. `recorded` is False where no run holds
    the quantity itself and it follows from others.
    """

    subject: Subject
    metric: Metric
    values: tuple[Quantity, ...]
    shown: Quantity | None
    higher_is_better: bool | None
    conditions: Conditions
    revisions: tuple[str, ...]
    reason: str | None = None
    recorded: bool = True

    @property
    def unit(self) -> str:
        """The unit without the word that tells modelled joules apart: that is a method."""
        return self.shown.unit.removesuffix(" (modelled)") if self.shown else ""


class _Reader(NamedTuple):
    """How one quantity of a record kind is read, and by which field it is recorded."""

    metric: Metric
    read: Read
    field: str


def _field(name: str, unit: str) -> Read:
    """A raw reading, or a plain number, of a measurement; None where it has none.

    The bytes that a failed quantization wrote are no size of the model.
    """

    def read(stored: Stored) -> Value | None:
        if stored.measurement.outcome != "measured":
            return None
        value = getattr(stored.measurement, name)
        if isinstance(value, Reading):
            return leaf(value, unit, stored, name)
        return None if value is None else number(value, unit, stored, name)

    return read


def _readers(project: Project) -> dict[str, tuple[_Reader, ...]]:
    def cost(stored: Stored) -> Value | None:
        return serving.queries_per_dollar(stored, project.price_of)

    return {
        "quantization": (
            _Reader(SIZE, _field("size_bytes", "B"), "size_bytes"),
            _Reader(QUANTIZATION_TIME, _field("duration_s", "s"), "duration_s"),
            _Reader(PEAK_MEMORY, _field("peak_memory_bytes", "B"), "peak_memory_bytes"),
        ),
        "accuracy": (_Reader(SCORE, accuracy.score, "value"),),
        "serving": (
            _Reader(REQUEST_LATENCY, serving.latency, "latency_s"),
            _Reader(TIME_TO_FIRST_TOKEN, _field("ttft_s", "s"), "ttft_s"),
            _Reader(INTER_TOKEN_LATENCY, _field("itl_s", "s"), "itl_s"),
            _Reader(REQUESTS_PER_SECOND, serving.rate, "requests_per_s"),
            _Reader(
                OUTPUT_TOKENS_PER_SECOND,
                _field("output_tokens_per_s", "1/s"),
                "output_tokens_per_s",
            ),
            _Reader(QUERIES_PER_DOLLAR, cost, "queries_per_dollar"),
        ),
        "device": (
            _Reader(BATCH_LATENCY, device.latency, "latency_s"),
            _Reader(ENERGY, device.energy, "energy"),
            _Reader(FLOPS, device.flops, "flops_generation"),
            _Reader(FLOPS_PREFILL, _field("flops_prefill", "FLOP"), "flops_prefill"),
            _Reader(FLOPS_DECODE, _field("flops_decode", "FLOP"), "flops_decode"),
            _Reader(QUALITY, device.quality, "quality"),
        ),
    }


def recorded(card: Card) -> set[tuple[str, str]]:
    """Every kind and field that a measurement of the card holds."""
    fields = {kind: [one.field for one in each] for kind, each in _readers(card.project).items()}
    return {
        (measurement.kind, name)
        for _, run in card.records.runs
        for measurement in run.measurements
        for name in fields[measurement.kind]
        if getattr(measurement, name) is not None
    }


def series(
    card: Card, names: Mapping[str, str], fields: Container[tuple[str, str]] | None = None
) -> dict[Subject, Series]:
    """Every quantity of every identity of the card, models by the names they go by.

    `names` renames models further: the other side's aliases. `fields`, where given, are those that
    either side records: all else is left out. A quantity that no run of an identity holds is in the
    result only where it follows from others, or where all of them failed.
    """
    readers = {
        kind: [one for one in each if fields is None or (kind, one.field) in fields]
        for kind, each in _readers(card.project).items()
    }
    found: dict[Subject, Series] = {}
    for identity in card.records.identities:
        name = names.get(identity.model, identity.model)
        for one in _of_identity(card, identity, name, readers[identity.kind]):
            found[one.subject] = one
    return found


def _of_identity(
    card: Card, recorded_as: Identity, name: str, readers: Sequence[_Reader]
) -> Iterator[Series]:
    """The series of one identity, its model by the name it goes by on both sides."""
    repeats = card.shown[recorded_as]
    identity = recorded_as if name == recorded_as.model else recorded_as._replace(model=name)
    for metric, read, field in readers:
        value = card.value(recorded_as, read)
        if isinstance(value, Quantity):
            held = any(getattr(item.measurement, field) is not None for item in repeats)
            behind = [_stored(item) for item in _runs(value)]
            under = conditions(card, behind, metric, (field,))
            yield _present(identity, metric, value, behind, under)._replace(recorded=held)
        elif value.stored is not None:
            yield _missing(identity, metric, value, repeats)


def _runs(value: Quantity) -> tuple[Quantity, ...]:
    return value.inputs if value.formula is MEDIAN else (value,)


def _present(
    identity: Identity,
    metric: Metric,
    value: Quantity,
    behind: Sequence[Stored],
    under: Conditions,
) -> Series:
    quantity, direction = metric.id, metric.higher_is_better
    measurement = behind[0].measurement
    if isinstance(measurement, AccuracyMeasurement):
        direction = measurement.higher_is_better
    if isinstance(measurement, DeviceMeasurement) and metric is QUALITY and measurement.quality:
        quantity = f"{metric.id} {measurement.quality.metric}"
        direction = measurement.quality.higher_is_better
    subject = Subject(identity, quantity)
    return Series(subject, metric, _runs(value), value, direction, under, _revisions(behind))


def _missing(
    identity: Identity, metric: Metric, absent: Absent, repeats: Sequence[Stored]
) -> Series:
    quantity = metric.id
    return Series(
        Subject(identity, quantity),
        metric,
        (),
        None,
        metric.higher_is_better,
        {},
        _revisions(repeats),
        str(absent.reason),
        recorded=False,
    )


def _stored(value: Quantity) -> Stored:
    place = value.leaf
    if place is None or place.stored is None:
        place = next(leaf for leaf in value.leaves() if leaf.stored is not None)
    assert place.stored is not None
    return place.stored


def _revisions(repeats: Sequence[Stored]) -> tuple[str, ...]:
    found = {item.measurement.revision: None for item in repeats}
    return tuple(revision for revision in found if revision is not None)
