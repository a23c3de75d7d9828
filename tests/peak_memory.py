"""The most memory that a program of a test held, asked by the program itself."""

from __future__ import annotations

PEAK_KIB = """
def peak_kib():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
"""
"""Put before a program's text. Not `ru_maxrss`: a child starts with what its parent held."""
