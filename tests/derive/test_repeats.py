"""Repeats: the median of runs, origins kept apart, failures told, disagreements found."""

from __future__ import annotations

from typing import Any

import pytest
from samples_cards import accuracy, device, stored

from cardgen.derive import device as device_values
from cardgen.derive.accuracy import score
from cardgen.derive.quantity import Absent, Quantity, Value
from cardgen.derive.repeats import NOT_TAKEN, disagreements, value_of
from cardgen.records import Origin
from cardgen.store.runs import Stored


def scored(value: float | str | None, origin: Origin = "measured", **more: Any) -> Stored:
    """One run of a task."""
    return stored(accuracy("mmmu", value, **more), origin, f"cards/a/runs/{value}-{origin}.json")


def quantity(value: Value) -> Quantity:
    """The value, which must be there."""
    assert isinstance(value, Quantity), value
    return value


@pytest.mark.parametrize(
    ("values", "low", "median", "high"),
    [
        ((50.0,), 50.0, 50.0, 50.0),
        ((50.0, 52.0), 50.0, 51.0, 52.0),
        ((60.0, 50.0, 51.0), 50.0, 51.0, 60.0),
        ((4.0, 1.0, 3.0, 2.0), 1.0, 2.5, 4.0),
        # Printed ones add their own rounding to the range.
        (("50.0", "51.0", "53.0"), 49.95, 51.0, 53.05),
    ],
)
def test_median(values: tuple[float | str, ...], low: float, median: float, high: float) -> None:
    """Shown is the median of the runs, with the interval over the runs."""
    found = quantity(value_of([scored(value) for value in values], score))
    assert (found.low, found.value, found.high) == pytest.approx((low, median, high))
    assert found.runs == len(values)
    assert len(found.leaves()) == len(values)


@pytest.mark.parametrize(
    ("repeats", "preference", "value"),
    [
        ((scored(1.0), scored(9.0, "transcribed")), None, 1.0),
        ((scored(9.0, "transcribed"), scored(1.0)), None, 1.0),
        ((scored(3.0, "imported"), scored(9.0, "transcribed")), None, 3.0),
        ((scored(1.0), scored(2.0), scored(99.0, "imported")), None, 1.5),
        ((scored(1.0), scored(9.0, "transcribed")), ("transcribed", "measured"), 9.0),
        ((scored(1.0), scored(None, reason="boom")), None, 1.0),
        ((scored(None, reason="boom"), scored(9.0, "transcribed")), None, 9.0),
    ],
)
def test_origins_never_mix(
    repeats: tuple[Stored, ...], preference: tuple[Origin, ...] | None, value: float
) -> None:
    """The first origin that has a value gives it, alone; the preference is the card's."""
    found = value_of(repeats, score, preference) if preference else value_of(repeats, score)
    assert quantity(found).value == value
    assert len(quantity(found).origins) == 1


def test_an_origin_outside_the_preference_does_not_count() -> None:
    """A card that takes measured values only shows no transcribed one."""
    assert value_of([scored(9.0, "transcribed")], score, ("measured",)) is NOT_TAKEN


@pytest.mark.parametrize(
    ("repeats", "reason"),
    [
        ((), "not measured"),
        ((scored(None, reason="boom"),), "the run failed: boom"),
        ((scored(None, outcome="skipped", reason="no licence"),), "skipped: no licence"),
        (
            (scored(None, reason="first"), scored(None, reason="second")),
            "the run failed: second",
        ),
    ],
)
def test_the_reason_of_an_absence_is_kept(repeats: tuple[Stored, ...], reason: str) -> None:
    """Where no run has a value, the last failure says why."""
    found = value_of(repeats, score)
    assert isinstance(found, Absent)
    assert str(found.reason) == reason


def joules(value: float, method: str, origin: Origin = "measured") -> Stored:
    """One run's joules per sample."""
    return stored(device(joules=value, method=method), origin)


@pytest.mark.parametrize(
    ("methods", "unit", "value"),
    [
        (("nvml-counter", "modelled"), "J", 100.0),
        (("modelled", "nvml-counter"), "J", 110.0),
        (("modelled", "modelled"), "J (modelled)", 105.0),
        (("rapl", "nvml-power"), "J", 105.0),
    ],
)
def test_modelled_joules_never_enter_a_median_with_measured_ones(
    methods: tuple[str, str], unit: str, value: float
) -> None:
    """Of repeats that were measured and modelled, the measured ones stand."""
    repeats = [joules(j, m) for j, m in zip((100.0, 110.0), methods, strict=True)]
    found = quantity(value_of(repeats, device_values.energy))
    assert (found.unit, found.value) == (unit, value)


@pytest.mark.parametrize(
    ("first", "second", "disagree"),
    [
        (scored("93.2"), scored("93.2", "transcribed"), False),
        (scored("93.2"), scored("93.3", "transcribed"), False),
        (scored("93.2"), scored("93.4", "transcribed"), True),
        (scored(93.21), scored("93.2", "transcribed"), False),
        (scored(93.26), scored("93.2", "transcribed"), True),
        (scored("93.2"), scored("95.0"), False),
        (scored("93.2"), scored(None, "transcribed", reason="boom"), False),
        (joules(100.0, "rapl"), joules(200.0, "modelled", "imported"), False),
        (joules(100.0, "rapl"), joules(200.0, "nvml-power", "imported"), True),
    ],
)
def test_disagreements(first: Stored, second: Stored, disagree: bool) -> None:
    """Two origins disagree where their intervals exclude each other, in one unit."""
    read = device_values.energy if first.measurement.kind == "device" else score
    found = disagreements([first, second], read)
    assert len(found) == (2 if disagree else 0)
