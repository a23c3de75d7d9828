"""A panel of lines: how values move along a sweep.

Owns the placing of points, gaps, ticks and value labels of a line panel. A line joins only
neighbours that were both measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

from cardgen.plots import lettering, palette, scale
from cardgen.plots.canvas import LINE_HEIGHT, Canvas, Point
from cardgen.plots.figure import Panel, Plot, Series
from cardgen.plots.header import LABEL, TICK, VALUE, Header
from cardgen.plots.palette import Look

BODY = 200.0
_NARROWEST = 250.0
_INSET = 21.0

T = TypeVar("T")


class Rectangle(NamedTuple):
    """A box that something occupies, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Rectangle) -> bool:
        """Whether the two share any area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def least_width(panel: Panel) -> float:
    """Pixels below which a panel of lines is hard to read, or cannot name all its categories."""
    return max(_NARROWEST, len(panel.x) * (TICK + 3.5) + 90)


class LineBlock:
    """One line panel, measured when made and drawn where the sheet puts it."""

    def __init__(self, plot: Plot, panel: Panel, room: float, looks: Mapping[str, Look]) -> None:
        self._panel, self._looks, self._absent = panel, looks, plot.absent
        self._header = Header(panel, room)
        self._ticks, self._tick_words = _value_ticks(panel, plot.decimal)
        widths = [lettering.width(word, TICK) for word in self._tick_words]
        self._left = max(widths, default=0.0) + 9
        self._right = room
        self._order, self._x = _across(panel, self._left + _INSET, room - _INSET)
        self._categories, self._turned = self._fit_categories()
        self._x_label = lettering.fit(panel.x_label, room - self._left, LABEL, most=2)
        self.above = self._header.height + 6
        self.below = BODY + self._category_height() + self._label_height()

    def draw(self, canvas: Canvas, left: float, top: float) -> None:
        """Draws the panel with the top of its plotting area at a pixel."""
        self._header.draw(canvas, left, top - 6)
        low, high = (self._ticks[0], self._ticks[-1]) if self._ticks else (0.0, 1.0)
        up = scale.Scale(low, high, top + BODY, top, self._panel.log)
        self._frame(canvas, left, top, up)
        runs: list[list[Point]] = []
        labels: list[tuple[Point, str]] = []
        outer: list[tuple[Point, str]] = []
        for series in self._panel.series:
            found = self._places(series, left, up)
            runs += _runs(found)
            self._series(canvas, series, found, left, up)
            texts = map(lettering.clean, self._in_order(series.shown))
            told = [(at, text) for at, text in zip(found, texts, strict=True) if at and text]
            labels += told
            outer += outermost(told)
        self._gaps(canvas, left, top)
        if not self._panel.label_values:
            return
        area = Rectangle(left + self._left, top, left + self._right, top + BODY)
        alone = len(self._panel.series) == 1
        placed = list(place_labels(labels, runs, area, alone=alone))
        if len(placed) < len(labels):
            # Labels here and there would look like a choice. The ends and extremes of a lone line
            # are one; of several lines, some labelled and some not, nothing would be.
            placed = list(place_labels(outer, runs, area, alone=True)) if alone else []
        for at, text in placed:
            canvas.text(at, text, VALUE)

    def _frame(self, canvas: Canvas, left: float, top: float, up: scale.Scale) -> None:
        start, end, bottom = left + self._left, left + self._right, top + BODY
        for value, word in zip(self._ticks, self._tick_words, strict=True):
            y = up.at(value)
            canvas.line([(start, y), (end, y)], palette.GRID, above=0)
            here = (start - 7, y + TICK * 0.36)
            canvas.text(here, word, TICK, colour=palette.MUTED, align="right")
        canvas.line([(start, bottom), (end, bottom)], palette.AXIS, above=1)
        for x, lines in zip(self._x, self._categories, strict=True):
            canvas.line([(left + x, bottom), (left + x, bottom + 4)], palette.AXIS, above=1)
            if self._turned:
                for line in lines.lines:
                    here = (left + x + TICK * 0.36, bottom + 8)
                    canvas.text(
                        here,
                        line,
                        TICK,
                        colour=palette.MUTED,
                        align="right",
                        upright=False,
                        full=lines.full,
                    )
            else:
                here = (left + x, bottom + 8 + TICK)
                canvas.lines(here, lines, TICK, colour=palette.MUTED, align="center")
        here = ((start + end) / 2, bottom + self._category_height() + LABEL + 3)
        canvas.lines(here, self._x_label, LABEL, colour=palette.MUTED, align="center")
        if self._panel.reference is not None:
            y = up.at(self._panel.reference)
            dash = palette.REFERENCE_DASH
            canvas.line([(start, y), (end, y)], palette.MUTED, 1.4, dash=dash, above=1)

    def _series(
        self,
        canvas: Canvas,
        series: Series,
        found: list[Point | None],
        left: float,
        up: scale.Scale,
    ) -> None:
        look = self._looks[series.label]
        for run in _runs(found):
            if len(run) > 1:
                canvas.line(run, look.colour, 2, dash=look.dash, above=2)
        if series.low is not None and series.high is not None:
            spans = zip(self._in_order(series.low), self._in_order(series.high), strict=True)
            for x, (low, high) in zip(self._x, spans, strict=True):
                if low is not None and high is not None:
                    ends = [(left + x, up.at(low)), (left + x, up.at(high))]
                    canvas.line(ends, look.colour, 1.2, above=2)
                    for end, y in ends:
                        canvas.line([(end - 3.5, y), (end + 3.5, y)], look.colour, 1.2, above=2)
        canvas.marks([place for place in found if place], look)

    def _gaps(self, canvas: Canvas, left: float, top: float) -> None:
        """Crosses on the floor of the panel, side by side where several series have a gap."""
        if not lettering.clean(self._absent):
            return
        for index, x in zip(self._order, self._x, strict=True):
            missing = [series for series in self._panel.series if series.values[index] is None]
            for number, series in enumerate(missing):
                shift = (number - (len(missing) - 1) / 2) * 9
                colour = self._looks[series.label].colour
                canvas.crosses([(left + x + shift, top + BODY - 7)], colour)

    def _places(self, series: Series, left: float, up: scale.Scale) -> list[Point | None]:
        pairs = zip(self._x, self._in_order(series.values), strict=True)
        return [None if value is None else (left + x, up.at(value)) for x, value in pairs]

    def _in_order(self, row: Sequence[T]) -> list[T]:
        return [row[index] for index in self._order]

    def _fit_categories(self) -> tuple[list[lettering.Lines], bool]:
        """The categories level where neighbours leave room, else running upwards."""
        texts = [self._panel.x[index] for index in self._order]
        steps = [b - a for a, b in pairwise(self._x)]
        room = min(steps, default=self._right - self._left) - 7
        words = [word for text in texts for word in lettering.clean(text).split(" ")]
        if max(lettering.width(word, TICK) for word in words) <= room:
            # Of the outer categories half may stand out, no farther than the panel reaches.
            return [lettering.fit(text, min(room, 150), TICK, most=3) for text in texts], False
        # More categories than lines of text fit side by side: every second, third … is named.
        every = max(1, math.ceil((TICK + 3) / (room + 7)))
        named = [text if index % every == 0 else "" for index, text in enumerate(texts)]
        return [lettering.fit(text, 130, TICK) for text in named], True

    def _category_height(self) -> float:
        if self._turned:
            return 12 + max(lettering.widest(lines, TICK) for lines in self._categories)
        return 12 + max(len(lines.lines) for lines in self._categories) * TICK * LINE_HEIGHT

    def _label_height(self) -> float:
        return len(self._x_label.lines) * LABEL * LINE_HEIGHT + 4


def place_labels(
    labels: list[tuple[Point, str]], runs: list[list[Point]], area: Rectangle, *, alone: bool
) -> Iterator[tuple[Point, str]]:
    """Baseline starts for those labels that find room by their point, free of all others.

    Tried in this order: above, below, right, left, the corners, farther off; the first that no
    line crosses. A lone line may cross its own labels. A label without room is left out: among
    several lines it would be read as another point's.
    """
    taken = [Rectangle(x - 5, y - 5, x + 5, y + 5) for run in runs for x, y in run]
    drawn = [point for run in runs for point in _along(run)]
    for at, text in labels:
        spots = [
            (box, start)
            for box, start in _spots(at, lettering.width(text, VALUE))
            if box.left >= area.left
            and box.right <= area.right + 8
            and box.top >= area.top - 8
            and box.bottom <= area.bottom
            and not any(box.meets(other) for other in taken)
        ]
        if spots:
            crossings = [_crossed(box, drawn) for box, _ in spots]
            fewest = min(crossings)
            if fewest == 0 or alone:
                box, start = spots[crossings.index(fewest)]
                taken.append(box)
                yield start, text


def outermost(labels: list[tuple[Point, str]]) -> list[tuple[Point, str]]:
    """The first, the last, the highest and the lowest of a line's labels."""
    if not labels:
        return []
    highest = min(labels, key=lambda label: label[0][1])
    lowest = max(labels, key=lambda label: label[0][1])
    return list(dict.fromkeys([labels[0], labels[-1], highest, lowest]))


