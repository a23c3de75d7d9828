"""Scores compared question by question, where both sides kept their answers."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest
from samples_cards import accuracy, call, run, write_card

from cardgen.derive.paired import Pairs, compare
from cardgen.diff.paired import PairedRatio, from_pairs
from cardgen.store import files, samples

QUESTIONS = 400


def kept(root: Path, answers: list[bool], *, score: float | None = None, **more: Any) -> None:
    """A card whose one score kept its samples."""
    place = "cards/tiny/runs/0.samples/mmmu.jsonl.gz"
    data, _ = samples.dump({"id": f"q{i}", "score": right} for i, right in enumerate(answers))
    value = {"value": sum(answers) / len(answers) if score is None else score, "stderr": 0.02}
    measurement = accuracy(
        "mmmu",
        value,
        scale="fraction",
        samples={"file": place, "sha256": files.sha256(data), **more},
    )
    write_card(root, "tiny", run(measurement))
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / place).write_bytes(data)


@pytest.fixture
def answers() -> tuple[list[bool], list[bool]]:
    """80 % right, and 24 of 400 lost of which three were won elsewhere."""
    chance = random.Random(3)
    before = [chance.random() < 0.8 for _ in range(QUESTIONS)]
    right = [i for i, ok in enumerate(before) if ok]
    wrong = [i for i, ok in enumerate(before) if not ok]
    lost, won = set(chance.sample(right, 24)), set(chance.sample(wrong, 3))
    return before, [(ok and i not in lost) or i in won for i, ok in enumerate(before)]


def test_pairs_see_what_standard_errors_cannot(
    tmp_path: Path, answers: tuple[list[bool], list[bool]]
) -> None:
    for name, side in zip(("old", "new"), answers, strict=True):
        kept(tmp_path / name, side)
    old = str(tmp_path / "old")
    made = call(tmp_path / "new", "diff", "tiny", "--against", old)
    assert "1 compared, 1 regressed" in made.out
    assert "paired over 400 samples" in made.out
    (tmp_path / "old/cards/tiny/runs/0.samples/mmmu.jsonl.gz").unlink()
    made = call(tmp_path / "new", "diff", "tiny", "--against", old)
    assert "1 compared, 1 within-noise" in made.out
    assert "standard errors" in made.out


def test_samples_whose_mean_is_not_the_score_are_left_alone(
    tmp_path: Path, answers: tuple[list[bool], list[bool]]
) -> None:
    """A corpus metric is no mean of its samples: their spread says nothing about it."""
    kept(tmp_path / "old", answers[0], score=0.5)
    kept(tmp_path / "new", answers[1], score=0.4)
    made = call(tmp_path / "new", "diff", "tiny", "--against", str(tmp_path / "old"))
    assert "standard errors" in made.out


def test_other_questions_are_not_paired(
    tmp_path: Path, answers: tuple[list[bool], list[bool]]
) -> None:
    kept(tmp_path / "old", answers[0])
    kept(tmp_path / "new", answers[1][:-1])
    made = call(tmp_path / "new", "diff", "tiny", "--against", str(tmp_path / "old"))
    assert "standard errors" in made.out


def test_changed_samples_are_refused(
    tmp_path: Path, answers: tuple[list[bool], list[bool]]
) -> None:
    for name, side in zip(("old", "new"), answers, strict=True):
        kept(tmp_path / name, side)
    place = tmp_path / "new/cards/tiny/runs/0.samples/mmmu.jsonl.gz"
    place.write_bytes(samples.dump([{"id": "q0", "score": 1}])[0])
    made = call(tmp_path / "new", "diff", "tiny", "--against", str(tmp_path / "old"))
    assert made.code == 2
    assert "0.samples/mmmu.jsonl.gz" in made.err


def test_the_interval_is_that_of_the_cards_recovery() -> None:
    """One interval of a ratio in the house: what the card prints is what a claim rests on."""
    chance = random.Random(5)
    for binary in (True, False):
        old = tuple(chance.choice((0.0, 1.0)) if binary else chance.random() for _ in range(80))
        new = tuple(chance.choice((0.0, 1.0)) if binary else chance.random() for _ in range(80))
        found, card = from_pairs(Pairs(old, new)), compare(Pairs(old, new))
        assert found is not None
        assert card is not None
        assert card.ratio is not None
        assert math.exp(found.estimate) == pytest.approx(card.ratio)
        assert found.interval(0.95) == pytest.approx((card.ratio_low, card.ratio_high))


@pytest.mark.parametrize("threshold", [0.0, 0.01])
def test_p_value_and_interval_say_the_same(threshold: float) -> None:
    found = PairedRatio(300, 40, 5, "test")
    p_value = found.p_value(threshold)
    assert 0 < p_value < 0.05
    for factor, beyond in ((0.99, False), (1.01, True)):
        _, high = found.interval(1 - p_value * factor)
        assert (high < 1 / (1 + threshold)) == beyond
