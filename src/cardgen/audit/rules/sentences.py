"""Sentences that repeat or sum up the numbers of the tables, and the header's own numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from cardgen.audit.check import Check, input_of
from cardgen.audit.findings import Finding, Input, Severity
from cardgen.audit.naming import family, key_of, name_of, same_base
from cardgen.audit.number import Number, parse
from cardgen.audit.roles import Column, Row, View
from cardgen.audit.rules.recovery import is_base
from cardgen.audit.subject import Subject

AVERAGE = re.compile(r"\baverage (?:score|accuracy) of (\d{1,3}(?:\.\d{1,4})?)\b", re.I)
VERSUS = re.compile(
    r"\b(?:unquantized|base(?:line)?|original|full[- ]precision|bf16|"
    r"fp16)\b[^.;]{0,40}?\b(?:achieves|scores|has|reaches|of|with)\s+(\d{1,3}(?:\.\d{1,4})?)\b",
    re.I,
)
RECOVERY = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3})?)\s?%")
RECOVERED = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3})?\s?%\s+(?:average\s+|accuracy\s+|score\s+|"
    r"overall\s+){0,2}recovery|"
    r"recover(?:y of|s|ing)\s+\d{1,3}(?:\.\d{1,3})?\s?%",
    re.I,
)
HEDGED = re.compile(
    r"(?:over|above|more than|at least|approximately|nearly|about|around|within|up to|less than|"
    r"almost|roughly|between|to|and|[~≈≥≤<>–-])\s*$",
    re.I,
)
BITS = re.compile(r"\bfrom\s+(\d{1,2})(?:[- ]?bits?)?\s+to\s+(\d{1,2})(?:[- ]?bits?)?\b", re.I)
REDUCED = re.compile(
    r"(?:by|\()\s*(?:by\s+)?(?:approximately|about|around|roughly|~|≈|"
    r"up to)?\s*(\d{1,2}(?:\.\d)?)\s?%",
    re.I,
)
SIZES = re.compile(
    r"\bfrom\s+~?(\d{1,5}(?:\.\d{1,3})?)\s?(GB|GiB|MB|MiB|"
    r"TB)\s+to\s+~?(\d{1,5}(?:\.\d{1,3})?)\s?(GB|GiB|MB|MiB|TB)\b",
    re.I,
)


class Printed(NamedTuple):
    """A number of a table that a sentence may repeat."""

    number: Number
    table: View
    row: Row
    column: Column


def _equal(one: Number, other: Number) -> bool:
    """Whether one is the other, printed with the fewer decimals, rounded or cut."""
    decimals = min(one.decimals, other.decimals)
    step = 10.0**-decimals
    return (
        abs(one.value - other.value) < step - 1e-9
        if one.decimals != other.decimals
        else math.isclose(one.value, other.value, abs_tol=1e-9)
    )


def _averages(subject: Subject) -> list[Printed]:
    found: list[Printed] = []
    for table in subject.views:
        for row in table.rows:
            if row.role == "average":
                for column in table.of("score"):
                    number = table.value(row, column)
                    if number is not None:
                        found.append(Printed(number, table, row, column))
        for column in table.of("average"):
            for row in table.rows[:200]:
                number = table.value(row, column)
                if number is not None:
                    found.append(Printed(number, table, row, column))
    return found


def average_sentences(subject: Subject) -> Iterator[Finding]:
    """ "Achieves an average score of X, whereas the unquantized model achieves Y": X and Y stand in
    an average row or column.

    An error where the card has one average, or where X is the base's and Y the quantized model's;
    else a warning. Cannot know: averages over tables that the card does not show.
    """
    known = _averages(subject)
    if not known:
        return
    for sentence in subject.document.sentences[:600]:
        for match in AVERAGE.finditer(sentence.text):
            yield from _repeated(
                subject, sentence.place(match.start(1)), match[1], known, base=False
            )
            other = VERSUS.search(sentence.text, match.end())
            if other:
                yield from _repeated(
                    subject, sentence.place(other.start(1)), other[1], known, base=True
                )


def _repeated(
    subject: Subject, place: tuple[int, int], text: str, known: list[Printed], *, base: bool
) -> Iterator[Finding]:
    number = parse(text)
    if number is None:
        return
    mine = [p for p in known if is_base(" ".join(p.column.heading), subject) == base] or known
    if any(_equal(number, p.number) for p in mine):
        return
    nearest = min(mine, key=lambda p: abs(p.number.value - number.value))
    rows = {(p.table.number, p.row.at) for p in known}
    severity: Severity = "error" if len(rows) == 1 and len(mine) < len(known) else "warning"
    line, column = place
    yield Finding(
        "average-sentence",
        "average",
        severity,
        line,
        column,
        text,
        nearest.number.text,
        f"the text says {text}, the table's average is {nearest.number.text}",
        (input_of(nearest.column.name, nearest.row.cells[nearest.column.at]),),
    )


def recovery_sentences(subject: Subject) -> Iterator[Finding]:
    """A percentage in a sentence on recovery stands among the recoveries of the tables.

    Hedged numbers ("over 99 %") are left out. Cannot know: which row a sentence means, unless it
    prints its name; so a number that another row has is taken as right.
    """
    known: list[Printed] = []
    for table in subject.views:
        for row in table.rows[:3000]:
            for column in table.columns:
                if column.role == "recovery" or (row.role == "recovery" and column.role == "score"):
                    number = table.value(row, column)
                    if number is not None:
                        known.append(Printed(number, table, row, column))
    if not known:
        return
    for sentence in subject.document.sentences[:600]:
        told = RECOVERED.search(sentence.text)
        if told is None:
            continue
        for match in RECOVERY.finditer(sentence.text, told.start()):
            if HEDGED.search(sentence.text, max(match.start() - 20, 0), match.start()):
                continue
            number = parse(match[1])
            if number is None or number.value < 50 or any(_equal(number, p.number) for p in known):
                continue
            after = sentence.text[match.end() : match.end() + 60]
            named = [
                p
                for p in known
                if p.row.label and len(p.row.label) > 3 and key_of(p.row.label) in key_of(after)
            ]
            nearest = min(named or known, key=lambda p: abs(p.number.value - number.value))
            line, place = sentence.place(match.start(1))
            averaged = bool(named) or nearest.row.role == "average"
            yield Finding(
                "recovery-sentence",
                "recovery",
                "error"
                if averaged and abs(nearest.number.value - number.value) < 10
                else "warning",
                line,
                place,
                f"{match[1]}%",
                f"{nearest.number.text}%",
                f"the text says {match[1]}% recovery, the nearest in the tables is "
                f"{nearest.number.text}% "
                f"({nearest.row.label})",
                (input_of(nearest.row.label, nearest.row.cells[nearest.column.at]),),
            )


def bit_sentences(subject: Subject) -> Iterator[Finding]:
    """ "From 16 to 4 bits, reducing size by approximately 75 %": 1 − 4/16, and 4 bits as the
    scheme.

    Five points of slack, because scales and unquantized layers take room. Cannot know: reductions
    of something else named in the same sentence; only the first percentage after the bits counts.
    """
    for sentence in subject.document.sentences[:600]:
        match = BITS.search(sentence.text)
        if match is None or not re.search(r"\bbits?\b", sentence.text, re.I):
            continue
        before, after = int(match[1]), int(match[2])
        if not 0 < after < before <= 64:
            continue
        line, column = sentence.place(match.start(2))
        scheme = subject.scheme
        if (
            scheme is not None
            and before in (16, 32)
            and after != scheme.bits
            and "activation" not in sentence.text[: match.start()].lower()
        ):
            yield Finding(
                "bits",
                "text-vs-metadata",
                "warning",
                line,
                column,
                f"{after} bits",
                f"{scheme.bits} bits",
                f"the text says from {before} to {after} bits, the card's scheme is {scheme.text}",
            )
        reduced = REDUCED.search(sentence.text, match.end())
        if reduced is None:
            continue
        expected = 100 * (1 - after / before)
        if abs(float(reduced[1]) - expected) > 5:
            line, column = sentence.place(reduced.start(1))
            yield Finding(
                "bits-reduction",
                "text-vs-metadata",
                "error",
                line,
                column,
                f"{reduced[1]}%",
                f"{expected:g}%",
                f"from {before} to {after} bits is {expected:g}% less, the text says {reduced[1]}%",
            )


def size_sentences(subject: Subject) -> Iterator[Finding]:
    """ "From 16.1 GB to 5.7 GB, a reduction of 65 %": 1 − 5.7/16.1, within the digits printed."""
    for sentence in subject.document.sentences[:600]:
        match = SIZES.search(sentence.text)
        if match is None or match[2].lower() != match[4].lower():
            continue
        reduced = re.search(r"(\d{1,2}(?:\.\d{1,2})?)\s?%", sentence.text[match.end() :])
        one, other = parse(match[1]), parse(match[3])
        if (
            reduced is None
            or one is None
            or other is None
            or one.value <= 0
            or other.value >= one.value
        ):
            continue
        share = parse(reduced[1])
        if share is None:
            continue
        low = 100 * (1 - other.rounded[1] / one.rounded[0])
        high = 100 * (1 - other.rounded[0] / one.rounded[1])
        if low - 1 <= share.rounded[1] and share.rounded[0] <= high + 1:
            continue
        if abs(share.value - (100 - (low + high) / 2)) <= 1:
            continue
        line, column = sentence.place(match.end() + reduced.start(1))
        yield Finding(
            "size-reduction",
            "text-vs-metadata",
            "warning",
            line,
            column,
            f"{reduced[1]}%",
            f"{(low + high) / 2:.{share.decimals}f}%",
            f"from {match[1]} to {match[3]} {match[2]} is {(low + high) / 2:.1f}% less, the "
            f"text says {reduced[1]}%",
        )


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
        if same_base(name, base) or same_base(name, own) or name.key == base.key:
            continue
        others = {w.source for w in subject.base_witnesses if name_of(w.text).key == base.key}
        if len(others) < 2:
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
        if (
            witness.source != "title"
            or same_base(name, base)
            or same_base(name, own)
            or name.key == own.key
        ):
            continue
        if family(name.base) != family(own.base) or (
            name.size and own.size and name.size != own.size
        ):
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


KNOWN: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(pattern, re.I), count)
    for pattern, count in (
        (r"^arc[-_ ]?challenge", 1172),
        (r"^gsm[-_ ]?8k(?![-_ ]?platinum)", 1319),
        (r"^gsm[-_ ]?8k[-_ ]?platinum", 1209),
        (r"^winogrande", 1267),
        (r"^hellaswag", 10042),
        (r"^piqa", 1838),
        (r"^boolq", 3270),
        (r"^openbookqa|^obqa", 500),
        (r"^rte$", 277),
    )
)
STATED = re.compile(
    r"\b(?:n\s?=\s?|of\s+)(\d{2,5})\b(?:\s+(?:questions|samples|problems|items))?", re.I
)


def whole_answers(subject: Subject) -> Iterator[Check | Finding]:
    """GRIM: a share of right answers among N is k/N for a whole k, and prints so.

    Where the row says N, a value that no k gives is a warning; where N is the known size of the
    benchmark's test set, a note, because a card may have run a part or another split. Means over
    several runs and weighted metrics are no shares. Source: Brown and Heathers, 2017.
    """
    for table in subject.views:
        columns = table.of("score")
        if not columns:
            continue
        for row in table.rows[:2000]:
            if row.role != "data":
                continue
            stated = re.search(r"\bn\s?=\s?(\d{2,5})\b", row.label, re.I)
            known = next((n for p, n in KNOWN if p.match(row.label)), None)
            count = int(stated[1]) if stated else known
            if count is None or re.search(
                r"\bavg|mean|repeat|runs|f1|weighted|mc2", row.label, re.I
            ):
                continue
            for column in columns:
                number, cell = table.value(row, column), row.cells[column.at]
                if (
                    number is None
                    or cell is None
                    or number.rest
                    or not _reachable_matters(number, count)
                ):
                    continue
                share = (
                    number.value if number.value > 1 or number.unit == "%" else 100 * number.value
                )
                step = number.step if share == number.value else 100 * number.step
                k = round(share * count / 100)
                if any(
                    abs(100 * near / count - share) <= step * (1 + 1e-9)
                    for near in (k - 1, k, k + 1)
                    if 0 <= near <= count
                ):
                    continue
                yield Finding(
                    "whole-answers",
                    "average",
                    "warning" if stated else "note",
                    cell.line,
                    cell.column,
                    cell.text,
                    f"{100 * k / count:.{max(number.decimals, 2)}f}",
                    f"no whole number of right answers out of {count} gives {cell.text} "
                    f"({k} give {100 * k / count:.4f})",
                )


def _reachable_matters(number: Number, count: int) -> bool:
    """Whether some values are not reachable at this precision: one step is less than 100/N."""
    share_step = number.step if number.value > 1 else 100 * number.step
    return 0 < number.value <= 100 and share_step * 2 < 100 / count


def stated_hardware(subject: Subject) -> Iterator[Finding]:
    """A sentence "on N GPUs" of a kind that no row of the serving tables names. A note."""
    named = {
        re.sub(r"x\d+$", "", cell.text.split(" ")[0].lower())
        for table in subject.views
        if table.of("latency", "rate", "qpd")
        for column in table.of("hardware")
        for row in table.rows
        if (cell := row.cells[column.at]) is not None and cell.text
    }
    if not named:
        return
    for sentence in subject.document.sentences[:600]:
        match = re.search(r"speed-?up\b.{0,80}\bon ([A-Z]+\d+\w{0,6}) GPUs?\b", sentence.text)
        if match and match[1].lower() not in named:
            line, column = sentence.place(match.start(1))
            yield Finding(
                "hardware",
                "text-vs-metadata",
                "warning",
                line,
                column,
                match[1],
                ", ".join(sorted(named)),
                f"the text speaks of {match[1]}, the tables of {', '.join(sorted(named))}",
                (Input("table", ", ".join(sorted(named)), 0, 0),),
            )
