"""The environments that collectors' roles run in: where they are, and how they come to be.

One environment a lock file: built by uv from nothing but that file, in the user's cache, under a
name made from the file's SHA-256, the Python version and the platform. It counts once it is whole:
it is built beside its place and renamed. Knows nothing of jobs; runs nothing in an environment.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from cardgen.collect import installation
from cardgen.collect.manifest import Role
from cardgen.errors import CollectorError, InstallationError
from cardgen.measuring.job import Accelerator
from cardgen.measuring.software import PACKAGES
from cardgen.resources import cache_folder
from cardgen.store import files

BUILD_LOCK: Final = "build.txt"
"""Beside a lock: what its packages that come as source are built with, pinned likewise."""
DESCRIPTION: Final = "cardgen-environment.json"
"""Written last: what has none is no environment."""
BUILDING, REMOVING = ".building-", ".removing-"
PINNED: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.M)

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RoleEnvironment:
    """What a role runs in: an environment of cardgen's, built or not, or the user's interpreter.

    `lock_sha256` is None where the packages are not known by a lock: the user's interpreter.
    `packages` are those that matter to a number; the lock has all.
    """

    role: Role
    accelerator: Accelerator
    python: Path
    lock: Path | None = None
    lock_sha256: str | None = None
    folder: Path | None = None
    built: bool = True
    python_version: str | None = None
    size_bytes: int | None = None
    packages: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"{self.role.label} ({self.accelerator})"


def environments_folder() -> Path:
    """Where all environments are: $CARDGEN_ENVIRONMENTS, else `environments` in the cache."""
    named = os.environ.get("CARDGEN_ENVIRONMENTS")
    return Path(named) if named and Path(named).is_absolute() else cache_folder() / "environments"


def describe(role: Role, accelerator: Accelerator) -> RoleEnvironment:
    """The role's environment as it stands, without building it."""
    lock = role.locks.get(accelerator)
    if lock is None:
        others = ", ".join(role.locks)
        raise CollectorError(
            f"the role {role.label}",
            expected=f"a requirements file for {accelerator} in its manifest",
            found=f"one for {others} only" if others else "none",
            next_step="choose another accelerator, or give an interpreter with --python",
        )
    data = files.read_bytes(lock, error=CollectorError)
    sha256 = files.sha256(data)
    folder = environments_folder() / _key(sha256, role.python)
    said = _description(folder)
    built = said is not None and said.get("lock_sha256") == sha256
    found = said if said is not None and built else {}
    size = found.get("size_bytes")
    return RoleEnvironment(
        role=role,
        accelerator=accelerator,
        python=folder / "bin" / "python",
        lock=lock,
        lock_sha256=sha256,
        folder=folder,
        built=built,
        python_version=str(found["python"]) if "python" in found else None,
        size_bytes=size if isinstance(size, int) else None,
        packages=packages_of(data.decode("utf-8", "replace")),
    )


def ensure(
    role: Role, accelerator: Accelerator, progress: Progress | None = None
) -> RoleEnvironment:
    """The role's environment, built first where it is not there yet.

    `progress` is told in lines for a person. A second process that wants the same environment
    waits for the first. Raises InstallationError, which names the log that a failed build leaves.
    """
    found = describe(role, accelerator)
    if found.built:
        return found
    assert found.folder is not None
    assert found.lock is not None
    assert found.lock_sha256 is not None
    tell = progress or (lambda _: None)
    folder = found.folder
    with _locked(folder, found.label, tell):
        found = describe(role, accelerator)  # another process may have built it meanwhile
        if not found.built:
            for left in folder.parent.glob(f"{BUILDING}{folder.name}-*"):
                shutil.rmtree(left, ignore_errors=True)  # its builder was killed: we hold the lock
            if folder.exists():  # of an interpreter that is gone
                _discard(folder)
            _build(found, folder, tell)
            found = describe(role, accelerator)
    return found


def packages_of(lock: str, names: Iterable[str] = PACKAGES) -> dict[str, str]:
    """The versions that a lock file pins, of the packages in `names`."""
    wanted = set(names)
    pinned = ((re.sub(r"[-_.]+", "-", m[1]).lower(), m[2]) for m in PINNED.finditer(lock))
    return {name: version for name, version in pinned if name in wanted}


@dataclass(frozen=True, slots=True)
class Stored:
    """An environment on the disk, or what is left of an unfinished one."""

    folder: Path
    complete: bool
    size_bytes: int | None


