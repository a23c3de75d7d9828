"""What a published page is about: the model it is the card of, and the settings above a table.

Owns how a page says so. What its numbers mean, and what becomes of them, is `published`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cardgen.card import Card
from cardgen.published import Document, Table

Settings = tuple[tuple[str, str], ...]
"""Label and value of each setting that stands above a table, by their words."""

MODEL = re.compile(r"[\w.-]+/[\w.-]+")
MODEL_ID = re.compile(r"[A-Za-z][\w.-]*/[\w.]+-[\w.-]+")
"""A full name that is sure to be a model's; `tokens/s` and `64/16` are none."""
MODEL_TITLE = re.compile(rf"[\w.]+-[\w.-]+|{MODEL.pattern}")
NOT_A_WORD = re.compile(r"\W+")
ASIDE = re.compile(r"\([^()]*\)")
BETWEEN = re.compile(r"[·;|]")


def plain(text: str) -> str:
    """The words alone: no signs, no case, models without their organisation."""
    if MODEL.fullmatch(text):
        text = text.rsplit("/", 1)[-1]
    return NOT_A_WORD.sub(" ", text).strip().casefold()


def renamed(card: Card) -> Mapping[str, str]:
    """The words of each model's earlier names -> those of the name it goes by."""
    return {plain(old): plain(new) for old, new in card.specification.aliases.items()}


def names(card: Card) -> frozenset[str]:
    """The words of the name of every model that the card knows."""
    specification = card.specification
    found = {identity.model for identity in card.records.identities}
    found |= {name for name in (specification.model, specification.base_model) if name is not None}
    return frozenset(map(plain, found))


def other_model(document: Document, card: Card) -> str | None:
    """The model that the page is the card of, where that is not the card's; None if not known.

    The page's own title decides: a sibling's card may have the card's model in its tables. Where
    the title names no model but the base, the tables may; the base in them alone says nothing.
    """
    specification, earlier = card.specification, renamed(card)
    own = {plain(specification.title), plain(specification.model)}
    if specification.repo is not None:
        own.add(plain(specification.repo))
    bases = {_now(name, earlier) for name in _values(document, "base_model")}
    if specification.base_model is not None:
        bases.add(plain(specification.base_model))
    titles, in_tables = _titles(document, specification.title), _in_tables(document)
    told = [_now(name, earlier) not in bases for name in titles]
    stated = titles if any(told) else [*titles, *in_tables]
    if not own.isdisjoint(_now(name, earlier) for name in stated):
        return None
    other = next((name for name in stated if _now(name, earlier) not in bases), None)
    if other is None:
        other = next(iter(titles), None)
    full = (name for name in in_tables if plain(name) == plain(other or ""))
    return next(full, other)


def _now(name: str, earlier: Mapping[str, str]) -> str:
    words = plain(name)
    return earlier.get(words, words)


def _titles(document: Document, own: str) -> list[str]:
    """What the page calls itself, where that may be a model's name or is the card's own title."""
    headings = [section.title for section in document.sections if section.level == 1]
    found = [*_values(document, "model-index", "[]", "name"), *headings[:1]]
    return [name for name in found if MODEL_TITLE.fullmatch(name) or plain(name) == plain(own)]


def _values(document: Document, *path: str) -> list[str]:
    return [entry.value for entry in document.front.values(*path)] if document.front else []


def _in_tables(document: Document) -> list[str]:
    """The models that the tables name in full, each once."""
    texts = (
        cell.text
        for table in document.tables
        for row in table.rows
        for cell in row
        if cell is not None
    )
    return list(dict.fromkeys(text for text in texts if MODEL_ID.fullmatch(text)))


def settings(document: Document, table: Table) -> Settings:
    """The settings that stand between a table and the heading or table before it.

    What stands in brackets is left out: a device's product is a condition, no setting.
    """
    starts = [other.end_line for other in document.tables if other.end_line < table.line]
    if table.section >= 0:
        starts.append(document.sections[table.section].line)
    lines = document.lines[max(starts, default=0) : table.line - 1]
    parts = (part.partition(":") for line in lines for part in BETWEEN.split(line))
    pairs = ((plain(label), plain(ASIDE.sub("", value))) for label, _, value in parts)
    return tuple({label: value for label, value in pairs if label and value}.items())


def agree(one: Settings, other: Settings) -> bool:
    """Whether no setting that both state differs."""
    stated = dict(other)
    return all(label not in stated or alike(value, stated[label]) for label, value in one)


def alike(one: str, other: str) -> bool:
    """Whether the words are the same, or go on on one side."""
    first, second = (f"{words} ".lstrip() for words in (one, other))
    return first.startswith(second) or second.startswith(first)
