"""Which of several quantization records speaks for a card, and which only are told."""

from __future__ import annotations

from typing import Any

import pytest
from samples_cards import BASE, MODEL, card, quantization, run

from cardgen.records import Run
from cardgen.tables import quantization as quantizations
from cardgen.tables.unknowns import unknowns


def on(day: int | None, *, began: int | None = None, **more: Any) -> Run:
    """A run with one quantization that ended on a day of 2026, and may be known to have begun."""
    from datetime import UTC, datetime

    moments = {
        "ended_at": datetime(2026, 1, day, tzinfo=UTC) if day else None,
        "started_at": datetime(2026, 1, began, tzinfo=UTC) if began else None,
    }
    origin = more.pop("origin", "measured")
    if more.pop("failed", False):
        more |= {"outcome": "failed", "reason": "the check failed"}
    if more.pop("skipped", False):
        more |= {"outcome": "skipped", "reason": "no GPU"}
    return run(quantization(**more), origin=origin, **moments)


SPEAKS: dict[str, tuple[list[Run], int]] = {
    "one": ([on(None)], 0),
    "one that failed": ([on(None, failed=True)], 0),
    "the preferred origin": ([on(9, origin="transcribed"), on(1), on(8, origin="imported")], 1),
    "the newest of one origin": ([on(1), on(3), on(2)], 1),
    "the newest by its start where no end is known": ([on(2), on(None, began=3)], 1),
    "a dated one before one without a date": ([on(None), on(1)], 1),
    "the first file without dates": ([on(None, scheme="W8A8"), on(None)], 0),
    "the first file of one day": ([on(2, scheme="W8A8"), on(2)], 0),
    "one that was made before a newer failure": ([on(9, failed=True), on(1)], 1),
    "and before a failure of another scheme": ([on(9, failed=True, scheme="W8A8"), on(1)], 1),
    "and before one that was skipped": ([on(9, skipped=True), on(1)], 1),
    "an imported one before a failure here": ([on(9, failed=True), on(1, origin="imported")], 1),
    "the newest of two failures": ([on(1, failed=True), on(2, failed=True)], 1),
    "another model's does not count": ([on(9, model=BASE), on(1)], 1),
}  # fmt: skip


@pytest.mark.parametrize("case", SPEAKS)
def test_which_record_speaks(case: str) -> None:
    runs, expected = SPEAKS[case]
    spoken = quantizations.speaking(card(*runs))
    assert spoken is not None
    assert spoken.stored.file == f"cards/tiny/runs/{expected}.json"


def test_nobody_speaks_for_a_card_without_a_record_of_its_model() -> None:
    found = card(on(1, model=BASE))
    assert quantizations.speaking(found) is None
    assert "Quantization settings: not recorded." in map(str, unknowns(found))


def test_a_preference_of_the_card_goes_before_the_date() -> None:
    found = card(on(9), on(1, origin="transcribed"), prefer=["transcribed", "measured"])
    spoken = quantizations.speaking(found)
    assert spoken is not None
    assert spoken.stored.run.provenance.origin == "transcribed"


def test_a_renamed_models_record_speaks() -> None:
    found = card(on(1, model="example/old-name"), aliases={"example/old-name": MODEL})
    assert quantizations.speaking(found) is not None


FAILED = "Quantization to W8A8 failed: the check failed"
SKIPPED = "Quantization to W4A16 was skipped: no GPU"
TOLD: dict[str, tuple[list[Run], list[str] | None, list[str]]] = {
    "a failure that speaks is told in its section": ([on(1, scheme="W8A8", failed=True)], None, []),
    "a failure beside another scheme": ([on(1), on(2, scheme="W8A8", failed=True)], None, [FAILED]),
    "a second failure": ([on(1, scheme="W8A8", failed=True), on(2, skipped=True)], None, [FAILED]),
    "no section that could tell it": (
        [on(1, scheme="W8A8", failed=True)], ["accuracy", "methods"], [FAILED]
    ),
    "nor any of several": (
        [on(1, scheme="W8A8", failed=True), on(2, skipped=True)], ["methods"], [SKIPPED, FAILED]
    ),
    "another model's failure": ([on(1), on(2, model=BASE, failed=True)], None, []),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_what_is_told_among_what_was_not_measured(case: str) -> None:
    """Each failure once, beside no question that has no answer for a model that does not exist."""
    runs, sections, expected = TOLD[case]
    sentences = [str(message) for message in unknowns(card(*runs, sections=sections))]
    assert [s for s in sentences if s.startswith("Quantization to")] == expected
    if case.startswith("a failure that speaks"):
        assert not [s for s in sentences if "quantization" in s.lower() or "Size" in s]
