"""The serving tables: places, models, scenarios, cost reduction, absences, headlines."""

from __future__ import annotations

from typing import Any

import pytest
from samples_cards import BASE, MODEL, card, run, serving
from samples_grids import rendered, texts

from cardgen.card import Card
from cardgen.records import AnyMeasurement
from cardgen.tables import serving as tables
from cardgen.tables.grids import grids, headlines
from cardgen.tables.model import Table

OTHER = "example/tiny-fp8"


def only(found: Card) -> Table:
    """The card's one serving table."""
    (grid,) = grids(found)
    made = tables.table(found, grid)
    assert made is not None
    return made


def notes(made: Table) -> list[str]:
    """The footnotes in English."""
    return [f"({note.mark}) {note.text}" for note in made.notes]


def windows(
    qpd: dict[str, tuple[str, ...]],
    scenarios: tuple[str, ...] = ("chat", "summary"),
    **more: Any,
) -> list[AnyMeasurement]:
    """Printed queries per dollar of models over scenarios."""
    return [
        serving(model, scenario=scenario, queries_per_dollar=value, **more)
        for model, values in qpd.items()
        for scenario, value in zip(scenarios, values, strict=False)
    ]


PUBLISHED: dict[str, tuple[str, ...]] = {BASE: ("1454", "2546"), MODEL: ("1886", "4409")}


def test_published_shape() -> None:
    """Two header rows; hardware spans its models; the base model is the baseline."""
    made = only(card(run(*windows(PUBLISHED), origin="transcribed")))
    head = rendered(made).head
    assert [(cell.text, cell.rowspan, cell.colspan) for cell in head[0]] == [
        ("Hardware", 2, 1),
        ("Model", 2, 1),
        ("Average cost reduction", 2, 1),
        ("chat\n64/128", 1, 2),
        ("summary\n64/128", 1, 2),
    ]
    assert [cell.text for cell in head[1]] == ["Latency (s)", "Queries per dollar"] * 2
    assert texts(made) == [
        ["A6000x1", BASE, "baseline", "3.1", "1454", "1.8", "2546"],
        ["A6000x1", MODEL, "1.51", "2.4", "1886", "1.0", "4409"],
    ]


def test_multi_stream() -> None:
    """Throughput stands where latency stood; both modes are tables of their own."""
    printed: dict[str, tuple[str, ...]] = {BASE: ("2405", "11889"), MODEL: ("2548", "17437")}
    multi = windows(printed, mode="multi-stream")
    found = card(run(*windows(PUBLISHED), *multi, origin="transcribed"))
    single, many = grids(found)
    assert (single.mode, many.mode) == ("single-stream", "multi-stream")
    made = tables.table(found, many)
    assert made is not None
    assert texts(made)[1] == ["A6000x1", MODEL, "1.26", "0.6", "2548", "3.9", "17437"]
    assert rendered(made).head[1][0].text == "Maximum throughput (QPS)"


def test_places_follow_the_cards_order_then_the_number_of_gpus() -> None:
    """A100x1 before A100x4 before A6000x1, if the card says so; each with its own baseline."""
    found = [
        serving(model, hardware=name, count=count, queries_per_dollar=value)
        for name, count in (("A6000", 1), ("A100", 4), ("A100", 1))
        for model, value in ((BASE, "1000"), (MODEL, str(1000 + 500 * count)))
    ]
    made = only(card(run(*found), serving={"hardware": ["A100", "A6000"]}))
    assert [(row[0], row[2]) for row in texts(made)] == [
        ("A100x1", "baseline"),
        ("A100x1", "1.50"),
        ("A100x4", "baseline"),
        ("A100x4", "3.00"),
        ("A6000x1", "baseline"),
        ("A6000x1", "1.50"),
    ]


def test_models_follow_the_cards_order() -> None:
    """As listed; without a list the base comes first, then the subject, and no other model."""
    found = windows({MODEL: ("3",), OTHER: ("2",), BASE: ("1",)})
    assert [row[1] for row in texts(only(card(run(*found))))] == [BASE, MODEL]
    listed = card(run(*found), serving={"models": [OTHER, MODEL, BASE]})
    assert [row[1] for row in texts(only(listed))] == [OTHER, MODEL, BASE]


def test_engines_are_told_apart() -> None:
    """Two engines on one machine are two places, named, each with its own baseline."""
    found = [
        *windows({BASE: ("1000",), MODEL: ("2000",)}, engine="vLLM"),
        *windows({BASE: ("500",), MODEL: ("600",)}, engine="SGLang"),
    ]
    made = only(card(run(*found)))
    assert [(row[0], row[2]) for row in texts(made)] == [
        ("A6000x1\nSGLang", "baseline"),
        ("A6000x1\nSGLang", "1.20"),
        ("A6000x1\nvLLM", "baseline"),
        ("A6000x1\nvLLM", "2.00"),
    ]


