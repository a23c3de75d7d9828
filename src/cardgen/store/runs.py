"""Run files: canonical JSON in and out, and the set of runs a card draws on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from cardgen.errors import RecordError
from cardgen.records import FORMAT, AnyMeasurement, Identity, Record, Run
from cardgen.store import files
from cardgen.upgrade import upgrade

DIGITS_AT_MOST = 400
"""No number has more; Python itself refuses to read thousands of them."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A measurement and where it stands: its run's file (relative to the project) and index."""

    measurement: AnyMeasurement
    run: Run
    file: str
    index: int

    def pointer(self, field: str = "") -> str:
        """The JSON pointer of the measurement, or of a field in it given as `a/b`."""
        return f"/measurements/{self.index}" + (f"/{field}" if field else "")


def dump(run: Run) -> bytes:
    """The run as canonical JSON: stable key order, two-space indentation, a final newline.

    A field that holds nothing (no value, an empty list or mapping) is left out where reading
    puts the same back.
    """
    text = json.dumps(_content(run), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _content(value: object) -> object:
    if isinstance(value, Record):
        fields = type(value).model_fields
        return {
            name: _content(item)
            for name, item in value
            if item not in (None, (), {})
            or item != fields[name].get_default(call_default_factory=True)
        }
    if isinstance(value, dict):
        return {key: _content(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_content(item) for item in value]
    return to_jsonable_python(value) if isinstance(value, datetime) else value


def load(path: Path, *, place: str | None = None) -> Run:
    """The run in a file, upgraded if it is of an older format; a RecordError says what is wrong.

    `place` is how errors name the file; else by its path.
    """
    place = place or str(path)
    return parse(files.read_bytes(path, error=RecordError, place=place), place)


def parse(data: bytes, place: str) -> Run:
    """The run in these bytes; `place` names them in errors."""
    try:
        run = Run.model_validate_json(data)
    except ValidationError:
        return _parse_slowly(data, place)
    return run if "format" in run.model_fields_set else _parse_slowly(data, place)


def _parse_slowly(data: bytes, place: str) -> Run:
    """An older format, a file with a byte order mark, or an error to tell."""
    from cardgen.store import positions
    from cardgen.store.validation import translate

    text = files.decode(data, place, error=RecordError)
    content = _object(text, place)
    position = positions.find_json(text, ("format",))
    where = f"{place}:{position.line}:{position.column}" if position else place
    current = upgrade(content, f"{where}: /format")
    # Of an upgraded run the lines are no longer those of the file: only pointers are told.
    same = content.get("format") == FORMAT
    try:
        return Run.model_validate_json(text if same else json.dumps(current))
    except ValidationError as problem:
        raise translate(
            problem,
            path=place if same else f"{place} (upgraded from format {content['format']})",
            text=text if same else "",
            model=Run,
            error=RecordError,
            find=positions.find_json,
            reference="`cardgen schema run` prints what each field takes",
        ) from problem


def _object(text: str, place: str) -> dict[str, Any]:
    """The text's JSON object; anything else is an error with its line and column.

    NaN and infinities pass here: the models refuse them with the field's name.
    """
    from cardgen.store import positions

    if not text.strip(" \t\r\n"):
        raise _refused(place, "a run file", "an empty file")
    try:
        content = json.loads(text, parse_int=_whole)
    except json.JSONDecodeError as problem:
        line, column = positions.at(text, problem.pos)
        raise _refused(
            f"{place}:{line}:{column}", "whole, valid JSON", _broken(problem)
        ) from problem
    except RecursionError as problem:
        raise _refused(place, "a run file", "JSON nested too deeply") from problem
    if not isinstance(content, dict):
        kinds = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
        raise _refused(
            f"{place}:1:1",
            "a JSON object with `format`, `provenance` and `measurements`",
            kinds.get(type(content), "a number"),
        )
    return content


def _broken(problem: json.JSONDecodeError) -> str:
    here = problem.doc[problem.pos : problem.pos + 20].partition("\n")[0]
    if problem.msg.startswith("Unterminated string"):
        return f"a text without an end: {here}"
    if problem.msg.startswith("Invalid control character"):
        return f"a control character inside a text: {problem.doc[problem.pos]!r}"
    reason = problem.msg[:1].lower() + problem.msg[1:]
    return f"{reason}, and the file ends" if not here else f"{reason} at {here!r}"


def _refused(place: str, expected: str, found: str) -> RecordError:
    step = "restore the file from version control, or make the run again"
    return RecordError(place, expected=expected, found=found, next_step=step)


def _whole(digits: str) -> int | float:
    """A whole number; one so long that Python refuses to read it is left to the models."""
    return int(digits) if len(digits) < DIGITS_AT_MOST else float(digits)


class RecordSet:
    """The runs a card draws on, found by identity. Immutable once built.

    `aliases` maps a model's name in the records to the name it goes by now.
    """

    def __init__(
        self, runs: Iterable[tuple[str, Run]], aliases: Mapping[str, str] | None = None
    ) -> None:
        self.runs: tuple[tuple[str, Run], ...] = tuple(runs)
        self._by_identity: dict[Identity, list[Stored]] = {}
        self._by_kind: dict[str, list[Stored]] = {}
        self.origins = frozenset(run.provenance.origin for _, run in self.runs)
        sources: dict[str, str] = {}
        for file, run in self.runs:
            source = run.provenance.source
            if source is not None and source.sha256 is not None:
                first = sources.setdefault(source.sha256, file)
                if first != file:
                    raise RecordError(
                        f"{file}: /provenance/source/sha256",
                        expected="each source imported once",
                        found=f"the same source (sha256 {source.sha256[:12]}…) as {first}",
                        next_step="remove one of the two run files",
                    )
            renamed: dict[Identity, int] = {}
            for index, measurement in enumerate(run.measurements):
                stored = Stored(measurement, run, file, index)
                identity = measurement.identity
                if aliases:
                    identity = _renamed(identity, aliases)
                    first_index = renamed.setdefault(identity, index)
                    if first_index != index:
                        raise RecordError(
                            f"{file}: /measurements/{index}",
                            expected="each measurement once in a run, models by their aliases",
                            found=f"a duplicate of /measurements/{first_index}: {identity}",
                            next_step="mend `aliases` in card.yaml, or remove one of the two",
                        )
                self._by_identity.setdefault(identity, []).append(stored)
                self._by_kind.setdefault(measurement.kind, []).append(stored)

    def of_kind(self, kind: str) -> tuple[Stored, ...]:
        """All measurements of a kind, in the order of the run files and within them."""
        return tuple(self._by_kind.get(kind, ()))

    def of_identity(self, identity: Identity) -> tuple[Stored, ...]:
        """All measurements of one identity: its repeats."""
        return tuple(self._by_identity.get(identity, ()))

    @property
    def identities(self) -> Mapping[Identity, list[Stored]]:
        """Every identity with its repeats, in order of appearance."""
        return self._by_identity

    def __len__(self) -> int:
        return sum(len(run.measurements) for _, run in self.runs)


def _renamed(identity: Identity, aliases: Mapping[str, str]) -> Identity:
    name = aliases.get(identity.model)
    return identity if name is None else identity._replace(model=name)
