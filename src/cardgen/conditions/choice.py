"""Which group of measurements a card shows, and which others it has.

First for a whole table (one model on one hardware), so that no table mixes versions of an engine,
then for each of its cells. Shown is the group that fills most of the cells that the card plans; of
equals the one that compares best with the other model's, then that of the preferred origin, then
the newest (docs/decisions/0016).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from cardgen.conditions.condition import SEPARATOR, Conditions, Difference, differences
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
    too little to be counted with any. `not-asked`: card.yaml asks for other conditions.
    """

    section: Section
    items: tuple[Stored, ...]
    why: Literal["differ", "doubtful", "not-asked"]
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
            best, rest = self._settled(section, groups[section], rivals)
            within[section] = best or Group((), {})
            others += rest
        shown: dict[Identity, tuple[Stored, ...]] = {}
        for section in own_first:
            kept = {id(item) for item in within[section].items}
            for identity, items in sections[section].items():
                inside = [item for item in items if id(item) in kept]
                cell, rest = self._cell(section, inside, self._rival(identity, shown, identities))
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
        self, section: Section, items: Sequence[Stored], rivals: Callable[[], list[Conditions]]
    ) -> tuple[tuple[Stored, ...], list[Other]]:
        """Of the measurements of one cell, those that agree, and the others."""
        if not items or (len(items) == 1 and section.kind not in self.asked):
            return tuple(items), []
        single = [Part((item,), self.statements.together([item], "cell")) for item in items]
        best, rest = self._settled(section, grouped(single), rivals())
        return best.items if best else (), rest

    def _settled(
        self,
        section: Section,
        groups: Sequence[Group],
        rivals: Sequence[Conditions],
    ) -> tuple[Group | None, list[Other]]:
        """The group to show and why each of the others is not."""
        candidates = self._as_asked(section.kind, groups)

        def rank(group: Group) -> tuple[object, ...]:
            cells = {
                item.measurement.key() for item in group.items if self.planned(item.measurement)
            }
            distance = min((_distance(group.conditions, rival) for rival in rivals), default=(0, 0))
            return (-len(cells), group.doubtful, distance, *self._age(group.items))

        best = candidates[0] if len(candidates) == 1 else min(candidates, key=rank, default=None)
        rest = []
        for group in groups:
            if best is None or not any(group is candidate for candidate in candidates):
                rest.append(Other(section, group.items, "not-asked"))
            elif group is not best:
                differing = tuple(differences(best.conditions, group.conditions))
                why: Literal["differ", "doubtful"] = "differ" if differing else "doubtful"
                rest.append(Other(section, group.items, why, differing))
        return best, rest

    def _as_asked(self, kind: str, groups: Sequence[Group]) -> list[Group]:
        """The groups that state what card.yaml asks for, else those that do not contradict it."""
        wanted = self.asked.get(kind)
        if not wanted:
            return list(groups)
        stating: list[Group] = []
        silent: list[Group] = []
        for group in groups:
            answers = [agrees(group.conditions, name, value) for name, value in wanted.items()]
            if False not in answers:
                (stating if True in answers else silent).append(group)
        return stating or silent

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
    ) -> list[Conditions]:
        """The other model's groups on the same hardware; the chosen one where it is chosen."""
        if len(groups[section]) < 2 or (other := self._other(section.model)) is None:
            return []
        there = section._replace(model=other)
        chosen = within.get(there)
        rivals = [chosen] if chosen is not None else groups.get(there, ())
        return [r.conditions or self._agreed(r.items) for r in rivals]

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
                return [self.statements.together(shown[there], "cell")]
            measured = (item for item in identities.get(there, ()) if _is_measured(item))
            return [self.statements.together([item], "cell") for item in measured]

        return found

    def _other(self, model: str) -> str | None:
        return self.base if model == self.subject else self.subject


def _is_measured(item: Stored) -> bool:
    return item.measurement.outcome == "measured"


def _distance(one: Conditions, other: Conditions) -> tuple[int, int]:
    """How many questions and how many answers differ."""
    found = [difference.bears_on for difference in differences(one, other)]
    return found.count("question"), found.count("answer")


def agrees(conditions: Conditions, name: str, value: str) -> bool | None:
    """Whether a condition has the value that is asked for, in words or as one of the parts of a
    whole; None where it is not stated."""
    answers = [
        value.casefold() in (part.casefold() for whole in stated.values for part in parts(whole))
        for (stated_name, _), stated in conditions.items()
        if stated_name.casefold() == name.casefold()
    ]
    return any(answers) if answers else None


def parts(value: str) -> tuple[str, ...]:
    """A value and the parts that it is made of."""
    return (value, *value.split(SEPARATOR))


def ended(item: Stored) -> float:
    """When the measurement's run ended, in seconds since the epoch; long ago where nobody says."""
    provenance = item.run.provenance
    moment = provenance.ended_at or provenance.started_at
    return moment.timestamp() if moment is not None else -math.inf
