"""Measurements that a report prints more than once: the same setting must give the same number."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from cardgen.audit.findings import Finding, Input
from cardgen.audit.number import Number, meet
from cardgen.audit.roles import OF_WHOLE, Column, Row, View
from cardgen.audit.subject import Subject

SETTINGS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (key, re.compile(pattern, re.I))
    for key, pattern in (
        ("dataset", r"^(?:data\s?set|датасет|набор данных)$"),
        ("batch", r"^(?:batch[\s_]*(?:size)?|(?:размер )?батча?)$"),
        ("image", r"^(?:(?:image|img)[\s_]*size|размер изображени[йя])$"),
        ("sequence", r"^(?:seq(?:uence)?[\s_]*len(?:gth)?|длина последовательност(?:и|ей))$"),
        ("optimization", r"^(?:optimi[sz]ations?|оптимизаци[яи])$"),
        ("device", r"^(?:device|устройство)$"),
    )
)
METRICS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("latency", re.compile(r"latency|задержк\w*", re.I)),
    ("energy", re.compile(r"energy|энерги\w*", re.I)),
    ("flops", re.compile(r"flops", re.I)),
)
PAIR = re.compile(r"([A-Za-zА-Яа-яЁё][A-Za-zА-Яа-яЁё _]{1,24}?)\s?:\s+(\S+)")
KEYS = frozenset(key for key, _ in SETTINGS)
SAME = {"cuda": "gpu", "nvidia": "gpu"}


class Measured(NamedTuple):
    """A printed number with everything that it was measured under."""

    number: Number
    table: View
    row: Row
    column: Column


def _key(words: str) -> str:
    return next((key for key, pattern in SETTINGS if pattern.match(words.strip())), "")


def _stated(subject: Subject) -> dict[int, dict[str, str]]:
    """The settings that the lines of each section state."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for sentence in subject.document.sentences[:2000]:
        for match in PAIR.finditer(sentence.text):
            key = _key(match[1].split(" ")[-1]) or _key(match[1])
            if key:
                value = match[2].lower().rstrip(".,;")
                found[sentence.section][key] = SAME.get(value, value)
    return found


def repeated_measurements(subject: Subject) -> Iterator[Finding]:
    """One metric under one setting (data set, batch, image size, sequence length, optimisation,
    device), printed in two tables of a report with values that no rounding makes equal.

    A setting comes from the lines above a table, from its first column and from its headings; only
    where all six are known. Cannot know: that a setting was measured twice on purpose.
    """
    stated = _stated(subject)
    if not stated:
        return
    known: dict[tuple[tuple[str, str], ...], Measured] = {}
    for table in subject.views:
        settings = stated.get(table.table.section)
        if settings is None or not table.columns or len(table.rows) > 200:
            continue
        varied = _key(table.columns[0].name)
        if not varied:
            continue
        # Two columns of one heading say of their neighbours what they do, each another thing.
        headings = Counter(column.heading for column in table.columns)
        single = [c for c in table.columns[1:] if headings[c.heading] == 1]
        for row in table.rows:
            first = row.cells[0]
            if first is None or not first.text:
                continue
            value = first.text.lower()
            own = settings | {varied: SAME.get(value, value)}
            for column in single:
                number = table.value(row, column)
                if number is None:
                    continue
                identity = _identity(own, column)
                if identity is None:
                    continue
                measured = Measured(number, table, row, column)
                other = known.setdefault(identity, measured)
                if other is not measured:
                    yield from _compare(other, measured)


def _identity(settings: dict[str, str], column: Column) -> tuple[tuple[str, str], ...] | None:
    """What a column's cell in a row was measured under; None where a part is unknown."""
    if column.role == "percent" or OF_WHOLE.match(column.name):
        return None
    metric = next((name for name, pattern in METRICS if pattern.search(column.name)), "quality")
    pattern = dict(METRICS).get(metric)
    rest = pattern.sub("", column.name) if pattern else column.name
    rest = re.sub(r"\([^()]*\)", "", rest).strip(" _-").lower()
    whole = dict(settings)
    if rest and metric != "flops":
        whole["dataset"] = rest
    elif metric == "quality":
        return None
    if not whole.keys() >= KEYS:
        return None
    return (("metric", metric), *sorted(whole.items()))


def _compare(one: Measured, other: Measured) -> Iterator[Finding]:
    if one.number.unit != other.number.unit:
        return
    first = (one.number.rounded[0], max(one.number.rounded[1], one.number.cut[1]))
    second = (other.number.rounded[0], max(other.number.rounded[1], other.number.cut[1]))
    if meet(first, second):
        return
    cell, before = other.row.cells[other.column.at], one.row.cells[one.column.at]
    if cell is None or before is None:
        return
    yield Finding(
        "repeated-measurement",
        "text-vs-metadata",
        "warning",
        cell.line,
        cell.column,
        cell.text,
        before.text,
        f"{other.column.name}: {cell.text} here, {before.text} on line {before.line} for the "
        f"same setting",
        (Input(one.column.name, before.text, before.line, before.column),),
    )