def test_hardware_goes_by_the_projects_name() -> None:
    """cardgen.yaml may call a machine by another name; how many there are stands below."""
    found = [serving(hardware="A100", count=count, latency_s=1.0) for count in (1, 2)]
    project = {"hardware": {"A100": {"title": "NVIDIA A100 80 GB"}}}
    made = only(card(run(*found), project=project))
    assert [row[0] for row in texts(made)] == ["NVIDIA A100 80 GB\nx1", "NVIDIA A100 80 GB\nx2"]


def test_a_missing_baseline_is_said() -> None:
    """No base model on this hardware: the reduction is absent, the values stand."""
    made = only(card(run(*windows({MODEL: ("1886", "4409")}))))
    assert texts(made) == [["A6000x1", MODEL, "— (a)", "2.4", "1886", "1.0", "4409"]]
    assert notes(made) == ["(a) no baseline: not measured"]


def test_a_missing_scenario_is_said() -> None:
    """A scenario that one model lacks leaves its cells and the mean over scenarios empty."""
    made = only(card(run(*windows({BASE: ("1454", "2546"), MODEL: ("1886",)}))))
    assert texts(made)[1] == ["A6000x1", MODEL, "— (a)", "2.4", "1886", "— (a)", "— (a)"]
    assert notes(made) == ["(a) not measured"]


def test_no_price_no_queries_per_dollar() -> None:
    """The latency stands; what needs the price says what is missing."""
    found = [
        serving(model, hardware="L4", latency_s=value)
        for model, value in ((BASE, 2.0), (MODEL, 1.0))
    ]
    made = only(card(run(*found)))
    assert texts(made)[1] == ["L4x1", MODEL, "— (a)", "1.0", "— (a)"]
    assert notes(made)[0] == "(a) no price for L4 in the project's price list"


def test_a_failed_window_says_why() -> None:
    """The reason of the record is the footnote."""
    made = only(card(run(*windows({BASE: ("10",)}), serving(reason="server died"))))
    assert texts(made)[1][3:] == ["— (a)", "— (a)"]
    assert "(a) the run failed: server died" in notes(made)


def test_a_listed_price_makes_queries_per_dollar() -> None:
    """3600 / (2.0 · 2 · 1.79) from the price list."""
    made = only(card(run(serving(BASE, hardware="A100", count=2, latency_s=2.0))))
    assert texts(made)[0][3:] == ["2.0", "503"]


@pytest.mark.parametrize(
    "section", [{"scenarios": [{"name": "chat"}, {"name": "rag"}]}, {"hardware": ["A6000", "H100"]}]
)
def test_what_was_planned_and_not_measured_is_said(section: dict[str, Any]) -> None:
    """A scenario or machine of the plan that has no record appears as not measured."""
    made = only(card(run(*windows({BASE: ("10",), MODEL: ("20",)})), serving=section))
    assert "not measured" in " ".join(notes(made))


SHARING: dict[str, list[dict[str, Any]]] = {
    "two engines": [{"engine": "vLLM"}, {"engine": "SGLang"}],
    "two owners": [{"model": "one/tiny"}, {"model": "two/tiny"}],
    "two machines": [{"hardware": "A100"}, {"hardware": "H100"}],
    "two sizes": [{"count": 1}, {"count": 2}],
    "two scenarios": [{"scenario": "chat"}, {"scenario": "rag"}],
}


@pytest.mark.parametrize("name", SHARING)
def test_every_address_is_unique(name: str) -> None:
    """`explain` can name every cell of a serving table."""
    found = [serving(**{"model": MODEL, "latency_s": 1.0, **more}) for more in SHARING[name]]
    models = list(dict.fromkeys(window.model for window in found))
    made = only(card(run(*found), serving={"models": models}))
    every = [cell.address for cell in made.quantities()]
    assert len(set(every)) == len(every)


def test_headlines_are_of_the_cards_own_model() -> None:
    """The largest ratio of the subject, not of a faster sibling."""
    loads = windows({BASE: ("10", "10"), OTHER: ("90", "90"), MODEL: ("12", "15")})
    found = card(run(*loads), serving={"models": [BASE, OTHER, MODEL]})
    best = headlines(found, grids(found))
    assert [(mode, value.value) for mode, value in best.items()] == [("single-stream", 1.5)]


def test_no_baseline_no_headline() -> None:
    """Without a ratio there is no “up to N×”."""
    found = card(run(*windows({MODEL: ("12", "15")})))
    assert headlines(found, grids(found)) == {}
