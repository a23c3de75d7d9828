"""A bare loop over `generate` beside the device collector's own, in one process, pass by pass.

`side_by_side.py COLLECTOR MODEL DATA BATCH SAMPLES TOKENS PAIRS` prints, as JSON, the seconds of
the median batch in every pass of three sides: `bare`, `ours`, and `again`, a second bare loop with
a model of its own. In processes of their own the same loop differs by a quarter.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import time
from collections.abc import Callable

import pyarrow.parquet as pq
import torch
from PIL import Image
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
)

collector, location, data = sys.argv[1:4]
size, samples, tokens, pairs = map(int, sys.argv[4:8])
sys.path.insert(0, collector)

from rows import rows  # type: ignore[import-not-found]  # noqa: E402
from subject import Subject  # type: ignore[import-not-found]  # noqa: E402
from sweep import timed  # type: ignore[import-not-found]  # noqa: E402


def bare() -> Callable[[], float]:
    """A pass of a loop that knows nothing of the collector."""
    model = AutoModelForImageTextToText.from_pretrained(
        location, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    processor = AutoProcessor.from_pretrained(location)
    processor.tokenizer.padding_side = "left"
    table = pq.read_table(data).slice(0, samples).to_pylist()
    batches = []
    for start in range(0, samples, size):
        part = table[start : start + size]
        texts = [
            processor.apply_chat_template(
                [{"role": "user", "content": [{"type": "image"},
                  {"type": "text", "text": row["question"]}]}],
                add_generation_prompt=True,
            )
            for row in part
        ]  # fmt: skip
        pictures = [Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB") for row in part]
        batches.append(processor(text=texts, images=pictures, return_tensors="pt", padding=True))

    def one_pass() -> float:
        seconds = []
        with torch.inference_mode():
            for batch in batches:
                began = time.perf_counter()
                model.generate(**batch, max_new_tokens=tokens, do_sample=False)
                seconds.append(time.perf_counter() - began)
        return statistics.median(seconds)

    return one_pass


def ours() -> Callable[[], float]:
    """A pass as `sweep.py` times it."""
    eager = {"name": "fp32", "dtype": "fp32", "attention": "eager", "compile": False}
    subject = Subject(location, None, eager, "cpu", trust_remote_code=False)
    dataset = {"name": "N", "path": data, "split": "test", "image": "image"}
    dataset |= {"prompt": "question", "answer": "answer", "metric": "exact match"}
    batches = subject.batches(rows(dataset, samples), size, None, None)

    def one_pass() -> float:
        seconds: list[float] = timed(subject, batches, tokens, 1, None, 0.0, {})[0]
        return statistics.median(seconds)

    return one_pass


torch.manual_seed(0)
sides = {"bare": bare(), "ours": ours(), "again": bare()}
seconds: dict[str, list[float]] = {name: [] for name in sides}
for one_pass in sides.values():
    one_pass()
for number in range(pairs):
    names = list(sides)
    for name in names[number % 3 :] + names[: number % 3]:
        seconds[name].append(sides[name]())
print(json.dumps(seconds))
