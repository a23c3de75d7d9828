"""The serving tables: hardware × model by scenario, cost reduction, and the headline ratios."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from cardgen.card import Card
from cardgen.derive import serving
from cardgen.derive.quantity import NOT_MEASURED, Quantity, Value
from cardgen.language import Message
from cardgen.metrics import (
    COST_REDUCTION,
    QUERIES_PER_DOLLAR,
    REQUEST_LATENCY,
    REQUESTS_PER_SECOND,
)
from cardgen.records import Identity, Mode, Scenario, ServingMeasurement
from cardgen.spec.base import Localized
from cardgen.store.runs import Stored
from cardgen.tables.model import Cell, Table, Text, settle, short, slug, unique

TITLES: dict[Mode, Message] = {
    "single-stream": Message("Single-stream performance"),
    "multi-stream": Message("Multi-stream asynchronous performance"),
    "concurrent": Message("Performance with concurrent requests"),
    "constant-rate": Message("Performance at a constant request rate"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """What a row's hardware cell stands for."""

    hardware: str
    count: int
    engine: str
    load: float | None

    @property
    def key(self) -> str:
        """A6000x1: the name and how many."""
        return f"{self.hardware}x{self.count}"


class Point(NamedTuple):
    """One model on one place under one scenario: performance, queries per dollar, cost ratio."""

    performance: Value
    queries_per_dollar: Value
    cost_ratio: Value
    remark: Message | None = None


class Line(NamedTuple):
    """One model on one place: a point a scenario. `address` begins its cells' addresses."""

    address: str
    place: Place
    model: str
    points: tuple[Point, ...]
    cost_reduction: Value


class Grid(NamedTuple):
    """All serving values of one mode."""

    mode: Mode
    scenarios: tuple[Scenario, ...]
    titles: tuple[Localized, ...]
    lines: tuple[Line, ...]

    @property
    def parts(self) -> list[str]:
        """Each scenario as a piece of its cells' addresses, no two alike."""
        return unique([slug(scenario.name) for scenario in self.scenarios])

    def headline(self, model: str) -> Value:
        """The largest cost ratio of the model."""
        ratios = [p.cost_ratio for line in self.lines if line.model == model for p in line.points]
        return serving.headline(ratios)


def grids(card: Card) -> list[Grid]:
    """One grid a mode that the card names and has records of."""
    found = []
    for mode in card.specification.serving.modes:
        grid = _grid(card, mode)
        if grid is not None:
            found.append(grid)
    return found


def _grid(card: Card, mode: Mode) -> Grid | None:
    specification = card.specification
    wanted = specification.serving
    measurements: dict[Identity, ServingMeasurement] = {}
    for identity, repeats in card.records.identities.items():
        measurement = repeats[0].measurement
        if isinstance(measurement, ServingMeasurement) and measurement.mode == mode:
            measurements[identity] = measurement
    if not measurements:
        return None
    scenarios = _ordered(
        {m.scenario.name: m.scenario for m in measurements.values()},
        [column.name for column in wanted.scenarios],
    )
    titles = {c.name: c.title for c in wanted.scenarios}
    places = {
        Place(m.hardware.name, m.hardware.count, m.engine.name, m.load)
        for m in measurements.values()
    }
    order = list(wanted.hardware) or list(
        dict.fromkeys(m.hardware.name for m in measurements.values())
    )
    # Hardware that the card plans and no record has is a row too, said to be missing.
    missing = set(order) - {place.hardware for place in places}
    engine = next(iter(measurements.values())).engine.name
    planned = {Place(name, 1, engine, None) for name in missing}
    chosen = sorted(
        (place for place in places | planned if place.hardware in order),
        key=lambda place: (order.index(place.hardware), place.count, place.engine, place.load or 0),
    )
    models = _models(card, (identity.model for identity in measurements))
    index = {
        (
            identity.model,
            m.hardware.name,
            m.hardware.count,
            m.engine.name,
            m.load,
            m.scenario.name,
        ): identity
        for identity, m in measurements.items()
    }

    def point(
        place: Place, model: str | None, scenario: str
    ) -> tuple[Value, Value, Message | None]:
        identity = index.get(
            (model or "", place.hardware, place.count, place.engine, place.load, scenario)
        )
        if identity is None:
            return NOT_MEASURED, NOT_MEASURED, None
        repeats = card.records.of_identity(identity)
        return (
            card.value(repeats, partial(serving.performance, mode=mode)),
            card.value(
                repeats,
                partial(serving.queries_per_dollar, price_of=card.project.price_of),
            ),
            _failures(repeats),
        )

    subjects = (specification.base_model, specification.model)
    found: list[tuple[Place, str, tuple[Point, ...], Value]] = []
    for place in chosen:
        of_base = [point(place, specification.base_model, s.name) for s in scenarios]
        base = [queries for _, queries, _ in of_base]
        for model in models:
            is_base = model == specification.base_model
            values = of_base if is_base else [point(place, model, s.name) for s in scenarios]
            planned_only = place not in places and model in subjects
            if all(value is NOT_MEASURED for value, _, _ in values) and not planned_only:
                continue
            points = tuple(
                Point(performance, qpd, serving.cost_ratio(qpd, reference), remark)
                for (performance, qpd, remark), reference in zip(values, base, strict=True)
            )
            reduction = serving.cost_reduction([p.cost_ratio for p in points])
            found.append((place, model, points, reduction))
    addresses = unique(_addresses(mode, [(place, model) for place, model, _, _ in found]))
    lines = [Line(a, *rest) for a, rest in zip(addresses, found, strict=True)]
    return Grid(
        mode,
        tuple(scenarios),
        tuple(titles.get(s.name) or s.name for s in scenarios),
        tuple(lines),
    )


