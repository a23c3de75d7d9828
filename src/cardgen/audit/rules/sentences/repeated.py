"""Averages and recoveries that a sentence repeats: they stand in a table."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from cardgen.audit.check import input_of
from cardgen.audit.findings import Finding, Severity
from cardgen.audit.naming import key_of
from cardgen.audit.number import Number, parse
from cardgen.audit.roles import Column, Row, View
from cardgen.audit.rules.recovery.base import is_base
from cardgen.audit.subject import Subject
from cardgen.published import Sentence

DECIMAL = r"\d{1,3}(?:\.\d{1,4}|,\d{1,2})"
"""A number with decimals: a whole one after such words may count runs."""
AVERAGE = re.compile(
    r"\baverage (?:score|accuracy) of (?P<english>\d{1,3}(?:\.\d{1,4})?)\b|"
    r"\bсредн\w+ (?:балл|результат|оценк|точност|качеств)\w*(?: модели)?"
    rf"\s*(?:[—:-]|составля\w+|равн\w+|в)?\s*(?P<russian>{DECIMAL})(?!\d|\s?%)",
    re.I,
)
VERSUS = re.compile(
    r"\b(?:unquantized|base(?:line)?|original|full[- ]precision|bf16|"
    r"fp16)\b[^.;]{0,40}?\b(?:achieves|scores|has|reaches|of|with)\s+"
    r"(?P<english>\d{1,3}(?:\.\d{1,4})?)\b|"
    r"\b(?:базов|исходн|неквантован|оригинальн)\w+\b[^.;]{0,40}?"
    rf"(?:[—:-]|набирает|достигает|имеет|показывает|получает|с)\s+(?P<russian>{DECIMAL})(?!\d|\s?%)",
    re.I,
)
RECOVERY = re.compile(r"(?<![\d.])(?<!\d,)(\d{1,3}(?:\.\d{1,3}|,\d{1,2})?)\s?%")
RECOVERED = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3})?\s?%\s+(?:average\s+|accuracy\s+|score\s+|"
    r"overall\s+){0,2}recovery|"
    r"recover(?:y of|s|ing)\s+\d{1,3}(?:\.\d{1,3})?\s?%|"
    r"(?:сохраня|сохрани|восстанавлива|восстановл|удержива)\w+(?:\s+качеств\w+)?\s*[—:-]?\s*"
    rf"(?:{DECIMAL}|\d{{1,3}})\s?%|(?:{DECIMAL}|\d{{1,3}})\s?%\s+(?:исходного\s+)?(?:качества\s+)?(?:сохранен|восстановлен)",
    re.I,
)
HEDGED = re.compile(
    r"(?:over|above|more than|at least|approximately|nearly|about|around|within|up to|less than|"
    r"almost|roughly|between|to|and|[~≈≥≤<>–-]|"
    r"\b(?:более|больше|выше|свыше|менее|меньше|около|примерно|почти|до|от|порядка|между|и))\s*$",
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
            yield from _said(subject, sentence, match, known, base=False)
            other = VERSUS.search(sentence.text, match.end())
            if other:
                yield from _said(subject, sentence, other, known, base=True)


def _said(
    subject: Subject,
    sentence: Sentence,
    match: re.Match[str],
    known: list[Printed],
    *,
    base: bool,
) -> Iterator[Finding]:
    language = "english" if match["english"] else "russian"
    place = sentence.place(match.start(language))
    yield from _repeated(subject, place, match[language], known, base=base)


def _repeated(
    subject: Subject, place: tuple[int, int], text: str, known: list[Printed], *, base: bool
) -> Iterator[Finding]:
    number = parse(text, commas="," in text)
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
            number = parse(match[1], commas="," in match[1])
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
