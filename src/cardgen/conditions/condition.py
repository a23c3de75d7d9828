"""One condition, the conditions of several measurements together, and what differs between two.

What a record does not state is not known to differ: only what both sides state is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from cardgen.language import Message, Words
from cardgen.store.runs import Stored

BearsOn = Literal["question", "answer", "treatment"]
"""What was asked; what else may change the result; what is meant to differ between a model and the
one it was quantized from."""

Scope = Literal["section", "cell"]
"""Whether a whole table has to agree (the version of the engine), or each of its cells by itself
(the version of a task)."""

Pair = tuple[str, str]
"""A condition's name and its value; an empty value is not stated."""

SEPARATOR = "; "
"""Between the parts of a value that is a whole (a command line, generation settings): of two that
differ, only the parts that the other lacks are told."""

NOTHING = "defaults"
"""The value of a whole that has no part."""


class Condition(NamedTuple):
    """One condition that a measurement states. `field` narrows it to one field of the record."""

    name: str
    value: str
    bears_on: BearsOn
    scope: Scope
    field: str = ""


class Listed(NamedTuple):
    """An entry of a kind's list: how its conditions are read off a measurement, and in words what
    they are."""

    words: str
    bears_on: BearsOn
    scope: Scope
    read: Callable[[Stored], Iterable[Pair]]
    field: str = ""


class Stated(NamedTuple):
    """The values of one condition over several measurements: more than one where they differ."""

    bears_on: BearsOn
    scope: Scope
    values: frozenset[str]


Conditions = Mapping[tuple[str, str], Stated]
"""Name and field of a condition -> its values; what no measurement states is not there."""


class Difference(NamedTuple):
    """A condition that both sides state and that differs."""

    name: str
    bears_on: BearsOn
    one: frozenset[str]
    other: frozenset[str]


def merged(statements: Iterable[Iterable[Condition]]) -> Conditions:
    """The conditions of several measurements together."""
    found: dict[tuple[str, str], Stated] = {}
    for statement in statements:
        for name, value, bears_on, scope, field in statement:
            known = found.get((name, field))
            if known is None:
                found[name, field] = Stated(bears_on, scope, frozenset((value,)))
            elif value not in known.values:
                found[name, field] = known._replace(values=known.values | {value})
    return found


def differences(
    one: Conditions, other: Conditions, fields: Sequence[str] | None = None
) -> Iterator[Difference]:
    """What both sides state and that differs, questions first.

    With `fields`, conditions of other fields of the record are left out.
    """
    found = [
        Difference(name, stated.bears_on, stated.values, other[name, field].values)
        for (name, field), stated in one.items()
        if (name, field) in other
        and stated.values != other[name, field].values
        and (not field or fields is None or field in fields)
    ]
    order = ("question", "answer", "treatment")
    return iter(sorted(found, key=lambda difference: order.index(difference.bears_on)))


def compatible(one: Conditions, other: Conditions) -> bool:
    """Whether nothing that both sides state differs."""
    small, large = sorted((one, other), key=len)
    return all(
        key not in large or stated.values == large[key].values for key, stated in small.items()
    )


NAMES: Mapping[str, Message] = {
    message.text: message
    for message in (
        Message("task version"),
        Message("prompts"),
        Message("chat template"),
        Message("chat template's digest"),
        Message("system prompt"),
        Message("few-shot examples as a conversation"),
        Message("seed of the few-shot examples"),
        Message("few-shot examples"),
        Message("temperature"),
        Message("stop sequences"),
        Message("answers per prompt"),
        Message("chat template arguments"),
        Message("generation settings"),
        Message("generation settings given"),
        Message("thinking"),
        Message("samples"),
        Message("limit"),
        Message("answers per question"),
        Message("which way is better"),
        Message("prompt arguments"),
        Message("endpoint"),
        Message("harness"),
        Message("backend"),
        Message("model arguments"),
        Message("engine version"),
        Message("engine device"),
        Message("engine arguments"),
        Message("quantization arguments"),
        Message("tool"),
        Message("GPU"),
        Message("GPUs"),
        Message("CPU"),
        Message("CPU cores"),
        Message("driver"),
        Message("CUDA"),
        Message("power limit"),
        Message("device"),
        Message("device type"),
        Message("dtype"),
        Message("attention"),
        Message("new tokens at most"),
        Message("prompt tokens"),
        Message("mean prompt tokens"),
        Message("output tokens"),
        Message("images"),
        Message("image width"),
        Message("image height"),
        Message("statistic"),
        Message("energy method"),
        Message("idle energy"),
        Message("arrivals"),
        Message("requests at once"),
        Message("scale"),
        Message("quality metric"),
        Message("how operations were counted"),
        Message("price"),
    )
}
"""The conditions that have a name in every language; a setting or a package goes by its own."""

VALUES: Mapping[str, Message] = {
    message.text: message
    for message in (
        Message("none"),
        Message("applied"),
        Message("included"),
        Message("subtracted"),
        Message("percent"),
        Message("points"),
        Message("no limit"),
        Message("on"),
        Message("off"),
        Message("higher"),
        Message("lower"),
        Message("mean"),
        Message("median"),
        Message("defaults"),
        Message("constant"),
        Message("poisson"),
    )
}
MOST_TOLD = 4
"""Differences told in one sentence; the others are counted."""


def name_of(name: str) -> Words:
    """A condition's name for the reader."""
    return NAMES.get(name, name)


def both(difference: Difference) -> tuple[Words, Words]:
    """The values of both sides for the reader; of wholes what the other side does not have."""
    one, other = difference.one, difference.other
    if len(one) == len(other) == 1:
        parts = [{*next(iter(side)).split(SEPARATOR)} for side in (one, other)]
        one = frozenset(parts[0] - parts[1]) or frozenset((NOTHING,))
        other = frozenset(parts[1] - parts[0]) or frozenset((NOTHING,))
        return _parts(one), _parts(other)
    return told(one), told(other)


def _parts(values: frozenset[str]) -> Words:
    words = sorted(values)
    return VALUES.get(words[0], words[0]) if len(words) == 1 else ", ".join(words)


def told(values: frozenset[str]) -> Words:
    """Values for the reader."""
    first, *rest = [VALUES.get(value, value) for value in sorted(values)]
    for value in rest:
        first = Message("%(first)s and %(second)s", {"first": first, "second": value})
    return first


def listed(parts: Sequence[Message]) -> Message:
    """Several parts of a sentence as one, the first few told and the others counted."""
    told = parts[0]
    for part in parts[1:MOST_TOLD]:
        told = Message("%(first)s; %(rest)s", {"first": told, "rest": part})
    if len(parts) > MOST_TOLD:
        more = {"told": told, "count": len(parts) - MOST_TOLD}
        told = Message("%(told)s; other conditions that differ: %(count)s", more)
    return told
