"""What of a card's Markdown gets into a page: the Hub's tags, and nothing that acts or asks."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED
from samples_pages import HOSTILE, hostile

from cardgen.preview import markdown


class Seen(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def page(text: str, pictures: dict[str, str] | None = None) -> str:
    """The Markdown as it stands in a page."""
    return markdown.finished(
        markdown.rendered(text), pictures or {}, "https://huggingface.co/a/b", "n"
    )


GONE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<style>body{display:none}</style>",
    "<iframe src='https://example.org'></iframe>",
    "<form action='https://example.org'><input name=a><button>b</button></form>",
    "<a href='javascript:alert(1)'>a</a>",
    "[a](javascript:alert(1))",
    "<a href='data:text/html,x'>a</a>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "<p style='position:fixed' onclick='x()' id='source' class='top'>a</p>",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<link rel=stylesheet href=https://example.org/x.css>",
    "<base href=https://example.org>",
    "![a](https://example.org/x.png)",
    "<img src='https://example.org/x.png' srcset='https://example.org/y.png'>",
    "<video src=https://example.org/x.mp4></video>",
    "<object data=https://example.org></object>",
    "<button class=value data-cell=accuracy>1</button>",
    "<details ontoggle=alert(1) open>a</details>",
    "<code class='language-x top'>a</code>",
    "<!-- a comment --><p>a</p>",
]


def assert_harmless(html: str) -> None:
    """No element that acts, no attribute that asks or styles, no address but those of links."""
    for tag, attributes in Seen(html).tags:
        assert tag in markdown.TAGS, tag
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("style", "srcset", "background", "action", "formaction")
            if name == "src":
                assert (value or "").startswith("data:image/")
            if name == "href":
                assert re.match(r"(https?:|mailto:|#)", value or ""), value
            if name == "class":
                assert value in ("wide", "no-picture") or (value or "").startswith("language-")
            if name == "id":
                assert (value or "").startswith("n-")
    assert "<!--" not in html


@pytest.mark.parametrize("text", GONE)
def test_what_acts_or_asks_is_gone(text: str) -> None:
    assert_harmless(page(text))


@RELAXED
@given(st.lists(st.one_of(hostile, st.sampled_from([*HOSTILE, *GONE])), max_size=6))
def test_nothing_hostile_gets_through(parts: list[str]) -> None:
    assert_harmless(page("\n\n".join(parts)))
    assert_harmless(page("".join(parts)))


def test_what_a_card_consists_of_stays() -> None:
    html = page(
        "# Title\n\n| a | b |\n| :- | -: |\n| x | 1 |\n\n<details>\n<summary>More</summary>\n\n"
        "```python\nprint(1)\n```\n\n</details>\n\nH<sub>2</sub>O ~~no~~ [x](https://example.org)\n"
    )
    tags = [tag for tag, _ in Seen(html).tags]
    for tag in ("h1", "table", "th", "td", "details", "summary", "pre", "code", "sub", "a"):
        assert tag in tags, tag
    assert 'class="language-python"' in html
    assert 'scope="col"' in html
    assert 'id="n-title"' in html


def test_a_picture_of_the_card_is_put_in_and_any_other_told() -> None:
    html = page(
        "![plot](plots/a.svg) ![other](https://example.org/b.png)",
        {"plots/a.svg": "data:image/svg+xml;base64,AA=="},
    )
    assert '<img src="data:image/svg+xml;base64,AA==" alt="plot">' in html
    assert "[other]" in html
    assert "example.org" not in html


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("https://example.org/a", 'href="https://example.org/a" rel="noopener'),
        ("LICENSE", 'href="https://huggingface.co/a/b/blob/main/LICENSE"'),
        ("README.ru.md", 'data-language="ru"'),
        ("README.md", 'data-language=""'),
        ("#accuracy", 'href="#n-accuracy"'),
        ("../../etc/passwd", "<a>"),
        ("/etc/passwd", "<a>"),
    ],
)
def test_where_links_lead(address: str, leads: str) -> None:
    assert leads in page(f"[x]({address})")
