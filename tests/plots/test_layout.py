"""Room: no text lies on another, and none leaves the sheet."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from cardgen.plots import draw
from cardgen.plots.canvas import sheet_settings
from cardgen.plots.figure import Kind, Panel, Plot, Series
from plots.samples import ALL, MODELS, recovery, series


def crowded(kind: Kind, categories: int, rows: int) -> Plot:
    """Many long names and numbers."""
    x = tuple(f"category {index}/with-a-long_name" for index in range(categories))
    lines = tuple(
        series(f"{MODELS[index % 3]}-{index}", *(1.0 + index + i % 7 for i in range(categories)))
        for index in range(rows)
    )
    y_label = "Quantity, with a name too long to stand in one line " * 3
    panel = Panel(kind, x, "Category", y_label, lines)
    panels = (replace(panel, title="T" * 80), panel)
    return Plot("crowded", "A title that goes on and on " * 8, "", panels)


def sweep(count: int, step: int) -> Plot:
    """A long sweep, with a number at each point."""
    x = tuple(str(1000 + step * index) for index in range(count))
    lines = tuple(series(str(row), *(float(i * row) for i in range(count))) for row in (1, 2))
    panel = Panel("line", x, "Length", "s", lines)
    return Plot("sweep", "Sweep", "", (panel, panel, panel), absent="not measured")


def shuffled() -> Plot:
    """Panels of every kind side by side."""
    gap = Series("a", (1.0, None), ("1", "not measured"))
    kinds: tuple[Kind, ...] = ("line", "bar", "dot", "line", "dot", "bar", "line")
    panels = tuple(Panel(kind, ("p", "q"), "x", "y", (gap,), f"{kind}") for kind in kinds)
    return Plot("shuffled", "Shuffled", "", panels, absent="not measured", columns=3)


PLOTS = (
    *ALL,
    crowded("line", 12, 8),
    crowded("bar", 12, 8),
    crowded("dot", 20, 3),
    sweep(20, 100),
    sweep(4, 1),
    sweep(90, 7),
    shuffled(),
    replace(recovery(), panels=recovery().panels * 2, columns=2),
)


def boxes(plot: Plot) -> list[tuple[str, Bbox]]:
    """Every text on the sheet with the box that matplotlib's renderer gives it."""
    with sheet_settings():
        canvas = draw.compose(plot)
        agg: Any = FigureCanvasAgg(canvas.figure)
        renderer = agg.get_renderer()
        artists = [artist for artist in canvas.figure.get_children() if isinstance(artist, Text)]
        return [(artist.get_text(), artist.get_window_extent(renderer)) for artist in artists]


@pytest.mark.parametrize("plot", PLOTS, ids=[f"{i}-{plot.id}" for i, plot in enumerate(PLOTS)])
def test_no_text_lies_on_another_or_leaves_the_sheet(plot: Plot) -> None:
    with sheet_settings():
        height = draw.compose(plot).height
    found = boxes(plot)
    for text, box in found:
        assert box.x0 >= 4, text
        assert box.x1 <= 876, text
        assert box.y0 >= 2, text
        assert box.y1 <= height - 2, text
    for (one, first), (other, second) in combinations(found, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        down = min(first.y1, second.y1) - max(first.y0, second.y0)
        # The boxes hold a line's whole ascent and descent: letters do not touch at a pixel of it.
        assert across <= 0.5 or down <= 1.5, f"{one!r} lies on {other!r}"


@pytest.mark.parametrize(
    ("rows", "count", "labelled"),
    [
        (1, 5, {0, 1, 2, 3, 4}),
        (1, 60, {0, 59}),
        (8, 5, set()),
    ],
    ids=["all fit", "ends and extremes", "several lines: none"],
)
def test_lines_print_all_numbers_or_those_that_mean_something(
    rows: int, count: int, labelled: set[int]
) -> None:
    x = tuple(f"{index + 100}" for index in range(count))
    lines = tuple(
        Series(
            f"line {row}",
            tuple(float(index + row / 9) for index in range(count)),
            tuple(f"#{index}" for index in range(count)),
        )
        for row in range(rows)
    )
    found = boxes(Plot("p", "", "", (Panel("line", x, "x", "y", lines),)))
    assert {int(text[1:]) for text, _ in found if text.startswith("#")} == labelled
