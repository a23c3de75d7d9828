"""The machine that a job runs on: products and sizes; no host names, no user names, no paths."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from cardgen.measuring.job import Accelerator
from cardgen.records import Machine

QUERY_TIMEOUT_S = 30


def machine(*, accelerator: Accelerator) -> Machine:
    """What the job ran on; the GPU only where it was used."""
    gpu = _gpus() if accelerator == "cuda" else ()
    first = gpu[0] if gpu else {}
    return Machine(
        cpu=_cpu(),
        cpu_cores=cores(),
        memory_bytes=_memory(),
        gpu=first.get("name"),
        gpu_count=len(gpu) or None,
        driver=first.get("driver_version"),
        cuda=_cuda() if gpu else None,
        operating_system=_system(),
        power_limit_w=_number(first.get("power.limit")),
    )


def usual_accelerator() -> Accelerator:
    """`cuda` where an NVIDIA driver answers, else `cpu`."""
    return "cuda" if _gpus() else "cpu"


def usual_hardware(accelerator: Accelerator) -> str:
    """The name readers compare: the GPU's product, or the CPU with its cores."""
    gpus = _gpus()
    if accelerator == "cuda" and gpus:
        return gpus[0]["name"]
    number = cores()
    return f"CPU, {number} core" if number == 1 else f"CPU, {number} cores"


def cores() -> int:
    """The cores this process may use: by affinity and by the control group's quota."""
    try:
        number = len(os.sched_getaffinity(0))
    except AttributeError:
        number = os.cpu_count() or 1
    quota, _, period = _text("/sys/fs/cgroup/cpu.max").partition(" ")
    if quota.isdecimal() and period.strip().isdecimal():
        number = min(number, max(1, -(-int(quota) // int(period))))
    return number


def _cpu() -> str | None:
    found = re.search(r"^model name\s*:\s*(.+)$", _text("/proc/cpuinfo"), re.MULTILINE)
    return found[1].strip()[:200] if found else platform.processor() or platform.machine() or None


def _memory() -> int | None:
    found = re.search(r"^MemTotal:\s*(\d+) kB", _text("/proc/meminfo"), re.MULTILINE)
    sizes = [int(found[1]) * 1024] if found else []
    limit = _text("/sys/fs/cgroup/memory.max").strip()
    sizes += [int(limit)] if limit.isdecimal() else []
    return min(sizes, default=None)


def _system() -> str | None:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        name = None
    return name or f"{platform.system()} {platform.release()}".strip() or None


def _text(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


@lru_cache(maxsize=1)
def _gpus() -> tuple[dict[str, str], ...]:
    """Every visible GPU's name, driver and power limit, as nvidia-smi says them."""
    fields = ("name", "driver_version", "power.limit")
    text = _smi(f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits")
    rows = [line.split(", ") for line in text.splitlines() if line.strip()]
    return tuple(
        {name: value.strip() for name, value in zip(fields, row, strict=True)}
        for row in rows
        if len(row) == len(fields)
    )


def _cuda() -> str | None:
    found = re.search(r"CUDA Version:\s*([\d.]+)", _smi())
    return found[1] if found else None


def _smi(*arguments: str) -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    try:
        found = subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            timeout=QUERY_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout if found.returncode == 0 else ""


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < 1e6 else None
