"""What each kind is measured with: its collector, and what each of its roles runs on.

Settles which environment, which of the user's interpreters, which running server stands for a
role; builds an environment when a job is about to need it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cardgen.collect import environments, interpreter, runner
from cardgen.collect.environments import RoleEnvironment
from cardgen.collect.manifest import Collector, find_collectors
from cardgen.errors import CollectorError
from cardgen.measuring.job import Accelerator, Kind, Role


@dataclass(frozen=True, slots=True)
class Tools:
    """One kind's collector with its roles; `unbuilt` are environments still to be built, `given`
    the roles whose interpreter is the user's."""

    collector: Collector
    roles: Mapping[str, Role]
    environments: Mapping[str, RoleEnvironment] = field(default_factory=dict)
    given: Mapping[str, Path] = field(default_factory=dict)
    _checked: set[str] = field(default_factory=set)

    @property
    def unbuilt(self) -> tuple[RoleEnvironment, ...]:
        """The environments that a job would have to wait for."""
        return tuple(e for e in self.environments.values() if not e.built)

    def prepare(self, tell: Callable[[str], None]) -> dict[str, Role]:
        """Every role with its environment built, and the user's interpreters tried once; an
        InstallationError says which is not, or which lacks what."""
        ready = dict(self.roles)
        for name in self.given.keys() - self._checked:
            role = self.collector.roles[name]
            interpreter.check(role, self.roles[name].accelerator or "cpu", self.given[name])
            self._checked.add(name)
        for name, described in self.environments.items():
            built = environments.ensure(described.role, described.accelerator, tell)
            ready[name] = self.roles[name].model_copy(update={"python": str(built.python)})
        return ready

    def command(self, roles: Mapping[str, Role]) -> tuple[str, ...]:
        """How the collector's program is called."""
        runs_in = self.collector.runs_in
        return runner.command(self.collector.program, roles[runs_in].python if runs_in else None)


@dataclass(frozen=True, slots=True)
class Own:
    """What the user has and wants used: interpreters by role, a running server's URL."""

    pythons: Mapping[str, Path] = field(default_factory=dict)
    target: str | None = None


def tools_for(
    kinds: tuple[Kind, ...], root: Path, accelerator: Accelerator, own: Own
) -> dict[Kind, Tools]:
    """The tools of each kind. A project's own collector of a kind comes before the packaged."""
    collectors = find_collectors(root)
    found = {kind: _tools(_of_kind(collectors, kind), accelerator, own) for kind in kinds}
    _check(found, own)
    return found


def _of_kind(collectors: Mapping[str, Collector], kind: Kind) -> Collector:
    fitting = [c for c in collectors.values() if c.kind == kind]
    fitting = [c for c in fitting if not c.packaged] or fitting
    if len(fitting) == 1:
        return fitting[0]
    named = [c for c in fitting if c.name == kind]
    if named:
        return named[0]
    raise CollectorError(
        f"the kind {kind!r}",
        expected="one collector that measures it",
        found=" and ".join(c.name for c in fitting) or "none",
        next_step="keep one of them in the project's collectors/"
        if fitting
        else "install cardgen again, or write one (collectors/README.md)",
    )


def _tools(collector: Collector, accelerator: Accelerator, own: Own) -> Tools:
    roles: dict[str, Role] = {}
    described: dict[str, RoleEnvironment] = {}
    own_pythons: dict[str, Path] = {}
    for name, role in collector.roles.items():
        given = own.pythons.get(f"{collector.name}/{name}") or own.pythons.get(name)
        fitting = _accelerator(role.locks, accelerator)
        lock = None
        python = None
        if own.target is not None and role.target:
            pass
        elif given is not None:
            python = _interpreter(name, given)
            own_pythons[name] = Path(python)
        elif not role.locks:
            python = None
        else:
            described[name] = environments.describe(role, fitting)
            lock, python = described[name].lock_sha256, str(described[name].python)
        roles[name] = Role(
            python=python,
            target=own.target if role.target else None,
            lock_sha256=lock,
            accelerator=fitting,
            variables=role.variables,
        )
    return Tools(collector, roles, described, own_pythons)


def _accelerator(locks: Mapping[Accelerator, Path], wanted: Accelerator) -> Accelerator:
    """The wanted one; `cpu` where the role has requirements for that only: a load generator."""
    return "cpu" if wanted not in locks and "cpu" in locks else wanted


def _interpreter(role: str, path: Path) -> str:
    python = Path(os.path.abspath(path))  # noqa: PTH100 - a link is kept: it is the environment
    if not python.is_file() or not os.access(python, os.X_OK):
        raise CollectorError(
            f"--python {role}={path}",
            expected="an interpreter: a file that can be executed",
            found="a folder" if python.is_dir() else "none",
            next_step="name the python of an environment, as venv/bin/python",
        )
    return str(python)


def _check(found: Mapping[Kind, Tools], own: Own) -> None:
    """Refuse options that would have no effect."""
    roles = {name for tools in found.values() for name in tools.roles}
    roles |= {f"{t.collector.name}/{name}" for t in found.values() for name in t.roles}
    for name in own.pythons:
        if name not in roles:
            raise CollectorError(
                f"--python {name}=…",
                expected=f"one of the roles {', '.join(sorted(r for r in roles if '/' not in r))}",
                found=repr(name),
                next_step="name a role of the kinds that are measured",
            )
    if own.target is not None and not any(
        role.target for tools in found.values() for role in tools.roles.values()
    ):
        raise CollectorError(
            f"--target {own.target}",
            expected="a kind that a running server can be measured for: accuracy, serving",
            found=", ".join(found),
            next_step="name the KIND, or leave --target out",
        )
