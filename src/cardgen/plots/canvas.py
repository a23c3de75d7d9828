"""A sheet of pixels to draw on: text, lines, boxes and marks, by matplotlib, to SVG or PNG.

Owns every call into matplotlib's drawing. Pixels count from the top left, as in SVG. Nothing here
reads the user's matplotlib settings or leaves a trace in them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from cardgen.plots import lettering, palette
from cardgen.plots.palette import Colour, Look

WIDTH = 880
LINE_HEIGHT = 1.3
"""Distance of two lines of text, in font sizes."""

Align = Literal["left", "center", "right"]
Point = tuple[float, float]


class Written(NamedTuple):
    """What the SVG must say where matplotlib drew a stand-in, and the whole of a shortened text."""

    text: str
    full: str | None


class Canvas:
    """One sheet, `WIDTH` pixels wide."""

    def __init__(self, height: float) -> None:
        self.height = round(height)
        self.written: dict[str, Written] = {}
        # One point is one pixel at 72 dots an inch: the SVG's own density.
        self.figure = Figure(figsize=(WIDTH / 72, self.height / 72), dpi=72)
        self.figure.patch.set_visible(False)
        flip = Affine2D().scale(1, -1).translate(0, self.height).scale(1 / 72)
        self._pixels = flip + self.figure.dpi_scale_trans

    def text(
        self,
        at: Point,
        text: str,
        size: float,
        *,
        colour: Colour = palette.TEXT,
        align: Align = "left",
        bold: bool = False,
        upright: bool = True,
        full: str | None = None,
    ) -> None:
        """Writes one cleaned line with its baseline at a point; not upright runs bottom to top."""
        if not text:
            return
        name = f"text-{len(self.written)}"
        self.written[name] = Written(text, full)
        artist = Text(
            *at,
            lettering.drawable(text),
            color=colour.light,
            horizontalalignment=align,
            verticalalignment="baseline",
            fontproperties=FontProperties(
                fname=str(lettering.font(bold=bold)),
                size=size,
                weight="bold" if bold else "normal",
            ),
            rotation=0 if upright else 90,
            rotation_mode="anchor",
            parse_math=False,
            transform=self._pixels,
            zorder=5,
        )
        artist.set_gid(name)
        self.figure.add_artist(artist)

    def lines(
        self,
        at: Point,
        lines: lettering.Lines,
        size: float,
        *,
        colour: Colour = palette.TEXT,
        align: Align = "left",
        bold: bool = False,
    ) -> None:
        """Writes lines one below the other, the baseline of the first at a point."""
        for number, line in enumerate(lines.lines):
            here = (at[0], at[1] + number * size * LINE_HEIGHT)
            last = number == len(lines.lines) - 1
            full = lines.full if last else None
            self.text(here, line, size, colour=colour, align=align, bold=bold, full=full)

    def line(
        self,
        points: Sequence[Point],
        colour: Colour,
        thickness: float = 1.0,
        *,
        dash: Sequence[float] = (),
        above: int = 1,
    ) -> None:
        """Draws a line through points; `above` orders what overlaps."""
        self.figure.add_artist(
            Line2D(
                [x for x, _ in points],
                [y for _, y in points],
                color=colour.light,
                linewidth=thickness,
                linestyle=(0, tuple(dash)) if dash else "-",
                solid_capstyle="butt",
                transform=self._pixels,
                zorder=above,
            )
        )

    def box(self, left: float, top: float, right: float, bottom: float, look: Look) -> None:
        """Fills a box with a series' colour and hatch."""
        self.figure.add_artist(
            Rectangle(
                (left, top),
                right - left,
                bottom - top,
                facecolor=look.colour.light,
                # The hatch takes the edge's colour: stripes of panel in a bar of colour.
                edgecolor=palette.PANEL.light,
                hatch=look.hatch or None,
                linewidth=0,
                transform=self._pixels,
                zorder=2,
            )
        )

    def marks(self, points: Sequence[Point], look: Look) -> None:
        """Draws a series' marker at each point, rimmed so that markers on one another show."""
        self._markers(points, look.marker, look.size, look.colour.light, palette.PANEL.light, 1.0)

    def crosses(self, points: Sequence[Point], colour: Colour) -> None:
        """Draws a small cross at each point: here something was not measured."""
        self._markers(points, "x", 6.5, colour.light, colour.light, 1.8)

    def svg(self, salt: str) -> str:
        """The sheet as matplotlib writes it, its text as text; the theme is put on afterwards."""
        with _plain_settings({"svg.fonttype": "none", "svg.hashsalt": salt}):
            target = io.BytesIO()
            metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
            self.figure.savefig(target, format="svg", metadata=metadata)
        return target.getvalue().decode()

    def png(self) -> bytes:
        """The sheet in the light theme, opaque, at twice the density of the SVG."""
        with _plain_settings({}):
            self.figure.patch.set_visible(True)
            target = io.BytesIO()
            self.figure.savefig(
                target,
                format="png",
                dpi=144,
                facecolor=palette.PANEL.light,
                metadata={"Software": None},
            )
        return target.getvalue()

    def _markers(
        self,
        points: Sequence[Point],
        marker: str,
        size: float,
        face: str,
        edge: str,
        rim: float,
    ) -> None:
        if not points:
            return
        self.figure.add_artist(
            Line2D(
                [x for x, _ in points],
                [y for _, y in points],
                linestyle="none",
                marker=marker,
                markersize=size,
                markerfacecolor=face,
                markeredgecolor=edge,
                markeredgewidth=rim,
                transform=self._pixels,
                zorder=4,
            )
        )


@contextmanager
def sheet_settings() -> Iterator[None]:
    """Matplotlib's own defaults while artists are made and drawn; the user's again afterwards."""
    with _plain_settings({}):
        yield


@contextmanager
def _plain_settings(extra: dict[str, str]) -> Iterator[None]:
    # The default backend is a sentinel that would make matplotlib look for a screen.
    settings: dict[Any, Any] = {**mpl.rcParamsDefault, "hatch.linewidth": 1.2, **extra}
    del settings["backend"]
    with mpl.rc_context(settings):
        yield
