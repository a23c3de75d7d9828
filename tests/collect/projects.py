"""A project whose measurements are made by the fake collector, and calls of `cardgen collect`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from samples_cards import Result, call

from cardgen.records import Run
from cardgen.store import runs

FAKE = Path(__file__).with_name("collectors") / "fake"
CARD = """\
kind: quantized
title: Fake
model: org/fake-w4a16
base_model: org/fake
"""
SERVING = """\
measure:
  accelerator: cpu
  hardware: Bench
  repeats: {repeats}
  timeout_s: {timeout_s}
  serving:
    scenarios: [chat]
    modes: [single-stream]
"""


@dataclass(frozen=True)
class Project:
    """A project on disk with one card, `fake`."""

    root: Path

    @property
    def runs(self) -> Path:
        return self.root / "cards" / "fake" / "runs"

    def behave(self, **told: str) -> None:
        """What the collector does, by kind, `kind/model` or `kind/model/repeat`."""
        (self.root / "behaviour.json").write_text(json.dumps(told or {"*": "echo"}))

    def behaves(self, told: Mapping[str, str]) -> None:
        (self.root / "behaviour.json").write_text(json.dumps(dict(told)))

    def plan(self, text: str) -> None:
        (self.root / "cards" / "fake" / "card.yaml").write_text(CARD + text)

    def calls(self) -> list[str]:
        """What the collector was called for, in order."""
        file = self.root / "calls.txt"
        return file.read_text().splitlines() if file.exists() else []

    def run(self, name: str) -> Run:
        return runs.load(self.runs / name)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.runs.iterdir()) if self.runs.is_dir() else []

    def collect(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        """`cardgen collect fake ARGUMENTS`, in this process; its jobs are processes of theirs."""
        with patch.dict(os.environ, env or {}):
            return call(self.root, "collect", "fake", *arguments)

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A call that goes on in the background."""
        with (self.root / "stderr.txt").open("wb") as errors:
            return subprocess.Popen(
                command(*arguments),
                cwd=self.root,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )

    def left(self) -> list[int]:
        """The processes that a job of this project left behind."""
        mark = f"CARDGEN_JOB={self.root}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    if mark in (entry / "environ").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cardgen", "collect", "fake", *arguments]


def project(
    root: Path, *, repeats: int = 1, timeout_s: int = 60, kinds: tuple[str, ...] = ("serving",)
) -> Project:
    """A project whose collectors of these kinds are the fake one."""
    (root / "cards" / "fake").mkdir(parents=True)
    (root / "cardgen.yaml").write_text("{}\n")
    for kind in kinds:
        folder = root / "collectors" / f"fake-{kind}"
        folder.mkdir(parents=True)
        manifest = (FAKE / "collector.toml").read_text()
        manifest = manifest.replace('name = "fake"', f'name = "fake-{kind}"')
        manifest = manifest.replace('kind = "serving"', f'kind = "{kind}"')
        (folder / "collector.toml").write_text(manifest)
        (folder / "measure.py").write_text((FAKE / "measure.py").read_text())
    made = Project(root)
    made.plan(SERVING.format(repeats=repeats, timeout_s=timeout_s))
    made.behave()
    return made


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait for something to become true; False if it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
