"""Both published cards come back number for number, but for the cells listed with their reason."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml_rs
from samples_cards import call
from samples_grids import page, parsed

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PREFIXES = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12}
NUMBER = re.compile(r"(-?\d+(?:\.\d+)?) ?([kMGT]?)[%x]?(?: \([a-z, ]+\))?")


@dataclass(frozen=True)
class Printed:
    """A printed number: its value and the unit of its last digit."""

    text: str
    value: Fraction
    unit: Fraction

    def reach(self, digits: str) -> tuple[Fraction, Fraction]:
        """What the number may stand for, if digits were rounded or cut off either way."""
        half = self.unit if digits == "cut" else self.unit / 2
        return self.value - half, self.value + half


def number(text: str) -> Printed | None:
    """The number a cell holds; None for words, dashes and several numbers."""
    found = NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    scale = Fraction(10) ** PREFIXES[found[2]]
    places = len(found[1].partition(".")[2])
    return Printed(text, Fraction(found[1]) * scale, Fraction(10) ** -places * scale)


def known(text: str) -> Printed:
    """The number of a reference cell, which must be one."""
    found = number(text)
    assert found is not None, text
    return found


@cache
def reference(name: str) -> dict[str, Any]:
    """The numeric cells of a published card and what is known to differ."""
    data: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return data


def languages(name: str) -> list[str]:
    """The README files of the card, one a language of its card.yaml."""
    card = ROOT / "cards" / reference(name)["card"] / "card.yaml"
    data: Any = yaml_rs.loads(card.read_text(encoding="utf-8"), parse_datetime=False)
    codes = enumerate(data["languages"])
    return [f"README.{code}.md" if index else "README.md" for index, code in codes]


CARDS = [(name, file) for name in ("quantized", "device") for file in languages(name)]


@cache
def built(name: str, file: str) -> str:
    """The card's README as it stands in the repository."""
    path: Path = ROOT / "cards" / reference(name)["card"] / file
    return path.read_text(encoding="utf-8")


@cache
def numbers(name: str, file: str) -> list[list[Printed]]:
    """The numbers of every table of the README, in reading order; header cells are no numbers."""
    rows = [table.body for table in parsed(page(built(name, file)))]
    cells = [[number(c.text) for row in table for c in row if c.tag == "td"] for table in rows]
    return [[cell for cell in table if cell is not None] for table in cells]


def lost(wanted: list[Printed], found: list[Printed], digits: str) -> list[str]:
    """The wanted numbers outside the longest common sequence with those found."""

    def same(a: Printed, b: Printed) -> bool:
        low, high = a.reach(digits)
        return low <= b.value <= high

    best = [[0] * (len(found) + 1) for _ in range(len(wanted) + 1)]
    for i in reversed(range(len(wanted))):
        for j in reversed(range(len(found))):
            kept = best[i + 1][j + 1] + 1 if same(wanted[i], found[j]) else 0
            best[i][j] = max(kept, best[i + 1][j], best[i][j + 1])
    left, i, j = [], 0, 0
    while i < len(wanted):
        if j < len(found) and best[i][j] == best[i][j + 1]:
            j += 1
        elif best[i][j] == best[i + 1][j]:
            left.append(wanted[i].text)
            i += 1
        else:
            i, j = i + 1, j + 1
    return left


def test_lost() -> None:
    """The comparison itself: order counts, extra numbers do not, a last digit off is lost."""
    a, b, c = known("1.0"), known("2.5"), known("617.84 G")
    assert lost([a, b, c], [b, a, b, known("7"), c], "rounded") == []
    assert lost([a, b], [b, a], "rounded") in (["1.0"], ["2.5"])
    assert lost([known("93.28")], [known("93.27")], "rounded") == ["93.28"]
    assert lost([known("1.398")], [known("1.3985")], "rounded") == []
    assert lost([known("101.4")], [known("101.04")], "cut") == ["101.4"]
    assert lost([known("100.6")], [known("100.64")], "cut") == []
    assert lost([], [a], "rounded") == []


@pytest.mark.parametrize(("name", "file"), CARDS)
def test_nothing_but_the_listed_cells_differs(name: str, file: str) -> None:
    """Table for table, in every language: no more and no fewer cells differ than are listed."""
    data = reference(name)
    remaining = list(numbers(name, file))
    for index, table in enumerate(data["tables"]):
        wanted = [known(text) for text in table]
        results = [lost(wanted, found, data["digits"]) for found in remaining]
        closest = min(range(len(results)), key=lambda at: len(results[at]))
        listed = [item["printed"] for item in data["differences"] if item["table"] == index]
        assert results[closest] == listed
        del remaining[closest]


DIFFERENCES = [(n, item) for n in ("quantized", "device") for item in reference(n)["differences"]]


def bounds(texts: list[str], digits: str) -> tuple[Fraction, Fraction]:
    """The least and the greatest mean of printed numbers."""
    ends = [known(text).reach(digits) for text in texts]
    return sum(low for low, _ in ends) / Fraction(len(ends)), sum(
        high for _, high in ends
    ) / Fraction(len(ends))


@pytest.mark.parametrize(
    ("name", "item"), DIFFERENCES, ids=[item["printed"] for _, item in DIFFERENCES]
)
def test_the_reason_of_each_difference(name: str, item: dict[str, Any]) -> None:
    """Impossible: no inputs that print so give the printed value. Last digit: some do."""
    digits = reference(name)["digits"]
    low, high = bounds(item["numerator"], digits)
    if item["rule"] == "ratio":
        below, above = bounds(item["denominator"], digits)
        low, high = 100 * low / above, 100 * high / below
    printed_low, printed_high = known(item["printed"]).reach(digits)
    possible = low <= printed_high and printed_low <= high
    assert item["reason"] == ("last digit" if possible else "impossible")


@pytest.mark.parametrize("name", ["quantized", "device"])
def test_the_inputs_of_a_difference_are_of_the_reference(name: str) -> None:
    """What a reason is computed from is printed on the same card."""
    data = reference(name)
    for item in data["differences"]:
        table = data["tables"][item["table"]]
        assert {item["printed"], *item["numerator"], *item["denominator"]} <= set(table)


@pytest.mark.parametrize(("name", "file"), CARDS)
def test_headlines(name: str, file: str) -> None:
    """The published “up to N×” follow from the tables."""
    for ratio in reference(name)["headlines"]:
        assert f" {ratio}x " in built(name, file).replace("×", "x")


@pytest.mark.parametrize("name", ["quantized", "device"])
def test_all_languages_carry_the_same_numbers(name: str) -> None:
    """One truth: the numbers of all tables are the same, in the same order."""
    first, *others = (numbers(name, file) for file in languages(name))
    assert others
    for other in others:
        assert [[cell.text for cell in table] for table in other] == [
            [cell.text for cell in table] for table in first
        ]


@pytest.mark.parametrize("name", ["quantized", "device"])
def test_the_cards_are_up_to_date(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in the repository is what cardgen renders now."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    checked = call(ROOT, "build", reference(name)["card"], "--check", "--no-cache")
    assert checked.code == 0, checked.err
