"""A finished job's result on its way into the card's runs: checked, then stored so that a power
cut loses nothing.

A result is the collector's word: it is believed only after its run validates and speaks of the
job's own model and kind. What it replaces is moved away, never deleted.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from cardgen.card import Card
from cardgen.collect import places
from cardgen.collect.planning import Planned
from cardgen.collect.promises import covers
from cardgen.errors import CardgenError, ProjectError, RecordError
from cardgen.measuring.job import Job
from cardgen.records import (
    AccuracyMeasurement,
    AnyMeasurement,
    Provenance,
    Run,
    Samples,
    Tool,
)
from cardgen.store import files, runs

SAMPLES = "samples"


def result_of(path: Path, job: Job) -> Run:
    """The run that a collector wrote; a RecordError says why it cannot be taken."""
    run = runs.load(path)
    place = str(path)
    if run.provenance.origin != "measured":
        raise _refused(place, "a run whose origin is `measured`", repr(run.provenance.origin))
    for index, measurement in enumerate(run.measurements):
        where = f"{place}: /measurements/{index}"
        if measurement.kind != job.kind:
            raise _refused(where, f"the kind {job.kind!r}", repr(measurement.kind))
        if measurement.model != job.model.name:
            raise _refused(where, f"the model {job.model.name!r}", repr(measurement.model))
        if isinstance(measurement, AccuracyMeasurement) and measurement.samples is not None:
            _check_samples(where, measurement.samples, Path(job.folder))
    return run


def _check_samples(where: str, samples: Samples, folder: Path) -> None:
    file = folder / samples.file
    inside = samples.file.startswith(f"{SAMPLES}/") and file.is_file()
    if not inside or files.sha256(files.read_bytes(file)) != samples.sha256:
        found = "another content" if inside else f"no {samples.file}"
        raise _refused(
            f"{where}/samples", f"the file in the job's {SAMPLES}/ with that sha256", found
        )


def _refused(place: str, expected: str, found: str) -> RecordError:
    return RecordError(place, expected=expected, found=found, next_step="mend the collector")


def failed_run(
    planned: Planned, job: Job, reason: str, *, skipped: bool = False, notes: tuple[str, ...] = ()
) -> Run:
    """The run of a job without a result: what was promised, failed or skipped with the reason."""
    return Run(
        provenance=Provenance(
            origin="measured",
            tool=Tool(name=job.collector),
            collector=job.collector,
            notes=notes,
        ),
        measurements=unmeasured(planned.promised(), planned, reason, skipped=skipped),
    )


def with_missing(run: Run, planned: Planned, reason: str) -> Run:
    """The run of a job that broke off: what it measured, and the rest as failed."""
    rest = [m for m in planned.promised() if not covers(run.measurements, m)]
    return run.model_copy(
        update={
            "provenance": run.provenance.model_copy(update={"job": None}),
            "measurements": (*run.measurements, *unmeasured(rest, planned, reason)),
        }
    )


def unmeasured(
    promised: Iterable[AnyMeasurement], planned: Planned, reason: str, *, skipped: bool = False
) -> tuple[AnyMeasurement, ...]:
    """The promised measurements with the outcome and its reason."""
    update = {
        "outcome": "skipped" if skipped else "failed",
        "reason": reason[:2_000],
        "revision": planned.model.revision,
    }
    return tuple(measurement.model_copy(update=update) for measurement in promised)


def finished(run: Run, planned: Planned) -> Run:
    """The run as it is kept: with the job's key, unless nothing at all was measured."""
    nothing = all(m.outcome == "failed" for m in run.measurements)
    provenance = run.provenance.model_copy(update={"job": None if nothing else planned.key})
    return run.model_copy(update={"provenance": provenance})


def holds_measurements(path: Path) -> bool:
    """Whether a run file that stands there has something measured in it."""
    if not path.exists():
        return False
    try:
        return any(m.outcome == "measured" for m in runs.load(path).measurements)
    except CardgenError:
        return True


def is_finished(path: Path) -> bool:
    """Whether the run file that stands there is of a finished job."""
    try:
        return path.exists() and runs.load(path).provenance.job is not None
    except CardgenError:
        return False


def store(card: Card, planned: Planned, run: Run, job: Job) -> list[Path]:
    """Put the run in the card's runs; the run files that were moved away for it.

    Its samples come first and the run file last: it is the run file that makes a job done.
    """
    run = _with_place_of_samples(card, planned, run)
    moved = [path for path in _stale(planned) if _moved(card, path)]
    target = planned.run_file
    if target.exists() and target.read_bytes() != runs.dump(run):
        if runs.load(target).provenance.origin != "measured":
            raise ProjectError(
                card.project.relative(target),
                expected="a run file that `collect` wrote, to be replaced",
                found=f"one whose origin is {runs.load(target).provenance.origin}",
                next_step="give that file another name",
            )
        if holds_measurements(target) and _moved(card, target):
            moved.append(target)
    samples = Path(job.folder) / SAMPLES
    folder = samples_folder(target)
    shutil.rmtree(folder, ignore_errors=True)
    for measurement in run.measurements:
        if isinstance(measurement, AccuracyMeasurement) and measurement.samples is not None:
            name = Path(measurement.samples.file).name
            files.replace(folder / name, (samples / name).read_bytes(), durable=True)
    write(target, run)
    return moved


def write(target: Path, run: Run) -> None:
    """Write a run file so that it is there, whole, once this returns."""
    files.replace(target, runs.dump(run), durable=True)


def samples_folder(run_file: Path) -> Path:
    """Where a run's per-sample results are: beside its file."""
    return run_file.with_name(f"{run_file.stem}.samples")


def _with_place_of_samples(card: Card, planned: Planned, run: Run) -> Run:
    """The run with its samples named where they will be."""
    folder = card.project.relative(samples_folder(planned.run_file))
    found: list[AnyMeasurement] = []
    for measurement in run.measurements:
        if isinstance(measurement, AccuracyMeasurement) and measurement.samples is not None:
            name = Path(measurement.samples.file).name
            samples = measurement.samples.model_copy(update={"file": f"{folder}/{name}"})
            found.append(measurement.model_copy(update={"samples": samples}))
        else:
            found.append(measurement)
    return run.model_copy(update={"measurements": tuple(found)})


def _stale(planned: Planned) -> list[Path]:
    """Repeats of the job that were measured under other settings: no repeats of it any more."""
    found = []
    for name, key in planned.siblings.items():
        path = planned.run_file.with_name(name)
        try:
            run = runs.load(path)
        except CardgenError:
            continue
        if run.provenance.collector is not None and run.provenance.job not in (None, key):
            found.append(path)
    return found


def _moved(card: Card, path: Path) -> bool:
    """Move a run file and its samples to `.cardgen/replaced/`, out of the card."""
    digest = files.sha256(path.read_bytes())[:8]
    folder = places.state_folder(card.project.root) / "replaced" / card.name
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{path.stem}-{digest}.json"
    shutil.copyfile(path, target)
    samples = samples_folder(path)
    if samples.is_dir():
        shutil.copytree(samples, samples_folder(target), dirs_exist_ok=True)
        shutil.rmtree(samples)
    path.unlink()
    return True
