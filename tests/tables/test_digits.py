"""How many digits a column shows, SI prefixes, footnote letters and addresses."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from samples_cards import RELAXED

from cardgen.derive.quantity import UNLIMITED, Absent, Quantity, Value
from cardgen.language import Message
from cardgen.metrics import (
    COST_REDUCTION,
    DIFFERENCE,
    FLOPS,
    RECOVERY,
    REQUEST_LATENCY,
    SCORE,
    Metric,
)
from cardgen.tables.model import (
    Cell,
    Table,
    settle,
    shared_decimals,
    shown,
    si,
    slug,
    write_digits,
)


def of(text: str) -> Quantity:
    """A printed number; with a leading ~ a number at full precision."""
    if text.startswith("~"):
        value = float(text[1:])
        return Quantity(value, value, value, "")
    decimals = len(text.partition(".")[2])
    half = 0.5 * 10**-decimals
    return Quantity(float(text), float(text) - half, float(text) + half, "", decimals)


@pytest.mark.parametrize(
    ("values", "digits", "shown_texts"),
    [
        (("~1.23456", "~2.0"), 2, ("1.23", "2.00")),
        # The coarsest input decides for the column.
        (("129", "48.31", "16.006"), 3, ("129", "48", "16")),
        (("1.5", "~2.123"), 2, ("1.5", "2.1")),
        # Never more than the metric's own digits.
        (("1.23456",), 2, ("1.23",)),
        # The smallest value keeps two significant digits instead of showing as zero.
        (("~0.00123", "~1.0"), 2, ("0.0012", "1.0000")),
        (("~0.004", "~0.02"), 2, ("0.0040", "0.0200")),
        (("~0.005", "~0.02"), 2, ("0.01", "0.02")),
        # A zero is a zero, and does not add digits.
        (("~0", "~1.5"), 2, ("0.00", "1.50")),
        (("~-0.001", "~-1"), 2, ("-0.0010", "-1.0000")),
        # What was printed as 0.001 says no more.
        (("0.001", "1.234"), 2, ("0.001", "1.234")),
        (("0.00", "1.23"), 2, ("0.00", "1.23")),
        # What nobody writes out has a power of ten, and leaves its neighbours' decimals alone.
        (("~5e-324", "~1.5"), 2, ("4.94e-324", "1.50")),
        (("~-1e-12", "~1.5", "~0"), 3, ("-1.00e-12", "1.500", "0.000")),
        (("~1e-9", "~1.5"), 2, ("0.0000000010", "1.5000000000")),
        (("~1e16", "~1.7e308", "~1.5"), 2, ("1.00e+16", "1.70e+308", "1.50")),
        (("~999000000000000", "~1e15"), 0, ("999000000000000", "1.00e+15")),
        # With no more digits than are known.
        (("0.0000000001",), 2, ("1e-10",)),
        (("0.00000000012",), 2, ("1.2e-10",)),
        (("~1e-12", "129"), 2, ("1.00e-12", "129")),
    ],
)
def test_column_digits(values: tuple[str, ...], digits: int, shown_texts: tuple[str, ...]) -> None:
    """One column, one number of decimals: the metric's, fewer or more as the inputs ask."""
    cells = [Cell(of(value), Metric("test", digits), address="a/b") for value in values]
    write_digits(cells)
    assert tuple(cell.digits for cell in cells) == shown_texts


@pytest.mark.parametrize(
    ("values", "shown_texts"),
    [
        # 0.1 could be anything from 0.05 to 0.15: too coarse to compare with its neighbour.
        (("~0.1483", "~0.1521"), ("0.148", "0.152")),
        (("~0.4", "~12.34"), ("0.400", "12.340")),
        # A tenth and less is what the field prints.
        (("~0.53", "~0.86"), ("0.5", "0.9")),
        (("~4.66", "~2.66"), ("4.7", "2.7")),
        (("~0.0", "~4.66"), ("0.0", "4.7")),
        # What was printed as 0.1 says no more.
        (("0.1", "~0.1521"), ("0.1", "0.2")),
    ],
)
def test_a_small_latency_keeps_what_a_comparison_needs(
    values: tuple[str, ...], shown_texts: tuple[str, ...]
) -> None:
    cells = [Cell(of(value), REQUEST_LATENCY, address="a/b") for value in values]
    write_digits(cells)
    assert tuple(cell.digits for cell in cells) == shown_texts


