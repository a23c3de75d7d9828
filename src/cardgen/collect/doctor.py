"""What this machine can measure: each finding with its next step. Looks; changes nothing."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from cardgen.collect import environments, index, interpreter
from cardgen.collect.environments import RoleEnvironment, told_size
from cardgen.collect.manifest import Collector, Role
from cardgen.errors import CardgenError
from cardgen.measuring import machine
from cardgen.measuring.job import Accelerator

Level = Literal["ok", "warn", "fail"]
RAPL: Final = Path("/sys/class/powercap")
LOW_MEMORY_BYTES: Final = 8e9
ENOUGH_BYTES: Final = 5e9
NVML_SUCCESS: Final = 0


class Finding(NamedTuple):
    """One line of the doctor: how it is, what about, what was found, what to do."""

    level: Level
    subject: str
    found: str
    next_step: str | None = None


def examine(
    collectors: Mapping[str, Collector],
    accelerator: Accelerator,
    *,
    imports: bool = True,
    compiler: Callable[[], str | None] = lambda: shutil.which("g++"),
    rapl: Path = RAPL,
) -> Iterator[Finding]:
    """Every finding, as soon as it is known; `imports` starts each built environment once."""
    yield from _machine(accelerator)
    yield _uv()
    yield _index()
    roles = [role for collector in collectors.values() for role in collector.roles.values()]
    known: dict[tuple[Path, tuple[str, ...]], Finding] = {}
    missing: set[Path] = set()
    missing_gb = 0.0
    for role in roles:
        if accelerator not in role.locks:
            yield Finding("warn", role.label, f"no lock for {accelerator}", "give --python")
            continue
        found = environments.describe(role, accelerator)
        asked = (found.python, role.imports)
        if asked not in known:
            known[asked] = _environment(found, imports=imports)
        if not found.built and found.python not in missing:
            missing.add(found.python)
            missing_gb += role.size_gb.get(accelerator, 0)
        yield known[asked]._replace(subject=role.label)
    yield _space(missing_gb * 1e9)
    yield _compiler(compiler(), [role for role in roles if role.compiler])
    yield from _energy(accelerator, rapl)


def _machine(accelerator: Accelerator) -> Iterator[Finding]:
    here = machine.machine(accelerator=accelerator)
    if accelerator == "cuda" and here.gpu is None:
        yield Finding(
            "fail",
            "accelerator",
            "cuda was asked for, and no NVIDIA driver answers",
            "install the driver (nvidia-smi must work), or use --accelerator cpu",
        )
    elif here.gpu:
        words = f"cuda: {here.gpu_count} × {here.gpu}, driver {here.driver}, CUDA {here.cuda}"
        yield Finding("ok", "accelerator", words)
    else:
        words = f"cpu: {here.cpu or 'unknown processor'}, {here.cpu_cores} cores"
        yield Finding("ok", "accelerator", words)
    memory = here.memory_bytes
    if memory is not None:
        low = memory < LOW_MEMORY_BYTES
        step = "measure small models only" if low else None
        yield Finding("warn" if low else "ok", "memory", told_size(memory), step)


def _uv() -> Finding:
    from uv import find_uv_bin

    try:
        return Finding("ok", "uv", find_uv_bin())
    except FileNotFoundError as problem:
        return Finding("fail", "uv", str(problem), "install cardgen again, or `pip install uv`")


def _index() -> Finding:
    named = sorted(index.variables())
    if named:
        return Finding("ok", "package index", f"pip's settings, as {', '.join(named)}")
    own = [name for name in index.UV_OWN if os.environ.get(name)]
    return Finding("ok", "package index", f"uv's settings: {', '.join(own)}" if own else "usual")


def _environment(found: RoleEnvironment, *, imports: bool) -> Finding:
    if not found.built:
        size = found.role.size_gb.get(found.accelerator)
        about = f", about {size:g} GB" if size else ""
        return Finding(
            "warn",
            found.role.label,
            f"not built yet{about}",
            f"cardgen collectors install {found.role.label} (or the first use builds it)",
        )
    words = f"{told_size(found.size_bytes or 0)}, Python {found.python_version}, {found.folder}"
    if not imports:
        return Finding("ok", found.role.label, words)
    try:
        failed = interpreter.ask(found.python, found.role.imports).failed
    except CardgenError as problem:
        failed = {"python": problem.found or str(problem)}
    if failed:
        name, reason = next(iter(failed.items()))
        again = f"cardgen collectors remove {found.role.label}, then install it again"
        return Finding("fail", found.role.label, f"{name}: {reason}", again)
    return Finding("ok", found.role.label, f"imports {', '.join(found.role.imports)}; {words}")


def _space(missing_bytes: float) -> Finding:
    folder = environments.environments_folder()
    place = next(p for p in (folder, *folder.parents) if p.is_dir())
    free = shutil.disk_usage(place).free
    words = f"{told_size(free)} free at {folder}"
    if free >= missing_bytes + ENOUGH_BYTES:
        return Finding("ok", "disk", words)
    needed = f"; what is not built yet takes up to {told_size(missing_bytes)}"
    return Finding(
        "warn",
        "disk",
        words + (needed if missing_bytes else ""),
        "free space (`cardgen collectors remove --unused`), or set CARDGEN_ENVIRONMENTS",
    )


def _compiler(path: str | None, roles: list[Role]) -> Finding:
    if path or not roles:
        return Finding("ok", "compiler", path or "none, and no role needs one")
    named = ", ".join(role.label for role in roles)
    return Finding(
        "warn",
        "compiler",
        f"no g++: {named} cannot measure torch.compile",
        "install g++, or leave `compile` out of the plan",
    )


def _energy(accelerator: Accelerator, rapl: Path) -> Iterator[Finding]:
    """Whether joules can be measured here: the GPU's counter, the processor's counters."""
    if accelerator == "cuda":
        reason = _nvml()
        if reason is None:
            yield Finding("ok", "GPU energy", "NVML's energy counter answers")
        else:
            step = "GPU energy is sampled from its power, or absent with this reason"
            yield Finding("warn", "GPU energy", reason, step)
    counters = sorted(rapl.glob("intel-rapl:*/energy_uj"))
    readable = [path for path in counters if os.access(path, os.R_OK)]
    if readable:
        yield Finding("ok", "CPU energy", f"RAPL: {len(readable)} counters")
    else:
        found = "RAPL's counters are not readable" if counters else "no RAPL counters"
        step = (
            f"let your user read {rapl}/intel-rapl:*/energy_uj"
            if counters
            else "CPU energy will be absent from the records, or estimated and labelled so"
        )
        yield Finding("warn", "CPU energy", found, step)


def _nvml() -> str | None:
    """None where the first GPU's energy counter answers, else the reason."""
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return "no NVML library (libnvidia-ml.so.1)"
    if library.nvmlInit_v2() != NVML_SUCCESS:
        return "NVML does not start"
    try:
        device, energy = ctypes.c_void_p(), ctypes.c_ulonglong()
        if library.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(device)) != NVML_SUCCESS:
            return "NVML finds no GPU"
        if library.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(energy)):
            return "this GPU has no energy counter"
    finally:
        library.nvmlShutdown()
    return None
