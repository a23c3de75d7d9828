"""Killed in the middle or run twice at once, a write leaves the old file or the new one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from samples_cards import accuracy, run

from cardgen.card import open_card
from cardgen.records import Run
from cardgen.spec.load import find_project
from cardgen.store import files, runs

SIZE = 4 * 2**20
WRITER = f"""
import sys
from pathlib import Path
from cardgen.store import files
path, letters, durable = Path(sys.argv[1]), sys.argv[2].encode(), sys.argv[3] == "durable"
print("ready", flush=True)
while True:
    for letter in letters:
        files.replace(path, bytes([letter]) * {SIZE}, durable=durable)
"""


def writer(path: Path, letters: str, durable: str = "") -> subprocess.Popen[bytes]:
    """A process that goes on writing one file, and is at it."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), letters, durable], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def is_whole(data: bytes) -> bool:
    """Whether the data is all of one writing."""
    return len(data) == SIZE and data == data[:1] * SIZE


def test_kill_9_never_leaves_a_part(tmp_path: Path) -> None:
    """However a writer is killed, the file is whole; what it leaves is hidden and no run file."""
    path = tmp_path / "run.json"
    path.write_bytes(b"a" * SIZE)
    for attempt in range(12):
        with writer(path, "bc", "durable" if attempt % 2 else "") as process:
            time.sleep(0.003 * attempt)
            process.kill()
        assert is_whole(path.read_bytes())
        assert list(tmp_path.glob("*.json")) == [path]
        others = [other.name for other in tmp_path.iterdir() if other != path]
        assert all(name.startswith(".cardgen-") and name.endswith(".tmp") for name in others)
    assert files.replace(path, b"done")
    assert path.read_bytes() == b"done"


def test_a_reader_beside_two_writers_sees_whole_files_only(tmp_path: Path) -> None:
    """Two writers at once: at any time the file is one writing of one of them."""
    path = tmp_path / "run.json"
    path.write_bytes(b"a" * SIZE)
    with writer(path, "bc") as one, writer(path, "de") as other:
        seen = set()
        for _ in range(120):
            data = path.read_bytes()
            assert is_whole(data)
            seen.add(data[:1])
        one.terminate()
        other.terminate()
    assert is_whole(path.read_bytes())
    assert seen & {b"b", b"c"}
    assert seen & {b"d", b"e"}


def test_an_interrupted_write_cleans_up(tmp_path: Path) -> None:
    """Ctrl-C between two bytes: the temporary file goes, the interrupt is passed on."""

    path = tmp_path / "run.json"
    path.write_bytes(b"old")
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom cardgen.store import files\n"
        "def stop(handle):\n    raise KeyboardInterrupt\n"
        "os.fsync = stop\n"
        "try:\n    files.replace(Path(sys.argv[1]), b'new', durable=True)\n"
        "except KeyboardInterrupt:\n    print('interrupted')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    assert result.stdout == "interrupted\n"
    assert path.read_bytes() == b"old"
    assert [other.name for other in tmp_path.iterdir()] == ["run.json"]


def test_what_a_crash_left_is_no_run(tmp_path: Path) -> None:
    """A temporary file of a killed writer is never read as a run."""
    folder = tmp_path / "cards/small/runs"
    finished: Run = run(accuracy("mmlu", 50.0))
    files.replace(folder / "a.json", runs.dump(finished), durable=True)
    (folder / ".cardgen-0123.tmp").write_bytes(b'{"format": 1, "prov')
    (folder / ".b.json").write_bytes(b"half")
    (tmp_path / "cards/small/card.yaml").write_text(
        "kind: benchmark\ntitle: t\nmodel: m\nlanguages: [en]\n"
    )
    card = open_card(find_project(tmp_path), "small")
    assert [file for file, _ in card.records.runs] == ["cards/small/runs/a.json"]
