"""The plots of a card, as plain descriptions in a language, built from its tables and grids.

Every number of a plot is a cell of a table beside it, printed as the cell prints it. A plot that
cannot be drawn is absent with its reason; its numbers stand in the table all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from cardgen.derive.quantity import Absent, Quantity, Value
from cardgen.language import Language, Message
from cardgen.metrics import RECOVERY
from cardgen.plots.figure import MOST_VALUES, Panel, Plot, Series, is_drawable
from cardgen.records import Mode
from cardgen.render.card import Contents
from cardgen.render.tables import words
from cardgen.tables import levels
from cardgen.tables.device import LATENCY, NAMES, energy_label
from cardgen.tables.grids import Grid, Place
from cardgen.tables.model import Table, short
from cardgen.tables.serving import load_label, place_label
from cardgen.tables.sweeps import PER_DATASET, Point, Swept

ABSENT = Message("not measured")
UNMEASURED = (ABSENT.text, "the run failed", "skipped")
"""How the reasons begin of what no run measured."""
UNKNOWN = Message("no value")
NO_VALUE = Message("none of its values is known")
QUERIES_PER_DOLLAR: dict[Mode, Message] = {
    "single-stream": Message("Queries per dollar, single-stream"),
    "multi-stream": Message("Queries per dollar, multi-stream"),
    "concurrent": Message("Queries per dollar, concurrent requests"),
    "constant-rate": Message("Queries per dollar, constant request rate"),
}


class Lacking(NamedTuple):
    """A plot that the card would have and that cannot be drawn: what asks for it, and why not."""

    id: str
    place: str
    reason: Message

    def __str__(self) -> str:
        return f"{self.place}: no plot {self.id}: {self.reason}"


class Plots(NamedTuple):
    """The plots of a card in its order, and those that it lacks."""

    drawn: list[Plot]
    lacking: list[Lacking]


class Undrawable(Exception):  # noqa: N818 - what a plot is, told to the reader
    """Why a plot cannot be drawn."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _Wanted(NamedTuple):
    """A plot that the card would have: its name, what asks for it, its title and its panels."""

    id: str
    place: str
    title: Message
    panels: Callable[[], Sequence[Panel]]


def plots(contents: Contents, language: Language) -> Plots:
    """The card's plots in its order. Nothing that its records hold makes this fail."""
    found = Plots([], [])
    for wanted in _wanted(contents, language):
        try:
            plot = _plot(wanted.id, language.say(wanted.title), wanted.panels(), language)
        except Undrawable as problem:
            found.lacking.append(Lacking(wanted.id, wanted.place, problem.reason))
        else:
            found.drawn.append(plot)
    return found


def _wanted(contents: Contents, language: Language) -> Iterator[_Wanted]:
    if "accuracy" in contents.tables and contents.specification.base_model is not None:
        panels = partial(_recovery, contents, language)
        yield _Wanted("recovery", "accuracy", Message("Recovery per benchmark"), panels)
    for grid in contents.grids:
        if len(grid.lines) > 1:
            name = f"queries-per-dollar-{grid.mode}"
            panels = partial(_queries_per_dollar, contents, grid, language)
            yield _Wanted(name, "serving", QUERIES_PER_DOLLAR[grid.mode], panels)
    planned = contents.specification.device.sweeps
    for number, swept in enumerate(contents.sweeps):
        # Of one value that nobody called a sweep, and over devices, a table is enough.
        enough = len(swept.values) > (0 if planned else 1)
        if swept.sweep.over != "device" and swept.datasets and enough:
            name, title = swept.id.replace("_", "-"), contents.tables[swept.id].title
            place = f"device.sweeps[{number}]" if planned else "device"
            yield _Wanted(name, place, title, partial(_sweep, contents, swept, language))


def _decimal(language: Language) -> str:
    return "," if "," in language.number("0.5") else "."


def _plot(name: str, title: str, panels: Sequence[Panel], language: Language) -> Plot:
    """The plot with its words for those who cannot see it: every number of every panel."""
    rows = [series for panel in panels for series in panel.series]
    if not any(series.numbers() for series in rows):
        raise Undrawable(NO_VALUE)
    count = sum(len(series.values) for series in rows)
    if count > MOST_VALUES:
        values = {"count": count, "most": MOST_VALUES}
        raise Undrawable(
            Message("%(count)s values are more than the %(most)s of a readable plot", values)
        )
    absent = {
        text
        for series in rows
        for number, text in zip(series.values, series.shown, strict=True)
        if number is None
    } or {language.say(ABSENT)}
    told = [f"{panel.title or panel.y_label}: {_told(panel)}" for panel in panels]
    return Plot(
        name,
        title,
        f"{title}. {'. '.join(told)}.",
        tuple(panels),
        absent=absent.pop() if len(absent) == 1 else language.say(UNKNOWN),
        decimal="," if _decimal(language) == "," else ".",
    )


def _told(panel: Panel) -> str:
    rows = []
    for series in panel.series:
        points = "; ".join(f"{x} — {s}" for x, s in zip(panel.x, series.shown, strict=True))
        rows.append(f"{series.label}: {points}" if len(panel.series) > 1 else points)
    return " | ".join(rows)


def _series(
    label: str,
    values: Sequence[Value | None],
    digits: Sequence[str],
    language: Language,
    suffix: str = "",
) -> Series:
    numbers = tuple(v.value if isinstance(v, Quantity) else None for v in values)
    for number, text in zip(numbers, digits, strict=True):
        if number is not None and not is_drawable(number):
            raise Undrawable(Message("an axis cannot show %(value)s", {"value": text}))
    shown = tuple(
        f"{language.number(text)}{suffix}"
        if isinstance(value, Quantity)
        else _absent(value, language)
        for value, text in zip(values, digits, strict=True)
    )
    return Series(label, numbers, shown)


