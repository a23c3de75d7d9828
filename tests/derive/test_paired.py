"""Two models on the same samples: intervals that keep their level, exact p-values, and what would
have been seen."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED

from cardgen.derive import paired
from cardgen.derive.paired import Comparison, Pairs

SCORES = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60)


def compare(base: list[float], quantized: list[float]) -> Comparison:
    """The comparison, which must be there."""
    found = paired.compare(Pairs(tuple(base), tuple(quantized)))
    assert found is not None
    return found


def table(both: int, lost: int, won: int, neither: int) -> Comparison:
    """The comparison of so many samples of each sort."""
    base = [1.0] * both + [1.0] * lost + [0.0] * won + [0.0] * neither
    quantized = [1.0] * both + [0.0] * lost + [1.0] * won + [0.0] * neither
    return compare(base, quantized)


def test_only_shared_samples_count() -> None:
    """By their ids, in whatever order."""
    found = paired.pairs({"a": 1.0, "b": 0.0, "c": 1.0}, {"c": 0.0, "d": 1.0, "a": 1.0})
    assert found == Pairs((1.0, 1.0), (1.0, 0.0))
    assert paired.compare(paired.pairs({"a": 1.0}, {"a": 1.0})) is None


@pytest.mark.parametrize(
    ("lost", "won", "p_value"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 5, 2 * 0.5**5),
        (1, 7, 2 * (1 + 8) * 0.5**8),
        (10, 2, 2 * (1 + 12 + 66) * 0.5**12),
    ],
)
def test_the_p_value_is_the_exact_one(lost: int, won: int, p_value: float) -> None:
    """Two-sided binomial test of the discordant samples (McNemar's exact test)."""
    assert paired.mcnemar(lost, won) == pytest.approx(p_value)
    assert table(40, lost, won, 10).p_value == pytest.approx(p_value)


def test_thousands_of_discordant_samples() -> None:
    """No overflow; the normal approximation, corrected for continuity, is close there."""
    z = (100 - 1) / math.sqrt(6100)
    assert paired.mcnemar(3000, 3100) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=0.02)


def test_the_published_interval() -> None:
    """Bonett and Price's formula by hand: 100 samples, 8 lost, 2 won."""
    found = table(70, 8, 2, 20)
    won, lost = 3 / 102, 9 / 102
    half = 1.959964 * math.sqrt((won + lost - (won - lost) ** 2) / 102)
    assert found.difference == pytest.approx(-0.06)
    assert (found.low, found.high) == pytest.approx((won - lost - half, won - lost + half))
    assert found.ratio == pytest.approx(72 / 78)


def coverage(draw: list[float], runs: int, n: int) -> tuple[float, float]:
    """How often the intervals hold the true difference and ratio; the chances of both right,
    lost, won, both wrong are given."""
    chance = random.Random(20250218)
    true = (draw[2] - draw[1], (draw[0] + draw[2]) / (draw[0] + draw[1]))
    held = [0, 0]
    for _ in range(runs):
        sorts = chance.choices(range(4), draw, k=n)
        found = table(*(sorts.count(sort) for sort in range(4)))
        held[0] += found.low <= true[0] <= found.high
        held[1] += found.ratio_low is not None and found.ratio_low <= true[1] <= (
            found.ratio_high or 0
        )
    return held[0] / runs, held[1] / runs


@pytest.mark.parametrize(
    "draw",
    [[0.57, 0.03, 0.03, 0.37], [0.55, 0.08, 0.02, 0.35], [0.2, 0.1, 0.1, 0.6]],
    ids=["nothing changed", "a loss", "much turned over"],
)
def test_the_intervals_keep_their_level(draw: list[float]) -> None:
    """95 % of 1,000 simulated evaluations of 150 samples, within the simulation's own error."""
    difference, ratio = coverage(draw, 1000, 150)
    assert difference >= 0.935
    assert ratio >= 0.93


def test_an_a_a_comparison_seldom_claims_a_change() -> None:
    """The same model twice with 5 % of the answers turning over: at most 6 % of 2,000 claims."""
    chance = random.Random(7)
    claims = 0
    for _ in range(2000):
        sorts = chance.choices(range(4), [0.6, 0.025, 0.025, 0.35], k=200)
        claims += table(*(sorts.count(sort) for sort in range(4))).p_value < 0.05
    assert claims / 2000 <= 0.06


@RELAXED
@given(SCORES)
def test_swapping_the_models_mirrors_all(answers: list[tuple[bool, bool]]) -> None:
    """What one gained the other lost, and the ratio is the other way round."""
    base, quantized = ([float(pair[side]) for pair in answers] for side in (0, 1))
    one, other = compare(base, quantized), compare(quantized, base)
    assert one.difference == -other.difference
    assert one.low == pytest.approx(-other.high)
    assert one.low <= one.difference <= one.high
    assert one.p_value == other.p_value
    if one.ratio is not None and other.ratio_low and one.ratio_high:
        assert one.ratio_high == pytest.approx(1 / other.ratio_low)
        assert other.ratio_low <= 1 / one.ratio <= (other.ratio_high or 0)


@RELAXED
@given(st.lists(st.tuples(st.floats(0.1, 9), st.floats(0.1, 9)), min_size=3, max_size=50))
def test_scores_that_are_no_yes_or_no(answers: list[tuple[float, float]]) -> None:
    """Any scores: the interval holds the mean difference, the p-value agrees with it."""
    found = compare([a for a, _ in answers], [b for _, b in answers])
    assert found.low <= found.difference <= found.high
    assert 0 <= found.p_value <= 1
    if found.p_value < 0.049:
        assert found.low > 0 or found.high < 0
    if found.p_value > 0.051:
        assert found.low <= 0 <= found.high
    assert found.ratio is not None


def test_more_samples_see_smaller_changes() -> None:
    """Four times the samples halve what can be seen."""
    small, large = table(60, 3, 3, 34), table(240, 12, 12, 136)
    assert large.detectable == pytest.approx(small.detectable / 2, rel=0.15)
    assert 0.03 < small.detectable < 0.1


def test_identical_answers_leave_a_doubt() -> None:
    """Twenty equal answers do not prove equality: the interval has a width."""
    found = table(15, 0, 0, 5)
    assert found.difference == 0
    assert found.low < -0.05
    assert found.high > 0.05
    assert found.detectable > 0.1


@pytest.mark.parametrize(("base", "quantized"), [([0.0] * 9, [1.0] * 9), ([1.0] * 9, [0.0] * 9)])
def test_a_side_without_any_point_has_no_ratio(base: list[float], quantized: list[float]) -> None:
    """There is nothing to divide by, or nothing that was kept."""
    assert compare(base, quantized).ratio is None
