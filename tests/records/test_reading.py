"""A printed number stands for every value that prints so."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED

from cardgen.records import Interval, Reading, Rounding

DIGITS = st.integers(-(10**6), 10**6)
DECIMALS = st.integers(-12, 12)
# Strictly inside the interval, however floats rounded its ends.
SHARES = st.fractions(Fraction(1, 1000), Fraction(999, 1000), max_denominator=1000)


def reading(digits: int, decimals: int, rounding: Rounding) -> Reading:
    """The reading of so many units of the last printed place."""
    return Reading(
        value=float(Decimal(digits).scaleb(-decimals)), decimals=decimals, rounding=rounding
    )


def inside(found: Reading, share: Fraction) -> Decimal:
    """A value between the bounds."""
    low, high = (Fraction(bound) for bound in found.bounds)
    value = low + (high - low) * share
    return Decimal(value.numerator) / Decimal(value.denominator)


def printed(value: Decimal, decimals: int, rounding: str) -> Decimal:
    """The value as it would be printed."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding)


@given(DIGITS, DECIMALS, SHARES)
@RELAXED
def test_every_value_between_the_bounds_rounds_to_the_printed_digits(
    digits: int, decimals: int, share: Fraction
) -> None:
    """`nearest`: half a unit either way, whichever way a tie goes."""
    value = inside(reading(digits, decimals, "nearest"), share)
    shown = Decimal(digits).scaleb(-decimals)
    for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN):
        assert printed(value, decimals, rounding) == shown


@given(DIGITS, DECIMALS, SHARES)
@RELAXED
def test_every_value_between_the_bounds_is_cut_to_the_printed_digits(
    digits: int, decimals: int, share: Fraction
) -> None:
    """`truncated`: up to a unit further from zero."""
    value = inside(reading(digits, decimals, "truncated"), share)
    assert printed(value, decimals, ROUND_DOWN) == Decimal(digits).scaleb(-decimals)


@given(DIGITS, DECIMALS, SHARES)
@RELAXED
def test_unknown_rounding_covers_both(digits: int, decimals: int, share: Fraction) -> None:
    """`unknown`: all that `nearest` or `truncated` may stand for, and nothing else."""
    either = [reading(digits, decimals, way).bounds for way in ("nearest", "truncated")]
    bounds = reading(digits, decimals, "unknown").bounds
    assert bounds == (min(low for low, _ in either), max(high for _, high in either))


@given(DIGITS, DECIMALS, st.sampled_from(["nearest", "truncated", "unknown"]))
@RELAXED
def test_the_bounds_hold_the_printed_value(digits: int, decimals: int, way: Rounding) -> None:
    """The printed value is one of those it stands for."""
    found = reading(digits, decimals, way)
    low, high = found.bounds
    assert low <= found.value <= high
    assert math.isclose(
        high - low, 10.0**-decimals * (1.5 if way == "unknown" else 1), rel_tol=1e-6
    )


@pytest.mark.parametrize(
    ("value", "decimals", "rounding", "bounds"),
    [
        (3.1, 1, "nearest", (3.05, 3.15)),
        (617.84e9, -7, "nearest", (617.835e9, 617.845e9)),
        (0.84, 3, "truncated", (0.84, 0.841)),
        (-0.84, 3, "truncated", (-0.841, -0.84)),
        (0.84, 3, "unknown", (0.8395, 0.841)),
        (0.0, 2, "nearest", (-0.005, 0.005)),
        (3.14159, None, "nearest", (3.14159, 3.14159)),
    ],
)
def test_bounds(
    value: float, decimals: int | None, rounding: Rounding, bounds: tuple[float, float]
) -> None:
    """Examples as the fields print them; a tool's own number is exact."""
    found = Reading(value=value, decimals=decimals, rounding=rounding).bounds
    assert found == pytest.approx(bounds, rel=1e-12)


def test_an_interval_is_ordered() -> None:
    """The low end of a confidence interval is not above its high end."""
    assert Interval(low=1.0, high=1.0).level == 0.95
    with pytest.raises(ValueError, match=r"a low end not above 1\.0, found 2\.0"):
        Interval(low=2.0, high=1.0)
