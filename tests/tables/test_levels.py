"""The table of load levels: every window with all that was recorded of it."""

from __future__ import annotations

from typing import Any

import pytest
from samples_cards import BASE, MODEL, card, run, serving
from samples_grids import rendered, texts

from cardgen.card import Card
from cardgen.records import AnyMeasurement
from cardgen.render.card import gather
from cardgen.tables.levels import ID
from cardgen.tables.model import Table


def levels(found: Card) -> Table | None:
    """The card's table of load levels."""
    return gather(found).tables.get(ID)


def of(*found: AnyMeasurement, **spec: Any) -> Table:
    """The table of these windows, which must be there."""
    made = levels(card(run(*found), **spec))
    assert made is not None
    return made


def level(streams: float, rate: float, **more: Any) -> AnyMeasurement:
    """A window of so many streams."""
    usual = {"requests_per_s": rate, "latency_s": streams / rate}
    found: dict[str, Any] = {"mode": "concurrent", "load": streams, **usual, **more}
    return serving(**found)


def test_levels_in_order_of_their_load() -> None:
    """Streams or rate, requests a second, latency; priced hardware has queries per dollar."""
    made = of(level(8.0, 4.0), level(2.0, 2.0), level(16.0, 4.5))
    assert [cell.text for cell in rendered(made).head[0]] == [
        "Hardware", "Model", "Use case", "Load", "Requests/s", "Latency (s)", "Queries per dollar",
    ]  # fmt: skip
    assert [row[3:] for row in texts(made)] == [
        ["2 streams", "2.0", "1.0", "9000"],
        ["8 streams", "4.0", "2.0", "18000"],
        ["16 streams", "4.5", "3.6", "20250"],
    ]


def test_one_stream_before_several_and_the_maximum_last() -> None:
    found = [
        serving(mode="multi-stream", requests_per_s=9.0),
        serving(mode="constant-rate", load=0.5, requests_per_s=0.5),
        level(4.0, 4.0),
        serving(latency_s=0.5),
    ]
    assert [row[3] for row in texts(of(*found))] == [
        "one stream",
        "4 streams",
        "0.5 requests/s",
        "maximum throughput",
    ]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "1 request/s"),
        ({"arrivals": "poisson"}, "1 request/s / poisson"),
        (
            {"arrivals": "constant", "max_concurrency": 8},
            "1 request/s / constant / at most 8 at once",
        ),
    ],
)
def test_how_requests_at_a_rate_came_is_told(more: dict[str, Any], told: str) -> None:
    window = serving(mode="constant-rate", load=1.0, requests_per_s=1.0, **more)
    (row,) = texts(of(window))
    assert " / ".join(row[3].split("\n")) == told


def test_everything_that_a_window_recorded_is_a_cell() -> None:
    """Also of a window of one stream, whose own table shows its latency only."""
    window = serving(
        latency_s=0.83,
        ttft_s=0.29,
        itl_s=0.036,
        requests_per_s=1.17,
        output_tokens_per_s=18.7,
        requests={"successful": 14, "failed": 1},
        window_s=12.0,
        prefix_cache_hit_rate=0.25,
    )
    (row,) = texts(of(window))
    assert row[3:] == [
        "one stream", "1.2 (a)", "0.8", "0.290", "0.0360", "18.7", "14", "12", "25.0%",
    ]  # fmt: skip
    addresses = [cell.address.rsplit("/", 1)[-1] for cell in of(window).quantities()]
    assert addresses == [
        "rate", "latency", "ttft", "itl", "tokens", "requests", "window", "cache-hits",
    ]  # fmt: skip


def test_what_the_other_tables_say_needs_no_table_more() -> None:
    """A published card with latencies and queries per dollar stays as it is."""
    assert (
        levels(card(run(serving(latency_s=1.0, requests={"successful": 3}, window_s=9.0)))) is None
    )


def test_the_maximum_is_not_told_twice() -> None:
    """A sweep's best level is recorded as a level and as the maximum."""
    best: dict[str, Any] = {"requests_per_s": 4.5, "latency_s": 1.0}
    made = of(level(2.0, 2.0), level(8.0, 1.0, **best), serving(mode="multi-stream", **best))
    assert [row[3] for row in texts(made)] == ["2 streams", "8 streams"]


def test_a_maximum_of_its_own_is_a_row() -> None:
    made = of(level(8.0, 4.0), serving(mode="multi-stream", requests_per_s=9.0))
    assert [row[3] for row in texts(made)] == ["8 streams", "maximum throughput"]


def test_what_no_other_table_shows_is_a_row() -> None:
    """A latency under load, a rate of one stream: nothing else has a place for them."""
    found = [
        serving(mode="multi-stream", latency_s=2.0),
        serving(scenario="rag", requests_per_s=3.0),
    ]
    contents = gather(card(run(*found)))
    assert list(contents.tables) == [ID]
    assert [row[-3:] for row in texts(contents.tables[ID])] == [
        ["one stream", "3.0", "— (a)"],
        ["maximum throughput", "— (b)", "2.0"],
    ]
    assert contents.unshown == []


def test_two_windows_of_which_too_little_is_known_to_be_one_are_two() -> None:
    made = of(level(8.0, 4.0), serving(mode="multi-stream", ttft_s=1.0), level(4.0, 4.0))
    assert len(texts(made)) == 3


def test_windows_that_all_failed_say_why() -> None:
    found = card(run(serving(mode="concurrent", load=8.0, reason="out of memory")))
    contents = gather(found)
    (row,) = texts(contents.tables[ID])
    assert row[3:] == ["8 streams", "— (a)"]
    assert [str(note.text) for note in contents.tables[ID].notes] == [
        "the run failed: out of memory"
    ]
    assert contents.unshown == []


def test_modes_that_card_yaml_leaves_out_are_left_out() -> None:
    found = [serving(latency_s=1.0, ttft_s=0.1), level(8.0, 4.0)]
    made = of(*found, serving={"modes": ["single-stream"]})
    assert [row[3] for row in texts(made)] == ["one stream"]


def test_a_window_without_whole_latencies_gives_a_useful_card() -> None:
    """What a load generator writes by default: no table of dashes, no claim of a latency."""
    window = serving(ttft_s=0.2, itl_s=0.01, requests_per_s=0.3, output_tokens_per_s=88.4)
    contents = gather(card(run(window)))
    assert list(contents.tables) == [ID]
    (row,) = texts(contents.tables[ID])
    assert row[4:] == ["0.300", "0.200", "0.0100", "88.4"]


@pytest.mark.parametrize("model", [BASE, MODEL])
def test_failed_windows_say_why(model: str) -> None:
    made = of(
        level(4.0, 4.0, model=model), serving(model, mode="concurrent", load=8.0, reason="gone")
    )
    assert texts(made)[1][3:5] == ["8 streams", "— (a)"]
    assert str(made.notes[0].text) == "the run failed: gone"


def test_every_address_is_unique() -> None:
    found = [
        serving(model, mode=mode, load=load, latency_s=1.0, requests_per_s=1.0, ttft_s=0.1)
        for model in (BASE, MODEL)
        for mode, load in (
            ("single-stream", None), ("multi-stream", None), ("concurrent", 2.0),
            ("concurrent", 4.0), ("constant-rate", 2.0), ("constant-rate", 4.0),
        )
    ]  # fmt: skip
    contents = gather(card(run(*found)))
    every = [cell.address for cell in contents.cells()]
    assert len(set(every)) == len(every)
