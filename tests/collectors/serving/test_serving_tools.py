"""The serving collector with the real vLLM and GuideLLM on a tiny model."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardgen.records import ServingMeasurement
from collectors import real

pytestmark = pytest.mark.collectors

PLAN: dict[str, Any] = {
    "scenarios": [{"name": "short", "prompt_tokens": 64, "output_tokens": 16}],
    "window_s": 4,
    "warmup_s": 1,
    "concurrency": [2],
    "usage": False,
    "server": {"max_model_len": 512},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return real.project(tmp_path_factory.mktemp("project"))


def windows(outcome: Any) -> dict[str, ServingMeasurement]:
    assert outcome.exit_code == 0, outcome.output
    return {m.mode: m for m in outcome.found if isinstance(m, ServingMeasurement)}


def test_a_tiny_model_is_served_and_its_usage_snippet_runs(folder: Path) -> None:
    (folder / "cardgen.yaml").write_text("")
    card = folder / "cards" / "card" / "card.yaml"
    card.parent.mkdir(parents=True)
    card.write_text(
        "kind: benchmark\ntitle: Tiny\nmodel: org/tiny\n"
        "deployment: {max_model_len: 512, temperature: 0, prompt: Say something.}\n"
    )
    outcome = real.run("serving", folder, {**PLAN, "usage": True})
    found = windows(outcome)
    for mode in ("single-stream", "multi-stream"):
        window = found[mode]
        assert window.outcome == "measured", window.reason
        assert window.requests is not None
        assert window.requests.failed == 0
        assert window.prefix_cache_hit_rate == 0
        assert window.engine.device == "cpu"
    assert outcome.run is not None
    assert outcome.run.provenance.usage is not None, outcome.run.provenance.notes


MISTAKES = [
    # what is asked of vLLM -> what the record says
    ({"max_model_len": 512, "kv_cache_gib": 1, "arguments": ["--max-model-len", "999999999"]},
     None),
    ({"arguments": ["--nonsense"]}, "does not support"),
    ({"arguments": ["--model", "nowhere/at-all"]}, "the model is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("server", "words"), MISTAKES)
def test_a_server_that_cannot_start_says_why(
    folder: Path, server: dict[str, Any], words: str | None
) -> None:
    found = windows(real.run("serving", folder, {**PLAN, "server": server}))
    assert {m.outcome for m in found.values()} == {"failed"}
    reason = found["single-stream"].reason or ""
    assert "vLLM did not start" in reason
    assert "log: " in reason
    assert words is None or words in reason


@pytest.mark.parametrize("victim", ["vllm.entrypoints", "guidellm"])
def test_a_tool_that_is_killed_under_load_is_a_failed_measurement(
    folder: Path, victim: str
) -> None:
    killed = threading.Event()

    def kill() -> None:
        while not killed.is_set():
            if list(_running(folder, "guidellm")):
                time.sleep(8)
                for pid in _running(folder, victim):
                    os.kill(pid, signal.SIGKILL)
                    killed.set()
            time.sleep(0.2)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    found = windows(real.run("serving", folder, {**PLAN, "modes": ["single-stream"]}))
    assert killed.is_set()
    assert "SIGKILL" in (found["single-stream"].reason or "")
    assert not list(_running(folder, ""))


def _running(folder: Path, words: str) -> Iterator[int]:
    """The role programs that work in this test's project, by the mark that a job puts on them."""
    mark = f"CARDGEN_JOB={folder}".encode()
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().decode().replace("\0", " ")
            mine = mark in (entry / "environ").read_bytes()
        except OSError:  # no process, one that has ended, one of another user
            continue
        if mine and words in command and not re.search("measure.py|supervise", command):
            yield int(entry.name)
