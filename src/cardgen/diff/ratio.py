"""How large a change is and how sure: the ratio of two series, tested beyond a threshold.

Owns the statistics of one comparison and the correction over all of a card's. What is compared
and what the verdict is called is decided by `compare`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from cardgen.derive import student
from cardgen.derive.quantity import Quantity
from cardgen.diff.series import Series

LEVEL = 0.95
"""The confidence that no claim of a card's comparisons is false."""

SCORES = ("score", "quality")
"""What a harness gives a standard error for; that of a latency speaks of one window only."""


BINARY_NOISE = 1e-12


class Evidence(Protocol):
    """What two sides say about their ratio, new over old.

    `noisy` is False for values that do not vary, which need no correction.
    """

    @property
    def estimate(self) -> float:
        """log(new/old)."""

    @property
    def method(self) -> str:
        """What the interval rests on, in words."""

    @property
    def noisy(self) -> bool:
        """Whether chance enters."""

    def interval(self, level: float) -> tuple[float, float]:
        """The interval of the ratio at a confidence level."""

    def p_value(self, threshold: float) -> float:
        """The largest 1 − level at which the interval still reaches into the threshold.

        The interval at level 1 − p lies wholly beyond [1/(1 + threshold), 1 + threshold] just
        where p is larger than this.
        """


class LogRatio(NamedTuple):
    """What means of logarithms and their standard error say about a ratio.

    `estimate` is log(new/old); it may lie anywhere in [`low`, `high`] for the rounding of printed
    numbers alone, and `stderr` with `degrees` of freedom is the noise on top. `stderr` 0 with
    infinitely many degrees is a value without noise.
    """

    estimate: float
    low: float
    high: float
    stderr: float
    degrees: float
    method: str

    @property
    def noisy(self) -> bool:
        """Whether chance enters."""
        return self.stderr > 0

    def interval(self, level: float) -> tuple[float, float]:
        """The interval of the ratio at a confidence level: rounding and noise together."""
        margin = self._margin(level)
        return _exp(self.low - margin), _exp(self.high + margin)

    def _margin(self, level: float) -> float:
        if self.stderr == 0:
            return 0.0
        return student.quantile((1 - level) / 2, self.degrees) * self.stderr

    def p_value(self, threshold: float) -> float:
        """The largest 1 − level at which the interval still reaches into the threshold."""
        beyond = max(self.low, -self.high) - math.log1p(threshold)
        if self.stderr == 0:
            return 0.0 if beyond > 0 else 1.0
        if beyond <= 0:
            return 1.0
        return min(1.0, 2 * student.tail(beyond / self.stderr, self.degrees))


class Unknown(NamedTuple):
    """Why nothing can be said about a change."""

    reason: str


def evidence(old: Series, new: Series) -> LogRatio | Unknown:
    """What the two series say, by the best that both sides allow.

    Deterministic metrics: the values themselves. Scores: the harness's standard errors, by the
    delta method. All others, and scores without: the t interval of the mean of log values over
    independent runs, at least two a side.
    """
    sides = (old.values, new.values)
    if any(value.value <= 0 for side in sides for value in side):
        return Unknown("a ratio needs values above zero on both sides")
    logs = [[math.log(value.value) for value in side] for side in sides]
    estimate = _mean(logs[1]) - _mean(logs[0])
    low = _mean_log(new.values, high=False) - _mean_log(old.values, high=True)
    high = _mean_log(new.values, high=True) - _mean_log(old.values, high=False)
    if old.metric.deterministic:
        return LogRatio(estimate, low, high, 0.0, math.inf, "no noise: counted, not timed")
    if old.metric.id in SCORES:
        errors = [_relative_stderr(side) for side in sides]
        if None not in errors:
            stderr = math.hypot(*(error for error in errors if error is not None))
            if stderr > 0:
                return LogRatio(estimate, low, high, stderr, math.inf, "standard errors")
            return Unknown("both standard errors are zero")
    if min(len(side) for side in sides) < 2:
        return Unknown(_too_few(old, new))
    return _over_runs(logs, LogRatio(estimate, low, high, 0.0, math.inf, "t interval over runs"))


def _over_runs(logs: Sequence[Sequence[float]], found: LogRatio) -> LogRatio | Unknown:
    """Welch's standard error, with the degrees of freedom of the side with fewer runs.

    The degrees that Welch and Satterthwaite estimate from the spreads are too many where few runs
    are noisy and many are quiet, and the more so the further out the correction for many
    comparisons asks; those of the smaller side never are. Source: M. R. Mickey and M. B. Brown,
    Annals of Mathematical Statistics 37 (1966) 639-642; docs/diff.md has the simulation.
    """
    parts = [_variance(side) / len(side) for side in logs]
    stderr = math.sqrt(math.fsum(parts))
    scale = max(1.0, *(abs(value) for side in logs for value in side))
    if stderr <= BINARY_NOISE * scale:
        return Unknown("the runs show no spread at all, so that their noise is not known")
    return found._replace(stderr=stderr, degrees=min(len(side) for side in logs) - 1)


def _relative_stderr(values: Sequence[Quantity]) -> float | None:
    """The relative standard error of a score; repeats ask the same questions, and add nothing."""
    found = [value.stderr / value.value for value in values if value.stderr is not None]
    if len(found) < len(values):
        return None
    return math.sqrt(_mean([error * error for error in found]))


def _mean_log(values: Sequence[Quantity], *, high: bool) -> float:
    bounds = [value.high if high else value.low for value in values]
    if min(bounds) <= 0:
        return -math.inf
    return _mean([math.log(bound) for bound in bounds])


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    # Not statistics.variance: its exact fractions take most of the time of a large card.
    middle = _mean(values)
    return math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1)


def _too_few(old: Series, new: Series) -> str:
    counts = f"{_runs(old)} before, {len(new.values)} after"
    if old.metric.id in SCORES:
        return f"no standard error on both sides, and fewer than two runs ({counts})"
    return f"fewer than two runs ({counts})"


def _runs(series: Series) -> str:
    return "1 run" if len(series.values) == 1 else f"{len(series.values)} runs"


def _exp(value: float) -> float:
    """e to the value; what no float holds is unbounded."""
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


class Corrected(NamedTuple):
    """A p-value corrected for its family: what it counts as, and the level it was held to."""

    p_value: float
    level: float
    claimed: bool


def holm(p_values: Sequence[float], level: float = LEVEL) -> list[Corrected]:
    """Holm's step-down correction: the chance of one false claim in all stays below 1 − level.

    From the smallest p upwards, each is held to (1 − level)/(number not yet claimed); the first
    that fails ends the claims, and the rest is held to its level. Source: S. Holm, Scandinavian
    Journal of Statistics 6 (1979) 65-70.
    """
    alpha, count = 1 - level, len(p_values)
    order = sorted(range(count), key=lambda index: p_values[index])
    found: list[Corrected] = [Corrected(1.0, level, claimed=False)] * count
    largest, stopped_at = 0.0, None
    for rank, index in enumerate(order):
        left = count - rank
        largest = max(largest, min(1.0, p_values[index] * left))
        if stopped_at is None and p_values[index] * left > alpha:
            stopped_at = alpha / left
        own = alpha / left if stopped_at is None else stopped_at
        found[index] = Corrected(largest, 1 - own, claimed=stopped_at is None)
    return found
