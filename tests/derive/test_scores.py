"""Scores, averages, recovery and differences against values computed by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import BASE, RELAXED, accuracy, printed, serving, stored

from cardgen.derive.accuracy import average, difference, mean_recovery, recovery, score
from cardgen.derive.quantity import NOT_MEASURED, Absent, Quantity, Value, rounded
from cardgen.derive.repeats import value_of
from cardgen.language import Message


def of(value: float | str | dict[str, Any], **more: Any) -> Value:
    """The score of a task."""
    found = score(stored(accuracy("task", value, **more)))
    assert found is not None
    return found


def median_of(*values: float) -> Value:
    """The median of a task's score over runs, each with its standard error."""
    made = (accuracy("task", {"value": value, "stderr": 0.3}) for value in values)
    repeats = [stored(one, file=f"cards/a/runs/{n}.json") for n, one in enumerate(made)]
    return value_of(repeats, score)


ZERO = "the recorded standard error is 0, from which no interval follows"
MEDIAN = "a median of several runs has no standard error"


def quantity(value: Value) -> Quantity:
    """The value, which must be there."""
    assert isinstance(value, Quantity), value
    return value


@pytest.mark.parametrize(
    ("value", "scale", "shown", "unit"),
    [
        ("0.4156", "fraction", "41.56", "%"),
        ("0", "fraction", "0.00", "%"),
        ("1", "fraction", "100.00", "%"),
        ("41.56", "percent", "41.56", "%"),
        ("0.42", "percent", "0.42", "%"),
        ("5.93", "points", "5.93", ""),
        ("0.5", "points", "0.50", ""),
        ("130.5", "points", "130.50", ""),
    ],
)
def test_score(value: str, scale: str, shown: str, unit: str) -> None:
    """Only a fraction is multiplied by a hundred; points keep their number."""
    found = quantity(of(value, scale=scale))
    assert (rounded(found.value, 2), found.unit) == (shown, unit)


def test_score_of_a_failed_run_is_absent_with_its_reason() -> None:
    """A failure is told, never a zero."""
    found = of_none("failed", "out of memory")
    assert isinstance(found, Absent)
    assert str(found.reason) == "the run failed: out of memory"
    assert found.stored is not None


def of_none(outcome: str, reason: str) -> Value | None:
    """The score of a run without one."""
    return score(stored(accuracy("task", None, outcome=outcome, reason=reason)))


def test_score_of_a_skipped_run_is_absent_with_its_reason() -> None:
    """A skip is told as one."""
    found = of_none("skipped", "no licence")
    assert isinstance(found, Absent)
    assert str(found.reason) == "skipped: no licence"


def test_another_kind_of_record_has_no_score() -> None:
    """A serving record says nothing of accuracy."""
    assert score(stored(serving(latency_s=1.0))) is None


@pytest.mark.parametrize(
    ("quantized", "base", "higher", "shown"),
    [
        ("41.56", "44.56", True, "93.27"),
        ("35.82", "43.69", True, "81.99"),
        ("62.80", "65.32", True, "96.14"),
        ("50", "40", True, "125.00"),
        ("0", "40", True, "0.00"),
        # Lower is better: word error rate rose from 8 to 10, so 80 % are kept.
        ("10", "8", False, "80.00"),
        ("5.93", "5.47", False, "92.24"),
        ("8", "10", False, "125.00"),
        ("10", "0", False, "0.00"),
    ],
)
def test_recovery(quantized: str, base: str, higher: bool, shown: str) -> None:
    """100·quantized/base, and the other way round where lower is better."""
    found = quantity(recovery(of(quantized), of(base), higher_is_better=higher))
    assert rounded(found.value, 2) == shown
    assert found.unit == "%"


FAILED = Absent(Message("the run failed: boom"))


@pytest.mark.parametrize(
    ("quantized", "base", "higher", "reason"),
    [
        (of("1"), NOT_MEASURED, True, "no baseline: not measured"),
        (of("1"), FAILED, True, "no baseline: the run failed: boom"),
        (of("1"), FAILED, False, "no baseline: the run failed: boom"),
        (NOT_MEASURED, NOT_MEASURED, True, "no baseline: not measured"),
        (FAILED, of("1"), True, "the run failed: boom"),
        (of("1"), of("0"), True, "the score to divide by is zero"),
        (of("0"), of("0"), True, "the score to divide by is zero"),
        (of("0"), of("1"), False, "the score to divide by is zero"),
        (of("1"), of("1", scale="points"), True, "the scores are in different units"),
    ],
)
def test_recovery_is_absent_with_a_reason(
    quantized: Value, base: Value, higher: bool, reason: str
) -> None:
    """A missing or zero side makes no number and stops nothing."""
    found = recovery(quantized, base, higher_is_better=higher)
    assert isinstance(found, Absent)
    assert str(found.reason) == reason


@pytest.mark.parametrize(
    ("scores", "shown"),
    [
        (("44.56", "75.94", "92.53", "81.20", "54.15"), "69.68"),
        (("41.56", "73.58", "91.58", "78.96", "45.75"), "66.29"),
        (("1", "2"), "1.50"),
        (("7.25",), "7.25"),
        (("-1", "1"), "0.00"),
    ],
)
def test_average(scores: tuple[str, ...], shown: str) -> None:
    """The unweighted mean, whatever the scores' digits."""
    values = [of(text, scale="points") for text in scores]
    assert rounded(quantity(average(values)).value, 2) == shown


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ((), "no scores to average"),
        ((of("1"), FAILED), "a score it averages is absent: the run failed: boom"),
        ((of("1"), of("1", scale="points")), "the scores are in different units"),
    ],
)
def test_average_is_absent_with_a_reason(scores: tuple[Value, ...], reason: str) -> None:
    """An average over fewer tasks than it names would be another number."""
    found = average(scores)
    assert isinstance(found, Absent)
    assert str(found.reason) == reason


