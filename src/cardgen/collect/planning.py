"""From card.yaml's `measure` to jobs: which there are, in which order, which are done.

Reads the card, its runs and the checkpoints' files; starts nothing and writes nothing.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from cardgen.card import Card
from cardgen.collect.digests import Digests
from cardgen.collect.inputs import missing, paths
from cardgen.collect.promises import MODELS, models_of, promised, wanted_kinds
from cardgen.errors import ProjectError, SpecificationError
from cardgen.measuring import model_folder
from cardgen.measuring.job import Accelerator, Kind, Model, Role
from cardgen.records import AnyMeasurement, Run
from cardgen.spec.base import Specification
from cardgen.spec.plan import Measure, Subject
from cardgen.tables.model import short, slug

REPEATED: Final[tuple[Kind, ...]] = ("serving", "device")

State = Literal["done", "due", "waiting", "blocked"]
"""`waiting`: due, after the job it needs. `blocked`: cannot be done, for the reason given."""


@dataclass(slots=True)
class Planned:
    """One job of the plan and how it stands."""

    kind: Kind
    name: str
    key: str
    model: Model
    base: Model | None
    settings: Specification
    subject: Subject
    repeat: int
    roles: Mapping[str, Role]
    run_file: Path
    state: State = "due"
    reason: str = ""
    needs: Planned | None = None
    earlier_s: float | None = None
    siblings: dict[str, str] = field(default_factory=dict, repr=False)
    """The run files' names of this job's other repeats -> their keys under the same settings."""

    @property
    def due(self) -> bool:
        """Whether there is something to do."""
        return self.state in ("due", "waiting")

    def promised(self) -> tuple[AnyMeasurement, ...]:
        """What the job's run will hold, as measurements without values."""
        return promised(self.kind, self.settings, self.subject)


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the plan a call wants."""

    kinds: tuple[Kind, ...] = ()
    only: str | None = None
    repeats: int | None = None
    plan: str | None = None
    force: bool = False


def chosen(card: Card, choice: Choice) -> Measure:
    """The card's `measure` under the named plan; an error where there is none."""
    measure = card.specification.measure
    place = f"cards/{card.name}/card.yaml"
    if measure is None:
        raise SpecificationError(
            place,
            expected="a section `measure`: what is to be measured",
            found="none",
            next_step="add one (docs/collect.md), or import results with `cardgen import`",
        )
    if choice.plan is not None:
        if choice.plan not in measure.plans:
            names = ", ".join(measure.plans)
            raise SpecificationError(
                f"{place}: /measure/plans",
                expected=f"one of: {names}" if names else "a plan of that name",
                found=repr(choice.plan),
                next_step="name one of them, or leave --plan out for the whole plan",
            )
        measure = measure.plan(choice.plan)
    if choice.repeats is not None:
        measure = measure.model_copy(update={"repeats": choice.repeats})
    return measure


def is_there(model: Model) -> bool:
    """Whether the model's checkpoint is where it should be; one that is fetched by name is.

    What a quantization has not finished is none, though it may look like one.
    """
    if model.path is None:
        return True
    folder = Path(model.path)
    return (folder / "config.json").is_file() and not model_folder.is_unfinished(folder)


def no_checkpoint(model: Model, place: str) -> str:
    """Why nothing can be done with the model, whose folder `place` is not as it should be."""
    folder = Path(model.path or "")
    found = "it holds no config.json" if folder.is_dir() else "no such folder"
    if model_folder.is_unfinished(folder):
        found = "its quantization has not finished"
    elif not folder.is_dir() and (aside := model_folder.aside(folder)) is not None:
        found = f"no such folder, only {aside.name}, which a quantization that failed left"
    return (
        f"no checkpoint in {place}: {found}; put {model.name} there first, or mend "
        "measure.models in card.yaml"
    )


