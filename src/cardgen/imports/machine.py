"""The machine, Python and packages that a harness describes in PyTorch's environment report.

Takes products and versions; never host names, paths or user names.
"""

from __future__ import annotations

import re

from cardgen.imports.node import Node
from cardgen.records import Machine

LONGEST_REPORT = 200_000
ENGINES = ("torch", "transformers", "vllm", "sglang")
_PACKAGE = re.compile(r"^\[(?:pip3?|conda)\][ \t]+([\w-]+)(?:==|[ \t]+)(\d[\w.+!-]{0,60})", re.M)
_NAMED = {
    "torch": r"^PyTorch version:[ \t]*(\d[\w.+!-]{0,60})",
    "vllm": r"^vLLM Version:[ \t]*(\d[\w.+!-]{0,60})",
}


def python_of(report: Node | None) -> str | None:
    """The Python version of the report."""
    return _after(report, r"Python version: (\d+\.\d+\.\d+)")


def engine_packages(report: Node | None) -> dict[str, str]:
    """The versions of what may have given the answers, as far as the report lists them."""
    if report is None or not isinstance(report.value, str):
        return {}
    text = report.value[:LONGEST_REPORT]
    found = {name: version for name, version in _PACKAGE.findall(text) if name in ENGINES}
    for name, pattern in _NAMED.items():
        version = _after(report, pattern)
        if version is not None:
            found[name] = version
    return found


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