VALUES = st.lists(
    st.tuples(st.floats(-1e6, 1e6), st.integers(0, 6) | st.just(UNLIMITED)), min_size=1, max_size=6
)


@RELAXED
@given(VALUES, st.integers(0, 4))
def test_a_column_never_shows_more_than_its_coarsest_value_justifies(
    values: list[tuple[float, int]], digits: int
) -> None:
    """More than the metric's digits only for a value near zero; never beyond the coarsest."""
    quantities = [
        of(f"~{value!r}" if decimals == UNLIMITED else f"{value:.{decimals}f}")
        for value, decimals in values
    ]
    decimals = shared_decimals(quantities, Metric("test", digits))
    assert 0 <= decimals <= min(item.justified_decimals for item in quantities)
    smallest = min((abs(item.value) for item in quantities if item.value), default=1.0)
    if decimals > digits:
        assert smallest < 0.5 * 10**-digits


@RELAXED
@given(st.floats(1e-12, 1e6), st.integers(0, 4))
def test_a_value_known_finely_never_shows_as_zero(value: float, digits: int) -> None:
    """A small number at full precision keeps significant digits on its own."""
    text = shown(Quantity(value, value, value, ""), Metric("test", digits))
    assert float(text) > 0


@RELAXED
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=4))
def test_no_cell_is_longer_than_a_reader_reads(values: list[float]) -> None:
    """And each says its number: a program reads it back, and it is no zero that is none."""
    for metric in (SCORE, REQUEST_LATENCY, FLOPS, DIFFERENCE):
        cells = [Cell(Quantity(v, v - 1, v + 1, ""), metric, address="a/b") for v in values]
        write_digits(cells)
        for cell, value in zip(cells, values, strict=True):
            assert max(map(len, (cell.digits, *(cell.bounds or ())))) <= 28
            number, _, prefix = cell.digits.partition(" ")
            if not prefix and (abs(value) < 1e-9 or metric is not FLOPS):
                assert math.isfinite(float(number))
                assert bool(float(number)) == bool(value)


def test_a_fine_value_beside_a_coarse_one_does_not_show_as_zero() -> None:
    """129 printed without decimals must not turn 0.31 measured beside it into 0."""
    cells = [Cell(of(value), Metric("test", 3), address="a/b") for value in ("129", "~0.31")]
    write_digits(cells)
    assert cells[0].digits == "129"
    assert float(cells[1].digits) > 0


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (617.84e9, -7, "617.84 G"),
        (96.3e12, -11, "96.3 T"),
        (96.34e12, -10, "96.34 T"),
        (1e3, UNLIMITED, "1.00 k"),
        (999.0, UNLIMITED, "999.00"),
        (1e24, UNLIMITED, "1.00 Y"),
        (1e27, UNLIMITED, "1000.00 Y"),
        (0.0, UNLIMITED, "0.00"),
        (12.0, 0, "12"),
        (4_068_123_456, UNLIMITED, "4.07 G"),
        (-2.5e6, UNLIMITED, "-2.50 M"),
        (1e40, UNLIMITED, "1.00e+40"),
        (-1.7e308, UNLIMITED, "-1.70e+308"),
        (5e-324, UNLIMITED, "4.94e-324"),
    ],
)
def test_si(value: float, decimals: int, text: str) -> None:
    """The prefix of the value, at most two decimals, fewer where the input had fewer."""
    assert si(_si(value, decimals), 2) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(999.996e9, "1.00 T"), (999_999.0, "1.00 M"), (999.999, "1.00 k")],
)
def test_si_rolls_over_to_the_next_prefix(value: float, text: str) -> None:
    """What rounds to a thousand of a prefix is one of the next."""
    assert si(_si(value, UNLIMITED), 2) == text


