"""The registry of shown quantities: their digits as the field prints them, and their direction.

Digits are a ceiling: a value is never shown finer than its coarsest input allows.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Metric(NamedTuple):
    """A quantity that cards show: how many decimals, in which style, and which way is better."""

    id: str
    digits: int
    style: Literal["fixed", "si", "interval"] = "fixed"
    suffix: str = ""
    higher_is_better: bool | None = None


SCORE = Metric("score", 2, higher_is_better=None)
RECOVERY = Metric("recovery", 2, suffix="%", higher_is_better=True)
DIFFERENCE = Metric("difference", 2, style="interval")
REQUEST_LATENCY = Metric("request-latency", 1, higher_is_better=False)
REQUESTS_PER_SECOND = Metric("requests-per-second", 1, higher_is_better=True)
QUERIES_PER_DOLLAR = Metric("queries-per-dollar", 0, higher_is_better=True)
COST_REDUCTION = Metric("cost-reduction", 2, higher_is_better=True)
BATCH_LATENCY = Metric("batch-latency", 3, higher_is_better=False)
ENERGY = Metric("energy-per-sample", 3, higher_is_better=False)
FLOPS = Metric("flops", 2, style="si", higher_is_better=False)
QUALITY = Metric("quality", 3)
PERCENT_OF_ORIGINAL = Metric("percent-of-original", 2)
SIZE = Metric("size", 2, style="si", suffix="B", higher_is_better=False)
