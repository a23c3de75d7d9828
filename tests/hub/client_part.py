"""Every row of the protocol, asked by the real client: `python client_part.py ENDPOINT`.

Needs nothing but huggingface_hub, so that it runs in an environment of any version of it. Prints
the client's version at the end; an AssertionError on the way is the failure.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

endpoint = sys.argv[1]
os.environ |= {
    "HF_ENDPOINT": endpoint,
    "HF_TOKEN": "hf_writer00000000000000",
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}

from huggingface_hub import (  # noqa: E402 - the endpoint is read at import
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    __version__,
)
from huggingface_hub.errors import (  # noqa: E402
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile  # noqa: E402

README = b"---\nlicense: mit\nlibrary_name: transformers\n---\n# A card\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
api = HfApi()


def refused(call: Callable[[], object]) -> int:
    """The status with which the server refuses the call."""
    try:
        call()
    except HfHubHTTPError as problem:
        return problem.response.status_code
    raise AssertionError("not refused")


def raised(kind: type[Exception], call: Callable[[], object]) -> None:
    """The call raises just this."""
    try:
        call()
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")


def repository() -> str:
    """create_repo, exist_ok, and what is not there."""
    url = api.create_repo("example/made")
    assert str(url) == f"{endpoint}/example/made", url
    assert refused(lambda: api.create_repo("example/made")) == 409
    assert str(api.create_repo("example/made", exist_ok=True)) == str(url)
    assert api.whoami()["name"] == "writer"
    raised(RepositoryNotFoundError, lambda: api.repo_info("example/nothing"))
    raised(RevisionNotFoundError, lambda: api.repo_info("example/made", revision="0" * 40))
    head = api.repo_info("example/made").sha
    assert head
    assert len(head) == 40
    return head


def commits(head: str) -> str:
    """One commit of text and picture; nothing changed; a stale parent."""
    add = [
        CommitOperationAdd("README.md", README),
        CommitOperationAdd("plots/a.png", PNG),
        CommitOperationAdd("plots/a.svg", b"<svg/>"),
    ]
    done = api.create_commit("example/made", add, commit_message="one", parent_commit=head)
    assert done.oid != head
    assert done.commit_url == f"{endpoint}/example/made/commit/{done.oid}"
    same = [CommitOperationAdd("README.md", README), CommitOperationAdd("plots/a.png", PNG)]
    again = api.create_commit("example/made", same, commit_message="two", parent_commit=head)
    assert again.oid == done.oid, "nothing changed: no commit, though the parent is stale"
    stale = [CommitOperationAdd("a.txt", b"a")]
    assert (
        refused(
            lambda: api.create_commit(
                "example/made", stale, commit_message="three", parent_commit=head
            )
        )
        == 412
    )
    gone = api.create_commit(
        "example/made", [CommitOperationDelete("plots/a.svg")], commit_message="four"
    )
    return gone.oid


def reads(head: str) -> None:
    """Files, paths, trees, references, history."""
    info = api.model_info("example/made", revision=head)
    names = {item.rfilename for item in info.siblings or []}
    assert names == {".gitattributes", "README.md", "plots/a.png"}, names
    listed = api.get_paths_info("example/made", list(names))
    large = {item.path: item.lfs.size for item in listed if isinstance(item, RepoFile) and item.lfs}
    assert large == {"plots/a.png": len(PNG)}, large
    assert {item.path for item in listed} == names
    assert {item.path for item in api.list_repo_tree("example/made", recursive=True)} == names
    with tempfile.TemporaryDirectory() as cache:
        for path, content in (("README.md", README), ("plots/a.png", PNG)):
            file = api.hf_hub_download("example/made", path, revision=head, cache_dir=cache)
            assert Path(file).read_bytes() == content
        raised(
            RemoteEntryNotFoundError,
            lambda: api.hf_hub_download("example/made", "no.txt", cache_dir=cache),
        )
    refs = api.list_repo_refs("example/made", include_pull_requests=True)
    assert [branch.name for branch in refs.branches] == ["main"]
    log = api.list_repo_commits("example/made")
    assert [entry.title for entry in log] == ["four", "one", "initial commit"]


def pages() -> None:
    """A long history comes in pages."""
    for number in range(12):
        add = [CommitOperationAdd("count.txt", b"%d" % number)]
        api.create_commit("example/made", add, commit_message=f"count {number}")
    log = api.list_repo_commits("example/made")
    assert len(log) == 15, len(log)
    assert log[0].title == "count 11"


def metadata() -> None:
    """The header is checked before a commit: errors stop it, warnings are shown."""
    bad = [CommitOperationAdd("README.md", b"---\nlicense: no-such\n---\n")]
    message = ""
    try:
        api.create_commit("example/made", bad, commit_message="bad")
    except ValueError as problem:
        message = str(problem)
    assert '"license" must be one of' in message, message
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        api.create_commit(
            "example/made", [CommitOperationAdd("README.md", b"# none\n")], commit_message="none"
        )
    assert any("empty or missing yaml metadata" in str(item.message) for item in caught)


def pull_requests() -> None:
    """A new one each time; updated on its branch; found, commented, merged."""
    head = api.repo_info("example/made").sha
    first = api.create_commit(
        "example/made",
        [CommitOperationAdd("b.txt", b"b")],
        commit_message="proposed",
        create_pr=True,
        parent_commit=head,
    )
    assert first.pr_num == 1
    assert first.pr_revision == "refs/pr/1"
    assert api.repo_info("example/made").sha == head
    nothing = api.create_commit(
        "example/made", [CommitOperationAdd("README.md", b"# none\n")], commit_message="no",
        create_pr=True,
    )  # fmt: skip
    assert nothing.pr_url is None
    parent = api.repo_info("example/made", revision="refs/pr/1").sha
    api.create_commit(
        "example/made",
        [CommitOperationAdd("b.txt", b"better")],
        commit_message="improved",
        revision="refs/pr/1",
        parent_commit=parent,
    )
    found = list(api.get_repo_discussions("example/made", discussion_type="pull_request"))
    assert [(item.num, item.status) for item in found] == [(1, "open")]
    api.comment_discussion("example/made", 1, "looks right")
    details = api.get_discussion_details("example/made", 1)
    kinds = [event.type for event in details.events]
    assert kinds == ["comment", "commit", "commit", "comment"], kinds
    assert "better" in (details.diff or "")
    refs = api.list_repo_refs("example/made", include_pull_requests=True)
    assert [item.ref for item in refs.pull_requests or []] == ["refs/pr/1"]
    api.merge_pull_request("example/made", 1)
    with tempfile.TemporaryDirectory() as cache:
        file = api.hf_hub_download("example/made", "b.txt", cache_dir=cache)
        assert Path(file).read_bytes() == b"better"
    api.create_discussion("example/made", "a question", description="why?")
    opened = api.create_pull_request("example/made", "an empty one")
    assert (opened.num, opened.status) == (3, "draft")
    api.change_discussion_status("example/made", 3, "closed", comment="not needed")
    assert api.get_discussion_details("example/made", 3).status == "closed"


def rights() -> None:
    """Who may do what, and how a refusal is told."""
    reader = HfApi(token="hf_reader00000000000000")
    add = [CommitOperationAdd("c.txt", b"c")]
    assert refused(lambda: reader.create_commit("example/made", add, commit_message="c")) == 403
    add = [CommitOperationAdd("c.txt", b"c")]
    opened = reader.create_commit("example/made", add, commit_message="c", create_pr=True)
    update = [CommitOperationAdd("c.txt", b"cc")]
    reader.create_commit("example/made", update, commit_message="cc", revision=opened.pr_revision)
    wrong = HfApi(token="hf_wrong000000000000000")
    assert refused(lambda: wrong.whoami()) == 401
    nobody = HfApi(token=False)
    raised(RepositoryNotFoundError, lambda: nobody.repo_info("example/private"))
    raised(GatedRepoError, lambda: nobody.repo_info("example/gated"))
    assert api.repo_info("example/private").sha


def main() -> None:
    """All of it, in order."""
    commits_head = commits(repository())
    reads(commits_head)
    pages()
    metadata()
    pull_requests()
    rights()
    print(__version__)


main()
