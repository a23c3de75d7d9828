"""Projects and cards as they are found, read and combined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samples_cards import accuracy, run, write_card

from cardgen.card import open_card
from cardgen.errors import CardgenError, SpecificationError
from cardgen.spec.document import read_yaml
from cardgen.spec.load import find_project, load_card

LIST = "prices:\n  - {hardware: A100, usd_per_gpu_hour: 1.79, source: s, date: 2025-02-18}\n"


def test_the_project_is_found_upwards(tmp_path: Path) -> None:
    """The nearest cardgen.yaml wins over a cards/ folder that is nearer."""
    inner = tmp_path / "a/cards/b/runs"
    inner.mkdir(parents=True)
    assert find_project(inner).root == tmp_path / "a"
    (tmp_path / "cardgen.yaml").write_text("organization: o\n")
    assert find_project(inner).root == tmp_path
    assert find_project(inner).specification.organization == "o"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_project_file_leaves_the_defaults(text: str, tmp_path: Path) -> None:
    """Every key of cardgen.yaml may be left out, so all of them may."""
    (tmp_path / "cardgen.yaml").write_text(text)
    assert find_project(tmp_path).specification.prices == ()


def test_a_project_file_that_is_a_folder_is_an_error(tmp_path: Path) -> None:
    """It is not taken for none: its prices would be missing without a word."""
    (tmp_path / "cards").mkdir()
    (tmp_path / "cardgen.yaml").mkdir()
    with pytest.raises(SpecificationError) as refused:
        find_project(tmp_path)
    assert (refused.value.place, refused.value.found) == ("cardgen.yaml", "Is a directory")


def test_a_price_leads_to_its_place(tmp_path: Path) -> None:
    """The listed price of a piece of hardware, and none for another."""
    (tmp_path / "cardgen.yaml").write_text(LIST)
    project = find_project(tmp_path)
    price = project.price_of("A100")
    assert price is not None
    assert (price.usd_per_gpu_hour, price.pointer) == (1.79, "/prices/0/usd_per_gpu_hour")
    assert project.price_of("H100") is None


@pytest.mark.parametrize("given", ["one", "one/", "cards/one", "cards/one/"])
def test_a_card_goes_by_its_name_or_its_folder(given: str, tmp_path: Path) -> None:
    """What the shell completes is understood."""
    write_card(tmp_path, "one")
    assert load_card(find_project(tmp_path), given).title == "Tiny"


def test_a_card_draws_on_the_runs_of_the_cards_it_uses(tmp_path: Path) -> None:
    """Its own runs first, then those of each used card; changed files are read again."""
    write_card(tmp_path, "base", run(accuracy("mmlu", 50.0)))
    write_card(tmp_path, "one", run(accuracy("mmlu", 51.0)), uses=["base"])
    write_card(tmp_path, "two", uses=["base"])

    def values(name: str) -> list[tuple[str, float]]:
        project = find_project(tmp_path)
        found = open_card(project, name).records.of_kind("accuracy")
        return [(s.file, s.measurement.value.value) for s in found]  # type: ignore[union-attr]

    assert values("one") == [("cards/one/runs/0.json", 51.0), ("cards/base/runs/0.json", 50.0)]
    assert values("two") == [("cards/base/runs/0.json", 50.0)]
    write_card(tmp_path, "base", run(accuracy("mmlu", 59.25)))
    assert values("two") == [("cards/base/runs/0.json", 59.25)]


@pytest.mark.parametrize(
    ("uses", "place", "found"),
    [
        (["bse"], "/uses/0", "no card 'bse'"),
        (["base", "base"], "/uses/1", "'base' again"),
        (["../base"], "/uses/0", "no card '../base'"),
        (["one"], "/uses/0", "the card itself"),
    ],
)
def test_only_other_cards_can_be_used_and_each_once(
    uses: list[str], place: str, found: str, tmp_path: Path
) -> None:
    """A misspelt name is answered with the nearest card."""
    write_card(tmp_path, "base")
    write_card(tmp_path, "one", uses=uses)
    with pytest.raises(CardgenError) as refused:
        open_card(find_project(tmp_path), "one")
    assert refused.value.place.startswith("cards/one/card.yaml:")
    assert refused.value.place.endswith(f": {place}")
    assert refused.value.found == found
    if uses == ["bse"]:
        assert refused.value.next_step == "did you mean 'base'?"


def test_a_card_whose_folder_is_a_link_keeps_its_runs(tmp_path: Path) -> None:
    """A whole card may lie elsewhere; only its runs folder may not lead out of it."""
    elsewhere = write_card(tmp_path / "elsewhere", "one", run(accuracy("mmlu", 50.0)))
    (tmp_path / "here/cards").mkdir(parents=True)
    (tmp_path / "here/cards/one").symlink_to(elsewhere)
    assert len(open_card(find_project(tmp_path / "here"), "one").records) == 1


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("a: no\nb: yes\nc: on\nd: ~\n", {"a": "no", "b": "yes", "c": "on", "d": None}),
        ("a: 010\nb: 0o10\nc: 1_000\n", {"a": 10, "b": 8, "c": 1000}),
        ("a: 2025-02-24\nb: 12:30\n", {"a": "2025-02-24", "b": "12:30"}),
        ('a: "\\0\\e"\n', {"a": "\0\x1b"}),
        ("a: &x [1]\nb: *x\n", {"a": [1], "b": [1]}),
        ("%YAML 1.2\n---\na: b\n...\n", {"a": "b"}),
        ("- a\n- b\n", ["a", "b"]),
        ("", None),
    ],
)
def test_yaml_is_read_as_1_2(text: str, content: Any) -> None:
    """Words stay words, numbers are decimal, dates are text until a field takes them as dates."""
    assert read_yaml(text.encode(), "file")[0] == content


@pytest.mark.parametrize(
    ("text", "place", "found", "step"),
    [
        ("a: 1\nb: {c: 1, c: 2}\n", "file:2:11: /b/c", "duplicate mapping key", "remove one"),
        ("a:\n- {b: 1}\n- {b: 1, b: 2}\n", "file:3:10: /a/1/b", "on line 3 too", "remove one"),
        ("a: &x {b: *x}\n", "file:1:4", "the anchor 'x'", "instead of '*x'"),
        ("a: &x\n  - b\n  - {c: [*x]}\n", "file:1:4", "the anchor 'x'", "write the value out"),
        ("a: *x\n", "file:1:4", "unknown anchor", "name an anchor that stands above"),
        ("a: b: c\n", "file:1:5", "mapping values are not allowed", "quote text that holds ':'"),
        ("a: 'x\n", "file:2:1", "quoted scalar", "mend the line"),
        ("a: b\n\x07", "file:2:1", "the control character U+0007", "remove it"),
        ("a: 1\n---\nb: 2\n", "file", "several, parted by '---'", "keep one"),
    ],
)
def test_broken_yaml_is_told_with_its_place(text: str, place: str, found: str, step: str) -> None:
    """Line and column of the fault, and the one thing to do about it."""
    with pytest.raises(SpecificationError) as refused:
        read_yaml(text.encode(), "file")
    assert refused.value.place == place
    assert found in str(refused.value.found)
    assert step in str(refused.value.next_step)
