"""Hypothesis strategies for records, made from the models themselves: a new field is drawn too."""

from __future__ import annotations

import types
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from cardgen.records import (
    AccuracyMeasurement,
    Energy,
    Interval,
    Measurement,
    Provenance,
    Quartiles,
    Reading,
    Record,
    ServingMeasurement,
    Source,
)

Data = dict[str, Any]
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
PATHS = st.lists(st.text("aé_-. ", min_size=3, max_size=6), min_size=1, max_size=3).map("/".join)
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n")
TEXTS = st.text(LETTERS, min_size=1, max_size=8)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
TIMES = st.datetimes(
    datetime(1970, 1, 2),
    datetime(2100, 1, 1),
    timezones=st.one_of(st.just(UTC), ZONES),
)
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "sha256": HEX,
    "lock_sha256": HEX,
    "job": HEX,
    "file": PATHS,
    "date": st.dates().map(lambda day: day.isoformat()),
}


@cache
def records(model: type[Record]) -> st.SearchStrategy[Any]:
    """Any record of the model, optional fields now here, now not."""
    fields = model.model_fields
    required = {name: _field(name, f) for name, f in fields.items() if f.is_required()}
    optional = {name: _field(name, f) for name, f in fields.items() if not f.is_required()}
    drawn = st.fixed_dictionaries(required, optional=optional)
    return drawn.map(lambda data: model(**_consistent(model, data)))


def _field(name: str, field: FieldInfo) -> st.SearchStrategy[Any]:
    own = BY_NAME.get(name)
    if own is not None:
        return own if field.is_required() else st.none() | own
    return _of(field.annotation, tuple(field.metadata))


def _of(annotation: Any, constraints: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of(arguments[0], (*constraints, *_flat(arguments[1:])))
    if origin in (Union, types.UnionType):
        return st.one_of([_of(argument) for argument in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        least = next((c.min_length for c in constraints if isinstance(c, MinLen)), 0)
        return st.lists(_of(arguments[0]), min_size=least, max_size=max(3, least)).map(tuple)
    if origin is dict:
        return st.dictionaries(_of(arguments[0]), _of(arguments[1]), max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return records(annotation)
    return _scalar(annotation, constraints)


def _flat(metadata: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(m for item in metadata for m in getattr(item, "metadata", None) or (item,))


def _scalar(annotation: Any, constraints: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    limits: dict[type, Any] = {type(c): _limit(c) for c in constraints}
    above, below = Gt in limits, Lt in limits
    low, high = limits.get(Ge, limits.get(Gt)), limits.get(Le, limits.get(Lt))
    if annotation is int:
        return st.integers(low, None if high is None else high - below)
    if annotation is float:
        return st.floats(
            low,
            high,
            exclude_min=above,
            exclude_max=below,
            allow_nan=False,
            allow_infinity=False,
        )
    known: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        type(None): st.none(),
        datetime: TIMES,
        str: TEXTS,
    }
    if annotation in known:
        return known[annotation]
    assert annotation.__name__ == "AwareDatetime", annotation
    return TIMES


def _limit(constraint: object) -> Any:
    names = {Ge: "ge", Gt: "gt", Le: "le", Lt: "lt"}
    return getattr(constraint, names.get(type(constraint), ""), None)


def _consistent(model: type[Record], data: Data) -> Data:
    """The drawn fields, mended where the model has a rule over several of them."""
    if issubclass(model, Measurement):
        _outcome(model, data)
    if issubclass(model, Reading) and data.get("decimals") is None:
        data.pop("rounding", None)
    if model is Interval:
        data["low"], data["high"] = sorted((data["low"], data["high"]))
    if model is Quartiles:
        data["first"], data["third"] = sorted((data["first"], data["third"]))
    if model is Energy:
        if data.get("joules_per_sample") is None:
            data.update(window_j=data.get("window_j") or 1.0, samples=data.get("samples") or 1)
        else:
            data.pop("window_j", None)
    if model is Provenance:
        if data["origin"] != "measured" and data.get("source") is None:
            data["source"] = Source(title="a report")
        start, end = data.get("started_at"), data.get("ended_at")
        if start is not None and end is not None:
            data["started_at"], data["ended_at"] = sorted((start, end))
    return data


def _outcome(model: type[Measurement], data: Data) -> None:
    values = [name for name in model.VALUE_FIELDS if data.get(name) is not None]
    if data.get("outcome", "measured") != "measured" or (not values and model.VALUE_FIELDS):
        if data.get("outcome", "measured") == "measured":
            data["outcome"] = "skipped"
        data["reason"] = data.get("reason") or "out of memory"
        for name in values:
            del data[name]
    if model is ServingMeasurement and (data.get("queries_per_dollar") is None) != (
        data.get("price") is None
    ):
        data.pop("price", None)
        data.pop("queries_per_dollar", None)
        if data.get("outcome", "measured") == "measured":
            data["latency_s"] = data.get("latency_s") or {"value": 1.0}
    if model is AccuracyMeasurement:
        data["scale"] = "points"
        if data.get("n_scored") is not None and data.get("n_expected") is not None:
            data["n_scored"], data["n_expected"] = sorted((data["n_scored"], data["n_expected"]))
