"""Accuracy: scores in one scale, averages, recovery and the difference with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cardgen.derive.quantity import (
    UNLIMITED,
    Absent,
    Formula,
    Quantity,
    Value,
    apply,
    leaf,
    mean,
    scaled,
)
from cardgen.derive.repeats import failure
from cardgen.language import Message
from cardgen.records import AccuracyMeasurement
from cardgen.store.runs import Stored

AS_PERCENT = Formula("as-percent", "100 · fraction", "scale of the record: a fraction of one")
AVERAGE = Formula("average", "sum of scores / number of scores", "unweighted mean over tasks")
RECOVERY = Formula(
    "recovery",
    "100 · quantized / base",
    "share of the base model's score that is kept; published quantized-model cards",
)
RECOVERY_LOWER = Formula(
    "recovery-lower-is-better",
    "100 · base / quantized",
    "the same share where lower is better (WER, perplexity)",
)
MEAN_RECOVERY = Formula("mean-recovery", "mean of the tasks' recoveries", "option of card.yaml")
DIFFERENCE = Formula(
    "difference",
    "quantized − base; interval ± 1.96 · √(SE_q² + SE_b²), the scores taken as independent",
    "normal approximation from the harness's standard errors",
)

NO_ERROR = Absent(Message("no standard error recorded"))
NO_ERROR_OF_MEDIAN = Absent(Message("a median of several runs has no standard error"))
ZERO_ERROR = Absent(Message("the recorded standard error is 0, from which no interval follows"))


def score(stored: Stored) -> Value | None:
    """The score in the unit the card prints: percent for fractions and percentages, else points.

    Only a fraction is multiplied by 100. None where another kind of record is given.
    """
    measurement = stored.measurement
    if not isinstance(measurement, AccuracyMeasurement):
        return None
    if measurement.value is None:
        return failure(stored)
    if measurement.scale == "fraction":
        return scaled(leaf(measurement.value, "", stored, "value"), 100, "%", AS_PERCENT)
    return leaf(measurement.value, "%" if measurement.scale == "percent" else "", stored, "value")


def recovery(quantized: Value, base: Value, *, higher_is_better: bool) -> Value:
    """Recovery in percent: 100·quantized/base, and 100·base/quantized where lower is better.

    Absent, with the reason, where a side is missing or below zero, or the divisor is zero. Source:
    the "Recovery" column of published quantized-model cards.
    """
    if isinstance(base, Absent):
        return Absent(Message("no baseline: %(reason)s", {"reason": base.reason}), base.stored)
    if isinstance(quantized, Absent):
        return quantized
    if quantized.unit != base.unit:
        return Absent(Message("the scores are in different units"))
    divisor = base if higher_is_better else quantized
    if divisor.value == 0:
        return Absent(Message("the score to divide by is zero"))
    if quantized.value < 0 or base.value < 0:
        return Absent(Message("a score below zero has no share that is kept"))
    if higher_is_better:
        return apply(RECOVERY, "%", lambda q, b: 100 * q / b, quantized, base)
    return apply(RECOVERY_LOWER, "%", lambda b, q: 100 * b / q, base, quantized)


def average(scores: Sequence[Value]) -> Value:
    """The unweighted mean of scores in one unit; absent if one is missing or units differ."""
    present: list[Quantity] = []
    for item in scores:
        if isinstance(item, Absent):
            return Absent(
                Message("a score it averages is absent: %(reason)s", {"reason": item.reason})
            )
        present.append(item)
    if not present:
        return Absent(Message("no scores to average"))
    if len({item.unit for item in present}) > 1:
        return Absent(Message("the scores are in different units"))
    return mean(AVERAGE, present[0].unit, present)


def mean_recovery(recoveries: Sequence[Value]) -> Value:
    """The mean of the tasks' recoveries: the alternative to the ratio of averages."""
    value = average(recoveries)
    if isinstance(value, Absent):
        return value
    return mean(MEAN_RECOVERY, "%", value.inputs)


def difference(quantized: Value, base: Value) -> Value:
    """Quantized minus base with a 95 % interval from both standard errors, taken as independent.

    Absent where a side has no standard error: a difference without uncertainty is no finding, and
    an interval of width zero a false one.
    """
    for side in (quantized, base):
        if isinstance(side, Absent):
            return side
    assert isinstance(quantized, Quantity)
    assert isinstance(base, Quantity)
    if quantized.stderr is None or base.stderr is None:
        return _no_error(quantized, base)
    if quantized.unit != base.unit:
        return Absent(Message("the scores are in different units"))
    stderr = math.hypot(quantized.stderr, base.stderr)
    value = quantized.value - base.value
    return Quantity(
        value,
        value - 1.96 * stderr,
        value + 1.96 * stderr,
        quantized.unit,
        UNLIMITED,
        DIFFERENCE,
        (quantized, base),
        stderr=stderr,
    )


def _no_error(*sides: Quantity) -> Absent:
    """Why a side has no standard error."""
    for side in sides:
        if side.stderr is None and side.runs > 1:
            return NO_ERROR_OF_MEDIAN
        records = [leaf.stored.measurement for leaf in side.leaves() if leaf.stored is not None]
        for record in records:
            if (
                isinstance(record, AccuracyMeasurement)
                and record.value
                and record.value.stderr == 0
            ):
                return ZERO_ERROR
    return NO_ERROR
