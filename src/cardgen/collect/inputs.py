"""Which files and folders of the project a plan's settings name: what else decides a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from cardgen.records.base import relative
from cardgen.spec.base import Specification


def paths(settings: Specification) -> Iterable[str]:
    """Every path of the project in the settings, their parts included."""
    for name, field_info in type(settings).model_fields.items():
        value = getattr(settings, name)
        if _is_path(field_info.metadata) or _holds_path(field_info.annotation):
            yield from _texts(value)
        else:
            yield from _inside(value)


def _inside(value: object) -> Iterable[str]:
    if isinstance(value, Specification):
        yield from paths(value)
    elif isinstance(value, tuple):
        for item in value:
            yield from _inside(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _inside(item)


def _holds_path(annotation: object) -> bool:
    """Whether a field's type is RelativePath, or made of it."""
    if _is_path(getattr(annotation, "__metadata__", ())):
        return True
    return any(_holds_path(part) for part in get_args(annotation))


def _is_path(metadata: Iterable[object]) -> bool:
    return any(getattr(item, "func", None) is relative for item in metadata)


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item)
