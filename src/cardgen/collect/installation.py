"""One environment installed by uv, and what uv's complaints mean for the reader.

Owns the calls of uv and their log. Where the environment goes and when it counts is
`collect.environments`'.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from cardgen.collect import index
from cardgen.errors import InstallationError
from cardgen.imports.redaction import is_secret_name
from cardgen.measuring.processes import Supervised, ending

WITHHELD: Final = {
    "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_PROJECT", "UV_PYTHON",
    "UV_PROJECT_ENVIRONMENT", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_EXCLUDE_NEWER",
    "UV_PRERELEASE", "UV_RESOLUTION", "UV_SYSTEM_PYTHON", "UV_NO_BINARY", "UV_NO_VERIFY_HASHES",
    "UV_TORCH_BACKEND", "UV_VENV_SEED", "UV_WORKING_DIR",
}  # fmt: skip
"""What would make another environment of the same lock."""


class Complaint(NamedTuple):
    """What uv says when something is wrong, and what the reader can do about it."""

    pattern: str
    next_step: str


COMPLAINTS: Final = (
    Complaint(
        r"os error 28|No space left|Disk quota exceeded|os error 122",
        "free space there, or set CARDGEN_ENVIRONMENTS (and UV_CACHE_DIR) to a larger disk",
    ),
    Complaint(
        r"No interpreter found|No download found for request|Python interpreter not found"
        r"|Managed Python downloads|python-build-standalone",
        "install Python {python}, or give an interpreter that has the packages with --python",
    ),
    Complaint(
        r"Hash mismatch|no hashes were provided|Hash-checking is enabled",
        "the index serves other files than the lock was made from: use the index of the lock, or "
        "write the lock again from its .in file (docs/environments.md)",
    ),
    Complaint(
        r"no wheels? with a matching|has no usable wheels|is not compatible with the current"
        r"|matching platform|matching Python (ABI|version)|built for a different platform"
        r"|does not have a (wheel|source distribution)|Building from source is disabled",
        "the lock is for another platform: Linux on x86-64 with glibc, Python {python}; elsewhere "
        "give an interpreter that has the packages with --python",
    ),
    Complaint(
        r"error sending request|Failed to fetch|dns error|Connect(ion)? (refused|reset)"
        r"|tcp connect|timed out|operation timed out|network was disabled|Network connectivity"
        r"|tunnel error|certificate|Temporary failure in name resolution|client error",
        "check the network, the proxy and the package index (uv's or pip's settings); "
        "what is downloaded already is kept",
    ),
    Complaint(
        r"there is no version of|was not found in|not found in the (package registry|provided)"
        r"|No solution found|404|40[13]",
        "the package index lacks it: check the index settings of uv or pip",
    ),
    Complaint(r"Permission denied|os error 13|Read-only file system", "check the permissions"),
)
SHOWN_LINES: Final = re.compile(r"^(Downloading|Building|Built|Prepared|Installed|Resolved) .*")
ERROR_LINE: Final = re.compile(r"^\s*(?:error|cause|Caused by|[×╰├]\S*):?\s*(.*)$", re.M)


def install(
    folder: Path,
    *,
    lock: str,
    build: Path | None,
    python: str,
    log: Path,
    label: str,
    tell: Callable[[str], None],
) -> str:
    """Make a virtual environment in `folder` with just what `lock` lists; the Python's version.

    `build` is a lock of what packages that come as source are built with.
    Raises InstallationError with the next step; the log of a success is removed. The environment
    is relocatable: it works when `folder` is renamed.
    """
    from uv import find_uv_bin

    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    uv = find_uv_bin()
    requirements = folder.with_name(folder.name + ".txt")
    call = _Call(log, label, python, tell)
    try:
        call([uv, "venv", "--relocatable", "--python", interpreter(python), str(folder)])
        requirements.write_text(exact(lock), encoding="utf-8")
        argv = [uv, "pip", "install", "--python", str(folder / "bin" / "python"), "--no-deps"]
        argv += ["--require-hashes", "--requirements", str(requirements)]
        call([*argv, "--build-constraints", str(build)] if build else argv)
    finally:
        requirements.unlink(missing_ok=True)
    log.unlink(missing_ok=True)
    return installed_python(folder)


def installed_python(folder: Path) -> str:
    """The full version of a virtual environment's Python, as uv wrote it down."""
    text = (folder / "pyvenv.cfg").read_text(encoding="utf-8")
    found = re.search(r"^version_info\s*=\s*(\S+)", text, re.MULTILINE)
    return found[1] if found else "unknown"


def interpreter(version: str) -> str:
    """What uv is asked for: cardgen's own Python where that is the version, else the version."""
    if version != f"{sys.version_info.major}.{sys.version_info.minor}":
        return version
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def exact(lock: str) -> str:
    """The lock's requirements with `===`: torch 2.13.0 then never means another build, 2.13.0+cpu.

    Where an index or a folder of wheels offers such a build, uv prefers it and then finds that the
    lock has no hash of it.
    """
    return re.sub(r"^([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?)==", r"\1===", lock, flags=re.M)


class _Call:
    """A call of uv: its output goes to the log, what a person wants to see to `tell`."""

    def __init__(self, log: Path, label: str, python: str, tell: Callable[[str], None]) -> None:
        self.log, self.label, self.python, self.tell = log, label, python, tell

    def __call__(self, argv: list[str]) -> None:
        """Run it to its end. It ends when this process ends, however that is."""
        lines: list[str] = []
        reading, writing = os.pipe()
        with (
            self.log.open("a", encoding="utf-8") as log,
            open(reading, encoding="utf-8", errors="replace") as output,  # noqa: PTH123 - a pipe
        ):
            log.write(f"$ {' '.join([Path(argv[0]).name, *argv[1:]])}\n")
            try:
                # In the log's folder: away from a project whose pyproject.toml has settings for uv.
                process = Supervised(
                    argv, env=environment(), cwd=self.log.parent, output=writing, grace_s=2
                )
            finally:
                os.close(writing)
            with process:
                for line in output:
                    log.write(line)
                    lines.append(line)
                    if SHOWN_LINES.match(line.strip()):
                        self.tell(line.strip())
                code = process.wait()
        if code:
            raise self._refused("".join(lines), code)

    def _refused(self, said: str, code: int) -> InstallationError:
        words = [" ".join(line.split()) for line in ERROR_LINE.findall(said)]
        words = [word for word in words if word]
        # The chain's ends say most: what uv wanted, and why it could not.
        found = "; ".join(dict.fromkeys([*words[:1], *words[-1:]])) or f"uv {ending(code)}"
        return InstallationError(
            f"the environment of {self.label}",
            expected="all packages of its lock installed",
            found=found[:600],
            next_step=f"{next_step(said, python=self.python)}; log: {self.log}",
        )


def next_step(said: str, *, python: str) -> str:
    """What the reader can do about uv's words."""
    for complaint in COMPLAINTS:
        if re.search(complaint.pattern, said, re.IGNORECASE):
            return complaint.next_step.format(python=python)
    return "read the log"


def environment() -> dict[str, str]:
    """uv's environment: the user's, with the package index as pip knows it; no tokens but uv's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in WITHHELD and (name.startswith("UV_") or not is_secret_name(name))
    }
    return {**kept, **index.variables(), "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
