"""Which measurements are one group: those that agree in what they state, in whatever order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED, accuracy, stored

from cardgen.conditions.condition import Condition, compatible, merged
from cardgen.conditions.groups import Part, grouped

Statement = Mapping[str, str]

CASES: dict[str, tuple[list[Statement], list[set[int]]]] = {
    "nothing stated": ([{}, {}], [{0, 1}]),
    "the same": ([{"GPU": "A100"}, {"GPU": "A100"}], [{0, 1}]),
    "another GPU": ([{"GPU": "A100"}, {"GPU": "T4"}], [{0}, {1}]),
    "one is silent": ([{"GPU": "A100"}, {}], [{0, 1}]),
    "silent beside two": ([{"GPU": "A100"}, {"GPU": "T4"}, {}], [{0}, {1}, {2}]),
    "two that are silent beside two": (
        [{"GPU": "A100"}, {"GPU": "T4"}, {}, {}],
        [{0}, {1}, {2, 3}],
    ),
    "each states something else": ([{"GPU": "A100"}, {"engine": "0.25"}], [{0, 1}]),
    "half of what two others state": (
        [{"GPU": "A100", "engine": "0.25"}, {"GPU": "T4", "engine": "0.25"}, {"engine": "0.25"}],
        [{0}, {1}, {2}],
    ),
    "half of what one other states": (
        [{"GPU": "A100", "engine": "0.25"}, {"GPU": "T4", "engine": "0.24"}, {"engine": "0.25"}],
        [{0, 2}, {1}],
    ),
    "torn between two that state less": (
        [{"GPU": "A100"}, {"engine": "0.25"}, {"GPU": "T4"}],
        [{0}, {1}, {2}],
    ),
}


def parts(statements: Sequence[Statement]) -> list[Part]:
    """A measurement a statement."""
    return [
        Part(
            (stored(accuracy("t", 1.0), file=f"{number}.json"),),
            merged([[Condition(n, v, "answer", "section") for n, v in statement.items()]]),
        )
        for number, statement in enumerate(statements)
    ]


def groups_of(statements: Sequence[Statement]) -> list[set[int]]:
    """The numbers of the statements that are together."""
    return [
        {int(i.file.removesuffix(".json")) for i in g.items} for g in grouped(parts(statements))
    ]


@pytest.mark.parametrize("name", CASES)
def test_groups(name: str) -> None:
    statements, expected = CASES[name]
    assert groups_of(statements) == expected


STATEMENTS = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"])), max_size=7
)


@RELAXED
@given(STATEMENTS, st.randoms())
def test_the_order_of_the_files_decides_nothing(
    statements: list[Statement], random: object
) -> None:
    """The same groups whichever run file comes first."""
    order = list(range(len(statements)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = [
        {order[number] for number in one} for one in groups_of([statements[i] for i in order])
    ]
    assert sorted(map(sorted, shuffled)) == sorted(map(sorted, groups_of(statements)))


@RELAXED
@given(STATEMENTS)
def test_no_group_holds_two_that_differ(statements: list[Statement]) -> None:
    """Whatever is together agrees, each with each; and nothing is lost."""
    made = parts(statements)
    known = {part.items[0].file: part.conditions for part in made}
    found = grouped(made)
    assert sorted(item.file for group in found for item in group.items) == sorted(known)
    for group in found:
        for one in group.items:
            for other in group.items:
                assert compatible(known[one.file], known[other.file])
