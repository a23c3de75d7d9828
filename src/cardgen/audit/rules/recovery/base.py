"""What a recovery is of: the rows with scores, and the heading of the base model."""

from __future__ import annotations

from cardgen.audit.naming import is_model, name_of
from cardgen.audit.roles import BASE, Row, View
from cardgen.audit.subject import Subject

SAMPLE = 200
WIDE = 24
"""So many recovery columns or rows of a table are checked, against so many columns beside them."""


def is_base(heading: str, subject: Subject) -> bool:
    """Whether a heading names what the quantized model is compared with."""
    words = heading.split(" ")[0]
    if is_model(words):
        name = name_of(words)
        if subject.base is not None and name.key == subject.base.key:
            return True
        return not name.quantized and not BASE.search(heading) and subject.quantized
    return bool(BASE.search(heading))


def scored_rows(table: View) -> list[Row]:
    """The rows that may print a recovery: those with scores, and their averages."""
    return [row for row in table.rows if row.role in ("data", "average")]
