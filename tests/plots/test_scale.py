"""Axes: what they show, and how their ticks read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardgen.plots import scale

sizes = st.floats(1e-90, 1e90)
numbers = st.one_of(st.just(0.0), sizes, sizes.map(lambda size: -size))


@pytest.mark.parametrize(
    ("categories", "expected"),
    [
        (("1", "2", "4", "16"), [0, 1, 2, 4]),
        (("224", "336", "448"), [224, 336, 448]),
        (("1", "10", "100"), [0, pytest.approx(3.3219, abs=1e-4), pytest.approx(6.6439, abs=1e-4)]),
        (("0", "5", "10"), [0, 5, 10]),
        (("224×224", "336×336"), None),
        (("1", "1.0"), None),
        (("nan", "1"), None),
        (("1_000", "2"), None),
    ],
)
def test_numeric_categories_stand_by_their_numbers(
    categories: tuple[str, ...], expected: list[float] | None
) -> None:
    assert scale.positions(categories) == expected


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ((0.4, 3.6), 0, 3.6),
        ((-3.6, -0.4), -3.6, 0),
        ((-1, 3), -1, 3),
        ((99.0, 101.0), 94.95, 105.05),
        ((60, 100), 60, 100),
        ((0, 0), 0, 1),
        ((), 0, 1),
    ],
)
def test_an_axis_starts_at_zero_or_spans_a_tenth(
    values: tuple[float, ...], low: float, high: float
) -> None:
    assert scale.reach(values) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("marks", "decimal", "expected"),
    [
        ([0, 0.5, 1.0], ".", ["0", "0.5", "1.0"]),
        ([0, 0.5, 1.0], ",", ["0", "0,5", "1,0"]),
        ([-5, 0, 5], ".", ["−5", "0", "5"]),
        ([0, 2e6, 4e6], ".", ["0", "2×10⁶", "4×10⁶"]),
        ([0, 2.5e-6, 5e-6], ".", ["0", "2.5×10⁻⁶", "5.0×10⁻⁶"]),
        ([95e13, 100e13], ".", ["0.95×10¹⁵", "1.00×10¹⁵"]),
    ],
)
def test_ticks_read_alike(marks: list[float], decimal: str, expected: list[str]) -> None:
    assert scale.words(marks, decimal) == expected


def test_logarithmic_ticks_are_short_each() -> None:
    assert scale.words([0.01, 0.1, 1, 10], ".", log=True) == ["0.01", "0.1", "1", "10"]
    assert scale.words([1e-6, 2e9], ".", log=True) == ["10⁻⁶", "2×10⁹"]


@given(st.lists(numbers, min_size=1))
def test_ticks_enclose_any_values_in_few_steps(values: list[float]) -> None:
    low, high = scale.reach(values)
    marks = scale.ticks(low, high, 5)
    slack = (high - low) * 1e-6
    assert marks[0] <= low + slack
    assert high - slack <= marks[-1]
    assert 2 <= len(marks) <= 7
    assert len(set(scale.words(marks, "."))) == len(marks)


@given(st.lists(sizes, min_size=1))
def test_logarithmic_ticks_enclose_any_values(values: list[float]) -> None:
    marks = scale.log_ticks(min(values), max(values))
    assert marks[0] <= min(values) * (1 + 1e-6)
    assert max(values) * (1 - 1e-6) <= marks[-1]
    assert 2 <= len(marks) <= 9
    assert marks == sorted(set(marks))
