"""The cards as a reader's browser shows them: real Chromium, light and dark."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
READMES = sorted((ROOT / "cards").glob("*/README*.md"))
PLOTS = sorted((ROOT / "cards").glob("*/plots/*.svg"))
CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

LUMINANCE = """
text => {
  const rgb = css => css.match(/[0-9.]+/g).slice(0, 3).map(Number);
  const luminance = css => {
    const [r, g, b] = rgb(css).map(v => {
      v /= 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const svg = document.querySelector('svg');
  const panel = [...svg.querySelectorAll('rect, path')].find(
    e => e.getBoundingClientRect().width > 0.9 * svg.getBoundingClientRect().width);
  const back = luminance(getComputedStyle(panel).fill);
  return [...svg.querySelectorAll('text')].filter(e => e.textContent.trim()).map(e => {
    const front = luminance(getComputedStyle(e).fill);
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const box = e.getBoundingClientRect(), outer = svg.getBoundingClientRect();
    const inside = box.left >= outer.left - 1 && box.right <= outer.right + 1
      && box.top >= outer.top - 1 && box.bottom <= outer.bottom + 1;
    return {text: e.textContent, ratio, inside};
  });
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_of_every_plot_is_readable(browser: Any, scheme: str) -> None:
    """Contrast of at least 4.5:1 against the plot's own panel, and nothing cut off."""
    assert PLOTS
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1000, "height": 1200})
    panels = set()
    for path in PLOTS:
        page.goto(path.as_uri())
        words = page.evaluate(LUMINANCE)
        assert words, path.name
        for word in words:
            assert word["ratio"] >= 4.5, (path.name, word)
            assert word["inside"], (path.name, word)
        panels.add(page.evaluate("getComputedStyle(document.querySelector('svg text')).fill"))
    page.close()
    assert len(panels) == 1


def test_light_and_dark_differ(browser: Any) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(PLOTS[0].as_uri())
        colours.add(page.evaluate("getComputedStyle(document.querySelector('svg text')).fill"))
        page.close()
    assert len(colours) == 2


@pytest.mark.parametrize("readme", READMES, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_the_page_shows_every_table_plot_and_fold(
    browser: Any, readme: Path, tmp_path: Path
) -> None:
    """What the browser builds has the cells that the text has: nothing swallowed, nothing torn."""
    text = readme.read_text("utf-8")
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    shutil.copytree(readme.parent / "plots", tmp_path / "plots")
    page_file = tmp_path / "page.html"
    page_file.write_text(f"<!doctype html><meta charset=utf-8>{html}", "utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 1200})
    page.goto(page_file.as_uri())
    tables = page.evaluate(
        "[...document.querySelectorAll('table')].map(t => [...t.rows].map("
        "r => [...r.cells].reduce((n, c) => n + c.colSpan, 0)))"
    )
    assert tables
    assert page.locator("td, th").count() == len(re.findall(r"<t[dh][ >]", html))
    assert page.locator("details").count() == body.count("<details>")
    broken = page.evaluate(
        "[...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.src)"
    )
    assert broken == []
    assert page.locator("img").count() == len(re.findall(r"^!\[", body, re.M))
    assert "{{" not in page.inner_text("body")
    page.close()
