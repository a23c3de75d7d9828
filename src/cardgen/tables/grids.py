"""Serving as grids: hardware × model by scenario, one grid a mode, with costs beside the base's.

Owns which windows stand where and which of them are compared. The tables of them are `serving` and
`levels`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, get_args

from cardgen.card import Card
from cardgen.conditions.condition import listed
from cardgen.derive import serving
from cardgen.derive.quantity import NOT_MEASURED, Absent, Quantity, Value
from cardgen.language import Message
from cardgen.records import Identity, Mode, Scenario, ServingMeasurement
from cardgen.spec.base import Localized
from cardgen.store.runs import Stored
from cardgen.tables.model import short, slug, unique
from cardgen.tables.unlike import unlike


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
    """One model on one place under one scenario: performance, queries per dollar, cost ratio.

    `identity` is None where nothing of the kind was recorded. `unlike` is why it is not compared
    with the base model's, where there is no ratio that could say so.
    """

    performance: Value
    queries_per_dollar: Value
    cost_ratio: Value
    identity: Identity | None = None
    remark: Message | None = None
    unlike: Message | None = None

    @property
    def told(self) -> Message | None:
        """What a reader of the performance has to know."""
        found = [one for one in (self.remark, self.unlike) if one is not None]
        return listed(found) if found else None


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

    def headline(self, model: str, base: str | None) -> Value:
        """The largest cost ratio of the model; that none is above one is known only where every
        window of both models has a ratio."""
        ratios = [p.cost_ratio for line in self.lines if line.model == model for p in line.points]
        found = serving.headline(ratios)
        partial = isinstance(found, Quantity) and found.value <= 1 and self._is_partial(model, base)
        return NOT_MEASURED if partial else found

    def _is_partial(self, model: str, base: str | None) -> bool:
        """Whether a window of both models has no ratio: for want of a price, or as unlike."""
        bases = {line.place: line for line in self.lines if line.model == base}
        return any(
            isinstance(own.performance, Quantity)
            and isinstance(other.performance, Quantity)
            and not isinstance(own.cost_ratio, Quantity)
            for line in self.lines
            if line.model == model and line.place in bases
            for own, other in zip(line.points, bases[line.place].points, strict=True)
        )


OTHER_PRICES = Absent(Message("not compared, the prices were not the same"))
MOST_LONGER = 1.1
"""By this factor the answers of two models may differ in length, whose times are compared."""
MODES: tuple[Mode, ...] = get_args(Mode)
TABLED: tuple[Mode, ...] = ("single-stream", "multi-stream")
"""The modes that have a table of use cases; every mode's windows stand in the table of levels."""
FIELDS: dict[Mode, tuple[str, ...]] = {
    mode: ("latency_s",) if mode == "single-stream" else ("requests_per_s",) for mode in MODES
}
"""The field of the record that a mode is measured by."""


def grids(card: Card) -> list[Grid]:
    """One grid a mode that the card names and has records of."""
    found = []
    for mode in card.specification.serving.modes or MODES:
        grid = _grid(card, mode)
        if grid is not None:
            found.append(grid)
    return found


def _grid(card: Card, mode: Mode) -> Grid | None:
    specification = card.specification
    wanted = specification.serving
    measurements = _windows(card, mode)
    if not measurements:
        return None
    scenarios = _ordered(
        _scenarios(measurements.values()), [column.name for column in wanted.scenarios]
    )
    titles = {c.name: c.title for c in wanted.scenarios}
    places = {_place(m) for m in measurements.values()}
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
    index = {
        (identity.model, _place(m), m.scenario.name): identity
        for identity, m in measurements.items()
    }
    subjects = (specification.base_model, specification.model)
    found: list[tuple[Place, str, tuple[Point, ...], Value]] = []
    for place in chosen:
        of_base = [
            _point(card, mode, index.get((specification.base_model or "", place, s.name)), None)
            for s in scenarios
        ]
        for model in _models(card):
            points = [
                base
                if model == specification.base_model
                else _point(card, mode, index.get((model, place, s.name)), base)
                for s, base in zip(scenarios, of_base, strict=True)
            ]
            # A mode without a table of use cases has no row for what was not measured.
            planned_only = mode in TABLED and place not in places and model in subjects
            if all(point.identity is None for point in points) and not planned_only:
                continue
            reduction = serving.cost_reduction([p.cost_ratio for p in points])
            found.append((place, model, tuple(points), reduction))
    if not found:
        return None
    addresses = unique(_addresses(mode, [(place, model) for place, model, _, _ in found]))
    lines = [Line(a, *rest) for a, rest in zip(addresses, found, strict=True)]
    return Grid(
        mode,
        tuple(scenarios),
        tuple(titles.get(s.name) or s.name for s in scenarios),
        tuple(lines),
    )


