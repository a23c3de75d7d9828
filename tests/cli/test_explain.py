"""`cardgen explain`: every number of both cards leads to records that hold what it is made of."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml_rs
from samples_cards import BASE, MODEL, Result, accuracy, call, run, scores, serving, write_card

from cardgen.records import Machine

ROOT = Path(__file__).parents[2]
CARDS = ("qwen2.5-vl-3b", "qwen2.5-vl-3b-w4a16")


@cache
def listed(card: str) -> dict[str, str]:
    """Every addressed cell of a card of the repository, as shown."""
    found = call(ROOT, "explain", card, "--format", "json")
    assert found.code == 0, found.err
    data: dict[str, str] = json.loads(found.out)
    return data


@cache
def explained(card: str) -> list[dict[str, Any]]:
    """The explanation of every cell: all addresses hold a slash or a letter."""
    return [
        one(call(ROOT, "explain", card, address, "--format", "json")) for address in listed(card)
    ]


def one(found: Result) -> dict[str, Any]:
    """The single explanation of an answer in JSON."""
    assert found.code == 0, found.err
    (data,) = json.loads(found.out)
    assert isinstance(data, dict)
    return data


@cache
def document(file: str) -> Any:
    """A file of the project, parsed."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return json.loads(text) if file.endswith(".json") else yaml_rs.loads(text, parse_datetime=False)


def resolve(file: str, pointer: str) -> Any:
    """What a JSON pointer names in a file of the project."""
    node = document(file)
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        node = node[int(step)] if isinstance(node, list) else node[step]
    return node


