"""Rows of a data set: pictures, prompts and right answers, from a local file or from the Hub."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ENDINGS = (".parquet", ".jsonl", ".json", ".csv")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Row(NamedTuple):
    """One question; `picture` is a PIL image or None."""

    picture: Any
    prompt: str
    answers: tuple[str, ...]


def rows(dataset: dict[str, Any], number: int) -> list[Row]:
    """The first rows that have what the data set's columns promise."""
    found = []
    for raw in _local(dataset) if dataset.get("path") else _hub(dataset):
        row = _row(raw, dataset)
        if row is not None:
            found.append(row)
        if len(found) == number:
            break
    if not found:
        raise ValueError(
            f"{dataset['name']}: no row has a prompt, an answer and what else is asked"
        )
    return found


def _row(raw: dict[str, Any], dataset: dict[str, Any]) -> Row | None:
    for column in ("image", "prompt", "choices", "answer"):
        name = dataset.get(column)
        if name and name not in raw:
            has = ", ".join(raw)
            raise ValueError(f"{dataset['name']}: no column {name!r} (`{column}`); it has: {has}")
    picture = _picture(raw[dataset["image"]]) if dataset.get("image") else None
    if dataset.get("image") and picture is None:
        return None
    prompt, answer = str(raw[dataset["prompt"]]), raw[dataset["answer"]]
    if dataset.get("choices"):
        choices = [str(choice) for choice in raw[dataset["choices"]]]
        listed = "\n".join(
            f"{letter}. {choice}" for letter, choice in zip(LETTERS, choices, strict=False)
        )
        prompt = f"{prompt}\n{listed}"
        if isinstance(answer, int):
            answer = [LETTERS[answer], choices[answer], f"{LETTERS[answer]}. {choices[answer]}"]
    answers = answer if isinstance(answer, list | tuple) else [answer]
    if dataset.get("instruction"):
        prompt = f"{prompt}\n{dataset['instruction']}"
    kept = tuple(str(text) for text in answers if text is not None and str(text).strip())
    return Row(picture, prompt, kept) if kept else None


def _picture(value: Any) -> Any:
    from PIL import Image

    if isinstance(value, dict):
        data = value.get("bytes")
        value = Image.open(io.BytesIO(data)) if data else None
    elif isinstance(value, bytes):
        value = Image.open(io.BytesIO(value))
    return value.convert("RGB") if isinstance(value, Image.Image) else None


def _local(dataset: dict[str, Any]) -> Iterator[dict[str, Any]]:
    path = Path(dataset["path"])
    files = [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.suffix in ENDINGS)
    of_split = [f for f in files if f.name.startswith(dataset["split"])]
    if not files:
        raise FileNotFoundError(f"{dataset['name']}: no {', '.join(ENDINGS)} in {path}")
    for file in of_split or files:
        yield from _read(file)


def _read(file: Path) -> Iterator[dict[str, Any]]:
    if file.suffix == ".parquet":
        import pyarrow.parquet

        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=64):
            yield from batch.to_pylist()
    elif file.suffix == ".csv":
        import pyarrow.csv

        yield from pyarrow.csv.read_csv(file).to_pylist()
    else:
        import pyarrow.json

        yield from pyarrow.json.read_json(file).to_pylist()


def _hub(dataset: dict[str, Any]) -> Iterator[dict[str, Any]]:
    from datasets import load_dataset

    yield from load_dataset(
        dataset["hub"], dataset.get("config"), split=dataset["split"], streaming=True
    )
