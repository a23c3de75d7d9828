"""Student's t distribution: tail probabilities and quantiles, for any real degrees of freedom.

Owns the numerics of small-sample intervals. Knows no measurements.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

STEPS = 300
PRECISION = 1e-14
CLOSE = 1e-9
"""Of two steps that are so close, the second is right to the last digits."""
SMALLEST = 1e-300


def tail(t: float, degrees: float) -> float:
    """P(T > t) with `degrees` > 0 degrees of freedom; infinitely many are the normal distribution.

    Half the regularized incomplete beta function I_x(degrees/2, 1/2) at x = degrees/(degrees + t²)
    (Abramowitz and Stegun 26.7.1), so that small tails keep their digits.
    """
    if t < 0:
        return 1.0 - tail(-t, degrees)
    if math.isinf(degrees):
        return 0.5 * math.erfc(t / math.sqrt(2))
    if math.isinf(t):
        return 0.0
    return 0.5 * _beta(degrees / 2, 0.5, degrees, t * t)


@lru_cache(maxsize=4096)
def quantile(upper: float, degrees: float) -> float:
    """The t that P(T > t) is `upper` of, for 0 < upper <= 1/2: 0.025 and 10 degrees give 2.228."""
    if not 0 < upper <= 0.5:
        raise ValueError(f"a tail between 0 and 1/2, found {upper}")
    normal = NormalDist().inv_cdf(1 - upper) if upper > 1e-15 else 8.0
    if math.isinf(degrees):
        return normal
    if upper == 0.5:
        return 0.0
    low, high = 0.0, math.inf
    t = max(normal, 1e-3)
    for _ in range(STEPS):
        found = tail(t, degrees)
        low, high = (t, high) if found > upper else (low, t)
        # Newton on the logarithms of tail and t, which are nearly a line; where it leaves the
        # bracket, the bracket is halved.
        step = found * math.log(found / upper) / (_density(t, degrees) * t) if found else -1.0
        following = t * math.exp(max(-2.0, min(2.0, step)))
        if not low < following < high:
            following = (low + high) / 2 if high < math.inf else 2 * t
        if abs(following - t) <= CLOSE * t:
            return following
        t = following
    return t


def _density(t: float, degrees: float) -> float:
    constant = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)
    constant -= 0.5 * math.log(degrees * math.pi)
    return math.exp(constant - (degrees + 1) / 2 * math.log1p(t * t / degrees))


def _beta(a: float, b: float, degrees: float, square: float) -> float:
    """I_x(a, b) at x = degrees/(degrees + square), from the side that converges quickly."""
    total = degrees + square
    x, rest = degrees / total, square / total
    if rest == 0:
        return 1.0
    if x == 0:
        return 0.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1.0 - front * _fraction(b, a, rest) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method."""
    c, d = 1.0, _away_from_zero(1 - (a + b) * x / (a + 1))
    d = 1 / d
    value = d
    for m in range(1, STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for coefficient in (even, odd):
            d = 1 / _away_from_zero(1 + coefficient * d)
            c = _away_from_zero(1 + coefficient / c)
            change = c * d
            value *= change
        if abs(change - 1) < PRECISION:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > SMALLEST else SMALLEST
