"""How each kind's numbers are read from a record, by what they are called and printed.

Shared by what lists measurements outside the tables: sources that disagree, other conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from cardgen.derive import accuracy, device, serving
from cardgen.derive.quantity import Value
from cardgen.language import Message
from cardgen.metrics import (
    BATCH_LATENCY,
    ENERGY,
    FLOPS,
    INTER_TOKEN_LATENCY,
    OUTPUT_TOKENS_PER_SECOND,
    QUALITY,
    QUERIES_PER_DOLLAR,
    REQUEST_LATENCY,
    REQUESTS_PER_SECOND,
    SCORE,
    TIME_TO_FIRST_TOKEN,
    Metric,
)
from cardgen.store.runs import Stored

Read = Callable[[Stored], Value | None]


def _of_window(field: str, unit: str) -> Read:
    return partial(serving.reading, field=field, unit=unit)


READINGS: Mapping[str, tuple[tuple[Message, Read, Metric], ...]] = {
    "accuracy": ((Message("score"), accuracy.score, SCORE),),
    "serving": (
        (Message("latency"), serving.latency, REQUEST_LATENCY),
        (Message("requests per second"), serving.rate, REQUESTS_PER_SECOND),
        (Message("time to first token"), _of_window("ttft_s", "s"), TIME_TO_FIRST_TOKEN),
        (Message("between tokens"), _of_window("itl_s", "s"), INTER_TOKEN_LATENCY),
        (
            Message("output tokens per second"),
            _of_window("output_tokens_per_s", "1/s"),
            OUTPUT_TOKENS_PER_SECOND,
        ),
        (
            Message("queries per dollar"),
            lambda stored: serving.queries_per_dollar(stored, lambda _: None),
            QUERIES_PER_DOLLAR,
        ),
    ),
    "device": (
        (Message("latency"), device.latency, BATCH_LATENCY),
        (Message("energy"), device.energy, ENERGY),
        (Message("FLOPs"), device.flops, FLOPS),
        (Message("quality"), device.quality, QUALITY),
    ),
}
