"""Which files and folders of the project a plan's settings name: what else decides a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from cardgen.records.base import relative
from cardgen.spec.base import Specification


def paths(settings: Specification) -> Iterable[str]:
    """Every path of the project in the settings, their parts included."""
    return (path for _, path in named_paths(settings))


def named_paths(settings: Specification) -> Iterable[tuple[str, str]]:
    """The paths, each after the settings' key that names it: `calibration.file`."""
    for name, field_info in type(settings).model_fields.items():
        value = getattr(settings, name)
        if _is_path(field_info.metadata) or _holds_path(field_info.annotation):
            yield from ((name, text) for text in _texts(value))
        else:
            yield from ((f"{name}.{key}", text) for key, text in _inside(value))


def missing(settings: Specification, root: Path) -> Iterable[tuple[str, str]]:
    """The paths, with their keys, where nothing is."""
    return ((key, path) for key, path in named_paths(settings) if not (root / path).exists())


def _inside(value: object) -> Iterable[tuple[str, str]]:
    if isinstance(value, Specification):
        yield from named_paths(value)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from ((f"{index}.{key}", text) for key, text in _inside(item))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from ((f"{name}.{key}", text) for key, text in _inside(item))


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
