"""Results on their way into a card: read, named, checked against what is there, then written."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Literal

from cardgen import imports
from cardgen.card import open_card
from cardgen.errors import ImportFileError, RecordError
from cardgen.imports.options import ImportOptions
from cardgen.measuring import model_folder
from cardgen.records import Run
from cardgen.spec.load import Project
from cardgen.store import files, runs
from cardgen.store.runs import RecordSet
from cardgen.tables.model import slug

GENERIC = ("results", "result", "report", "benchmark", "benchmark_report", "output", "metrics")

Changed = Literal["refuse", "replace", "repeat"]
"""What becomes of a source whose earlier content is a run of the card already."""


class Importing:
    """The runs that one call of `cardgen import` adds to a card; all of them or none."""

    def __init__(
        self,
        target: tuple[Project, str] | None,
        options: ImportOptions,
        *,
        changed: Changed = "refuse",
    ) -> None:
        self.options = options
        self.changed = changed
        self.planned: dict[Path, Run] = {}
        self._card = open_card(*target) if target else None

    def read(self, tool: str | None, path: Path) -> Run:
        """The run in a result file, of the named tool or of the one its content shows."""
        _check_finished(path)
        return imports.read(tool or imports.detect(path), path, self.options)

    def add(self, tool: str | None, path: Path) -> None:
        """Read a file and plan where its run goes. The same source at the same place is no new
        run; another source takes a run file's place only where the caller says so."""
        assert self._card is not None
        _check_finished(path)
        tool = tool or imports.detect(path)
        run = imports.read(tool, path, self.options)
        folder = self._card.folder / self._card.specification.runs
        stem = f"{tool}-{slug(_name(path))}"
        earlier = self._earlier(run, folder)
        if earlier and self.changed == "replace":
            self.planned[self._replaced(path, stem, earlier)] = run
            return
        if earlier and self.changed == "refuse":
            names = " and ".join(self._card.project.relative(file) for file in earlier)
            raise ImportFileError(
                str(path),
                expected="a source that the card has no run of, or the same content again",
                found=f"other content than that of {names}, which names the same source",
                next_step="give --replace to write over that run file, or --repeat to keep both: "
                "an independent repeat",
            )
        target, number = folder / f"{stem}.json", 1
        while not self._free(target, run):
            number += 1
            target = folder / f"{stem}-{number}.json"
        self.planned[target] = run

    def _earlier(self, run: Run, folder: Path) -> list[Path]:
        """The card's own run files that were made of an earlier content of the run's source.

        Outside the project only a file's name is known, and many tools give every result the same:
        so the earlier content must also speak of something that the new one speaks of.
        """
        assert self._card is not None
        source = run.provenance.source
        if source is None or source.file is None or source.sha256 is None:
            return []
        found = []
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
                return []
            if any(measurement.identity in subjects for measurement in existing.measurements):
                found.append(file)
        return found

    def _replaced(self, path: Path, stem: str, earlier: list[Path]) -> Path:
        """The one run file that the source's new content goes into."""
        named = [f for f in earlier if re.fullmatch(rf"{re.escape(stem)}(-[0-9]+)?", f.stem)]
        chosen = named if len(named) == 1 else earlier
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
            else "remove the run file that is wrong, then import with --repeat",
        )

    def _free(self, target: Path, run: Run) -> bool:
        assert self._card is not None
        existing = self.planned.get(target)
        if existing is None and target.is_file():
            existing = runs.load(target, place=self._card.project.relative(target))
        return existing is None or _sha256(existing) == _sha256(run)

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


def _name(path: Path) -> str:
    """What tells a result file from its siblings: its stem, or its folder where that is generic."""
    resolved = path.absolute()
    return resolved.parent.name if resolved.stem.lower() in GENERIC else resolved.stem


def _sha256(run: Run) -> str | None:
    source = run.provenance.source
    return source.sha256 if source else None