def _spots(at: Point, wide: float) -> Iterator[tuple[Rectangle, Point]]:
    for across, down in _SPOTS:
        left = at[0] - wide / 2 + across * (wide / 2 + 8)
        base = at[1] + VALUE * 0.36 + down * 13
        box = Rectangle(left - 2, base - VALUE * 0.85, left + wide + 2, base + VALUE * 0.3)
        yield box, (left, base)


def _crossed(box: Rectangle, drawn: list[Point]) -> int:
    return sum(box.left < x < box.right and box.top < y < box.bottom for x, y in drawn)


def _along(run: list[Point]) -> Iterator[Point]:
    """Points every few pixels along a line."""
    for (x, y), (next_x, next_y) in pairwise(run):
        steps = max(1, int(max(abs(next_x - x), abs(next_y - y)) / 3))
        for step in range(steps + 1):
            share = step / steps
            yield x + (next_x - x) * share, y + (next_y - y) * share


_SPOTS = (
    *((0, -1), (0, 1), (1, 0), (-1, 0)),
    *((0.9, -0.9), (-0.9, -0.9), (0.9, 0.9), (-0.9, 0.9), (0, -1.5), (0, 1.5)),
)


def _across(panel: Panel, start: float, end: float) -> tuple[list[int], list[float]]:
    """The order of the categories along the axis, and their pixels.

    By numeric position, but evenly where that would set two ticks on one another.
    """
    order = list(range(len(panel.x)))
    numbers = scale.positions(panel.x)
    even = [0.5] if len(order) == 1 else [index / (len(order) - 1) for index in order]
    shares = even
    if numbers is not None:
        order.sort(key=numbers.__getitem__)
        if len(order) > 1:
            low, high = numbers[order[0]], numbers[order[-1]]
            exact = [(numbers[index] - low) / (high - low) for index in order]
            closest = min(b - a for a, b in pairwise(exact))
            if closest * (end - start) >= TICK + 3:
                shares = exact
    return order, [start + share * (end - start) for share in shares]


def _value_ticks(panel: Panel, decimal: str) -> tuple[list[float], list[str]]:
    numbers = panel.numbers()
    if not numbers:
        return [], []
    if panel.log:
        marks = scale.log_ticks(min(numbers), max(numbers))
        return marks, scale.words(marks, decimal, log=True)
    room = 0.1 if panel.label_values else 0.04
    marks = scale.ticks(*scale.reach(numbers, room=room), most=5)
    return marks, scale.words(marks, decimal)


def _runs(found: list[Point | None]) -> Iterator[list[Point]]:
    """Neighbours without a gap between them."""
    run: list[Point] = []
    for place in [*found, None]:
        if place is not None:
            run.append(place)
        elif run:
            yield run
            run = []
