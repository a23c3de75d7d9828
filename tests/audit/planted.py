"""Places in published cards that were right, labelled by hand: what follows from what.

A place is (line, number of the cell in it): HTML cards have one cell a line, Markdown tables
many. A law says that one place follows from others: `ratio` is 100·second/first, `mean` the mean.
Whether a changed digit can be seen is decided here with fractions, not by the auditor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

Place = tuple[int, int]


class Law(NamedTuple):
    """One place follows from others."""

    kind: Literal["ratio", "mean"]
    result: Place
    inputs: tuple[Place, ...]


class Card(NamedTuple):
    """A card whose numbers are right, with its laws."""

    file: str
    laws: tuple[Law, ...]


def _html(first: Sequence[int], average: int | None, step: int) -> Iterator[Law]:
    """Rows of base, quantized and recovery, each `step` lines below the other."""
    for line in [*first, *([average] if average else [])]:
        yield Law("ratio", (line + 2 * step, 0), ((line, 0), (line + step, 0)))
    if average:
        for offset in (0, step):
            yield Law("mean", (average + offset, 0), tuple((line + offset, 0) for line in first))


def _markdown(rows: range, average: int, cells: Sequence[int]) -> Iterator[Law]:
    for cell in cells:
        yield Law("mean", (average, cell), tuple((line, cell) for line in rows))


def _recovered(rows: Sequence[int]) -> Iterator[Law]:
    for line in rows:
        yield Law("ratio", (line, 4), ((line, 2), (line, 3)))


CARDS = (
    Card(
        "021-neuralmagic-Meta-Llama-3-8B-Instruct-FP8.md",
        tuple(_html(range(134, 194, 10), 194, 2)),
    ),
    Card(
        "012-granite-3.1-2b-base-FP8-dynamic.md",
        (*_html((177, 183, 189, 195, 201, 207), 213, 1), *_html((220,), None, 1)),
    ),
    Card(
        "048-Llama-3.1-Nemotron-70B-Instruct-HF-FP8-dynamic.md",
        (
            *_markdown(range(135, 141), 141, (1, 2)),
            Law("ratio", (142, 2), ((141, 1), (141, 2))),
            *_markdown(range(148, 154), 154, (1, 2)),
            Law("ratio", (155, 2), ((154, 1), (154, 2))),
        ),
    ),
    Card(
        "059-Mistral-Small-24B-Instruct-2501-quantized.w4a16.md",
        (
            *_markdown(range(202, 208), 208, (1, 2)),
            Law("ratio", (209, 2), ((208, 1), (208, 2))),
            *_markdown(range(215, 218), 218, (1, 2)),
            Law("ratio", (219, 2), ((218, 1), (218, 2))),
        ),
    ),
    Card(
        "047-granite-4.0-h-tiny-FP8-dynamic.md",
        (*_markdown(range(207, 213), 213, (2, 3)), *_recovered([*range(207, 214), 214, 215])),
    ),
    Card("112-autoround-falcon-7b-acc.md", tuple(_markdown(range(12, 22), 11, (1, 2)))),
    Card("088-Deci-DeciLM-7B.md", tuple(
        Law("mean", (line, 1), tuple((line, cell) for cell in range(2, 8))) for line in (73, 74)
    )),
)  # fmt: skip

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def number(lines: Sequence[str], place: Place) -> re.Match[str]:
    """The number at a place."""
    line, cell = place
    text = lines[line - 1]
    start = 0
    if cell or text.lstrip().startswith("|"):
        for _ in range(cell + 1):
            start = text.index("|", start) + 1
    else:
        start = text.index(">") + 1 if ">" in text else 0
    match = NUMBER.search(text, start)
    assert match is not None, (place, text)
    return match


def _span(text: str, *, cut: bool) -> tuple[Fraction, Fraction]:
    value = Fraction(text)
    unit = Fraction(1, 10 ** len(text.partition(".")[2]))
    return (value, value + unit) if cut else (value - unit / 2, value + unit / 2)


def broken(law: Law, lines: Sequence[str]) -> bool:
    """Whether no inputs in their intervals give the result, rounded or cut."""
    result = number(lines, law.result)[0]
    texts = [number(lines, place)[0] for place in law.inputs]
    for cut in (False, True):
        low, high = _span(result, cut=cut)
        for inner in (False, True):
            spans = [_span(text, cut=inner) for text in texts]
            if law.kind == "mean":
                least = sum((s[0] for s in spans), Fraction(0)) / len(spans)
                most = sum((s[1] for s in spans), Fraction(0)) / len(spans)
            elif spans[0][0] <= 0:
                return False
            else:
                least, most = 100 * spans[1][0] / spans[0][1], 100 * spans[1][1] / spans[0][0]
            if least <= high and low <= most:
                return False
    return True


NAMES = (
    # file, line, old, new: one scheme or one name in a place that says what the card is about
    ("021-neuralmagic-Meta-Llama-3-8B-Instruct-FP8.md", 11, "FP8", "INT8"),
    ("021-neuralmagic-Meta-Llama-3-8B-Instruct-FP8.md", 18, "FP8", "INT4"),
    (
        "021-neuralmagic-Meta-Llama-3-8B-Instruct-FP8.md",
        27,
        "[Meta-Llama-3-8B",
        "[Meta-Llama-3-70B",
    ),
    ("021-neuralmagic-Meta-Llama-3-8B-Instruct-FP8.md", 48, "Llama-3-8B", "Llama-3-70B"),
    ("021-neuralmagic-Meta-Llama-3-8B-Instruct-FP8.md", 112, "Llama-3-8B", "Llama-3-70B"),
    ("012-granite-3.1-2b-base-FP8-dynamic.md", 3, "fp8", "int4"),
    ("012-granite-3.1-2b-base-FP8-dynamic.md", 9, "2b-base", "8b-base"),
    ("012-granite-3.1-2b-base-FP8-dynamic.md", 13, "FP8", "INT4"),
    ("012-granite-3.1-2b-base-FP8-dynamic.md", 20, "FP8", "INT8"),
    ("012-granite-3.1-2b-base-FP8-dynamic.md", 45, "2b-base", "8b-base"),
    ("012-granite-3.1-2b-base-FP8-dynamic.md", 98, "FP8_DYNAMIC", "W4A16"),
    (
        "012-granite-3.1-2b-base-FP8-dynamic.md",
        140,
        "2b-base-FP8-dynamic",
        "2b-base-quantized.w4a16",
    ),
    ("048-Llama-3.1-Nemotron-70B-Instruct-HF-FP8-dynamic.md", 8, "FP8", "INT8"),
    ("048-Llama-3.1-Nemotron-70B-Instruct-HF-FP8-dynamic.md", 33, "FP8-dynamic", "quantized.w8a8"),
    ("048-Llama-3.1-Nemotron-70B-Instruct-HF-FP8-dynamic.md", 106, "70B", "8B"),
    ("059-Mistral-Small-24B-Instruct-2501-quantized.w4a16.md", 1, "w4a16", "w8a8"),
    ("059-Mistral-Small-24B-Instruct-2501-quantized.w4a16.md", 8, "INT4", "INT8"),
    ("059-Mistral-Small-24B-Instruct-2501-quantized.w4a16.md", 19, "16 to 4", "16 to 8"),
    ("059-Mistral-Small-24B-Instruct-2501-quantized.w4a16.md", 19, "75%", "50%"),
    ("059-Mistral-Small-24B-Instruct-2501-quantized.w4a16.md", 32, "24B", "7B"),
    ("047-granite-4.0-h-tiny-FP8-dynamic.md", 8, "FP8", "INT4"),
    ("047-granite-4.0-h-tiny-FP8-dynamic.md", 41, "h-tiny-FP8-dynamic", "h-small-FP8-dynamic"),
    ("047-granite-4.0-h-tiny-FP8-dynamic.md", 110, "FP8_DYNAMIC", "NVFP4"),
)
