"""Cards of any size end within a memory that is bounded by their own size."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from audit.shapes import SHAPES

CARDGEN = str(Path(sys.executable).with_name("cardgen"))
MIB = 1024 * 1024
LIMIT = 6 * 1024 * MIB
SECONDS = 550
"""An end that a card of this size has to come to; no measure of speed."""


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))


def audited(path: Path) -> str:
    """What the audit says of a file on stderr, with the limit on its memory."""
    done = subprocess.run(
        [CARDGEN, "audit", path.name, "--fail-on", "never", "-o", "out.txt"],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        preexec_fn=_limited,
    )
    assert done.returncode == 0, done.stderr[-500:]
    return done.stderr


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_pathological_card_ends(shape: str, tmp_path: Path) -> None:
    from cardgen.audit.auditing import audit_card

    card = audit_card(SHAPES[shape](20_000).encode(), "a.md")
    assert len(card.lines) == len(card.findings)


def test_a_table_of_a_hundred_thousand_rows_ends(tmp_path: Path) -> None:
    head = "| Task | Foo-7B | Foo-7B-FP8 | Recovery |\n|---|---|---|---|\n"
    rows = "".join(f"| t{i} | 50.00 | 49.00 | 98.0% |\n" for i in range(100_000))
    path = tmp_path / "rows.md"
    path.write_text(head + rows + "| last | 50.00 | 49.00 | 89.0% |\n")
    assert audited(path) == "1 error in 1 card\n"


@pytest.mark.large
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_card_of_50_megabytes_ends(shape: str, tmp_path: Path) -> None:
    size = 50 * MIB
    path = tmp_path / "large.md"
    path.write_text(SHAPES[shape](size))
    assert "card" in audited(path)
