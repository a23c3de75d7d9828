"""A published page as the other side: read through its tables, whoever wrote them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hub.server import Hub
from samples_built import built_copy
from samples_cards import BASE, MODEL, call, device, process, run, write_card

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


@pytest.fixture
def swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project of one device report: three batch sizes of one data set, no model named."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sizes = ((1, 0.5, 1e9), (4, 0.9, 4e9), (16, 1.7, 16e9))
    measured = (
        device(MODEL, batch_size=size, latency_s=latency, flops_generation=flops)
        for size, latency, flops in sizes
    )
    more = {"kind": "benchmark", "base_model": None, "title": "tiny-w4a16"}
    aliases = {"example/tiny-old": MODEL}
    write_card(tmp_path, "swept", run(*measured), languages=["en", "ru"], aliases=aliases, **more)
    assert call(tmp_path, "build", "swept").code == 0
    return tmp_path


SMOLLM = "SmolLM2-135M-Instruct-quantized.w4a16"
PAGES: dict[str, tuple[list[tuple[str, str]], int]] = {
    "as it was built": ([], 6),
    "the model with another organisation": ([("# tiny-w4a16", "# other/tiny-w4a16")], 6),
    "an earlier name with an alias": ([("# tiny-w4a16", "# tiny-old")], 6),
    "no model named": ([("# tiny-w4a16", "# Results of our bench")], 6),
    "another model": ([("# tiny-w4a16", f"# {SMOLLM}")], 0),
    "its base model": ([("# tiny-w4a16", f"# {BASE}")], 0),
    "another model in a table, none in the title": (
        [("# tiny-w4a16", "# Results\n\n| Model | Score |\n| - | - |\n| org/other-1b | 3 |\n")],
        0,
    ),
    "its own model in a table, none in the title": (
        [("# tiny-w4a16", f"# Results\n\n| Model | Score |\n| - | - |\n| {MODEL} | 3 |\n")],
        6,
    ),
    "another data set": ([("Dataset: TextVQA", "Dataset: Capitals")], 0),
    "another data set, the labels in bold": ([("Dataset: TextVQA", "**Dataset:** Capitals")], 0),
    "another image size": ([("Image size: 224", "Image size: 22")], 0),
    "the settings as a list": (
        [("Dataset: TextVQA · ", "- Dataset: TextVQA\n- "), (" · ", "\n- ")],
        6,
    ),
    "no settings given": ([("Dataset: TextVQA · Image size: 224 · ", "")], 6),
    "another device of the same kind": ([("Device: GPU", "Device: GPU (another one)")], 6),
}


@pytest.mark.parametrize(("edits", "expected"), PAGES.values(), ids=PAGES)
def test_only_the_same_model_under_the_same_settings_is_compared(
    swept: Path, edits: list[tuple[str, str]], expected: int
) -> None:
    page = swept / "cards/swept/README.md"
    text = page.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    page.write_text(text, encoding="utf-8")
    made = call(swept, "diff", "swept", "--against", "cards/swept/README.md")
    assert f"{expected} compared, " in made.out, made.out
    assert f"{expected} unchanged" in made.out, made.out
    assert ("added" in made.out) == (expected == 0)


@pytest.mark.parametrize(
    ("title", "told", "tip"),
    [
        ("tiny-w4a16", False, False),
        ("Results of our bench", False, False),
        (SMOLLM, True, True),
        (BASE, True, True),
    ],
)
def test_a_page_about_another_model_says_so(swept: Path, title: str, told: bool, tip: bool) -> None:
    page = swept / "cards/swept/README.md"
    text = page.read_text(encoding="utf-8").replace("# tiny-w4a16", f"# {title}", 1)
    page.write_text(text, encoding="utf-8")
    made = call(swept, "diff", "swept", "--against", "cards/swept/README.md")
    said = f"the page is the card of {title}, not of {MODEL}"
    assert (said in made.out) == told, made.out
    assert (f"say `aliases: {{{title}: {MODEL}}}` in card.yaml" in made.out) == tip, made.out


def test_the_page_of_another_card() -> None:
    """A committed card beside a page that has the same rows of another model and data set."""
    page = "cards/smollm2-w4a16/README.md"
    made = call(ROOT, "diff", "tiny-qwen2.5-vl-w4a16", "--against", page)
    assert made.out.splitlines()[1].startswith("0 compared, ")
    assert f"the page is the card of example/{SMOLLM}, not of" in made.out


def test_the_page_of_the_base_needs_no_alias(project: Path) -> None:
    card = project / "cards/first/card.yaml"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace('"Tiny"', '"Tiny, quantized"'), encoding="utf-8")
    (project / "base.md").write_text(f"# {BASE}\n\nA page.\n", encoding="utf-8")
    made = call(project, "diff", "first", "--against", "base.md")
    assert f"the page is the card of {BASE}, not of {MODEL}" in made.out
    assert "aliases" not in made.out


@pytest.mark.parametrize(("alias", "added"), [(True, 0), (False, 3)])
def test_an_earlier_name_in_the_tables_of_a_page(project: Path, alias: bool, added: int) -> None:
    """The numbers of a renamed model are its own where card.yaml says so, and never the base's."""
    page = project / "cards/first/README.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace(MODEL, "example/earlier-w4a16"), encoding="utf-8")
    if alias:
        card = project / "cards/first/card.yaml"
        text = card.read_text(encoding="utf-8")
        named = f'{{"aliases": {{"example/earlier-w4a16": "{MODEL}"}},'
        card.write_text(text.replace("{", named, 1), encoding="utf-8")
    made = call(project, "diff", "first", "--against", "cards/first/README.md")
    assert made.out.count("\nadded ") == added, made.out
    assert "inconclusive" not in made.out


def test_the_words_of_a_row_go_on_by_whole_words(swept: Path) -> None:
    """A page with a batch size of 16 alone says nothing of a batch size of 1."""
    page = swept / "cards/swept/README.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("| 1 |", "| 4 |"))]
    assert len(kept) == len(lines) - 2
    page.write_text("\n".join(kept), encoding="utf-8")
    made = call(swept, "diff", "swept", "--against", "cards/swept/README.md")
    assert "2 compared, 4 added, 2 unchanged" in made.out


@pytest.mark.parametrize("cell", ["−1.17 [−3.30, 0.97] (a)", "— (b)"])
def test_a_value_with_an_interval_or_without_a_number_names_no_row(swept: Path, cell: str) -> None:
    """Else a row would go by its values, and a new measurement would be another row."""
    page = swept / "cards/swept/README.md"
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"^(\| Batch size \|.*)$", r"\1 Change |", text, flags=re.M)
    text = re.sub(r"^(\| :--- \|.*)$", r"\1 ---: |", text, flags=re.M)
    text = re.sub(r"^(\| \d+ \|.*)$", rf"\1 {cell} |", text, flags=re.M)
    page.write_text(text, encoding="utf-8")
    made = call(swept, "diff", "swept", "--against", "cards/swept/README.md")
    assert "6 compared, " in made.out, made.out


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
        ("−1.17 [−3.30, 0.97] (a)", -1.17, 2),
        ("41.5 ± 1 (a)", None, None),
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
