"""Whatever a description may hold, it is drawn: odd sizes, ends, labels, and many of them."""

from __future__ import annotations

import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples_cards import RELAXED

from cardgen.plots import draw
from cardgen.plots.figure import (
    LARGEST,
    MOST_VALUES,
    SMALLEST,
    Kind,
    Panel,
    Plot,
    Series,
    is_drawable,
)

KINDS: tuple[Kind, ...] = ("line", "bar", "dot")
ENDS = [0.0, -0.0, SMALLEST, -SMALLEST, LARGEST, -LARGEST, 1.0, -1.0, 100.0, 1e-99, 5e99]
NUMBERS = st.none() | st.sampled_from(ENDS) | st.floats(-LARGEST, LARGEST).filter(is_drawable)
ODD = [
    "",
    " ",
    "a",
    "1",
    "2",
    "4",
    "1e5",
    "-3",
    "0.5",
    "²",
    "\u202e",
    "\n",
    "\x85",
    "$x^2$",
    "\\frac",
]
LONG = ["x" * 2000, "слово " * 300, "🎲" * 50, "<&>\"'" * 9]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from([*ODD, *LONG])


@st.composite
def panels(drawn: st.DrawFn) -> Panel:
    """A panel of few values, one category and one series among them."""
    kind = drawn(st.sampled_from(KINDS))
    count = drawn(st.integers(1, 5))

    def row() -> tuple[float | None, ...]:
        return tuple(drawn(NUMBERS) for _ in range(count))

    def texts() -> tuple[str, ...]:
        return tuple(drawn(TEXTS) for _ in range(count))

    def series() -> Series:
        low, high = (row(), row()) if drawn(st.booleans()) else (None, None)
        return Series(drawn(TEXTS), row(), texts(), low, high)

    found = tuple(series() for _ in range(drawn(st.integers(1, 3))))
    reference = drawn(NUMBERS)
    numbers = [number for one in found for number in one.numbers()]
    positive = min([*numbers, 1.0 if reference is None else reference], default=1.0) > 0
    return Panel(
        kind,
        texts(),
        drawn(TEXTS),
        drawn(TEXTS),
        found,
        title=drawn(TEXTS),
        reference=reference,
        reference_label=drawn(TEXTS),
        label_values=drawn(st.booleans()),
        log=kind == "line" and positive and drawn(st.booleans()),
    )


@settings(RELAXED, max_examples=30, suppress_health_check=list(HealthCheck))
@given(st.lists(panels(), min_size=1, max_size=4), TEXTS, TEXTS, TEXTS, st.booleans())
def test_any_description_is_drawn(
    found: list[Panel], title: str, alt: str, absent: str, same_scale: bool
) -> None:
    plot = Plot("p", title, alt, tuple(found), absent=absent, same_scale=same_scale)
    assert draw.svg(plot).startswith(b"<?xml")
    assert draw.png(plot).startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", ["", "x" * 30])
def test_as_many_values_as_a_plot_may_have(kind: Kind, label: str) -> None:
    """Categories of one name, of none, of long ones: all are drawn."""
    values = tuple(90 + (number * 7 % 20) / 1.7 for number in range(MOST_VALUES))
    x = (label,) * MOST_VALUES
    one = Series("", values, tuple(f"{value:.2f}" for value in values))
    plot = Plot("p", "", "", (Panel(kind, x, "x", "y", (one,)),))
    assert draw.svg(plot).startswith(b"<?xml")


@pytest.mark.parametrize(
    ("value", "drawable"),
    [
        (0.0, True),
        (SMALLEST, True),
        (-LARGEST, True),
        (5e-324, False),
        (-1e101, False),
        (sys.float_info.max, False),
        (float("inf"), False),
        (float("nan"), False),
    ],
)
def test_what_an_axis_can_show(value: float, drawable: bool) -> None:
    assert is_drawable(value) is drawable