def stored() -> list[Stored]:
    """All that stands in the environments' folder, sorted by name."""
    root = environments_folder()
    try:
        folders = sorted(entry for entry in root.iterdir() if entry.is_dir())
    except OSError:
        return []
    found = []
    for folder in folders:
        said = _description(folder)
        unfinished = folder.name.startswith((BUILDING, REMOVING))
        if said is None and not unfinished and not (folder / "pyvenv.cfg").exists():
            continue  # logs, or something that is not ours
        size = (said or {}).get("size_bytes")
        whole = said is not None and not unfinished
        found.append(Stored(folder, whole, size if isinstance(size, int) else None))
    return found


def remove(folder: Path) -> bool:
    """Delete an environment, or the rest of one; False if another process is building it now."""
    key = folder.name.removeprefix(REMOVING)
    if key.startswith(BUILDING):
        key = key.removeprefix(BUILDING).rpartition("-")[0]
    with _lock_file(folder.with_name(key)) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        _discard(folder)
    return True


def _key(lock_sha256: str, python: str) -> str:
    """The environment's folder: lock, Python version and platform."""
    return f"{lock_sha256[:20]}-py{python}-{sysconfig.get_platform()}"


def _description(folder: Path) -> dict[str, object] | None:
    """What stands in a whole environment whose interpreter still exists; else None."""
    try:
        said = json.loads((folder / DESCRIPTION).read_bytes())
    except (OSError, ValueError):
        return None
    whole = isinstance(said, dict) and (folder / "bin" / "python").exists()
    return said if whole else None


def _build(wanted: RoleEnvironment, folder: Path, tell: Progress) -> None:
    """Build beside the place, describe, rename: a kill at any moment leaves nothing that counts."""
    assert wanted.lock is not None
    started = time.monotonic()
    text = wanted.lock.read_text(encoding="utf-8")
    count = len(PINNED.findall(text))
    expected = wanted.role.size_gb.get(wanted.accelerator)
    about = f", about {expected:g} GB" if expected else ""
    tell(f"building {wanted.label}: {count} packages{about}, in {folder}")
    beside = folder.with_name(f"{BUILDING}{folder.name}-{secrets.token_hex(4)}")
    log = folder.parent / "logs" / f"{folder.name}.log"
    build = wanted.lock.with_name(BUILD_LOCK)
    try:
        python = installation.install(
            beside,
            lock=text,
            build=build if build.is_file() else None,
            python=wanted.role.python,
            log=log,
            label=wanted.label,
            tell=tell,
        )
        seconds = round(time.monotonic() - started, 1)
        size = size_of(beside)
        described = {
            "format": 1,
            "lock_sha256": wanted.lock_sha256,
            "python": python,
            "platform": sysconfig.get_platform(),
            "size_bytes": size,
            "seconds": seconds,
        }
        os.sync()  # a power cut must not leave a description of files that are not there
        files.replace(
            beside / DESCRIPTION, (json.dumps(described, indent=2) + "\n").encode(), durable=True
        )
        beside.rename(folder)
        _sync_folder(folder.parent)
    except OSError as problem:
        raise InstallationError(
            str(problem.filename or folder),
            expected="a place that cardgen may write to",
            found=problem.strerror or type(problem).__name__,
            next_step="check permissions and free space, or set CARDGEN_ENVIRONMENTS",
        ) from problem
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    tell(f"built {wanted.label} in {seconds:.0f} s: {told_size(size)}")


def size_of(folder: Path) -> int:
    """Bytes of all files below; those that other environments share by hard links count too."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            total += os.lstat(f"{place}/{name}").st_size
    return total


def told_size(size: float) -> str:
    """A size as people read it, in powers of ten."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def _discard(folder: Path) -> None:
    """Delete a folder; from the first moment on it does not count."""
    away = folder.with_name(f"{REMOVING}{secrets.token_hex(4)}")
    try:
        if not folder.name.startswith((BUILDING, REMOVING)):
            folder.rename(away)
            folder = away
        shutil.rmtree(folder)
    except OSError as problem:
        raise InstallationError(
            str(folder),
            expected="a folder that cardgen may delete",
            found=problem.strerror or type(problem).__name__,
            next_step="check its permissions",
        ) from problem


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _lock_file(folder: Path) -> Iterator[IO[bytes]]:
    """The file that stands for the right to change `folder`; opened, not locked yet."""
    path = folder.parent / "locks" / folder.name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as problem:
        raise InstallationError(
            str(path.parent),
            expected="a folder that cardgen may write to",
            found=problem.strerror or type(problem).__name__,
            next_step="check its permissions and free space, or set CARDGEN_ENVIRONMENTS",
        ) from problem
    with file:
        yield file


@contextmanager
def _locked(folder: Path, label: str, tell: Progress) -> Iterator[None]:
    """Alone with `folder` among all processes; the kernel lets go when this one ends, however."""
    with _lock_file(folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"waiting for another process that builds {label}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
