"""The mark inside a plot: current, out of date, edited, cut, or not ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardgen.plots import draw
from cardgen.plots.figure import Format, Plot, digest
from cardgen.plots.stamp import is_cardgen_plot, is_current, is_untouched, stamp
from plots.samples import optimisations

FORMATS: tuple[Format, ...] = ("svg", "png")
PLOT = optimisations()


@cache
def drawn(form: Format) -> bytes:
    return draw.svg(PLOT) if form == "svg" else draw.png(PLOT)


def one_number_changed() -> Plot:
    panel = PLOT.panels[0]
    first = replace(panel.series[0], values=(1.399, *panel.series[0].values[1:]))
    return replace(PLOT, panels=(replace(panel, series=(first,)), *PLOT.panels[1:]))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("plot", "current"),
    [
        (PLOT, True),
        (optimisations(), True),
        (one_number_changed(), False),
        (replace(PLOT, title="What the optimizations change"), False),
        (replace(PLOT, alt=PLOT.alt + "."), False),
    ],
)
def test_a_plot_is_current_while_its_description_is_the_same(
    form: Format, plot: Plot, current: bool
) -> None:
    assert is_current(drawn(form), plot, form) is current
    assert is_untouched(drawn(form))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("spoil", "ours"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), True),
        (lambda data: data[: len(data) // 2], True),
        (lambda data: data + b"\n", True),
        (lambda data: data[:30], False),
        (lambda data: data[:0], False),
        (lambda data: data.replace(b"cardgen", b"somebody"), False),
    ],
    ids=["edited", "cut", "lengthened", "stump", "empty", "not ours"],
)
def test_a_touched_file_is_never_current(
    form: Format, spoil: Callable[[bytes], bytes], ours: bool
) -> None:
    spoiled = spoil(drawn(form))
    assert not is_current(spoiled, PLOT, form)
    assert not is_untouched(spoiled)
    assert is_cardgen_plot(spoiled) is ours


def test_a_format_is_not_taken_for_the_other() -> None:
    assert not is_current(drawn("svg"), PLOT, "png")
    assert not is_current(drawn("png"), PLOT, "svg")


def test_line_ends_of_a_windows_checkout_change_nothing() -> None:
    assert is_current(drawn("svg").replace(b"\n", b"\r\n"), PLOT, "svg")


@pytest.mark.parametrize("form", FORMATS)
def test_a_new_stamp_replaces_the_old_one(form: Format) -> None:
    other = one_number_changed()
    again = stamp(drawn(form), other, form)
    assert is_current(again, other, form)
    assert not is_current(again, PLOT, form)
    assert stamp(again, PLOT, form) == drawn(form)
    assert again.count(digest(other, form).encode()) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_no_file_of_the_format_is_not_stamped(form: Format) -> None:
    with pytest.raises(ValueError, match="to stamp begins with"):
        stamp(b"something else", PLOT, form)


@given(st.binary(), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b'<?xml version="1.0"?>\n']))
def test_any_bytes_are_answered_without_an_error(rest: bytes, head: bytes) -> None:
    assert not is_cardgen_plot(head + rest)
    assert not is_untouched(head + rest)
    assert not is_current(head + rest, PLOT, "svg")


@given(st.integers(0, 400))
def test_a_png_cut_anywhere_is_answered_without_an_error(length: int) -> None:
    assert not is_current(drawn("png")[:length], PLOT, "png")
