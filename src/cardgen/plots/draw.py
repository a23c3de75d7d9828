"""Draws a described plot: the sheet, its panels in rows, and the finished bytes.

Owns the arrangement of a sheet. Same description, same bytes: nothing else enters a drawing, not
the time, the machine, the user's matplotlib settings, or what was drawn before.
"""

from __future__ import annotations

import re

from cardgen.plots import lettering, lines, rows
from cardgen.plots.canvas import LINE_HEIGHT, WIDTH, Canvas, sheet_settings
from cardgen.plots.figure import Panel, Plot, digest
from cardgen.plots.legend import Legend, looks
from cardgen.plots.stamp import stamp
from cardgen.plots.theme import dress

MARGIN = 20.0
TITLE = 15.5
_BESIDE, _BELOW = 30.0, 22.0

Block = lines.LineBlock | rows.RowBlock


def svg(plot: Plot) -> bytes:
    """The plot as a stamped SVG, readable on light and dark pages; text stays text."""
    name = _name(plot)
    with sheet_settings():
        canvas = compose(plot)
        drawn = canvas.svg(name)
    data = dress(
        drawn,
        name=name,
        title=lettering.clean(plot.title),
        alt=lettering.clean(plot.alt, longest=lettering.LONGEST_ALT),
        height=canvas.height,
        written=canvas.written,
    )
    return stamp(data, plot, "svg")


def png(plot: Plot) -> bytes:
    """The plot as a stamped PNG in the light theme, at twice the density, opaque."""
    with sheet_settings():
        data = compose(plot).png()
    return stamp(data, plot, "png")


def compose(plot: Plot) -> Canvas:
    """The sheet with everything on it: title, legend, and the panels row by row."""
    room = WIDTH - 2 * MARGIN
    title = lettering.fit(plot.title, room, TITLE, most=3, bold=True)
    legend = Legend(plot, room)
    top = MARGIN + len(title.lines) * TITLE * LINE_HEIGHT + (6 if title.lines else 0)
    legend_top, top = top, top + legend.height + (10 if legend.height else 0)
    placed: list[tuple[Block, float, float]] = []
    groups = _arrange(plot, room)
    if plot.same_scale:
        _even_out([block for group in groups for block, _ in group])
    for group in groups:
        above = max(block.above for block, _ in group)
        placed += [(block, left, top + above) for block, left in group]
        top += above + max(block.below for block, _ in group) + _BELOW
    canvas = Canvas(top - _BELOW + MARGIN * 0.7)
    canvas.lines((MARGIN, MARGIN + TITLE * 0.8), title, TITLE, bold=True)
    legend.draw(canvas, MARGIN, legend_top)
    for block, left, plot_top in placed:
        block.draw(canvas, left, plot_top)
    return canvas


def _arrange(plot: Plot, room: float) -> list[list[tuple[Block, float]]]:
    """The panels in rows, with their left edges: as many beside one another as stay readable."""
    count = len(plot.panels)
    wanted = plot.columns or (count if count <= 3 else 2 if count == 4 else 3)
    columns = min(wanted, count)
    while columns > 1 and not _readable(plot, columns, room):
        columns -= 1
    groups = [plot.panels[start : start + columns] for start in range(0, count, columns)]
    return [_row(plot, group, columns, room) for group in groups]


def _even_out(blocks: list[Block]) -> None:
    """Bars of one quantity stand on one scale: equal lengths are equal numbers in every panel."""
    bars = [block for block in blocks if isinstance(block, rows.RowBlock)]
    for quantity in dict.fromkeys(block.quantity for block in bars):
        if quantity is not None:
            rows.settle([block for block in bars if block.quantity == quantity])


def _readable(plot: Plot, columns: int, room: float) -> bool:
    for start in range(0, len(plot.panels), columns):
        group = plot.panels[start : start + columns]
        for panel, wide in zip(group, _widths(group, columns, room), strict=True):
            least = lines.least_width(panel)
            if panel.kind != "line":
                texts = (text for series in panel.series for text in series.shown)
                words = max((lettering.width(text, 11.0) for text in texts), default=0.0)
                least = rows.NARROWEST + (words if panel.label_values else 0.0)
            if wide < least:
                return False
    return True


def _widths(group: tuple[Panel, ...], columns: int, room: float) -> list[float]:
    """The width that each panel's own axes get, the names of its categories apart."""
    names = sum(_names_width(group, index) for index in range(len(group)))
    share = (room - names - _BESIDE * (columns - 1)) / columns
    return [share] * len(group)


def _names_width(group: tuple[Panel, ...], index: int) -> float:
    """What the category names before a panel take; nothing where its neighbour's serve it too."""
    panel = group[index]
    if panel.kind == "line":
        return 0.0
    before = group[index - 1] if index else panel
    # The same categories, and rows of the same height: one column of names reads for both.
    alike = before.x == panel.x and len(before.series) == len(panel.series)
    if index and before.kind != "line" and alike:
        return 0.0
    return rows.Names(panel).width


def _row(
    plot: Plot, group: tuple[Panel, ...], columns: int, room: float
) -> list[tuple[Block, float]]:
    styles = looks(plot)
    left, placed = MARGIN, list[tuple[Block, float]]()
    for index, (panel, wide) in enumerate(zip(group, _widths(group, columns, room), strict=True)):
        block: Block
        named = _names_width(group, index)
        if panel.kind == "line":
            block = lines.LineBlock(plot, panel, wide, styles)
        else:
            names = rows.Names(panel)
            block = rows.RowBlock(plot, panel, names, wide + named, styles, named=bool(named))
        placed.append((block, left))
        left += wide + named + _BESIDE
    return placed


def _name(plot: Plot) -> str:
    """An XML name for the drawing that no other plot on the same page has."""
    words = re.sub(r"[^a-z0-9]+", "-", plot.id.lower()).strip("-")[:40]
    return f"plot-{words or 'x'}-{digest(plot, 'svg')[:8]}"
