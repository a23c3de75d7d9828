"""Intervals, digits and traces of derived values."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from samples_cards import RELAXED, accuracy, as_reading, printed, stored

from cardgen.derive.quantity import (
    BEYOND,
    UNLIMITED,
    Formula,
    Quantity,
    Value,
    apply,
    constant,
    leaf,
    mean,
    rounded,
    scaled,
    scientific,
)
from cardgen.derive.repeats import median

FORMULA = Formula("test", "a test", "here")
LARGEST = 1.7e308
HERE = stored(accuracy("mmmu", "1.0"))


def applied(unit: str, function: Callable[..., float], *inputs: Quantity) -> Quantity:
    """What `apply` makes of inputs whose result a float can hold."""
    derived = apply(FORMULA, unit, function, *inputs)
    assert isinstance(derived, Quantity)
    return derived


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (93.275, 2, "93.28"),
        (2.675, 2, "2.68"),
        (0.125, 2, "0.13"),
        (-0.125, 2, "-0.13"),
        (1.005, 2, "1.01"),
        (0.5, 0, "1"),
        (-0.5, 0, "-1"),
        (1.5, 0, "2"),
        (2.5, 0, "3"),
        (-0.004, 2, "0.00"),
        (-0.0, 2, "0.00"),
        (0.0, 0, "0"),
        (-0.005, 2, "-0.01"),
        (0.1 + 0.2, 2, "0.30"),
        ((44.56 + 75.94 + 92.53 + 81.20 + 54.15) / 5, 2, "69.68"),
        (1e-9, 2, "0.00"),
        (1e-9, 10, "0.0000000010"),
        (999.996, 2, "1000.00"),
        (123456.7, 0, "123457"),
        (1e22, 0, "1" + "0" * 22),
        (1e30, 2, "1" + "0" * 30 + ".00"),
        (1.7e308, 0, "17" + "0" * 307),
        (1455, -2, "1500"),
        (math.inf, 2, "∞"),
        (-math.inf, 2, "-∞"),
    ],
)
def test_rounded(value: float, decimals: int, text: str) -> None:
    """Ties go away from zero by the decimal digits, and zero has no sign."""
    assert rounded(value, decimals) == text


@RELAXED
@given(st.decimals(-(10**6), 10**6, places=6), st.integers(0, 5))
def test_rounded_is_what_pencil_and_paper_give(number: Decimal, decimals: int) -> None:
    """For a decimal number of up to twelve digits the text is its half-up rounding."""
    exact = Fraction(number)
    unit = Fraction(10) ** -decimals
    steps = math.floor(abs(exact) / unit + Fraction(1, 2))
    text = rounded(float(number), decimals)
    assert Fraction(text) == (steps * unit if exact >= 0 else -steps * unit)
    assert len(text.partition(".")[2]) == decimals
    assert not (text.startswith("-") and Fraction(text) == 0)


@RELAXED
@given(st.floats(allow_nan=False), st.integers(-5, 30))
def test_rounded_takes_every_number(value: float, decimals: int) -> None:
    """No float is too large, too small or too long to be written."""
    text = rounded(value, decimals)
    assert text
    assert "e" not in text.lower()


def exact(value: float) -> Quantity:
    """A number at full precision."""
    return constant(value, "", "f.json", "/x")


def of(text: str, rounding: str = "nearest") -> Quantity:
    """A printed number as a leaf."""
    return leaf(as_reading(printed(text, rounding)), "", HERE, "value")


@pytest.mark.parametrize(
    ("quantity", "decimals"),
    [
        (exact(1 / 3), UNLIMITED),
        (of("3.1"), 1),
        (of("3.10"), 2),
        (of("1454"), 0),
        # 3600 / (1454 · 0.8) is known to ± 0.001: two decimals, though the input has none.
        (applied("s", lambda q: 3600 / (q * 0.8), of("1454")), 2),
        # A ratio of numbers of two decimals keeps two, as the field prints it.
        (applied("%", lambda q, b: 100 * q / b, of("41.56"), of("44.56")), 2),
        (mean(FORMULA, "", [of("41.56"), of("44.5")]), 1),
        (mean(FORMULA, "", [exact(1.0), of("44.5")]), 1),
    ],
)
def test_justified_decimals(quantity: Quantity, decimals: int) -> None:
    """As many decimals as the coarsest input was printed with, or as the interval carries."""
    assert quantity.justified_decimals == decimals


@RELAXED
@given(
    st.decimals("0.01", 1000, places=4),
    st.integers(0, 4),
    st.decimals("0.01", 1000, places=4),
    st.integers(0, 4),
)
def test_justified_decimals_never_exceed_what_the_interval_or_an_input_carries(
    first: Decimal, first_decimals: int, second: Decimal, second_decimals: int
) -> None:
    """A further decimal would be finer than both the coarsest input and the interval."""
    a, b = (
        of(f"{value:.{places}f}")
        for value, places in ((first, first_decimals), (second, second_decimals))
    )
    assume(b.low > 0)
    ratio = applied("", lambda x, y: x / y, a, b)
    decimals = ratio.justified_decimals
    assert decimals >= min(first_decimals, second_decimals)
    if decimals > min(first_decimals, second_decimals):
        assert ratio.high - ratio.low <= 10.0**-decimals * (1 + 1e-6)


READINGS = st.tuples(
    st.decimals("0.5", 5000, places=3),
    st.integers(0, 3),
    st.sampled_from(["nearest", "truncated", "unknown"]),
    st.floats(0, 1),
)


def around(sample: tuple[Decimal, int, str, float]) -> tuple[Quantity, float]:
    """A printed reading, and a true value that would have been printed so."""
    value, decimals, rounding, share = sample
    quantity = of(f"{value:.{decimals}f}", rounding)
    true = quantity.low + share * (quantity.high - quantity.low)
    return quantity, min(max(true, quantity.low), quantity.high)


FUNCTIONS: dict[str, Callable[[float, float, float], float]] = {
    "recovery": lambda a, b, _: 100 * a / b,
    "queries per dollar": lambda a, b, c: 3600 / (a * b * c),
    "rate": lambda a, b, c: a * b * c / 3600,
    "sum": lambda a, b, c: a + b + c,
    "per sample": lambda a, b, c: (a - b) / c,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@RELAXED
@given(samples=st.tuples(READINGS, READINGS, READINGS))
def test_the_true_value_lies_in_the_interval(
    name: str, samples: tuple[tuple[Decimal, int, str, float], ...]
) -> None:
    """Whatever the inputs were before they were printed, the derived value is in its interval."""
    pairs = [around(sample) for sample in samples]
    assume(all(quantity.low > 0 for quantity, _ in pairs))
    function = FUNCTIONS[name]
    derived = applied("", function, *(quantity for quantity, _ in pairs))
    true = function(*(value for _, value in pairs))
    slack = 1e-9 * max(1.0, abs(true))
    assert derived.low - slack <= true <= derived.high + slack
    assert derived.low <= derived.value <= derived.high


@RELAXED
@given(st.lists(READINGS, min_size=1, max_size=6))
def test_the_true_mean_lies_in_the_interval(
    samples: list[tuple[Decimal, int, str, float]],
) -> None:
    """The mean of the values before rounding is inside the interval of the mean."""
    pairs = [around(sample) for sample in samples]
    derived = mean(FORMULA, "", [quantity for quantity, _ in pairs])
    assert isinstance(derived, Quantity)
    true = math.fsum(value for _, value in pairs) / len(pairs)
    assert derived.low - 1e-9 <= true <= derived.high + 1e-9


@pytest.mark.parametrize("denominator", ["0", "0.0", "0.4"])
def test_a_division_by_what_may_be_zero_is_unbounded(denominator: str) -> None:
    """An interval that reaches zero leaves the quotient without bounds, and stops nothing."""
    low = of(denominator)
    numerator = of("5")
    if low.value == 0:
        assert applied("", lambda a, b: a + b, numerator, low).high == math.inf
        return
    wide = Quantity(low.value, -0.1, 0.9, "", 0)
    derived = applied("", lambda a, b: a / b, numerator, wide)
    assert (derived.low, derived.high) == (-math.inf, math.inf)
    touching = Quantity(low.value, 0.0, 0.9, "", 0)
    derived = applied("", lambda a, b: a / b, numerator, touching)
    assert (derived.low, derived.high) == (-math.inf, math.inf)


def test_the_range_of_repeats_goes_into_what_is_derived_from_them() -> None:
    """A median of exact runs is no exact number: its range widens the derived value."""
    median = Quantity(50.0, 40.0, 60.0, "%", UNLIMITED, FORMULA)
    derived = applied("%", lambda q, b: 100 * q / b, median, exact(80.0))
    assert (derived.low, derived.value, derived.high) == (50.0, 62.5, 75.0)


def test_scaled_moves_the_printed_digits_along() -> None:
    """0.4156 of one is 41.56 %: two decimals, bounds and standard error times a hundred."""
    data = {**printed("0.4156"), "stderr": 0.01}
    percent = scaled(leaf(as_reading(data), "", HERE, "value"), 100, "%", FORMULA)
    assert rounded(percent.value, 2) == "41.56"
    assert percent.decimals == 2
    assert percent.stderr == pytest.approx(1.0)
    assert (percent.low, percent.high) == pytest.approx((41.555, 41.565))
    assert percent.inputs[0].leaf is not None


def test_leaves_are_told_once_and_in_order() -> None:
    """A value used twice is one leaf; the order is that of the formula."""
    first, second = exact(1.0), constant(2.0, "", "f.json", "/y")
    total = applied("", lambda *v: sum(v), first, second, first)
    nested = applied("", lambda *v: sum(v), second, total)
    assert [leaf.pointer for leaf in nested.leaves()] == ["/y", "/x"]


def test_origins_are_those_of_all_leaves() -> None:
    """A ratio of a measured and a transcribed value is of both origins; a price of none."""
    measured, copied = (
        leaf(as_reading({"value": 1.0}), "", stored(accuracy("a", 1.0), origin), "value")
        for origin in ("measured", "transcribed")
    )
    total = applied("", lambda *v: sum(v), measured, copied, exact(1.0))
    assert total.origins == {"measured", "transcribed"}
    assert exact(1.0).origins == frozenset()


@pytest.mark.parametrize(
    "derived",
    [
        apply(FORMULA, "%", lambda q, b: 100 * q / b, exact(40.0), exact(5e-324)),
        apply(FORMULA, "%", lambda q, b: 100 * q / b, exact(LARGEST), exact(2.0)),
        apply(FORMULA, "x", lambda q, b: q / b, exact(1.0), exact(0.0)),
        apply(FORMULA, "", lambda a, b: a - b, exact(LARGEST), exact(-LARGEST)),
        apply(FORMULA, "", lambda a, b: a**b, exact(LARGEST), exact(2.0)),
        mean(FORMULA, "", [exact(LARGEST), exact(LARGEST)]),
        median([exact(LARGEST), exact(LARGEST)]),
    ],
)
def test_what_no_float_holds_is_absent_with_its_reason(derived: Value) -> None:
    assert derived is BEYOND


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (5e-324, 2, "4.94e-324"),
        (1.7976931348623157e308, 2, "1.79e+308"),
        (-1e-12, 0, "-1e-12"),
        (9.995e20, 2, "1.00e+21"),
        (1.25e15, 1, "1.3e+15"),
        (123456.0, 2, "1.23e+5"),
    ],
)
def test_scientific(value: float, decimals: int, text: str) -> None:
    """Rounded half away from zero; a program reads it back."""
    assert scientific(value, decimals) == text
    assert float(text) == pytest.approx(value, rel=0.06)
