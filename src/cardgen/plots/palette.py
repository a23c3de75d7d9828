"""The colours, markers, dashes and hatches of a plot, in a light and a dark theme.

Owns every colour. Each light colour is used for one purpose only, so that the dark theme can be
told as a table from light to dark.
"""

from __future__ import annotations

from typing import NamedTuple


class Colour(NamedTuple):
    """One colour in both themes, as #rrggbb."""

    light: str
    dark: str


class Look(NamedTuple):
    """How one series is told apart: by colour, and without it by marker, dashes and hatch."""

    colour: Colour
    marker: str
    size: float
    dash: tuple[float, ...]
    hatch: str


PANEL = Colour("#ffffff", "#151b26")
BORDER = Colour("#d1d9e0", "#313a48")
TEXT = Colour("#1f2328", "#e9eef4")
MUTED = Colour("#59636e", "#a3aebb")
AXIS = Colour("#818b98", "#6f7b8a")
GRID = Colour("#e6eaef", "#29313d")

# Found by search: of eight colours with at least 3:1 on their panel, those that stay farthest
# apart for normal, red-blind and green-blind eyes (the first four weighted, most plots need no
# more). No pair is closer than the closest of the Okabe-Ito palette, three of whose colours are
# too pale for a white panel.
SERIES = (
    Colour("#2668d5", "#69c1fc"),
    Colour("#a14206", "#b75f0b"),
    Colour("#0a9068", "#6fd087"),
    Colour("#913f82", "#b14f9f"),
    Colour("#2b235d", "#8a81ef"),
    Colour("#621c21", "#c77884"),
    Colour("#a28218", "#f0e331"),
    Colour("#143e4a", "#d0e2e3"),
)
# Sizes in pixels, so that markers of different shapes look equally large.
MARKERS = (
    ("o", 8.0),
    ("s", 7.6),
    ("^", 9.2),
    ("D", 7.0),
    ("v", 9.2),
    ("P", 9.4),
    ("X", 9.4),
    ("p", 9.4),
)
DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (6, 2.5),
    (2, 2),
    (8, 2.5, 2, 2.5),
    (11, 3),
    (4, 2, 1.5, 2, 1.5, 2),
    (3, 4),
    (12, 2, 3, 2),
)
HATCHES = ("", "/", "||", "\\\\", "x", "--", "+", "|")
REFERENCE_DASH = (5.0, 3.0)

ALL = (PANEL, BORDER, TEXT, MUTED, AXIS, GRID, *SERIES)


def look(index: int) -> Look:
    """A look that no other of the first sixty-four series has."""
    turn, place = divmod(index, len(SERIES))
    # After one round the colours repeat, so the shapes move on by one against them.
    shape = (place + turn) % len(SERIES)
    return Look(SERIES[place], *MARKERS[shape], DASHES[shape], HATCHES[shape])


def contrast(one: str, other: str) -> float:
    """The contrast of two #rrggbb colours, 1 to 21, as WCAG 2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def linear(colour: str) -> tuple[float, float, float]:
    """The linear-light parts of an #rrggbb colour (IEC 61966-2-1)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
