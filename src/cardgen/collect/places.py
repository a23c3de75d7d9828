"""Where collecting keeps its own things: `.cardgen/` in the project, which git does not see."""

from __future__ import annotations

from pathlib import Path

from cardgen.store import files

STATE = ".cardgen"


def state_folder(root: Path) -> Path:
    """The project's `.cardgen/`, where logs, job folders and replaced runs are; made if missing."""
    folder = root / STATE
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        files.replace(ignore, b"*\n")
    return folder


def job_folder(root: Path, card: str, name: str, key: str) -> Path:
    """The folder of one job: its job.json, its result, its logs."""
    return root / STATE / "jobs" / card / f"{name}-{key[:8]}"
