"""Groups of measurements that agree in their conditions, and nothing about which of them is shown.

Repeats agree in all that they state. What does not state a condition joins those that it fits;
where it fits some that differ from each other, it stays apart, since nobody knows which it belongs
to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cardgen.conditions.condition import Conditions, compatible
from cardgen.store.runs import Stored


class Part(NamedTuple):
    """What is not divided: the measurements of one run in a table, or a single one."""

    items: tuple[Stored, ...]
    conditions: Conditions


class Group(NamedTuple):
    """Measurements that agree, with the conditions that they state together.

    `doubtful` is True where the group is apart only because it says too little.
    """

    items: tuple[Stored, ...]
    conditions: Conditions
    doubtful: bool = False


def grouped(parts: Sequence[Part]) -> list[Group]:
    """The parts in groups that agree, in the order in which they first appear.

    >>> a, b = {"GPU": "A100"}, {"GPU": "T4"}  # and a part that names no GPU: three groups
    """
    units: dict[frozenset[object], list[Part]] = {}
    for part in parts:
        units.setdefault(_statement(part.conditions), []).append(part)
    left = list(units.values())
    fitting = {
        id(unit): [other for other in left if compatible(_of(unit), _of(other))] for unit in left
    }
    doubtful = [unit for unit in left if _is_torn(fitting[id(unit)])]
    groups: list[list[list[Part]]] = [[unit] for unit in doubtful]
    certain = [unit for unit in left if unit not in doubtful]
    while certain:
        first, *_ = certain
        together = [unit for unit in certain if any(unit is one for one in fitting[id(first)])]
        groups.append(together)
        certain = [unit for unit in certain if not any(unit is one for one in together)]
    order = {id(item): n for n, item in enumerate(item for part in parts for item in part.items)}
    made = []
    for group in groups:
        items = [item for unit in group for part in unit for item in part.items]
        conditions = {key: stated for unit in group for key, stated in _of(unit).items()}
        made.append(
            Group(
                tuple(sorted(items, key=lambda item: order[id(item)])),
                conditions,
                doubtful=any(group[0] is unit for unit in doubtful),
            )
        )
    return sorted(made, key=lambda group: order[id(group.items[0])])


def _statement(conditions: Conditions) -> frozenset[object]:
    return frozenset((key, stated.values) for key, stated in conditions.items())


def _of(unit: Sequence[Part]) -> Conditions:
    """What the parts of a unit state: all of them the same."""
    return unit[0].conditions


def _is_torn(fitting: Sequence[Sequence[Part]]) -> bool:
    """Whether two of those that fit do not fit each other."""
    return any(
        not compatible(_of(one), _of(other))
        for index, one in enumerate(fitting)
        for other in fitting[index + 1 :]
    )


def runs_of(items: Iterable[Stored]) -> list[tuple[Stored, ...]]:
    """The measurements by the run that they stand in."""
    found: dict[str, list[Stored]] = {}
    for item in items:
        found.setdefault(item.file, []).append(item)
    return [tuple(of_run) for of_run in found.values()]
