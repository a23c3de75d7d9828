"""The machine and Python that a harness describes in PyTorch's environment report.

Takes products and versions; never host names, paths or user names.
"""

from __future__ import annotations

import re

from cardgen.imports.node import Node
from cardgen.records import Machine

LONGEST_REPORT = 200_000


def python_of(report: Node | None) -> str | None:
    """The Python version of the report."""
    return _after(report, r"Python version: (\d+\.\d+\.\d+)")


def machine_of(root: Node, report: Node | None, *, served: bool) -> Machine | None:
    """The machine of the report; None where there is no report.

    `served`: the answers came over an API, so the accelerators of this machine did not give
    them and are left out.
    """
    gpus = [] if served else _gpus(report)
    with root.recording():
        machine = Machine(
            cpu=_after(report, r"Model name:[ \t]+([^\n]+)"),
            operating_system=_after(report, r"^OS: ([^\n]+)"),
            driver=None if served else _after(report, r"Nvidia driver version: ([\d.]+)"),
            cuda=None if served else _after(report, r"CUDA used to build PyTorch: ([\d.]+)"),
            gpu=gpus[0] if gpus else None,
            gpu_count=len(gpus) or None,
        )
    return None if machine == Machine() else machine


def _gpus(report: Node | None) -> list[str]:
    if report is None or not isinstance(report.value, str):
        return []
    # One GPU stands behind the heading on its line, several stand below it.
    pattern = r"^(?:GPU models and configuration:[ \t]*)?GPU \d+: ([^\n]+)"
    return re.findall(pattern, report.value[:LONGEST_REPORT], re.MULTILINE)


def _after(report: Node | None, pattern: str) -> str | None:
    if report is None or not isinstance(report.value, str):
        return None
    match = re.search(pattern, report.value[:LONGEST_REPORT], re.MULTILINE)
    return match[1].strip() or None if match else None
