"""Asking an interpreter what it can do: the user's (`--python PATH`), or a built environment's."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cardgen.collect.environments import RoleEnvironment
from cardgen.collect.manifest import Role
from cardgen.errors import InstallationError
from cardgen.measuring import processes
from cardgen.measuring.job import Accelerator
from cardgen.measuring.software import PACKAGES

IMPORT_TIMEOUT_S: Final = 300
"""vLLM's first import, from a cold disk, takes half a minute on a small machine."""

ASK: Final = """
import contextlib, importlib, importlib.metadata as m, json, os, platform, sys
modules, names = json.loads(sys.argv[1])
answer = os.dup(1)
os.dup2(2, 1)  # what a module prints on import is no answer
failed, packages = {}, {}
for name in modules:
    try:
        importlib.import_module(name)
    except BaseException as problem:
        failed[name] = f"{type(problem).__name__}: {problem}"[:500]
for name in names:
    with contextlib.suppress(Exception):
        packages[name] = m.version(name)
said = {"python": platform.python_version(), "failed": failed, "packages": packages}
os.write(answer, json.dumps(said).encode())
os._exit(0)  # without the goodbyes of what was imported
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """An interpreter's Python version, the imports that fail and why, the versions that matter."""

    python: str
    failed: dict[str, str] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)


def ask(python: Path, imports: Sequence[str], *, timeout_s: float = IMPORT_TIMEOUT_S) -> Answer:
    """What the interpreter says, in the environment that a role's programs see.

    Raises InstallationError for a path that is no Python, or one that does not answer.
    """
    try:
        finished = subprocess.run(
            [str(python), "-c", ASK, json.dumps([list(imports), list(PACKAGES)])],
            env=processes.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise _no_python(python, f"no answer within {timeout_s:.0f} s") from problem
    except (OSError, ValueError) as problem:
        words = problem.strerror if isinstance(problem, OSError) else None
        raise _no_python(python, words or type(problem).__name__) from problem
    try:
        said = json.loads(finished.stdout)
        return Answer(str(said["python"]), dict(said["failed"]), dict(said["packages"]))
    except (ValueError, KeyError, TypeError) as problem:
        last = finished.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        words = processes.ending(finished.returncode)
        raise _no_python(python, f"{words}: {last[0][:300]}" if last else words) from problem


def check(role: Role, accelerator: Accelerator, python: Path) -> RoleEnvironment:
    """The user's interpreter as the role's environment, once it imports what the role needs.

    Its lock is unknown, and recorded so; the packages are those that it has.
    """
    path = Path(os.path.abspath(python))  # noqa: PTH100 - a venv's python is a link: not followed
    answer = ask(path, role.imports)
    if answer.failed:
        name, reason = next(iter(answer.failed.items()))
        raise InstallationError(
            f"{python}, for {role.label}",
            expected=f"a Python that imports {', '.join(role.imports)}",
            found=f"{name}: {reason}",
            next_step="install it there, or leave --python out: cardgen builds the environment",
        )
    return RoleEnvironment(
        role=role,
        accelerator=accelerator,
        python=path,
        python_version=answer.python,
        packages=answer.packages,
    )


def _no_python(python: Path, found: str) -> InstallationError:
    return InstallationError(
        str(python),
        expected="a Python interpreter that runs",
        found=found,
        next_step="give the path of a python executable, such as ENV/bin/python",
    )
