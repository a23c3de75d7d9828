"""A card that version 0.1.0 made is built anew, and its owner is told what it shows differently."""

from __future__ import annotations

import shutil
from pathlib import Path

from samples_cards import call

FIXTURE = Path(__file__).parent / "fixtures" / "v0.1.0"
"""A project as 0.1.0 left it: its card.yaml, its run files, and the card that it wrote."""


def project(folder: Path) -> Path:
    """A copy of the project; the README of its card."""
    shutil.copytree(FIXTURE, folder, dirs_exist_ok=True)
    return folder / "cards" / "c" / "README.md"


def told(said: str) -> list[str]:
    """The lines on what the new rules change."""
    lines = said.splitlines()
    start = next(n for n, line in enumerate(lines) if "rules of an earlier cardgen" in line)
    found = []
    for line in lines[start + 1 :]:
        if not line.startswith("  "):
            break
        found.append(line.strip())
    return found


def test_every_number_that_changed_is_told_with_its_reason(tmp_path: Path) -> None:
    """A median over an A100 and a T4, a recovery over two prompts, the levels that were hidden; and
    nothing that stands as it stood, such as the percentages of the device table."""
    readme = project(tmp_path)
    assert "64.00 (a)" in readme.read_text("utf-8")
    made = call(tmp_path, "build", "c")
    assert made.code == 0
    assert "c: cards/c/README.md was made by rules of an earlier cardgen" in made.err
    assert told(made.err) == [
        "accuracy/gsm8k/quantized: 64.00 before, now 88.00",
        "accuracy/gsm8k/recovery: 71.11% before, now absent: not compared, the questions were not"
        " the same: chat template none for the base model, applied for this one",
        "accuracy: 1 number that it did not show before",
        "levels: 4 numbers that it did not show before",
        "accuracy-other: 2 numbers that it did not show before",
    ]


def test_it_is_told_once(tmp_path: Path) -> None:
    readme = project(tmp_path)
    call(tmp_path, "build", "c")
    after = readme.read_bytes()
    again = call(tmp_path, "build", "c")
    assert "earlier cardgen" not in again.err
    assert readme.read_bytes() == after


def test_a_check_says_that_the_card_is_not_what_its_records_give(tmp_path: Path) -> None:
    readme = project(tmp_path)
    before = readme.read_bytes()
    assert call(tmp_path, "build", "--check", "c").code == 1
    assert readme.read_bytes() == before
