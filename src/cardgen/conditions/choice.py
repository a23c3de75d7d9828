"""Which group of measurements a card shows, and which others it has.

First for a whole table (one model on one hardware), so that no table mixes versions of an engine,
then for each of its cells. Shown is the group that fills most of the cells that the card plans; of
equals the one that compares best with the other model's, then that of the preferred origin, then
the newest (docs/decisions/0016).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from cardgen.conditions.condition import (
    SEPARATOR,
    Condition,
    Conditions,
    Difference,
    compatible,
    differences,
    merged,
)
from cardgen.conditions.groups import Group, Part, grouped, runs_of
from cardgen.conditions.lists import Statements
from cardgen.records import (
    AnyMeasurement,
    DeviceMeasurement,
    Identity,
    Origin,
    ServingMeasurement,
)
from cardgen.store.runs import Stored

Asked = Mapping[Any, Mapping[str, str]]
"""Kind -> condition -> value: what card.yaml asks for."""

Identities = Mapping[Identity, Sequence[Stored]]
Asking = Mapping[tuple[object, ...], set[tuple[Condition, ...]]]
"""The key of a cell -> the questions that measurements of it state."""


Why = Literal["differ", "doubtful", "beside-doubtful", "not-asked"]


class Section(NamedTuple):
    """What has to agree as a whole: a kind, a model by the name it goes by, and what it ran on."""

    kind: str
    model: str
    place: tuple[object, ...] = ()


def section_of(identity: Identity, measurement: AnyMeasurement) -> Section:
    """The section of a measurement."""
    place: tuple[object, ...] = ()
    if isinstance(measurement, ServingMeasurement):
        hardware = measurement.hardware
        place = (hardware.name, hardware.count, measurement.engine.name)
    elif isinstance(measurement, DeviceMeasurement):
        place = (measurement.device.name,)
    return Section(identity.kind, identity.model, place)


class Other(NamedTuple):
    """Measurements that a card has and does not show because of their conditions.

    `differ`: the differences are between the shown ones (first) and these. `doubtful`: these state
    too little to be counted with any; `beside-doubtful`: the shown ones do. `not-asked`: card.yaml
    asks for other conditions.
    """

    section: Section
    items: tuple[Stored, ...]
    why: Why
    differences: tuple[Difference, ...] = ()


class Choice(NamedTuple):
    """What is shown of each identity, and the groups that are not.

    `elsewhere` are the identities that were measured, but under other conditions only.
    """

    shown: Mapping[Identity, tuple[Stored, ...]]
    others: tuple[Other, ...]
    elsewhere: frozenset[Identity]


@dataclass(slots=True)
class Chooser:
    """Chooses among the measurements of one card.

    `subject` is the card's own model, for which is chosen first. `planned` tells whether the card
    has a cell for a measurement.
    """

    statements: Statements
    subject: str
    base: str | None
    planned: Callable[[AnyMeasurement], bool]
    prefer: Sequence[Origin]
    asked: Asked

    def choose(self, identities: Identities) -> Choice:
        """The choice for all identities of a card."""
        sections: dict[Section, dict[Identity, Sequence[Stored]]] = {}
        for identity, items in identities.items():
            section = section_of(identity, items[0].measurement)
            sections.setdefault(section, {})[identity] = items
        others: list[Other] = []
        within: dict[Section, Group] = {}
        groups = {section: self._groups(section, cells) for section, cells in sections.items()}
        own_first = sorted(sections, key=lambda section: section.model != self.subject)
        for section in own_first:
            rivals = self._rivals(section, groups, within)
            theirs = self._asking(item for rival in rivals for item in rival.items)
            conditions = [r.conditions or self._agreed(r.items) for r in rivals]
            best, rest = self._settled(section, groups[section], conditions, opposite=theirs)
            within[section] = best or Group((), {})
            others += rest
        shown: dict[Identity, tuple[Stored, ...]] = {}
        for section in own_first:
            kept = {id(item) for item in within[section].items}
            for identity, items in sections[section].items():
                inside = [item for item in items if id(item) in kept]
                opposite = self._rival(identity, shown, identities)
                cell, rest = self._cell(section, inside, opposite, within[section].conditions)
                # A failure has no value to mix with: it stands beside whatever is shown.
                failed = [item for item in items if not _is_measured(item)]
                shown[identity] = (*cell, *failed)
                others += rest
        elsewhere = frozenset(
            identity
            for identity, items in identities.items()
            if any(map(_is_measured, items)) and not any(map(_is_measured, shown[identity]))
        )
        in_order = {identity: shown[identity] for identity in identities}
        return Choice(in_order, tuple(others), elsewhere)

    def _groups(self, section: Section, cells: Identities) -> list[Group]:
        """The section's measurements in groups that agree; those of one run stay together."""
        items = [item for found in cells.values() for item in found if _is_measured(item)]
        runs = runs_of(items)
        if len(runs) == 1 and section.kind not in self.asked:
            return [Group(tuple(items), {})]
        return grouped([Part(run, self._agreed(run)) for run in runs])

    def _agreed(self, run: Sequence[Stored]) -> Conditions:
        """What a run states for all of its measurements: a table that was copied whole may hold
        several versions of a harness, and is not taken apart for that."""
        together = self.statements.together(run, "section")
        return {key: stated for key, stated in together.items() if len(stated.values) == 1}

    def _cell(
        self,
        section: Section,
        items: Sequence[Stored],
        rivals: Callable[[], list[Conditions]],
        table: Conditions,
    ) -> tuple[tuple[Stored, ...], list[Other]]:
        """Of the measurements of one cell, those that agree, and the others."""
        if not items or (len(items) == 1 and section.kind not in self.asked):
            return tuple(items), []
        # All conditions: a run may state several of a whole table's, one for some of its cells.
        single = [Part((item,), self.statements.together([item])) for item in items]
        best, rest = self._settled(section, grouped(single), rivals(), table)
        return best.items if best else (), rest

    def _settled(
        self,
        section: Section,
        groups: Sequence[Group],
        rivals: Sequence[Conditions],
        table: Conditions | None = None,
        opposite: Asking | None = None,
    ) -> tuple[Group | None, list[Other]]:
        """The group to show and why each of the others is not; of one cell, first of all one that
        agrees with the rest of its table. `opposite` is what the other model's cells were asked."""
        candidates = self._as_asked(section, groups)

        def rank(group: Group) -> tuple[object, ...]:
            cells = {
                item.measurement.key() for item in group.items if self.planned(item.measurement)
            }
            distance = min((_distance(group.conditions, rival) for rival in rivals), default=(0, 0))
            asked = self._asked_otherwise(group, opposite or {})
            apart = not compatible(group.conditions, table or {})
            told = (-len(cells), group.doubtful, asked, distance)
            return (apart, *told, *self._age(group.items))

        best = candidates[0] if len(candidates) == 1 else min(candidates, key=rank, default=None)
        rest = []
        for group in groups:
            if group is best:
                continue
            differing = tuple(differences(best.conditions, group.conditions)) if best else ()
            why: Why = "differ" if differing else "doubtful"
            if not any(group is candidate for candidate in candidates):
                why = "not-asked"
                differing = differing or tuple(self._contradicted(section, group))
            elif why == "doubtful" and best is not None and best.doubtful:
                why = "beside-doubtful"
            rest.append(Other(section, group.items, why, differing))
        return best, rest

    def _as_asked(self, section: Section, groups: Sequence[Group]) -> list[Group]:
        """The groups that state just what card.yaml asks for, else those that state it as a part of
        a whole, else those that do not contradict it.

        Of another model than the card's own, those that contradict the least: what none of its
        groups has is not asked of it, or the card would lose what it compares with.
        """
        wanted = self.asked.get(section.kind)
        if not wanted:
            return list(groups)
        answers = [
            [agrees(group.conditions, name, value) for name, value in wanted.items()]
            for group in groups
        ]
        own = section.model == self.subject
        fewest = 0 if own else min((found.count("no") for found in answers), default=0)
        best: dict[str, list[Group]] = {"whole": [], "part": [], "silent": []}
        for group, found in zip(groups, answers, strict=True):
            if found.count("no") == fewest:
                told = next((one for one in ("part", "whole") if one in found), "silent")
                best[told].append(group)
        return best["whole"] or best["part"] or best["silent"]

    def _contradicted(self, section: Section, group: Group) -> Iterator[Difference]:
        """What card.yaml asks for of a group that has it otherwise, beside what the group has."""
        for name, value in self.asked.get(section.kind, {}).items():
            if agrees(group.conditions, name, value) == "no":
                for (stated, _), found in group.conditions.items():
                    if stated.casefold() == name.casefold():
                        yield Difference(stated, found.bears_on, frozenset((value,)), found.values)

    def _age(self, items: Iterable[Stored]) -> tuple[int, float]:
        """The preferred origin before others, the newest before older ones."""
        origins = {item.run.provenance.origin for item in items}
        ranks = [self.prefer.index(o) if o in self.prefer else len(self.prefer) for o in origins]
        return min(ranks), -max(map(ended, items))

    # What a group will be compared with.

    def _rivals(
        self,
        section: Section,
        groups: Mapping[Section, Sequence[Group]],
        within: Mapping[Section, Group],
    ) -> Sequence[Group]:
        """The other model's groups on the same hardware; the chosen one where it is chosen."""
        if len(groups[section]) < 2 or (other := self._other(section.model)) is None:
            return []
        there = section._replace(model=other)
        chosen = within.get(there)
        return [chosen] if chosen is not None else groups.get(there, ())

    def _asking(self, items: Iterable[Stored]) -> Asking:
        """By cell what its measurements state of their questions, what many state only once."""
        found: dict[tuple[object, ...], set[tuple[Condition, ...]]] = {}
        for item in items:
            questions = (c for c in self.statements.of(item) if c.bears_on == "question")
            found.setdefault(item.measurement.key(), set()).add(tuple(questions))
        return found

    def _asked_otherwise(self, group: Group, opposite: Asking) -> int:
        """How many of the group's cells the other model has, but under other questions alone."""
        return sum(
            not any(compatible(merged([own]), merged([other])) for own in owns for other in others)
            for key, owns in self._asking(group.items).items()
            if (others := opposite.get(key))
        )

    def _rival(
        self, identity: Identity, shown: Identities, identities: Identities
    ) -> Callable[[], list[Conditions]]:
        """The same for one cell, worked out where there is something to choose."""

        def found() -> list[Conditions]:
            other = self._other(identity.model)
            if other is None:
                return []
            there = identity._replace(model=other)
            if there in shown:
                return [self.statements.together(filter(_is_measured, shown[there]))]
            measured = (item for item in identities.get(there, ()) if _is_measured(item))
            return [self.statements.together([item]) for item in measured]

        return found

    def _other(self, model: str) -> str | None:
        return self.base if model == self.subject else self.subject


