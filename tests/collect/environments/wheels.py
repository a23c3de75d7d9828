"""Tiny packages made on the spot, their locks, and roles that ask for them."""

from __future__ import annotations

import base64
import hashlib
import io
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from cardgen.collect.manifest import Role

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    tag: str = "py3-none-any",
    extra: Mapping[str, str] | None = None,
    scripts: Mapping[str, str] | None = None,
) -> Path:
    """A wheel of one module `name` that knows its `VERSION`, in `folder`."""
    info = f"{name}-{version}.dist-info"
    content = {f"{name}.py": f"VERSION = {version!r}\n", **(extra or {})}
    content[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    content[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
    if scripts:
        lines = "".join(f"{script} = {target}\n" for script, target in scripts.items())
        content[f"{info}/entry_points.txt"] = f"[console_scripts]\n{lines}"
    path = folder / f"{name}-{version}-{tag}.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        rows = []
        for file, text in content.items():
            archive.writestr(file, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            rows.append(f"{file},sha256={digest.rstrip(b'=').decode()},{len(text.encode())}\n")
        archive.writestr(f"{info}/RECORD", "".join(rows) + f"{info}/RECORD,,\n")
    return path


def slow_source(
    folder: Path, name: str, version: str, *, gate: Path, requires: str | None = None
) -> Path:
    """A source package whose build writes its process id into `gate` and waits for `gate`.open.

    With `requires` it writes the version of that package, with which it is built, as well.
    """
    backend = f'''
import base64, hashlib, os, time, zipfile
from pathlib import Path

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    told = [str(os.getpid())]
    if {requires!r}:
        import importlib
        told.append(importlib.import_module({requires!r}).VERSION)
    Path({str(gate)!r}).write_text(" ".join(told))
    while not os.path.exists({str(gate) + ".open"!r}):
        time.sleep(0.02)
    name = "{name}-{version}-py3-none-any.whl"
    info = "{name}-{version}.dist-info"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
        archive.writestr("{name}.py", "VERSION = {version!r}\\n")
        archive.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        archive.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(info + "/RECORD", "")
    return name
'''  # noqa: E501 - a program in a program
    needed = [requires] if requires else []
    project = (
        f'[project]\nname = "{name}"\nversion = "{version}"\n'
        f'[build-system]\nrequires = {needed}\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    metadata = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n"
    path = folder / f"{name}-{version}.tar.gz"
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for file, text in (
            ("backend.py", backend),
            ("pyproject.toml", project),
            ("PKG-INFO", metadata),
        ):
            entry = tarfile.TarInfo(f"{name}-{version}/{file}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def pinned(path: Path, *, digest: str | None = None) -> str:
    """The line of a lock that names the package in `path`, with its hash or a wrong one."""
    name, version = path.name.removesuffix(".tar.gz").split("-")[:2]
    digest = digest or hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


def role(folder: Path, lock: str, *, name: str = "work", **more: object) -> Role:
    """A role whose lock is `lock`, as a file in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-cpu.txt"
    path.write_text(lock)
    settings: dict[str, object] = {"python": PYTHON, **more}
    return Role(collector="made", name=name, locks={"cpu": path}, **settings)  # type: ignore[arg-type]


def places(root: Path, patch: pytest.MonkeyPatch) -> Path:
    """Environments, uv's cache and packages are in `root`; the folder of packages."""
    folder = root / "links"
    folder.mkdir()
    patch.setenv("CARDGEN_ENVIRONMENTS", str(root / "environments"))
    patch.setenv("UV_CACHE_DIR", str(root / "uv"))
    patch.setenv("UV_NO_INDEX", "1")
    patch.setenv("UV_FIND_LINKS", str(folder))
    patch.setenv("UV_PYTHON_DOWNLOADS", "never")
    patch.setenv("UV_HTTP_RETRIES", "0")
    for name in ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"):
        patch.delenv(name, raising=False)
    return folder
