"""A result on its way into the card: on the disk before it counts, nothing destroyed, believed
only where it fits its job."""

from __future__ import annotations

import gzip
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from collect.plans import card, finish, full, jobs

from cardgen.collect import storing
from cardgen.collect.planning import Planned
from cardgen.errors import RecordError
from cardgen.measuring.job import Job
from cardgen.records import AccuracyMeasurement, Provenance, Run, Tool
from cardgen.store import runs, samples
from cardgen.store.files import sha256

ROWS = [{"id": n, "score": float(n % 2)} for n in range(5)]


def job_of(planned: Planned, folder: Path) -> Job:
    return Job(
        key=planned.key,
        kind=planned.kind,
        collector="fake",
        card="fake",
        project=str(folder.parent),
        folder=str(folder),
        model=planned.model,
        hardware="Bench",
    )


def sampled(planned: Planned, folder: Path, **changes: Any) -> Run:
    """A run of an accuracy job with its samples in the job's folder."""
    data, rows = samples.dump(ROWS)
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    (folder / "samples" / "piqa.jsonl.gz").write_bytes(data)
    kept = {"file": "samples/piqa.jsonl.gz", "sha256": sha256(data), "rows": rows} | changes
    measurement = AccuracyMeasurement.model_validate_json(
        json.dumps(
            {
                "kind": "accuracy",
                "model": planned.model.name,
                "task": "piqa",
                "metric": "acc",
                "scale": "fraction",
                "higher_is_better": True,
                "value": {"value": 0.4},
                "samples": kept,
            }
        )
    )
    provenance = Provenance(
        origin="measured", tool=Tool(name="fake"), collector="fake", job=planned.key
    )
    return Run(provenance=provenance, measurements=(measurement,))


def test_the_run_counts_only_once_all_of_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order: each file's data, its rename, its folder's entry; the run file last of all."""
    made = full(tmp_path)
    planned = jobs(made)[1]
    folder = tmp_path / "job"
    run = sampled(planned, folder)
    events: list[str] = []
    fsync, rename = os.fsync, os.rename

    def synced(handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink()
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        events.append(f"sync {name.name}" if is_folder else "sync data")
        fsync(handle)

    def renamed(self: Path, target: Path) -> Path:
        events.append(f"rename to {Path(target).name}")
        rename(self, target)
        return Path(target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    storing.store(card(made), planned, run, job_of(planned, folder))
    # New folders are entries of theirs, so those are synced too.
    assert events[:3] == ["sync data", "rename to piqa.jsonl.gz", "sync accuracy-fake.samples"]
    assert {"sync runs", "sync fake"} <= set(events[3:-3])
    assert events[-3:] == ["sync data", "rename to accuracy-fake.json", "sync runs"]


def test_samples_move_beside_the_run(tmp_path: Path) -> None:
    """The record names their place in the project; the bytes are the collector's."""
    made = full(tmp_path)
    planned = jobs(made)[1]
    storing.store(
        card(made), planned, sampled(planned, tmp_path / "job"), job_of(planned, tmp_path / "job")
    )
    (measurement,) = made.run("accuracy-fake.json").measurements
    assert isinstance(measurement, AccuracyMeasurement)
    assert measurement.samples is not None
    file = "cards/fake/runs/accuracy-fake.samples/piqa.jsonl.gz"
    assert measurement.samples.file == file
    lines = gzip.decompress((made.root / file).read_bytes()).splitlines()
    assert [json.loads(line) for line in lines] == ROWS
    (score,) = card(made).records.of_kind("accuracy")
    assert card(made).sample_scores(score) == {str(n): float(n % 2) for n in range(5)}


def test_an_earlier_run_is_moved_away_with_its_samples(tmp_path: Path) -> None:
    """Nothing measured is deleted: the run that gives way is kept under .cardgen/replaced/."""
    made = full(tmp_path)
    planned = jobs(made)[1]
    folder = tmp_path / "job"
    storing.store(card(made), planned, sampled(planned, folder), job_of(planned, folder))
    first = planned.run_file.read_bytes()
    again = sampled(planned, folder).model_copy(
        update={"provenance": Provenance(origin="measured", tool=Tool(name="other"))}
    )
    moved = storing.store(card(made), planned, again, job_of(planned, folder))
    assert moved == [planned.run_file]
    (kept,) = (made.root / ".cardgen/replaced/fake").glob("*.json")
    assert kept.read_bytes() == first
    assert storing.samples_folder(kept).is_dir()
    assert planned.run_file.read_bytes() == runs.dump(runs.load(planned.run_file)) != first


def test_repeats_of_other_settings_are_moved_away(tmp_path: Path) -> None:
    """A repeat measured under other settings is none any more; one of the same settings stays."""
    made = full(tmp_path)
    serving = {job.name: job for job in jobs(made)}
    finish(serving["serving-fake-bench-2"])
    old = serving["serving-fake-bench-3"]
    finish(old)
    text = old.run_file.read_text().replace(old.key, "f" * 64)
    old.run_file.write_text(text)
    planned = {job.name: job for job in jobs(made)}["serving-fake-bench-1"]
    run = Run(
        provenance=Provenance(
            origin="measured", tool=Tool(name="fake"), collector="fake", job=planned.key
        ),
        measurements=planned.promised(),
    )
    moved = storing.store(card(made), planned, run, job_of(planned, tmp_path / "job"))
    assert moved == [old.run_file]
    assert made.names() == ["serving-fake-bench-1.json", "serving-fake-bench-2.json"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"file": "samples/other.jsonl.gz"}, "no samples/other.jsonl.gz"),
        ({"file": "cards/fake/runs/x.json"}, "no cards/fake/runs/x.json"),
        ({"sha256": "0" * 64}, "another content"),
    ],
)
def test_samples_that_are_not_there_are_refused(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    """A result that names what the job did not write is not believed."""
    planned = jobs(full(tmp_path))[1]
    folder = tmp_path / "job"
    result = folder / "result.json"
    run = sampled(planned, folder, **changes)
    result.write_bytes(runs.dump(run))
    with pytest.raises(RecordError, match=said):
        storing.result_of(result, job_of(planned, folder))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("model", "org/other", "the model 'org/fake'"), ("task", None, "measurements/0/task")],
)
def test_a_result_of_another_subject_is_refused(
    tmp_path: Path, field: str, value: str | None, said: str
) -> None:
    """The run must be of the job's own model and kind, and a valid run at all."""
    planned = jobs(full(tmp_path))[1]
    folder = tmp_path / "job"
    content = json.loads(runs.dump(sampled(planned, folder)))
    content["measurements"][0][field] = value
    (folder / "result.json").write_text(json.dumps(content))
    with pytest.raises(RecordError, match=said):
        storing.result_of(folder / "result.json", job_of(planned, folder))
