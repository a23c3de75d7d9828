"""The device tables: sweeps as specified or suggested, percentages, energy, quality."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samples_cards import BASE, MODEL, call, card, device, printed, run, write_card
from samples_grids import rendered, texts

from cardgen.card import Card
from cardgen.derive.quantity import Quantity
from cardgen.records import AnyMeasurement
from cardgen.tables import device as tables
from cardgen.tables import sweeps as plan
from cardgen.tables.model import Table


def report(*found: AnyMeasurement, sweeps: list[dict[str, Any]] | None = None) -> Card:
    """A device report."""
    section: dict[str, Any] = {} if sweeps is None else {"device": {"sweeps": sweeps}}
    return card(run(*found), kind="benchmark", model=BASE, base_model=None, **section)


def made(found: Card) -> dict[str, Table]:
    """The report's tables by their axis."""
    return {swept.sweep.over: tables.table(found, swept) for swept in plan.sweeps(found)}


def notes(table: Table) -> list[str]:
    """The footnotes in English."""
    return [f"({note.mark}) {note.text}" for note in table.notes]


OPTIMIZATIONS = {"fp16": ("1.398", "15.913"), "Compile": ("1.407", "16.079")}


def optimizations(**more: Any) -> list[AnyMeasurement]:
    """Two optimizations with latency and joules as printed."""
    return [
        device(optimization=name, latency_s=latency, joules=joules, **more)
        for name, (latency, joules) in OPTIMIZATIONS.items()
    ]


SWEEP = {"over": "optimization", "at": {"dataset": "TextVQA"}, "values": ["fp16", "Compile"]}


def test_percent_of_original() -> None:
    """Each quantity has its share of the baseline beside it; the baseline is 100."""
    table = made(report(*optimizations(), sweeps=[SWEEP]))["optimization"]
    assert [cell.text for cell in rendered(table).head[0]] == [
        "Optimization",
        "Latency (s per batch)",
        "% of original",
        "FLOPs of one generation",
        "% of original",
        "Energy (J per sample)",
        "% of original",
    ]
    assert texts(table) == [
        ["fp16", "1.398", "100.00", "— (a)", "— (b)", "15.913", "100.00"],
        ["Compile", "1.407", "100.64", "— (a)", "— (b)", "16.079", "101.04"],
    ]
    assert notes(table) == ["(a) not measured", "(b) no baseline: not measured"]


def test_the_baseline_may_be_another_row() -> None:
    """`baseline` names what 100 % stands for."""
    table = made(report(*optimizations(), sweeps=[{**SWEEP, "baseline": "Compile"}]))
    rows = texts(table["optimization"])
    assert (rows[0][2], rows[1][2]) == ("99.36", "100.00")


def test_a_missing_baseline_leaves_the_values() -> None:
    """No run of the baseline: the values stand, the percentages say why they do not."""
    only = device(optimization="Compile", latency_s="1.407")
    table = made(report(only, sweeps=[{**SWEEP, "baseline": "fp16"}]))["optimization"]
    assert texts(table)[1][:3] == ["Compile", "1.407", "— (b)"]
    assert notes(table)[1] == "(b) no baseline: not measured"


def test_a_lost_run_of_the_first_planned_row_does_not_move_the_baseline() -> None:
    """Planned are fp16 and Compile; with fp16 lost, Compile is not the original."""
    only = device(optimization="Compile", latency_s="1.407")
    table = made(report(only, sweeps=[SWEEP]))["optimization"]
    assert texts(table)[1][2] != "100.00"


def test_measured_joules_have_no_percentage_of_modelled_ones() -> None:
    """They are told apart, never compared."""
    found = [
        device(optimization="fp16", latency_s="1.4", joules="15.0", method="modelled"),
        device(optimization="Compile", latency_s="1.4", joules="16.0"),
    ]
    table = made(report(*found, sweeps=[SWEEP]))["optimization"]
    assert texts(table)[1][-1] == "— (d)"
    assert notes(table)[-1] == "(d) measured and modelled values are not compared"


@pytest.mark.parametrize(
    ("methods", "label"),
    [
        (("modelled", "modelled"), "Energy (J per sample, modelled)"),
        (("rapl", "rapl"), "Energy (J per sample)"),
    ],
)
def test_modelled_energy_is_labelled(methods: tuple[str, str], label: str) -> None:
    """A column of modelled joules says so."""
    found = [
        device(batch_size=n, joules="5.0", method=m) for n, m in zip((1, 4), methods, strict=True)
    ]
    table = made(report(*found))["batch_size"]
    assert label in [cell.text for cell in rendered(table).head[0]]


