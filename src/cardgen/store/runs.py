"""Run files: canonical JSON in and out, and the set of runs a card draws on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from cardgen.errors import RecordError
from cardgen.records import FORMAT, AnyMeasurement, Identity, Run
from cardgen.store import files
from cardgen.upgrade import upgrade


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
    """The run as canonical JSON: stable key order, two-space indentation, a final newline."""
    data = run.model_dump(mode="json", exclude_none=True)
    text = json.dumps(_without_empty(data), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _without_empty(value: object) -> object:
    if isinstance(value, dict):
        pairs = ((key, _without_empty(item)) for key, item in value.items())
        return {key: item for key, item in pairs if item not in ({}, [])}
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value


def load(path: Path, *, place: str | None = None) -> Run:
    """The run in a file, upgraded if it is of an older format; a RecordError says what is wrong."""
    return parse(files.read_bytes(path, error=RecordError), place or str(path))


def parse(data: bytes, place: str) -> Run:
    """The run in these bytes; `place` names them in errors."""
    try:
        return Run.model_validate_json(data)
    except ValidationError as problem:
        return _upgraded(data, place, problem)


def _upgraded(data: bytes, place: str, problem: ValidationError) -> Run:
    """The slow path: an older format, a newer one, or an error to tell."""
    from cardgen.store.validation import translate

    text = files.decode(data, Path(place), error=RecordError)
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise RecordError(
            place,
            expected="a run file",
            found="JSON nested too deeply",
            next_step="restore the file from version control",
        ) from error
    except ValueError as error:
        detail = (
            f"{error.msg} at line {error.lineno} column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else str(error)
        )
        raise RecordError(
            place,
            expected="whole, valid JSON with finite numbers",
            found=detail,
            next_step="restore the file from version control, or make the run again",
        ) from error
    if not isinstance(content, dict):
        raise RecordError(
            place,
            expected="a run file: a JSON object with `format`, `provenance`, `measurements`",
            found=f"a JSON {type(content).__name__}",
            next_step="name a run made by `cardgen import` or `cardgen collect`",
        )
    if content.get("format") != FORMAT:
        content = upgrade(content, place)
        text = json.dumps(content, indent=2, ensure_ascii=False)
        try:
            return Run.model_validate_json(text)
        except ValidationError as error:
            problem = error
    raise translate(problem, path=place, text=text, model=Run, error=RecordError) from problem


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name}, which is no number that was measured")


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
        sources: dict[str, str] = {}
        for file, run in self.runs:
            source = run.provenance.source
            if source is not None and source.sha256 is not None:
                first = sources.setdefault(source.sha256, file)
                if first != file:
                    raise RecordError(
                        file,
                        expected="each source imported once",
                        found=f"the same source (sha256 {source.sha256[:12]}…) as {first}",
                        next_step="remove one of the two run files",
                    )
            for index, measurement in enumerate(run.measurements):
                stored = Stored(measurement, run, file, index)
                identity = measurement.identity
                if aliases and identity.model in aliases:
                    identity = identity._replace(model=aliases[identity.model])
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