class Planner:
    """Plans one card's jobs: `accelerator`, `hardware` and each kind's roles are settled."""

    def __init__(
        self,
        card: Card,
        measure: Measure,
        *,
        accelerator: Accelerator,
        hardware: str,
        collectors: Mapping[Kind, str],
        roles: Mapping[Kind, Mapping[str, Role]],
    ) -> None:
        self.card = card
        self.measure = measure
        self.accelerator: Accelerator = accelerator
        self.hardware = hardware
        self.collectors = collectors
        self.roles = roles
        self.root = card.project.root
        self.folder = card.folder / card.specification.runs
        self.digests = Digests(self.root)
        self._runs = _runs_by_key(card)
        self._quantization: Planned | None = None
        self._slugs = self._unique_slugs()

    def jobs(self, choice: Choice) -> list[Planned]:
        """The plan's jobs in the order they are to be done; those not asked for are left out,
        but for what others need."""
        found = [job for kind in wanted_kinds(self.measure) for job in self._of_kind(kind)]
        self.digests.save()
        asked = [job for job in found if _is_asked(job, choice)]
        if not asked:
            raise ProjectError(
                f"cards/{self.card.name}/card.yaml: /measure",
                expected="jobs of the plan to do",
                found=f"none among: {', '.join(job.name for job in found)}" if found else "none",
                next_step="mend KIND or --only; `--dry-run` shows the plan",
            )
        for job in asked:
            if choice.force and job.state == "done":
                job.state, job.reason = "due", "forced"
        return self._with_needed(asked)

    def _with_needed(self, asked: list[Planned]) -> list[Planned]:
        """The jobs, and the quantization before them where one that is due needs its output."""
        made = self._quantization
        waiting = [job for job in asked if job.due and job.needs is not None]
        if made is None or not waiting:
            return asked
        if made.state == "done" and not is_there(made.model):
            unfinished = model_folder.is_unfinished(Path(made.model.path or ""))
            what = "is unfinished" if unfinished else "is gone"
            made.state, made.reason = "due", f"its checkpoint {what}, and other jobs need it"
        if made.state == "done":
            return asked
        for job in waiting:
            if made.state == "blocked":
                job.state, job.reason = "blocked", f"{made.name}: {made.reason}"
            else:
                job.state, job.reason = "waiting", f"after {made.name}"
        return asked if made in asked else [made, *asked]

    def _of_kind(self, kind: Kind) -> list[Planned]:
        settings: Specification = getattr(self.measure, kind)
        if kind == "quantization":
            made = self._job(kind, settings, self._quantized(), 1)
            made.model = made.model.model_copy(update={"revision": made.key})
            self._quantization = made
            return [made]
        models = self._models(settings)
        if kind not in REPEATED:
            return [self._job(kind, settings, model, 1) for model in models]
        found = []
        for repeat in range(1, self.measure.repeats + 1):
            # base, quantized, quantized, base…: a drift of the machine falls on both alike.
            order = models if repeat % 2 else models[::-1]
            found += [self._job(kind, settings, model, repeat) for model in order]
        return found

    def _models(self, settings: Specification) -> list[Model]:
        own = self.card.specification.model
        names = models_of(self.card, settings)
        return [self._quantized() if name == own else self._model(name) for name in names]

    def _model(self, name: str) -> Model:
        given = self.measure.models.get(name)
        if given is None:
            return Model(name=name)
        path = self.root / given
        return Model(name=name, path=str(path), revision=self.digests.of(path))

    def _quantized(self) -> Model:
        """The card's own model: what the quantization makes, where the plan has one."""
        name = self.card.specification.model
        if self.measure.quantization is None:
            return self._model(name)
        path = self.root / self.measure.models.get(name, f"{MODELS}/{short(name)}")
        made = self._quantization
        return Model(name=name, path=str(path), revision=made.key if made else None)

    def _job(self, kind: Kind, settings: Specification, model: Model, repeat: int) -> Planned:
        quantizes = kind == "quantization"
        base_name = self.card.specification.base_model
        base = self._model(base_name) if base_name is not None else None
        roles = self.roles.get(kind, {})

        def key_of(number: int) -> str:
            return _key(
                kind=kind,
                collector=self.collectors.get(kind, kind),
                model=[model.name, model.revision],
                base=[base.name, base.revision] if quantizes and base else None,
                settings=settings.model_dump(mode="json", exclude_defaults=True),
                inputs=self._inputs(settings),
                hardware=self.hardware,
                accelerator=self.accelerator,
                locks={role: found.lock_sha256 for role, found in roles.items()},
                trust_remote_code=self.measure.trust_remote_code,
                repeat=number,
            )

        stem = f"{kind}-{self._slugs[model.name]}"
        if kind in REPEATED:
            stem += f"-{slug(self.hardware).replace('.', '-')}"
        name = f"{stem}-{repeat}" if kind in REPEATED else stem
        job = Planned(
            kind=kind,
            name=name,
            key=key_of(repeat),
            model=model,
            base=base,
            settings=settings,
            subject=Subject(model.name, base_name, self.hardware, self.accelerator),
            repeat=repeat,
            roles=roles,
            run_file=self.folder / f"{name}.json",
            siblings={
                file.name: key_of(number)
                for number, file in _numbered(self.folder, stem)
                if kind in REPEATED and number != repeat
            },
        )
        needs_made = not quantizes and self._quantization is not None
        if needs_made and model.name == self.card.specification.model:
            job.needs = self._quantization
        self._settle(job)
        return job

    def _settle(self, job: Planned) -> None:
        """How the job stands: done, blocked by what is missing, or due."""
        done = self._runs.get(job.key)
        if done is not None:
            job.state, job.reason = "done", done[0]
            job.earlier_s = _seconds(done[1])
            return
        lacking = self._lacking(job)
        if lacking is not None:
            job.state, job.reason = "blocked", lacking
        job.earlier_s = next(
            (
                _seconds(run)
                for _, run in self._runs.values()
                if run.measurements[0].kind == job.kind
                and run.measurements[0].model == job.model.name
            ),
            None,
        )

    def _lacking(self, job: Planned) -> str | None:
        """Which checkpoint, file or folder that the job begins with is not there, in words."""
        needed = job.base if job.kind == "quantization" else job.model
        if needed is not None and job.needs is None and not is_there(needed):
            return no_checkpoint(needed, self.card.project.relative(Path(needed.path or "")))
        if job.kind == "device":  # its data sets are one part of many: the others need none
            return None
        lost = next(iter(missing(job.settings, self.root)), None)
        if lost is None:
            return None
        key, path = lost
        return f"{path} is not there; make it first, or mend measure.{job.kind}.{key} in card.yaml"

    def _inputs(self, settings: Specification) -> list[list[str | None]]:
        """The digests of the project's files and folders that the settings name."""
        return [[p, self.digests.of(self.root / p)] for p in sorted(set(paths(settings)))]

    def _unique_slugs(self) -> dict[str, str]:
        """Each model's part of a file's name: its own name, with the organisation if need be."""
        specification = self.card.specification
        names = [n for n in (specification.base_model, specification.model) if n is not None]
        count = Counter(slug(short(name)) for name in set(names))
        return {n: slug(short(n)) if count[slug(short(n))] == 1 else slug(n) for n in names}


def _is_asked(job: Planned, choice: Choice) -> bool:
    if choice.kinds and job.kind not in choice.kinds:
        return False
    return choice.only is None or fnmatch.fnmatchcase(job.name, choice.only)


def _runs_by_key(card: Card) -> dict[str, tuple[str, Run]]:
    """The finished runs that the card draws on, by the job they did."""
    return {
        run.provenance.job: (file, run)
        for file, run in card.records.runs
        if run.provenance.job is not None
    }


def _key(**parts: Any) -> str:
    text = json.dumps({"format": 1, **parts}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _seconds(run: Run) -> float | None:
    start, end = run.provenance.started_at, run.provenance.ended_at
    return (end - start).total_seconds() if start is not None and end is not None else None


def _numbered(folder: Path, stem: str) -> list[tuple[int, Path]]:
    """The run files of a job's repeats that are there, by their numbers."""
    pattern = re.compile(rf"{re.escape(stem)}-(\d{{1,3}})\.json")
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    found = [(pattern.fullmatch(entry.name), entry) for entry in entries]
    return [(int(match[1]), entry) for match, entry in found if match]
