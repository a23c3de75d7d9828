"""What `build` says of conditions: the groups that no table shows, with the line of card.yaml that
would show each, and what card.yaml asks for and no measurement has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from itertools import islice

from cardgen.card import Card
from cardgen.conditions.choice import Asked, Choice, Other, Section, agrees, section_of
from cardgen.conditions.condition import SEPARATOR, Condition
from cardgen.spec.line import entry, fits
from cardgen.store.runs import Stored
from cardgen.tables.others import reasons
from cardgen.tables.readings import READINGS

MOST_TRIED = 60
"""Lines that are tried; each is a choice among all of the card's measurements."""
MOST_VALUES = 6


def apart(card: Card) -> Iterator[str]:
    """The groups that are not in the tables, a line each, with what card.yaml would say to show one
    instead: a line that was tried."""
    tries = iter(range(MOST_TRIED))
    for other in card.others:
        section = other.section
        if not _may_be_shown(card, other):
            continue
        number = len(other.items)
        noun = "measurement" if number == 1 else "measurements"
        why = "; ".join(map(str, reasons(other)))
        told = f"{section.kind}: {number} {noun} of {section.model} under other conditions: {why}"
        line, count = _line(card, other, tries)
        if line is not None:
            asked: Asked = card.specification.conditions
            shown = "the other group" if count == number else f"{count} of them"
            told += f"; card.yaml: {entry('conditions', {**asked, **line})} shows {shown}"
        yield told


def _may_be_shown(card: Card, other: Other) -> bool:
    section = other.section
    return (
        section.model in card.models
        and section.kind in READINGS
        and section.kind in card.specification.ordered_sections
    )


def _lines(card: Card, other: Other) -> Iterator[dict[str, dict[str, str]]]:
    """What card.yaml might ask for: one condition in few words, in full, then all that differ from
    what is shown, then all by which the table's groups differ."""
    kind = other.section.kind
    whole: dict[str, str] = {}
    for difference in other.differences:
        if len(difference.other) != 1:
            continue
        (value,) = difference.other
        whole[difference.name] = value
        shown = {part for one in difference.one for part in one.split(SEPARATOR)}
        yield from (
            {kind: {difference.name: part}} for part in value.split(SEPARATOR) if part not in shown
        )
        yield {kind: {difference.name: value}}
    if len(whole) > 1:
        yield {kind: whole}
    names = {
        difference.name
        for one in card.others
        if one.section == other.section
        for difference in one.differences
    }
    stated = card.statements.together(other.items)
    every = {name: min(s.values) for (name, _), s in stated.items() if name in names}
    if every.keys() > whole.keys():
        yield {kind: every}


def _line(
    card: Card, other: Other, tries: Iterator[int]
) -> tuple[dict[str, dict[str, str]] | None, int]:
    """The first line that shows the whole group, else the one that shows most of it, and how much
    that is: a group of a table may have several conditions in one of its cells. For a group of
    another model none that takes the card's own out of a table."""
    best, most = None, 0
    specification = card.specification
    if other.section.kind != "serving" and other.section.model not in (
        specification.model,
        specification.base_model,
    ):
        return None, 0  # no table shows siblings but those of serving
    own = set() if other.section.model == specification.model else _own(card, card.choice)
    for line, _ in zip(filter(fits, _lines(card, other)), tries, strict=False):
        choice = card.choice_of({**specification.conditions, **line})
        if not own <= _own(card, choice):
            continue
        shown = {id(item) for items in choice.shown.values() for item in items}
        count = sum(id(item) in shown for item in other.items)
        if count > most:
            best, most = line, count
        if count == len(other.items):
            break
    return best, most


def _own(card: Card, choice: Choice) -> set[Section]:
    """The tables in which a choice shows the card's own model."""
    return {
        section_of(identity, items[0].measurement)
        for identity, items in choice.shown.items()
        if identity.model == card.specification.model
        and any(item.measurement.outcome == "measured" for item in items)
    }


def unanswered(card: Card) -> Iterator[str]:
    """What card.yaml asks for and no measurement of the kind, or none of a model, has, with what
    they do have."""
    for kind, wanted in card.specification.conditions.items():
        place = f"conditions.{kind}"
        of_models = dict(_measured(card, kind))
        stated = {c.name for items in of_models.values() for c in _conditions(card, items)}
        for name, value in wanted.items():
            if not any(one.casefold() == name.casefold() for one in stated):
                close = difflib.get_close_matches(name, stated, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                yield f"{place}: no measurement states {name!r}{hint}"
                continue
            answers = {
                model: {agrees(card.statements.together([item]), name, value) for item in items}
                for model, items in of_models.items()
            }
            lacking = [model for model, found in answers.items() if found <= {"no", "silent"}]
            if len(lacking) == len(answers):
                have = _values(card, [i for items in of_models.values() for i in items], name)
                yield f"{place}: no measurement has {name} {value!r}; they have {have}"
                continue
            for model in lacking:
                if "no" in answers[model]:
                    own = model == card.specification.model
                    told = f"{place}: no measurement of {model} has {name} {value!r}"
                    told += "" if own else ", so it is not asked of them"
                    yield f"{told}; they have {_values(card, of_models[model], name)}"


def _measured(card: Card, kind: str) -> Iterator[tuple[str, list[Stored]]]:
    """The card's models with their measurements of a kind."""
    for model in card.models:
        found = [
            item
            for identity, items in card.records.identities.items()
            if identity.kind == kind and identity.model == model
            for item in items
        ]
        if found:
            yield model, found


def _conditions(card: Card, items: Iterable[Stored]) -> Iterator[Condition]:
    return (condition for item in items for condition in card.statements.of(item))


def _values(card: Card, items: Iterable[Stored], name: str) -> str:
    """The first few values that measurements have of a condition."""
    alike = (c for c in _conditions(card, items) if c.name.casefold() == name.casefold())
    found = dict.fromkeys(condition.value for condition in alike)
    return "; ".join(repr(one) for one in islice(found, MOST_VALUES))
