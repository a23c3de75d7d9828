"""The prices that a card's queries per dollar are based on."""

from __future__ import annotations

from collections.abc import Iterable

from cardgen.card import Card
from cardgen.derive.quantity import Quantity
from cardgen.metrics import QUERIES_PER_DOLLAR
from cardgen.records import ServingMeasurement
from cardgen.tables.model import Table


def prices(card: Card, tables: Iterable[Table]) -> list[dict[str, str]]:
    """The prices behind the queries per dollar that tables show: hardware, price, source, date;
    each once."""
    listed = card.project.specification.prices
    found: dict[tuple[str, ...], dict[str, str]] = {}
    cells = (cell for table in tables for cell in table.quantities())
    printed = [cell.content for cell in cells if cell.metric is QUERIES_PER_DOLLAR]
    behind = {
        (stored.file, stored.index)
        for value in printed
        if isinstance(value, Quantity)
        for stored in value.measurements()
    }
    for stored in card.records.of_kind("serving"):
        if (stored.file, stored.index) not in behind:
            continue
        measurement = stored.measurement
        assert isinstance(measurement, ServingMeasurement)
        name, price = measurement.hardware.name, measurement.price
        if price is not None:
            parts = (name, _dollars(price.usd_per_gpu_hour), price.source, price.date)
        else:
            entry = next((entry for entry in listed if entry.hardware == name), None)
            if entry is None:
                continue
            dollars = _dollars(entry.usd_per_gpu_hour)
            parts = (name, dollars, entry.source, entry.date.isoformat())
        names = ("hardware", "price", "source", "date")
        found.setdefault(parts, dict(zip(names, parts, strict=True)))
    return list(found.values())


def _dollars(amount: float) -> str:
    """Cents, and more digits for a price below one."""
    return f"{amount:.2f}" if amount >= 0.01 else f"{amount:g}"
