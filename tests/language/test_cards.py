"""Both languages of every card tell the same: numbers, code, shape; and Russian is Russian."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cardgen import remarks
from cardgen.build.outputs import outputs
from cardgen.card import Card, open_card
from cardgen.records import (
    AccuracyMeasurement,
    DeviceMeasurement,
    QuantizationMeasurement,
    ServingMeasurement,
)
from cardgen.render.card import gather, readme_name
from cardgen.render.escape import html, markdown
from cardgen.spec.base import localized
from cardgen.spec.load import find_project
from language import samples
from language.messages import ROOT
from language.reading import differences, numbers, read, value

PUBLISHED = sorted(path.parent.name for path in ROOT.glob("cards/*/card.yaml"))
MADE_UP = ("both", "benchmark", "failed")
CARDS = [(name, numbers) for name in (*PUBLISHED, *MADE_UP) for numbers in ("point", "locale")]


def made(folder: Path, name: str, style: str) -> Card:
    """The card in a project of its own under `folder`, with its numbers in a style.

    Without its hand-written prose: that is its author's in either language.
    """
    if name in MADE_UP:
        samples.project(folder, numbers=style)
    else:
        shutil.copy(ROOT / "cardgen.yaml", folder)
        for path in ROOT.glob("cards/*/card.yaml"):
            card = folder / "cards" / path.parent.name
            shutil.copytree(path.parent / "runs", card / "runs")
            text = re.sub(r"^numbers:.*\n", "", path.read_text("utf-8"), flags=re.M)
            (card / "card.yaml").write_text(f"{text}numbers: {style}\n", "utf-8")
    return open_card(find_project(folder), name)


def texts(card: Card) -> tuple[str, str]:
    """The card in English and in Russian, as a build would write it."""
    wanted = outputs(card.project, card.name).texts
    english, russian = (
        wanted[card.folder / readme_name(card.specification, code)] for code in ("en", "ru")
    )
    return english, russian


@pytest.mark.parametrize(("name", "style"), CARDS)
def test_both_languages_hold_the_same_numbers(tmp_path: Path, name: str, style: str) -> None:
    english, russian = texts(made(tmp_path, name, style))
    found = differences(english, russian, "ru", locale_numbers=style == "locale")
    assert found == []
    assert read(english).tables


@pytest.mark.parametrize("name", [*PUBLISHED, *MADE_UP])
def test_the_locale_style_writes_a_decimal_comma_in_russian_cells(
    tmp_path: Path, name: str
) -> None:
    english, russian = texts(made(tmp_path, name, "locale"))
    cells = [cell.text for table in read(russian).tables for row in table for cell in row[1:]]
    values = [text for text in cells if re.fullmatch(r"-?\d[\d\u00a0]*[.,]\d+\D*", text)]
    assert values
    assert not [text for text in values if "." in text.split(" ")[0]]
    assert "," not in "".join(
        cell.text
        for table in read(english).tables
        for row in table
        for cell in row
        if cell.holds_value
    ).replace(", ", "")


@pytest.mark.parametrize("code", ["en", "ru"])
@pytest.mark.parametrize("name", ["qwen2.5-vl-3b-w4a16", "both"])
def test_a_headline_says_the_ratio_that_the_records_give(
    tmp_path: Path, name: str, code: str
) -> None:
    card = made(tmp_path, name, "point")
    lines = read(dict(zip(("en", "ru"), texts(card), strict=True))[code]).lines
    headlines = gather(card).headlines
    assert headlines
    for cell in headlines.values():
        marks = (f"{cell.digits}x", f"{cell.digits}×")
        assert any(mark in line for line in lines for mark in marks), cell.address


TABLE = '<table>\n<tr>\n<th>Latency</th>\n<td align="right">{}</td>\n</tr>\n</table>\n'
PIPES = "| Batch | Latency |\n| :--- | ---: |\n| 1 | {} |\n"
COMPARED = [
    ("nothing changed", "Up to 1.73x (A100)", "До 1.73× (A100)", "point", 0),
    ("other order", "2 of 10 scored", "из 10 оценено 2", "point", 0),
    ("other number", "Up to 1.73x", "До 1.74×", "point", 1),
    ("lost number", "Up to 1.73x", "Быстрее", "point", 1),
    ("lost line", "one\n\ntwo", "раз", "point", 1),
    ("same cell", TABLE.format("93.27%"), TABLE.format("93.27%"), "point", 0),
    ("other cell", TABLE.format("93.27%"), TABLE.format("93.28%"), "point", 1),
    ("lost digit", TABLE.format("93.20%"), TABLE.format("93.2%"), "point", 1),
    ("lost sign", TABLE.format("-0.75"), TABLE.format("0.75"), "point", 1),
    ("lost percent sign", TABLE.format("93.27%"), TABLE.format("93.27"), "point", 1),
    ("lost footnote", TABLE.format("— (a)"), TABLE.format("—"), "point", 1),
    ("value for absence", TABLE.format("— (a)"), TABLE.format("0 (a)"), "point", 1),
    ("comma where a point is due", TABLE.format("93.27%"), TABLE.format("93,27%"), "point", 1),
    ("decimal comma", TABLE.format("-0.75"), TABLE.format("-0,75"), "locale", 0),
    ("group", TABLE.format("12909"), TABLE.format("12\u00a0909"), "locale", 0),
    ("wrong group", TABLE.format("12909"), TABLE.format("129\u00a009"), "locale", 1),
    ("other thousand", TABLE.format("12909"), TABLE.format("12\u00a0908"), "locale", 1),
    ("SI prefix", TABLE.format("617.84 G"), TABLE.format("617,84 G"), "locale", 0),
    ("other SI prefix", TABLE.format("617.84 G"), TABLE.format("617,84 T"), "locale", 1),
    ("same pipe cell", PIPES.format("0.840"), PIPES.format("0.840"), "point", 0),
    ("other pipe cell", PIPES.format("0.840"), PIPES.format("0.841"), "point", 1),
    ("pipe cell, comma", PIPES.format("0.840"), PIPES.format("0,840"), "locale", 0),
    ("shape", TABLE.format("1"), TABLE.format("1").replace(' align="right"', ""), "point", 1),
    ("code", "```\na = 1\n```\n", "```\na = 1\n```\n", "point", 0),
    ("other code", "```\na = 1\n```\n", "```\na = 2\n```\n", "point", 1),
]


@pytest.mark.parametrize(
    ("english", "russian", "style", "count"),
    [row[1:] for row in COMPARED],
    ids=[row[0] for row in COMPARED],
)
def test_the_comparison_finds_what_differs_and_nothing_else(
    english: str, russian: str, style: str, count: int
) -> None:
    found = differences(english, russian, "ru", locale_numbers=style == "locale")
    assert len(found) == count, found


def test_a_number_is_read_in_its_locale() -> None:
    assert value("<b>12\u00a0909,50</b>"[:-4], "ru") == ("12909.50", "")
    assert numbers("от 1,5 до 12\u00a0909 и 2.5") == ["1.5", "12909", "2.5"]


LATIN = re.compile(r"(?<![\w.])[A-Za-z][A-Za-z'’-]+(?![\w])")
MARKUP = re.compile(r"`[^`\n]*`|\]\([^)\n]*\)|</?(?:details|summary|br|b)>|https?://\S+")
ALLOWED = {
    *("English", "README"),  # the link to the other language
    *("vLLM", "llm-compressor", "GPTQ", "INT", "cardgen", "lm-eval", "mistral-evals"),
    *("GPU", "CPU", "CUDA", "SHA", "FLOPs", "QPS", "USD", "GiB", "GB", "MB", "kB", "WER"),
    *("RAPL", "NVML", "MIG", "PATH", "root", "GuideLLM", "transformers", "torch", "flash-attn"),
    *("config", "json", "ignore"),  # the file and its field that were mended
    *(
        "val",
        "test",
        "testmini",
        "CoT",
        "shot",
        "acc",
        "wer",
        "fp",
        "null",
    ),  # names of splits and metrics
}


def data(card: Card) -> set[str]:
    """The texts of a card that are data: names, titles and reasons, as recorded or specified."""
    specification = card.specification
    found: set[str | None] = {
        specification.title,
        specification.model,
        specification.base_model,
        specification.license_name,
        specification.license,
        localized(specification.developers or "", "ru"),
        specification.library_name,
    }
    for _, run in card.records.runs:
        provenance = run.provenance
        found |= {
            provenance.tool.name,
            *(leaf for note in provenance.notes for leaf in parts(note)),
        }
        found |= {step.role for step in provenance.steps}
        for environment in provenance.environments.values():
            found |= {*environment.packages, *environment.packages.values()}
        if provenance.source is not None:
            found.add(provenance.source.title)
        if provenance.machine is not None:
            machine = provenance.machine
            found |= {machine.cpu, machine.gpu, machine.operating_system}
        for measurement in run.measurements:
            found |= {measurement.model, measurement.model.split("/")[-1]}
            found |= parts(measurement.reason or "")
            match measurement:
                case AccuracyMeasurement():
                    found |= {measurement.task, measurement.metric, measurement.category}
                case ServingMeasurement():
                    found |= {measurement.hardware.name, measurement.scenario.name}
                case DeviceMeasurement():
                    found |= {measurement.dataset, measurement.optimization}
                    found |= {p for text in measurement.absent.values() for p in parts(text)}
                    found |= {measurement.quality.metric if measurement.quality else None}
                case QuantizationMeasurement():
                    found |= {measurement.algorithm}
                    found |= {measurement.calibration.dataset if measurement.calibration else None}
                case _:
                    pass
            if isinstance(measurement, ServingMeasurement) and measurement.price is not None:
                found.add(measurement.price.source.removeprefix("https://"))
    found |= {price.source.removeprefix("https://") for price in card.project.specification.prices}
    for sweep in specification.device.sweeps:
        found |= {str(item) for item in sweep.values}
        found |= {sweep.at.dataset, sweep.at.optimization, *sweep.datasets}
    for row in specification.accuracy.tasks:
        found.add(row.title if isinstance(row.title, str) else None)
    return {text for text in found if text}


def parts(text: str) -> set[str]:
    """What of a remark is data: its values; all of it where it is another tool's."""
    said = remarks.said(text)
    if isinstance(said, str):
        return {said}
    return {leaf for value in said.values.values() for leaf in parts(str(value))}


def english_words(text: str, names: set[str]) -> set[str]:
    """The Latin words of a card that are neither code nor links nor names nor allowed."""
    document = read(text)
    cells = [cell.text for table in document.tables for row in table for cell in row]
    said = MARKUP.sub(" ", "\n".join([*document.lines, *cells]))
    for name in sorted(names, key=len, reverse=True):
        for written in {name, str(markdown(name)), str(html(name))}:
            said = re.sub(rf"(?<!\w){re.escape(written)}(?!\w)", " ", said)
    return set(LATIN.findall(said)) - ALLOWED


@pytest.mark.parametrize("name", [*PUBLISHED, *MADE_UP])
def test_a_russian_card_has_no_english_words_left(tmp_path: Path, name: str) -> None:
    card = made(tmp_path, name, "point")
    english, russian = texts(card)
    assert english_words(russian, data(card)) == set()
    assert {"Model", "latency"} & english_words(english, data(card))