def test_the_two_recoveries_of_an_average_differ() -> None:
    """The ratio of the averages weighs tasks by their scores, the mean of recoveries does not."""
    bases, quantized = [of("80"), of("20")], [of("80"), of("10")]
    ratio = recovery(average(quantized), average(bases), higher_is_better=True)
    each = [recovery(q, b, higher_is_better=True) for q, b in zip(quantized, bases, strict=True)]
    assert quantity(ratio).value == pytest.approx(90.0)
    mean = quantity(mean_recovery(each))
    assert mean.value == pytest.approx(75.0)
    assert mean.formula is not None
    assert mean.formula.id == "mean-recovery"
    assert isinstance(mean_recovery([*each, FAILED]), Absent)


@pytest.mark.parametrize(
    ("quantized", "base", "low", "value", "high"),
    [
        ((50.0, 3.0), (52.0, 4.0), -2 - 9.8, -2.0, -2 + 9.8),
        ((50.0, 0.3), (50.0, 0.4), -0.98, 0.0, 0.98),
    ],
)
def test_difference(
    quantized: tuple[float, float],
    base: tuple[float, float],
    low: float,
    value: float,
    high: float,
) -> None:
    """The difference with 1.96 standard errors, added as of independent scores."""
    sides = [of({"value": v, "stderr": e}) for v, e in (quantized, base)]
    found = quantity(difference(*sides))
    assert (found.low, found.value, found.high) == pytest.approx((low, value, high))


def test_difference_of_fractions_is_in_percent_points() -> None:
    """0.50 ± 0.03 and 0.52 ± 0.04 differ by -2 ± 9.8 points."""
    sides = [
        of({"value": v, "stderr": e}, scale="fraction") for v, e in ((0.5, 0.03), (0.52, 0.04))
    ]
    found = quantity(difference(*sides))
    assert (found.low, found.value, found.high) == pytest.approx((-11.8, -2.0, 7.8))
    assert found.unit == "%"


@pytest.mark.parametrize(
    ("quantized", "base", "reason"),
    [
        (of("1"), NOT_MEASURED, "not measured"),
        (of({"value": 1.0, "stderr": 0.1}), of(1.0), "no standard error recorded"),
        (of(1.0), of({"value": 1.0, "stderr": 0.1}), "no standard error recorded"),
        # A harness writes 0 where it computed none, and where all answers were alike.
        (of({"value": 4.5, "stderr": 0.0}), of({"value": 4.9, "stderr": 0.0}), ZERO),
        (of({"value": 4.5, "stderr": 0.3}), of({"value": 4.9, "stderr": 0.0}), ZERO),
        (of({"value": 0.0, "stderr": 0.0}), of({"value": 0.0, "stderr": 0.0}), ZERO),
        (of({"value": 1.0, "stderr": 0.0}, scale="fraction"), of(99.0), ZERO),
        (median_of(4.5, 4.6), of({"value": 4.9, "stderr": 0.3}), MEDIAN),
    ],
)
def test_difference_is_absent_without_both_errors(
    quantized: Value, base: Value, reason: str
) -> None:
    """A difference of unknown uncertainty is no finding."""
    found = difference(quantized, base)
    assert isinstance(found, Absent)
    assert str(found.reason) == reason


TRUE_SCORES = st.lists(
    st.tuples(st.floats(1, 100), st.floats(1, 100), st.integers(0, 2)), min_size=1, max_size=5
)


@RELAXED
@given(TRUE_SCORES, st.booleans(), st.sampled_from(["nearest", "truncated", "unknown"]))
def test_the_true_recovery_lies_in_the_interval(
    scores: list[tuple[float, float, int]], higher: bool, rounding: str
) -> None:
    """Recovery of averages and mean of recoveries, from scores rounded or cut before."""
    bases: list[Value] = []
    quantized: list[Value] = []
    for base, own, decimals in scores:
        for true, values in ((base, bases), (own, quantized)):
            shift = 10.0**decimals
            if rounding == "truncated":
                text = f"{math.floor(true * shift) / shift:.{decimals}f}"
            else:
                text = f"{true:.{decimals}f}"
            values.append(of(printed(text, rounding), scale="points"))
    recoveries = [
        recovery(q, b, higher_is_better=higher) for q, b in zip(quantized, bases, strict=True)
    ]
    ratio = recovery(average(quantized), average(bases), higher_is_better=higher)
    true_each = [100 * (q / b if higher else b / q) for b, q, _ in scores]
    bases_sum = math.fsum(b for b, _, _ in scores)
    own_sum = math.fsum(q for _, q, _ in scores)
    true_ratio = 100 * (own_sum / bases_sum if higher else bases_sum / own_sum)
    for found, true in (
        *zip(recoveries, true_each, strict=True),
        (ratio, true_ratio),
        (mean_recovery(recoveries), math.fsum(true_each) / len(true_each)),
    ):
        value = quantity(found)
        assert value.low - 1e-6 <= true <= value.high + 1e-6


def test_a_base_model_recovers_itself() -> None:
    """The same score on both sides is 100 %."""
    found = quantity(recovery(of("44.56"), of("44.56", model=BASE), higher_is_better=True))
    assert found.value == 100.0