def leaves(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The raw values at the ends of an explanation."""
    if "inputs" not in node:
        return [node]
    return [leaf for item in node["inputs"] for leaf in leaves(item)]


def recomputed(node: dict[str, Any]) -> float:
    """The value by the formula that the explanation names, from its inputs alone."""
    if "formula" not in node:
        return float(resolve(node["file"], node["pointer"]))
    values = [recomputed(item) for item in node["inputs"]]
    first, *rest = values
    rules = {
        "recovery": lambda: 100 * first / rest[0],
        "average": lambda: sum(values) / len(values),
        "latency-from-queries-per-dollar": lambda: 3600 / (first * rest[0] * rest[1]),
        "rate-from-queries-per-dollar": lambda: first * rest[0] * rest[1] / 3600,
        "cost-ratio": lambda: first / rest[0],
        "average-cost-reduction": lambda: sum(values) / len(values),
        "headline": lambda: max(values),
        "percent-of-original": lambda: 100 * first / rest[0] if rest else 100.0,
    }
    return rules[node["formula"]["id"]]()


def shown_value(text: str) -> tuple[float, float]:
    """A shown number and half a unit of its last digit."""
    number, _, prefix = text.rstrip("%B").strip().partition(" ")
    scale = 1000.0 ** " kMGT".index(prefix or " ")
    return float(number) * scale, 0.5 * 10.0 ** -len(number.partition(".")[2]) * scale


@pytest.mark.parametrize("card", CARDS)
def test_every_cell_ends_in_records(card: str) -> None:
    """Each leaf's file exists and its pointer resolves to the number that enters."""
    assert len(listed(card)) > 40
    for data in explained(card):
        if data["value"] is None:
            assert data["reason"]
            continue
        for leaf in leaves(data):
            assert (ROOT / leaf["file"]).is_file()
            assert resolve(leaf["file"], leaf["pointer"]) == leaf["value"]
            if leaf["file"].endswith(".json"):
                assert leaf["origin"] == data["records"][leaf["file"]]["origin"]


@pytest.mark.parametrize("card", CARDS)
def test_every_cell_can_be_recomputed(card: str) -> None:
    """From the records and the named formulas alone: the value, and what the card prints."""
    for data in explained(card):
        if data["value"] is None:
            continue
        value = recomputed(data)
        assert value == pytest.approx(data["value"], rel=1e-12), data["cell"]
        shown, half = shown_value(data["shown"])
        assert abs(shown - value) <= half * (1 + 1e-9), data["cell"]
        assert data["low"] <= value <= data["high"]


@pytest.mark.parametrize("card", CARDS)
def test_what_is_shown_stands_on_the_card(card: str) -> None:
    """Each explained number is in the README."""
    text = (ROOT / "cards" / card / "README.md").read_text(encoding="utf-8")
    for data in explained(card):
        if data["value"] is not None:
            assert data["shown"] in text, data["cell"]


@pytest.mark.parametrize("card", CARDS)
def test_every_cell_has_a_text(card: str) -> None:
    """The text names value, interval and files; nothing goes to stderr."""
    for address in listed(card):
        found = call(ROOT, "explain", card, address)
        assert (found.code, found.err) == (0, "")
        assert found.out.startswith(f"{address}: ")
        if "no value" not in found.out:
            assert re.search(r"cards/\S+\.json#/measurements/\d+/\S+", found.out)


@pytest.mark.parametrize(
    ("words", "addresses"),
    [
        (["accuracy/mmmu/recovery"], ["accuracy/mmmu/recovery"]),
        (["mmmu", "recovery"], ["accuracy/mmmu/recovery"]),
        (["mmmu/recovery"], ["accuracy/mmmu/recovery"]),
        (["MMMU", "Recovery"], ["accuracy/mmmu/recovery"]),
        (["93.27"], ["accuracy/mmmu/recovery"]),
        (["93.27%"], ["accuracy/mmmu/recovery"]),
        (["93,27"], ["accuracy/mmmu/recovery"]),
        (["93.27 %"], ["accuracy/mmmu/recovery"]),
        (["headline"], ["headline/single-stream"]),
        (["1.30x"], ["headline/single-stream", "single-stream/a6000x1/tiny-w4a16/cost-reduction"]),
        (["mmmu"], [f"accuracy/mmmu/{side}" for side in ("base", "quantized", "recovery")]),
    ],
)
def test_find(project: Path, words: list[str], addresses: list[str]) -> None:
    """By address, by parts of it, by the printed number in either style; several are all told."""
    found = call(project, "explain", "tiny", *words, "--format", "json")
    assert found.code == 0, found.err
    assert sorted(item["cell"] for item in json.loads(found.out)) == sorted(addresses)
    text = call(project, "explain", "tiny", *words)
    assert [line.split(": ")[0] for line in text.out.splitlines() if line[:1].isalpha()] == [
        item["cell"] for item in json.loads(found.out)
    ]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A card with scores, one window of each model, and a failed task."""
    windows = run(
        serving(BASE, queries_per_dollar="1454"),
        serving(MODEL, queries_per_dollar="1886"),
        origin="transcribed",
    )
    failed = run(accuracy("docvqa", None, reason="out of memory"))
    write_card(tmp_path, "tiny", scores(), windows, failed)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [
        (["accuracy/mmmu/recovry"], "did you mean 'accuracy/mmmu/recovery'?"),
        (["12345.6"], "`cardgen explain tiny` lists all cells"),
        ([""], "`cardgen explain tiny` lists all cells"),
        (["***"], "`cardgen explain tiny` lists all cells"),
    ],
)
def test_an_unknown_cell_is_exit_2(project: Path, words: list[str], suggestion: str) -> None:
    """The message suggests the nearest address, or the list."""
    found = call(project, "explain", "tiny", *words)
    assert (found.code, found.out) == (2, "")
    assert suggestion in found.err


def test_an_unknown_card_is_exit_2(project: Path) -> None:
    """The nearest card's name is suggested."""
    found = call(project, "explain", "tinny")
    assert found.code == 2
    assert "did you mean 'tiny'?" in found.err


def test_an_absent_value_tells_its_reason_and_record(project: Path) -> None:
    """The failed run is named, as text and as JSON."""
    found = call(project, "explain", "tiny", "accuracy/docvqa/quantized")
    assert found.out.splitlines() == [
        "accuracy/docvqa/quantized: no value: the run failed: out of memory",
        "  record: cards/tiny/runs/2.json#/measurements/0",
    ]
    data = one(call(project, "explain", "tiny", "accuracy/docvqa/quantized", "--format", "json"))
    assert (data["value"], data["pointer"]) == (None, "/measurements/0")


def test_the_list(project: Path) -> None:
    """Without a cell: every address with what it shows, absences with their reason."""
    lines = call(project, "explain", "tiny").out.splitlines()
    assert any(re.fullmatch(r"accuracy/mmmu/recovery +93\.27%?", line) for line in lines)
    assert any(line.endswith("— the run failed: out of memory") for line in lines)
    data = json.loads(call(project, "explain", "tiny", "--format", "json").out)
    assert len(data) == len(lines)


def test_json_is_json_when_an_interval_is_unbounded(project: Path) -> None:
    """A baseline printed so coarsely that it may be zero: null bounds, no Infinity."""
    coarse = {"value": 1.0, "decimals": -1}
    write_card(
        project,
        "coarse",
        run(accuracy("a", coarse, BASE, scale="points"), accuracy("a", "1.0", scale="points")),
    )
    found = call(project, "explain", "coarse", "recovery", "--format", "json")
    (data,) = json.loads(found.out, parse_constant=lambda name: pytest.fail(name))
    assert (data["low"], data["high"]) == (None, None)
    assert "∞" in call(project, "explain", "coarse", "recovery").out


def test_a_number_under_other_conditions_is_explained_by_its_own(tmp_path: Path) -> None:
    """The conditions of its record, and not those of the group in the table above."""
    runs = [
        run(accuracy("mmlu", value), accuracy("arc", value), machine=Machine(gpu=gpu))
        for value, gpu in ((0.5, "A100"), (0.25, "T4"))
    ]
    write_card(tmp_path, "c", *runs)
    addresses = json.loads(call(tmp_path, "explain", "c", "--format", "json").out)
    other = next(address for address in addresses if address.startswith("accuracy-other/"))
    data = one(call(tmp_path, "explain", "c", other, "--format", "json"))
    gpu = {0.5: "A100", 0.25: "T4"}[data["value"]]
    (stated,) = data["conditions"].values()
    assert stated["answer"]["GPU"] == [gpu]
    text = call(tmp_path, "explain", "c", other).out
    assert f"GPU: {gpu}" in text
    assert "not in this number" not in text
