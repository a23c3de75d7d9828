"""Two shown values side by side: whether their conditions let them be compared, in words.

A question that differs forbids every comparison. Any other condition is a footnote for scores, and
forbids the ratios of times, rates and costs. What is meant to differ forbids nothing.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from cardgen.card import Card
from cardgen.conditions.condition import Difference, both, listed, name_of
from cardgen.derive.quantity import Absent
from cardgen.language import Message
from cardgen.records import Identity


class Unlike(NamedTuple):
    """Why two values are not compared, or what a reader has to know of the comparison."""

    refused: Absent | None = None
    remark: Message | None = None


ALIKE = Unlike()
OF_MODELS = Message("%(name)s %(base)s for the base model, %(own)s for this one")
OF_ROWS = Message("%(name)s %(base)s for the baseline, %(own)s for this row")


def unlike(
    card: Card,
    own: Identity,
    base: Identity,
    fields: Sequence[str],
    *,
    strict: bool,
    meant: Container[str] = (),
    words: Message = OF_MODELS,
) -> Unlike:
    """The conditions of a value against those of the base model's.

    `fields` are those of the record that are compared; `strict` forbids what would else be a
    footnote; `meant` are conditions that differ on purpose here; `words` name the two sides.
    """
    if not card.shown.get(own) or not card.shown.get(base):
        return ALIKE
    found = [one for one in card.differences(base, own, fields) if one.name not in meant]
    questions = [one for one in found if one.bears_on == "question"]
    answers = [one for one in found if one.bears_on == "answer"]
    if questions:
        what = {"what": listed([_of_both(one, words) for one in questions])}
        return Unlike(
            Absent(Message("not compared, the questions were not the same: %(what)s", what))
        )
    if not answers:
        return ALIKE
    what = {"what": listed([_of_both(one, words) for one in answers])}
    if strict:
        return Unlike(
            Absent(Message("not compared, the conditions were not the same: %(what)s", what))
        )
    return Unlike(remark=Message("compared under unlike conditions: %(what)s", what))


def _of_both(difference: Difference, words: Message = OF_MODELS) -> Message:
    base, own = both(difference)
    return replace(words, values={"name": name_of(difference.name), "base": base, "own": own})


def treatments(card: Card, pairs: Iterable[tuple[Identity, Identity]]) -> list[Message]:
    """What differs on purpose between the base model (second of each pair) and a model."""
    found: dict[str, Message] = {}
    for own, base in pairs:
        if card.shown.get(own) and card.shown.get(base):
            for one in card.differences(base, own, ()):
                if one.bears_on == "treatment":
                    found.setdefault(str(_of_both(one)), _of_both(one))
    return list(found.values())
