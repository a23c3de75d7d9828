"""What an audit costs beside a bare parse of the same cards, and that time grows with the text.

The cards are made up, of the size that published ones have on average (8 kB); where
CARDGEN_PUBLISHED_CARDS names a folder of published cards, it is those. Nothing asserts a time.
"""

from __future__ import annotations

import os
import statistics
import time
from html.parser import HTMLParser
from itertools import cycle, islice
from pathlib import Path

import pytest
from audit.made_up import DRAWN, QUANTIZED, REPORT
from audit.shapes import SHAPES
from markdown_it import MarkdownIt
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.report import REPORT as PRINTED
from cardgen.audit.auditing import audit_card

pytestmark = pytest.mark.benchmark_ratio

CARDS = int(os.environ.get("CARDGEN_BENCHMARK_CARDS", "1000"))
AVERAGE_BYTES = 8_000
SIZE = 100_000
GROWTH = 4


def cards() -> list[bytes]:
    """A thousand cards of average size."""
    folder = os.environ.get("CARDGEN_PUBLISHED_CARDS", "")
    if folder:
        found = [path.read_bytes() for path in sorted(Path(folder).glob("*.md"))]
        return list(islice(cycle(found), CARDS))
    text = QUANTIZED + DRAWN.partition("\n")[2] + REPORT.partition("\n")[2]
    words = "The model keeps what it had learned, and the tables above say how much.\n\n"
    text += words * ((AVERAGE_BYTES - len(text)) // len(words))
    return [text.replace("59.10", f"{30 + n % 60}.{n % 100:02}").encode() for n in range(CARDS)]


class Tags(HTMLParser):
    """Reads tags and does nothing with them."""


def bare(data: bytes) -> None:
    """Markdown to HTML, and the HTML read through once."""
    page = Tags()
    page.feed(MARKDOWN.render(data.decode("utf-8", "replace")))
    page.close()


MARKDOWN = MarkdownIt("commonmark").enable("table")


def test_a_thousand_cards_beside_a_bare_parse(benchmark: BenchmarkFixture) -> None:
    texts = cards()
    chunks = [texts[start : start + 50] for start in range(0, len(texts), 50)]
    ours: list[float] = []
    theirs: list[float] = []
    for chunk in chunks:
        start = time.perf_counter()
        for data in chunk:
            audit_card(data, "a.md")
        middle = time.perf_counter()
        for data in chunk:
            bare(data)
        ours.append(middle - start)
        theirs.append(time.perf_counter() - middle)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    rate = len(texts) / sum(ours)
    size = sum(map(len, texts)) / len(texts)
    benchmark.extra_info.update(name="audit", ratio=ratio, goal=4.0, cards_per_second=rate)
    PRINTED.append(
        f"audit {len(texts)} cards of {size:.0f} bytes / markdown-it and html.parser: {ratio:.2f}"
        f" (goal at most 4); {rate:.0f} cards a second (goal at least 50)"
    )
    benchmark.pedantic(lambda: audit_card(texts[0], "a.md"), rounds=20)


def test_time_grows_with_the_text(benchmark: BenchmarkFixture) -> None:
    growths: dict[str, tuple[float, float]] = {}
    for name, shape in SHAPES.items():
        times: list[float] = []
        for size in (SIZE, GROWTH * SIZE):
            data = shape(size).encode()
            took: list[float] = []
            for _ in range(3):
                start = time.process_time()
                audit_card(data, "a.md")
                took.append(time.process_time() - start)
            times.append(min(took))
        growths[name] = (times[1] / max(times[0], 1e-4), times[1])
    worst = sorted(growths.items(), key=lambda item: -item[1][0])[:5]
    slow = sorted(growths.items(), key=lambda item: -item[1][1])[:3]
    PRINTED.append(
        f"audit of {len(SHAPES)} shapes, {GROWTH} times the text: median"
        f" {statistics.median(growth for growth, _ in growths.values()):.1f} times the time, most "
        + ", ".join(f"{name} {growth:.1f}" for name, (growth, _) in worst)
    )
    PRINTED.append(
        "  slowest a megabyte: "
        + ", ".join(f"{name} {took * 1e6 / GROWTH / SIZE:.1f} s" for name, (_, took) in slow)
    )
    benchmark.extra_info.update(growths={name: growth for name, (growth, _) in growths.items()})
    benchmark.pedantic(lambda: audit_card(SHAPES["stars"](SIZE).encode(), "a.md"), rounds=3)
