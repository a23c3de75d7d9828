"""The header and the title: their values, base model and name against the card's."""

from __future__ import annotations

from collections.abc import Iterator

from cardgen.audit.findings import Finding
from cardgen.audit.naming import key_of, name_of, same_base
from cardgen.audit.number import Number, parse
from cardgen.audit.roles import Row, View
from cardgen.audit.rules.models.identity import differs, kin, sources
from cardgen.audit.subject import Subject


def model_index(subject: Subject) -> Iterator[Finding]:
    """A value in the header's model-index stands in the row of the same data set, where there is
    one.

    Compared by the letters and digits of the names; values as percentages or fractions. A warning.
    """
    front = subject.document.front
    if front is None:
        return
    rows: dict[str, list[tuple[View, Row]]] = {}
    for table in subject.views:
        for row in table.rows[:500]:
            if row.role == "data" and row.label:
                rows.setdefault(key_of(row.label), []).append((table, row))
    name = ""
    results = ("model-index", "[]", "results", "[]")
    for entry in front.entries:
        if entry.path == (*results, "dataset", "name"):
            name = entry.value
        if entry.path != (*results, "metrics", "[]", "value") or not name:
            continue
        number = parse(entry.value)
        if number is None:
            continue
        cells = [
            cell
            for table, row in rows.get(key_of(name), [])
            for column in table.columns
            if (cell := table.value(row, column)) is not None
        ]
        if not cells or len(cells) > 6:
            continue
        if any(_scaled(number, cell) for cell in cells):
            continue
        yield Finding(
            "model-index",
            "text-vs-metadata",
            "warning",
            entry.line,
            entry.column,
            entry.value,
            cells[0].text,
            f"the header's model-index has {entry.value} for {name}, the table {cells[0].text}",
        )


def _scaled(one: Number, other: Number) -> bool:
    for factor in (1.0, 100.0, 0.01):
        slack = max(one.step * factor, other.step) + 1e-9
        if abs(one.value * factor - other.value) <= slack:
            return True
    return False


def front_base(subject: Subject) -> Iterator[Finding]:
    """The header's base_model, and the title, name the model that the rest of the card is about."""
    base, own = subject.base, subject.own
    if base is None or own is None or not (subject.quantized or subject.speculator):
        return
    for witness in subject.base_witnesses:
        if witness.source != "front matter":
            continue
        name = name_of(witness.text)
        if kin(name, base) or same_base(name, own):
            continue
        if len(sources(subject.base_witnesses, base)) < 2:
            continue
        yield Finding(
            "base-in-header",
            "text-vs-metadata",
            "warning",
            witness.line,
            witness.column,
            witness.text,
            base.text,
            f"base_model is {witness.text}, the card is about {base.text}",
        )
    for witness in subject.own_witnesses:
        name = name_of(witness.text)
        if witness.source != "title" or same_base(name, base) or kin(name, own):
            continue
        if differs(name, own):
            yield Finding(
                "title",
                "text-vs-metadata",
                "error",
                witness.line,
                witness.column,
                witness.text,
                own.name,
                f"the title names {witness.text}, the rest of the card {own.name}",
            )
