"""The folder that a quantization job fills with its model: whose it is, and whether it is finished.

A hidden file in it says both, from before the first byte is written until after the model has
passed its check. Whoever looks for a checkpoint asks here. The model's own files are not looked at.
"""

from __future__ import annotations

import json
import os
import shutil
from itertools import count
from pathlib import Path
from typing import Final, Literal

from cardgen.store import files

MARK: Final = ".cardgen-job.json"
ASIDE: Final = ".failed"

State = Literal["unfinished", "finished"]


def mark(folder: Path, job: str, state: State) -> None:
    """Say in the folder which job fills it, and whether that job is done with it."""
    content = json.dumps({"job": job, "state": state})
    files.replace(folder / MARK, f"{content}\n".encode(), durable=True)


def is_ours(folder: Path) -> bool:
    """Whether a quantization job made the folder: another one may take its place."""
    return (folder / MARK).is_file()


def is_unfinished(folder: Path) -> bool:
    """Whether what stands there is no model yet: its job is at work, was killed, or failed.

    Marks of version 0.1.0 name only the job: those count as finished, as it took them. A mark
    that cannot be read says nothing good.
    """
    try:
        data = (folder / MARK).read_bytes()
    except (OSError, ValueError) as problem:  # most often: none is there
        return isinstance(problem, PermissionError)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return True
    return not isinstance(content, dict) or content.get("state", "finished") != "finished"


def clear(folder: Path) -> None:
    """Remove everything but the mark: a kill in between must not make the rest somebody's own."""
    for path in folder.iterdir():
        if path.name != MARK:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def set_aside(folder: Path) -> Path:
    """Move an unfinished folder to its name with `.failed` added; where its files are now.

    What an earlier job left there goes; where somebody else's files are, a number is added to the
    name. A folder with nothing but the mark stays, and so does one that cannot be moved.
    """
    real = Path(os.path.realpath(folder))
    try:
        if not is_unfinished(real) or all(path.name == MARK for path in real.iterdir()):
            return folder
        target = _place_aside(real)
        if target.exists():
            clear(target)
            (target / MARK).unlink()
            target.rmdir()
        real.rename(target)
        if folder.is_symlink():  # it leads to where there is room: the next job's files go there
            real.mkdir()
    except OSError:  # a file system of its own, a folder of somebody else: the mark has to do
        return folder
    return _as_named(folder, target)


def aside(folder: Path) -> Path | None:
    """Where the files of a failed job are that were moved out of this folder; None without any."""
    real = Path(os.path.realpath(folder))
    target = real.with_name(f"{real.name}{ASIDE}")
    return _as_named(folder, target) if is_ours(target) else None


def _place_aside(real: Path) -> Path:
    """The first name that is free, or that an earlier failed job's files have."""
    names = (f"{real.name}{ASIDE}{f'-{number}' if number > 1 else ''}" for number in count(1))
    places = (real.with_name(name) for name in names)
    return next(p for p in places if not os.path.lexists(p) or (not p.is_symlink() and is_ours(p)))


def _as_named(folder: Path, target: Path) -> Path:
    """The place beside the folder by the name that the user gives it, where that leads to it."""
    return target if folder.is_symlink() else folder.with_name(target.name)