def test_modelled_joules_beside_measured_ones_are_marked() -> None:
    """In a column of both, the modelled value carries a note."""
    found = [
        device(batch_size=n, joules="5.0", method=m) for n, m in ((1, "modelled"), (4, "rapl"))
    ]
    table = made(report(*found))["batch_size"]
    assert "modelled" in " ".join(notes(table))


def test_values_and_datasets_come_in_the_cards_order() -> None:
    """The order of the specification, records or not; what is missing is said."""
    found = [
        device(dataset=d, image_size=s, latency_s="1.0", wer="2.0")
        for d in ("A", "B")
        for s in (224, 448)
    ]
    sweep = {"over": "image_size", "at": {}, "values": [448, 224, 672], "datasets": ["B", "A"]}
    table = made(report(*found, sweeps=[sweep]))["image_size"]
    assert [cell.text for cell in rendered(table).head[0]] == [
        "Image size",
        "B: WER ↓",
        "B: latency (s)",
        "A: WER ↓",
        "A: latency (s)",
    ]
    assert [row[0] for row in texts(table)] == ["448", "224", "672"]
    assert texts(table)[2][1:] == ["— (a)"] * 4


def test_settings_that_are_held_fixed_select_the_records() -> None:
    """Only records under the settings of `at` enter, and the settings are told."""
    found = [
        device(batch_size=batch, image_size=size, latency_s=f"{batch}.{size}")
        for batch in (1, 4)
        for size in (224, 448)
    ]
    sweep = {"over": "batch_size", "at": {"image_size": 448}}
    table = made(report(*found, sweeps=[sweep]))["batch_size"]
    assert [row[:2] for row in texts(table)] == [["1", "1.448"], ["4", "4.448"]]
    assert [str(value) for _, value in table.settings] == ["448"]


def test_quality_is_shown_with_its_direction() -> None:
    """The metric's name and an arrow; no quality, no column."""
    with_quality = [device(batch_size=n, latency_s="1.0", wer="2.0") for n in (1, 4)]
    without = [device(batch_size=n, latency_s="1.0") for n in (1, 4)]
    shown, hidden = (made(report(*found))["batch_size"] for found in (with_quality, without))
    assert rendered(shown).head[0][-1].text == "TextVQA: WER ↓"
    assert "WER" not in str([cell.text for cell in rendered(hidden).head[0]])


def test_sweeps_are_suggested_by_the_records() -> None:
    """For each axis the settings under which the records hold most values of it."""
    found = [
        device(latency_s="1.0"),
        device(batch_size=4, latency_s="2.0"),
        device(batch_size=8, latency_s="3.0"),
        device(batch_size=8, image_size=448, latency_s="4.0"),
        device(device="CPU", latency_s="9.0"),
        device(batch_size=8, optimization="Compile", latency_s="2.9"),
    ]
    tables_found = made(report(*found))
    assert list(tables_found) == ["device", "batch_size", "image_size", "optimization"]
    assert [row[:2] for row in texts(tables_found["batch_size"])] == [
        ["1", "1.0"],
        ["4", "2.0"],
        ["8", "3.0"],
    ]
    assert [row[0] for row in texts(tables_found["device"])] == ["GPU", "CPU"]
    assert [row[0] for row in texts(tables_found["image_size"])] == ["224", "448"]


def test_a_report_without_records_suggests_nothing() -> None:
    """No records, no tables."""
    assert plan.sweeps(report(device("example/other", latency_s=1.0))) == []


@pytest.mark.parametrize("over", ["device", "batch_size", "image_size", "optimization"])
def test_a_sweep_with_values_and_without_records_says_so(over: str) -> None:
    """Every cell of a planned sweep without records is not measured."""
    values = ["x", "y"] if over in ("device", "optimization") else [1, 2]
    sweep = {"over": over, "at": {"dataset": "D"}, "values": values, "datasets": ["D"]}
    table = made(report(device("example/other", latency_s=1.0), sweeps=[sweep]))[over]
    assert all(text.startswith("—") for row in texts(table) for text in row[1:])


