"""The plots of a card, as plain descriptions in a language, built from its tables and grids.

Every number of a plot is a cell of a table beside it, printed as the cell prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cardgen.derive.quantity import Quantity, Value
from cardgen.language import Language, Message
from cardgen.metrics import RECOVERY
from cardgen.plots.figure import Panel, Plot, Series
from cardgen.records import Mode
from cardgen.render.card import Contents
from cardgen.render.tables import words
from cardgen.tables import levels
from cardgen.tables.device import LATENCY, NAMES, energy_label
from cardgen.tables.grids import Grid, Place
from cardgen.tables.model import Table, short, slug
from cardgen.tables.serving import hardware_label, load_label
from cardgen.tables.sweeps import Point, Swept

ABSENT = Message("not measured")
QUERIES_PER_DOLLAR: dict[Mode, Message] = {
    "single-stream": Message("Queries per dollar, single-stream"),
    "multi-stream": Message("Queries per dollar, multi-stream"),
    "concurrent": Message("Queries per dollar, concurrent requests"),
    "constant-rate": Message("Queries per dollar, constant request rate"),
}


def plots(contents: Contents, language: Language) -> list[Plot]:
    """The card's plots in its order; a plot without a single value is left out."""
    found = []
    if "accuracy" in contents.tables and contents.specification.base_model is not None:
        found.append(_recovery(contents, language))
    found += [
        _queries_per_dollar(contents, grid, language)
        for grid in contents.grids
        if len(grid.lines) > 1
    ]
    for swept in contents.sweeps:
        plot = _sweep(contents, swept, language)
        if plot is not None:
            found.append(plot)
    return [plot for plot in found if any(panel.numbers() for panel in plot.panels)]


def _decimal(language: Language) -> str:
    return "," if "," in language.number("0.5") else "."


def _plot(name: str, title: str, panels: Sequence[Panel], language: Language) -> Plot:
    """The plot with its words for those who cannot see it: every number of every panel."""
    told = [f"{panel.title or panel.y_label}: {_told(panel)}" for panel in panels]
    return Plot(
        name,
        title,
        f"{title}. {'. '.join(told)}.",
        tuple(panels),
        absent=language.say(ABSENT),
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
    shown = tuple(
        f"{language.number(text)}{suffix}" if isinstance(value, Quantity) else language.say(ABSENT)
        for value, text in zip(values, digits, strict=True)
    )
    return Series(label, numbers, shown)


def _recovery(contents: Contents, language: Language) -> Plot:
    table = contents.tables["accuracy"]
    cells = [c for c in table.quantities() if c.address.endswith("/recovery") and not c.bold]
    labels = [words(row.label, language)[0] for row in contents.rows]
    values = [cell.value for cell in cells]
    series = _series(
        "",
        values,
        [cell.digits for cell in cells],
        language,
        RECOVERY.suffix,
    )
    panel = Panel(
        "dot",
        tuple(labels),
        language.say(Message("Benchmark")),
        language.say(Message("Recovery (%)")),
        (series,),
        reference=100.0,
        reference_label=language.say(Message("base model")),
    )
    title = language.say(Message("Recovery per benchmark"))
    return _plot("recovery", title, [panel], language)


def _queries_per_dollar(contents: Contents, grid: Grid, language: Language) -> Plot:
    table = contents.tables.get(grid.mode) or contents.tables[levels.ID]
    digits = table.digits
    places = list(dict.fromkeys(line.place for line in grid.lines))
    models = list(dict.fromkeys(line.model for line in grid.lines))
    lines = {(line.place, line.model): line for line in grid.lines}
    panels = []
    for number, (scenario, title) in enumerate(zip(grid.scenarios, grid.titles, strict=True)):
        series = []
        for model in models:
            found = [lines.get((place, model)) for place in places]
            values = [line.points[number].queries_per_dollar if line else None for line in found]
            texts = [
                digits.get(f"{line.address}/{slug(scenario.name)}/qpd", "") if line else ""
                for line in found
            ]
            series.append(_series(short(model), values, texts, language))
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
    title = language.say(QUERIES_PER_DOLLAR[grid.mode])
    return _plot(f"queries-per-dollar-{grid.mode}", title, panels, language)


def _place(contents: Contents, grid: Grid, place: Place, language: Language) -> str:
    """The hardware, with the load where there are several."""
    parts = words(hardware_label(contents.card, place), language)
    if place.load is not None:
        parts = [*parts, *words(load_label(grid.mode, place.load), language)]
    return " ".join(parts)


def _sweep(contents: Contents, swept: Swept, language: Language) -> Plot | None:
    axis = swept.sweep.over
    if axis == "device" or len(swept.values) < 2:
        return None
    table = contents.tables[swept.id]
    name, title = swept.id.replace("_", "-"), language.say(table.title)
    if axis in ("image_size", "sequence_length"):
        return _plot(name, title, _per_dataset(table, swept, language), language)
    kind = "line" if axis == "batch_size" else "bar"
    dataset = swept.sweep.at.dataset or (swept.datasets[0] if swept.datasets else "")
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
        texts = [digits.get(f"{swept.id}/{slug(value)}/{column}", "") for value in swept.values]
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
    return _plot(name, title, panels, language) if panels else None


def _quality_axis(dataset: str, swept: Swept) -> str:
    return f"{dataset}: {swept.metrics[dataset]}"


def _per_dataset(table: Table, swept: Swept, language: Language) -> list[Panel]:
    """One panel of latency with a line a data set, then one of quality for each data set."""
    digits = table.digits
    x = tuple(str(value) for value in swept.values)

    def series(dataset: str, column: str, label: str, read: Callable[[Point], Value]) -> Series:
        values = [read(swept.point(value, dataset)) for value in swept.values]
        texts = [digits[f"{swept.id}/{slug(v)}/{slug(dataset)}-{column}"] for v in swept.values]
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
