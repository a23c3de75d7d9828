"""Several cards held against each other: what two of them cannot both say.

Owns what is kept of a card for that, small enough to send between processes, and the comparisons.
All findings are warnings or notes: two measurements may differ, a copy may be meant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cardgen.audit.findings import Finding, Input
from cardgen.audit.naming import is_model, key_of, name_of
from cardgen.audit.number import Number, meet
from cardgen.audit.subject import Subject

MOST = 4_000
"""Scores kept of one card."""
ALIKE = 4
"""So many equal scores, each of four digits or more, are no chance."""
SPREAD = 5.0
"""A baseline that differs by more than so many points was measured otherwise, and is no slip."""


class Score(NamedTuple):
    """A score of a model on a benchmark, as one card prints it."""

    model: str
    benchmark: str
    number: Number
    line: int
    column: int


class Facts(NamedTuple):
    """What of a card can contradict another card."""

    own: str
    base: str
    scores: tuple[Score, ...]
    text: str
    words: int


def facts(subject: Subject) -> Facts:
    """What is kept of a card: its models, its scores by model and benchmark, its text's digest."""
    own = subject.own.key if subject.own is not None else ""
    base = subject.base.key if subject.base is not None else ""
    scores: list[Score] = []
    for table in subject.views:
        named = [
            (column, name_of(column.name.split(" ")[0]).key)
            for column in table.of("score")
            if is_model(column.name.split(" ")[0].split("(")[0])
        ]
        for row in table.rows:
            if row.role not in ("data", "average") or not row.label or len(scores) >= MOST:
                continue
            benchmark = key_of(" / ".join([*table.path[-1:], row.category, row.label]))
            for column, model in named:
                number, cell = table.value(row, column), row.cells[column.at]
                if number is not None and cell is not None:
                    scores.append(Score(model, benchmark, number, cell.line, cell.column))
    front = subject.document.front
    lines = subject.document.lines[front.end_line if front is not None else 0 :]
    text = "\n".join(line.strip() for line in lines if line.strip())
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return Facts(own, base, tuple(scores), digest, len(text.split()))


def across(cards: Sequence[tuple[str, Facts]]) -> list[Finding]:
    """The findings of several cards against each other; each stands on the later card."""
    return [*_baselines(cards), *_same_scores(cards), *_same_texts(cards)]


def _baselines(cards: Sequence[tuple[str, Facts]]) -> Iterator[Finding]:
    """One model on one benchmark, printed with values that no rounding makes equal."""
    seen: dict[tuple[str, str], tuple[str, Score]] = {}
    for card, known in cards:
        here: set[tuple[str, str]] = set()
        for score in known.scores:
            key = (score.model, score.benchmark)
            if key in here:
                continue
            here.add(key)
            other, before = seen.setdefault(key, (card, score))
            near = abs(before.number.value - score.number.value) <= SPREAD
            if other == card or meet(before.number.rounded, score.number.rounded) or not near:
                continue
            yield Finding(
                "baseline-across-cards",
                "cross-card",
                "warning",
                score.line,
                score.column,
                score.number.text,
                before.number.text,
                f"{score.model} on {score.benchmark}: {score.number.text} here, "
                f"{before.number.text} in {other}, line {before.line}",
                (Input(other, before.number.text, before.line, before.column),),
                card=card,
            )


def _same_scores(cards: Sequence[tuple[str, Facts]]) -> Iterator[Finding]:
    """Different models with the same scores, digit for digit, on four benchmarks or more."""
    seen: dict[tuple[tuple[str, str], ...], tuple[str, str]] = {}
    for card, known in cards:
        models: dict[str, list[Score]] = {}
        for score in known.scores:
            models.setdefault(score.model, []).append(score)
        for model, scores in models.items():
            long = [s for s in scores if len(s.number.text.replace(".", "").strip("-")) >= 4]
            if len(long) < ALIKE:
                continue
            key = tuple(sorted((s.benchmark, s.number.text) for s in scores))
            other, twin = seen.setdefault(key, (card, model))
            if twin == model:
                continue
            first = scores[0]
            yield Finding(
                "scores-across-models",
                "cross-card",
                "warning",
                first.line,
                first.column,
                first.number.text,
                f"other scores than those of {twin}",
                f"{model} has the same {len(scores)} scores as {twin} in {other}, digit for digit",
                card=card,
            )


def _same_texts(cards: Sequence[tuple[str, Facts]]) -> Iterator[Finding]:
    """The same text for cards of different names."""
    seen: dict[str, str] = {}
    for card, known in cards:
        if known.words < 50:
            continue
        other = seen.setdefault(known.text, card)
        if other == card:
            continue
        yield Finding(
            "text-across-cards",
            "cross-card",
            "warning",
            1,
            1,
            known.own or card,
            "a text of its own",
            f"the text is that of {other}, word for word",
            card=card,
        )
