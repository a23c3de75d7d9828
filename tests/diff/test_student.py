"""Student's distribution against published tables and its own definition."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED

from cardgen.derive.student import quantile, tail

TABLE = [
    (0.25, 1, 1.0),
    (0.025, 1, 12.7062047),
    (0.005, 1, 63.6567412),
    (0.025, 2, 4.30265273),
    (0.05, 3, 2.35336343),
    (0.025, 4, 2.77644511),
    (0.025, 10, 2.22813885),
    (0.005, 30, 2.74999565),
    (0.025, 120, 1.97993041),
    (0.025, math.inf, 1.95996398),
    (0.0005, 5, 6.86882663),
]
"""Upper tail, degrees of freedom, quantile; from tables of the distribution."""


@pytest.mark.parametrize(("upper", "degrees", "t"), TABLE)
def test_the_tables(upper: float, degrees: float, t: float) -> None:
    assert quantile(upper, degrees) == pytest.approx(t, rel=1e-8)
    assert tail(t, degrees) == pytest.approx(upper, rel=1e-6)


@RELAXED
@given(st.floats(0.0, 200.0))
def test_one_and_two_degrees_have_closed_forms(t: float) -> None:
    assert tail(t, 1) == pytest.approx(0.5 - math.atan(t) / math.pi, abs=1e-13)
    assert tail(t, 2) == pytest.approx(0.5 - t / (2 * math.sqrt(2 + t * t)), abs=1e-13)


@RELAXED
@given(st.floats(1e-12, 0.5), st.floats(0.5, 1e6))
def test_the_quantile_turns_the_tail_round(upper: float, degrees: float) -> None:
    assert tail(quantile(upper, degrees), degrees) == pytest.approx(upper, rel=1e-8)


@RELAXED
@given(st.floats(-50, 50), st.floats(0.5, 1e4))
def test_both_sides_are_alike(t: float, degrees: float) -> None:
    assert tail(t, degrees) + tail(-t, degrees) == pytest.approx(1.0)


@pytest.mark.parametrize("upper", [0.0, 0.6, -1.0])
def test_no_such_tail(upper: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1/2"):
        quantile(upper, 3)
