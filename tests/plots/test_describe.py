"""The plots of a card: what each shows of the tables, and which are absent, with their reasons."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples_cards import BASE, MODEL, PRICES, RELAXED, accuracy, card, device, run, serving

from cardgen import explain
from cardgen.card import Card
from cardgen.frontmatter.validate import Problem
from cardgen.language import language
from cardgen.plots import describe, draw
from cardgen.plots.figure import MOST_VALUES, Plot
from cardgen.records import AnyMeasurement
from cardgen.render.card import gather

ENGLISH = language("en")


def plots(found: Card) -> describe.Plots:
    """The card's plots in English."""
    return describe.plots(gather(found), ENGLISH)


def reasons(found: Card) -> list[str]:
    """The plots that the card lacks, as `build` tells them."""
    return [str(lacking) for lacking in plots(found).lacking]


def names(found: Card) -> list[str]:
    """The plots that are drawn."""
    return [plot.id for plot in plots(found).drawn]


def report(*found: AnyMeasurement, sweeps: Any = None) -> Card:
    """A device report of the base model."""
    section: dict[str, Any] = {} if sweeps is None else {"device": {"sweeps": sweeps}}
    return card(run(*found), kind="benchmark", model=BASE, base_model=None, **section)


def sweep(over: str, *values: Any, **more: Any) -> dict[str, Any]:
    """A sweep of card.yaml."""
    return {"over": over, "values": list(values), "at": {"dataset": "TextVQA"}, **more}


BATCHES = [device(batch_size=size, latency_s=size / 8, joules="9.5") for size in (1, 4)]
IMAGES = [device(image_size=size, latency_s=size / 800, wer="1.9") for size in (224, 448)]
OPTIMIZATIONS = [device(optimization=name, latency_s=1.5) for name in ("fp16", "Compile")]
OTHER = [device("example/other", latency_s=1.0)]


@pytest.mark.parametrize(
    ("found", "drawn", "lacking"),
    [
        (report(*BATCHES), ["batch-size"], []),
        (report(*BATCHES, sweeps=[sweep("batch_size", 1, 4)]), ["batch-size"], []),
        # A sweep that nothing was measured of; the second one's place is said.
        *(
            (
                report(*BATCHES, sweeps=[sweep("batch_size", 1, 4), sweep(over, *values)]),
                ["batch-size"],
                [f"device.sweeps[1]: no plot {name}: none of its values is known"],
            )
            for over, values, name in (
                ("batch_size", (2, 8), "batch-size-2"),
                ("image_size", (336, 448), "image-size"),
                ("sequence_length", (1, 2), "sequence-length"),
                ("optimization", ("x", "y"), "optimization"),
            )
        ),
        # Neither values nor records: the table is absent too, and told by its own sentence.
        *(
            (report(*OTHER, sweeps=[{"over": o, "at": {}}]), [], [])
            for o in ("batch_size", "device")
        ),
        (report(*OTHER, sweeps=[{"over": "image_size", "at": {}, "values": [1, 2]}]), [], []),
        # One value where a sweep was asked for; none asked for a plot of devices.
        (
            report(*BATCHES, sweeps=[sweep("batch_size", 4)]),
            [],
            ["device.sweeps[0]: no plot batch-size: a sweep of one value"],
        ),
        (report(*BATCHES, sweeps=[sweep("device", "GPU")]), [], []),
        (report(*IMAGES), ["image-size"], []),
        (report(*OPTIMIZATIONS), ["optimization"], []),
        # Beyond what an axis can show: the plot goes, the cell stays.
        *(
            (
                report(*BATCHES, device(BASE, **{"batch_size": 8, name: value})),
                [],
                [f"device: no plot batch-size: an axis cannot show {text}"],
            )
            for name in ("latency_s", "joules")
            for value, text in ((5e-324, "4.94e-324"), (1e150, "1.00e+150"))
        ),
        (
            report(*IMAGES, device(image_size=896, wer=-1e120)),
            [],
            ["device: no plot image-size: an axis cannot show -1.00e+120"],
        ),
        (
            report(*(device(batch_size=1 + n, latency_s=1.0) for n in range(MOST_VALUES + 1))),
            [],
            [
                f"device: no plot batch-size: {MOST_VALUES + 1} values are more than the"
                f" {MOST_VALUES} of a readable plot"
            ],
        ),
    ],
)
def test_sweeps(found: Card, drawn: list[str], lacking: list[str]) -> None:
    assert names(found) == drawn
    assert reasons(found) == lacking


def scores(value: Any, base: Any, **more: Any) -> list[AnyMeasurement]:
    """A task's score of both models."""
    return [accuracy("mmmu", value, **more), accuracy("mmmu", base, BASE, **more)]


