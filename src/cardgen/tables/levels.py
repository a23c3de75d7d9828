"""The table of load levels: every window of every mode, with all that was recorded of it.

How latency grows with load; time to the first token, between tokens, tokens a second; how long the
window was and how many requests it held. A column that no window has is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from cardgen.card import Card
from cardgen.derive import serving
from cardgen.derive.quantity import Quantity, Value
from cardgen.language import Message
from cardgen.metrics import (
    CACHE_HITS,
    INTER_TOKEN_LATENCY,
    MEAN_TOKENS,
    OUTPUT_TOKENS_PER_SECOND,
    QUERIES_PER_DOLLAR,
    REQUEST_LATENCY,
    REQUESTS,
    REQUESTS_PER_SECOND,
    TIME_TO_FIRST_TOKEN,
    WINDOW,
    Metric,
)
from cardgen.records import Mode, ServingMeasurement
from cardgen.spec.base import Localized
from cardgen.store.runs import Stored
from cardgen.tables.grids import TABLED, Grid, Line, Place, Point
from cardgen.tables.model import Cell, Table, Text, settle
from cardgen.tables.serving import engine_label, hardware_label, window_label

ID = "levels"
FIELDS = (
    "ttft_s",
    "itl_s",
    "output_tokens_per_s",
    "prefix_cache_hit_rate",
    "mean_prompt_tokens",
    "mean_output_tokens",
)
"""What only this table shows of a window."""
Read = Callable[[Stored], Value | None]


class Column(NamedTuple):
    """One quantity of a window. `extra` ones alone make the table worth its place."""

    name: str
    label: Message
    metric: Metric
    read: Read
    extra: bool = True


COLUMNS: tuple[Column, ...] = (
    Column("rate", Message("Requests/s"), REQUESTS_PER_SECOND, serving.rate, extra=False),
    Column("latency", Message("Latency (s)"), REQUEST_LATENCY, serving.latency, extra=False),
    Column(
        "ttft",
        Message("Time to first token (s)"),
        TIME_TO_FIRST_TOKEN,
        partial(serving.reading, field="ttft_s", unit="s"),
    ),
    Column(
        "itl",
        Message("Between tokens (s)"),
        INTER_TOKEN_LATENCY,
        partial(serving.reading, field="itl_s", unit="s"),
    ),
    Column(
        "tokens",
        Message("Output tokens/s"),
        OUTPUT_TOKENS_PER_SECOND,
        partial(serving.reading, field="output_tokens_per_s", unit="1/s"),
    ),
    Column(
        "requests",
        Message("Requests"),
        REQUESTS,
        partial(serving.plain, field="requests/successful", unit=""),
        extra=False,
    ),
    Column(
        "prompt-tokens",
        Message("Mean prompt tokens"),
        MEAN_TOKENS,
        partial(serving.plain, field="mean_prompt_tokens", unit="tokens"),
    ),
    Column(
        "output-tokens",
        Message("Mean output tokens"),
        MEAN_TOKENS,
        partial(serving.plain, field="mean_output_tokens", unit="tokens"),
    ),
    Column(
        "window",
        Message("Window (s)"),
        WINDOW,
        partial(serving.plain, field="window_s", unit="s"),
        extra=False,
    ),
    Column(
        "cache-hits",
        Message("Prefix cache hits"),
        CACHE_HITS,
        partial(serving.plain, field="prefix_cache_hit_rate", unit="%", factor=100),
    ),
)


class Level(NamedTuple):
    """One window: where it stands, and its values by column."""

    place: Place
    model: str
    title: Localized
    mode: Mode
    label: tuple[Text, ...]
    address: str
    values: dict[str, Value]
    point: Point

    @property
    def order(self) -> tuple[int, float]:
        """One stream before several, rates after streams, the maximum last."""
        ranks: tuple[Mode, ...] = ("single-stream", "concurrent", "constant-rate", "multi-stream")
        return ranks.index(self.mode), self.place.load or 0.0


def table(card: Card, grids: Sequence[Grid]) -> Table | None:
    """The table of all windows; None where the other tables say all that is known of them."""
    if all(grid.mode in TABLED for grid in grids) and not any(map(_may_say_more, _windows(card))):
        return None
    levels = _levels(card, grids)
    known = {
        column.name
        for column in COLUMNS
        if any(isinstance(level.values[column.name], Quantity) for level in levels)
    }
    several = any(level.mode not in TABLED for level in levels)
    if not several and not any(map(_says_more, levels)):
        return None
    # Where every window failed, the first column says why.
    columns = [column for column in COLUMNS if column.name in known] or [COLUMNS[0]]
    priced = several and any(
        level.mode not in TABLED and isinstance(level.point.queries_per_dollar, Quantity)
        for level in levels
    )
    head = [
        Cell(label, header=True)
        for label in (Message("Hardware"), Message("Model"), Message("Use case"), Message("Load"))
    ]
    head += [Cell(column.label, header=True) for column in columns]
    head += [Cell(Message("Queries per dollar"), header=True)] if priced else []
    engines = len({level.place.engine for level in levels}) > 1
    body = []
    for number, level in enumerate(levels):
        row = list(_labels(card, levels, number, engines=engines))
        valued = (c for c in columns if isinstance(level.values[c.name], Quantity))
        first = next(valued, columns[0])
        for column in columns:
            remark = level.point.told if column is first else None
            address = f"{level.address}/{column.name}"
            value = level.values[column.name]
            row.append(Cell(value, column.metric, address=address, remark=remark))
        if priced:
            dollars = level.point.queries_per_dollar
            row.append(Cell(dollars, QUERIES_PER_DOLLAR, address=f"{level.address}/qpd"))
        body.append(row)
    made = Table(ID, Message("Load levels"), [head], body)
    return settle(made, mixed=len(card.records.origins) > 1)


def _windows(card: Card) -> Iterator[ServingMeasurement]:
    for item in card.measured("serving"):
        assert isinstance(item.measurement, ServingMeasurement)
        yield item.measurement


def _may_say_more(window: ServingMeasurement) -> bool:
    """Whether a record holds anything but what the table of its mode shows: looked at first, since
    most published windows do not."""
    own = "latency_s" if window.mode == "single-stream" else "requests_per_s"
    if getattr(window, own) is window.queries_per_dollar is None:
        return True
    return any(getattr(window, field) is not None for field in FIELDS)


def _says_more(level: Level) -> bool:
    """Whether something is known of a window that the table of its mode does not show."""
    own = "latency" if level.mode == "single-stream" else "rate"
    other = "rate" if own == "latency" else "latency"
    alone = not isinstance(level.values[own], Quantity)
    named = {column.name for column in COLUMNS if column.extra} | ({other} if alone else set())
    return any(isinstance(level.values[name], Quantity) for name in named)


def _levels(card: Card, grids: Sequence[Grid]) -> list[Level]:
    """The windows in the order of the table; one that is recorded twice, as a level and as the
    maximum, is there once."""
    found = [level for grid in grids for line in grid.lines for level in _of_line(card, grid, line)]
    places = list(dict.fromkeys((level.place.key, level.place.engine) for level in found))
    models = list(dict.fromkeys(level.model for level in found))
    titles = list(dict.fromkeys(str(level.title) for level in found))
    found.sort(
        key=lambda level: (
            places.index((level.place.key, level.place.engine)),
            models.index(level.model),
            titles.index(str(level.title)),
            level.order,
        )
    )
    kept: list[Level] = []
    for level in found:
        twin = level.mode == "multi-stream" and any(_same(level, other) for other in kept)
        if not twin:
            kept.append(level)
    return kept


def _of_line(card: Card, grid: Grid, line: Line) -> Iterator[Level]:
    own = grid.mode not in TABLED
    begin = line.address if own else f"{ID}/{line.address}"
    for part, title, point in zip(grid.parts, grid.titles, line.points, strict=True):
        if point.identity is None:
            continue
        values = {c.name: card.value(point.identity, c.read) for c in COLUMNS}
        shown = card.shown[point.identity] or card.records.identities[point.identity]
        measurement = shown[0].measurement
        assert isinstance(measurement, ServingMeasurement)
        label, address = window_label(measurement), f"{begin}/{part}"
        yield Level(line.place, line.model, title, grid.mode, label, address, values, point)


def _same(one: Level, other: Level) -> bool:
    """Whether two levels are one window that another table shows: the same use case and the same
    numbers, the rate among them."""
    if _number(one.values["rate"]) is None or (
        one.place.key,
        one.place.engine,
        one.model,
        one.title,
    ) != (
        other.place.key,
        other.place.engine,
        other.model,
        other.title,
    ):
        return False
    return all(_number(one.values[c.name]) == _number(other.values[c.name]) for c in COLUMNS)


def _number(value: Value) -> float | None:
    return value.value if isinstance(value, Quantity) else None


def _labels(card: Card, levels: Sequence[Level], number: int, *, engines: bool) -> Iterator[Cell]:
    """The row's first cells: hardware, model and use case by rowspan, then the load."""
    level = levels[number]

    def parts(other: Level) -> tuple[object, ...]:
        return ((other.place.key, other.place.engine), other.model, str(other.title))

    own = parts(level)
    hardware = hardware_label(card, level.place)
    texts = (
        engine_label(hardware, level.place.engine if engines else None),
        level.model,
        level.title,
    )
    for depth, text in enumerate(texts, start=1):
        if number and parts(levels[number - 1])[:depth] == own[:depth]:
            continue
        span = 0
        for other in levels[number:]:
            if parts(other)[:depth] != own[:depth]:
                break
            span += 1
        yield Cell(text, header=True, rowspan=span)
    yield Cell(level.label, header=True)
