"""The serving tables: hardware × model by use case, with queries per dollar and cost reduction."""

from __future__ import annotations

from cardgen.card import Card
from cardgen.conditions.condition import VALUES
from cardgen.derive import serving
from cardgen.language import Message
from cardgen.metrics import (
    COST_REDUCTION,
    QUERIES_PER_DOLLAR,
    REQUEST_LATENCY,
    REQUESTS_PER_SECOND,
)
from cardgen.records import Mode, Scenario, ServingMeasurement
from cardgen.spec.base import Localized
from cardgen.tables.grids import Grid, Line, Place
from cardgen.tables.model import Cell, Table, Text, settle

TITLES: dict[Mode, Message] = {
    "single-stream": Message("Single-stream performance"),
    "multi-stream": Message("Multi-stream asynchronous performance"),
    "concurrent": Message("Performance with concurrent requests"),
    "constant-rate": Message("Performance at a constant request rate"),
}


def table(card: Card, grid: Grid) -> Table | None:
    """The grid as a table: two header rows, hardware by rowspan, two columns a scenario.

    None where nothing of what it shows was recorded of any window: the table of levels has the
    rest.
    """
    single = grid.mode == "single-stream"
    unrecorded = (serving.NO_LATENCY, serving.NO_RATE)
    values = [point.performance for line in grid.lines for point in line.points]
    if all(any(value is absent for absent in unrecorded) for value in values):
        return None
    metric = REQUEST_LATENCY if single else REQUESTS_PER_SECOND
    label = Message("Latency (s)") if single else Message("Maximum throughput (QPS)")
    with_base = card.specification.base_model is not None
    names = [Message("Hardware"), Message("Model")]
    names += [Message("Average cost reduction")] if with_base else []
    first = [Cell(name, header=True, rowspan=2) for name in names]
    second: list[Cell] = []
    for scenario, title in zip(grid.scenarios, grid.titles, strict=True):
        first.append(Cell(scenario_label(scenario, title), header=True, colspan=2))
        second.append(Cell(label, header=True))
        second.append(Cell(Message("Queries per dollar"), header=True))

    body: list[list[Cell]] = []
    for number, line in enumerate(grid.lines):
        row: list[Cell] = []
        if number == 0 or grid.lines[number - 1].place != line.place:
            span = sum(1 for other in grid.lines if other.place == line.place)
            row.append(Cell(place_label(card, line.place, grid), header=True, rowspan=span))
        row.append(Cell(line.model, header=True))
        if with_base:
            row.append(_reduction(card, line))
        for part, point in zip(grid.parts, line.points, strict=True):
            address = f"{line.address}/{part}"
            name = "latency" if single else "rate"
            row.append(
                Cell(point.performance, metric, address=f"{address}/{name}", remark=point.told)
            )
            row.append(Cell(point.queries_per_dollar, QUERIES_PER_DOLLAR, address=f"{address}/qpd"))
        body.append(row)
    made = Table(grid.mode, TITLES[grid.mode], [first, second], body)
    return settle(made, mixed=len(card.records.origins) > 1)


def _reduction(card: Card, line: Line) -> Cell:
    if line.model == card.specification.base_model:
        return Cell(Message("baseline"))
    return Cell(line.cost_reduction, COST_REDUCTION, address=f"{line.address}/cost-reduction")


def scenario_label(scenario: Scenario, title: Localized) -> tuple[Text, ...]:
    """The use case on three lines: its title, the picture's size, prompt and output tokens."""
    lines: list[Text] = [title]
    if scenario.image_width and scenario.image_height:
        lines.append(f"{scenario.image_width}W x {scenario.image_height}H")
    if scenario.prompt_tokens is not None and scenario.output_tokens is not None:
        lines.append(f"{scenario.prompt_tokens}/{scenario.output_tokens}")
    return tuple(lines)


def hardware_label(card: Card, place: Place) -> Text:
    """The hardware as every table, sentence and plot of the card names it: A6000x1.

    With a title in cardgen.yaml, the title, and the count behind it.
    """
    named = card.project.specification.hardware.get(place.hardware)
    if named is None:
        return place.key
    return (named.title, f"x{place.count}")


def place_label(card: Card, place: Place, grid: Grid) -> Text:
    """The hardware of a row, with the engine where the grid has several."""
    several = len({line.place.engine for line in grid.lines}) > 1
    return engine_label(hardware_label(card, place), place.engine if several else None)


def engine_label(hardware: Text, engine: str | None) -> Text:
    """The hardware, with the engine below it where a table has several."""
    return hardware if engine is None else (hardware, engine)


def window_label(measurement: ServingMeasurement) -> tuple[Text, ...]:
    """The load of a window, and how requests at a rate came."""
    lines = [load_label(measurement.mode, measurement.level)]
    if measurement.arrivals is not None:
        lines.append(VALUES.get(measurement.arrivals, measurement.arrivals))
    if measurement.max_concurrency is not None:
        most = {"count": measurement.max_concurrency}
        lines.append(Message("at most %(count)s at once", most))
    return tuple(lines)


def load_label(mode: Mode, load: float | None) -> Text:
    """What was offered: one stream, so many, requests at a rate, or as many as it takes."""
    if mode == "single-stream":
        return Message("one stream")
    if load is None:
        return Message("maximum throughput")
    told = {"load": f"{load:g}"}
    if mode == "constant-rate":
        return Message("%(load)s requests/s", told) if load != 1 else Message("1 request/s")
    return Message("%(load)s streams", told) if load != 1 else Message("1 stream")
