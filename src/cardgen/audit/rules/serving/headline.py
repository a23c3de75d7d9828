"""The headline of a serving table: "up to N times" the base model."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from cardgen.audit.check import Check, input_of
from cardgen.audit.naming import name_of
from cardgen.audit.number import Interval, Number, Verdict, judge, parse, shown
from cardgen.audit.roles import Column, Row
from cardgen.audit.rules.serving.block import Block, blocks, model_of
from cardgen.audit.rules.serving.ratios import arithmetic, highest, point, ratios
from cardgen.audit.subject import Subject

UP_TO = re.compile(
    r"\b(?:up to|as much as|a maximum of)\s+(\d{1,3}(?:\.\d{1,3})?)\s?[x×]|"
    # A whole number of "раз" may count repeats, so that form needs decimals.
    r"\bдо\s+(\d{1,3}(?:\.\d{1,3}|,\d{1,2})?)(?:\s?[x×]|(?<=[.,]\d)\s?раза?\b|"
    r"(?<=[.,]\d\d)\s?раза?\b)",
    re.I,
)
SINGLE = re.compile(
    r"single[- ]stream|latency|synchronous|одного потока|один поток|однопоточн|задержк|\bсинхронн",
    re.I,
)
MULTI = re.compile(
    r"multi[- ]stream|asynchronous|throughput|concurren|batch|"
    r"много потоков|множеств\w* потоков|многопоточн|асинхронн|пропускн\w* способност|"
    r"параллельн|частот\w* запросов|батч",
    re.I,
)
ABOUT = re.compile(
    r"speed-?\s?up|faster|cost|throughput|latency|performance|improvement|"
    r"ускорени|быстрее|стоимост|пропускн\w* способност|задержк|производительност",
    re.I,
)


def headlines(subject: Subject) -> Iterator[Check]:
    """ "Up to N×" is the largest single ratio of this model to the base, or its largest average, in
    the mode the sentence names.

    Both are in use; a number that neither gives, on no hardware, is wrong. A headline that rests on
    one scenario twice as good as the next is a note. Cannot know: measurements that are not shown.
    """
    if subject.own is None:
        return
    found = list(blocks(subject))
    for sentence in subject.document.sentences[:600]:
        for match in UP_TO.finditer(sentence.text):
            number = parse(match[1] or match[2], commas="," in match[0])
            after = sentence.text[match.end() : match.end() + 110]
            following = UP_TO.search(after)
            after = after[: following.start()] if following else after
            if match[2]:
                # Russian names what is faster before the number: "ускорение до 2×".
                before = sentence.text[max(match.start() - 60, 0) : match.start()]
                after = f"{after} {before}"
            if number is None or not ABOUT.search(after):
                continue
            mode = (
                "single"
                if SINGLE.search(after) and not MULTI.search(after[:60])
                else "multi"
                if MULTI.search(after)
                else ""
            )
            line, column = sentence.place(match.start(1 if match[1] else 2))
            yield from _headline(subject, found, number, mode, line, column)


def _headline(
    subject: Subject, found: Sequence[Block], number: Number, mode: str, line: int, column: int
) -> Iterator[Check]:
    singles: list[tuple[float, Row, Column]] = []
    averages: list[float] = []
    fits: list[Interval] = []
    for block in found:
        table = block.table
        words = " ".join(table.path[-2:])
        is_multi = bool(table.of("rate")) or bool(MULTI.search(words))
        if (mode == "single" and is_multi) or (mode == "multi" and not is_multi):
            continue
        if block.base is None:
            continue
        for row in block.rows:
            if row is block.base or not _this(subject, model_of(table, row)):
                continue
            for roles in (("qpd",), ("latency",), ("rate",)):
                if not table.sound(row) or not table.sound(block.base):
                    continue
                some = ratios(table, row, block.base, roles)
                if some:
                    fits.append(highest([r for _, r in some]))
                    fits.append(arithmetic([r for _, r in some]))
                singles += [(point(table, row, block.base, c), row, c) for c, _ in some]
            for derived in table.of("cost", "speedup"):
                value = table.value(row, derived)
                if value is not None:
                    averages.append(value.value)
                    fits.append(Interval(*value.rounded))
    if not singles and not averages:
        return
    verdicts = [judge(number, interval) for interval in fits if math.isfinite(interval.high)]
    verdict: Verdict = "wrong"
    for wanted in ("both", "rounded", "cut"):
        if wanted in verdicts:
            verdict = "both" if wanted != "cut" else "cut"
            break
    largest = max((p for p, *_ in singles), default=max(averages, default=0.0))
    yield Check(
        "headline",
        "speedup",
        verdict,
        line,
        column,
        f"{number.text}x",
        f"{shown(largest, number.decimals)}x",
        f"the largest ratio of this model to the base is {shown(largest, number.decimals + 2)}, "
        f"the text says "
        f"up to {number.text}x",
        tuple(
            input_of(c.name, row.cells[c.at])
            for _, row, c in sorted(singles, key=lambda s: -s[0])[:3]
        ),
        certain=largest < number.value <= 1.5 * largest,
    )


def _this(subject: Subject, text: str) -> bool:
    """Whether a row's text means the card's model."""
    own = subject.own
    if re.search(r"this model|эта модель", text, re.I):
        return True
    return own is not None and name_of(text.split(" ")[0]).key == own.key
