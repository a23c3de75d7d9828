"""Every block of every card of this repository, as bash reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from render.bash import parses

from cardgen.card import open_card
from cardgen.render.card import gather
from cardgen.render.escape import fence
from cardgen.spec.load import find_project

ROOT = Path(__file__).parents[2]
CARDS = sorted(ROOT.glob("cards/*/card.yaml")) + sorted(ROOT.glob("examples/*/cards/*/card.yaml"))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
def test_every_block_of_commands_parses(path: Path) -> None:
    """No error, no warning, and no folder of a job."""
    contents = gather(open_card(find_project(path.parent), path.parent.name))
    blocks = [*contents.evaluation, *contents.benchmark, *contents.device]
    for block in blocks:
        assert parses(block.code) == ""
        assert ".cardgen" not in block.code
        assert block.has_job == ("$JOB" in block.code)
        assert block.code.strip("\n") in str(fence(block.code, block.language))
