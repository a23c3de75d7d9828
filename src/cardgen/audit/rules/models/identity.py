"""Whether a name is the card's model, its base, or another; and how sure the card is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cardgen.audit.naming import Name, family, is_model, key_of, name_of, same_base
from cardgen.audit.scheme import agree, schemes
from cardgen.audit.subject import Subject, Witness

MANY = 4
"""A text whose commands run so many models is no card of one model."""


def of_one_model(subject: Subject) -> bool:
    """Whether the text is a card of one model: titled or described so, and not running many."""
    ran = {name_of(u.name).base for u in subject.uses if "/" in u.name and is_model(u.name)}
    told = {w.source for w in (*subject.own_witnesses, *subject.base_witnesses)} & {
        "title",
        "front matter",
        "table",
        "text",
    }
    return bool(told) and len(ran) < MANY


def sources(witnesses: Iterable[Witness], name: Name) -> set[str]:
    """The kinds of places that give just this name."""
    return {w.source for w in witnesses if name_of(w.text).key == name.key}


def sure(subject: Subject) -> bool:
    """Whether two kinds of places agree on the card's own name."""
    own = subject.own
    if own is None:
        return False
    places = sources(subject.own_witnesses, own)
    if subject.base is not None and same_base(own, subject.base):
        places.add("base")
    return len(places) >= 2


def agreed(subject: Subject) -> bool:
    """Whether two kinds of places name the base model, the card's own name being one."""
    base = subject.base
    assert base is not None
    places = sources(subject.base_witnesses, base)
    if subject.own is not None and same_base(subject.own, base):
        places.add("name")
    return len(places) >= 2


def kin(one: Name, other: Name) -> bool:
    """Whether two names mean one model, or its quantized variants."""
    return one.key == other.key or same_base(one, other)


def is_subject(subject: Subject, name: Name) -> bool:
    """Whether a name means the card's model or its base."""
    return any(kin(name, known) for known in (subject.base, subject.own) if known is not None)


def differs(one: Name, other: Name) -> bool:
    """Whether two names cannot be two spellings of one: another family, or another size."""
    if family(one.base) != family(other.base):
        return True
    return bool(one.size and other.size and one.size != other.size)


def another_size(one: Name, other: Name) -> bool:
    """Whether two names differ in their size and in nothing else."""
    return (
        bool(one.size and other.size)
        and one.size != other.size
        and (without_size(one) == without_size(other))
    )


def without_size(name: Name) -> str:
    """A name's key without its size and its suffix."""
    return key_of(re.sub(rf"(?:^|-){re.escape(key_of(name.size))}(?=-|$)", "", name.base))


def other_scheme(subject: Subject, name: Name) -> bool:
    """Whether a name's suffix says another scheme than the card's."""
    named = schemes(name.suffix.replace("_", "-"))
    return bool(named) and subject.scheme is not None and not agree(named[0], subject.scheme)