def _is_measured(item: Stored) -> bool:
    return item.measurement.outcome == "measured"


def _distance(one: Conditions, other: Conditions) -> tuple[int, int]:
    """How many questions and how many answers differ."""
    found = [difference.bears_on for difference in differences(one, other)]
    return found.count("question"), found.count("answer")


def agrees(
    conditions: Conditions, name: str, value: str
) -> Literal["whole", "part", "no", "silent"]:
    """Whether a condition has the value that is asked for: as a whole or as one part of it, not, or
    it is not stated."""
    asked, answers = value.casefold(), set()
    for (stated_name, _), stated in conditions.items():
        if stated_name.casefold() == name.casefold():
            wholes = [whole.casefold() for whole in stated.values]
            parts = [part for whole in wholes for part in whole.split(SEPARATOR)]
            answers.add("whole" if asked in wholes else "part" if asked in parts else "no")
    best: tuple[Literal["whole", "part", "no"], ...] = ("whole", "part", "no")
    return next((answer for answer in best if answer in answers), "silent")


def ended(item: Stored) -> float:
    """When the measurement's run ended, in seconds since the epoch; long ago where nobody says."""
    provenance = item.run.provenance
    moment = provenance.ended_at or provenance.started_at
    return moment.timestamp() if moment is not None else -math.inf
