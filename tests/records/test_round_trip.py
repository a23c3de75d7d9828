"""Records survive the disk: what is written is read back equal, byte for byte the same again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records.strategies import records
from samples_cards import RELAXED, accuracy

from cardgen.records import (
    AccuracyMeasurement,
    DeviceMeasurement,
    Environment,
    Machine,
    Measurement,
    Provenance,
    QuantizationMeasurement,
    Run,
    ServingMeasurement,
    Tool,
)
from cardgen.store import runs

KINDS = (QuantizationMeasurement, AccuracyMeasurement, ServingMeasurement, DeviceMeasurement)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(RELAXED, max_examples=150)
def test_any_run_is_read_back_as_it_was_written(
    kind: type[Measurement], data: st.DataObject
) -> None:
    """dump → parse gives an equal run, and dumping it again the same bytes."""
    run = Run(provenance=data.draw(records(Provenance)), measurements=(data.draw(records(kind)),))
    written = runs.dump(run)
    read = runs.parse(written, "run.json")
    assert read == run
    assert runs.dump(read) == written
    assert written.endswith(b"}\n")


@pytest.mark.parametrize(
    "part",
    [
        {"environment": Environment()},
        {"machine": Machine()},
        {"machine": Machine(gpu_count=0)},
        {"command": ()},
        {"notes": ("a", "b")},
        {"environment": Environment(variables={"OMP_NUM_THREADS": "1"})},
    ],
    ids=str,
)
def test_parts_with_nothing_in_them_are_not_lost(part: dict[str, Any]) -> None:
    """An environment of which nothing is known is not the same as none."""
    provenance = Provenance(origin="measured", tool=Tool(name="a tool"), **part)
    run = Run(provenance=provenance, measurements=(accuracy("mmlu", 50.0),))
    read = runs.parse(runs.dump(run), "run.json")
    (name,) = part
    assert getattr(read.provenance, name) == getattr(provenance, name)


def test_settings_keep_what_their_harness_set() -> None:
    """An explicit null, a zero, an empty text and a false are settings, and stay."""
    given_settings = {"limit": None, "zero": 0, "empty": "", "off": False, "half": 0.5}
    run = Run(
        provenance=Provenance(origin="measured", tool=Tool(name="a tool")),
        measurements=(accuracy("mmlu", 50.0, settings=given_settings),),
    )
    read = runs.parse(runs.dump(run), "run.json").measurements[0]
    assert isinstance(read, AccuracyMeasurement)
    assert read.settings == given_settings
    assert [type(value) for value in read.settings.values()] == [
        type(value) for value in given_settings.values()
    ]


def test_the_order_of_keys_is_that_of_the_models() -> None:
    """However a run was made, its file has one order of keys: pull requests show changes only."""
    run = Run.model_validate_json(
        '{"measurements": [{"scale": "points", "value": {"decimals": 1, "value": 2.0},'
        ' "higher_is_better": true, "metric": "acc", "task": "t", "model": "m",'
        ' "kind": "accuracy"}], "provenance": {"tool": {"name": "t"}, "origin": "measured"},'
        ' "format": 1}'
    )
    text = runs.dump(run).decode()
    keys = [line.split('"')[1] for line in text.splitlines() if '": ' in line]
    assert keys[:5] == ["format", "provenance", "origin", "tool", "name"]
    assert keys[5:8] == ["measurements", "kind", "model"]
    assert keys.index("value") < keys.index("decimals") < keys.index("scale")
