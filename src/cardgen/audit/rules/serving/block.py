"""The rows of one hardware in a serving table, with the base model's row among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cardgen.audit.naming import is_model, name_of
from cardgen.audit.roles import BASE, Row, View
from cardgen.audit.subject import Subject


class Block(NamedTuple):
    """The rows of one hardware in one table, with the row of the base model."""

    table: View
    hardware: str
    rows: tuple[Row, ...]
    base: Row | None


def blocks(subject: Subject) -> Iterator[Block]:
    """The blocks of every table with latencies, rates or queries per dollar."""
    for table in subject.views:
        if not table.of("latency", "rate", "qpd") or not table.of("model", "label"):
            continue
        grouped: dict[str, list[Row]] = {}
        places = table.of("hardware")
        current = ""
        for row in table.rows:
            if row.role == "section":
                current = row.label
                continue
            if row.role != "data":
                continue
            said = [c.text for p in places if (c := row.cells[p.at]) is not None and c.text]
            current = " / ".join(said) or current
            grouped.setdefault(current, []).append(row)
        for hardware, rows in grouped.items():
            yield Block(table, hardware, tuple(rows), _base(subject, table, rows))


def model_of(table: View, row: Row) -> str:
    """The model that a row names: its model column, else its label."""
    for column in table.of("model"):
        cell = row.cells[column.at]
        if cell is not None and cell.text:
            return cell.text
    return row.label


def _base(subject: Subject, table: View, rows: Sequence[Row]) -> Row | None:
    """The base model's row: its name, or the row without a cost reduction or speed-up."""
    derived = table.of("cost", "speedup")
    named = [r for r in rows if _is_base(subject, model_of(table, r))]
    if len(named) == 1:
        return named[0]
    blank = [
        r
        for r in rows
        if derived and all((n := table.value(r, c)) is None or n.value == 1 for c in derived)
    ]
    both = [r for r in blank if r in named] or blank
    return both[0] if len(both) == 1 else None


def _is_base(subject: Subject, text: str) -> bool:
    words = text.split(" ")[0]
    if is_model(words):
        name = name_of(words)
        if subject.base is not None and name.key == subject.base.key:
            return True
        return not name.quantized and subject.quantized
    return bool(BASE.search(text))
