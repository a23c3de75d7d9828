"""One card: its specification and the runs it draws on, loaded and cross-checked."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from cardgen.conditions.choice import Asked, Choice, Chooser, Other
from cardgen.conditions.condition import Conditions, Difference, differences
from cardgen.conditions.lists import Statements
from cardgen.derive.quantity import NOT_MEASURED, Absent, Value
from cardgen.derive.repeats import value_of
from cardgen.errors import RecordError, SpecificationError
from cardgen.language import Message
from cardgen.records import AccuracyMeasurement, Identity, Run, Samples
from cardgen.spec.card import CardSpecification
from cardgen.spec.load import Project, load_card, mistake
from cardgen.spec.locate import is_card
from cardgen.spec.planned import is_planned
from cardgen.store import files, runs, samples
from cardgen.store.runs import RecordSet, Stored

RUNS = "runs"
ELSEWHERE = Absent(Message("measured under other conditions only"))
M = TypeVar("M")


@dataclass(slots=True)
class _Known:
    """What is worked out of a card's records once it is asked for."""

    statements: Statements = field(default_factory=Statements)
    choice: Choice | None = None
    conditions: dict[Identity, Conditions] = field(default_factory=dict)
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A card's name, specification and records, inside its project.

    `shown` is what its tables draw on: of each identity the measurements whose conditions agree.
    `records` holds everything.
    """

    name: str
    project: Project
    specification: CardSpecification
    records: RecordSet
    _known: _Known = field(default_factory=_Known, init=False, repr=False, compare=False)

    @property
    def folder(self) -> Path:
        """cards/NAME/."""
        return self.project.cards / self.name

    @property
    def choice(self) -> Choice:
        """Which measurements the card shows, and which it has besides."""
        if self._known.choice is None:
            self._known.choice = self.choice_of(self.specification.conditions)
        return self._known.choice

    def choice_of(self, asked: Asked) -> Choice:
        """The choice that the card would make if its card.yaml asked for these conditions."""
        specification = self.specification
        chooser = Chooser(
            self._known.statements,
            specification.model,
            specification.base_model,
            lambda measurement: is_planned(specification, measurement),
            specification.prefer,
            asked,
        )
        return chooser.choose(self.records.identities)

    @property
    def shown(self) -> Mapping[Identity, tuple[Stored, ...]]:
        """Every identity with its repeats: measurements under equal conditions, and failures."""
        return self.choice.shown

    @property
    def others(self) -> tuple[Other, ...]:
        """The groups of measurements that were made under other conditions than those shown."""
        return self.choice.others

    def value(self, identity: Identity, read: Callable[[Stored], Value | None]) -> Value:
        """The one value of an identity: of its repeats, by the card's preference of origins."""
        found = value_of(self.shown.get(identity, ()), read, self.specification.prefer)
        return ELSEWHERE if found is NOT_MEASURED and identity in self.choice.elsewhere else found

    @property
    def statements(self) -> Statements:
        """What each measurement states of its conditions, read once."""
        return self._known.statements

    def conditions(self, identity: Identity) -> Conditions:
        """What the shown measurements of an identity state of their conditions."""
        known = self._known.conditions.get(identity)
        if known is None:
            shown = self.shown.get(identity, ())
            items = (item for item in shown if item.measurement.outcome == "measured")
            known = self._known.conditions[identity] = self.statements.together(items)
        return known

    def differences(
        self, one: Identity, other: Identity, fields: Sequence[str]
    ) -> tuple[Difference, ...]:
        """The conditions that differ between two shown values; of those that bear on one field of
        the record only, the fields' own."""
        sides = [self.shown.get(identity, ()) for identity in (one, other)]
        if len(sides[0]) == len(sides[1]) == 1:  # nearly always, and nearly always alike
            first, second = (self.statements.of(items[0]) for items in sides)
            if first == second:
                return ()
        return tuple(differences(self.conditions(one), self.conditions(other), fields))

    @property
    def models(self) -> tuple[str, ...]:
        """The models the card is about: the base model, the siblings that card.yaml names in
        `serving.models`, its own; each once, under the name it goes by."""
        if not self._known.models:
            specification = self.specification
            named = (specification.base_model, *specification.serving.models, specification.model)
            known = dict.fromkeys(self.model_name(name) for name in named if name is not None)
            self._known.models = tuple(known)
        return self._known.models

    def is_subject(self, name: str) -> bool:
        """Whether the card is about this model: a run of any other says nothing on it."""
        return self.model_name(name) in self.models

    def measured(self, kind: str) -> list[Stored]:
        """The measurements of a kind that the card shows, with their values."""
        return [
            item
            for identity, items in self.shown.items()
            if identity.kind == kind and identity.model in self.models
            for item in items
            if item.measurement.outcome == "measured"
        ]

    def measurements(self, model: type[M]) -> list[M]:
        """All measurements of one record kind, given by its class."""
        return [
            measurement
            for _, run in self.records.runs
            for measurement in run.measurements
            if isinstance(measurement, model)
        ]

    def sample_scores(self, stored: Stored) -> Mapping[str, float] | None:
        """A score's per-sample scores by their ids; None where the run kept none.

        A RecordError where the file is gone or another than the record says.
        """
        measurement = stored.measurement
        if not isinstance(measurement, AccuracyMeasurement) or measurement.samples is None:
            return None
        path = self.project.root / measurement.samples.file
        try:
            status = path.stat()
        except OSError as problem:
            raise RecordError(
                measurement.samples.file,
                expected=f"the per-sample results of {stored.file}",
                found=problem.strerror or type(problem).__name__,
                next_step="restore the file from version control, or measure again",
            ) from problem
        stamp = (status.st_mtime_ns, status.st_size)
        return _sample_scores(path, measurement.samples, stamp)

    def model_name(self, name: str) -> str:
        """The name a model goes by on this card."""
        return self.specification.aliases.get(name, name)


