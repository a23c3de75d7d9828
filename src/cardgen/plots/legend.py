"""What tells the series apart, in words: the entries above the panels.

Owns the order and the places of the entries.
"""

from __future__ import annotations

import math

from cardgen.plots import lettering, palette
from cardgen.plots.canvas import LINE_HEIGHT, WIDTH, Canvas
from cardgen.plots.figure import Kind, Plot
from cardgen.plots.palette import Look

SIZE = 12.5
_GAP = 26
_SWATCH = {"line": 30, "bar": 20, "dot": 12, "cross": 10, "reference": 26}


def looks(plot: Plot) -> dict[str, Look]:
    """The look of each series by its label, the same in every panel."""
    labels = dict.fromkeys(series.label for panel in plot.panels for series in panel.series)
    return {label: palette.look(index) for index, label in enumerate(labels)}


class Legend:
    """Entries in columns of one width, as many side by side as there is room for."""

    def __init__(self, plot: Plot, room: float) -> None:
        self._looks = looks(plot)
        self._entries: list[tuple[str, str, lettering.Lines]] = []
        kinds: dict[str, Kind] = {}
        for panel in plot.panels:
            for series in panel.series:
                kinds.setdefault(series.label, panel.kind)
        for label, kind in kinds.items():
            self._add(kind, label, label, room)
        drawn = [panel for panel in plot.panels if panel.kind == "line"]
        references = [panel for panel in drawn if panel.reference is not None]
        for text in dict.fromkeys(panel.reference_label for panel in references):
            self._add("reference", "", text, room)
        gaps = (value is None for panel in drawn for row in panel.series for value in row.values)
        if any(gaps):
            self._add("cross", "", plot.absent, room)
        self._column = max((self._wide(entry) for entry in self._entries), default=0.0) + _GAP
        self._columns = max(1, math.floor((room + _GAP) / self._column)) if self._entries else 1
        rows = math.ceil(len(self._entries) / self._columns)
        chunks = [self._entries[row * self._columns :][: self._columns] for row in range(rows)]
        self._rows = [
            max(len(lines.lines) for _, _, lines in chunk) * SIZE * LINE_HEIGHT + 4
            for chunk in chunks
        ]
        self.height = sum(self._rows)

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """Draws the entries row by row, in the order in which the panels name them."""
        for index, (kind, label, lines) in enumerate(self._entries):
            row, column = divmod(index, self._columns)
            x = left + column * self._column
            baseline = top + sum(self._rows[:row]) + SIZE
            self._swatch(canvas, kind, label, x, baseline - SIZE * 0.36)
            canvas.lines((x + _SWATCH[kind] + 7, baseline), lines, SIZE)

    def _add(self, kind: str, label: str, text: str, room: float) -> None:
        lines = lettering.fit(text, min(room, WIDTH) - _SWATCH[kind] - 7, SIZE, most=3)
        if lines.lines:
            self._entries.append((kind, label, lines))

    def _wide(self, entry: tuple[str, str, lettering.Lines]) -> float:
        kind, _, lines = entry
        return _SWATCH[kind] + 7 + lettering.widest(lines, SIZE)

    def _swatch(self, canvas: Canvas, kind: str, label: str, x: float, y: float) -> None:
        end, middle = x + _SWATCH[kind], x + _SWATCH[kind] / 2
        if kind == "reference":
            canvas.line([(x, y), (end, y)], palette.MUTED, 1.4, dash=palette.REFERENCE_DASH)
        elif kind == "cross":
            canvas.crosses([(middle, y)], palette.MUTED)
        elif kind == "bar":
            canvas.box(x, y - 6, end, y + 6, self._looks[label])
        else:
            look = self._looks[label]
            if kind == "line":
                canvas.line([(x, y), (end, y)], look.colour, 2, dash=look.dash)
            canvas.marks([(middle, y)], look)
