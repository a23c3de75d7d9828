"""What is gathered while a card is read: measurements, the layout they were in, what was unread."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError

from cardgen.publish.transcription.printed import Data
from cardgen.published import Cell, Document, Table
from cardgen.records import AnyMeasurement
from cardgen.records.measurement import Measurement
from cardgen.tables.model import slug

BREAK = re.compile(r"<br\s*/?>", re.I)
TAG = re.compile(r"<[^<>]{0,500}>|\*\*|__|`")


class Unread(NamedTuple):
    """A place of the card that gave no record, and why."""

    line: int
    what: str


@dataclass(slots=True)
class Gathered:
    """The records of one card and the parts of its specification."""

    model: str
    base_model: str | None
    measurements: list[AnyMeasurement] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    specification: Data = field(default_factory=dict)
    _seen: set[object] = field(default_factory=set)

    def add(self, kind: type[Measurement], data: Data, line: int) -> bool:
        """Keep a measurement; one that is no valid record, or comes again, is listed instead."""
        try:
            found: Any = kind.model_validate_json(json.dumps(data))
        except ValidationError as problem:
            first = problem.errors()[0]
            place = ".".join(str(step) for step in first["loc"])
            self.unread.append(Unread(line, f"no valid {data['kind']} record: {place}"))
            return False
        if found.identity in self._seen:
            self.unread.append(Unread(line, f"a second {data['kind']} value of the same quantity"))
            return False
        self._seen.add(found.identity)
        self.measurements.append(found)
        return True

    def model_of(self, heading: str) -> str | None:
        """The model that a heading or cell names, by its full name; None where it names none."""
        name = plain(short(re.sub(r"\s*\([^()]*\)\s*$", "", heading)))
        for model in (self.model, self.base_model):
            if model is not None and name == plain(short(model)):
                return model
        return None


def plain(text: str) -> str:
    """A name without case, blanks and punctuation: `W4A16` and `w4a16`, `-` and `.`."""
    return re.sub(r"[^0-9a-z]+", "", text.lower())


def short(model: str) -> str:
    """The name without its organisation."""
    return model.strip().rsplit("/", 1)[-1]


def lines(cell: Cell) -> list[str]:
    """The lines of a cell as a reader sees them."""
    if cell.raw:
        found = [" ".join(TAG.sub("", piece).split()) for piece in BREAK.split(cell.raw)]
        return [line for line in found if line]
    return [cell.text] if cell.text else []


def text(cell: Cell | None) -> str:
    """What a reader sees in the cell."""
    return "" if cell is None else cell.text.strip()


def headings(table: Table) -> list[str]:
    """The header above each column, on one line."""
    return [" ".join(table.heading(column)) for column in range(table.width)]


def above(document: Document, table: Table, reach: int = 12) -> Sequence[str]:
    """The source lines between the last heading, or the last few lines, and the table."""
    start = document.sections[table.section].line if table.section >= 0 else 0
    return document.lines[max(start, table.line - 1 - reach) : table.line - 1]


def key(words: str) -> str:
    """A task's or scenario's name in the records, from its printed title."""
    return slug(words.replace("(", " ").replace(")", " ").strip())