@pytest.mark.parametrize(
    ("found", "drawn", "lacking"),
    [
        (card(run(*scores(40.0, 44.0))), ["recovery"], []),
        # No baseline, a baseline of zero: nothing is known, and the line of the base model alone
        # is no plot.
        *(
            (
                card(run(*found)),
                [],
                ["accuracy: no plot recovery: none of its values is known"],
            )
            for found in ([accuracy("mmmu", 40.0)], scores(40.0, 0.0), [accuracy("a", 1.0, BASE)])
        ),
        (
            card(run(*scores(1e200, 1.0, scale="points"))),
            [],
            ["accuracy: no plot recovery: an axis cannot show 1.00e+202"],
        ),
        # A result that no float holds is absent like any other.
        (
            card(run(*scores(1e300, 1e-300, scale="points"))),
            [],
            ["accuracy: no plot recovery: none of its values is known"],
        ),
        (
            card(run(*scores(-3.0, 2.0, scale="points"))),
            [],
            ["accuracy: no plot recovery: none of its values is known"],
        ),
        # Without a base model the card has no such plot, and lacks none.
        (
            card(run(accuracy("mmmu", 1.0, BASE)), kind="benchmark", model=BASE, base_model=None),
            [],
            [],
        ),
        (
            card(accuracy={"tasks": [{"task": "mmmu"}]}),
            [],
            ["accuracy: no plot recovery: none of its values is known"],
        ),
    ],
)
def test_recovery(found: Card, drawn: list[str], lacking: list[str]) -> None:
    assert names(found) == drawn
    assert reasons(found) == lacking


def windows(*models: str, **more: Any) -> list[AnyMeasurement]:
    """A single-stream window of each model."""
    return [serving(model, latency_s=1.5, **more) for model in models]


QPD = "queries-per-dollar-single-stream"


@pytest.mark.parametrize(
    ("found", "drawn", "lacking"),
    [
        (card(run(*windows(BASE, MODEL))), [QPD], []),
        # One model on one hardware is a row, not a plot.
        (card(run(*windows(MODEL))), [], []),
        (
            card(run(*windows(BASE, MODEL)), project={}),
            [],
            [f"serving: no plot {QPD}: none of its values is known"],
        ),
        # One hardware lacks a model, another all.
        (
            card(
                run(*windows(BASE, MODEL), *windows(MODEL, hardware="H100")),
                serving={"hardware": ["A6000", "H100", "A100"]},
            ),
            [QPD],
            [],
        ),
        (
            card(run(*windows(BASE, MODEL), serving(MODEL, hardware="H100", latency_s=1e-150))),
            [],
            [f"serving: no plot {QPD}: an axis cannot show 1.09e+153"],
        ),
    ],
)
def test_queries_per_dollar(found: Card, drawn: list[str], lacking: list[str]) -> None:
    assert names(found) == drawn
    assert reasons(found) == lacking


def categories(found: Card) -> list[str]:
    """The categories of the only plot."""
    (plot,) = plots(found).drawn
    return list(plot.panels[0].x)


def test_categories_are_told_apart() -> None:
    """As the table's rows are: by metric, by load, by organisation."""
    ifeval = [
        accuracy("ifeval", 60.0 + n, model, metric=metric)
        for model in (BASE, MODEL)
        for n, metric in enumerate(("strict", "loose"))
    ]
    assert categories(card(run(*ifeval, *scores(40.0, 44.0)))) == [
        "ifeval strict",
        "ifeval loose",
        "mmmu",
    ]
    loads = [
        serving(model, mode="concurrent", load=load, requests_per_s=2.0)
        for model in (BASE, MODEL)
        for load in (1.0, 8.0)
    ]
    assert categories(card(run(*loads), serving={"modes": ["concurrent"]})) == [
        "A6000x1 1 stream",
        "A6000x1 8 streams",
    ]
    sides = windows("one/tiny", "other/tiny", "one/small")
    named = {"models": ["other/tiny", "one/small", "one/tiny"]}
    made = card(run(*sides), model="one/tiny", base_model="other/tiny", serving=named)
    (plot,) = plots(made).drawn
    assert [s.label for s in plot.panels[0].series] == ["other/tiny", "small", "one/tiny"]


def test_values_whose_names_are_spelt_alike_keep_their_own_numbers() -> None:
    """`Flash Attention` and `flash-attention` make one address of two; each is shown its own."""
    twins = [
        device(optimization=name, latency_s=value)
        for name, value in (("Flash Attention", 1.5), ("flash-attention", 2.5))
    ]
    (plot,) = plots(report(*twins)).drawn
    assert plot.panels[0].series[0].shown == ("1.500", "2.500")
    sizes = [
        device(image_size=size, dataset=name, latency_s=value + size)
        for size in (1, 2)
        for name, value in (("A B", 0.25), ("a-b", 0.75))
    ]
    (plot,) = plots(report(*sizes)).drawn
    assert [s.shown for s in plot.panels[0].series] == [("1.250", "2.250"), ("1.750", "2.750")]
    chats = [
        serving(model, scenario=name, queries_per_dollar=value)
        for model in (BASE, MODEL)
        for name, value in (("Chat", "100"), ("chat", "200"))
    ]
    (plot,) = plots(card(run(*chats))).drawn
    assert [panel.series[0].shown for panel in plot.panels] == [("100",), ("200",)]


