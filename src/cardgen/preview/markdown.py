"""Markdown as the Hub renders it, and the allow-list that decides what of it stays.

Owns what may be in a page. Whatever a card's text holds, no script, style, form, frame or address
of a picture elsewhere gets through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape

import nh3
from markdown_it import MarkdownIt

TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del",
    "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "picture", "pre", "q", "rp",
    "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "summary", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var",
})  # fmt: skip
ATTRIBUTES = {
    "*": {"align", "dir", "lang", "title"},
    "a": {"href"},
    "img": {"alt", "height", "src", "width"},
    "td": {"colspan", "rowspan", "valign"},
    "th": {"colspan", "rowspan", "scope", "valign"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "ol": {"start"},
    "code": {"class"},
    "time": {"datetime"},
}
SCHEMES = {"http", "https", "mailto"}
DROPPED_WITH_CONTENT = {"script", "style", "iframe", "object", "svg", "math", "template"}

IMAGE = re.compile(r'<img\b((?:\s+[\w-]+(?:="[^"]*")?)*)\s*/?>')
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
LINK = re.compile(r'<a href="([^"]*)"')
CODE_CLASS = re.compile(r'<code class="(?!language-[\w+#.-]+")[^"]*"')
HEADING = re.compile(r"<h([1-6])([^>]*)>(.*?)</h\1>", re.S)
TAG = re.compile(r"<[^>]*>")
UNFIT = re.compile(r"[^\w]+")
TABLE = re.compile(r"<table\b[^>]*>.*?</table>", re.S)
HEAD = re.compile(r"<thead\b.*?</thead>", re.S)
HEADER_CELL = re.compile(r"<th(?![^>]*\bscope=)(?=[\s>])")


def rendered(text: str) -> str:
    """The Markdown as safe HTML: tables and strikethrough, raw HTML by the allow-list."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return cleaned(parser.render(text))


def cleaned(html: str) -> str:
    """The HTML with nothing in it but what the allow-list names."""
    safe = nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel=None,
        strip_comments=True,
    )
    return CODE_CLASS.sub("<code", safe)


def finished(html: str, pictures: Mapping[str, str], repository: str | None, name: str) -> str:
    """Cleaned HTML made whole: pictures put in, links that lead somewhere, headings with names.

    `pictures` holds the data address of each picture by its path; any other picture is replaced by
    its words. A relative link leads to the repository on the Hub, or nowhere. `name` goes before
    the headings' names, so that they are unique in a page of several cards.
    """
    html = IMAGE.sub(lambda match: _picture(match[1], pictures), html)
    html = LINK.sub(lambda match: _link(unescape(match[1]), repository, name), html)
    html = TABLE.sub(lambda match: _table(match[0]), html)
    seen: dict[str, int] = {}

    def heading(match: re.Match[str]) -> str:
        words = UNFIT.sub("-", unescape(TAG.sub("", match[3])).lower()).strip("-") or "section"
        seen[words] = seen.get(words, 0) + 1
        own = words if seen[words] == 1 else f"{words}-{seen[words]}"
        return f'<h{match[1]}{match[2]} id="{name}-{escape(own)}">{match[3]}</h{match[1]}>'

    return HEADING.sub(heading, html)


def _picture(attributes: str, pictures: Mapping[str, str]) -> str:
    found = {name: unescape(value) for name, value in ATTRIBUTE.findall(attributes)}
    words = found.get("alt", "")
    data = pictures.get(found.get("src", "").removeprefix("./"))
    if data is None:
        return f'<span class="no-picture">[{escape(words or "picture")}]</span>'
    return f'<img src="{data}" alt="{escape(words)}">'


def _link(address: str, repository: str | None, name: str) -> str:
    if address.startswith("#"):
        return f'<a href="#{name}-{escape(address[1:])}"'
    if re.match(r"[a-z]+:", address):
        return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow"'
    language = re.fullmatch(r"(?:\./)?README(?:\.([a-z]{2,3}))?\.md", address)
    if language:
        return f'<a href="#" data-language="{language[1] or ""}"'
    if repository is None or address.startswith(("/", "\\")) or ".." in address:
        return "<a"
    return f'<a href="{escape(f"{repository}/blob/main/{address}")}" rel="noopener noreferrer"'


def _table(html: str) -> str:
    """A table whose header cells say what they are of, in a box that scrolls by itself."""
    html = HEAD.sub(lambda match: HEADER_CELL.sub('<th scope="col"', match[0]), html)
    html = HEADER_CELL.sub('<th scope="row"', html)
    return f'<div class="wide">{html}</div>'
