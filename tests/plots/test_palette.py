"""Colours: legible in both themes, and apart for red-blind and green-blind eyes."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from cardgen.plots import palette

THEMES = ("light", "dark")
# Machado, Oliveira and Fernandes 2009, severity 1.0, for linear light.
SIGHT = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "red-blind": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "green-blind": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


def oklab(colour: str, sight: str) -> tuple[float, float, float]:
    """A colour as an eye sees it, where equal distances look equally far apart."""
    parts = palette.linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, parts, strict=True))))
        for row in SIGHT[sight]
    )
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


@pytest.mark.parametrize("theme", THEMES)
def test_text_and_marks_stand_out_from_the_panel(theme: str) -> None:
    panel = getattr(palette.PANEL, theme)
    for colour in (palette.TEXT, palette.MUTED):
        assert palette.contrast(getattr(colour, theme), panel) >= 4.5
    for colour in (*palette.SERIES, palette.AXIS):
        assert palette.contrast(getattr(colour, theme), panel) >= 3


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES)
def test_series_stay_apart_for_every_eye(theme: str, sight: str) -> None:
    seen = [oklab(getattr(colour, theme), sight) for colour in palette.SERIES]
    assert min(math.dist(one, other) for one, other in combinations(seen, 2)) >= 0.076


def test_contrast_is_that_of_wcag() -> None:
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_each_light_colour_has_one_meaning() -> None:
    lights = [colour.light for colour in palette.ALL]
    assert len(set(lights)) == len(lights)


def test_the_first_sixty_four_looks_differ_and_neighbours_differ_without_colour() -> None:
    looks = [palette.look(index) for index in range(64)]
    assert len(set(looks)) == 64
    for one, other in combinations(looks[:8], 2):
        assert one.marker != other.marker
        assert one.dash != other.dash
        assert one.hatch != other.hatch
