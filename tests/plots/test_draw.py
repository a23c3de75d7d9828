"""Drawing: the same bytes every time, every word as text, and no input that breaks the file."""

from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.image import imread

from cardgen.plots import draw, lettering, palette
from cardgen.plots.figure import Kind, Panel, Plot, Series
from plots.samples import ALL, batch_size, queries_per_dollar, recovery, series

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = ("path", "rect", "text", "use")
NAMES = [plot.id for plot in ALL]
HOSTILE = (
    "<script>alert(1)</script>",
    "\"&amp;' ]]> <!-- -->",
    r"$\frac{1}{0}$ and $",
    "_private",
    "tab\tnew\nline\x00\x1b[31m",
    "\u202egnp.exe\u2066",
    "漢字 かな 한국어",
    "👩\u200d🚀 🇺🇳",
    "עברית العربية",
    "\ud800 lone",
    "e\u0301\u0302\u0303" * 20,
    "x" * 600,
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))
values = st.one_of(
    st.none(), st.just(0.0), st.floats(1e-90, 1e90), st.floats(-1e90, -1e-90), st.floats(0.5, 2.0)
)


@st.composite
def any_plots(draw_from: st.DrawFn) -> Plot:
    """A plot of any shape with hostile words and extreme numbers."""
    panels = []
    for _ in range(draw_from(st.integers(1, 3))):
        count = draw_from(st.integers(1, 6))
        rows = []
        for _ in range(draw_from(st.integers(1, 3))):
            row = tuple(draw_from(values) for _ in range(count))
            ends = tuple(None if value is None else value * 1.5 for value in row)
            shown = tuple(draw_from(texts) for _ in range(count))
            low, high = draw_from(st.sampled_from(((None, None), (row, ends), (ends, None))))
            rows.append(Series(draw_from(texts), row, shown, low, high))
        kind: Kind = draw_from(st.sampled_from(("line", "bar", "dot")))
        numeric = draw_from(st.booleans())
        x = tuple(str(2**i) if numeric else draw_from(texts) for i in range(count))
        reference = draw_from(st.one_of(st.none(), st.floats(0.5, 200)))
        words = [draw_from(texts) for _ in range(4)]
        axes = (kind, x, words[0], words[1], tuple(rows), words[2], reference, words[3])
        panels.append(Panel(*axes, label_values=draw_from(st.booleans())))
    words = [draw_from(texts) for _ in range(4)]
    return Plot(words[0], words[1], words[2], tuple(panels), absent=words[3])


def squeezed(text: str) -> str:
    """Text without spaces: where a line broke does not matter."""
    return re.sub(r"\s+", "", lettering.clean(text, longest=10**6))


def words_of(data: bytes) -> str:
    """All text of a drawing, in order."""
    return squeezed("".join(ET.fromstring(data).itertext()))


@pytest.mark.parametrize("form", ["svg", "png"])
def test_bytes_are_the_same_in_any_process_and_after_any_other_plot(form: str) -> None:
    program = (
        "import hashlib, sys; from cardgen.plots import draw; from plots.samples import ALL\n"
        "order = list(ALL) if sys.argv[2] == 'forth' else list(reversed(ALL))\n"
        "sums = {p.id: hashlib.sha256(getattr(draw, sys.argv[1])(p)).hexdigest() for p in order}\n"
        "print(sorted(sums.items()))"
    )
    tests = str(Path(__file__).parents[1])
    outputs = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", program, form, order],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": tests},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, order in (("1", "forth"), ("2", "back"))
    ]
    assert outputs[0] == outputs[1]


def test_the_users_settings_neither_change_a_plot_nor_are_changed() -> None:
    expected = draw.svg(recovery())
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "text.parse_math": True}):
        before = dict(mpl.rcParams)
        assert draw.svg(recovery()) == expected
        assert dict(mpl.rcParams) == before


