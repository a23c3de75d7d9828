"""The test Hub answers the real client as the real Hub does, in both versions of the client."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hub.server import Hub

PART = Path(__file__).parent / "client_part.py"


def run(python: str, folder: Path) -> str:
    """The version of the client that went through all of the protocol."""
    with Hub(folder) as hub:
        hub.add("example/private", private=True)
        hub.add("example/gated", gated=True)
        done = subprocess.run(
            [python, str(PART), hub.endpoint], capture_output=True, text=True, timeout=120
        )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_row_of_the_protocol(tmp_path: Path) -> None:
    """With the client that cardgen is installed with."""
    import huggingface_hub

    assert run(sys.executable, tmp_path) == huggingface_hub.__version__


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An environment with the newest 1.x of the client and what cardgen needs beside it."""
    folder = tmp_path_factory.mktemp("older")
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    python = str(folder / "bin/python")
    root = Path(__file__).parents[2]
    install = [*uv, "pip", "install", "-q", "--python", python, "huggingface_hub>=1,<2"]
    subprocess.run([*install, "-e", str(root)], check=True)
    return python


@pytest.mark.hub
def test_the_older_client(older: str, tmp_path: Path) -> None:
    """The newest 1.x goes through the same protocol."""
    assert run(older, tmp_path).startswith("1.")


@pytest.mark.hub
def test_cardgen_with_the_older_client(older: str, tmp_path: Path) -> None:
    """The same commands, the same result: first push, nothing new, pull request, refusals."""
    from publish.samples import READER, WRITER, write

    write(tmp_path)
    with Hub(tmp_path / "hub") as hub:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "HF_ENDPOINT": hub.endpoint,
            "HF_TOKEN": WRITER,
        }

        def push(*more: str, **changed: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [
                    older,
                    "-W",
                    "error",
                    "-m",
                    "cardgen",
                    "push",
                    "tiny",
                    "--repo",
                    "example/x",
                    *more,
                ],
                cwd=tmp_path,
                env={**environment, **changed},
                capture_output=True,
                text=True,
            )

        missing = push("--quiet")
        assert missing.returncode == 2
        assert missing.stderr.count("\n") == 1
        assert push("--create").returncode == 0
        assert "up to date" in push().stderr
        denied = push("--pr", HF_TOKEN=READER)
        assert denied.returncode == 0
        write(tmp_path, "40.00")
        assert "403" in push(HF_TOKEN=READER).stderr
        assert push("--pr", HF_TOKEN=READER).stdout.endswith("/discussions/1\n")
        assert push("--pr").stdout.endswith("/discussions/1\n")
        from hub.faults import Fault

        hub.faults.add(Fault(path="/commit/", lost=True))
        assert push().returncode == 0
        hub.faults.add(Fault(path="/revision/", hang_s=3.0, times=9))
        silent = push("--timeout", "0.3", "--quiet")
        assert "no answer within the time-out" in silent.stderr
        assert "offline" in push(HF_HUB_OFFLINE="1").stderr
