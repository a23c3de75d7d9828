"""mistral-evals files hold bare numbers: the rest is asked for, by flag."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from imports.samples import BY_FILE, Sample

from cardgen.errors import ImportFileError
from cardgen.imports import ImportOptions, read
from cardgen.records import AccuracyMeasurement

CHARTQA = BY_FILE["mistral/chartqa.json"]
JUDGED = BY_FILE["mistral/mm_mt_bench.json"]


@pytest.mark.parametrize(
    ("sample", "task", "metric", "value", "scale", "category", "n"),
    [
        (CHARTQA, "chartqa", "explicit_prompt_relaxed_correctness", 0.8436, "fraction", None, 2500),
        (
            CHARTQA,
            "chartqa",
            "anywhere_in_answer_relaxed_correctness",
            0.8556,
            "fraction",
            None,
            2500,
        ),
        (JUDGED, "mm_mt_bench", "micro_average_score", 6.021739130434782, "points", None, 92),
        (JUDGED, "mm_mt_bench", "macro_average_score", 5.87, "points", None, 92),
        (JUDGED, "mm_mt_bench", "ocr_average", 6.54, "points", "ocr", None),
    ],
)
def test_each_number_is_a_score(
    sample: Sample,
    task: str,
    metric: str,
    value: float,
    scale: str,
    category: str | None,
    n: int | None,
) -> None:
    run = read("mistral-evals", sample.path, sample.options)
    found = {m.metric: m for m in run.measurements if isinstance(m, AccuracyMeasurement)}[metric]
    assert found.value is not None
    assert (found.task, found.value.value, found.value.n) == (task, value, n)
    assert (found.scale, found.higher_is_better, found.category) == (scale, True, category)
    assert (found.n_expected, found.n_scored) == (n, None)
    assert (found.model, found.revision) == ("example/tiny-VL-3B", "abc123")


@pytest.mark.parametrize("flag", ["n", "model", "revision"])
def test_what_is_missing_is_asked_for_by_its_flag(flag: str) -> None:
    options = replace(CHARTQA.options, **{flag: None})
    with pytest.raises(ImportFileError) as caught:
        read("mistral-evals", CHARTQA.path, options)
    assert caught.value.next_step == f"import it again with `--{flag}`"


def test_everything_missing_is_asked_for_at_once() -> None:
    with pytest.raises(ImportFileError) as caught:
        read("mistral-evals", CHARTQA.path, ImportOptions())
    assert caught.value.next_step == ("import it again with `--n` and `--model` and `--revision`")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"anls": 84.5}', ": /anls"),
        ('{"anls": -0.5}', ": /anls"),
        ('{"anls": null}', ": /anls"),
        ('{"anls": 0.5, "loss": 1.0}', ": /loss"),
        ("{}", "docvqa.json"),
        ("[]", "docvqa.json"),
    ],
)
def test_what_is_no_score_is_refused(text: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / "docvqa.json"
    path.write_text(text)
    with pytest.raises(ImportFileError) as caught:
        read("mistral-evals", path, CHARTQA.options)
    assert caught.value.place.endswith(place)
