"""YAML files beside the results: read once, refused with their position."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from cardgen.errors import CardgenError, CombinedError, ImportFileError
from cardgen.imports import content
from cardgen.imports.node import Node
from cardgen.imports.source import check_file
from cardgen.imports.tree import DEEPEST
from cardgen.store import files, yaml_text

M = TypeVar("M", bound=BaseModel)


def read_yaml(path: Path) -> tuple[Node, str]:
    """The document as a node of plain values, and its text."""
    try:
        check_file(path)
        data = files.read_bytes(path, error=ImportFileError)
    except (OSError, ValueError) as problem:
        raise ImportFileError(
            str(path),
            expected="a readable file",
            found=str(problem) or type(problem).__name__,
            next_step="check the path and its permissions",
        ) from problem
    if content.is_lfs_pointer(data):  # which is a valid YAML text
        found, next_step = content.LFS
        raise ImportFileError(str(path), expected="YAML", found=found, next_step=next_step)
    text = files.decode(data, path, error=ImportFileError)
    try:
        document = yaml_text.loads(text)
    except (ValueError, RecursionError, OverflowError) as problem:
        lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
        raise ImportFileError(
            f"{path}: {lines[0][:200]}" if len(lines) > 1 else str(path),
            expected="valid YAML 1.2, every key once",
            found=lines[-1][:200] if lines else "broken YAML",
            next_step="mend the line; quote text that holds ':', '#', '{' or '['",
        ) from problem
    return Node(_plain(document, str(path), 0), str(path)), text


def validated(path: Path, model: type[M]) -> M:
    """The file as `model`; a misspelt key is answered with the nearest known one."""
    node, text = read_yaml(path)
    if not isinstance(node.value, dict):
        raise node.refused("a mapping of keys to values", next_step="see docs/importers.md")
    try:
        return model.model_validate(node.value)
    except ValidationError as problem:
        from cardgen.store.validation import translate

        error = translate(problem, path=path, text=text, model=model, error=ImportFileError)
        raise _one(error, len(problem.errors())) from problem


def _one(error: CardgenError, count: int) -> ImportFileError:
    """The most telling error of a file, and how many others there are.

    A misspelt key is reported as an unknown and as a missing one: the one with a hint is told.
    """
    errors = error.errors if isinstance(error, CombinedError) else (error,)
    first = min(errors, key=lambda one: "did you mean" not in str(one.next_step))
    others = f"{count - 1} more {'error' if count == 2 else 'errors'} in the file"
    steps = [first.next_step or "see docs/importers.md", *([others] if count > 1 else [])]
    return ImportFileError(
        first.place,
        expected=first.expected,
        found=first.found or "nothing",
        next_step="; ".join(steps),
    )


def _plain(value: object, file: str, depth: int) -> object:
    if depth > DEEPEST:
        raise ImportFileError(
            file,
            expected=f"at most {DEEPEST} levels of nesting",
            found="more",
            next_step="write it without so much nesting",
        )
    if isinstance(value, dict):
        return {str(key): _plain(item, file, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, file, depth + 1) for item in value]
    return value
