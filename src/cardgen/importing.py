"""Results on their way into a card: read, named, checked against what is there, then written."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from cardgen import imports
from cardgen.card import Card, open_card
from cardgen.errors import ImportFileError, RecordError
from cardgen.imports.node import several
from cardgen.imports.options import ImportOptions
from cardgen.measuring import model_folder
from cardgen.records import QuantizationMeasurement, Run
from cardgen.spec.load import Project
from cardgen.store import files, runs
from cardgen.store.runs import RecordSet
from cardgen.tables.model import slug

GENERIC = ("results", "result", "report", "benchmark", "benchmark_report", "output", "metrics")

Changed = Literal["refuse", "replace", "repeat"]
"""What becomes of a source whose earlier content is a run of the card already."""


class _OfSource(NamedTuple):
    """A card's run files of one source: that of its content as it is, else those of earlier
    contents, which speak of something that the new one speaks of (`alike`) or of nothing of it."""

    same: Path | None = None
    alike: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()

    @property
    def earlier(self) -> tuple[Path, ...]:
        """Those that the new content may replace."""
        return self.alike or self.others

    def candidates(self, stem: str) -> tuple[Path, ...]:
        """The same; the one alone that `import` would name so, where there is such a one."""
        named = [f for f in self.alike if re.fullmatch(rf"{re.escape(stem)}(-[0-9]+)?", f.stem)]
        return tuple(named) if len(named) == 1 else self.earlier


class Importing:
    """The runs that one call of `cardgen import` adds to a card; all of them or none."""

    def __init__(
        self,
        target: tuple[Project, str] | None,
        options: ImportOptions,
        *,
        changed: Changed = "refuse",
        allow_other_model: bool = False,
    ) -> None:
        self.options = options
        self.changed = changed
        self.allow_other_model = allow_other_model
        self.planned: dict[Path, Run] = {}
        self.warnings: list[str] = []
        self._card = open_card(*target) if target else None

    def read(self, tool: str | None, path: Path) -> Run:
        """The run in a result file, of the named tool or of the one its content shows."""
        _check_finished(path)
        return imports.read(tool or imports.detect(path), path, self.options)

    def add(self, tool: str | None, path: Path) -> None:
        """Read a file and plan where its run goes. The same source at the same place is no new
        run, and is read anew with a warning where it reads otherwise now; another content takes a
        run file's place only where the caller says so."""
        assert self._card is not None
        _check_finished(path)
        tool = tool or imports.detect(path)
        run = imports.read(tool, path, self.options)
        self._check_models(run, path)
        folder = self._card.folder / self._card.specification.runs
        stem = f"{tool}-{slug(_name(path))}"
        known = self._of_source(run, path, folder)
        if known.same is not None and self.changed == "replace":
            self._plan(known.same, run, path)
            return
        if known.earlier and self.changed == "replace":
            self.planned[self._replaced(path, stem, known)] = run
            return
        if known.earlier and self.changed == "refuse":
            names = " and ".join(self._card.project.relative(file) for file in known.earlier)
            both = "both: an independent repeat" if known.alike else "both"
            replace = "give --replace to write over that run file"
            if len(known.candidates(stem)) > 1:
                replace = "remove the run files that are wrong and import again"
            raise ImportFileError(
                str(path),
                expected="a source that the card has no run of, or the same content again",
                found=f"other content than that of {names}, which names the same source",
                next_step=f"{replace}, or give --repeat to keep {both}",
            )
        target, number = folder / f"{stem}.json", 1
        while not self._free(target, run):
            number += 1
            target = folder / f"{stem}-{number}.json"
        self._plan(target, run, path)

    def _plan(self, target: Path, run: Run, path: Path) -> None:
        """Plan the run file of a source, with a warning where it holds another reading of it."""
        existing = self._existing(target)
        if existing is not None and _reading(existing) != _reading(run):
            assert self._card is not None
            self.warnings.append(
                f"{path}: {self._card.project.relative(target)} held another reading of it, by an "
                "earlier cardgen, with other flags or edited: written over"
            )
        self.planned[target] = run

    def _check_models(self, run: Run, path: Path) -> None:
        """Refuse a run of a model that the card is not about, unless the caller allows it: then
        it is a warning, as is a checkpoint that was made of another model than the card's."""
        card = self._card
        assert card is not None
        named = dict.fromkeys(measurement.model for measurement in run.measurements)
        others = [name for name in named if not card.is_subject(name)]
        if others and not self.allow_other_model:
            raise _other_model(card, path, others)
        if others:
            self.warnings.append(
                f"{path}: {several(others)} is none of the card's models "
                f"({', '.join(card.models)}): no table of the card shows it"
            )
        own, base = card.specification.model, card.specification.base_model
        for measurement in run.measurements:
            if not isinstance(measurement, QuantizationMeasurement) or base is None:
                continue
            made_of = card.model_name(measurement.base_model)
            if card.model_name(measurement.model) == own and made_of != card.model_name(base):
                self.warnings.append(
                    f"{path}: quantized from {made_of}, while the card's base model is {base}"
                )

    def _of_source(self, run: Run, path: Path, folder: Path) -> _OfSource:
        """The card's own run files of the run's source.

        Outside the project only a file's name is known, and many tools give every result the same:
        there the earlier content must also speak of something that the new one speaks of.
        """
        assert self._card is not None
        source = run.provenance.source
        if source is None or source.file is None or source.sha256 is None:
            return _OfSource()
        alike, others = [], []
        inside = path.resolve().is_relative_to(self._card.project.root.resolve())
        subjects = {measurement.identity for measurement in run.measurements}
        for place, existing in self._card.records.runs:
            known = existing.provenance.source
            file = folder / PurePosixPath(place).name
            if (
                known is None
                or known.file != source.file
                or known.sha256 is None
                or self._card.project.relative(file) != place
            ):
                continue
            if known.sha256 == source.sha256:
                return _OfSource(same=file)
            if any(measurement.identity in subjects for measurement in existing.measurements):
                alike.append(file)
            elif inside:
                others.append(file)
        return _OfSource(None, tuple(alike), tuple(others))

    def _replaced(self, path: Path, stem: str, known: _OfSource) -> Path:
        """The one run file that the source's new content goes into."""
        chosen = known.candidates(stem)
        if len(chosen) == 1 and chosen[0] not in self.planned:
            return chosen[0]
        assert self._card is not None
        names = " and ".join(self._card.project.relative(file) for file in chosen)
        taken = len(chosen) == 1
        raise ImportFileError(
            str(path),
            expected="one run file to replace",
            found=f"{names}, which another file of this call replaces" if taken else names,
            next_step="import the two files one after the other"
            if taken
            else "remove the run files that are wrong, then import with --repeat, which keeps "
            "the others",
        )

    def _free(self, target: Path, run: Run) -> bool:
        existing = self._existing(target)
        return existing is None or _sha256(existing) == _sha256(run)

    def _existing(self, target: Path) -> Run | None:
        """The run that is planned for a file, or stands in it."""
        assert self._card is not None
        existing = self.planned.get(target)
        if existing is None and target.is_file():
            existing = runs.load(target, place=self._card.project.relative(target))
        return existing

    def check(self) -> None:
        """Refuse what the card could not be built with: one source twice, above all."""
        assert self._card is not None
        project = self._card.project
        planned = {project.relative(path): run for path, run in self.planned.items()}
        present = {file: run for file, run in self._card.records.runs if file not in planned}
        try:
            RecordSet([*present.items(), *planned.items()])
        except RecordError as problem:
            raise ImportFileError(
                problem.place,
                expected=problem.expected,
                found=problem.found,
                next_step="leave out the file: its results are in the card already",
            ) from problem

    def write(self) -> list[Path]:
        """Write the planned runs so that a power cut loses none; the paths that changed."""
        return [
            path
            for path, run in self.planned.items()
            if files.replace(path, runs.dump(run), durable=True)
        ]