@RELAXED
@given(st.floats(1, 1e26))
def test_si_is_within_its_last_digit_of_the_value(value: float) -> None:
    """Number times prefix is the value, to half a unit of the last digit shown."""
    number, _, prefix = si(_si(value, UNLIMITED), 2).partition(" ")
    scale = 1000.0 ** " kMGTPEZY".index(prefix or " ")
    assert abs(float(number) * scale - value) <= 0.005 * scale * (1 + 1e-6)


def _si(value: float, decimals: int) -> Quantity:
    if decimals == UNLIMITED:
        return Quantity(value, value, value, "")
    half = 0.5 * 10.0**-decimals
    return Quantity(value, value - half, value + half, "", decimals)


def test_digits_of_the_si_style_are_each_cells_own() -> None:
    """617.84 G and 96.3 T stand in one column, each with its own prefix."""
    cells = [Cell(_si(617.84e9, -7), FLOPS), Cell(_si(96.3e12, -11), FLOPS)]
    write_digits(cells)
    assert [cell.digits for cell in cells] == ["617.84 G", "96.3 T"]


def absent(text: str) -> Absent:
    """An absence with a reason."""
    return Absent(Message(text))


def test_footnote_letters() -> None:
    """One letter a distinct reason, in reading order; the same reason keeps its letter."""
    contents: list[Value] = [absent("x"), of("1.0"), absent("y"), absent("x"), absent("z")]
    cells = [Cell(item, SCORE, address=f"a/{i}") for i, item in enumerate(contents)]
    table = settle(Table("t", Message("T"), [[]], [cells]))
    assert [cell.marks for cell in cells] == [("a",), (), ("b",), ("a",), ("c",)]
    assert [(note.mark, str(note.text)) for note in table.notes] == [
        ("a", "x"),
        ("b", "y"),
        ("c", "z"),
    ]


def test_footnote_letters_after_z() -> None:
    """The twenty-seventh note is aa, and no letter comes twice."""
    cells = [Cell(absent(str(i)), SCORE, address=f"a/{i}") for i in range(60)]
    table = settle(Table("t", Message("T"), [[]], [cells]))
    marks = [note.mark for note in table.notes]
    assert marks[:2] + marks[25:28] + marks[51:53] == ["a", "b", "z", "aa", "ab", "az", "ba"]
    assert len(set(marks)) == 60


def test_a_remark_and_an_absence_are_two_notes_of_one_cell() -> None:
    """Samples dropped and a value missing are both said."""
    cell = Cell(absent("x"), SCORE, address="a/b", remark=Message("9 of 10 samples"))
    settle(Table("t", Message("T"), [[]], [[cell]]))
    assert cell.marks == ("a", "b")


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("MMMU (val, CoT)", "mmmu-val-cot"),
        ("A100x4", "a100x4"),
        ("Qwen2.5-VL", "qwen2.5-vl"),
        ("Изображения", "изображения"),
        ("///", "-"),
        (224, "224"),
    ],
)
def test_slug(text: object, piece: str) -> None:
    """Letters, digits, dots and dashes, never nothing."""
    assert slug(text) == piece


@RELAXED
@given(st.text(min_size=1))
def test_slug_takes_any_text(text: str) -> None:
    """No piece of an address holds a slash or a blank."""
    assert re.fullmatch(r"[^\s/]+", slug(text))


@RELAXED
@given(st.floats(0.01, 300), st.integers(0, 4))
def test_shown_recovery_stays_in_its_interval(value: float, decimals: int) -> None:
    """What is shown lies within half a unit of its last digit of the value."""
    assume(math.isfinite(value))
    for metric in (RECOVERY, COST_REDUCTION):
        text = shown(of(f"{value:.{decimals}f}"), metric)
        places = len(text.partition(".")[2])
        assert abs(float(text) - float(f"{value:.{decimals}f}")) <= 0.5 * 10**-places + 1e-9
