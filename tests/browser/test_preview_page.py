"""The preview in a real browser: clicks, keys, languages, colours, a phone; and no request at all.

`CARDGEN_SCREENSHOTS=docs/images` keeps the pictures that the documents show.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
QUANTIZED, REPORT = "qwen2.5-vl-3b-w4a16", "qwen2.5-vl-3b"
PICTURES = os.environ.get("CARDGEN_SCREENSHOTS")

CONTRAST = """
() => {
  const parse = css => css.match(/[0-9.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const back = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !element.checkVisibility() || element.closest('script, .unseen')) continue;
    const a = luminance(parse(getComputedStyle(element).color)), b = luminance(back(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push({text: text.slice(0, 40), ratio});
  }
  return found;
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, headless."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "these tests need chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Previews of the repository's cards: alone, and beside a state with another score."""
    folder = tmp_path_factory.mktemp("previews")
    for name in ("project", "before"):
        shutil.copytree(ROOT / "cards", folder / name / "cards")
        shutil.copy(ROOT / "cardgen.yaml", folder / name)
    run_file = folder / "before/cards" / QUANTIZED / "runs/published-card.json"
    text = run_file.read_text("utf-8")
    assert '"value": 41.56,' in text
    run_file.write_text(text.replace('"value": 41.56,', '"value": 40.1,'), "utf-8")
    for name, more in (
        (QUANTIZED, ["-o", "../quantized.html"]),
        (REPORT, ["-o", "../report.html"]),
        (QUANTIZED, ["-o", "../beside.html", "--against", "../before"]),
    ):
        command = [sys.executable, "-m", "cardgen", "preview", name, *more]
        subprocess.run(command, cwd=folder / "project", check=True, capture_output=True)
    return folder


class Watched:
    """A page that notes every request and every complaint."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.noted: list[str] = []
        self.page.on("console", lambda message: self.noted.append(message.text))
        self.page.on("pageerror", lambda error: self.noted.append(str(error)))
        self.page.on("request", lambda request: self._request(request.url, path))
        self.page.goto(path.as_uri())

    def _request(self, url: str, path: Path) -> None:
        if url != path.as_uri() and not url.startswith("data:"):
            self.noted.append(f"asked for {url}")

    def picture(self, name: str) -> None:
        """Keep what the window shows, where pictures are asked for."""
        if PICTURES:
            self.page.screenshot(path=str(ROOT / PICTURES / f"{name}.png"))

    def close(self) -> None:
        """The page asked for nothing and complained of nothing."""
        assert self.noted == []
        self.page.close()


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Any]:
    """A function that opens a preview; in the end none of them has asked for anything."""
    pages: list[Watched] = []

    def open_page(name: str, **options: Any) -> Watched:
        pages.append(Watched(browser, folder / f"{name}.html", **options))
        return pages[-1]

    yield open_page
    for one in pages:
        one.close()


def cell(page: Any, address: str) -> Any:
    """The visible button of a cell."""
    return page.locator(f'article:visible button[data-cell="{address}"]')


def test_a_number_tells_where_it_comes_from(opened: Any) -> None:
    """By pointing, by pressing, by the keyboard; Escape closes and gives the focus back."""
    watched = opened("quantized")
    page = watched.page
    number, panel = cell(page, "accuracy/mmmu/recovery"), page.locator("#source")
    number.scroll_into_view_if_needed()
    assert panel.is_hidden()
    number.hover()
    assert panel.is_visible()
    page.mouse.move(5, 5)
    assert panel.is_hidden()
    number.click()
    told = panel.inner_text()
    for part in (
        "accuracy/mmmu/recovery: 93.27%",
        "100 · quantized / base",
        "runs/published-card.json#/measurements/",
        "(transcribed)",
        "url: https://",
    ):
        assert part in told, part
    watched.picture("preview-source")
    page.mouse.move(5, 5)
    assert panel.is_visible()
    page.keyboard.press("Escape")
    assert panel.is_hidden()
    assert page.evaluate("document.activeElement.dataset.cell") == "accuracy/mmmu/recovery"
    page.keyboard.press("Tab")
    assert panel.is_visible()
    page.keyboard.press("Enter")
    page.get_by_label("Close").click()
    assert panel.is_hidden()
    assert "accuracy/vqav2/base" in page.evaluate("document.activeElement.dataset.cell")


def test_the_panel_never_covers_its_number(opened: Any) -> None:
    page = opened("quantized").page
    for number in page.locator("article:visible button.value").all()[::9]:
        number.click()
        a, b = number.bounding_box(), page.locator("#source").bounding_box()
        assert a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]


def test_the_languages(opened: Any) -> None:
    """The switch changes the card and the page's own words; numbers stay."""
    page = opened("quantized").page
    numbers = page.locator("article:visible button.value").all_inner_texts()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("button", name="Русский").click()
    assert page.locator("html").get_attribute("lang") == "ru"
    assert page.locator("article:visible").count() == 1
    assert page.locator("article:visible").get_attribute("lang") == "ru"
    assert "Качество" in page.locator("article:visible").inner_text()
    assert page.locator("legend").first.inner_text() == "Язык"
    assert page.locator("article:visible button.value").all_inner_texts() == numbers
    page.locator("article:visible a[data-language]", has_text="English").click()
    assert page.locator("article:visible").get_attribute("lang") == "en"


@pytest.mark.parametrize("name", ["quantized", "report", "beside"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_is_readable(opened: Any, name: str, theme: str) -> None:
    """Contrast of at least 4.5:1, folds open, the panel shown; chosen against the system's wish."""
    other = {"light": "dark", "dark": "light"}[theme]
    watched = opened(name, color_scheme=other)
    page = watched.page
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(f'[data-set="theme"] button[value="{theme}"]').click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.locator("article:visible button.value").first.click()
    assert page.evaluate(CONTRAST) == []
    if name == "quantized":
        page.keyboard.press("Escape")
        cell(page, "accuracy/mmmu/recovery").scroll_into_view_if_needed()
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
        page.evaluate("window.scrollTo(0, 0)")
        watched.picture(f"preview-{theme}")


def test_plots_are_in_the_page_and_follow_its_colours(opened: Any) -> None:
    page = opened("report").page
    images = "[...document.querySelectorAll('article:not([hidden]) img')]"
    page.wait_for_function(f"{images}.every(i => i.complete && i.naturalWidth)")
    assert page.evaluate(f"{images}.length") == 4
    assert page.evaluate(f"{images}.every(i => i.alt.length > 20)")
    shots = []
    for theme in ("light", "dark"):
        page.locator(f'[data-set="theme"] button[value="{theme}"]').click()
        page.wait_for_timeout(200)
        shots.append(page.locator("article:visible img").first.screenshot())
    assert shots[0] != shots[1]


def test_folds_open_and_close(opened: Any) -> None:
    page = opened("quantized").page
    fold = page.locator("article:visible details").first
    assert fold.locator("pre").is_hidden()
    fold.locator("summary").click()
    assert fold.locator("pre").is_visible()


def test_table_headers_have_scope(opened: Any) -> None:
    for name in ("quantized", "report", "beside"):
        page = opened(name).page
        assert page.locator("th:not([scope])").count() == 0
        assert page.locator("article th[scope=col]").count() > 0
        assert page.locator("article th[scope=row], article th[scope=rowgroup]").count() > 0
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        unnamed = "[...document.querySelectorAll('button')].filter(b => !b.textContent.trim())"
        assert page.evaluate(f"{unnamed}.length") == 0


def test_side_by_side(opened: Any) -> None:
    watched = opened("beside", viewport={"width": 1500, "height": 900})
    page = watched.page
    sides = page.locator(".side:visible")
    assert sides.count() == 2
    left, right = (sides.nth(i).bounding_box() for i in (0, 1))
    assert left["x"] + left["width"] <= right["x"]
    for side, digits in ((0, "40.10"), (1, "41.56")):
        changed = sides.nth(side).locator("article:visible td.changed")
        assert digits in changed.all_inner_texts()[0]
        assert 2 <= changed.count() <= 5
    after = sides.nth(1).locator('article:visible button[data-cell="accuracy/mmmu/quantized"]')
    after.scroll_into_view_if_needed()
    after.click()
    assert "Before: 40.10" in page.locator("#source").inner_text()
    watched.picture("preview-beside")
    page.locator('[data-set="view"] button[value="after"]').click()
    assert page.locator(".side:visible").count() == 1


@pytest.mark.parametrize("name", ["quantized", "report", "beside"])
def test_a_phone(opened: Any, name: str) -> None:
    """Nothing reaches beyond the screen: tables scroll by themselves; touch opens the panel."""
    watched = opened(name, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = watched.page
    for language in ("ru", "en"):
        page.locator(f'[data-set="language"] button[value="{language}"]').tap()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    number = page.locator("article:visible button.value").first
    number.tap()
    panel = page.locator("#source")
    assert panel.is_visible()
    box = panel.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    if name == "quantized":
        watched.picture("preview-phone")
