"""Joules from a counter: its period, wrapping, windows too short, counters that are not there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from collectors.device.device_collector import module

energy = module("energy")


class Made:
    """A counter of `watts` that moves every `period` seconds of a clock of its own."""

    method = "nvml-counter"

    def __init__(
        self, watts: float = 100.0, period: float = 0.1, wraps_at: float | None = None
    ) -> None:
        self.watts, self.period, self.wraps_at = watts, period, wraps_at
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def read(self) -> float:
        moved = int(self.now / self.period + 1e-9) * self.period
        joules = self.watts * moved
        return joules if self.wraps_at is None else joules % self.wraps_at


def test_the_period_is_probed() -> None:
    counter = Made(period=0.1)
    assert energy.period_s(counter, counter.clock, counter.wait) == pytest.approx(0.1, abs=0.002)


def test_a_counter_that_stands_still_is_none() -> None:
    counter = Made(watts=0)
    with pytest.raises(energy.NoCounterError, match="moved 0 times in 5 s"):
        energy.period_s(counter, counter.clock, counter.wait)


def test_a_counter_that_hardly_moves_is_none() -> None:
    counter = Made(period=1.5)
    with pytest.raises(energy.NoCounterError, match=r"only every 1\.5 s"):
        energy.period_s(counter, counter.clock, counter.wait)


def test_a_window_of_a_hundred_periods_errs_by_one_in_a_hundred() -> None:
    counter = Made(watts=250)
    counter.wait(0.037)
    meter = energy.Meter(counter, counter.clock)
    counter.wait(energy.PERIODS * counter.period)
    window = meter.window()
    assert window.seconds == pytest.approx(10)
    assert window.joules == pytest.approx(2500, rel=0.01)


def test_idle_watts() -> None:
    counter = Made(watts=70)
    assert energy.idle_w(counter, 10, counter.clock, counter.wait) == pytest.approx(70, rel=0.01)


def test_a_counter_that_wraps_is_read_often_enough() -> None:
    counter = Made(watts=100, wraps_at=5_000)
    meter = energy.Meter(counter, counter.clock)
    for _ in range(100):
        counter.wait(3)
        meter.tick()
    assert meter.window().joules == pytest.approx(30_000)


def test_without_ticks_a_wrapping_counter_loses_whole_rounds() -> None:
    """The other side of the test above: it is the ticks that keep the sum right."""
    counter = Made(watts=100, wraps_at=5_000)
    meter = energy.Meter(counter, counter.clock)
    counter.wait(300)
    assert meter.window().joules < 30_000


def test_a_counter_that_never_wraps_may_not_go_back() -> None:
    counter = Made()
    counter.wait(10)
    meter = energy.Meter(counter, counter.clock)
    counter.now = 0
    with pytest.raises(energy.NoCounterError, match="went backwards"):
        meter.window()


def zones(folder: Path, steps: Iterator[tuple[str, str, int]]) -> None:
    for number, name, joules in steps:
        zone = folder / f"intel-rapl:{number}"
        zone.mkdir(exist_ok=True)
        (zone / "name").write_text(f"{name}\n")
        (zone / "energy_uj").write_text(f"{joules * 1_000_000}\n")
        (zone / "max_energy_range_uj").write_text("1000000000\n")


def test_rapl_adds_packages_and_memory_and_no_part_of_them_twice(tmp_path: Path) -> None:
    before = [("0", "package-0", 10), ("0:0", "core", 5), ("0:1", "dram", 990), ("1", "psys", 1)]
    zones(tmp_path, iter(before))
    counter = energy.Rapl(tmp_path)
    start = counter.read()
    after = [("0", "package-0", 30), ("0:0", "core", 15), ("0:1", "dram", 5), ("1", "psys", 99)]
    zones(tmp_path, iter(after))
    assert counter.read() - start == pytest.approx(20 + 15)  # the memory's counter wrapped


def test_a_machine_without_counters_says_so(tmp_path: Path) -> None:
    with pytest.raises(energy.NoCounterError, match="no RAPL counter"):
        energy.Rapl(tmp_path)
    with pytest.raises(energy.NoCounterError, match="NVML's energy counter"):
        energy.Nvml("GPU-00000000-0000-0000-0000-000000000000")


def test_reading_the_counter_is_rare() -> None:
    """Reading takes time: ticks closer together than ten seconds read nothing."""
    counter, reads = Made(), []
    plain = counter.read
    counter.read = lambda: reads.append(counter.now) or plain()  # type: ignore[method-assign, func-returns-value]
    meter = energy.Meter(counter, counter.clock)
    for _ in range(1000):
        counter.wait(0.05)
        meter.tick()
    assert all(later - earlier >= 9.9 for earlier, later in pairwise(reads))
    assert 5 <= len(reads) <= 6
