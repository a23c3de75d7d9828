"""The page around a card: switches, chips, where numbers come from; one file that asks no other.

The page's own policy forbids every request: what it needs stands in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path

from cardgen.diff import page as diff_page
from cardgen.diff.report import Report, summary
from cardgen.preview.article import Side
from cardgen.preview.sources import Sources
from cardgen.preview.words import WORDS, said


def page(
    name: str,
    after: Side,
    before: Side | None,
    report: Report | None,
    sources: Sources,
    languages: Sequence[str],
) -> str:
    """The whole HTML document of a card, beside its other state where there is one."""
    title = after.title or name
    first = languages[0]
    data = {
        "words": WORDS,
        "languages": list(languages),
        "cells": sources.cells,
        "records": sources.records,
    }
    lines = [
        "<!doctype html>",
        f'<html lang="{escape(first)}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{escape(title)}</title>",
        f"<style>{_resource('page.css')}</style>",
        "</head>",
        "<body>",
        f'<a class="unseen" href="#card"><span data-words="skip">{said("skip", first)}</span></a>',
        *_top(title, after, first, two=before is not None),
        *_main(after, before, report, first),
        '<div id="source" role="status" hidden></div>',
        f'<script type="application/json" id="data">{_json(data)}</script>',
        f"<script>{_resource('page.js')}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


@lru_cache
def _resource(name: str) -> str:
    return "\n" + Path(__file__).with_name(name).read_text(encoding="utf-8")


@lru_cache
def _policy() -> str:
    digests = {
        kind: base64.b64encode(hashlib.sha256(_resource(file).encode()).digest()).decode()
        for kind, file in (("style", "page.css"), ("script", "page.js"))
    }
    return escape(
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src 'sha256-{digests['style']}'; script-src 'sha256-{digests['script']}'"
    )


def _json(data: object) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _top(title: str, side: Side, first: str, *, two: bool) -> Iterator[str]:
    yield f'<header class="top"><p class="name">{escape(title)}</p>'
    named = [(one.language, one.name) for one in side.articles]
    if len(named) > 1:
        yield _switch("language", first, named, None)
    if two:
        views = [(view, said(view, first)) for view in ("both", "before", "after")]
        yield _switch("view", first, views, "both")
    themes = [(theme, said(theme, first)) for theme in ("auto", "light", "dark")]
    yield _switch("theme", first, themes, "auto")
    yield "</header>"


def _switch(group: str, first: str, choices: Sequence[tuple[str, str]], pressed: str | None) -> str:
    """A row of buttons of which one is pressed."""
    pressed = pressed or choices[0][0]
    buttons = ""
    for value, label in choices:
        kind = f' lang="{escape(value)}"' if group == "language" else f' data-words="{value}"'
        state = "true" if value == pressed else "false"
        buttons += (
            f'<button type="button" value="{escape(value)}" aria-pressed="{state}"{kind}>'
            f"{escape(label)}</button>"
        )
    legend = f'<legend data-words="{group}">{said(group, first)}</legend>'
    return f'<fieldset class="switch" data-set="{group}">{legend}{buttons}</fieldset>'


def _main(after: Side, before: Side | None, report: Report | None, first: str) -> Iterator[str]:
    kind = ' class="two" data-view="both"' if before is not None else ""
    yield f'<main id="card"{kind}>'
    if after.chips:
        yield f'<ul class="chips" aria-label="Metadata">{"".join(after.chips)}</ul>'
    yield f'<p class="hint" data-words="hint">{said("hint", first)}</p>'
    if report is not None:
        yield from _changes(report, first)
    yield '<div class="sides">'
    if before is not None and report is not None:
        yield from _side("before", report.before, before, first)
        yield from _side("after", report.after, after, first)
    else:
        yield from _articles(after, first)
    yield "</div></main>"


def _side(kind: str, label: str, side: Side, first: str) -> Iterator[str]:
    word = f'<span data-words="{kind}">{said(kind, first)}</span>'
    yield f'<section class="side {kind}" aria-labelledby="side-{kind}">'
    yield f'<h2 class="label" id="side-{kind}">{word}: {escape(label)}</h2>'
    yield from _articles(side, first)
    yield "</section>"


def _articles(side: Side, first: str) -> Iterator[str]:
    codes = [one.language for one in side.articles]
    shown = first if first in codes else codes[0]
    for one in side.articles:
        hidden = "" if one.language == shown else " hidden"
        language = f' lang="{escape(one.language)}"' if one.language else ""
        yield f"<article{language}{hidden}>\n{one.html}\n</article>"


def _changes(report: Report, first: str) -> Iterator[str]:
    measured = [change for change in report.changes if change.file is None]
    opened = " open" if measured else ""
    word = f'<span data-words="changes">{said("changes", first)}</span>'
    yield f"<details{opened}><summary>{word}: {escape(summary(report))}</summary>"
    if measured:
        yield f'<div class="verdicts">{diff_page.table(measured)}</div>'
    for change in report.changes:
        if change.file is not None:
            yield f"<p>{change.verdict}: {escape(change.file)}</p>"
    for remark in report.remarks:
        yield f"<p>{escape(remark)}</p>"
    yield "</details>"
