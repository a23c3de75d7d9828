"""Text: made harmless, and broken so that it fits and nothing of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardgen.plots import lettering


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain – и кириллица", "plain – и кириллица"),
        ("two\nlines\tand\x00nul\x9b", "two lines and nul"),
        ("a\u202egpj.exe\u202c", "agpj.exe"),
        ("\u2066x\u2069\u200f", "x"),
        ("\ud800\ufffe\U0001ffff", "\ufffd\ufffd\ufffd"),
        ("1\u00a0398", "1\u00a0398"),
        ("line\u2028separator", "line separator"),
        ("  ", ""),
    ],
)
def test_text_is_made_harmless(text: str, expected: str) -> None:
    assert lettering.clean(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Document visual question answering", ("Document visual", "question", "answering")),
        ("neuralmagic/Qwen2.5-quantized.w4a16", ("neuralmagic/", "Qwen2.5-", "quantized.w4a16")),
        ("Wwwwwwwwwwwwwwwwwwww", ("Wwwwwwwwww", "wwwwwwwwww")),
        ("", ()),
    ],
)
def test_lines_break_at_spaces_then_at_joints_then_anywhere(
    text: str, expected: tuple[str, ...]
) -> None:
    assert lettering.fit(text, 108, 12, most=3) == (expected, None)


def test_what_is_over_is_cut_and_kept_whole_beside() -> None:
    lines, full = lettering.fit("one two three four five", 60, 12, most=2)
    assert lines[-1].endswith("…")
    assert full == "one two three four five"


@given(st.text(), st.floats(30, 300), st.integers(1, 4))
def test_no_line_is_wider_than_the_room_and_nothing_is_lost(
    text: str, room: float, most: int
) -> None:
    lines, full = lettering.fit(text, room, 12, most=most)
    assert len(lines) <= most
    assert all(lettering.width(line, 12) <= room for line in lines)
    if full is None:
        assert "".join(lines).replace(" ", "") == lettering.clean(text).replace(" ", "")


def test_scripts_that_the_font_lacks_are_measured_and_drawn_as_squares() -> None:
    assert lettering.drawable("漢字 v2 🚀") == "□□ v2 □"
    assert lettering.width("漢字", 10) >= 20
