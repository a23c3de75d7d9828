"""Hand-written Markdown: it works, raw HTML shows as text, nothing reaches beyond its part."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples_cards import RELAXED
from samples_pages import page

from cardgen.errors import SpecificationError
from cardgen.render import prose


def part(text: str) -> str:
    """The overview's part of a prose file."""
    return prose.split(text, "cards/a/prose.en.md").get("overview", "")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", {}),
        ("\n \n", {}),
        ("words", {"overview": "words"}),
        ("# overview\n\nwords", {"overview": "words"}),
        ("a\n\n# accuracy\n\nb\n", {"overview": "a", "accuracy": "b"}),
        ("# Accuracy #\nb", {"accuracy": "b"}),
        ("  # accuracy\nb", {"accuracy": "b"}),
        ("# accuracy\na\n# device\nb\n# accuracy\nc", {"accuracy": "a\nc", "device": "b"}),
        ("a\r\n\r\n# accuracy\r\nb\rc", {"overview": "a", "accuracy": "b\nc"}),
        ("## Own heading\n\ntext", {"overview": "## Own heading\n\ntext"}),
        ("#accuracy", {"overview": "#accuracy"}),
        ("    # accuracy", {"overview": "    # accuracy"}),
        ("- # accuracy", {"overview": "- # accuracy"}),
        ("```\n# accuracy\n```", {"overview": "```\n# accuracy\n```"}),
        ("~~~\n# accuracy\n```\n~~~\n# device\nx", None),
    ],
)
def test_sections(text: str, parts: dict[str, str] | None) -> None:
    """A `#` heading opens a section's part; in code, lists and deeper headings it does not."""
    expected = parts or {"overview": "~~~\n# accuracy\n```\n~~~", "device": "x"}
    assert prose.split(text, "p") == (expected if text.strip() else {})


@pytest.mark.parametrize(
    ("text", "line", "heading"),
    [
        ("# Results", 1, "Results"),
        ("a\n\n\n# Accurracy\nb", 4, "Accurracy"),
        ("```\n# x\n```\n# x", 4, "x"),
    ],
)
def test_an_unknown_section_is_an_error(text: str, line: int, heading: str) -> None:
    """The message names the file, the line, the sections there are, and what was found."""
    with pytest.raises(SpecificationError) as caught:
        prose.split(text, "cards/a/prose.en.md")
    message = str(caught.value)
    assert f"cards/a/prose.en.md:{line}" in message
    assert f"the heading '{heading}'" in message
    assert "overview, optimizations, deployment" in message


@pytest.mark.parametrize(
    "text",
    [
        "*emphasis* and **strong** and `code`",
        "- one\n- two\n  - three\n\n1. first\n2. second",
        "> quoted\n> text",
        "[a link](https://example.com) and <https://example.com/a>",
        "![a picture](plots/a.svg)",
        "| a | b |\n| --- | ---: |\n| c | d |",
        "## Heading\n\n### Deeper\n\n---\n\nend",
        '```html\n<div class="x">{{ name }}</div>\n```',
        "~~~\n<b>\n~~~",
        "- item\n\n  ```\n  <b>\n  ```\n\nend",
        "text\n\n    <b>indented code</b>\n\nend",
        "`<b>` and ``a ` <i>``",
        "2 < 3 and 5 > 4, a <- b, x<=y",
        "⚠\ufe0f emoji and 👩\u200d💻",
        "שלום\n\n- רשימה\n\n## כותרת",
        "[a]: https://example.com\n\n[a] link",
        "```inline``` and more `<b>`",
    ],
)
def test_markdown_is_left_as_it_is(text: str) -> None:
    """What is no raw HTML stands as it was written."""
    assert part(text) == text


RAW = [
    ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("a <b>bold</b> c", "a <b>bold</b> c"),
    ("<details>\n<summary>x</summary>\n\ntext", "<details> <summary>x</summary> text"),
    ("<!-- comment", "<!-- comment"),
    ("<?php ?>", "<?php ?>"),
    ("</div>", "</div>"),
    ("<!DOCTYPE html>", "<!DOCTYPE html>"),
    ("<![CDATA[ x ]]>", "<![CDATA[ x ]]>"),
    ("- <img src=x onerror=y>", "<img src=x onerror=y>"),
    ("> <table>\n> <tr>", "<table> <tr>"),
    ("| a |\n| --- |\n| <u>b</u> |", "a <u>b</u>"),
    # What looks like code on its line, and is none.
    ("\\` <b> `", "` <b> `"),
    ("`open\n` <b> `x", "open <b> `x"),
    ("para\n    <b>not code</b>", "para <b>not code</b>"),
    ("- item\n  ```\n  code\n<b>after the list</b>", "itemcode <b>after the list</b>"),
    ("> ```\n> code\n<b>after the quote</b>", "code <b>after the quote</b>"),
    ("\ttext\n\nx\n\t<b>lazy</b>", "text x <b>lazy</b>"),
    ("<https://example.com/`>`<b>`", None),
]


