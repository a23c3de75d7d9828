"""What two states of a card have in common: their series side by side, by identity.

Owns the pairing and the models' names on both sides. No verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cardgen.card import Card
from cardgen.diff.series import Series, Subject, recorded, series
from cardgen.diff.state import State
from cardgen.records import Identity


class Pair(NamedTuple):
    """One subject on both sides; None where a side knows nothing of it."""

    subject: Subject
    old: Series | None
    new: Series | None


def pairs(old: State, new: State) -> Iterator[Pair]:
    """Every subject that either side records, in the order of the records.

    Beside a published page, only what the page would show is compared.
    """
    cards = [card for card in (old.card, new.card) if card is not None]
    fields = None if old.page is not None else set().union(*map(recorded, cards))
    before = series(old.card, _aliases(old.card, new.card), fields) if old.card else {}
    after = series(new.card, _aliases(new.card, old.card), fields) if new.card else {}
    if old.page is not None:
        before = dict(old.page.series)
        after = {subject: one for subject, one in after.items() if subject in old.page.shown}
    for subject in (*before, *(subject for subject in after if subject not in before)):
        pair = Pair(subject, before.get(subject), after.get(subject))
        if pair.old is None:
            pair = pair._replace(old=_unnamed(subject, before))
        if pair.new is None:
            pair = pair._replace(new=_unnamed(subject, after))
        if any(one is not None and one.recorded for one in pair[1:]):
            yield pair


def _unnamed(subject: Subject, side: Mapping[Subject, Series]) -> Series | None:
    """The missing quality of a side: without a value, its name is not known either."""
    return side.get(subject._replace(quantity=subject.quantity.partition(" ")[0]))


def _aliases(card: Card | None, other: Card | None) -> dict[str, str]:
    """The other side's new names for models, those that this side does not use for another one."""
    if card is None or other is None:
        return {}
    taken = {identity.model for identity in card.records.identities}
    aliases = other.specification.aliases
    return {name: now for name, now in aliases.items() if name in taken and now not in taken}


class Both(NamedTuple):
    """The series of a pair where both sides have values."""

    old: Series
    new: Series


def values(pair: Pair) -> Both | None:
    """Both series, where both have values."""
    if pair.old is None or pair.new is None or not pair.old.values or not pair.new.values:
        return None
    return Both(pair.old, pair.new)


def knows(card: Card | None, other: Card | None, identity: Identity) -> bool:
    """Whether a side has a measurement of the identity, whatever it holds."""
    if card is None:
        return False
    if identity in card.records.identities:
        return True
    names = [name for name, now in _aliases(card, other).items() if now == identity.model]
    return any(identity._replace(model=name) in card.records.identities for name in names)