def _failures(repeats: Sequence[Stored]) -> Message | None:
    """How many requests of the windows failed, where some did."""
    failed = total = 0
    for stored in repeats:
        measurement = stored.measurement
        if isinstance(measurement, ServingMeasurement) and measurement.requests is not None:
            requests = measurement.requests
            failed += requests.failed
            total += requests.successful + requests.failed + requests.incomplete
    if not failed:
        return None
    return Message("%(failed)s of %(total)s requests failed", {"failed": failed, "total": total})


def _ordered(found: dict[str, Scenario], wanted: Sequence[str]) -> list[Scenario]:
    """The scenarios in the card's order; a planned one without records is a column too."""
    if not wanted:
        return list(found.values())
    return [found.get(name) or Scenario(name=name) for name in wanted]


def _addresses(mode: Mode, rows: Sequence[tuple[Place, str]]) -> list[str]:
    """How each row's addresses begin: mode, hardware, model; engine and load where they differ."""
    engines = {place.engine for place, _ in rows}
    loads = {place.load for place, _ in rows}
    names = {model: short(model) for _, model in rows}
    alike = Counter(names.values())
    found = []
    for place, model in rows:
        parts = [place.key]
        parts += [place.engine] if len(engines) > 1 else []
        parts += [f"{place.load:g}"] if len(loads) > 1 and place.load is not None else []
        name = names[model] if alike[names[model]] == 1 else model
        found.append(f"{mode}/{slug('-'.join(parts))}/{slug(name)}")
    return found


def _models(card: Card, found: Iterable[str]) -> list[str]:
    """The models in the card's order: as listed, else the base first and the subject last."""
    specification = card.specification
    names = list(dict.fromkeys(found))
    if specification.serving.models:
        return list(specification.serving.models)
    others = [n for n in names if n not in (specification.base_model, specification.model)]
    base = [specification.base_model] if specification.base_model else []
    return [*base, *others, specification.model]


def table(card: Card, grid: Grid) -> Table:
    """The grid as a table: two header rows, hardware by rowspan, three columns a scenario."""
    single = grid.mode == "single-stream"
    metric = REQUEST_LATENCY if single else REQUESTS_PER_SECOND
    label = Message("Latency (s)") if single else Message("Maximum throughput (QPS)")
    if grid.mode in ("concurrent", "constant-rate"):
        label = Message("Throughput (QPS)")
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
                Cell(point.performance, metric, address=f"{address}/{name}", remark=point.remark)
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
    """The hardware of a row, with what else tells it from the grid's other rows: engine, load."""
    lines: list[Text] = [hardware_label(card, place)]
    if len({line.place.engine for line in grid.lines}) > 1:
        lines.append(place.engine)
    if place.load is not None:
        load = {"load": f"{place.load:g}"}
        lines.append(
            Message("%(load)s requests/s", load)
            if grid.mode == "constant-rate"
            else Message("%(load)s streams", load)
        )
    return tuple(lines) if len(lines) > 1 else lines[0]


def headlines(card: Card, grids: Sequence[Grid]) -> dict[Mode, Quantity]:
    """The “up to N×” of each mode, where there is one."""
    found: dict[Mode, Quantity] = {}
    for grid in grids:
        value = grid.headline(card.specification.model)
        if isinstance(value, Quantity):
            found[grid.mode] = value
    return found
