"""What stands above the axes of a panel: its title, and what its values are.

Owns their sizes. The value's name stands level above the axis instead of along it: it is read
without turning the head, and a long one wraps.
"""

from __future__ import annotations

from cardgen.plots import lettering, palette
from cardgen.plots.canvas import LINE_HEIGHT, Canvas
from cardgen.plots.figure import Panel

TITLE, LABEL, TICK, VALUE = 13.0, 12.0, 11.5, 11.0
"""Font sizes in pixels: panel titles, names of axes and categories, ticks, values at marks."""


class Header:
    """Title and value name, broken to the width of their panel."""

    def __init__(self, panel: Panel, room: float) -> None:
        self._title = lettering.fit(panel.title, room, TITLE, most=2, bold=True)
        self._label = lettering.fit(panel.y_label, room, LABEL, most=3)
        titles, labels = len(self._title.lines), len(self._label.lines)
        self.height = (titles * TITLE + labels * LABEL) * LINE_HEIGHT + 8 * bool(titles or labels)

    def draw(self, canvas: Canvas, left: float, bottom: float) -> None:
        """Writes upwards from the bottom, so that panels side by side are level at their axes."""
        top = bottom - self.height
        canvas.lines((left, top + TITLE), self._title, TITLE, bold=True)
        top += len(self._title.lines) * TITLE * LINE_HEIGHT
        canvas.lines((left, top + LABEL), self._label, LABEL, colour=palette.MUTED)
