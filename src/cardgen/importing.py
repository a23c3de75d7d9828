"""Results on their way into a card: read, named, checked against what is there, then written."""

from __future__ import annotations

from pathlib import Path

from cardgen import imports
from cardgen.card import open_card
from cardgen.errors import ImportFileError, RecordError
from cardgen.imports.options import ImportOptions
from cardgen.records import Run
from cardgen.spec.load import Project
from cardgen.store import files, runs
from cardgen.store.runs import RecordSet
from cardgen.tables.model import slug

GENERIC = ("results", "result", "report", "benchmark", "benchmark_report", "output", "metrics")


class Importing:
    """The runs that one call of `cardgen import` adds to a card; all of them or none."""

    def __init__(self, target: tuple[Project, str] | None, options: ImportOptions) -> None:
        self.options = options
        self.planned: dict[Path, Run] = {}
        self._card = open_card(*target) if target else None

    def read(self, tool: str | None, path: Path) -> Run:
        """The run in a result file, of the named tool or of the one its content shows."""
        return imports.read(tool or imports.detect(path), path, self.options)

    def add(self, tool: str | None, path: Path) -> None:
        """Read a file and plan where its run goes. The same source at the same place is no new
        run; another source never takes a run file's place."""
        assert self._card is not None
        tool = tool or imports.detect(path)
        run = imports.read(tool, path, self.options)
        folder = self._card.folder / self._card.specification.runs
        stem = f"{tool}-{slug(_name(path))}"
        target, number = folder / f"{stem}.json", 1
        while not self._free(target, run):
            number += 1
            target = folder / f"{stem}-{number}.json"
        self.planned[target] = run

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


def _name(path: Path) -> str:
    """What tells a result file from its siblings: its stem, or its folder where that is generic."""
    resolved = path.absolute()
    return resolved.parent.name if resolved.stem.lower() in GENERIC else resolved.stem


def _sha256(run: Run) -> str | None:
    source = run.provenance.source
    return source.sha256 if source else None