@pytest.mark.parametrize(("text", "shown"), RAW)
def test_raw_html_shows_as_text(text: str, shown: str | None) -> None:
    """No tag of the prose reaches the page."""
    found = page(part(text))
    markdown = {"p", "li", "ul", "code", "pre", "blockquote", "a"}
    assert set(found.tags) <= markdown | {"table", "thead", "tbody", "tr", "th", "td"}
    if shown is not None:
        assert " ".join(found.text.split()) == shown


def test_a_code_span_over_two_lines_stays_safe() -> None:
    """The second line's backtick closes the first's: what follows is text, and no tag."""
    found = page(part("`a\nb` <b> `c` d"))
    assert set(found.tags) == {"p", "code"}


@pytest.mark.parametrize(
    "text",
    [
        "```",
        "```python\ncode",
        "````\n```\ncode",
        "~~~\ncode\n```",
        "- item\n  ```\n  code",
        "> ```\n> code",
        "text `open",
        "[link](",
        "[a]: https://example.com 'title",
        "<div",
        "| a |\n| --- |",
        "```x``` starts with code",
    ],
)
def test_nothing_reaches_beyond_its_part(text: str) -> None:
    """An open fence, span, link or tag ends with its part: the heading after it is one."""
    found = page(f"{part(text)}\n\n## Next\n\n<table><tr><td>x</td></tr></table>\n")
    assert found.tags["h2"] == 1
    assert found.tags["td"] == 1
    assert found.nesting == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{{ name }}", "{\u200a{ name }\u200a}"),
        ("{% if %}", "{\u200a% if %\u200a}"),
        ("{{{ x }}}", "{\u200a{\u200a{ x }\u200a}\u200a}"),
        ("%(name)s", "%&#40;name)s"),
        ("`{{ name }}` `%(name)s`", "`{\u200a{ name }\u200a}` `%\u200a(name)s`"),
        ("100 %, {x}, (y)", "100 %, {x}, (y)"),
        ("```\n{{ name }}\n```", "```\n{{ name }}\n```"),
    ],
)
def test_template_marks_are_drawn_apart(text: str, written: str) -> None:
    """Outside blocks of code nothing downstream takes them for a template's."""
    assert part(text) == written


def test_what_does_not_show_is_spelled_out() -> None:
    """Direction controls and zero-width characters of the prose are seen, in code too."""
    assert part("a\u202eb\n\n```\nc\u200bd\n```") == "a⟨U+202E⟩b\n\n```\nc⟨U+200B⟩d\n```"


BLANKS = ("\n", "\n\n", "    ", "- ", "> ", "1. ", " ", "\t")
MARKS = "` `` ``` ~~~ <b> </b> <script> <!-- <a> \\ [x]( ) | a {{ <https://x.y> * #"
PIECES = st.sampled_from([*BLANKS, *MARKS.split()])


@settings(RELAXED, max_examples=300)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_prose_is_safe(text: str) -> None:
    """However it is nested: no raw tag works, and what follows stands on its own."""
    try:
        made = part(text)
    except SpecificationError:
        return
    found = page(f"{made}\n\n## Next\n\n<u>x</u>\n")
    assert found.tags["u"] == 1
    assert not {"b", "script", "!--"} & set(found.tags)
    assert found.text.rstrip().endswith("x")
    assert re.search(r"\bNext\s+x\s*$", found.text)
    assert found.nesting == []


def test_read(tmp_path: Path) -> None:
    """One file a language; no file is no prose; a broken byte is named with its line."""
    assert prose.read(tmp_path, "en", "cards/a") == {}
    (tmp_path / "prose.ru.md").write_bytes("\ufeff# accuracy\r\nслова".encode())
    assert prose.read(tmp_path, "ru", "cards/a") == {"accuracy": "слова"}
    (tmp_path / "prose.en.md").write_bytes(b"one\ntwo \xff")
    with pytest.raises(SpecificationError, match=r"cards/a/prose\.en\.md:2"):
        prose.read(tmp_path, "en", "cards/a")
