"""Scores whose sides both kept per-sample results: compared question by question.

Owns finding the samples and asking their interval for its p-value; the interval itself is
`derive.paired`'s.
"""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

from cardgen.derive import paired as pairing
from cardgen.derive.paired import Pairs
from cardgen.derive.quantity import Quantity
from cardgen.diff.ratio import Evidence, LogRatio
from cardgen.diff.series import Series
from cardgen.diff.state import State
from cardgen.errors import RecordError
from cardgen.records import AccuracyMeasurement
from cardgen.store import files, samples

AS_THE_SCORE = 1e-6
"""How far the mean of the samples may be from the score, relative: else the score is no mean."""

SURE = 1e-12
"""The smallest p-value that is told apart from zero."""

STEPS = 40


class PairedRatio(NamedTuple):
    """What right and wrong answers to the same questions say: those that both sides got right,
    those that the new side lost, and those that it won."""

    both: int
    lost: int
    won: int
    method: str
    noisy: bool = True

    @property
    def estimate(self) -> float:
        """log(new/old)."""
        return math.log((self.both + self.won) / (self.both + self.lost))

    def interval(self, level: float) -> tuple[float, float]:
        """The interval of the ratio at a confidence level, by Bonett and Price (2006)."""
        z = NormalDist().inv_cdf(0.5 + level / 2)
        _, low, high = pairing.binary_ratio(self.both, self.lost, self.won, z)
        return max(0.0, low or 0.0), math.inf if high is None else high

    def p_value(self, threshold: float) -> float:
        """The largest 1 − level at which the interval still reaches into the threshold.

        The interval grows with its level, so that bisecting the logarithm of 1 − level finds it.
        """
        if abs(self.estimate) <= math.log1p(threshold):
            return 1.0
        low, high = math.log(SURE), 0.0
        for _ in range(STEPS):
            middle = (low + high) / 2
            beyond = self._beyond(math.exp(middle), threshold)
            low, high = (low, middle) if beyond else (middle, high)
        return math.exp(high)

    def _beyond(self, alpha: float, threshold: float) -> bool:
        low, high = self.interval(1 - alpha)
        return low > 1 + threshold or high < 1 / (1 + threshold)


def paired(old: Series, new: Series, before: State, after: State) -> Evidence | None:
    """What the questions that both sides answered say; None where that cannot be told.

    Both sides have one value each, kept the same questions, and their scores are the means of
    what was kept.
    """
    if len(old.values) != 1 or len(new.values) != 1:
        return None
    first = _samples(old.values[0], before.root)
    second = _samples(new.values[0], after.root)
    if first is None or second is None or first.keys() != second.keys():
        return None
    return from_pairs(pairing.pairs(first, second))


def from_pairs(pairs: Pairs) -> Evidence | None:
    """The evidence of the pairs; None where they give no ratio, or answer everything alike.

    Scores that are not just right or wrong: Student's t of the logarithm of the ratio of means.
    """
    old, new = pairs
    count = len(old)
    if count < 2 or min(math.fsum(old), math.fsum(new)) <= 0:
        return None
    method = f"paired over {count} samples"
    if pairs.binary:
        both = sum(a == b == 1 for a, b in zip(old, new, strict=True))
        lost = sum(a > b for a, b in zip(old, new, strict=True))
        won = sum(a < b for a, b in zip(old, new, strict=True))
        return PairedRatio(both, lost, won, method)
    means = statistics.fmean(old), statistics.fmean(new)
    relative = [b / means[1] - a / means[0] for a, b in zip(old, new, strict=True)]
    estimate = math.log(means[1] / means[0])
    stderr = math.sqrt(statistics.variance(relative) / count)
    if stderr == 0:
        return None
    return LogRatio(estimate, estimate, estimate, stderr, count - 1, method)


def _samples(value: Quantity, root: Path) -> dict[str, float] | None:
    """The scores of a value's samples by question; None where they were not kept or do not fit."""
    stored = next((leaf.stored for leaf in value.leaves()), None)
    measurement = stored.measurement if stored is not None else None
    if not isinstance(measurement, AccuracyMeasurement) or measurement.samples is None:
        return None
    kept = measurement.samples
    path = root / kept.file
    if not path.is_file():
        return None
    data = files.read_bytes(path, error=RecordError, place=kept.file)
    if files.sha256(data) != kept.sha256:
        raise RecordError(
            kept.file,
            expected=f"the samples that the run names (sha256 {kept.sha256[:12]}…)",
            found=f"sha256 {files.sha256(data)[:12]}…",
            next_step="restore the file from version control, or measure again",
        )
    found = samples.scores(data, kept.file)
    if not found:
        return None
    raw = measurement.value.value if measurement.value else math.nan
    share = raw / 100 if measurement.scale == "percent" else raw
    mean = statistics.fmean(found.values())
    return found if math.isclose(mean, share, rel_tol=AS_THE_SCORE, abs_tol=1e-12) else None
