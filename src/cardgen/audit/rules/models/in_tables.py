"""Headings and labels of tables that name another model than the card's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from cardgen.audit.findings import Finding
from cardgen.audit.naming import Name, is_model, name_of, size_of
from cardgen.audit.roles import View
from cardgen.audit.rules.models.identity import (
    agreed,
    differs,
    is_subject,
    other_scheme,
    sources,
    without_size,
)
from cardgen.audit.rules.spelling import one_letter
from cardgen.audit.subject import Subject


def labels(subject: Subject) -> Iterator[Finding]:
    """A row label that names a model of another size than all other rows of its table.

    Only in columns of models that are variants of one base model: what differs is the size alone,
    and all others agree. Cannot know: a comparison across sizes, which has more than one odd row.
    """
    for table in subject.views:
        for column in table.of("model", "label"):
            names: list[tuple[Name, int, int]] = []
            for row in table.rows:
                cell = row.cells[column.at]
                if cell is None:
                    continue
                text = cell.text.split(" ")[0]
                if is_model(text) and size_of(text):
                    names.append((name_of(text), cell.line, cell.column))
            keys = [n.base for n, _, _ in names]
            if len(names) < 3:
                continue
            common = Counter(keys).most_common(1)[0][0]
            odd = [item for item in names if item[0].base != common]
            if len(odd) != 1:
                continue
            name, line, at = odd[0]
            other = next(n for n, _, _ in names if n.base == common)
            if not any(n.quantized for n, _, _ in names) or without_size(name) != without_size(
                other
            ):
                continue
            if subject.base is not None and common != subject.base.base:
                continue
            expected = name.text.replace(_size_text(name.text), _size_text(other.text))
            yield Finding(
                "model-label",
                "text-vs-metadata",
                "error",
                line,
                at,
                name.text,
                expected,
                f"{name.text} among rows of {other.base}: another size of the model",
            )


def _size_text(text: str) -> str:
    match = re.search(r"\d+(?:\.\d+)?[bBmM](?![A-Za-z])", text)
    return match[0] if match else ""


def column_models(subject: Subject) -> Iterator[Finding]:
    """A column heading that names another model than the card's own and its base.

    Only in tables with a recovery and two named columns, where family or size differ.
    """
    own, base = subject.own, subject.base
    if own is None or base is None or not subject.quantized or not agreed(subject):
        return
    for table in subject.views:
        if not (table.of("recovery") or any(r.role == "recovery" for r in table.rows)):
            continue
        yield from _columns(subject, table, own, base)


def _columns(subject: Subject, table: View, own: Name, base: Name) -> Iterator[Finding]:
    headings = [(c, c.name.split(" ")[0].split("(")[0]) for c in table.of("score")]
    named = [(c, name_of(text)) for c, text in headings if is_model(text)]
    quantized = [n for _, n in named if n.quantized]
    for column, name in named:
        cell = table.table.heading_cell(column.at)
        if cell is None:
            continue
        if len(quantized) == 1 and name is quantized[0] and other_scheme(subject, name):
            expected, how = own.name, "the only quantized column is headed"
        elif not is_subject(subject, name) and differs(name, base):
            expected, how = base.text, "the heading names"
        else:
            continue
        yield Finding(
            "model-heading",
            "text-vs-metadata",
            "warning",
            cell.line,
            cell.column,
            name.text,
            expected,
            f"{how} {name.text}, the card is about {expected}",
        )


def near_names(subject: Subject) -> Iterator[Finding]:
    """A table's label that is one letter away from the card's own name. A warning."""
    own = subject.own
    if own is None or len(own.name) < 8 or len(sources(subject.own_witnesses, own)) < 2:
        return
    for table in subject.views:
        for row in table.rows[:500]:
            for cell in row.cells[:2]:
                if cell is None or not is_model(cell.text.split(" ")[0]):
                    continue
                text = cell.text.split(" ")[0]
                if one_letter(name_of(text).name.lower(), own.name.lower()):
                    yield Finding(
                        "near-name",
                        "text-vs-metadata",
                        "warning",
                        cell.line,
                        cell.column,
                        text,
                        own.name,
                        f"“{text}” is one letter away from {own.name}",
                    )
