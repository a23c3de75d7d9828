"""One side of a preview: a card's text in each of its languages as HTML, with its pictures inside.

Owns rendering a card, or a published page, for a preview. The frame around it is `page`'s.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from markupsafe import Markup

from cardgen import explain
from cardgen.card import Card
from cardgen.derive.quantity import Quantity
from cardgen.imports.redaction import without_secrets
from cardgen.language import NAMES, Language, language
from cardgen.plots import describe, stamp
from cardgen.plots.figure import Plot
from cardgen.preview import markdown, tables
from cardgen.preview.tables import CLOSE, OPEN
from cardgen.render import card as rendering
from cardgen.render import tables as render_tables
from cardgen.render.escape import markdown as escape_markdown
from cardgen.tables.model import Cell

HEADER = re.compile(r"\A---\n(.*?)\n---\n", re.S)
PLACEHOLDER = re.compile(f"(?:<p>)?{OPEN}table (\\d+){CLOSE}(?:</p>)?")
HIDDEN = "[redacted]"
"""In the place of a token, which a push would refuse; no markup, neither in code nor outside."""
IN_SENTENCE = re.compile(f"{OPEN}headline ([\\w-]+){CLOSE}([^{CLOSE}]*){CLOSE}")
CHIPS = (
    ("pipeline_tag", ""),
    ("library_name", ""),
    ("language", ""),
    ("license", "License: "),
    ("license_name", ""),
    ("base_model", "Base model: "),
    ("datasets", "Dataset: "),
    ("tags", ""),
)


@dataclass(frozen=True, slots=True)
class Article:
    """A card's text in one language."""

    language: str
    name: str
    html: str


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a page: its articles, the cells that can be asked, the header's chips.

    `digits` is what each cell prints, by its address.
    """

    title: str
    articles: tuple[Article, ...]
    cells: tuple[Cell, ...]
    chips: tuple[str, ...]
    digits: Mapping[str, str]
    card: Card | None = None


def digits_of(card: Card) -> dict[str, str]:
    """What each cell of the card prints, by its address."""
    found = explain.cells(rendering.gather(card))
    return {address: explain.shown(cell) for address, cell in found.items()}


def side(card: Card, prefix: str, marks: Mapping[str, str]) -> Side:
    """A card in all its languages. `prefix` tells the sides of a page apart; `marks` has a word for
    each address whose value is marked."""
    contents = rendering.gather(card)
    cells = explain.cells(contents)
    shown = {address: explain.shown(cell) for address, cell in cells.items()}
    spoken = [_language(card, code) for code in card.specification.languages]
    pictures = [describe.plots(contents, one).drawn for one in spoken]
    for mode, cell in contents.headlines.items():
        if isinstance(cell.content, Quantity):
            cell.digits = f"{OPEN}headline {mode}{CLOSE}{cell.digits}{CLOSE}"
    articles = tuple(
        _article(contents, one, drawn, prefix, marks)
        for one, drawn in zip(spoken, pictures, strict=True)
    )
    return Side(
        card.specification.title,
        articles,
        tuple(cells.values()),
        chips(contents.header),
        shown,
        card,
    )


def _language(card: Card, code: str) -> Language:
    numbers = card.specification.numbers or card.project.specification.numbers or "point"
    templates = rendering.project_templates(card)
    return language(code, locale_numbers=numbers == "locale", project_templates=templates)


def _article(
    contents: rendering.Contents,
    spoken: Language,
    plots: Iterable[Plot],
    prefix: str,
    marks: Mapping[str, str],
) -> Article:
    card = contents.card
    suffix = card.specification.plots
    links, pictures = {}, {}
    for plot in plots:
        path = f"plots/{plot.id}.{spoken.code}.{suffix}"
        links[plot.id] = Markup("![{}]({})").format(escape_markdown(plot.alt), path)
        pictures[path] = _data(_drawn(card, path, plot, suffix), suffix)
    text = HEADER.sub("", rendering.text(contents, spoken, links))
    found = list(contents.tables.values())
    for index, table in enumerate(found):
        text = text.replace(_printed(table, spoken), tables.placeholder(index), 1)
    html = markdown.rendered(without_secrets(text, HIDDEN))
    name = f"{prefix.strip(':') or 'card'}-{spoken.code}"
    html = markdown.finished(html, pictures, _repository(card), name)
    html = PLACEHOLDER.sub(
        lambda match: tables.html(found[int(match[1])], spoken, prefix, marks), html
    )
    headlines: dict[str, Cell] = dict(contents.headlines.items())
    html = IN_SENTENCE.sub(lambda match: tables.button(headlines[match[1]], match[2], prefix), html)
    return Article(spoken.code, NAMES.get(spoken.code, spoken.code), html)


def _printed(table: Any, spoken: Language) -> str:
    """The table as the card's text has it, without its footnotes."""
    text = str(render_tables.render(table, spoken))
    notes = render_tables.notes_text(table.notes, spoken)
    return text.removesuffix(notes).rstrip("\n") if notes else text


def _repository(card: Card) -> str | None:
    repo = card.specification.repo
    return None if repo is None else f"{rendering.HUB}{repo}"


def _drawn(card: Card, path: str, plot: Plot, suffix: str) -> bytes:
    """The picture: the card's file where it is current, else drawn."""
    file = card.folder / path
    if file.is_file():
        data = file.read_bytes()
        if stamp.is_current(data, plot, "svg" if suffix == "svg" else "png"):
            return data
    from cardgen.plots import draw

    return draw.svg(plot) if suffix == "svg" else draw.png(plot)


def _data(picture: bytes, suffix: str) -> str:
    kind = "image/svg+xml" if suffix == "svg" else "image/png"
    return f"data:{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def published(text: str, prefix: str) -> Side:
    """A published page, of which nothing but its text is known; pictures by their words."""
    header = HEADER.match(text)
    body = text[header.end() :] if header else text
    html = markdown.rendered(without_secrets(body, HIDDEN))
    name = f"{prefix.strip(':') or 'card'}-page"
    article = Article("", "", markdown.finished(html, {}, None, name))
    return Side("", (article,), (), chips(header[0]) if header else (), {})


def chips(header: str) -> tuple[str, ...]:
    """The metadata header as the Hub's chips, in HTML."""
    from cardgen.store import yaml_text

    match = HEADER.match(header if header.endswith("\n") else f"{header}\n")
    try:
        data = yaml_text.loads(match[1]) if match else {}
    except (ValueError, RecursionError, OverflowError):
        data = {}
    if not isinstance(data, dict):
        return ()
    found: dict[str, None] = {}
    for key, label in CHIPS:
        value = data.get(key)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str | int | float):
                found[f'<li class="chip {key}">{escape(f"{label}{item}")}</li>'] = None
    return tuple(found)
