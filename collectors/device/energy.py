"""Joules of a stretch of work, from a counter that only grows: NVML's, or RAPL's.

Owns the arithmetic of counters: their period, wrapping around, windows that are long enough.
Imports nothing of torch; the counters are handed in, so that a made-up one can stand for them.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

PERIODS = 100
"""A window covers so many periods of its counter: the read-out then errs by one in a hundred."""
PROBE_CHANGES = 6
PROBE_LIMIT_S = 5.0
LONGEST_PERIOD_S = 1.0
TICK_S = 10.0


class NoCounterError(Exception):
    """Why there are no joules, in words for the card."""


class Counter(Protocol):
    """A counter of joules. `wraps_at`: where it starts again from zero; None: it never does."""

    method: str
    wraps_at: float | None

    def read(self) -> float:
        """The joules counted so far."""


class Window(NamedTuple):
    """What a stretch of work took."""

    joules: float
    seconds: float


class Meter:
    """Adds up a counter's steps. `tick` often: the counter may wrap once between two reads."""

    def __init__(self, counter: Counter, clock: Callable[[], float] = time.perf_counter) -> None:
        self.counter = counter
        self.clock = clock
        self.joules = 0.0
        self._last = counter.read()
        self._began = self._read_at = clock()

    def tick(self) -> None:
        """Read the counter if that was long ago: reading takes time of its own."""
        if self.clock() - self._read_at >= TICK_S:
            self._add()

    def window(self) -> Window:
        """What was used since the meter was made."""
        self._add()
        return Window(self.joules, self._read_at - self._began)

    def _add(self) -> None:
        now = self.counter.read()
        step = now - self._last
        if step < 0:
            if self.counter.wraps_at is None:
                raise NoCounterError("the energy counter went backwards")
            step += self.counter.wraps_at
        self.joules += step
        self._last, self._read_at = now, self.clock()


def period_s(
    counter: Counter,
    clock: Callable[[], float] = time.perf_counter,
    wait: Callable[[float], None] = time.sleep,
) -> float:
    """The median time between two steps of the counter; NoCounterError where it hardly moves."""
    end = clock() + PROBE_LIMIT_S
    last, moved = counter.read(), []
    while len(moved) <= PROBE_CHANGES and clock() < end:
        now = counter.read()
        if now != last:
            moved.append(clock())
            last = now
        wait(0.0005)
    if len(moved) < 3:
        raise NoCounterError(f"the energy counter moved {len(moved)} times in {PROBE_LIMIT_S:g} s")
    # The first step is left out: the probe began anywhere within a period.
    gaps = sorted(b - a for a, b in itertools.pairwise(moved))
    middle = gaps[len(gaps) // 2]
    if middle > LONGEST_PERIOD_S:
        raise NoCounterError(f"the energy counter moves only every {middle:.1f} s")
    return middle


def idle_w(
    counter: Counter,
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
    wait: Callable[[float], None] = time.sleep,
) -> float:
    """Watts while nothing is done, over so many seconds."""
    meter = Meter(counter, clock)
    wait(seconds)
    window = meter.window()
    if window.seconds <= 0:
        raise NoCounterError("the idle window has no length")
    return window.joules / window.seconds


class Rapl:
    """The CPU packages' counters of the kernel's powercap interface, with their memory's."""

    method = "rapl"

    def __init__(self, root: Path = Path("/sys/class/powercap")) -> None:
        zones = sorted(root.glob("intel-rapl:*"))
        names = {zone: _text(zone / "name") for zone in zones}
        self.zones = [
            z for z, name in names.items() if name.startswith("package-") or name == "dram"
        ]
        if not self.zones:
            raise NoCounterError("no RAPL counter on this machine (usual in virtual machines)")
        try:
            self._ranges = [self._number(zone / "max_energy_range_uj") for zone in self.zones]
            self._last = [self._number(zone / "energy_uj") for zone in self.zones]
        except OSError as problem:
            raise NoCounterError("the RAPL counters may only be read by root") from problem
        self.wraps_at = None  # each zone wraps by itself: `read` adds up their steps
        self._joules = 0.0

    def read(self) -> float:
        """Joules of all zones since the first read."""
        for index, zone in enumerate(self.zones):
            now = self._number(zone / "energy_uj")
            step = now - self._last[index]
            self._joules += (step if step >= 0 else step + self._ranges[index]) / 1e6
            self._last[index] = now
        return self._joules

    def _number(self, path: Path) -> float:
        return float(path.read_text())


class Nvml:
    """One GPU's total-energy counter (Volta and newer)."""

    method = "nvml-counter"
    wraps_at = None  # 64 bits of millijoules

    def __init__(self, uuid: str) -> None:
        try:
            import pynvml

            pynvml.nvmlInit()
            self.nvml = pynvml
            self.handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
            self.read()
        except Exception as problem:
            raise NoCounterError(f"NVML's energy counter: {problem}") from problem
        if _mig(pynvml, self.handle):
            raise NoCounterError("NVML counts no energy of a MIG slice")

    def read(self) -> float:
        """Joules since the driver was loaded."""
        return self.nvml.nvmlDeviceGetTotalEnergyConsumption(self.handle) / 1000

    def state(self) -> str:
        """Driver, power limit, clocks and throttling as they are now."""
        nvml, handle = self.nvml, self.handle
        asked = {
            "driver": nvml.nvmlSystemGetDriverVersion,
            "power limit": lambda: f"{nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000:g} W",
            "SM clock": lambda: f"{nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM)} MHz",
            "throttle reasons": lambda: hex(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)),
            "temperature": lambda: f"{nvml.nvmlDeviceGetTemperature(handle, 0)} °C",
        }
        told = []
        for name, ask in asked.items():
            try:
                told.append(f"{name} {ask()}")
            except Exception:  # noqa: BLE001, S112 - not every GPU tells everything
                continue
        return ", ".join(told)


def _mig(nvml: object, handle: object) -> bool:
    try:
        return bool(nvml.nvmlDeviceGetMigMode(handle)[0])  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - GPUs without MIG refuse the question
        return False


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
