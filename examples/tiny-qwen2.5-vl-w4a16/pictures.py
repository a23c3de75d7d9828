"""Draws tables of digits and says what is right about them.

Two generators share nothing but the layout: `printed` digits come from a font, `segment` digits
are seven strokes as on a pocket calculator. The test pictures are printed; the pictures that the
quantization is calibrated on are segments, so no test picture, nor its kind, is seen there.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROWS = COLUMNS = 4
CELL = 28
SIDE = CELL * COLUMNS
QUESTIONS = {
    "read": "Read the table.",
    "sum": "First plus last of each row?",
    "sort": "Sort each row.",
    "largest": "Largest of each row?",
}
TESTED = ("read", "sort", "largest")
"""The model is trained on all questions; in the time it is given it hardly learns to add."""
SEGMENTS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")


class Example(NamedTuple):
    """One picture (uint8, SIDE x SIDE x 3) with a question and the right answer."""

    picture: np.ndarray
    kind: str
    question: str
    answer: str


@cache
def _printed(digit: int, size: int) -> np.ndarray:
    mask = Image.new("L", (CELL, CELL))
    ImageDraw.Draw(mask).text(
        (CELL / 2, CELL / 2), str(digit), fill=255, font=ImageFont.load_default(size), anchor="mm"
    )
    return np.asarray(mask, dtype=np.float32) / 255


@cache
def _segment(digit: int, size: int) -> np.ndarray:
    mask = Image.new("L", (CELL, CELL))
    draw = ImageDraw.Draw(mask)
    half = size // 4
    left, right, middle = CELL // 2 - half, CELL // 2 + half, CELL // 2
    top, bottom = middle - 2 * half, middle + 2 * half
    strokes = {
        "a": (left, top, right, top),
        "b": (right, top, right, middle),
        "c": (right, middle, right, bottom),
        "d": (left, bottom, right, bottom),
        "e": (left, middle, left, bottom),
        "f": (left, top, left, middle),
        "g": (left, middle, right, middle),
    }
    for name in SEGMENTS[digit]:
        draw.line(strokes[name], fill=255, width=2)
    return np.asarray(mask, dtype=np.float32) / 255


SIZES = range(18, 25)
SHIFTS = range(-3, 4)


@cache
def _bank(*, segments: bool) -> np.ndarray:
    """Every digit in every size and place: (digit, size, shift down, shift right, CELL, CELL)."""
    glyph = _segment if segments else _printed
    return np.stack(
        [
            [
                [[np.roll(glyph(digit, size), (y, x), axis=(0, 1)) for x in SHIFTS] for y in SHIFTS]
                for size in SIZES
            ]
            for digit in range(10)
        ]
    )


def draw(digits: np.ndarray, rng: np.random.Generator, *, segments: bool) -> np.ndarray:
    """Tables (n, ROWS, COLUMNS) as pictures (n, SIDE, SIDE, 3), uint8.

    Each digit has a random size and place, each picture two random colours and a little noise.
    """
    n = len(digits)
    size = rng.integers(len(SIZES), size=digits.shape)
    down, right = rng.integers(len(SHIFTS), size=(2, *digits.shape))
    cells = _bank(segments=segments)[digits, size, down, right]
    ink = cells.transpose(0, 1, 3, 2, 4).reshape(n, SIDE, SIDE, 1)
    light, dark = rng.uniform(170, 255, size=(n, 3)), rng.uniform(0, 90, size=(n, 3))
    swap = rng.random(n) < 0.5
    light[swap], dark[swap] = dark[swap], light[swap]
    light, dark = (part[:, None, None].astype(np.float32) for part in (light, dark))
    noise = rng.standard_normal((n, SIDE, SIDE, 3), dtype=np.float32)
    return (light + ink * (dark - light) + 12 * noise).clip(0, 255).astype(np.uint8)


def answer(kind: str, digits: np.ndarray) -> str:
    """The right answer to one kind of question about the table."""
    rows = digits.tolist()
    if kind == "read":
        return " ".join("".join(map(str, row)) for row in rows)
    if kind == "sum":
        return " ".join(str(row[0] + row[-1]) for row in rows)
    if kind == "sort":
        return " ".join("".join(map(str, sorted(row))) for row in rows)
    return "".join(str(max(row)) for row in rows)


def example(rng: np.random.Generator, kind: str, *, segments: bool) -> Example:
    """One random example of a kind of question."""
    digits = rng.integers(0, 10, size=(ROWS, COLUMNS))
    picture = draw(digits[None], rng, segments=segments)[0]
    return Example(picture, kind, QUESTIONS[kind], answer(kind, digits))
