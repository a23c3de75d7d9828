"""When the Hub or the network fails: what landed is known and said, and nothing is half done."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hub.faults import Fault
from hub.server import Hub
from publish.samples import WRITER, Desk
from samples_cards import process, start

from cardgen.hub import pauses

COMMIT = "/commit/"


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries are short here; that there are some is tried as a process."""
    monkeypatch.setattr(pauses, "pause", lambda _: time.sleep(0.01))


def once(fault: Fault, **more: Any) -> Fault:
    """A fault of its own for this test, from one of a table."""
    return Fault(**{name: getattr(fault, name) for name in Fault.__slots__} | more)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path=COMMIT, status=503),
        Fault(path=COMMIT, status=429, headers={"Retry-After": "1"}),
        Fault(path=COMMIT, status=429, headers={"RateLimit": '"api";r=0;t=2'}),
        Fault(path=COMMIT, status=412),
        Fault(path=COMMIT, status=409),
        Fault(path=COMMIT, drop=True),
        Fault(path=COMMIT, lost=True),
        Fault(path=COMMIT, hang_s=1.5),
        Fault(path="/revision/main", status=503, times=2),
        Fault(path="/revision/main", drop=True),
        Fault(path="paths-info", status=500),
        Fault(path="validate-yaml", status=503),
        Fault(path="validate-yaml", drop=True),
        Fault(path="preupload", lost=True),
    ],
    ids=lambda fault: f"{fault.path}-{fault.status or ''}{fault.drop}{fault.lost}{fault.hang_s}",
)
def test_trouble_that_passes(desk: Desk, fault: Fault) -> None:
    """The push goes through, with one commit, whose address is printed."""
    desk.hub.faults.add(once(fault))
    done = desk.push(timeout="1")
    assert done.code == 0, done.err
    assert len(desk.commits()) == 2
    head = desk.stored.bare.resolve("main")
    assert done.out == f"{desk.hub.endpoint}/{desk.repo}/commit/{head}\n"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(path=COMMIT, status=503, error="under repair"), "503: under repair"),
        (Fault(path=COMMIT, status=429, headers={"Retry-After": "3600"}), "429"),
        (Fault(path=COMMIT, status=400, error="no"), "refuses (400: no)"),
        (Fault(path="/revision/", status=503), "503"),
        (Fault(path="/revision/", hang_s=0.8), "no answer within the time-out"),
        (Fault(path=COMMIT, status=413, error=f"token {WRITER}"), "<redacted>"),
        (Fault(path="/revision/", status=401), "hf auth login"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_trouble_that_stays(desk: Desk, fault: Fault, told: str) -> None:
    """One line that says what is so; nothing has landed."""
    desk.hub.faults.add(once(fault, times=99))
    done = desk.push("--quiet", timeout="0.4")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert told in done.err
    assert WRITER not in done.err
    assert desk.commits() == ["initial commit"]
    desk.hub.faults.clear()
    desk.pushed()


def test_a_lost_answer_and_then_silence(desk: Desk) -> None:
    """The commit has landed, the Hub says nothing more: that it is not known is what is said."""
    desk.hub.faults.add(Fault(path=COMMIT, lost=True))
    desk.hub.faults.add(Fault(path="/commits/", status=403, times=99))
    done = desk.push()
    assert done.code == 2
    assert "whether the commit landed could not be seen" in done.err
    desk.hub.faults.clear()
    assert "up to date" in desk.pushed().err
    assert len(desk.commits()) == 2


def test_a_branch_that_moves(desk: Desk) -> None:
    """Somebody commits between reading and sending: both are there in the end."""
    desk.pushed()

    def move() -> None:
        desk.hub.edit(desk.repo, {"README.md": (desk.text() + "new words\n").encode()})

    desk.change("40.00")
    desk.hub.faults.add(Fault(path=COMMIT, before=move))
    desk.pushed()
    assert desk.text().endswith("new words\n")
    assert "40.00" in desk.text()
    desk.change("39.00")
    desk.hub.faults.add(Fault(path=COMMIT, before=move, times=3))
    desk.pushed()
    assert desk.text().endswith("new words\n" * 4)
    desk.change("38.00")
    desk.hub.faults.add(Fault(path=COMMIT, before=move, times=4))
    done = desk.push()
    assert done.code == 2
    assert "nothing has landed" in done.err
    assert "38.00" not in desk.text()


def test_somebody_edits_our_region_meanwhile(desk: Desk) -> None:
    """Then the push stops, however often it might try again."""
    desk.pushed()

    def move() -> None:
        desk.edit("example/tiny-w4a16", "example/tiny-w4a16 (new)")

    desk.change("40.00")
    desk.hub.faults.add(Fault(path=COMMIT, before=move))
    done = desk.push()
    assert done.code == 2
    assert "edited or removed by hand" in done.err
    assert "40.00" not in desk.text()


def test_another_publisher_is_faster(desk: Desk, tmp_path: Path) -> None:
    """With the same card: up to date. With another one: look first."""
    twin = Desk(desk.hub, tmp_path / "twin", desk.repo)
    twin.root.mkdir()
    twin.change("41.56")

    def overtake() -> None:
        # A process of its own: two publishers share neither a client nor a stderr.
        pushed = process(twin.root, "push", "tiny", "--repo", twin.repo)
        assert pushed.code == 0, pushed.err

    desk.hub.faults.add(Fault(path=COMMIT, before=overtake))
    done = desk.pushed()
    assert "somebody else pushed the same" in done.err
    assert len(desk.commits()) == 2
    twin.change("39.00")
    desk.change("40.00")
    desk.hub.faults.add(Fault(path=COMMIT, before=twin.pushed))
    done = desk.push()
    assert done.code == 2
    assert "changed meanwhile by somebody else" in done.err
    assert "39.00" in desk.text()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path=COMMIT, lost=True),
        Fault(path=COMMIT, status=503),
        Fault(path=COMMIT, status=429),
        Fault(path="preupload", status=503),
    ],
    ids=["lost", "503", "429", "before"],
)
def test_no_second_pull_request(desk: Desk, fault: Fault) -> None:
    """A lost answer is looked for; what was refused is sent again."""
    desk.hub.faults.add(once(fault))
    done = desk.pushed("--pr")
    assert done.out.endswith("/discussions/1\n")
    assert desk.pushed("--pr").out == done.out
    assert len(desk.stored.discussions) == 1


