"""Two models on the same samples: the interval of their difference and ratio, and what it takes to
see a change.

Closed formulas, no random numbers: a card is the same on every machine. Binary scores (right or
wrong) and all others are told apart. docs/decisions/0011-paired-intervals.md says why these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import NamedTuple

from cardgen.derive import student
from cardgen.derive.quantity import UNLIMITED, Formula, Quantity

LEVEL = 0.95
POWER = 0.8
LEAST = 2

DIFFERENCE = Formula(
    "paired-difference",
    "mean over the shared samples of (quantized − base); right or wrong: Bonett–Price adjusted "
    "Wald interval, else Student's t of the differences",
    "Bonett and Price 2012, Statistics in Medicine 31: 479; docs/decisions/0011",
)
RECOVERY = Formula(
    "paired-recovery",
    "100 · ratio of the means over the shared samples; right or wrong: Bonett–Price hybrid "
    "interval, else Student's t of the logarithm of the ratio",
    "Bonett and Price 2006, Journal of Educational and Behavioral Statistics 31: 163",
)
DETECTABLE = Formula(
    "smallest-detectable-change",
    "(z(0.975) + z(0.8)) · standard error of the paired difference",
    "two-sided test at 5 %, power 80 %",
)


class Pairs(NamedTuple):
    """The scores that two models got on the samples that both answered, in one order."""

    base: tuple[float, ...]
    quantized: tuple[float, ...]

    @property
    def binary(self) -> bool:
        """Whether every score is 0 or 1."""
        return all(score in (0.0, 1.0) for side in self for score in side)


class Comparison(NamedTuple):
    """What the pairs say, in the unit of the scores; the ratio is a plain number.

    `ratio` and its ends are None where a side's mean is not above zero. `p_value` is that of no
    difference: exact McNemar for binary scores, else Student's t. `detectable` is the smallest
    difference that so many such samples show with a power of 80 %.
    """

    samples: int
    difference: float
    low: float
    high: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p_value: float
    detectable: float


def pairs(base: Mapping[str, float], quantized: Mapping[str, float]) -> Pairs:
    """The scores of the samples that both sides have, by their ids."""
    shared = [name for name in base if name in quantized]
    return Pairs(tuple(base[name] for name in shared), tuple(quantized[name] for name in shared))


def compare(found: Pairs, *, level: float = LEVEL) -> Comparison | None:
    """Quantized minus base and quantized over base; None with fewer than two shared samples."""
    if len(found.base) < LEAST:
        return None
    return _binary(found, level) if found.binary else _continuous(found, level)


def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def _binary(found: Pairs, level: float) -> Comparison:
    n = len(found.base)
    both = sum(b == q == 1 for b, q in zip(*found, strict=True))
    lost = sum(b > q for b, q in zip(*found, strict=True))
    won = sum(q > b for b, q in zip(*found, strict=True))
    # One sample is added to each discordant cell: the interval keeps its level for small counts.
    p_won, p_lost = (won + 1) / (n + 2), (lost + 1) / (n + 2)
    stderr = math.sqrt((p_won + p_lost - (p_won - p_lost) ** 2) / (n + 2))
    middle, half = p_won - p_lost, _z(level) * stderr
    ratio = binary_ratio(both, lost, won, _z(level))
    return Comparison(
        n,
        (won - lost) / n,
        max(-1.0, middle - half),
        min(1.0, middle + half),
        *ratio,
        mcnemar(lost, won),
        _detectable(stderr),
    )


def binary_ratio(
    both: int, lost: int, won: int, z: float
) -> tuple[float | None, float | None, float | None]:
    """Quantized over base with the hybrid interval of Bonett and Price (2006)."""
    base, quantized, either = both + lost, both + won, both + lost + won
    if not base or not quantized:
        return None, None, None
    joint = math.sqrt((lost + won + 2) / ((quantized + 1) * (base + 1)))
    parts = [math.sqrt((1 - (x + 1) / (either + 2)) / (x + 1)) for x in (quantized, base)]
    adjusted = z * joint / sum(parts)
    ends = [_wilson(x, either, adjusted) for x in (quantized, base)]
    return quantized / base, ends[0][0] / ends[1][1], ends[0][1] / ends[1][0]


def _wilson(count: int, n: int, z: float) -> tuple[float, float]:
    half = z * math.sqrt(z * z + 4 * count * (1 - count / n))
    return tuple(  # type: ignore[return-value]
        (2 * count + z * z + sign * half) / (2 * (n + z * z)) for sign in (-1, 1)
    )


def mcnemar(lost: int, won: int) -> float:
    """The exact two-sided p-value of so many samples lost and won, were both equally likely."""
    n = lost + won
    if n == 0:
        return 1.0
    fewer = min(lost, won)
    # In logarithms: the binomial coefficients of thousands of samples exceed any float.
    terms = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
        for k in range(fewer + 1)
    ]
    return min(1.0, 2 * math.fsum(math.exp(term) for term in terms))


def _continuous(found: Pairs, level: float) -> Comparison:
    n = len(found.base)
    differences = [q - b for b, q in zip(*found, strict=True)]
    mean = math.fsum(differences) / n
    stderr = math.sqrt(_variance(differences) / n)
    t = student.quantile((1 - level) / 2, n - 1)
    p_value = 1.0 if stderr == 0 and mean == 0 else 0.0
    if stderr > 0:
        p_value = 2 * student.tail(abs(mean) / stderr, n - 1)
    return Comparison(
        n,
        mean,
        mean - t * stderr,
        mean + t * stderr,
        *_continuous_ratio(found, t),
        p_value,
        _detectable(stderr),
    )


def _continuous_ratio(found: Pairs, t: float) -> tuple[float | None, float | None, float | None]:
    """Quantized over base with the interval of the ratio's logarithm (delta method)."""
    n = len(found.base)
    base, quantized = (math.fsum(side) / n for side in found)
    if base <= 0 or quantized <= 0:
        return None, None, None
    relative = [q / quantized - b / base for b, q in zip(*found, strict=True)]
    half = t * math.sqrt(_variance(relative) / n)
    ratio = quantized / base
    return ratio, ratio * math.exp(-half), ratio * math.exp(half)


