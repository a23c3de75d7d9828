"""A finished card as a reader's browser gets it, and hostile text to put into cards."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

from hypothesis import strategies as st
from markdown_it import MarkdownIt

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></tr></table><h1>x",
    "</details>",
    "<!-- comment",
    "-->",
    "<https://example.com>",
    "&lt;b&gt; &amp; &#60;i&#62; &copy;",
    '" onclick="alert(1)',
    "' x='",
    "a | b || c",
    "`tick",
    "``two`` ticks ```three",
    "line\nbreak\r\n\r\nparagraph\ttab",
    "\n\n# heading",
    "\n---\n",
    "---",
    "===",
    "- item",
    "1. first",
    "2024) year",
    "+ plus",
    "> quote",
    "# heading #",
    "*a* **b** _c_ __d__ ~~e~~",
    "snake_case_name and *",
    "[text](https://example.com)",
    "![picture](https://example.com/x.png)",
    "[reference]: https://example.com",
    "[^1]: note",
    "{{ name }}",
    "{% if x %}",
    "{# comment #}",
    "%(name)s",
    "$x$ and $$y$$",
    "key: value",
    "yes",
    "1e3",
    "~",
    "!tag &anchor *alias",
    "%YAML 1.1",
    "C:\\path\\",
    "\\",
    "\\`\\<b>",
    "\u202eright to left override",
    "\u2066isolate",
    "zero\u200bwidth \ufeffmark",
    "soft\u00adhyphen\u2028line",
    "שלום עולם",
    "مرحبا",
    "می\u200cخواهم",
    "👍🏽 ❤\ufe0f 👩\u200d💻 1\ufe0f\u20e3",
    "Изображения",
    "日本語 ＜b＞",
    "x" * 280,
)

hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=3).map(lambda t: " ".join(t)[:290]),
    st.text(
        st.sampled_from("<>&\"'`*_[](){}|~#!\\-+=.:;%$^/ab1 \n\t\u202e\u200b\u05d0é😀"),
        min_size=1,
        max_size=24,
    ),
).filter(lambda text: bool(text.strip()))


@dataclass
class Page:
    """What a page holds: its visible text, how often each tag occurs, what it points to."""

    text: str = ""
    tags: Counter[str] = field(default_factory=Counter)
    attributes: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    nesting: list[str] = field(default_factory=list)


VOID = ("br", "hr", "img", "input")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.tags[tag] += 1
        for name, value in attrs:
            self.page.attributes[f"{tag} {name}"] += 1
            if name in ("href", "src"):
                self.page.links.append(value or "")
        if tag not in VOID:
            self.open.append(tag)
        if tag == "br":
            self.page.text += " "
        if tag == "code":
            self.page.code.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.page.nesting.append(f"</{tag}> in {self.open}")
        else:
            self.open.pop()

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - the parser's signature
        self.page.tags["!--"] += 1

    def handle_data(self, data: str) -> None:
        self.page.text += data
        if "code" in self.open:
            self.page.code[-1] += data


def html(markdown: str) -> str:
    """The Markdown as the Hub reads it: CommonMark with tables and strikethrough, raw HTML."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return str(parser.render(markdown))


def page(markdown: str) -> Page:
    """The page of a card without its YAML header; tags that do not match are noted."""
    reader = _Reader()
    reader.feed(html(body(markdown)))
    reader.close()
    reader.page.nesting += [f"<{tag}> left open" for tag in reader.open]
    return reader.page


def body(card: str) -> str:
    """The card without its YAML header."""
    found = re.match(r"---\n.*?\n---\n", card, re.S)
    return card[found.end() :] if found else card


def plain(text: str) -> str:
    """Text as it is compared: blanks as one, isolating marks away."""
    return " ".join(text.replace("\u2068", "").replace("\u2069", "").split())
