"""A bare git repository driven by git's own commands: what the test Hub keeps its files in."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

IDENTITY = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "LC_ALL": "C",
}


class Node(NamedTuple):
    """A file of a tree: its blob and size."""

    blob: str
    size: int


class Logged(NamedTuple):
    """A commit of a branch."""

    id: str
    author: str
    date: str
    title: str
    body: str


class Bare:
    """One bare repository; every method is one or two git commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> Bare:
        """A new repository without commits."""
        folder.mkdir(parents=True)
        bare = cls(folder)
        bare.git("init", "--quiet", "--bare", "--initial-branch=main")
        return bare

    def git(self, *arguments: str, given: bytes | None = None) -> bytes:
        """The command's output; a failing one raises CalledProcessError."""
        return subprocess.run(
            ["git", f"--git-dir={self.folder}", *arguments],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            check=True,
            env={**os.environ, **IDENTITY},
        ).stdout

    def resolve(self, revision: str) -> str | None:
        """The full id of a branch's head or of a commit; None if there is none."""
        for name in (f"refs/heads/{revision}", revision if "/" in revision else None, revision):
            if name is None or (name == revision and "/" not in name and not _is_hex(name)):
                continue
            try:
                found = self.git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
            except subprocess.CalledProcessError:
                continue
            return found.decode().strip()
        return None

    def tree(self, commit: str) -> dict[str, Node]:
        """Every file of a commit, by path."""
        return _tree(str(self.folder), commit)

    def read(self, blob: str) -> bytes:
        """A blob's bytes."""
        return _blob(str(self.folder), blob)

    def file(self, revision: str, path: str) -> bytes:
        """A file of a revision as it stands there; KeyError if it does not."""
        commit = self.resolve(revision)
        assert commit is not None, revision
        return self.read(self.tree(commit)[path].blob)

    def log(self, revision: str) -> list[Logged]:
        """The commits of a revision, the newest first."""
        found = self.git(
            "log",
            "-z",
            "--date=format:%Y-%m-%dT%H:%M:%S.000Z",
            "--format=%H%x1f%cn%x1f%cd%x1f%s%x1f%b",
            revision,
            "--",
        )
        records = found.decode().split("\0")
        return [Logged(*record.split("\x1f")) for record in records if record]

    def refs(self) -> dict[str, str]:
        """Every reference and the commit it stands at."""
        found = self.git("for-each-ref", "--format=%(objectname) %(refname)").decode()
        return {line.partition(" ")[2]: line.partition(" ")[0] for line in found.splitlines()}

    def commit(
        self,
        reference: str,
        parent: str | None,
        changes: Mapping[str, bytes | None],
        message: str,
        author: str = "someone",
    ) -> str:
        """Put a commit on a reference; None as content deletes. The id."""
        stamp = f"{author} <{author}@example.org> {int(time.time())} +0000"
        lines = [f"commit {reference}\nmark :1\ncommitter {stamp}\n".encode(), _data(message)]
        if parent is not None:
            lines.append(f"from {parent}\n".encode())
        for path, data in changes.items():
            lines.append(
                f"D {path}\n".encode()
                if data is None
                else f"M 100644 inline {path}\n".encode() + _data(data)
            )
        lines.append(b"\nget-mark :1\ndone\n")
        given = b"".join(lines)
        out = self.git("fast-import", "--quiet", "--done", "--cat-blob-fd=1", given=given)
        return out.decode().strip()


def _data(content: bytes | str) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return b"data %d\n" % len(raw) + raw + b"\n"


def _is_hex(text: str) -> bool:
    return len(text) >= 7 and all(mark in "0123456789abcdef" for mark in text)


@lru_cache(maxsize=4096)
def _tree(folder: str, commit: str) -> dict[str, Node]:
    found = Bare(Path(folder)).git("ls-tree", "-r", "-z", "--long", commit).decode()
    nodes = {}
    for line in found.split("\0"):
        if line:
            head, _, path = line.partition("\t")
            _, _, blob, size = head.split()
            nodes[path] = Node(blob, int(size))
    return nodes


@lru_cache(maxsize=4096)
def _blob(folder: str, blob: str) -> bytes:
    return Bare(Path(folder)).git("cat-file", "blob", blob)
