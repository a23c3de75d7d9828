"""Text from data stays text wherever it lands."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED
from samples_pages import HOSTILE, hostile, page, plain

from cardgen.render import escape


def seen(text: str) -> str:
    """What a reader is to see of the text: on one line, what does not show spelled out."""
    return plain(escape.visible(escape.one_line(text)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("tab\tstays", "tab\tstays"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\ufeffa", "⟨U+FEFF⟩a"),
        ("a\x00b\x7f\x85", "a⟨U+0000⟩b⟨U+007F⟩⟨U+0085⟩"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("filler\u3164", "filler⟨U+3164⟩"),
        # Emoji and joined letters are what they look like.
        ("❤\ufe0f ⚠\ufe0f", "❤\ufe0f ⚠\ufe0f"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("👍🏽\u200d♂\ufe0f", "👍🏽\u200d♂\ufe0f"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("می\u200cخواهم", "\u2068می\u200cخواهم\u2069"),
        ("a\ufe0f", "a⟨U+FE0F⟩"),
        ("a\u200db", "a⟨U+200D⟩b"),
        ("\u200d💻", "⟨U+200D⟩💻"),
        # Right-to-left letters are kept apart from what stands beside them.
        ("שלום 1", "\u2068שלום 1\u2069"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    """What does not show, or reorders, is spelled out; nothing else is touched."""
    assert escape.visible(text) == shown


@RELAXED
@given(st.text())
def test_visible_leaves_no_control_behind(text: str) -> None:
    """No control, format or surrogate character survives but joiners and the isolation."""
    allowed = "\n\r\t\u2068\u2069\u200c\u200d"
    for character in escape.visible(text):
        if unicodedata.category(character) in ("Cc", "Cf", "Cs") and character not in allowed:
            # Signs of scripts that show (Arabic number signs, hieroglyph joiners).
            assert unicodedata.bidirectional(character) in ("AN", "AL", "L"), hex(ord(character))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "where", ["{}", "- {}", "# {}", "> {}", "a {} b", "| a |\n| --- |\n| {} |"]
)
def test_markdown_shows_the_text(text: str, where: str) -> None:
    """In a paragraph, list item, heading, quotation or cell: the text, and nothing but text."""
    found = page(where.format(escape.markdown(text)) + "\n\nafter\n")
    expected = page(where.format("x") + "\n\nafter\n")
    assert (found.tags, found.attributes, found.nesting) == (expected.tags, expected.attributes, [])
    assert plain(found.text) == plain(expected.text.replace("x", seen(text), 1))


@RELAXED
@given(hostile)
def test_markdown_shows_any_text(text: str) -> None:
    """Whatever the text, a paragraph, a list item and a table cell hold it and nothing else."""
    escaped = escape.markdown(text)
    for where in ("{}", "- {}", "| a | b |\n| --- | --- |\n| {} | c |"):
        found, expected = page(where.format(escaped)), page(where.format("x"))
        assert (found.tags, found.attributes) == (expected.tags, expected.attributes)
        assert plain(found.text) == plain(expected.text.replace("x", seen(text), 1))


@RELAXED
@given(hostile)
def test_html_shows_any_text(text: str) -> None:
    """In an HTML cell the text comes back, without new tags or attributes."""
    where = '<table><tr><td align="left">{}</td></tr></table>\n\nafter\n'
    found, expected = page(where.format(escape.html(text))), page(where.format("x"))
    assert (found.tags, found.attributes) == (expected.tags, expected.attributes)
    assert plain(found.text) == plain(expected.text.replace("x", seen(text), 1))


@RELAXED
@given(hostile)
def test_code_span_shows_any_text(text: str) -> None:
    """Inline code holds the text, whatever backticks are in it."""
    found = page(f"- {escape.code_span(text)}, after\n")
    assert found.tags == {"ul": 1, "li": 1, "code": 1}
    assert plain(found.code[0]) == seen(text)


def test_code_span_of_nothing_is_code() -> None:
    """Blanks alone do not open a span that swallows what follows."""
    found = page(f"{escape.code_span(' ')} and {escape.code_span('x')}")
    assert found.code == [" ", "x"]


@RELAXED
@given(hostile, st.sampled_from(["", "python", "c++", "objective-c"]))
def test_fence_holds_any_code(code: str, language: str) -> None:
    """A block of code shows the code line by line and ends where it should."""
    found = page(f"{escape.fence(code, language)}\n\nafter\n")
    assert found.tags == {"pre": 1, "code": 1, "p": 1}
    expected = "\n".join(escape.spelled(line) for line in re.split(r"\r\n|\r|\n", code))
    assert found.code[0].strip("\n") == expected.strip("\n")
    assert found.text.endswith("after\n")


@pytest.mark.parametrize("language", ["python\n```\n# x", "py`thon", "a b", "<b>", "x" * 99])
def test_a_fences_language_is_one_word(language: str) -> None:
    """A language that is no word is left out: it stands where Markdown reads on."""
    found = page(f"{escape.fence('code', language)}\n\nafter\n")
    assert found.tags == {"pre": 1, "code": 1, "p": 1}
    assert found.attributes == {}


def test_code_of_right_to_left_letters_can_be_copied() -> None:
    """No mark that does not show is added to code."""
    code = 'print("שלום")'
    assert page(str(escape.fence(code, "python"))).code == [f"{code}\n"]


ADDRESSES = [
    ("https://example.com/a?b=c&d=e#f", True),
    ("http://example.com", True),
    ("README.ru.md", True),
    ("https://example.com/a b(c)", True),
    ('https://example.com/"><script>', True),
    ("javascript:alert(1)", False),
    (" javascript:alert(1)", False),
    ("java\nscript:alert(1)", False),
    ("\x01javascript:alert(1)", False),
    ("JavaScript:alert(1)", False),
    ("data:text/html,x", False),
    ("file:///etc/passwd", False),
    ("https://[broken", False),
    ("https://example.com/\u202e", False),
]


@pytest.mark.parametrize(("address", "linked"), ADDRESSES)
def test_link(address: str, linked: bool) -> None:
    """Web addresses and relative paths are linked; anything else leaves the text alone."""
    found = page(str(escape.link("text", address)))
    assert found.tags == ({"p": 1, "a": 1} if linked else {"p": 1})
    assert found.text.strip() == "text"


@RELAXED
@given(hostile, hostile)
def test_link_holds_any_text_and_address(text: str, address: str) -> None:
    """One link at most, to http, https or a relative place, with the text as its label."""
    found = page(f"- {escape.link(text, address)}\n")
    assert found.tags in ({"ul": 1, "li": 1}, {"ul": 1, "li": 1, "a": 1})
    assert all(not re.match(r"(?!https?:)[a-z][a-z0-9+.-]*:", link, re.I) for link in found.links)
    assert plain(found.text) == seen(text)
