"""Rows of local data sets, and how answers are judged."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from collectors.device.device_collector import module
from PIL import Image

rows = module("rows").rows
score = module("quality").score


def picture() -> dict[str, Any]:
    data = io.BytesIO()
    Image.new("L", (4, 3)).save(data, "png")
    return {"bytes": data.getvalue(), "path": None}


def dataset(path: Path, **fields: Any) -> dict[str, Any]:
    named = {"name": "D", "path": str(path), "split": "test", "prompt": "question"}
    return {**named, "answer": "answer", **fields}


def write(path: Path, *content: dict[str, Any]) -> None:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in content))
    elif path.suffix == ".csv":
        path.write_text(
            "question,answer\n" + "".join(f"{r['question']},{r['answer']}\n" for r in content)
        )
    else:
        pq.write_table(pa.Table.from_pylist(list(content)), path)


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv"])
def test_files_of_every_kind_hold_the_same_rows(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"d.{ending}"
    write(file, {"question": "q1", "answer": "a1"}, {"question": "q2", "answer": "a2"})
    assert [tuple(row) for row in rows(dataset(file), 5)] == [
        (None, "q1", ("a1",)),
        (None, "q2", ("a2",)),
    ]


def test_a_folder_gives_the_split_s_files_in_order(tmp_path: Path) -> None:
    write(tmp_path / "test-00001.parquet", {"question": "b", "answer": "b"})
    write(tmp_path / "test-00000.parquet", {"question": "a", "answer": "a"})
    write(tmp_path / "train-00000.parquet", {"question": "t", "answer": "t"})
    assert [row.prompt for row in rows(dataset(tmp_path), 9)] == ["a", "b"]


def test_pictures_are_read_and_rows_without_one_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "d.parquet"
    write(
        file,
        {"image": None, "question": "none", "answer": "x"},
        {"image": picture(), "question": "one", "answer": "y"},
    )
    (found,) = rows(dataset(file, image="image"), 9)
    assert (found.prompt, found.picture.size, found.picture.mode) == ("one", (4, 3), "RGB")


def test_choices_are_listed_and_the_answer_is_its_letter_or_its_words(tmp_path: Path) -> None:
    file = tmp_path / "d.parquet"
    write(file, {"question": "Which?", "choices": ["cat", "dog"], "answer": 1})
    (found,) = rows(dataset(file, choices="choices", instruction="Only the letter."), 9)
    assert found.prompt == "Which?\nA. cat\nB. dog\nOnly the letter."
    assert found.answers == ("B", "dog", "B. dog")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"image": "picture"}, "no column 'picture' (`image`); it has: question, answer"),
        ({"answer": "label"}, "no column 'label'"),
    ],
)
def test_a_column_that_is_not_there_is_named(
    tmp_path: Path, fields: dict[str, Any], said: str
) -> None:
    file = tmp_path / "d.parquet"
    write(file, {"question": "q", "answer": "a"})
    with pytest.raises(ValueError) as refused:
        rows(dataset(file, **fields), 1)
    assert said in str(refused.value)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no \.parquet"):
        rows(dataset(tmp_path), 1)


def test_exact_match_forgives_case_spaces_and_a_full_stop_and_nothing_else() -> None:
    found = score(
        "exact match", ["The cat.", " DOG ", "cow"], [["the  cat"], ["x", "dog"], ["cows"]]
    )
    assert found.value == pytest.approx(200 / 3)
    assert found.higher_is_better
    assert found.n == 3
