"""The sentence above the serving tables claims a speedup only where the runs leave no doubt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samples_cards import BASE, MODEL, call, run, serving, write_card

CASES = {
    "every run is faster": ((2.0, 2.1, 2.2), (1.0, 1.05, 1.1), "up to 2.00x speedup"),
    "one run a side": ((2.0,), (1.0,), "up to 2.00x speedup"),
    "runs overlap": (
        (1.0, 1.2, 0.9),
        (0.8, 1.1, 1.0),
        "no speedup was measured, the best ratio is 1.00x",
    ),
    "the better median may be chance": (
        (1.0, 1.2, 1.1),
        (0.8, 1.15, 1.0),
        "no speedup is certain, the best ratio is 1.10x, between 0.87x and 1.50x",
    ),
    "every run is slower": (
        (1.0, 1.0, 1.0),
        (2.0, 2.0, 2.0),
        "no speedup was measured, the best ratio is 0.50x",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_speedup_is_claimed_only_where_it_is_certain(case: str, tmp_path: Path) -> None:
    base, quantized, told = CASES[case]
    runs = [
        run(serving(BASE, latency_s=one), serving(MODEL, latency_s=other), origin="measured")
        for one, other in zip(base, quantized, strict=True)
    ]
    folder = write_card(tmp_path, "card", *runs, languages=["en", "ru"])
    (tmp_path / "cardgen.yaml").write_text(
        "prices: [{hardware: A6000, usd_per_gpu_hour: 1, source: made up, date: 2026-01-01}]\n"
    )
    made = call(tmp_path, "build", "card")
    assert made.code == 0, made.err
    assert told in (folder / "README.md").read_text("utf-8")
    claims = "Ускорение до" in (folder / "README.ru.md").read_text("utf-8")
    assert claims == ("up to" in told)


def test_no_speedup_is_denied_where_one_may_be(tmp_path: Path) -> None:
    """Without a price for the H100 nobody worked out its ratio, which is above three."""
    runs = [
        run(*(serving(model, hardware=name, latency_s=one[model]) for model in (BASE, MODEL)))
        for name, one in (("A6000", {BASE: 0.9, MODEL: 1.0}), ("H200", {BASE: 0.9, MODEL: 0.3}))
    ]
    folder = write_card(tmp_path, "card", *runs)
    (tmp_path / "cardgen.yaml").write_text(
        "prices: [{hardware: A6000, usd_per_gpu_hour: 1, source: made up, date: 2026-01-01}]\n"
    )
    assert call(tmp_path, "build", "card").code == 0
    assert "no speedup" not in (folder / "README.md").read_text("utf-8")
    assert "headline" not in call(tmp_path, "explain", "card").out


def test_a_rate_that_was_offered_is_no_speedup(tmp_path: Path) -> None:
    """Both models answered what was asked of them."""
    more: dict[str, Any] = {"mode": "constant-rate", "load": 2.0, "requests_per_s": 2.0}
    folder = write_card(tmp_path, "card", run(*(serving(m, **more) for m in (BASE, MODEL))))
    (tmp_path / "cardgen.yaml").write_text(
        "prices: [{hardware: A6000, usd_per_gpu_hour: 1, source: made up, date: 2026-01-01}]\n"
    )
    assert call(tmp_path, "build", "card").code == 0
    text = (folder / "README.md").read_text("utf-8")
    assert "2 requests/s" in text
    assert "speedup" not in text
    assert "headline" not in call(tmp_path, "explain", "card").out
