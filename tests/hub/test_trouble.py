"""Every trouble with the Hub is one line that says what to do, and is told apart by that."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hub.faults import Fault
from hub.server import Hub

from cardgen.errors import HubError
from cardgen.hub import pauses
from cardgen.hub.repository import Blob, Repository, blob_id
from cardgen.hub.trouble import (
    AbsentError,
    DeniedError,
    MovedError,
    RefusedError,
    UncertainError,
    translated,
)

TOKEN = "hf_writer00000000000000"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A Hub's state, and this process pointed at it."""
    monkeypatch.setattr(pauses, "pause", lambda _: None)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return Hub(tmp_path)


def opened(hub: Hub, timeout_s: float = 2.0) -> Repository:
    """A repository with one README."""
    hub.add("example/x", {"README.md": b"# x\n"})
    repository = Repository.open("example/x", timeout_s=timeout_s)
    repository.api.endpoint = hub.endpoint
    return repository


def commit(repository: Repository, parent: str, data: bytes = b"# y\n") -> str:
    """One commit of a README."""
    return repository.commit(
        "main", parent, additions={"README.md": data}, deletions=[], title="t", message="m"
    ).id


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        (Fault(path="/commit/", status=412), MovedError, "412"),
        (Fault(path="/commit/", status=409), MovedError, "409"),
        (Fault(path="/commit/", status=403, error="read-only"), DeniedError, "read-only"),
        (Fault(path="/commit/", status=404), AbsentError, "404"),
        (Fault(path="/commit/", status=401), HubError, "hf auth login"),
        (Fault(path="/commit/", status=429, headers={"Retry-After": "7"}), UncertainError, "429"),
        (Fault(path="/commit/", status=503), UncertainError, "503"),
        (Fault(path="/commit/", status=504), UncertainError, "504"),
        (Fault(path="/commit/", drop=True), UncertainError, "connection was lost"),
        (Fault(path="/commit/", hang_s=0.9), UncertainError, "no answer within the time-out"),
        (Fault(path="/commit/", status=400, error=TOKEN), HubError, "<redacted>"),
        (Fault(path="/commit/", status=418, error="x" * 5000), HubError, "…"),
    ],
    ids=lambda item: str(getattr(item, "status", "")) if isinstance(item, Fault) else "",
)
def test_a_commit(hub: Hub, fault: Fault, kind: type[HubError], told: str) -> None:
    """Told apart; one line; no token; never sent twice."""
    with hub:
        repository = opened(hub, 0.4)
        head = repository.tip().commit
        hub.faults.add(Fault(**{n: getattr(fault, n) for n in Fault.__slots__} | {"times": 9}))
        with pytest.raises(HubError) as problem:
            commit(repository, head)
    assert type(problem.value) is kind
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)
    assert len(str(problem.value)) < 600
    assert TOKEN not in str(problem.value)
    assert len([path for _, path in hub.requests if "/commit/" in path]) == 1
    if isinstance(problem.value, UncertainError):
        status = fault.status
        assert problem.value.answered == (status is not None and status != 504)
        assert problem.value.wait_s == (7 if status == 429 else None)


def test_the_last_time_out_counts(hub: Hub) -> None:
    """In one process one connection may be impatient and the next patient."""
    with hub:
        opened(hub, 0.2)
        repository = Repository.open("example/x", timeout_s=20)
        repository.api.endpoint = hub.endpoint
        head = repository.tip().commit
        hub.faults.add(Fault(path="/commit/", before=lambda: time.sleep(1)))
        assert commit(repository, head) != head


def test_metadata(hub: Hub) -> None:
    """The server's answer stands below the line as it came."""
    with hub:
        repository = opened(hub)
        with pytest.raises(RefusedError) as problem:
            commit(repository, repository.tip().commit, b"---\nlicense: none\n---\n")
    line, head, *answer = str(problem.value).split("\n")
    assert "does not accept" in line
    assert head == "Invalid metadata in README.md."
    assert answer[0].startswith('- "license" must be one of [')


def test_reads_are_tried_again(hub: Hub) -> None:
    """Trouble that passes is not told; what is read is checked against its blob."""
    with hub:
        repository = opened(hub)
        hub.faults.add(Fault(path="/revision/", status=503, times=2))
        tip = repository.tip()
        assert tip.paths == (".gitattributes", "README.md")
        [blob] = repository.blobs(tip.commit, ["README.md", "no.txt"]).values()
        assert blob == Blob(blob_id(b"# x\n"))
        assert repository.read(tip.commit, "README.md", blob) == b"# x\n"
        with pytest.raises(HubError, match="none of the Hub's"):
            repository.read(tip.commit, "README.md", Blob("0" * 40))
        hub.faults.add(Fault(path="/revision/", status=429, headers={"Retry-After": "999"}))
        with pytest.raises(UncertainError, match="429"):
            repository.tip()


def test_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before anything is asked."""
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="offline: HF_HUB_OFFLINE is set"):
        Repository.open("example/x")


def test_other_errors_are_told_as_what_they_are() -> None:
    """A full disk is no trouble of the network; a wrong name none of the server's."""
    from huggingface_hub.errors import HFValidationError

    assert "No space" in str(translated(OSError(28, "No space left on device"), "x"))
    assert type(translated(HFValidationError("bad name"), "x")) is HubError
