"""Of the faults that a hand-made label says can be seen, the audit finds at least 99 of 100."""

from __future__ import annotations

from collections import Counter

import pytest
from audit.planting import CARDS, labels, plant

from cardgen.audit import Finding, audit

GOAL = 0.99


def told(text: str) -> list[Finding]:
    return [finding for finding in audit(text) if finding.severity != "note"]


@pytest.mark.parametrize("card", sorted(CARDS))
def test_a_card_that_is_right_has_no_finding(card: str) -> None:
    assert audit(CARDS[card]) == []


def test_planted_faults_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    planted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    missed = []
    for fault in plant():
        planted[fault.kind] += 1
        if told(fault.text):
            found[fault.kind] += 1
        else:
            missed.append(fault._replace(text=""))
    with capsys.disabled():
        print()
        for kind in sorted(planted):
            print(f"  planted {kind:<11} found {found[kind]:4d} of {planted[kind]:4d}")
    assert set(planted) == {"digit", "cell", "percentage", "scheme", "model"}
    assert found.total() >= GOAL * planted.total(), missed


def test_the_labels_cover_every_card() -> None:
    assert {label["card"] for label in labels()} == set(CARDS)