def _windows(card: Card, mode: Mode) -> dict[Identity, ServingMeasurement]:
    """The windows of a mode of the card's models, each by the measurement that is shown of it."""
    models = _models(card)
    found: dict[Identity, ServingMeasurement] = {}
    for identity, repeats in card.records.identities.items():
        measurement = (card.shown[identity] or repeats)[0].measurement
        if (
            isinstance(measurement, ServingMeasurement)
            and measurement.mode == mode
            and identity.model in models
        ):
            found[identity] = measurement
    return found


def _place(measurement: ServingMeasurement) -> Place:
    hardware, engine = measurement.hardware, measurement.engine
    return Place(hardware.name, hardware.count, engine.name, measurement.level)


def _point(card: Card, mode: Mode, identity: Identity | None, base: Point | None) -> Point:
    """What was measured of one window, and what it costs beside the base model's; the base
    model's own point where there is none to compare with."""
    if identity is None:
        absent = NOT_MEASURED if base is None else serving.cost_ratio(NOT_MEASURED, NOT_MEASURED)
        return Point(NOT_MEASURED, NOT_MEASURED, absent)
    performance = card.value(identity, partial(serving.performance, mode=mode))
    dollars = card.value(
        identity, partial(serving.queries_per_dollar, price_of=card.project.price_of)
    )
    behind = performance.measurements() if isinstance(performance, Quantity) else ()
    remark = _failures(behind or card.shown[identity])
    if base is None:
        return Point(performance, dollars, serving.cost_ratio(dollars, dollars), identity, remark)
    ratio = serving.cost_ratio(dollars, base.queries_per_dollar)
    compared = isinstance(performance, Quantity) and isinstance(base.performance, Quantity)
    apart: Message | None = None
    if base.identity is not None and compared:
        refused = unlike(card, identity, base.identity, FIELDS[mode], strict=True).refused
        refused = refused or _answers(card, base.identity, identity)
        if refused is not None and not (mode in TABLED and isinstance(ratio, Quantity)):
            apart = refused.reason
        # Which prices stand behind the values is looked at only where there are several.
        windows = (*card.shown[identity], *card.shown[base.identity])
        if refused is None and isinstance(ratio, Quantity) and len(_prices(card, windows)) > 1:
            refused = OTHER_PRICES if len(_prices(card, ratio.measurements())) > 1 else None
        ratio = refused if refused is not None and isinstance(ratio, Quantity) else ratio
    return Point(performance, dollars, ratio, identity, remark, apart)


def _answers(card: Card, base: Identity, own: Identity) -> Absent | None:
    """Why two windows are not compared whose answers were not of one length, as far as is known."""
    lengths = []
    for identity in (base, own):
        windows = (stored.measurement for stored in card.shown[identity])
        found = [
            window.mean_output_tokens
            for window in windows
            if isinstance(window, ServingMeasurement) and window.mean_output_tokens is not None
        ]
        if not found:
            return None
        lengths.append(round(sum(found) / len(found), 1))
    if max(lengths) <= MOST_LONGER * min(lengths):
        return None
    told = {"base": f"{lengths[0]:.10g}", "own": f"{lengths[1]:.10g}"}
    return Absent(
        Message(
            "not compared, the answers were not as long: mean output tokens %(base)s for the base"
            " model, %(own)s for this one",
            told,
        )
    )


def _prices(card: Card, windows: Iterable[Stored]) -> set[float]:
    """The prices of an hour of these windows' hardware: their own, else the project's."""
    found = set()
    for stored in windows:
        measurement = stored.measurement
        assert isinstance(measurement, ServingMeasurement)
        price = measurement.price or card.project.price_of(measurement.hardware.name)
        found |= {price.usd_per_gpu_hour} if price is not None else set()
    return found


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


def _scenarios(measurements: Iterable[ServingMeasurement]) -> dict[str, Scenario]:
    """The scenarios by name; of one whose requests were not everywhere the same, the name alone."""
    found: dict[str, Scenario] = {}
    for measurement in measurements:
        scenario = measurement.scenario
        known = found.setdefault(scenario.name, scenario)
        if known != scenario:
            found[scenario.name] = Scenario(name=scenario.name)
    return found


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


def _models(card: Card) -> list[str]:
    """The models in the card's order: as listed, else the base first and the subject last."""
    specification = card.specification
    if specification.serving.models:
        return list(dict.fromkeys(map(card.model_name, specification.serving.models)))
    base = [specification.base_model] if specification.base_model else []
    return [*base, specification.model]


def headlines(card: Card, grids: Sequence[Grid]) -> dict[Mode, Quantity]:
    """The “up to N×” of each mode, where there is one. At a rate that was offered both models
    answer as many requests, so it has none."""
    specification = card.specification
    found: dict[Mode, Quantity] = {}
    for grid in grids:
        if grid.mode == "constant-rate":
            continue
        value = grid.headline(specification.model, specification.base_model)
        if isinstance(value, Quantity):
            found[grid.mode] = value
    return found
