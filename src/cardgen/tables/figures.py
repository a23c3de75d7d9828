"""The numbers that a card says in sentences: sizes, what the quantization took, how long an engine
needs to start. Cells like those of tables, so that `explain` and `table` reach them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from cardgen.card import Card
from cardgen.conditions.groups import Part, grouped
from cardgen.derive import serving
from cardgen.derive.quantity import Quantity, number
from cardgen.derive.repeats import value_of
from cardgen.metrics import ENGINE_START, PEAK_MEMORY, QUANTIZATION_TIME, SIZE
from cardgen.records import ServingMeasurement
from cardgen.store.runs import Stored
from cardgen.tables.grids import Place
from cardgen.tables.model import Cell, short, slug, unique, write_digits
from cardgen.tables.quantization import speaking


def figures(card: Card, starts: Sequence[Start]) -> list[Cell]:
    """Every such number that the card's sections say, its digits written."""
    found = [*_quantization(card), *(start.cell for start in starts)]
    for cell in found:
        write_digits([cell])
    return found


def _quantization(card: Card) -> Iterator[Cell]:
    """Sizes before and after, seconds and memory, of the record that speaks for the card."""
    spoken = speaking(card)
    if spoken is None:
        return
    sections = card.specification.ordered_sections
    record, stored = spoken
    if "optimizations" in sections:
        size = "size/quantized" if spoken.made else "size/attempt"
        for field, address in (("size_bytes", size), ("base_size_bytes", "size/base")):
            if (count := getattr(record, field)) is not None:
                yield Cell(number(count, "B", stored, field), SIZE, address=address)
    if "creation" in sections:
        if record.duration_s is not None:
            took = number(record.duration_s, "s", stored, "duration_s")
            yield Cell(took, QUANTIZATION_TIME, address="quantization/duration")
        if record.peak_memory_bytes is not None:
            memory = number(record.peak_memory_bytes, "B", stored, "peak_memory_bytes")
            yield Cell(memory, PEAK_MEMORY, address="quantization/peak-memory")


class Start(NamedTuple):
    """How long an engine took until it answered: with which model, on what."""

    model: str
    place: Place
    cell: Cell


def engine_starts(card: Card) -> list[Start]:
    """How long each serving engine took with each model on each hardware: the median of its starts.
    Windows of one run that say the same are of one start."""
    if "methods" not in card.specification.ordered_sections:
        return []
    starts: dict[tuple[str, Place], dict[tuple[str, float | None], Stored]] = {}
    for item in card.measured("serving"):
        window = item.measurement
        assert isinstance(window, ServingMeasurement)
        place = Place(window.hardware.name, window.hardware.count, window.engine.name, None)
        key = (card.model_name(window.model), place)
        starts.setdefault(key, {}).setdefault((item.file, window.engine.startup_s), item)
    read = partial(serving.plain, field="engine/startup_s", unit="s")
    found: dict[tuple[str, Place], Quantity] = {}
    for key, items in starts.items():
        stated = [
            Part((item,), card.statements.together([item], "section"))
            for (_, seconds), item in items.items()
            if seconds is not None
        ]
        # A run may have started the engine in several ways; the usual one is told.
        usual = max(grouped(stated), key=lambda group: len(group.items), default=None)
        value = value_of(usual.items if usual else (), read, card.specification.prefer)
        if isinstance(value, Quantity):
            found[key] = value
    names = unique([slug(_name(key, list(found))) for key in found])
    return [
        Start(model, place, Cell(value, ENGINE_START, address=f"engine-start/{name}"))
        for ((model, place), value), name in zip(found.items(), names, strict=True)
    ]


def _name(start: tuple[str, Place], starts: Sequence[tuple[str, Place]]) -> str:
    """The model, with the hardware and the engine where it was served on several."""
    model, place = start
    others = [of for name, of in starts if name == model and of != place]
    parts = [short(model)]
    parts += [place.key] if any(of.key != place.key for of in others) else []
    parts += [place.engine] if any(of.engine != place.engine for of in others) else []
    return "-".join(parts)
