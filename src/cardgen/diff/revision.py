"""A git revision's files, read from its objects: the working tree is never touched.

Owns the calls of git. Knows no cards.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cardgen.errors import ProjectError

TIMEOUT_S = 120
LINK = "120000"


class Entry(NamedTuple):
    """A file of a revision: what kind it is, and its object."""

    mode: str
    object: str


class Revision(NamedTuple):
    """A commit, and the folder of the repository that the project is in."""

    root: Path
    name: str
    commit: str


def find(root: Path, name: str) -> Revision | None:
    """The revision of the repository around `root`; None where it has no such revision.

    An error where git is missing, or the folder is in no repository.
    """
    asked = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if asked.returncode == 0:
        return Revision(root, name, asked.stdout.decode().strip())
    inside = _git(root, "rev-parse", "--is-inside-work-tree")
    if inside.returncode:
        raise ProjectError(
            str(root),
            expected="a project in a git repository, whose last commit is compared with",
            found=_told(inside.stderr) or "none",
            next_step="name what to compare with: `--against FOLDER`, or a README",
        )
    return None


def _told(stderr: bytes) -> str:
    """The first line of what git said."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else ""


def entries(revision: Revision, paths: Sequence[str]) -> dict[str, Entry]:
    """The files of the revision below some paths of the project, by their paths in it."""
    listed = _git(revision.root, "ls-tree", "-r", "-z", revision.commit, "--", *paths)
    if listed.returncode:
        raise _failed(revision, listed.stderr)
    found = {}
    for line in listed.stdout.split(b"\0"):
        if line:
            about, _, path = line.partition(b"\t")
            mode, kind, name = about.decode().split(" ")
            if kind == "blob":
                found[os.fsdecode(path)] = Entry(mode, name)
    return found


def contents(revision: Revision, objects: Sequence[str]) -> dict[str, bytes]:
    """The bytes of objects, all from one process."""
    if not objects:
        return {}
    asked = "".join(f"{name}\n" for name in objects).encode()
    answer = _git(revision.root, "cat-file", "--batch", given=asked)
    if answer.returncode:
        raise _failed(revision, answer.stderr)
    found, at, data = {}, 0, answer.stdout
    for name in objects:
        end = data.index(b"\n", at)
        head = data[at:end].split(b" ")
        if len(head) != 3:
            raise _failed(revision, data[at:end])
        size = int(head[2])
        found[name] = data[end + 1 : end + 1 + size]
        at = end + size + 2
    return found


def _failed(revision: Revision, said: bytes) -> ProjectError:
    return ProjectError(
        f"revision {revision.name}",
        expected="objects that git can read",
        found=_told(said) or "nothing",
        next_step="fetch the whole history (`git fetch --unshallow`), or name another revision",
    )


def _git(root: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments],
            input=given,
            capture_output=True,
            env=environment,
            timeout=TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError as problem:
        raise ProjectError(
            "git",
            expected="the program git, to read what was committed",
            found="none on the PATH",
            next_step="install git, or compare with a folder: `--against FOLDER`",
        ) from problem
    except subprocess.TimeoutExpired as problem:
        raise ProjectError(
            f"git {arguments[0]}",
            expected=f"an answer within {TIMEOUT_S} s",
            found="none",
            next_step="try the command by hand",
        ) from problem