def _absent(value: Value | None, language: Language) -> str:
    """What stands for a value that is not there: it was not measured, or it cannot be told."""
    reason = value.reason if isinstance(value, Absent) else ABSENT
    unmeasured = reason.text.startswith(UNMEASURED)
    return language.say(ABSENT if unmeasured else UNKNOWN)


def _recovery(contents: Contents, language: Language) -> list[Panel]:
    table = contents.tables["accuracy"]
    cells = [c for c in table.quantities() if c.address.endswith("/recovery") and not c.bold]
    lines = [words(row.label, language) for row in contents.rows]
    alike = Counter(first for first, *_ in lines)
    labels = [" ".join(line) if alike[line[0]] > 1 else line[0] for line in lines]
    values = [cell.value for cell in cells]
    series = _series(
        "",
        values,
        [cell.digits for cell in cells],
        language,
        RECOVERY.suffix,
    )
    if not labels:
        raise Undrawable(NO_VALUE)
    panel = Panel(
        "dot",
        tuple(labels),
        language.say(Message("Benchmark")),
        language.say(Message("Recovery (%)")),
        (series,),
        reference=100.0,
        reference_label=language.say(Message("base model")),
    )
    return [panel]


def _queries_per_dollar(contents: Contents, grid: Grid, language: Language) -> list[Panel]:
    table = contents.tables.get(grid.mode) or contents.tables.get(levels.ID)
    if table is None:
        raise Undrawable(NO_VALUE)
    digits = table.digits
    places = list(dict.fromkeys(line.place for line in grid.lines))
    models = list(dict.fromkeys(line.model for line in grid.lines))
    lines = {(line.place, line.model): line for line in grid.lines}
    alike = Counter(short(model) for model in models)
    panels = []
    for number, (part, title) in enumerate(zip(grid.parts, grid.titles, strict=True)):
        series = []
        for model in models:
            found = [lines.get((place, model)) for place in places]
            values = [line.points[number].queries_per_dollar if line else None for line in found]
            texts = [digits.get(f"{line.address}/{part}/qpd", "") if line else "" for line in found]
            name = short(model) if alike[short(model)] == 1 else model
            series.append(_series(name, values, texts, language))
        panels.append(
            Panel(
                "bar",
                tuple(_place(contents, grid, place, language) for place in places),
                language.say(Message("Hardware")),
                language.say(Message("Queries per dollar")),
                tuple(series),
                title=" ".join(words(title, language)),
            )
        )
    return panels


def _place(contents: Contents, grid: Grid, place: Place, language: Language) -> str:
    """The hardware, with the engine and the load where there are several."""
    parts = words(place_label(contents.card, place, grid), language)
    if place.load is not None:
        parts = [*parts, *words(load_label(grid.mode, place.load), language)]
    return " ".join(parts)


def _sweep(contents: Contents, swept: Swept, language: Language) -> list[Panel]:
    axis, table = swept.sweep.over, contents.tables[swept.id]
    if len(swept.values) == 1:
        raise Undrawable(Message("a sweep of one value"))
    if axis in PER_DATASET:
        return _per_dataset(table, swept, language)
    kind = "line" if axis == "batch_size" else "bar"
    dataset = swept.dataset
    points = [swept.point(value, dataset) for value in swept.values]
    columns: list[tuple[str, str, Callable[[Point], Value]]] = [
        ("latency", language.say(LATENCY), lambda point: point.latency),
        ("energy", language.say(energy_label(points)), lambda point: point.energy),
    ]
    if axis == "optimization" and dataset in swept.metrics:
        columns.append(("quality", _quality_axis(dataset, swept), lambda point: point.quality))
    digits = table.digits
    panels = []
    for column, label, read in columns:
        values = [read(point) for point in points]
        texts = [digits.get(f"{swept.id}/{part}/{column}", "") for part in swept.parts]
        series = _series("", values, texts, language)
        if series.numbers():
            panels.append(
                Panel(
                    "line" if kind == "line" else "bar",
                    tuple(str(value) for value in swept.values),
                    language.say(NAMES[axis]),
                    label,
                    (series,),
                )
            )
    return panels


def _quality_axis(dataset: str, swept: Swept) -> str:
    return f"{dataset}: {swept.metrics[dataset]}"


def _per_dataset(table: Table, swept: Swept, language: Language) -> list[Panel]:
    """One panel of latency with a line a data set, then one of quality for each data set."""
    digits, named = table.digits, swept.dataset_parts
    x = tuple(str(value) for value in swept.values)

    def series(dataset: str, column: str, label: str, read: Callable[[Point], Value]) -> Series:
        values = [read(swept.point(value, dataset)) for value in swept.values]
        texts = [digits[f"{swept.id}/{part}/{named[dataset]}-{column}"] for part in swept.parts]
        return _series(label, values, texts, language)

    latency = [series(d, "latency", d, lambda point: point.latency) for d in swept.datasets]
    axis_name = language.say(NAMES[swept.sweep.over])
    panels = [Panel("line", x, axis_name, language.say(LATENCY), tuple(latency))]
    for dataset in swept.datasets:
        quality = series(dataset, "quality", dataset, lambda point: point.quality)
        if quality.numbers():
            label = _quality_axis(dataset, swept)
            panels.append(Panel("line", x, axis_name, label, (quality,)))
    return panels