def _check_finished(path: Path) -> None:
    """Refuse the folder of a quantization job that failed or was killed: no model came of it."""
    if model_folder.is_unfinished(path):
        raise ImportFileError(
            str(path),
            expected="a model that passed the check of the job that made it",
            found="what a quantization job left unfinished",
            next_step="quantize again with `cardgen collect`",
        )


def _other_model(card: Card, path: Path, others: Sequence[str]) -> ImportFileError:
    """The refusal of a run of models that the card is not about, with those that it is."""
    near = _near(others[0], [*card.models, *card.specification.aliases])
    if len(others) > 1:
        advice = "import the models' results one by one"
    elif near is not None:
        advice = f"did you mean {near}? give --model {card.model_name(near)}"
    else:
        advice = "give --model NAME if it is one of these under another name"
    return ImportFileError(
        str(path),
        expected=f"a run of a model that the card {card.name} is about: "
        f"{several(card.models, most=6)}",
        found=several(others),
        next_step=f"{advice}; else name it in card.yaml, under `serving.models` as a sibling or "
        "under `aliases`; or import it all the same with --allow-other-model",
    )


def _near(name: str, known: Sequence[str]) -> str | None:
    """The known model that the name differs from by case, by organisation, or by a slip."""
    lower = {model.lower(): model for model in reversed(known)}
    short = {model.rpartition("/")[2].lower(): model for model in reversed(known)}
    found = lower.get(name.lower()) or short.get(name.rpartition("/")[2].lower())
    if found is not None:
        return found
    digits = re.findall(r"\d+", name)  # which tell two sizes or schemes apart
    alike = {low: model for low, model in lower.items() if re.findall(r"\d+", low) == digits}
    close = difflib.get_close_matches(name.lower(), alike, n=1, cutoff=0.85)
    return alike[close[0]] if close else None


def _name(path: Path) -> str:
    """What tells a result file from its siblings: its stem, or its folder where that is generic."""
    resolved = path.absolute()
    return resolved.parent.name if resolved.stem.lower() in GENERIC else resolved.stem


def _reading(run: Run) -> Run:
    """What was read, wherever the source lies."""
    provenance = run.provenance.model_copy(update={"source": None})
    return run.model_copy(update={"provenance": provenance})


def _sha256(run: Run) -> str | None:
    source = run.provenance.source
    return source.sha256 if source else None