def test_a_value_named_twice_is_one() -> None:
    found = report(*BATCHES, sweeps=[sweep("batch_size", 1, 4, 1)])
    assert categories(found) == ["1", "4"]


EXTREMES = st.sampled_from(
    [
        0.0,
        5e-324,
        1e-300,
        1e-101,
        1e-100,
        1e-9,
        0.3,
        1.0,
        99.5,
        1e15,
        1e99,
        1e101,
        sys.float_info.max,
    ]
)
WORDS = st.sampled_from(
    [
        " ",
        "a",
        "A",
        "1",
        "4",
        "-3",
        "1e400",
        "слово " * 300,
        "x" * 2000,
        "<&>\"'|",
        "$x^2$",
        "🎲",
        "\u202e",
    ]
)
SIGNED = EXTREMES | EXTREMES.map(lambda value: -value)


@st.composite
def any_card(drawn: st.DrawFn) -> Card:
    """A card of every section, of few measurements with odd values and odd names."""
    models, words = (BASE, MODEL), drawn(st.lists(WORDS, min_size=2, max_size=4, unique=True))
    found: list[AnyMeasurement] = []
    for word in words:
        direction = drawn(st.booleans())
        for model in models:
            more = {"scale": "points", "higher_is_better": direction, "category": "All"}
            read = {"value": drawn(SIGNED)}
            if drawn(st.booleans()):
                read["stderr"] = drawn(EXTREMES)
            found.append(accuracy(word, read, model, metric=word, **more))
            for hardware in ("A6000", "H100"):
                if drawn(st.booleans()):
                    seconds = drawn(EXTREMES.filter(bool))
                    found.append(
                        serving(model, scenario=word, hardware=hardware, latency_s=seconds)
                    )
        for axis, value in (("optimization", word), ("batch_size", len(found) + 1)):
            more = {"image_size": 224, axis: value}
            readings = {
                "latency_s": EXTREMES.filter(bool),
                "joules": EXTREMES.filter(bool),
                "wer": SIGNED,
            }
            readings |= {"flops_generation": EXTREMES}
            more |= {name: drawn(some) for name, some in readings.items() if drawn(st.booleans())}
            found.append(device(MODEL, **{"latency_s": 1.0, **more}))
        for size in (224, 448):
            some = drawn(EXTREMES.filter(bool))
            found.append(device(MODEL, dataset=word, image_size=size + len(found), latency_s=some))
    price = drawn(EXTREMES.filter(bool))
    prices = [{"hardware": "A6000", "usd_per_gpu_hour": price, "source": "s", "date": "2025-02-18"}]
    return card(run(*found), kind="both", accuracy={"average": "all"}, project={"prices": prices})


@settings(RELAXED, max_examples=25, suppress_health_check=list(HealthCheck))
@given(any_card())
def test_any_plot_is_drawn_or_absent_with_its_reason(found: Card) -> None:
    """Whatever the records hold: no error, and no cell of a hundred digits beside the plots."""
    contents = gather(found)
    assert not [problem for problem in contents.problems if _broken(problem)]
    made = describe.plots(contents, ENGLISH)
    wanted = {"recovery", *(swept.id.replace("_", "-") for swept in contents.sweeps)}
    assert wanted - {"device"} <= {plot.id for plot in made.drawn} | {
        one.id for one in made.lacking
    }
    for plot in made.drawn:
        assert draw.svg(plot).startswith(b"<?xml")
        assert draw.png(plot).startswith(b"\x89PNG")
        assert all(len(text) < 30 for text in shown(plot))
    for address, cell in explain.cells(contents).items():
        assert len(cell.digits) < 30, address
        assert "inf" not in "".join(line.text for line in explain.lines(found, cell))


def _broken(problem: Problem) -> bool:
    return problem.level == "error" and "empty" not in problem.message


def shown(plot: Plot) -> Iterable[str]:
    """Every number on a plot, as printed."""
    return (text for panel in plot.panels for series in panel.series for text in series.shown)


def test_what_was_measured_and_has_no_value_is_not_called_unmeasured() -> None:
    """No price for the H100; a score that is not compared."""
    found = card(
        run(
            *(
                serving(model, hardware=name, latency_s=1.0)
                for model in (BASE, MODEL)
                for name in ("A6000", "A100")
            )
        ),
        run(
            *(accuracy("b", 50.0, model) for model in (BASE, MODEL)),
            accuracy("a", 50.0, settings={"limit": 10}),
            accuracy("a", 50.0, BASE, settings={"limit": 20}),
        ),
        project={"prices": [PRICES[0]]},
    )
    told = {plot.id: plot.alt for plot in plots(found).drawn}
    assert "A100x1 — no value" in told["queries-per-dollar-single-stream"]
    assert "a — no value" in told["recovery"]
