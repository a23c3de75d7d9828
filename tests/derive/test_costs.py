"""Latency, rate, queries per dollar, cost ratios and headlines against values computed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED, accuracy, serving, stored

from cardgen.derive import serving as derive
from cardgen.derive.quantity import NOT_MEASURED, Absent, Quantity, Value, constant, rounded
from cardgen.derive.serving import HourlyPrice
from cardgen.language import Message

PRICES = {"A6000": 0.80, "A100": 1.79, "H100": 3.29}


def price_of(hardware: str) -> HourlyPrice | None:
    """The price list of the published cards."""
    if hardware not in PRICES:
        return None
    return HourlyPrice(PRICES[hardware], "cardgen.yaml", "/prices/0/usd_per_gpu_hour")


def qpd(**values: Any) -> Value | None:
    """Queries per dollar of one window."""
    return derive.queries_per_dollar(stored(serving(**values)), price_of)


def quantity(value: Value | None) -> Quantity:
    """The value, which must be there."""
    assert isinstance(value, Quantity), value
    return value


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # 3600 / (latency · N · price)
        ({"latency_s": 3.0}, 3600 / (3.0 * 0.80)),
        ({"latency_s": 1.5, "hardware": "H100"}, 3600 / (1.5 * 3.29)),
        ({"latency_s": 4.0, "hardware": "A100", "count": 4}, 3600 / (4.0 * 4 * 1.79)),
        # rate · 3600 / (N · price)
        ({"mode": "multi-stream", "requests_per_s": 0.5}, 0.5 * 3600 / 0.80),
        (
            {"mode": "multi-stream", "requests_per_s": 3.0, "hardware": "A100", "count": 2},
            3.0 * 3600 / (2 * 1.79),
        ),
        ({"mode": "concurrent", "load": 8.0, "requests_per_s": 2.0}, 2.0 * 3600 / 0.80),
        ({"mode": "constant-rate", "load": 8.0, "requests_per_s": 2.0}, 2.0 * 3600 / 0.80),
        # Printed: as it stands, whatever the price list says now.
        ({"queries_per_dollar": "1454"}, 1454.0),
        ({"queries_per_dollar": "1454", "latency_s": "3.1"}, 1454.0),
        ({"queries_per_dollar": "920", "hardware": "unlisted"}, 920.0),
    ],
)
def test_queries_per_dollar(values: dict[str, Any], expected: float) -> None:
    """What one dollar buys, from latency or rate, number of GPUs and price of one."""
    assert quantity(qpd(**values)).value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"latency_s": 3.0, "hardware": "L4"}, "no price for L4 in the project's price list"),
        ({"outcome": "failed", "reason": "no memory"}, "the run failed: no memory"),
        ({"outcome": "skipped", "reason": "no card"}, "skipped: no card"),
    ],
)
def test_queries_per_dollar_is_absent_with_a_reason(values: dict[str, Any], reason: str) -> None:
    """Without a price or a window there is no number, and it is said why."""
    found = qpd(**values)
    assert isinstance(found, Absent)
    assert str(found.reason) == reason


@pytest.mark.parametrize(
    "values",
    [{"ttft_s": 0.2}, {"mode": "multi-stream", "latency_s": 3.0}, {"requests_per_s": 3.0}],
)
def test_a_window_without_its_modes_quantity_has_no_queries_per_dollar(
    values: dict[str, Any],
) -> None:
    """Latency under load is no cost of a request, nor is the rate of one stream its latency."""
    performance = derive.performance(stored(serving(**values)), serving(**values).mode)
    for value in (qpd(**values), performance):
        assert isinstance(value, Absent)
        assert str(value.reason).endswith("not recorded")


def test_other_records_have_no_serving_values() -> None:
    """An accuracy record says nothing of speed."""
    other = stored(accuracy("mmmu", 1.0))
    assert derive.latency(other) is None
    assert derive.rate(other) is None
    assert derive.queries_per_dollar(other, price_of) is None


@pytest.mark.parametrize(
    ("printed", "count", "latency"),
    # The published card prints both: 1454 and 3.1, 2546 and 1.8, 2610 and 1.7, 1886 and 2.4.
    [("1454", 1, "3.1"), ("2546", 1, "1.8"), ("2610", 1, "1.7"), ("1886", 1, "2.4")],
)
def test_latency_follows_from_printed_queries_per_dollar(
    printed: str, count: int, latency: str
) -> None:
    """3600 / (QPD · N · price), as the card's own latency column."""
    window = stored(serving(queries_per_dollar=printed, count=count))
    found = quantity(derive.latency(window))
    assert rounded(found.value, 1) == latency
    assert found.low < found.value < found.high
    assert found.justified_decimals >= 1


