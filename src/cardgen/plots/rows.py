"""A panel of rows: bars from zero, or dots on a close-up axis, with the categories down the side.

Owns the placing of rows and of the numbers beside them. Every number has its place: the axis is
stretched until all of them fit, and what was not measured stands as words in its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cardgen.plots import lettering, palette, scale
from cardgen.plots.canvas import LINE_HEIGHT, Canvas
from cardgen.plots.figure import Panel, Plot, Series
from cardgen.plots.header import LABEL, TICK, VALUE, Header
from cardgen.plots.palette import Look

NARROWEST = 90.0
"""Pixels that the longest bar must have left beside its number."""

_SLOT, _THICK, _BETWEEN = 17.0, 13.0, 11.0
_AXIS_HEIGHT = 22.0
_NAMES_WIDEST = 230.0


class _Row(NamedTuple):
    """One bar or dot: its centre below the top, and pixels needed left and right of a value."""

    centre: float
    series: Series
    category: int
    text: str
    left: float
    right: float


class _Need(NamedTuple):
    """Pixels to keep free left and right of a place on the axis."""

    at: float
    left: float
    right: float


class Names:
    """The categories down the side, wrapped; shared by panels with the same ones."""

    def __init__(self, panel: Panel) -> None:
        self.x = panel.x
        self._lines = [lettering.fit(text, _NAMES_WIDEST, LABEL, most=3) for text in panel.x]
        self._header = lettering.fit(panel.x_label, _NAMES_WIDEST, LABEL, most=2)
        widths = [lettering.widest(lines, LABEL) for lines in (*self._lines, self._header)]
        self.width = max(widths) + 12
        self.header_height = len(self._header.lines) * LABEL * LINE_HEIGHT + 8

    def height(self, index: int) -> float:
        """Pixels that the name of a category takes from top to bottom."""
        return len(self._lines[index].lines) * LABEL * LINE_HEIGHT

    def draw(self, canvas: Canvas, right: float, top: float, centres: list[float]) -> None:
        """Writes the names against a right edge, each around its centre below the top."""
        step = LABEL * LINE_HEIGHT
        header = top - self.header_height + LABEL
        here = (right - 12, header)
        canvas.lines(here, self._header, LABEL, colour=palette.MUTED, align="right")
        for centre, lines in zip(centres, self._lines, strict=True):
            first = top + centre - (len(lines.lines) - 1) * step / 2 + LABEL * 0.36
            canvas.lines((right - 12, first), lines, LABEL, align="right")


class RowBlock:
    """One panel of bars or dots, measured when made and drawn where the sheet puts it."""

    def __init__(
        self,
        plot: Plot,
        panel: Panel,
        names: Names,
        room: float,
        looks: Mapping[str, Look],
        *,
        named: bool,
    ) -> None:
        self._panel, self._looks, self._names, self._named = panel, looks, names, named
        self._absent = lettering.clean(plot.absent) or "×"
        self._left = names.width if named else 0.0
        self._right = room
        self._header = Header(panel, room - self._left)
        self._reference = lettering.fit(panel.reference_label, 160, TICK)
        self._strip = 17.0 if panel.reference is not None and self._reference.lines else 6.0
        self._rows, self._centres, body = self._stack()
        self._body, self._decimal = body, plot.decimal
        self.quantity = panel.y_label if panel.kind == "bar" else None
        settle([self])
        above = self._header.height
        self.above = max(above, names.header_height if named else 0) + self._strip
        self.below = body + (_AXIS_HEIGHT if self._ticks else 4)

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """Draws the panel with the top of its plotting area at a pixel."""
        start, end = left + self._left, left + self._right
        self._header.draw(canvas, start, top - self._strip)
        if self._named:
            self._names.draw(canvas, start, top - self._strip, self._centred())
        self._frame(canvas, left, top, start, end)
        for row in self._rows:
            self._draw_row(canvas, row, left, top + row.centre)

    def _centred(self) -> list[float]:
        return [centre + self._strip for centre in self._centres]

    def _frame(self, canvas: Canvas, left: float, top: float, start: float, end: float) -> None:
        bottom, dotted = top + self._body, self._panel.kind == "dot"
        if dotted:
            for row in self._rows:
                self._guide(canvas, row, start, end, top + row.centre)
            canvas.line([(start, bottom), (end, bottom)], palette.AXIS)
        for value, word in zip(self._ticks, self._tick_words, strict=True):
            x = left + self._scale.at(value)
            if dotted:
                canvas.line([(x, bottom), (x, bottom + 4)], palette.AXIS)
            else:
                canvas.line([(x, top), (x, bottom)], palette.GRID, above=0)
            here = (x, bottom + 7 + TICK)
            canvas.text(here, word, TICK, colour=palette.MUTED, align="center")
        if not dotted:
            zero = left + self._scale.at(0)
            canvas.line([(zero, top), (zero, bottom)], palette.AXIS, 1.2, above=3)
        if self._panel.reference is not None:
            x = left + self._scale.at(self._panel.reference)
            ends = [(x, top - 2), (x, bottom)]
            canvas.line(ends, palette.MUTED, 1.4, dash=palette.REFERENCE_DASH, above=3)
            half = lettering.widest(self._reference, TICK) / 2
            middle = min(max(x, start + half), end - half)
            where = (middle, top - 6)
            canvas.lines(where, self._reference, TICK, colour=palette.MUTED, align="center")

    def _draw_row(self, canvas: Canvas, row: _Row, left: float, y: float) -> None:
        value, look = row.series.values[row.category], self._looks[row.series.label]
        self._write(canvas, row, left, y + VALUE * 0.36)
        if value is None:
            return
        x, low, high = left + self._scale.at(value), *self._ends(row)
        if self._panel.kind == "bar":
            ends = sorted((left + self._scale.at(0), x))
            canvas.box(ends[0], y - _THICK / 2, ends[1], y + _THICK / 2, look)
        elif self._panel.reference is not None:
            origin = left + self._scale.at(self._panel.reference)
            canvas.line([(origin, y), (x, y)], look.colour, 2, above=2)
        if low < high:
            whisker = (left + self._scale.at(low), left + self._scale.at(high))
            canvas.line([(whisker[0], y), (whisker[1], y)], palette.TEXT, 1.2, above=3)
            for end in whisker:
                canvas.line([(end, y - 3.5), (end, y + 3.5)], palette.TEXT, 1.2, above=3)
        if self._panel.kind == "dot":
            canvas.marks([(x, y)], look)

    def _write(self, canvas: Canvas, row: _Row, left: float, baseline: float) -> None:
        colour = palette.MUTED if row.series.values[row.category] is None else palette.TEXT
        start, end = self._span(row)
        if self._leftward(row):
            canvas.text((left + end, baseline), row.text, VALUE, colour=colour, align="right")
        else:
            canvas.text((left + start, baseline), row.text, VALUE, colour=colour)

    def _guide(self, canvas: Canvas, row: _Row, start: float, end: float, y: float) -> None:
        """A faint line for the eye along the row, open where the number stands."""
        left = start - self._left
        first, last = (left + edge for edge in self._span(row))
        for ends in ((start, first - 4), (last + 4, end)) if row.text else ((start, end),):
            if ends[1] - ends[0] > 12:
                canvas.line([(ends[0], y), (ends[1], y)], palette.GRID, above=0)

    def _span(self, row: _Row) -> tuple[float, float]:
        """Where the text of a row begins and ends, across the panel."""
        at, wide = self._scale.at(self._anchor(row)), lettering.width(row.text, VALUE)
        gap = 6 if self._panel.kind == "bar" else 9
        return (at - gap - wide, at - gap) if self._leftward(row) else (at + gap, at + gap + wide)

    def _stack(self) -> tuple[list[_Row], list[float], float]:
        """The rows from top to bottom, the centres of their groups, and the height of all."""
        rows: list[_Row] = []
        centres: list[float] = []
        top, count = 0.0, len(self._panel.series)
        for index in range(len(self._panel.x)):
            high = max(count * _SLOT, self._names.height(index)) + _BETWEEN
            centres.append(top + high / 2)
            first = top + (high - (count - 1) * _SLOT) / 2
            for number, series in enumerate(self._panel.series):
                rows.append(self._row(series, index, first + number * _SLOT))
            top += high
        return rows, centres, top

    def _row(self, series: Series, index: int, centre: float) -> _Row:
        missing = series.values[index] is None
        text = lettering.clean(series.shown[index])
        if missing:
            text = text or self._absent
        elif not self._panel.label_values:
            text = ""
        row = _Row(centre, series, index, text, 0.0, 0.0)
        wide = lettering.width(text, VALUE) + 10 if text else 6.0
        return row._replace(left=wide) if self._leftward(row) else row._replace(right=wide)

    def _leftward(self, row: _Row) -> bool:
        """Whether the number stands left of its dot, away from the stem."""
        value, reference = row.series.values[row.category], self._panel.reference
        dotted = self._panel.kind == "dot" and value is not None
        return dotted and reference is not None and value is not None and value < reference

    def _ends(self, row: _Row) -> tuple[float, float]:
        """The ends of the error bar; the value itself where there is none."""
        value = row.series.values[row.category]
        low = row.series.low[row.category] if row.series.low else None
        high = row.series.high[row.category] if row.series.high else None
        assert value is not None
        return min(value if low is None else low, value), max(
            value if high is None else high, value
        )

    def _anchor(self, row: _Row) -> float:
        """Where a number, or the words in its place, stand on the axis."""
        if row.series.values[row.category] is not None:
            low, high = self._ends(row)
            anchor = low if self._leftward(row) else high
            return max(anchor, 0.0) if self._panel.kind == "bar" else anchor
        if self._panel.kind == "bar":
            return 0.0
        numbers = self._panel.numbers()
        return (
            self._panel.reference
            if self._panel.reference is not None
            else min(numbers, default=0.0)
        )

    def demand(self) -> tuple[tuple[float, ...], list[_Need], float]:
        """What an axis must hold: the numbers, the room beside each, and the pixels it gets."""
        needs = [_Need(self._anchor(row), row.left + 4, row.right + 4) for row in self._rows]
        return self._panel.numbers(), needs, self._right - self._left

    def settle(self, low: float, high: float) -> None:
        """Takes a stretch of the axis for its own."""
        self._scale = scale.Scale(low, high, self._left, self._right)
        self._ticks = self._marks()
        self._tick_words = scale.words(self._ticks, self._decimal)

    def _marks(self) -> list[float]:
        """Ticks inside the axis; none on bars that carry their numbers."""
        labelled = self._panel.kind == "bar" and self._panel.label_values
        if labelled or not self._panel.numbers():
            return []
        low, high = self._scale.low, self._scale.high
        spare = (high - low) * 0.01
        most = max(2, int((self._right - self._left) / 75))
        return [
            mark for mark in scale.ticks(low, high, most) if low - spare <= mark <= high + spare
        ]


def settle(blocks: Sequence[RowBlock]) -> None:
    """Puts panels of one kind on one axis, on which every mark and number of them has room."""
    demands = [block.demand() for block in blocks]
    numbers = [number for found, _, _ in demands for number in found]
    needs = [need for _, found, _ in demands for need in found]
    room = min(pixels for _, _, pixels in demands)
    bars = blocks[0].quantity is not None
    if bars:
        least, most = min((0.0, *numbers)), max((0.0, *numbers))
        most = most if most > least else 1.0
    else:
        least, most = scale.widen(min(numbers, default=0.0), max(numbers, default=1.0))
    low, high = least, most
    # Widening the axis moves the marks, so the room beside them is found step by step; the steps
    # shrink geometrically while the texts are narrower than the panel.
    for _ in range(60):
        unit = (high - low) / room
        high = max([most, *(need.at + need.right * unit for need in needs)])
        if not bars or least < 0:
            low = min([least, *(need.at - need.left * unit for need in needs)])
    for block in blocks:
        block.settle(low, high)
