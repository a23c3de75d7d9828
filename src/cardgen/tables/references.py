"""What card.yaml names and no record has: most often a name spelt in two ways.

Nothing is refused for it, since a card may plan what is still to be measured; the author is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cardgen.card import Card
from cardgen.records import AccuracyMeasurement, DeviceMeasurement, ServingMeasurement
from cardgen.spec.base import localized
from cardgen.tables.sweeps import sweeps


def unmatched(card: Card) -> list[str]:
    """One sentence for each name in card.yaml or the price list that matches no record."""
    return list(dict.fromkeys(_sentences(card)))


def _sentences(card: Card) -> Iterator[str]:
    specification = card.specification
    models = {identity.model for identity in card.records.identities}
    if models:
        named = [n for n in (specification.model, specification.base_model) if n is not None]
        for key, name in zip(("model", "base_model"), named, strict=False):
            yield from _missing(key, [name], models, named)
    yield from _accuracy(card)
    yield from _serving(card, models)
    yield from _device(card)


def _missing(
    key: str, named: Iterable[str], found: Iterable[str], also: Iterable[str] = ()
) -> Iterator[str]:
    """The names that were not found, each with the nearest that was, unless that one is named too,
    here or in `also`: then it is another thing, not another spelling."""
    import difflib

    named = [*named]
    known = {str(name) for name in found}
    spare = known - {*named, *also}
    folded = {name.casefold(): name for name in spare}
    for name in named:
        if name in known:
            continue
        close = folded.get(name.casefold())
        near = [close] if close else difflib.get_close_matches(name, spare, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield f"{key}: no record has {name!r}{hint}"


def _accuracy(card: Card) -> Iterator[str]:
    scores = [s for s in card.measurements(AccuracyMeasurement) if s.outcome == "measured"]
    wanted = card.specification.accuracy
    if scores:
        yield from _missing(
            "accuracy.tasks", [t.task for t in wanted.tasks], {s.task for s in scores}
        )
        for task in wanted.tasks:
            metrics = {s.metric for s in scores if s.task == task.task}
            if task.metric is not None and metrics:
                yield from _missing(
                    f"accuracy.tasks: metric of {task.task}", [task.metric], metrics
                )
    if not isinstance(wanted.average, str):
        planned = {localized(t.category, "en") for t in wanted.tasks if t.category is not None}
        recorded = {s.category for s in scores if s.category is not None}
        yield from _missing("accuracy.average", wanted.average, planned | recorded)


def _serving(card: Card, models: set[str]) -> Iterator[str]:
    loads = card.measurements(ServingMeasurement)
    if not loads:
        return
    wanted = card.specification.serving
    hardware = {load.hardware.name for load in loads}
    named = {name: card.model_name(name) for name in wanted.models}
    yield from _missing(
        "serving.models", [name for name, goes_by in named.items() if goes_by not in models], models
    )
    yield from _missing("serving.hardware", wanted.hardware, hardware)
    yield from _missing(
        "serving.scenarios",
        [s.name for s in wanted.scenarios],
        {load.scenario.name for load in loads},
    )
    listed = {price.hardware for price in card.project.specification.prices}
    if listed:
        unpriced = {load.hardware.name for load in loads if load.price is None} - listed
        for name in sorted(unpriced):
            import difflib

            folded = {other.casefold(): other for other in listed}
            near = difflib.get_close_matches(name.casefold(), folded, n=1)
            hint = f"; the list has {folded[near[0]]!r}" if near else ""
            yield f"cardgen.yaml: no price for {name!r}{hint}"


def _device(card: Card) -> Iterator[str]:
    for number, swept in enumerate(sweeps(card) if card.specification.device.sweeps else ()):
        if not swept.values or not swept.datasets:
            lacks = "datasets" if swept.values else "values"
            yield f"device.sweeps[{number}]: no record has its settings, and it names no {lacks}"
    records = card.measurements(DeviceMeasurement)
    if not records:
        return
    for sweep in card.specification.device.sweeps:
        datasets = [*sweep.datasets, *([sweep.at.dataset] if sweep.at.dataset else [])]
        yield from _missing("device.sweeps: dataset", datasets, {r.dataset for r in records})
        if sweep.at.device is not None:
            devices = {r.device.name for r in records}
            yield from _missing("device.sweeps: device", [sweep.at.device], devices)
        if sweep.at.optimization is not None:
            names = {r.optimization for r in records}
            yield from _missing("device.sweeps: optimization", [sweep.at.optimization], names)
