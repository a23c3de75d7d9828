"""The numbers that a card says in sentences: sizes, what the quantization took, how long an engine
needs to start. Cells like those of tables, so that `explain` and `table` reach them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from cardgen.card import Card
from cardgen.derive import serving
from cardgen.derive.quantity import Quantity, number
from cardgen.derive.repeats import value_of
from cardgen.metrics import ENGINE_START, PEAK_MEMORY, QUANTIZATION_TIME, SIZE
from cardgen.store.runs import Stored
from cardgen.tables.model import Cell, short, slug, unique, write_digits
from cardgen.tables.quantization import speaking


def figures(card: Card) -> list[Cell]:
    """Every such number of the card, its digits written."""
    found = [*_quantization(card), *engine_starts(card).values()]
    for cell in found:
        write_digits([cell])
    return found


def _quantization(card: Card) -> Iterator[Cell]:
    """Sizes before and after, seconds and memory, of the record that speaks for the card."""
    spoken = speaking(card)
    if spoken is None:
        return
    record, stored = spoken
    size = "size/quantized" if spoken.made else "size/attempt"
    if record.size_bytes is not None:
        yield Cell(number(record.size_bytes, "B", stored, "size_bytes"), SIZE, address=size)
        if record.base_size_bytes is not None:
            base = number(record.base_size_bytes, "B", stored, "base_size_bytes")
            yield Cell(base, SIZE, address="size/base")
    if record.duration_s is not None:
        took = number(record.duration_s, "s", stored, "duration_s")
        yield Cell(took, QUANTIZATION_TIME, address="quantization/duration")
    if record.peak_memory_bytes is not None:
        memory = number(record.peak_memory_bytes, "B", stored, "peak_memory_bytes")
        yield Cell(memory, PEAK_MEMORY, address="quantization/peak-memory")


def engine_starts(card: Card) -> dict[str, Cell]:
    """How long the serving engine took until it answered, by model: the median of its starts."""
    starts: dict[str, dict[str, Stored]] = {}
    for item in card.measured("serving"):
        model = card.model_name(item.measurement.model)
        starts.setdefault(model, {}).setdefault(item.file, item)  # one start a run
    read = partial(serving.plain, field="engine/startup_s", unit="s")
    values = {
        model: value_of(list(items.values()), read, card.specification.prefer)
        for model, items in starts.items()
    }
    known = {model: value for model, value in values.items() if isinstance(value, Quantity)}
    names = unique([slug(short(model)) for model in known])
    return {
        model: Cell(value, ENGINE_START, address=f"engine-start/{name}")
        for (model, value), name in zip(known.items(), names, strict=True)
    }
