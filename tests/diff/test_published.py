"""A published page as the other side: read through its tables, whoever wrote them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hub.server import Hub
from samples_built import built_copy
from samples_cards import call, process

from cardgen.diff.published import number

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project of two cards, `first` in two languages."""
    return built_copy(tmp_path, monkeypatch)


@pytest.mark.parametrize("page", ["README.md", "README.ru.md"])
def test_a_card_does_not_differ_from_its_own_page(project: Path, page: str) -> None:
    made = call(project, "diff", "first", "--against", f"cards/first/{page}", "--exit-code")
    assert made.code == 0, made.out
    compared, unchanged = re.findall(r"(\d+) (?:compared|unchanged)", made.out)
    assert compared == unchanged
    assert int(compared) >= 6


def test_a_number_that_the_page_prints_otherwise(project: Path) -> None:
    page = project / "cards/first/README.md"
    text = page.read_text(encoding="utf-8")
    assert ">41.56<" in text
    page.write_text(text.replace(">41.56<", ">40.10<"), encoding="utf-8")
    made = call(project, "diff", "first", "--against", "cards/first/README.md")
    assert "1 inconclusive" in made.out
    assert "40.1% → 41.56%" in made.out


def test_order_of_rows_means_nothing(project: Path) -> None:
    page = project / "cards/first/README.md"
    text = page.read_text(encoding="utf-8")
    body = re.search(r"  <tbody>\n(.*?)  </tbody>\n", text, re.S)
    assert body is not None
    rows = re.findall(r"    <tr>.*?</tr>\n", body[1], re.S)
    assert len(rows) >= 2
    page.write_text(text.replace(body[1], "".join(reversed(rows))), encoding="utf-8")
    made = call(project, "diff", "first", "--against", "cards/first/README.md", "--exit-code")
    assert made.code == 0, made.out


def test_rows_that_only_one_side_has(project: Path) -> None:
    page = project / "cards/first/README.md"
    text = page.read_text(encoding="utf-8")
    (row,) = re.findall(r"    <tr>(?:(?!</tr>).)*?>chartqa.*?</tr>\n", text, re.S)
    page.write_text(text.replace(row, row.replace("chartqa", "docvqa")), encoding="utf-8")
    made = call(project, "diff", "first", "--against", "cards/first/README.md")
    assert "added            score: tiny-w4a16, chartqa, acc" in made.out
    assert "docvqa" in made.out.split("removed", 2)[2]


def test_a_page_of_something_else(project: Path) -> None:
    (project / "other.md").write_text("# Other\n\n| a | b |\n| - | - |\n| x | 3 |\n", "utf-8")
    made = call(project, "diff", "first", "--against", "other.md")
    assert "tables of the page that this card has nothing like: 1" in made.out
    assert made.code == 0


def test_a_large_card_does_not_differ_from_its_own_page() -> None:
    name = "qwen2.5-vl-3b-w4a16"
    made = call(ROOT, "diff", name, "--against", f"cards/{name}/README.md")
    compared, unchanged = re.findall(r"(\d+) (?:compared|unchanged)", made.out)
    assert compared == unchanged
    assert int(compared) > 100


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        ("41.56", 41.56, 2),
        ("93.27%", 93.27, 2),
        ("1,454", 1454.0, 0),
        ("−3.5", -3.5, 1),
        ("617.84 G", 617.84e9, -7),
        ("96.3 T", 96.3e12, -11),
        ("28.216 (a)", 28.216, 3),
        ("1.57x", 1.57, 2),
        ("—", None, None),
        ("baseline", None, None),
        ("A100x1", None, None),
        ("3.1.2", None, None),
    ],
)
def test_a_printed_number(text: str, value: float | None, decimals: int | None) -> None:
    found = number(text)
    assert (found.value if found else None) == (pytest.approx(value) if value else None)
    assert (found.decimals if found else None) == decimals


@pytest.fixture
def with_repository(project: Path) -> Path:
    """The project, its card with a repository on the Hub."""
    card = project / "cards/first/card.yaml"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace("{", '{\n  "repo": "example/tiny",', 1), encoding="utf-8")
    return project


def test_the_hub(with_repository: Path, tmp_path: Path) -> None:
    readme = (with_repository / "cards/first/README.md").read_bytes()
    with Hub(tmp_path / "hub") as hub:
        hub.add("example/tiny", {"README.md": readme.replace(b">41.56<", b">40.10<")})
        environment = {
            "HF_ENDPOINT": hub.endpoint,
            "HF_TOKEN": "hf_writer00000000000000",
            "HF_HUB_DISABLE_XET": "1",
        }
        command = ("diff", "first", "--against", "hub")
        made = process(with_repository, *command, environment=environment)
    assert made.code == 0, made.err
    assert "1 inconclusive" in made.out
    assert "first: example/tiny (" in made.out


def test_the_hub_offline(with_repository: Path) -> None:
    command = ("diff", "first", "--against", "hub")
    made = process(with_repository, *command, environment={"HF_HUB_OFFLINE": "1"})
    assert made.code == 2
    assert "offline" in made.err.lower()
    assert made.err.count("\n") == 1, made.err


def test_a_card_without_a_repository(project: Path) -> None:
    made = call(project, "diff", "first", "--against", "hub")
    assert made.code == 2
    assert "add `repo: organisation/name`" in made.err
