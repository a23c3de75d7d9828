"""One repository on the Hub: what stands in it at a commit, and one commit put on top.

Reads are of a fixed commit, never of a branch, and never from a cache; they are tried again, a
commit is not: whether to is for the caller, who looks first whether it landed.
"""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from cardgen.errors import HubError
from cardgen.hub import pauses
from cardgen.hub.client import TIMEOUT_S, connect
from cardgen.hub.trouble import AbsentError, DeniedError, UncertainError, translated

if TYPE_CHECKING:
    from huggingface_hub import HfApi

MAIN = "main"
READ_TRIES = 4
LONGEST_WAIT_S = 30.0
"""A server that asks for more is not waited for: the reader is told instead."""

T = TypeVar("T")


class Blob(NamedTuple):
    """A file in a commit: git's id of it, and the SHA-256 where it is kept by LFS."""

    id: str
    sha256: str | None = None

    def holds(self, data: bytes) -> bool:
        """Whether the file is just these bytes."""
        if self.sha256 is not None:
            return self.sha256 == hashlib.sha256(data).hexdigest()
        return self.id == blob_id(data)


class Tip(NamedTuple):
    """The last commit of a branch, and the paths of its files."""

    commit: str
    paths: tuple[str, ...]


class Entry(NamedTuple):
    """A commit of a branch: its id and its whole message."""

    id: str
    message: str


class Committed(NamedTuple):
    """What the server answered to a commit; `pull_request` is its number if it opened one."""

    id: str
    url: str
    pull_request: int | None
    warnings: tuple[str, ...]


def blob_id(data: bytes) -> str:
    """Git's id of a file that holds the bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def pull_request_branch(number: int) -> str:
    """The branch on which a pull request's commits stand."""
    return f"refs/pr/{number}"


@dataclass(frozen=True, slots=True)
class Repository:
    """A model repository by its name, `organisation/name`."""

    name: str
    api: HfApi

    @classmethod
    def open(cls, name: str, *, timeout_s: float = TIMEOUT_S) -> Repository:
        """The repository of that name; nothing is asked of the Hub yet."""
        return cls(name, connect(name, timeout_s=timeout_s))

    def url(self, *parts: str) -> str:
        """An address below the repository's page."""
        return "/".join([self.api.endpoint, self.name, *parts])

    def tip(self, branch: str = MAIN) -> Tip:
        """The branch's last commit, by its full id, and every file of it."""
        info = self._read("reading", lambda: self.api.model_info(self.name, revision=branch))
        if not info.sha:
            raise HubError(f"{self.name}@{branch}", found="the Hub names no commit")
        return Tip(info.sha, tuple(sorted(item.rfilename for item in info.siblings or [])))

    def siblings(self) -> list[str]:
        """The names of all models of the same organisation, sorted."""
        organisation = self.name.partition("/")[0]
        return self._read(
            "listing", lambda: sorted(item.id for item in self.api.list_models(author=organisation))
        )

    def blobs(self, commit: str, paths: Iterable[str]) -> dict[str, Blob]:
        """The files of the commit among the paths; what is not there is left out."""
        from huggingface_hub.hf_api import RepoFile

        asked = list(paths)
        if not asked:
            return {}
        found = self._read(
            "listing", lambda: self.api.get_paths_info(self.name, asked, revision=commit)
        )
        return {
            item.path: Blob(item.blob_id, item.lfs.sha256 if item.lfs else None)
            for item in found
            if isinstance(item, RepoFile)
        }

    def read(self, commit: str, path: str, blob: Blob) -> bytes:
        """The file's bytes at the commit, checked against its blob."""

        def download() -> bytes:
            with tempfile.TemporaryDirectory(prefix="cardgen-") as folder:
                file = self.api.hf_hub_download(self.name, path, revision=commit, cache_dir=folder)
                data = Path(file).read_bytes()
            if not blob.holds(data):
                raise ValueError("other bytes than the commit has")
            return data

        # The client tries a download again by itself.
        return self._read(f"reading {path}", download, tries=1)

    def history(self, branch: str) -> list[Entry]:
        """The branch's commits, the newest first."""

        def look() -> list[Entry]:
            found = self.api.list_repo_commits(self.name, revision=branch)
            return [Entry(item.commit_id, f"{item.title}\n\n{item.message}") for item in found]

        # The client tries a page again by itself.
        return self._read("reading the history", look, tries=1)

    def open_pull_requests(self) -> list[int]:
        """The numbers of the pull requests that are neither merged nor closed, in order."""

        def look() -> list[int]:
            found = self.api.get_repo_discussions(self.name, discussion_type="pull_request")
            return sorted(
                item.num
                for item in found
                if item.is_pull_request and item.status in ("open", "draft")
            )

        return self._read("reading the pull requests", look)

    def create(self) -> str:
        """Make the repository if there is none; its address."""
        try:
            made = self._read("creating", lambda: self.api.create_repo(self.name, exist_ok=True))
        except DeniedError as problem:
            problem.next_step = "check the organisation's name and `hf auth whoami`"
            raise
        return str(made)

    def close_pull_request(self, number: int, comment: str) -> None:
        """Close a pull request, with a word why."""
        self._read(
            "closing a pull request",
            lambda: self.api.change_discussion_status(self.name, number, "closed", comment=comment),
        )

    def commit(
        self,
        branch: str,
        parent: str,
        *,
        additions: Mapping[str, bytes],
        deletions: Iterable[str],
        title: str,
        message: str,
        pull_request: bool = False,
    ) -> Committed:
        """Put one commit on the branch, or open a pull request with it. Never tried again here.

        Raises MovedError where `parent` is the head no more, UncertainError where the commit may
        have landed all the same.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete

        operations: list[CommitOperationAdd | CommitOperationCopy | CommitOperationDelete] = [
            *(CommitOperationAdd(path, data) for path, data in sorted(additions.items())),
            *(CommitOperationDelete(path) for path in sorted(deletions)),
        ]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                answer = self.api.create_commit(
                    self.name,
                    operations,
                    commit_message=title,
                    commit_description=message,
                    revision=None if pull_request else branch,
                    create_pr=pull_request,
                    parent_commit=parent,
                )
            except Exception as problem:
                raise translated(problem, self._place(branch)) from problem
        number = answer.pr_num if pull_request and answer.pr_url else None
        said = tuple(str(item.message) for item in caught if item.category is UserWarning)
        return Committed(answer.oid, answer.commit_url, number, said)

    def _place(self, doing: str) -> str:
        return f"{self.name} ({doing})"

    def _read(self, doing: str, call: Callable[[], T], *, tries: int = READ_TRIES) -> T:
        """What the call gives; tried again where the trouble may pass."""
        for left in reversed(range(tries)):
            try:
                return call()
            except Exception as problem:
                found = translated(problem, self._place(doing))
                if not isinstance(found, UncertainError) or left == 0:
                    raise found from problem
                wait_s = found.wait_s if found.wait_s is not None else 0.25 * 2 ** (tries - left)
                if wait_s > LONGEST_WAIT_S:
                    raise found from problem
            pauses.pause(wait_s)
        raise AssertionError("the last try returns or raises")  # pragma: no cover


__all__ = [
    "MAIN",
    "AbsentError",
    "Blob",
    "Committed",
    "Entry",
    "Repository",
    "Tip",
    "blob_id",
    "pull_request_branch",
]
