"""What a record refuses beside wrong types, in words that say what to mend."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cardgen.errors import CardgenError
from cardgen.records import Run
from cardgen.store import runs

Data = dict[str, Any]
VALUE: Data = {"value": 0.5}
ACCURACY: Data = {
    "kind": "accuracy",
    "model": "m",
    "task": "t",
    "metric": "acc",
    "value": VALUE,
    "scale": "fraction",
    "higher_is_better": True,
}
SERVING: Data = {
    "kind": "serving",
    "model": "m",
    "hardware": {"name": "A100"},
    "engine": {"name": "vLLM"},
    "scenario": {"name": "chat"},
    "mode": "single-stream",
    "latency_s": VALUE,
}
DEVICE: Data = {
    "kind": "device",
    "model": "m",
    "device": {"name": "GPU", "type": "cuda"},
    "dataset": "d",
    "batch_size": 1,
    "latency_s": VALUE,
}
QUANTIZATION: Data = {"kind": "quantization", "model": "m", "base_model": "b", "scheme": "W4A16"}
PROVENANCE: Data = {"origin": "measured", "tool": {"name": "t"}}
PRICE: Data = {"usd_per_gpu_hour": 1.0, "source": "s", "date": "2025-02-18"}
FAILED: Data = {"outcome": "failed", "reason": "out of memory"}


def parsed(measurement: Data, provenance: Data | None = None) -> Run:
    """The run of one measurement, by way of its JSON."""
    content = {
        "format": 1,
        "provenance": {**PROVENANCE, **(provenance or {})},
        "measurements": [measurement],
    }
    return runs.parse(json.dumps(content).encode(), "run.json")


@pytest.mark.parametrize(
    "measurement",
    [
        ACCURACY,
        {**ACCURACY, "value": {"value": 1.001, "decimals": 2}},
        {**ACCURACY, "value": {"value": 0.0}},
        {**ACCURACY, "value": {"value": 1e300}, "scale": "points"},
        {**ACCURACY, "value": {"value": -3.0}, "scale": "points"},
        {**ACCURACY, "n_expected": 10, "n_scored": 10},
        {key: value for key, value in {**ACCURACY, **FAILED}.items() if key != "value"},
        SERVING,
        {**SERVING, "queries_per_dollar": {"value": 588}, "price": PRICE},
        {**SERVING, "ttft_s": {"value": 0}},
        DEVICE,
        {**DEVICE, "energy": {"method": "rapl", "window_j": 0.0, "samples": 1}},
        QUANTIZATION,
        {
            **QUANTIZATION,
            "size_bytes": 2**53 - 1,
            "calibration": {"dataset": "d", "seed": 2**64 - 1},
        },
        {**ACCURACY, "settings": {"model_max_length": 10**30}},
    ],
    ids=str,
)
def test_what_is_right_is_taken(measurement: Data) -> None:
    """The edges of the rules are inside."""
    assert parsed(measurement).measurements


@pytest.mark.parametrize(
    ("measurement", "place", "words"),
    [
        ({**ACCURACY, "value": {"value": 44.5}}, "/value/value", "a fraction between 0 and 1"),
        (
            {**ACCURACY, "value": {"value": 101.0}, "scale": "percent"},
            "/value/value",
            "a percent between 0 and 100",
        ),
        ({**ACCURACY, "n_expected": 1, "n_scored": 2}, "/n_scored", "at most the 1 samples"),
        ({**ACCURACY, "value": None}, "", "at least one of: value"),
        ({**ACCURACY, **FAILED}, "/value", "no values with the outcome `failed`"),
        ({**SERVING, "outcome": "skipped"}, "", "a `reason` with the outcome `skipped`"),
        ({**SERVING, "price": PRICE}, "/price", "together with the `price`"),
        ({**SERVING, "queries_per_dollar": VALUE}, "/queries_per_dollar", "`price` it used"),
        (
            {
                **SERVING,
                "queries_per_dollar": VALUE,
                "price": {**PRICE, "date": "2025-02-30"},
            },
            "/price/date",
            "a day of the calendar",
        ),
        ({**SERVING, "prefix_cache_hit_rate": 1.5}, "/prefix_cache_hit_rate", "not above 1"),
        ({**DEVICE, "energy": {"method": "rapl"}}, "/energy", "either `joules_per_sample`, or"),
        (
            {**DEVICE, "energy": {"method": "rapl", "window_j": 1.0}},
            "/energy",
            "the number of `samples`",
        ),
        (
            {**DEVICE, "latency_s": {"value": 1.0, "rounding": "truncated"}},
            "/latency_s",
            "the `decimals` of a printed number",
        ),
        ({**QUANTIZATION, "size_bytes": -1}, "/size_bytes", "a number not below 0"),
        ({**QUANTIZATION, "code": {"text": ""}}, "/code/text", "at least 1 character"),
        ({**ACCURACY, "settings": {"a": [1]}}, "/settings/a", "text or a whole number or a number"),
        ({**ACCURACY, "settings": {"a/b~c": [1]}}, "/settings/a~1b~0c", "text or"),
        ({**ACCURACY, "samples": {"file": "/x", "sha256": "0"}}, "/samples/file", "inside the"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_refused_where_it_stands(
    measurement: Data, place: str, words: str
) -> None:
    """Each rule names the field and what was expected."""
    with pytest.raises(CardgenError) as refused:
        parsed(measurement)
    first = getattr(refused.value, "errors", (refused.value,))[0]
    assert first.place.endswith(f": /measurements/0{place}")
    assert words in str(first.expected)


@pytest.mark.parametrize(
    ("provenance", "place", "words"),
    [
        ({"origin": "imported"}, "/provenance", "the `source` of a run whose origin is `imported`"),
        ({"origin": "guessed"}, "/provenance/origin", "'measured', 'imported' or 'transcribed'"),
        ({"started_at": "2025-01-01T00:00:00"}, "/provenance/started_at", "timezone"),
        (
            {"started_at": "2025-01-01T01:00:00Z", "ended_at": "2025-01-01T00:00:00Z"},
            "/provenance/ended_at",
            "an end after the start",
        ),
        (
            {"source": {"title": "t", "file": "..\\x"}},
            "/provenance/source/file",
            "a path inside the project",
        ),
        (
            {"source": {"title": "t", "sha256": "ABC"}},
            "/provenance/source/sha256",
            "64 lower-case hexadecimal digits",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_provenance_says_where_the_numbers_are_from(
    provenance: Data, place: str, words: str
) -> None:
    """Without its evidence a run is refused."""
    with pytest.raises(CardgenError) as refused:
        parsed(ACCURACY, provenance)
    assert refused.value.place.endswith(f": {place}")
    assert words in str(refused.value)
