"""Several cards held against each other."""

from __future__ import annotations

from audit.made_up import QUANTIZED, REPORT

from cardgen.audit.across import across, facts
from cardgen.audit.findings import Finding
from cardgen.audit.subject import understand
from cardgen.published import read


def told(*texts: str) -> list[Finding]:
    return across([(f"card-{n}", facts(understand(read(text)))) for n, text in enumerate(texts)])


def test_cards_of_different_models_have_nothing_in_common() -> None:
    assert told(QUANTIZED, REPORT) == []


def test_one_baseline_printed_differently() -> None:
    other = QUANTIZED.replace("| 60.00 | 59.10 | 98.50%", "| 60.50 | 59.10 | 97.69%")
    found = told(QUANTIZED, other.replace("w4a16", "w8a8"))
    baselines = [f for f in found if f.rule == "baseline-across-cards"]
    assert [(f.card, f.printed, f.expected) for f in baselines] == [("card-1", "60.50", "60.00")]


def test_the_same_scores_for_another_model() -> None:
    found = told(QUANTIZED, QUANTIZED.replace("Foo-7B", "Bar-9B"))
    assert {f.rule for f in found} == {"scores-across-models"}


def test_the_same_text_twice() -> None:
    found = told(QUANTIZED, QUANTIZED)
    assert [(f.card, f.rule) for f in found] == [("card-1", "text-across-cards")]