def test_pyplot_is_never_imported() -> None:
    program = (
        "import sys; from cardgen.plots import draw; from plots.samples import recovery\n"
        "draw.svg(recovery()); draw.png(recovery())\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("plot", ALL, ids=NAMES)
def test_every_word_given_is_text_in_the_svg(plot: Plot) -> None:
    found = words_of(draw.svg(plot))
    given_words = [plot.title, plot.alt]
    for panel in plot.panels:
        given_words += [panel.title, panel.x_label, panel.y_label, panel.reference_label, *panel.x]
        for row in panel.series:
            given_words += [plot.absent] if None in row.values and panel.kind == "line" else []
            given_words += [row.label, *(row.shown if panel.label_values else ())]
    for word in given_words:
        assert squeezed(word) in found


@pytest.mark.parametrize("plot", ALL, ids=NAMES)
def test_the_svg_is_small_accessible_and_scales(plot: Plot) -> None:
    data = draw.svg(plot)
    root = ET.fromstring(data)
    name = root.get("id")
    assert len(data) < 25_000
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{name}-title {name}-desc"
    assert [root[0].tag, root[1].tag] == [SVG + "title", SVG + "desc"]
    assert [root[0].get("id"), root[1].get("id")] == [f"{name}-title", f"{name}-desc"]
    assert [root[0].text, root[1].text] == [plot.title, plot.alt]
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    assert root.get("width") == "880"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("plot", ALL, ids=NAMES)
def test_every_colour_has_its_place_in_both_themes(plot: Plot) -> None:
    text = draw.svg(plot).decode()
    style, body = text.split("</style>")
    lights = {colour.light: colour for colour in palette.ALL}
    for what, colour in re.findall(r'(fill|stroke)="(#\w+)"', body):
        assert f'[{what}="{colour}"]{{{what}:{lights[colour].dark}}}' in style
    assert "black" not in body
    assert 'style="' not in body


def test_no_machine_is_named_in_a_drawing() -> None:
    for plot in ALL:
        text = draw.svg(plot).decode()
        assert "ttf" not in text
        assert "matplotlib" not in text.lower()
        assert "<metadata" not in text
    assert b"Software" not in draw.png(recovery())


def test_a_png_has_twice_the_pixels_and_no_transparency() -> None:
    data = draw.png(recovery())
    height = int(ET.fromstring(draw.svg(recovery())).get("height", "0"))
    assert struct.unpack_from(">II", data, 16) == (2 * 880, 2 * height)
    pixels = imread(io.BytesIO(data))
    assert [round(float(part) * 255) for part in pixels[0, 0][:3]] == [255, 255, 255]
    assert palette.PANEL.light == "#ffffff"
    assert pixels.shape[2] == 3 or pixels[..., 3].min() == 1


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["line", "bar", "dot"])
def test_hostile_words_stay_words(kind: Kind, text: str) -> None:
    row = Series(text, (1.0, None, 3.0), (text[:5], text[:5], text[:5]))
    panel = Panel(kind, (text, "b", "c"), text, text, (row,), text, 2.0, text)
    plot = Plot(text, text, text, (panel,), absent=text)
    data = draw.svg(plot)
    assert squeezed(text[:40]) in words_of(data)
    assert {element.tag for element in ET.fromstring(data).iter()} <= {
        SVG + name
        for name in [
            "svg",
            "title",
            "desc",
            "style",
            "defs",
            "pattern",
            "path",
            "rect",
            "text",
            "use",
        ]
    }
    draw.png(plot)


@settings(max_examples=60, deadline=None)
@given(any_plots())
def test_any_description_makes_a_well_formed_file(plot: Plot) -> None:
    data = draw.svg(plot)
    root = ET.fromstring(data)
    height = float(root.get("height", "0"))
    for element in root.iter():
        for key in ("x", "y", "d", "transform"):
            assert not re.search("nan|inf", element.get(key, ""))
        if element.tag == SVG + "text":
            assert -1 <= float(element.get("x", "0")) <= 881
            assert -1 <= float(element.get("y", "0")) <= height + 1
    assert draw.svg(plot) == data


def test_a_gap_is_no_point_and_no_line() -> None:
    def shapes(*row: float | None) -> tuple[int, int]:
        panel = Panel("line", ("1", "2", "4"), "x", "y", (series("", *row),), label_values=False)
        text = draw.svg(Plot("gap", "", "", (panel,))).decode()
        blue = palette.SERIES[0].light
        return text.count("<use "), text.count(f'stroke="{blue}" stroke-width="2"')

    ticks = shapes(None, None, None)[0]
    assert shapes(1.0, 2.0, 3.0) == (ticks + 3, 1)
    assert shapes(1.0, None, 3.0) == (ticks + 2, 0)
    assert shapes(1.0, 2.0, None) == (ticks + 2, 1)


def test_what_was_not_measured_is_said_in_its_row() -> None:
    assert "notmeasured" in words_of(draw.svg(recovery()))
    row = Series("a", (1.0, None), ("1", ""))
    plot = Plot("p", "", "", (Panel("bar", ("a", "b"), "", "", (row,)),), absent="не измерено")
    assert "неизмерено" in words_of(draw.svg(plot))


def test_series_of_one_label_look_alike_in_every_panel_and_stand_once_in_the_legend() -> None:
    assert words_of(draw.svg(batch_size())).count("JetsonAGXOrin") == 1
    text = words_of(draw.svg(queries_per_dollar()))
    assert text.count("quantized.w8a8") == 1
    assert text.count("A6000×1") == 1


def bar_lengths(plot: Plot) -> list[float]:
    """The lengths of the bars of a plot's one series, the legend's sample not among them."""
    path = r'd="M ([\d.]+) [\d.]+ L ([\d.]+)[^"]*" fill="#2668d5"'
    return [float(end) - float(start) for start, end in re.findall(path, draw.svg(plot).decode())]


def test_bars_start_at_zero() -> None:
    row = series("", 98.0, 99.0)
    one, other = bar_lengths(Plot("p", "", "", (Panel("bar", ("a", "b"), "", "", (row,)),)))
    assert one / other == pytest.approx(98 / 99, abs=1e-3)


@pytest.mark.parametrize(
    ("unit", "same_scale", "ratio"), [("s", True, 0.5), ("J", True, 1), ("s", False, 1)]
)
def test_bars_of_one_quantity_share_a_scale(unit: str, same_scale: bool, ratio: float) -> None:
    panels = tuple(
        Panel("bar", ("a",), "x", label, (Series("", (value,), ("#",)),))
        for label, value in (("s", 2.0), (unit, 4.0))
    )
    one, other = bar_lengths(Plot("p", "", "", panels, same_scale=same_scale))
    assert one / other == pytest.approx(ratio, abs=1e-2)


def test_two_plots_on_one_page_share_no_id() -> None:
    pages = [ET.fromstring(draw.svg(plot)) for plot in ALL]
    ids = [element.get("id") for page in pages for element in page.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
