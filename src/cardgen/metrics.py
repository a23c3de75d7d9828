"""The registry of quantities: digits as the field prints them, unit, direction, threshold.

Digits are a ceiling: a value is never shown finer than its coarsest input allows. The threshold is
the smallest relative change that matters in practice: below it, no change is claimed.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Metric(NamedTuple):
    """A quantity that cards show or records hold, and how two values of it are compared.

    `digits` is how many decimals a card shows, in which `style`; a column whose smallest value they
    would change by more than a tenth gives it `significant` digits. `higher_is_better` is None
    where each record says it. `threshold` is the practical threshold, relative: 0.03 is
    three percent.
    `deterministic` values do not vary from run to run: one is enough to compare.
    """

    id: str
    digits: int
    style: Literal["fixed", "si", "interval"] = "fixed"
    suffix: str = ""
    higher_is_better: bool | None = None
    unit: str = ""
    threshold: float = 0.01
    deterministic: bool = False
    significant: int = 0


SCORE = Metric("score", 2, threshold=0.01)
RECOVERY = Metric("recovery", 2, suffix="%", higher_is_better=True)
DIFFERENCE = Metric("difference", 2, style="interval")
RECOVERY_INTERVAL = Metric("recovery-interval", 1, style="interval", higher_is_better=True)
DETECTABLE = Metric("smallest-detectable-change", 1)
REQUEST_LATENCY = Metric(
    "request-latency", 1, higher_is_better=False, unit="s", threshold=0.03, significant=3
)
TIME_TO_FIRST_TOKEN = Metric(
    "time-to-first-token", 3, higher_is_better=False, unit="s", threshold=0.05
)
INTER_TOKEN_LATENCY = Metric(
    "inter-token-latency", 4, higher_is_better=False, unit="s", threshold=0.03
)
REQUESTS_PER_SECOND = Metric(
    "requests-per-second", 1, higher_is_better=True, unit="1/s", threshold=0.03, significant=3
)
OUTPUT_TOKENS_PER_SECOND = Metric(
    "output-tokens-per-second", 1, higher_is_better=True, unit="1/s", threshold=0.03
)
REQUESTS = Metric("requests", 0, unit="requests")
MEAN_TOKENS = Metric("mean-tokens", 1, unit="tokens")
WINDOW = Metric("window", 0, unit="s", significant=2)
CACHE_HITS = Metric("prefix-cache-hits", 1, suffix="%")
ENGINE_START = Metric("engine-start", 1, unit="s", significant=2)
QUERIES_PER_DOLLAR = Metric(
    "queries-per-dollar", 0, higher_is_better=True, unit="1/USD", threshold=0.03
)
COST_REDUCTION = Metric("cost-reduction", 2, higher_is_better=True)
BATCH_LATENCY = Metric("batch-latency", 3, higher_is_better=False, unit="s", threshold=0.03)
ENERGY = Metric("energy-per-sample", 3, higher_is_better=False, unit="J", threshold=0.05)
FLOPS = Metric(
    "flops",
    2,
    style="si",
    higher_is_better=False,
    unit="FLOP",
    threshold=0.001,
    deterministic=True,
)
FLOPS_PREFILL = FLOPS._replace(id="flops-prefill")
FLOPS_DECODE = FLOPS._replace(id="flops-decode")
QUALITY = Metric("quality", 3, threshold=0.01)
PERCENT_OF_ORIGINAL = Metric("percent-of-original", 2)
SIZE = Metric(
    "size",
    2,
    style="si",
    suffix="B",
    higher_is_better=False,
    unit="B",
    threshold=0.001,
    deterministic=True,
)
QUANTIZATION_TIME = Metric("quantization-time", 0, higher_is_better=False, unit="s", threshold=0.1)
PEAK_MEMORY = Metric(
    "peak-memory", 2, style="si", suffix="B", higher_is_better=False, unit="B", threshold=0.05
)

COMPARED = (
    SCORE,
    REQUEST_LATENCY,
    TIME_TO_FIRST_TOKEN,
    INTER_TOKEN_LATENCY,
    REQUESTS_PER_SECOND,
    OUTPUT_TOKENS_PER_SECOND,
    QUERIES_PER_DOLLAR,
    BATCH_LATENCY,
    ENERGY,
    FLOPS,
    FLOPS_PREFILL,
    FLOPS_DECODE,
    QUALITY,
    SIZE,
    QUANTIZATION_TIME,
    PEAK_MEMORY,
)
"""What `diff` compares; docs/diff.md lists it."""