@pytest.mark.parametrize("over", ["batch_size", "optimization"])
def test_a_sweep_without_values_or_records_stops_nothing(over: str) -> None:
    """A plan that nothing was measured of has no row, not even an empty one."""
    found = report(device("example/other", latency_s=1.0), sweeps=[{"over": over, "at": {}}])
    assert texts(made(found)[over]) == []


def test_datasets_have_their_own_metrics() -> None:
    """A column is named by the metric of its own dataset."""
    cider = {"metric": "CIDEr", "reading": printed("98.1"), "higher_is_better": True}
    found = [
        *(device(image_size=s, wer="2.0") for s in (224, 448)),
        *(device(image_size=s, dataset="COCO", quality=cider) for s in (224, 448)),
    ]
    head = [cell.text for cell in rendered(made(report(*found))["image_size"]).head[0]]
    assert "COCO: CIDEr ↑" in head


def test_every_address_is_unique() -> None:
    """`explain` can name every cell of every sweep."""
    found = [
        device(batch_size=b, image_size=s, optimization=o, dataset=d, latency_s="1.0", wer="1.0")
        for b in (1, 4)
        for s in (224, 448)
        for o in ("fp16", "Compile")
        for d in ("A", "B")
    ]
    every = [cell.address for table in made(report(*found)).values() for cell in table.quantities()]
    assert every
    assert len(set(every)) == len(every)


def test_two_sweeps_over_one_axis_are_two_tables() -> None:
    """Batch sizes on a GPU and on a CPU: two tables with addresses of their own."""
    found = [
        device(device=d, batch_size=b, latency_s="1.0") for d in ("GPU", "CPU") for b in (1, 4)
    ]
    sweeps = [{"over": "batch_size", "at": {"device": d}} for d in ("GPU", "CPU")]
    reported = report(*found, sweeps=sweeps)
    every = [
        cell.address
        for swept in plan.sweeps(reported)
        for cell in tables.table(reported, swept).quantities()
    ]
    assert len(set(every)) == len(every)


def test_repeats_of_a_setting_show_their_median() -> None:
    """Three runs of one setting are one row."""
    other = device(device="CPU", latency_s=5.0)
    found = card(
        run(other),
        *(run(device(latency_s=value)) for value in (1.0, 9.0, 2.0)),
        kind="benchmark",
        model=BASE,
        base_model=None,
    )
    (swept,) = plan.sweeps(found)
    latency = swept.point("GPU", "TextVQA").latency
    assert isinstance(latency, Quantity)
    assert (latency.low, latency.value, latency.high, latency.runs) == (1.0, 2.0, 9.0, 3)


def test_what_a_sweep_leaves_open_is_the_same_in_all_its_rows() -> None:
    """The setting under which most rows are known, and the table names it."""
    found = [
        device(batch_size=1, optimization="fp16", latency_s="1.0"),
        device(batch_size=1, optimization="Compile", latency_s="0.5"),
        device(batch_size=4, optimization="Compile", latency_s="2.0"),
        device(batch_size=8, optimization="Compile", image_size=448, latency_s="9.0"),
    ]
    for order in (found, found[::-1]):
        table = made(report(*order, sweeps=[{"over": "batch_size", "at": {}}]))["batch_size"]
        assert [row[:2] for row in texts(table)] == [["1", "0.5"], ["4", "2.0"]]
        assert [str(value) for _, value in table.settings] == ["224", "Compile"]


def test_no_percentage_over_two_batch_sizes() -> None:
    found = [
        device(batch_size=1, optimization="fp16", latency_s="1.0"),
        device(batch_size=16, optimization="Compile", latency_s="8.0"),
    ]
    sweep = {"over": "optimization", "at": {"device": "GPU"}}
    table = made(report(*found, sweeps=[sweep]))["optimization"]
    assert [row[:3] for row in texts(table)] == [["fp16", "1.0", "100.00"]]
    assert [str(value) for _, value in table.settings] == ["1", "GPU"]


def test_a_name_longer_than_card_yaml_takes_is_shown(tmp_path: Path) -> None:
    """Nobody can ask for it by name, so no line is suggested, and nothing stops."""
    long = "x" * 400
    found = [device(MODEL, dataset=long, batch_size=size, latency_s=1.0) for size in (1, 8)]
    write_card(tmp_path, "c", run(*found))
    built = call(tmp_path, "build", "c")
    assert (built.code, "Traceback" in built.err) == (0, False)
    assert f"{long}: [" not in built.err
    assert call(tmp_path, "explain", "c").code == 0
