"""`cardgen preview`: one file, both languages, every number with its origin, nothing outside."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from samples_built import built_copy
from samples_cards import accuracy, call, process, run, write_card
from samples_pages import HOSTILE

from cardgen.preview.words import WORDS


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project of two cards, `first` in two languages."""
    return built_copy(tmp_path, monkeypatch)


def data_of(html: str) -> dict[str, dict[str, dict[str, object]]]:
    """What the page knows of its numbers."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    found: dict[str, dict[str, dict[str, object]]] = json.loads(text)
    return found


def test_the_file_and_where_it_is_by_default(project: Path) -> None:
    made = call(project, "preview", "first")
    assert made.code == 0, made.err
    path = Path(made.out.strip())
    assert path == project / ".cardgen/preview/first.html"
    assert (project / ".cardgen/.gitignore").read_text(encoding="utf-8") == "*\n"
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_to_stdout(project: Path) -> None:
    made = process(project, "preview", "first", "-o", "-")
    assert made.out.startswith("<!doctype html>")
    assert made.err == ""


def test_every_number_of_the_tables_says_where_it_comes_from(project: Path) -> None:
    html = _html(project, "first")
    data = data_of(html)
    buttons = re.findall(r'data-cell="([^"]+)"', html)
    assert "accuracy/mmmu/recovery" in buttons
    assert len(buttons) == 2 * len(set(buttons))
    for address in set(buttons):
        known = data["cells"][address]
        assert known["lines"], address
        records = known["records"]
        assert isinstance(records, list)
        assert all(name in data["records"] for name in records)
    told = str(data["cells"]["accuracy/mmmu/recovery"]["lines"])
    assert "cards/first/runs/0.json#/measurements/" in told
    assert "100 · quantized / base" in told


def test_the_numbers_are_those_of_the_card(project: Path) -> None:
    """What the page shows in its tables is what the README prints, in the same order."""
    html = _html(project, "first")
    for name, code in (("README.md", "en"), ("README.ru.md", "ru")):
        (article,) = re.findall(rf'<article lang="{code}".*?</article>', html, re.S)
        shown = re.findall(r'<td class="number"[^>]*>(?:<b>)?<button[^>]*>([^<]*)<', article)
        readme = (project / "cards/first" / name).read_text(encoding="utf-8")
        printed = re.findall(r'<td align="right">(?:<b>)?([^<]*)<', readme)
        assert shown == printed


def test_nothing_is_asked_from_elsewhere(project: Path) -> None:
    html = _html(project, "first")
    policy = "default-src &#x27;none&#x27;; img-src data:;"
    assert policy in html
    assert not re.findall(r'(?:src|srcset|data|action)="(?!data:image/)[^"]*"', html)
    assert "<link" not in html
    assert "@import" not in html
    assert "url(" not in html


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """In names and in prose: the page has no element but its own and the allow-list's."""
    tasks = [t for t in HOSTILE if "\n" not in t and "\r" not in t and "\t" not in t][:30]
    write_card(
        tmp_path,
        "tiny",
        run(*(accuracy(text, 40.0 + i) for i, text in enumerate(tasks))),
        title="<script>alert(1)</script>",
    )
    prose = tmp_path / "cards/tiny/prose.en.md"
    prose.write_text(
        "</script><script>alert(1)</script>\n\n# accuracy\n\n</article></main>x", "utf-8"
    )
    html = _html(tmp_path, "tiny")
    assert html.count("<script") == 2
    assert html.count("</script>") == 2
    assert html.count("<article") == html.count("</article>") == 1
    assert "alert(1)</script>" not in html


def test_beside_another_state(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(project, other)
    run_file = other / "cards/first/runs/0.json"
    text = run_file.read_text(encoding="utf-8")
    run_file.write_text(text.replace("41.56", "40.1"), encoding="utf-8")
    html = _html(project, "first", "--against", str(other))
    data = data_of(html)
    assert data["cells"]["accuracy/mmmu/quantized"]["before"] == "40.10"
    assert "before" not in data["cells"]["accuracy/chartqa/quantized"]
    before, after = re.findall(r'<section class="side (?:before|after)".*?</section>', html, re.S)
    for part, digits in ((before, "40.10"), (after, "41.56")):
        assert re.search(rf'<td class="number changed"><button[^>]*>{re.escape(digits)}<', part)
    assert "1 inconclusive" in html


def test_beside_a_page(project: Path) -> None:
    page = project / "page.md"
    readme = (project / "cards/first/README.md").read_text(encoding="utf-8")
    page.write_text(readme.replace(">41.56<", ">40.10<"), encoding="utf-8")
    html = _html(project, "first", "--against", "page.md")
    assert data_of(html)["cells"]["accuracy/mmmu/quantized"]["before"] == "40.10"
    assert html.count('class="number changed"') == 2
    assert "Before</span>: page.md" in html


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["first", "--against", "no-such-side"], ["first", "-o", "cards"]]
)
def test_refusals_write_nothing(project: Path, arguments: list[str]) -> None:
    made = call(project, "preview", *arguments)
    assert made.code == 2
    assert "Traceback" not in made.err
    assert not (project / ".cardgen/preview").exists()


def test_a_token_in_the_words_is_not_shown(project: Path) -> None:
    """What a push would refuse; settings that only look like one stay."""
    token = "hf_" + "a1B2" * 8
    prose = f'The key is {token}.\n\n```python\nask(api_key="EMPTY", token="{token}")\n```\n'
    (project / "cards/first/prose.en.md").write_text(prose, encoding="utf-8")
    html = _html(project, "first")
    assert token not in html
    assert "The key is [redacted]." in html
    assert 'api_key="EMPTY"' in html.replace("&quot;", '"')


def test_the_page_s_own_words_are_there_in_both_languages() -> None:
    assert WORDS["en"].keys() == WORDS["ru"].keys()


def _html(project: Path, *arguments: str) -> str:
    made = call(project, "preview", *arguments, "-o", str(project / "page.html"))
    assert made.code == 0, made.err
    return (project / "page.html").read_text(encoding="utf-8")