@pytest.mark.parametrize(
    ("printed", "rate"), [("2405", "0.5"), ("11889", "2.6"), ("12909", "2.9"), ("21223", "4.7")]
)
def test_rate_follows_from_printed_queries_per_dollar(printed: str, rate: str) -> None:
    """QPD · N · price / 3600, as the card's own throughput column."""
    window = stored(serving(mode="multi-stream", queries_per_dollar=printed))
    assert rounded(quantity(derive.rate(window)).value, 1) == rate


def test_a_recorded_latency_stands_before_the_implied_one() -> None:
    """What was recorded is not replaced by what follows from another number."""
    window = stored(serving(latency_s="3.1", queries_per_dollar="1454"))
    assert quantity(derive.latency(window)).value == 3.1


@RELAXED
@given(
    st.floats(0.01, 1000),
    st.integers(1, 16),
    st.sampled_from(["single-stream", "multi-stream"]),
)
def test_queries_per_dollar_and_back(value: float, count: int, mode: str) -> None:
    """Printed as a whole number, queries per dollar lead back to an interval with the truth."""
    single = mode == "single-stream"
    name = "latency_s" if single else "requests_per_s"
    exact = quantity(qpd(mode=mode, count=count, **{name: value}))
    text = rounded(exact.value, 0)
    if text == "0":
        return
    window = stored(serving(mode=mode, count=count, queries_per_dollar=text))
    back = quantity(derive.latency(window) if single else derive.rate(window))
    assert back.low * (1 - 1e-9) <= value <= back.high * (1 + 1e-9)


def exact(value: float) -> Quantity:
    """A ratio or rate at full precision."""
    return constant(value, "x", "f.json", f"/{value}")


FAILED = Absent(Message("the run failed: boom"))


def test_cost_ratio() -> None:
    """1886 queries for a dollar against 1454 are 1.297 times as many."""
    found = quantity(derive.cost_ratio(exact(1886), exact(1454)))
    assert rounded(found.value, 3) == "1.297"


@pytest.mark.parametrize(
    ("quantized", "base", "reason"),
    [
        (exact(1), NOT_MEASURED, "no baseline: not measured"),
        (FAILED, exact(1), "the run failed: boom"),
        (FAILED, FAILED, "the run failed: boom"),
    ],
)
def test_cost_ratio_is_absent_with_a_reason(quantized: Value, base: Value, reason: str) -> None:
    """No baseline on the same hardware, no ratio."""
    found = derive.cost_ratio(quantized, base)
    assert isinstance(found, Absent)
    assert str(found.reason) == reason


def test_average_cost_reduction() -> None:
    """The mean of the scenarios' ratios: the published 1.57 of the A6000."""
    pairs = ((1886, 1454), (4409, 2546), (4409, 2610))
    ratios = [derive.cost_ratio(exact(q), exact(b)) for q, b in pairs]
    assert rounded(quantity(derive.cost_reduction(ratios)).value, 2) == "1.57"


@pytest.mark.parametrize(
    ("ratios", "reason"),
    [
        ((), "not measured"),
        ((exact(1.2), FAILED), "the run failed: boom"),
    ],
)
def test_average_cost_reduction_is_absent_with_a_reason(
    ratios: tuple[Value, ...], reason: str
) -> None:
    """A mean over fewer scenarios than the table has would be another number."""
    found = derive.cost_reduction(ratios)
    assert isinstance(found, Absent)
    assert str(found.reason) == reason


def test_headline_is_the_largest_ratio() -> None:
    """The largest that is there; absent ratios do not matter, none at all does."""
    found = quantity(derive.headline([exact(1.2), FAILED, exact(3.87), exact(1.9)]))
    assert found.value == 3.87
    assert found.inputs[0] == exact(3.87)
    assert isinstance(derive.headline([FAILED]), Absent)
    assert isinstance(derive.headline([]), Absent)


def test_the_true_headline_lies_in_the_interval() -> None:
    """A ratio that is smaller as printed may be the largest in truth: the interval says so."""
    first = Quantity(1.96, 1.90, 2.02, "x", 2)
    rival = Quantity(1.95, 1.80, 2.10, "x", 2)
    lesser = Quantity(1.10, 1.00, 1.20, "x", 2)
    found = quantity(derive.headline([lesser, rival, first]))
    assert (found.low, found.value, found.high) == (1.90, 1.96, 2.10)
    assert found.inputs == (first, rival)
