"""Rows of one hardware that name one model twice."""

from __future__ import annotations

from collections.abc import Iterator

from cardgen.audit.findings import Finding, Input
from cardgen.audit.naming import is_model
from cardgen.audit.roles import Row
from cardgen.audit.rules.serving.block import blocks, model_of
from cardgen.audit.subject import Subject


def repeated_rows(subject: Subject) -> Iterator[Finding]:
    """Two rows of one hardware that name the same model: one of the names is wrong."""
    for block in blocks(subject):
        table = block.table
        if not table.of("model") or len(block.rows) > 12:
            continue
        marks = table.of("gpus", "setting", "label")
        seen: dict[tuple[str, ...], Row] = {}
        for row in block.rows:
            words = [c.text for m in marks if (c := row.cells[m.at]) is not None]
            key = (model_of(table, row), *words)
            other = seen.setdefault(key, row)
            cell = next((c for c in row.cells if c is not None and c.text == key[0]), None)
            if other is row or cell is None or not is_model(key[0].split(" ")[0]):
                continue
            yield Finding(
                "repeated-label",
                "format",
                "warning",
                cell.line,
                cell.column,
                key[0],
                "another model",
                f"two rows of {block.hardware or 'one hardware'} are labelled {key[0]}",
                (Input("other row", key[0], other.line, 1),),
            )
