"""How often a comparison cries wolf, and how often it sees one: simulated families.

Each family is the comparisons of one card; a false alarm is a family with at least one false
claim. `CARDGEN_FAMILIES=20000` runs more of them.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from cardgen.derive.paired import Pairs
from cardgen.derive.quantity import Quantity
from cardgen.diff.paired import from_pairs
from cardgen.diff.ratio import Evidence, Unknown, evidence, holm
from cardgen.diff.series import Series, Subject
from cardgen.metrics import BATCH_LATENCY, SCORE, Metric
from cardgen.records import Identity

FAMILIES = int(os.environ.get("CARDGEN_FAMILIES", "2000"))
COMPARISONS = 5
ALLOWED = 0.06
THRESHOLD = BATCH_LATENCY.threshold


def series(metric: Metric, values: list[Quantity]) -> Series:
    """Values of one subject."""
    subject = Subject(Identity("device", "m", ()), metric.id)
    return Series(subject, metric, tuple(values), values[0], False, {}, ())


def exact(value: float, stderr: float | None = None) -> Quantity:
    """A value at full precision."""
    return Quantity(value, value, value, "", stderr=stderr)


@dataclass(frozen=True)
class Timing:
    """Runs of a latency with log-normal noise, before and after a true ratio."""

    ratio: float
    noise: float = 0.03
    runs: tuple[int, int] = (3, 3)
    noise_after: float | None = None

    def __call__(self, random: random.Random) -> Evidence:
        noises = (self.noise, self.noise_after or self.noise)
        sides = [
            series(
                BATCH_LATENCY,
                [exact(true * math.exp(random.gauss(0, noise))) for _ in range(count)],
            )
            for true, noise, count in zip((1.0, self.ratio), noises, self.runs, strict=True)
        ]
        found = evidence(*sides)
        assert not isinstance(found, Unknown)
        return found


@dataclass(frozen=True)
class Scores:
    """Two models' answers to the same questions: compared by standard errors, or paired."""

    before: float
    after: float
    questions: int = 100
    shared: float = 0.7
    paired: bool = False

    def __call__(self, random: random.Random) -> Evidence:
        old, new = [], []
        for _ in range(self.questions):
            luck = random.random()
            old.append(float(luck < self.before))
            again = luck if random.random() < self.shared else random.random()
            new.append(float(again < self.after))
        if self.paired:
            found = from_pairs(Pairs(tuple(old), tuple(new)))
            assert found is not None
            return found
        sides = [series(SCORE, [_scored(answers)]) for answers in (old, new)]
        compared = evidence(*sides)
        assert not isinstance(compared, Unknown)
        return compared


def _scored(answers: list[float]) -> Quantity:
    mean = sum(answers) / len(answers)
    return exact(mean, math.sqrt(mean * (1 - mean) / (len(answers) - 1)))


def claims(
    make: Callable[[random.Random], Evidence], threshold: float, families: int, seed: int
) -> Iterator[int]:
    """For each family, how many of its comparisons are claimed to be changes."""
    source = random.Random(seed)
    for _ in range(families):
        p_values = [make(source).p_value(threshold) for _ in range(COMPARISONS)]
        yield sum(item.claimed for item in holm(p_values))


def upper_bound(alarms: int, families: int) -> float:
    """The upper end of the one-sided 95 % interval of a share (Clopper and Pearson)."""
    low, high = alarms / families, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        terms = (
            math.lgamma(families + 1) - math.lgamma(k + 1) - math.lgamma(families - k + 1)
            + k * math.log(middle) + (families - k) * math.log1p(-middle)
            for k in range(alarms + 1)
        )  # fmt: skip
        low, high = (middle, high) if sum(map(math.exp, terms)) > 0.05 else (low, middle)
    return high


NOISE: dict[str, tuple[Callable[[random.Random], Evidence], float]] = {
    "nothing changed": (Timing(1.0, noise=0.1), THRESHOLD),
    "a change of just the threshold": (Timing(1 + THRESHOLD), THRESHOLD),
    "just the threshold, many quiet runs and two noisy ones": (
        Timing(1 + THRESHOLD, runs=(10, 2), noise=0.01, noise_after=0.05),
        THRESHOLD,
    ),
    "nothing changed, no threshold, noise of unlike size": (
        Timing(1.0, runs=(5, 5), noise=0.01, noise_after=0.2),
        0.0,
    ),
    "independent scores, no threshold": (Scores(0.6, 0.6, shared=0.0), 0.0),
    "paired scores, few differ": (Scores(0.8, 0.8, shared=0.9, paired=True), SCORE.threshold),
    "paired scores, no threshold": (Scores(0.6, 0.6, paired=True), 0.0),
}


@pytest.mark.parametrize("name", NOISE)
def test_false_alarms_stay_rare(name: str) -> None:
    make, threshold = NOISE[name]
    found = list(claims(make, threshold, FAMILIES, seed=20250218))
    alarms = sum(count > 0 for count in found)
    bound = upper_bound(alarms, len(found))
    print(f"{name}: {alarms} of {len(found)}, upper bound {bound:.4f}")
    assert bound <= ALLOWED


POWER: dict[str, tuple[Callable[[random.Random], Evidence], float]] = {
    "10 % slower, 1 % noise, 3 runs a side": (Timing(1.10, 0.01), 0.65),
    "10 % slower, 1 % noise, 5 runs a side": (Timing(1.10, 0.01, (5, 5)), 0.99),
    "10 % slower, 2 % noise, 5 runs a side": (Timing(1.10, 0.02, (5, 5)), 0.92),
    "20 % slower, 3 % noise, 5 runs a side": (Timing(1.20, 0.03, (5, 5)), 0.99),
    "half again as slow, 3 % noise, 3 runs a side": (Timing(1.50, 0.03), 0.98),
    "half the wrong answers mended, 100 paired samples": (
        Scores(0.6, 0.8, shared=1.0, paired=True),
        0.95,
    ),
}


@pytest.mark.parametrize("name", POWER)
def test_real_changes_are_seen(name: str) -> None:
    """The power that docs/diff.md states, each comparison among five of its kind."""
    make, least = POWER[name]
    families = FAMILIES // 5
    found = sum(claims(make, THRESHOLD, families, seed=1)) / (families * COMPARISONS)
    print(f"{name}: {found:.3f}")
    assert found >= least


def test_the_bound_is_that_of_the_tables() -> None:
    """3 of 100: 7.57 %, as tables of the one-sided limit have it."""
    assert upper_bound(3, 100) == pytest.approx(0.0757, abs=5e-4)
    assert upper_bound(0, 2000) == pytest.approx(1 - 0.05 ** (1 / 2000), rel=1e-6)
