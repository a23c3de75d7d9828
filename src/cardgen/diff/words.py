"""What changed beside the numbers: words by lines, and remarks on models, recipes and failures.

A change here never bears a claim about a measurement.
"""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterator, Sequence

from cardgen.card import Card
from cardgen.diff.report import Change, Verdict
from cardgen.diff.state import State
from cardgen.errors import visible
from cardgen.records import Identity, QuantizationMeasurement, Record
from cardgen.spec.line import entry
from cardgen.tables.others import reasons

SHOWN_LINES = 16
SHOWN_CHARACTERS = 240
SHOWN_REMARKS = 20
NOT_THE_RECIPE = frozenset(
    {
        "kind",
        "model",
        "outcome",
        "reason",
        "revision",
        "size_bytes",
        "duration_s",
        "peak_memory_bytes",
    }
)


def changes(old: State, new: State) -> Iterator[Change]:
    """One prose-only change a file whose text differs; none where a side knows no words."""
    if old.words is None or new.words is None:
        return
    for file in sorted({*old.words, *new.words}):
        before, after = old.words.get(file), new.words.get(file)
        if before != after:
            reason = "new file" if before is None else "removed" if after is None else None
            lines = _lines(before or "", after or "")
            yield Change("prose-only", file=file, lines=lines, reason=reason)


def _lines(before: str, after: str) -> tuple[str, ...]:
    """A unified diff without its head, shortened."""
    found = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))
    lines = [_short(line) for line in found[2:] if not line.startswith("@@")]
    if len(lines) > SHOWN_LINES:
        rest = len(lines) - SHOWN_LINES + 1
        lines = [*lines[: SHOWN_LINES - 1], f"… and {rest} more lines"]
    return tuple(lines) or ("only line ends or blanks at the end differ",)


def _short(line: str) -> str:
    from cardgen.imports.redaction import without_tokens

    line = visible(without_tokens(line))
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"


def remarks(old: State, new: State, found: Sequence[Change]) -> list[str]:
    """What the reader should know beside the changes, a sentence each."""
    if old.page is not None:
        told = ["a page has no records: its tables are compared, by the words of rows and columns"]
        if old.page.other_model is not None and new.card is not None:
            told.append(_of_another(old.page.other_model, new.card))
        if old.page.unknown:
            told.append(f"tables of the page that this card has nothing like: {old.page.unknown}")
        return told
    if old.card is None and new.card is None:
        return ["neither side has this card"]
    if old.card is None:
        return ["the card is new"]
    if new.card is None:
        return ["the card was removed"]
    # Each kind of remark by its words: the order of the run files means nothing.
    told = [*_renamed(old.card, new.card, found)]
    for kind in (_revisions, _recipes, _failures, _apart):
        told += sorted(kind(old.card, new.card))
    if len(told) > SHOWN_REMARKS:
        told = [*told[: SHOWN_REMARKS - 1], f"and {len(told) - SHOWN_REMARKS + 1} more remarks"]
    return told


def _of_another(theirs: str, card: Card) -> str:
    """A page is the card of another model, or of this one by a name that needs an alias."""
    from cardgen.diff import about

    ours = card.specification.model
    told = (
        f"the page is the card of {theirs}, not of {ours}: its values that name no model are not"
        " compared"
    )
    if about.plain(theirs) in about.names(card):
        return told
    return f"{told}; if it is the same model, {_alias(theirs, ours)}"


def _renamed(old: Card, new: Card, found: Sequence[Change]) -> Iterator[str]:
    """A model that is gone beside one that came, with the same measurements: a missing alias?

    The two that share most stand together, of equals those whose names are most alike.
    """
    before, after = ({one.model for one in card.records.identities} for card in (old, new))
    gone = _one_sided(found, "removed", after)
    came = _one_sided(found, "added", before)
    couples = [
        (-len(gone[name] & came[other]), -_likeness(name, other), name, other)
        for name in gone
        for other in came
        if gone[name] & came[other]
    ]
    met: set[str] = set()
    for shared, _, name, other in sorted(couples):
        if met.isdisjoint((name, other)):
            met |= {name, other}
            yield (
                f"{name} is gone and {other} has {-shared} of its {len(gone[name])} measurements:"
                f" if the model was renamed, {_alias(name, other)}"
            )


