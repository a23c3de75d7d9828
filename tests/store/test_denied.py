"""Files and folders that the user may not read or write: an error that names them.

The superuser may do anything, so where the tests run as one, they step down for the moment.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from samples_cards import accuracy, run

from cardgen.errors import CardgenError, ProjectError
from cardgen.records import Run
from cardgen.spec.load import find_project, load_card
from cardgen.store import files, runs

NOBODY = 65534
RUN: Run = run(accuracy("mmlu", 50.0))


@contextmanager
def ordinary_user() -> Iterator[None]:
    """As a user without special rights."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter, with a card whose files are the other user's too."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "cards/small/runs").mkdir(parents=True)
        (root / "cards/small/runs/a.json").write_bytes(runs.dump(RUN))
        (root / "cards/small/card.yaml").write_text("kind: benchmark\ntitle: t\nmodel: m\n")
        for path in (root, *root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
            if os.geteuid() == 0:
                shutil.chown(path, NOBODY, NOBODY)
        yield root
        for path in root.rglob("*"):
            path.chmod(0o755)


def test_an_unreadable_run_is_named(folder: Path) -> None:
    """The place, the system's word for it, and what to check."""
    path = folder / "cards/small/runs/a.json"
    path.chmod(0)
    with ordinary_user(), pytest.raises(CardgenError) as refused:
        runs.load(path, place="cards/small/runs/a.json")
    assert refused.value.place == "cards/small/runs/a.json"
    assert refused.value.found == "Permission denied"


def test_an_unreadable_card_is_named(folder: Path) -> None:
    """So is card.yaml."""
    (folder / "cards/small/card.yaml").chmod(0)
    with ordinary_user(), pytest.raises(CardgenError) as refused:
        load_card(find_project(folder), "small")
    assert refused.value.place == "cards/small/card.yaml"
    assert refused.value.found == "Permission denied"


def test_a_read_only_folder_keeps_its_file(folder: Path) -> None:
    """No half-written file, no temporary file; the error names the file."""
    runs_folder = folder / "cards/small/runs"
    runs_folder.chmod(0o555)
    with ordinary_user(), pytest.raises(ProjectError) as refused:
        files.replace(runs_folder / "a.json", b"new")
    assert refused.value.expected == "a file that cardgen may write"
    assert refused.value.found == "Permission denied"
    assert [path.name for path in runs_folder.iterdir()] == ["a.json"]
    assert (runs_folder / "a.json").read_bytes() == runs.dump(RUN)