@pytest.mark.parametrize("fault", ["drop", "hang"])
def test_silence_opens_no_second_pull_request(desk: Desk, fault: str) -> None:
    """It may still come: the user is told, and the next push looks first."""
    silent = Fault(path=COMMIT, drop=True) if fault == "drop" else Fault(path=COMMIT, hang_s=0.8)
    desk.hub.faults.add(silent)
    done = desk.push("--pr", timeout="0.4")
    assert done.code == 2
    assert "nothing has landed so far" in done.err
    assert len(desk.stored.discussions) == 0
    assert desk.pushed("--pr").out.endswith("/discussions/1\n")


def test_a_pull_request_opened_by_a_lost_commit_to_main(hub: Hub, tmp_path: Path) -> None:
    """Both at once: the server ignores create_pr and its answer is lost."""
    desk = Desk.new(hub, tmp_path, ignores_create_pr=True)
    hub.faults.add(Fault(path=COMMIT, lost=True))
    done = desk.push("--pr")
    assert done.code == 1
    assert re.search(r"/commit/[0-9a-f]{40}\n$", done.out)
    assert len(desk.commits()) == 2


def test_no_answer_at_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Hub that is not there: one line, soon."""
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    done = desk.push("--quiet")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "cannot be reached" in done.err


POINTS = ["/revision/main", "validate-yaml", "preupload", COMMIT]


@pytest.mark.parametrize(
    "point", [*(pytest.param(point, marks=pytest.mark.hub) for point in POINTS), "after"]
)
def test_killed(desk: Desk, point: str) -> None:
    """At each step, and after the commit: before or after, and the next push finishes."""
    desk.pushed()
    before = desk.stored.bare.resolve("main")
    desk.change("40.00")
    reached = COMMIT if point == "after" else point
    if point != "after":
        desk.hub.faults.add(Fault(path=reached, hang_s=1.0))
    desk.hub.requests.clear()
    with start(desk.root, "push", "tiny", "--repo", desk.repo, stdout=subprocess.DEVNULL) as child:
        until = time.monotonic() + 30
        while not any(reached in path for _, path in desk.hub.requests):
            assert time.monotonic() < until
            assert child.poll() is None
            time.sleep(0.002)
        if point == "after":
            while desk.stored.bare.resolve("main") == before:
                assert time.monotonic() < until
        os.kill(child.pid, signal.SIGKILL)
    now = desk.stored.bare.resolve("main")
    text = desk.text()
    assert ("40.00" in text) == (now != before)
    assert ("41.56" in text) == (now == before)
    desk.pushed()
    assert "40.00" in desk.text()
    assert len(desk.commits()) == 3