def _one_sided(
    found: Sequence[Change], verdict: Verdict, other_side: Container[str]
) -> dict[str, set[tuple[str | None, str, str | None]]]:
    """What was measured of each model that the other side does not know at all."""
    models: dict[str, set[tuple[str | None, str, str | None]]] = {}
    for one in found:
        if one.verdict == verdict and one.model and one.model not in other_side:
            subject = (one.kind, str(one.identity), one.metric)
            models.setdefault(one.model, set()).add(subject)
    return models


def _likeness(name: str, other: str) -> float:
    return difflib.SequenceMatcher(None, name, other).ratio()


def _alias(name: str, now: str) -> str:
    return f"say `{entry('aliases', {name: now})}` in card.yaml"


def _revisions(old: Card, new: Card) -> Iterator[str]:
    before, after = (_by_model(card) for card in (old, new))
    for name, revisions in after.items():
        earlier = before.get(name)
        if earlier and revisions and earlier != revisions:
            was, now = (", ".join(sorted(names)) for names in (earlier, revisions))
            yield f"{name}: revision {was} before, {now} after"


def _by_model(card: Card) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for identity, repeats in card.records.identities.items():
        revisions = found.setdefault(identity.model, {})
        for stored in repeats:
            if stored.measurement.revision is not None:
                revisions[stored.measurement.revision] = None
    return found


def _recipes(old: Card, new: Card) -> Iterator[str]:
    """Every setting of a quantization that differs."""
    for identity, repeats in new.records.identities.items():
        earlier = old.records.of_identity(identity)
        if identity.kind != "quantization" or not earlier:
            continue
        before, after = earlier[-1].measurement, repeats[-1].measurement
        assert isinstance(before, QuantizationMeasurement)
        assert isinstance(after, QuantizationMeasurement)
        if before == after:
            continue
        was, now = (dict(_flat(item, "")) for item in (before, after))
        for name in dict.fromkeys((*was, *now)):
            if was.get(name) != now.get(name) and name not in NOT_THE_RECIPE:
                sides = (was.get(name, "not given"), now.get(name, "not given"))
                told = "{} before, {} after".format(*sides)
                yield f"{identity}: {name} {'changed' if name == 'code/text' else told}"


def _flat(record: Record, prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in record:
        if isinstance(value, Record):
            yield from _flat(value, f"{prefix}{name}/")
        elif value not in (None, ()):
            text = ", ".join(value) if isinstance(value, tuple) else str(value)
            yield f"{prefix}{name}", text


def _failures(old: Card, new: Card) -> Iterator[str]:
    """Identities that are new and have no value at all: there is no change to show for them."""
    for identity, repeats in new.records.identities.items():
        states = [stored.measurement for stored in repeats]
        if _knows(old, identity) or any(item.outcome == "measured" for item in states):
            continue
        reasons = sorted({f"{item.outcome}: {item.reason}" for item in states})
        yield f"{identity}: {'; '.join(reasons)}"


def _apart(old: Card, new: Card) -> Iterator[str]:
    """Measurements under other conditions than those that a side's card shows."""
    for side, card in (("before", old), ("after", new)):
        for other in card.others:
            number = len(other.items)
            noun = "measurement" if number == 1 else "measurements"
            why = "; ".join(map(str, reasons(other)))
            section = other.section
            yield (
                f"{section.kind} of {section.model}, {side}: {number} {noun} under other"
                f" conditions, not compared: {why}"
            )


def _knows(card: Card, identity: Identity) -> bool:
    return bool(card.records.of_identity(identity))
