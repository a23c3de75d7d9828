"""docs/diff.md says what the registry and the code say."""

from __future__ import annotations

import re
from pathlib import Path

from cardgen.diff.report import VERDICTS
from cardgen.metrics import COMPARED

TEXT = (Path(__file__).parents[2] / "docs/diff.md").read_text(encoding="utf-8")


def test_every_metric_with_its_direction_unit_and_threshold() -> None:
    better = {True: "higher", False: "lower", None: "as recorded"}
    expected = [
        (m.id, better[m.higher_is_better], m.unit or "as recorded", f"{m.threshold * 100:g}%")
        for m in COMPARED
    ]
    rows = re.findall(
        r"^\| `([\w-]+)` \| (higher|lower|as recorded) \| (.*?) \| (.*?) \|$", TEXT, re.M
    )
    assert rows == expected


def test_every_verdict() -> None:
    section = TEXT.partition("## Verdicts")[2].partition("\n## ")[0]
    named = re.findall(r"`([a-z-]+)`", "\n".join(re.findall(r"^\| (.*?) \|", section, re.M)))
    assert sorted(named) == sorted(VERDICTS)