@lru_cache(maxsize=64)
def _sample_scores(path: Path, kept: Samples, stamp: tuple[int, int]) -> Mapping[str, float]:
    """The scores in a file of per-sample results, read once; `stamp` is its time and size."""
    del stamp
    data = files.read_bytes(path, error=RecordError, place=kept.file)
    if files.sha256(data) != kept.sha256:
        raise RecordError(
            kept.file,
            expected=f"the file with the sha256 {kept.sha256[:12]}… that its run names",
            found="another content",
            next_step="restore the file from version control, or measure again",
        )
    return samples.scores(data, kept.file)


def open_card(project: Project, name: str) -> Card:
    """The card with all its runs; every error names the file to mend."""
    specification = load_card(project, name)
    loaded = [_run(*item) for item in _run_places(project, name, specification)]
    for index, other in enumerate(specification.uses):
        if other == name or not is_card(project.root, other):
            raise _no_other_card(project, name, index, other)
        loaded += _used_runs(project, other)
    return Card(name, project, specification, RecordSet(loaded, specification.aliases))


def _no_other_card(project: Project, name: str, index: int, other: str) -> SpecificationError:
    names = [known for known in project.names() if known != name]
    close = difflib.get_close_matches(other, names, n=1)
    return mistake(
        project,
        name,
        ("uses", index),
        expected=f"another card: {', '.join(names[:20])}" if names else "another card",
        found="the card itself" if other == name else f"no card {other!r}",
        next_step=f"did you mean {close[0]!r}?" if close else f"remove {other!r}",
    )


def run_files(project: Project, name: str, folder: str) -> list[Path]:
    """The card's run files, sorted; one that a link leads out of the project is refused.

    A card without the usual folder has no runs yet; another folder that card.yaml names exists.
    """
    base = project.cards / name / folder

    def refused(expected: str, found: str) -> SpecificationError:
        step = "name the folder, inside the project, that holds the run files"
        found = f"{folder!r}, {found}"
        return mistake(project, name, ("runs",), expected=expected, found=found, next_step=step)

    try:
        with os.scandir(base) as entries:
            found = sorted(
                (entry for entry in entries if _is_named_as_run(entry.name)), key=lambda e: e.name
            )
    except FileNotFoundError as problem:
        if folder == RUNS and not base.is_symlink():
            return []
        raise refused("a folder of run files", "which does not exist") from problem
    except NotADirectoryError as problem:
        raise refused("a folder of run files", "which is a file") from problem
    except OSError as problem:
        raise refused("a folder that can be read", str(problem.strerror)) from problem
    if not _is_inside(project, name, base):
        raise refused("a folder inside the project", "a link that leads out of it")
    for entry in found:
        if entry.is_symlink() and not _is_inside(project, name, base / entry.name):
            raise _no_run_file(project, base / entry.name, "a link that leads out of the project")
        if not entry.is_file():
            what = "a folder" if entry.is_dir() else "no ordinary file"
            raise _no_run_file(project, base / entry.name, what)
    return [base / entry.name for entry in found]


def _is_named_as_run(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(".")


def _is_inside(project: Project, name: str, path: Path) -> bool:
    """Whether links leave the path in the project, or in the card's folder wherever that is."""
    real = Path(os.path.realpath(path))
    folders = (project.root, project.cards / name)
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def _no_run_file(project: Project, path: Path, found: str) -> RecordError:
    return RecordError(
        project.relative(path),
        expected="a run file inside the project",
        found=found,
        next_step="move it out of the folder of run files, or give it another ending than .json",
    )


def _run_places(
    project: Project, name: str, specification: CardSpecification
) -> list[tuple[Path, str]]:
    """The card's run files, each with its name in messages."""
    paths = run_files(project, name, specification.runs)
    return [(path, project.relative(path)) for path in paths]


def _run(path: Path, place: str) -> tuple[str, Run]:
    return place, runs.load(path, place=place)


def _used_runs(project: Project, name: str) -> tuple[tuple[str, Run], ...]:
    """The runs of a card that others use, read once while several of those are built.

    Keyed by the files' times and sizes, and held for few cards, so that memory stays level.
    """
    places = _run_places(project, name, load_card(project, name))
    stamps = tuple((path.stat().st_mtime_ns, path.stat().st_size) for path, _ in places)
    return _read_used(tuple(places), stamps)


@lru_cache(maxsize=8)
def _read_used(
    places: tuple[tuple[Path, str], ...], stamps: tuple[tuple[int, int], ...]
) -> tuple[tuple[str, Run], ...]:
    del stamps
    return tuple(_run(path, place) for path, place in places)
