"""Lines that are suggested for card.yaml can be pasted: they read back as what they say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED

from cardgen.spec.document import read_yaml
from cardgen.spec.line import entry, fits

TEXTS = [
    *("", " ", " a", "a ", "a  b", "a: b", "a:b", "a, b", "a #b", "#a", "a\nb", "\ta", "\r", "\\"),
    *("- a", "-", "?", "? a", "&a", "*a", "!a", "|", ">", "%", "@", "`", "'", '"', "it's", 'a "b"'),
    *("{", "}", "{a}", "[", "]", "[a]", "<<", "=", "---", "...", "~", "null", "Null", "true", "No"),
    *("y", "on", "1", "1.10", "-1", "1e5", "0x1", "0o7", "1_000", ".5", ".inf", ".nan", "NaN"),
    *("2024-01-01", "12:30:00", "модель", "模型", "\N{GRINNING FACE}", "\x00", "\x1b", "\x7f"),
    *("\x85", "\xa0", "\u2028", "\u2029", "\ufeff", "\u200b", "\u202e", "\ue000", "\uffff"),
]
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(TEXTS)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = NAMES | st.integers(-(2**53), 2**53) | st.booleans() | st.none() | FLOATS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def read(line: str) -> Any:
    """What card.yaml with this line alone says."""
    return read_yaml(line.encode(), "card.yaml")[0]


@given(VALUES)
@RELAXED
def test_a_line_reads_back(value: object) -> None:
    """Among other lines of card.yaml, and it is one line."""
    line = entry("serving.models", value)
    found = read(f"title: x\n{line}\nkind: quantized\n")
    assert found == {"title": "x", "serving": {"models": value}, "kind": "quantized"}
    assert line.isprintable()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_reads_back_wherever_it_stands(text: str) -> None:
    for value in (text, [text], {text: 1}, {"a": {text: [text, {"b": text}]}}):
        found = read(entry("a.b", value))
        assert found == {"a": {"b": value}}


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("prefer", ["measured"], "prefer: [measured]"),
        ("serving.models", ["Qwen/X-1.5B", "a b"], "serving: {models: [Qwen/X-1.5B, a b]}"),
        ("device.sweeps", [{"at": {"batch_size": 4}}], "device: {sweeps: [{at: {batch_size: 4}}]}"),
        ("a.b.c", "1.10", 'a: {b: {c: "1.10"}}'),
        ("a", "x\N{RIGHT-TO-LEFT OVERRIDE}\N{CYRILLIC SMALL LETTER YA}", r'a: "x\U0000202eя"'),
    ],
)
def test_the_words_of_a_line(path: str, value: object, line: str) -> None:
    """Nothing is quoted that needs no quotes, and nothing is in it that cannot be seen."""
    assert entry(path, value) == line


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["x" * 300, {"a": 1}], True),
        (["x" * 301], False),
        ({"a": {"x" * 301: 1}}, False),
        ({"a": "\x7f"}, False),
        ("", False),
    ],
)
def test_what_card_yaml_takes_for_names(value: object, *, expected: bool) -> None:
    assert fits(value) == expected
