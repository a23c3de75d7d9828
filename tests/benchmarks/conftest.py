"""Prints the ratios at the end of a benchmark run."""

from __future__ import annotations

import pytest

from benchmarks.report import REPORT


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print every ratio with its goal."""
    if REPORT:
        terminalreporter.section("ratios: ours / bare, median of interleaved pairs")
        for line in REPORT:
            terminalreporter.write_line(line)
