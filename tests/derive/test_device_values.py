"""Joules, operations, quality and percentages of the original against values by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED, accuracy, device, printed, stored

from cardgen.derive import device as derive
from cardgen.derive.quantity import NOT_MEASURED, Absent, Quantity, Value, constant, rounded
from cardgen.language import Message

WINDOW = {"method": "nvml-counter", "window_j": 3000.0, "samples": 20}


def quantity(value: Value | None) -> Quantity:
    """The value, which must be there."""
    assert isinstance(value, Quantity), value
    return value


@pytest.mark.parametrize(
    ("energy", "joules", "unit"),
    [
        (WINDOW, 150.0, "J"),
        ({**WINDOW, "idle_j": 1000.0}, 100.0, "J"),
        ({**WINDOW, "idle_j": 0.0}, 150.0, "J"),
        ({**WINDOW, "method": "modelled"}, 150.0, "J (modelled)"),
        ({**WINDOW, "method": "unknown"}, 150.0, "J"),
        ({"method": "rapl", "joules_per_sample": {"value": 129.212}}, 129.212, "J"),
    ],
)
def test_energy(energy: dict[str, Any], joules: float, unit: str) -> None:
    """(window - idle) / samples, or joules per sample as a tool reported them."""
    found = quantity(derive.energy(stored(device(energy=energy))))
    assert found.value == pytest.approx(joules)
    assert found.unit == unit


def test_energy_leads_to_window_idle_and_samples() -> None:
    """Each raw number behind joules per sample is a leaf of its own."""
    found = quantity(derive.energy(stored(device(energy={**WINDOW, "idle_j": 1000.0}))))
    assert [leaf.pointer for leaf in found.leaves()] == [
        "/measurements/0/energy/window_j",
        "/measurements/0/energy/idle_j",
        "/measurements/0/energy/samples",
    ]


def test_flops_are_recorded_or_the_sum_of_the_phases() -> None:
    """Prefill and decode add up where no total was recorded."""
    total = stored(device(flops_generation=printed("617.84", scale=9)))
    assert rounded(quantity(derive.flops(total)).value, 0) == "617840000000"
    parts = stored(device(flops_prefill=6e11, flops_decode=1.784e10))
    assert quantity(derive.flops(parts)).value == pytest.approx(617.84e9)


@pytest.mark.parametrize(
    ("values", "read", "reason"),
    [
        ({"absent": {"energy": "no counter"}}, derive.energy, "not measured: no counter"),
        ({"absent": {"quality": "no answers"}}, derive.quality, "not measured: no answers"),
        ({"absent": {"flops_generation": "no hook"}}, derive.flops, "not measured: no hook"),
        ({"absent": {"flops_decode": "no hook"}}, derive.flops, "not measured: no hook"),
        (
            {"flops_prefill": 1.0, "absent": {"flops_decode": "no cache"}},
            derive.flops,
            "not measured: no cache",
        ),
    ],
)
def test_a_reason_for_an_absent_field_is_told(
    values: dict[str, Any], read: Any, reason: str
) -> None:
    """The record says why a field has no value; the derived value repeats it."""
    found = read(stored(device(latency_s=1.0, **values)))
    assert isinstance(found, Absent)
    assert str(found.reason) == reason


@pytest.mark.parametrize("read", [derive.latency, derive.energy, derive.flops, derive.quality])
def test_absence_without_a_reason_and_failure(read: Any) -> None:
    """No value and no reason is none; a failed run tells its own; other records say nothing."""
    other: dict[str, Any] = {"wer": 1.0} if read is not derive.quality else {"latency_s": 1.0}
    assert read(stored(device(**other))) is None
    failed = read(stored(device(outcome="failed", reason="boom")))
    assert isinstance(failed, Absent)
    assert str(failed.reason) == "the run failed: boom"
    assert read(stored(accuracy("mmmu", 1.0))) is None


def of(text: str, pointer: str = "/x", unit: str = "s") -> Quantity:
    """A printed value."""
    decimals = len(text.partition(".")[2])
    value, half = float(text), 0.5 * 10**-decimals
    plain = constant(value, unit, "f.json", pointer)
    return Quantity(value, value - half, value + half, unit, decimals, leaf=plain.leaf)


@pytest.mark.parametrize(
    ("value", "original", "shown"),
    [
        ("1.407", "1.398", "100.64"),
        ("1.939", "1.398", "138.70"),
        ("16.079", "15.913", "101.04"),
        ("19.248", "15.913", "120.96"),
        ("0.699", "1.398", "50.00"),
    ],
)
def test_percent_of_original(value: str, original: str, shown: str) -> None:
    """100·value/original, to two decimals as the published report prints most."""
    found = quantity(derive.percent_of_original(of(value), of(original, "/y")))
    assert rounded(found.value, 2) == shown
    assert found.low < found.value < found.high


def test_the_baseline_is_exactly_100() -> None:
    """Rounding blurs the value, not its share of itself."""
    found = quantity(derive.percent_of_original(of("1.398"), of("1.398")))
    assert (found.low, found.value, found.high, found.exact) == (100, 100, 100, True)


def test_an_equal_value_of_another_record_is_100_with_an_interval() -> None:
    """Two measurements that print alike need not be equal."""
    found = quantity(derive.percent_of_original(of("1.398"), of("1.398", "/y")))
    assert found.value == pytest.approx(100)
    assert found.low < 100 < found.high


FAILED = Absent(Message("the run failed: boom"))


@pytest.mark.parametrize(
    ("value", "original", "reason"),
    [
        (of("1.0"), FAILED, "no baseline: the run failed: boom"),
        (FAILED, of("1.0"), "the run failed: boom"),
        (NOT_MEASURED, NOT_MEASURED, "no baseline: not measured"),
        (of("1.0"), of("0.0", "/y"), "the baseline is zero"),
        (
            of("1.0", unit="J (modelled)"),
            of("1.0", "/y", unit="J"),
            "measured and modelled values are not compared",
        ),
        (
            of("1.0", unit="J"),
            of("1.0", "/y", unit="J (modelled)"),
            "measured and modelled values are not compared",
        ),
    ],
)
def test_percent_is_absent_with_a_reason(value: Value, original: Value, reason: str) -> None:
    """No baseline, a zero one, or joules got in another way: no percentage."""
    found = derive.percent_of_original(value, original)
    assert isinstance(found, Absent)
    assert str(found.reason) == reason


@RELAXED
@given(st.floats(0.1, 1000), st.floats(0.1, 1000), st.integers(1, 3))
def test_the_true_percentage_lies_in_the_interval(
    value: float, original: float, decimals: int
) -> None:
    """Values printed after rounding give an interval with the percentage before it."""
    quantities = [
        of(f"{number:.{decimals}f}", f"/{i}") for i, number in enumerate((value, original))
    ]
    if quantities[1].low <= 0:
        return
    found = quantity(derive.percent_of_original(*quantities))
    assert found.low * (1 - 1e-9) <= 100 * value / original <= found.high * (1 + 1e-9)
