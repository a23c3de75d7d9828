"""What a vLLM server counts, from its Prometheus metrics: the prefix cache, preemptions."""

from __future__ import annotations

import re
from typing import NamedTuple


class Counters(NamedTuple):
    """What the server counted since it started. None: it does not say."""

    prefix_cache_queries: float | None = None
    prefix_cache_hits: float | None = None
    preemptions: float | None = None

    def hit_rate(self, before: Counters) -> float | None:
        """The share of prompt tokens that came from the prefix cache since `before`, 0 to 1."""
        now = (self.prefix_cache_queries, self.prefix_cache_hits)
        then = (before.prefix_cache_queries, before.prefix_cache_hits)
        if None in (*now, *then):
            return None
        queries, hits = (float(a or 0) - float(b or 0) for a, b in zip(now, then, strict=True))
        return min(1.0, max(0.0, hits / queries)) if queries > 0 else 0.0

    def preempted(self, before: Counters) -> int:
        """How many requests were put back for want of memory since `before`."""
        return int((self.preemptions or 0) - (before.preemptions or 0))


def counters(text: str) -> Counters:
    """The counts in Prometheus' text format, summed over the engines."""

    def total(name: str) -> float | None:
        found = re.findall(rf"^vllm:{name}(?:\{{[^}}]*\}})? ([0-9.eE+-]+)$", text, re.MULTILINE)
        try:
            return sum(float(value) for value in found) if found else None
        except ValueError:
            return None

    return Counters(
        total("prefix_cache_queries_total"),
        total("prefix_cache_hits_total"),
        total("num_preemptions_total"),
    )
