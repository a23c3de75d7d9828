"""Many publishers at once, with faults: nothing is lost, nothing comes twice, everyone is told
the truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hub.git import Bare
from hub.server import Hub
from publish.many import HAND, card, folder
from publish.samples import WRITER

from cardgen.publish.readme import Choice, merge, outside

HERE = Path(__file__).parent
REPO = "example/many"
RERUNS = 3


def seeded(root: Path, count: int) -> Bare:
    """A repository with cards that cardgen wrote and people wrote in."""
    hub = Hub(root)
    files = {}
    for number in range(count):
        text = merge(None, card(number, "old").decode(), "README.md", Choice()).text
        files[f"{folder(number)}/README.md"] = (text + HAND.format(number=number)).encode()
    stored = hub.add(REPO, files)
    hub._server.server_close()
    return stored.bare


def run(endpoint: str, which: list[str], timeout: str) -> list[dict[str, Any]]:
    """What each of the publishers says."""
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_TOKEN": WRITER}
    done = subprocess.run(
        [sys.executable, str(HERE / "many.py"), REPO, timeout, *which],
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("count", "proposals", "rate", "seed"),
    [
        pytest.param(6, 2, 0.1, 1, id="6"),
        pytest.param(50, 0, 0.1, 2, id="50", marks=pytest.mark.hub),
        pytest.param(50, 0, 0.1, 3, id="50-again", marks=pytest.mark.hub),
        pytest.param(20, 20, 0.1, 4, id="20-pull-requests", marks=pytest.mark.hub),
    ],
)
def test_many(tmp_path: Path, count: int, proposals: int, rate: float, seed: int) -> None:
    """Disjoint edits of one repository, 10 % of the requests fail in all the ways there are:
    within three re-runs of those that reported a failure all have landed."""
    bare = seeded(tmp_path, count)
    server = subprocess.Popen(
        [
            sys.executable,
            str(HERE.parent / "hub/server.py"),
            str(tmp_path),
            *("--fault-rate", str(rate), "--seed", str(seed)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        endpoint = server.stdout.readline().strip()
        left = [f"{n}{'p' if n >= count - proposals else ''}" for n in range(count)]
        for _ in range(1 + RERUNS):
            said = run(endpoint, left, "1.4")
            assert sorted(item["which"] for item in said) == sorted(left)
            for item in said:
                _is_true(bare, item)
            left = [item["which"] for item in said if not item["done"]]
            if not left:
                break
        assert left == []
        _nothing_lost(bare, count, proposals)
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def _is_true(bare: Bare, item: dict[str, Any]) -> None:
    """What a publisher says is so: there, or not there (or that it could not see)."""
    number = int(item["which"].rstrip("p"))
    branch = "main"
    if item["which"].endswith("p"):
        if item["done"]:
            branch = f"refs/pr/{item['said'].rpartition('/')[2]}"
        else:
            return
    text = bare.file(branch, f"{folder(number)}/README.md").decode()
    there = f"new {number}." in text
    if item["done"]:
        assert there, item
    else:
        assert not there or "could not be seen" in item["said"] or "so far" in item["said"], item


def _nothing_lost(bare: Bare, count: int, proposals: int) -> None:
    titles = Counter(entry.title for entry in bare.log("main"))
    for number in range(count - proposals):
        text = bare.file("main", f"{folder(number)}/README.md").decode()
        assert f"new {number}." in text
        assert outside(text).endswith(HAND.format(number=number))
        assert titles[f"card {number}"] == 1, "once, not twice"
    assert sum(titles.values()) == 1 + count - proposals
    opened = [name for name in bare.refs() if name.startswith("refs/pr/")]
    assert len(opened) == proposals, "no duplicate"
    for name in opened:
        assert bare.log(name)[0].title.startswith("card ")
