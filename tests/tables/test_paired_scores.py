"""The accuracy table where both models kept their per-sample results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samples_cards import BASE, MODEL, accuracy
from samples_grids import texts

from cardgen.card import Card, open_card
from cardgen.derive.quantity import Absent
from cardgen.errors import RecordError
from cardgen.explain import lines
from cardgen.records import AnyMeasurement, Provenance, Run, Tool
from cardgen.spec.load import find_project
from cardgen.store import runs, samples
from cardgen.store.files import sha256
from cardgen.tables import accuracy as tables
from cardgen.tables.scores import rows

COUNT = 200
SIDES = {BASE: 160, MODEL: 152}
"""Right answers of each model; the quantized one has none that the base has not."""


def scored(root: Path, model: str, **changes: Any) -> AnyMeasurement:
    """A score with its samples on disk."""
    right = SIDES[model]
    usual = [{"id": n, "score": float(n < right)} for n in range(changes.pop("rows", COUNT))]
    rows = changes.pop("rows_of", usual)
    data, number = samples.dump(rows)
    name = model.rsplit("/", 1)[-1]
    file = f"cards/pair/runs/{name}.samples/piqa.jsonl.gz"
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_bytes(data)
    kept = {"file": file, "sha256": sha256(data), "rows": number}
    value = changes.pop("value", {"value": right / COUNT, "stderr": 0.03})
    return accuracy("piqa", value, model, **{"scale": "fraction", "samples": kept, **changes})


def card(root: Path, *measurements: AnyMeasurement) -> Card:
    """A card on disk with a run a measurement."""
    folder = root / "cards" / "pair"
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    text = {"kind": "quantized", "title": "P", "model": MODEL, "base_model": BASE}
    (folder / "card.yaml").write_text(json.dumps({**text, "languages": ["en"]}))
    for index, measurement in enumerate(measurements):
        provenance = Provenance(origin="measured", tool=Tool(name="lm-eval"))
        run = Run(provenance=provenance, measurements=(measurement,))
        (folder / "runs" / f"{index}.json").write_bytes(runs.dump(run))
    return open_card(find_project(root), "pair")


def test_paired_columns(tmp_path: Path) -> None:
    """Difference and recovery with paired intervals, and the smallest change that would show."""
    found = card(tmp_path, scored(tmp_path, BASE), scored(tmp_path, MODEL))
    made = tables.table(found)
    assert made is not None
    (row,) = texts(made)
    assert row[1:4] == ["80.00", "76.00", "95.00%"]
    assert row[4] == "-4.00 [-6.98, -0.94] (a)"
    assert row[5].startswith("95.0 [91.")
    assert row[6] == "4.3"
    assert [str(note.text) for note in made.notes] == ["paired over 200 samples"]


def test_a_score_that_its_samples_do_not_give_is_not_paired(tmp_path: Path) -> None:
    """A run edited by hand, or a metric that is no mean: the card says why there is no interval."""
    edited = scored(tmp_path, MODEL, value={"value": 0.66, "stderr": 0.03})
    found = card(tmp_path, scored(tmp_path, BASE), edited)
    (row,) = rows(found)
    assert isinstance(row.paired, Absent)
    assert str(row.paired.reason) == "a score is not the mean of its samples"


def test_a_model_without_a_right_answer_has_no_ratio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its samples are there: the card must not say that they are not."""
    monkeypatch.setitem(SIDES, MODEL, 0)
    made = tables.table(card(tmp_path, scored(tmp_path, BASE), scored(tmp_path, MODEL)))
    assert made is not None
    assert "a score of zero or less has no ratio" in [str(note.text) for note in made.notes]


def test_each_side_says_its_own_drops(tmp_path: Path) -> None:
    base = scored(tmp_path, BASE, n_expected=600, n_scored=200)
    made = tables.table(card(tmp_path, base, scored(tmp_path, MODEL)))
    assert made is not None
    (row,) = texts(made)
    assert row[1:3] == ["80.00 (a)", "76.00"]
    assert str(made.notes[0].text) == f"{BASE}: 200 of 600 samples scored"


def test_the_paired_interval_is_explained(tmp_path: Path) -> None:
    """The trace names the formula, its source and both scores' records."""
    found = card(tmp_path, scored(tmp_path, BASE), scored(tmp_path, MODEL))
    made = tables.table(found)
    assert made is not None
    cells = {cell.address: cell for cell in made.quantities()}
    said = "\n".join(line.text for line in lines(found, cells["accuracy/piqa/recovery-interval"]))
    assert "Bonett and Price 2006" in said
    assert "cards/pair/runs/0.json#/measurements/0/value/value" in said
    assert "cards/pair/runs/1.json#/measurements/0/value/value" in said


