"""A project with a card and its repository on the test Hub, and what tests do with them."""

from __future__ import annotations

import atexit
import itertools
import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hub.server import Hub, Stored
from samples_cards import BASE, MODEL, Result, accuracy, call, run, write_card

WRITER = "hf_writer00000000000000"
READER = "hf_reader00000000000000"
COUNT = itertools.count(1)


def write(root: Path, score: str = "41.56", **spec: Any) -> None:
    """The project's card with one changeable score, built."""
    shutil.rmtree(root / "cards", ignore_errors=True)
    made = _made(score, json.dumps(spec, sort_keys=True))
    shutil.copytree(made, root, dirs_exist_ok=True)


@cache
def _made(score: str, more: str) -> Path:
    """A built project, kept for the tests that want the same one: plots take their time."""
    root = Path(tempfile.mkdtemp(prefix="cardgen-made-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    spec = {
        "pipeline_tag": "text-generation",
        "accuracy": {
            "tasks": [
                {
                    "task": "mmmu",
                    "title": "MMMU",
                    "hub_dataset": {"id": "example/mmmu", "task_id": "mmmu_val"},
                }
            ]
        },
        **json.loads(more),
    }
    scores = run(accuracy("mmmu", "44.56", BASE), accuracy("mmmu", score, MODEL))
    write_card(root, "tiny", scores, **spec)
    built = call(root, "build", "tiny")
    assert built.code == 0, built.err
    return root


@dataclass
class Desk:
    """Where a publisher sits: a project, and a repository of its own on the Hub."""

    hub: Hub
    root: Path
    repo: str

    @classmethod
    def new(cls, hub: Hub, root: Path, **more: Any) -> Desk:
        """A built card and an empty repository."""
        desk = cls(hub, root, f"example/card-{next(COUNT)}")
        hub.add(desk.repo, **more)
        write(root)
        return desk

    @property
    def stored(self) -> Stored:
        """The repository on the Hub's side."""
        return self.hub.repositories[self.repo]

    def push(self, *more: str, timeout: str = "60") -> Result:
        """`cardgen push` of the card to the repository."""
        return call(self.root, "push", "tiny", "--repo", self.repo, "--timeout", timeout, *more)

    def pushed(self, *more: str) -> Result:
        """The same, where it must succeed."""
        done = self.push(*more)
        assert done.code == 0, done.err
        return done

    def change(self, score: str = "40.00", **spec: Any) -> None:
        """A new measurement, built."""
        write(self.root, score, **spec)

    def text(self, path: str = "README.md", revision: str = "main") -> str:
        """A text on the Hub."""
        return self.hub.file(self.repo, path, revision).decode()

    def edit(self, old: str, new: str, path: str = "README.md", branch: str = "main") -> None:
        """Somebody's edit on the page: one text for another, which must be there."""
        before = self.text(path, branch)
        assert old in before, old
        self.hub.edit(self.repo, {path: before.replace(old, new, 1).encode()}, branch)

    def commits(self, branch: str = "main") -> list[str]:
        """The titles of a branch's commits, the newest first."""
        return [entry.title for entry in self.stored.bare.log(branch)]