def _variance(values: list[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _detectable(stderr: float) -> float:
    return (_z(LEVEL) + NormalDist().inv_cdf(POWER)) * stderr


class Shown(NamedTuple):
    """A comparison as a card shows it, in the unit of the scores and percent."""

    samples: int
    difference: Quantity
    recovery: Quantity | None
    detectable: Quantity

    @property
    def ends(self) -> tuple[float, float]:
        """Both scores, the quantized model's first."""
        quantized, base = self.difference.inputs
        return quantized.value, base.value


def shown(
    comparison: Comparison,
    quantized: Quantity,
    base: Quantity,
    *,
    factor: float,
    higher_is_better: bool,
) -> Shown:
    """The comparison with its trace to both scores; `factor` takes a sample's score to theirs."""

    def made(formula: Formula, unit: str, value: float, low: float, high: float) -> Quantity:
        inputs = (quantized, base)
        return Quantity(value, low, high, unit, UNLIMITED, formula, inputs)

    difference, low, high, detectable = (
        factor * value
        for value in (
            comparison.difference,
            comparison.low,
            comparison.high,
            comparison.detectable,
        )
    )
    ratio = comparison[4:7]
    kept = None
    # An interval of width zero is none: all samples were in one ratio by chance.
    if None not in ratio and ratio[1] != ratio[2]:
        ends = tuple(100 * float(end or 0) for end in ratio)
        if not higher_is_better:
            ends = tuple(1e4 / end for end in (ends[0], ends[2], ends[1]))
        kept = made(RECOVERY, "%", *ends)
    return Shown(
        comparison.samples,
        made(DIFFERENCE, quantized.unit, difference, low, high),
        kept,
        made(DETECTABLE, quantized.unit, detectable, detectable, detectable),
    )