def test_one_side_without_samples_falls_back(tmp_path: Path) -> None:
    """Then the interval is from the standard errors, and no paired column is there."""
    found = card(tmp_path, scored(tmp_path, BASE), scored(tmp_path, MODEL, samples=None))
    made = tables.table(found)
    assert made is not None
    (row,) = texts(made)
    assert len(row) == 5
    assert row[4].startswith("-4.00 [-12")
    assert made.notes == []


def test_a_score_that_is_not_the_mean_of_its_samples_is_not_paired(tmp_path: Path) -> None:
    """A corpus metric, a weighted one: the samples do not say what the score says."""
    other = scored(tmp_path, MODEL, value={"value": 0.5, "stderr": 0.03})
    made = tables.table(card(tmp_path, scored(tmp_path, BASE), other))
    assert made is not None
    assert len(texts(made)[0]) == 5


@pytest.mark.parametrize("damage", ["gone", "changed", "cut"])
def test_samples_that_are_not_what_the_run_says(tmp_path: Path, damage: str) -> None:
    """An error that names the file: a card is not made from other samples."""
    found = card(tmp_path, scored(tmp_path, BASE), scored(tmp_path, MODEL))
    path = tmp_path / "cards/pair/runs/tiny.samples/piqa.jsonl.gz"
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-9] if damage == "cut" else samples.dump([])[0])
    with pytest.raises(RecordError, match=r"runs/tiny\.samples/piqa\.jsonl\.gz"):
        tables.table(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "a whole gzip file"),
        (b"plain text", "a whole gzip file"),
        (samples.dump([{"id": 1}])[0], "an object with `id` and `score`"),
        (samples.dump([{"id": 1, "score": "x"}])[0], "a finite number as `score`"),
        (samples.dump([{"id": 1, "score": 1}] * 2)[0], "each `id` once"),
        (samples.dump([{"id": 1, "score": 1}])[0][:-10], "one that breaks off"),
    ],
)
def test_what_a_file_of_samples_must_be(text: bytes, said: str) -> None:
    """Each mistake has its words."""
    with pytest.raises(RecordError, match=said):
        samples.scores(text, "x.jsonl.gz")


@pytest.mark.parametrize(
    ("scale", "factor", "value", "expected"),
    [
        # Samples count in the record's own scale; where both models score zero, everything fits.
        ("fraction", 1.0, 0.0, ("0.00 [-1.37, 1.37]", "2.0")),
        ("percent", 100.0, 0.0, ("0.00 [-1.37, 1.37]", "2.0")),
        ("points", 1.0, 0.0, ("0.00 [-0.01, 0.01]", "0.020")),
        ("percent", 100.0, 40.0, ("0.00 [-1.37, 1.37]", "2.0")),
    ],
)
def test_samples_count_in_the_scale_of_the_record(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scale: str,
    factor: float,
    value: float,
    expected: tuple[str, str],
) -> None:
    right = round(COUNT * value / 100)
    sides = []
    for model in (BASE, MODEL):
        monkeypatch.setitem(SIDES, model, right)
        rows = [{"id": n, "score": factor * (n < right)} for n in range(COUNT)]
        sides.append(scored(tmp_path, model, scale=scale, rows_of=rows, value={"value": value}))
    made = tables.table(card(tmp_path, *sides))
    assert made is not None
    (row,) = texts(made)
    assert (row[4].partition(" (")[0], row[6]) == expected


@pytest.mark.parametrize(
    ("base", "own", "told"),
    [
        # The same graded score for every answer: the samples show no spread.
        ([0.5] * 40, [0.5] * 40, "all samples differ alike, from which no interval follows"),
        ([0.5] * 40, [0.25] * 40, "all samples differ alike, from which no interval follows"),
    ],
)
def test_samples_without_spread_give_no_interval_of_width_zero(
    tmp_path: Path, base: list[float], own: list[float], told: str
) -> None:
    sides = [
        scored(
            tmp_path,
            model,
            rows_of=[{"id": n, "score": score} for n, score in enumerate(scores)],
            value={"value": scores[0]},
            scale="points",
        )
        for model, scores in ((BASE, base), (MODEL, own))
    ]
    (row,) = rows(card(tmp_path, *sides))
    assert isinstance(row.paired, Absent)
    assert str(row.paired.reason) == told
    difference = row.difference()
    assert isinstance(difference, Absent)
