"""A card one of whose plots cannot be drawn: built all the same, and its author told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samples_cards import BASE, call, device, process, run, write_card

MEASURED = [device(batch_size=size, latency_s=size / 8) for size in (1, 4)]


def written(root: Path, *sweeps: dict[str, Any], **more: Any) -> Path:
    """A device report in two languages with these sweeps."""
    found = [*MEASURED, device(batch_size=8, **more)] if more else MEASURED
    section = {"device": {"sweeps": list(sweeps)}} if sweeps else {}
    spec = {"kind": "benchmark", "model": BASE, "base_model": None, "languages": ["en", "ru"]}
    return write_card(root, "tiny", run(*found), **spec, **section)


def sweep(over: str, *values: int, **held: Any) -> dict[str, Any]:
    """A sweep of card.yaml."""
    return {"over": over, "values": list(values), "at": held}


@pytest.mark.parametrize(
    ("planned", "warning", "row", "sentence"),
    [
        # Values that nobody measured: cells that say so, one data set's where none is recorded.
        (
            sweep("image_size", 336, 448, dataset="Capitals", image_size=112),
            "device.sweeps[0]: no plot image-size: none of its values is known",
            "| 336 | — (a) | — (a) |",
            "",
        ),
        (
            sweep("batch_size", 2, 8, dataset="TextVQA"),
            "device.sweeps[0]: no plot batch-size: none of its values is known",
            "| 2 | — (a) | — (a) |",
            "",
        ),
        # Nothing to make rows or columns of: a sentence, no empty table.
        (
            sweep("batch_size", dataset="Nix"),
            "device.sweeps[0]: no record has its settings, and it names no values",
            "",
            "Not measured: no record has these settings.",
        ),
        (
            sweep("image_size", 336, 448, optimization="x"),
            "device.sweeps[0]: no record has its settings, and it names no datasets",
            "",
            "Not measured: no record has these settings.",
        ),
        (
            sweep("device", dataset="Nix"),
            "device.sweeps[0]: no record has its settings, and it names no values",
            "",
            "Not measured: no record has these settings.",
        ),
    ],
)
def test_a_sweep_that_was_not_measured(
    tmp_path: Path, planned: dict[str, Any], warning: str, row: str, sentence: str
) -> None:
    folder = written(tmp_path, planned)
    done = process(tmp_path, "build", "tiny")
    assert (done.code, done.out) == (0, ""), done.err
    assert f"tiny: warning: {warning}\n" in done.err
    english, russian = (
        (folder / name).read_text(encoding="utf-8") for name in ("README.md", "README.ru.md")
    )
    assert row in english
    assert sentence in english
    assert ("| :---" in english) is bool(row)
    assert "![" not in english
    assert row in russian
    assert ("с такими настройками нет ни одной записи" in russian) is bool(sentence)
    assert not (folder / "plots").exists()
    assert call(tmp_path, "build", "tiny", "--check", "--no-cache").code == 0
    assert call(tmp_path, "preview", "tiny").code == 0


@pytest.mark.parametrize(("value", "text"), [(5e-324, "4.94e-324"), (1.7e308, "1.70e+308")])
def test_a_value_beyond_drawing(tmp_path: Path, value: float, text: str) -> None:
    """Its cell prints it, its neighbours keep their digits; the plot drawn before is removed."""
    folder = written(tmp_path)
    assert call(tmp_path, "build", "tiny").code == 0
    plots = [f"batch-size.{code}.svg" for code in ("en", "ru")]
    assert sorted(path.name for path in folder.glob("plots/*")) == plots
    written(tmp_path, latency_s=value)
    done = process(tmp_path, "build", "tiny")
    assert (done.code, done.out) == (0, ""), done.err
    assert f"tiny: warning: device: no plot batch-size: an axis cannot show {text}\n" in done.err
    english = (folder / "README.md").read_text(encoding="utf-8")
    assert "| 1 | 0.125 | — (a) |\n| 4 | 0.500 | — (a) |" in english
    assert f"| 8 | {text} | — (a) |" in english
    assert not list(folder.glob("plots/*"))
    explained = call(tmp_path, "explain", "tiny", "batch_size/8/latency")
    assert explained.code == 0
    assert text in explained.out
