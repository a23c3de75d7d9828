"""The runs a card draws on: found by identity, in the order of their files."""

from __future__ import annotations

import pytest
from samples_cards import accuracy, run, serving

from cardgen.errors import RecordError
from cardgen.records import Provenance, Run, Source, Tool
from cardgen.store.runs import RecordSet

SHA = "0123456789ab" + "0" * 52


def of_source(sha256: str | None) -> Run:
    """A run read from a document with this digest."""
    source = Source(title="a report", sha256=sha256)
    provenance = Provenance(origin="transcribed", tool=Tool(name="by hand"), source=source)
    return Run(provenance=provenance, measurements=(accuracy("mmlu", 50.0),))


def test_repeats_stand_in_the_order_of_the_files() -> None:
    """One identity in several runs: all of them, first file first, with their places."""
    files = [("c.json", 3.0), ("a.json", 1.0), ("b.json", 2.0)]
    records = RecordSet(
        (file, run(accuracy("other", 9.0), accuracy("mmlu", value))) for file, value in files
    )
    found = records.of_identity(accuracy("mmlu", 0.0).identity)
    assert [(stored.file, stored.index) for stored in found] == [
        ("c.json", 1),
        ("a.json", 1),
        ("b.json", 1),
    ]
    assert [stored.pointer("value/value") for stored in found] == [
        "/measurements/1/value/value"
    ] * 3
    assert len(records) == 6
    assert [len(repeats) for repeats in records.identities.values()] == [3, 3]


def test_kinds_stand_in_the_order_of_files_and_measurements() -> None:
    """All measurements of a kind, as a reader goes through the files."""
    first = run(accuracy("b", 1.0), serving(latency_s=1.0), accuracy("a", 1.0))
    records = RecordSet([("1.json", first), ("2.json", run(accuracy("c", 1.0)))])
    assert [stored.index for stored in records.of_kind("accuracy")] == [0, 2, 0]
    assert [stored.file for stored in records.of_kind("serving")] == ["1.json"]
    assert records.of_kind("device") == ()
    assert records.of_identity(accuracy("d", 1.0).identity) == ()


def test_a_renamed_model_is_found_by_its_name_now() -> None:
    """An alias joins the repeats of the old name and of the new one; the record stays as it is."""
    old, new = accuracy("mmlu", 1.0, model="old/name"), accuracy("mmlu", 2.0, model="new/name")
    records = RecordSet(
        [("1.json", run(old)), ("2.json", run(new))], aliases={"old/name": "new/name"}
    )
    found = records.of_identity(new.identity)
    assert [stored.measurement.model for stored in found] == ["old/name", "new/name"]
    assert records.of_identity(old.identity) == ()


def test_a_revision_is_no_part_of_the_identity() -> None:
    """Quantized again, a model is the same model."""
    runs = [run(accuracy("mmlu", 1.0, revision=revision)) for revision in ("a", "b")]
    records = RecordSet([("1.json", runs[0]), ("2.json", runs[1])])
    assert len(records.identities) == 1


def test_one_source_twice_is_an_error_that_names_both_files() -> None:
    """Imported twice, a result would count twice."""
    with pytest.raises(RecordError) as refused:
        RecordSet([("1.json", of_source(SHA)), ("2.json", of_source(SHA))])
    error = refused.value
    assert error.place == "2.json: /provenance/source/sha256"
    assert error.found == "the same source (sha256 0123456789ab…) as 1.json"


@pytest.mark.parametrize("pair", [(None, None), (SHA, None), (SHA, SHA[::-1])])
def test_other_sources_are_no_duplicates(pair: tuple[str | None, str | None]) -> None:
    """Two sources without a digest are not known to be one."""
    records = RecordSet([(str(index), of_source(sha256)) for index, sha256 in enumerate(pair)])
    assert len(records) == 2


def test_an_alias_that_makes_two_measurements_one_is_an_error() -> None:
    """Two models of one run under one name would be taken for repeats."""
    both = run(accuracy("mmlu", 1.0, model="a"), accuracy("mmlu", 2.0, model="b"))
    with pytest.raises(RecordError) as refused:
        RecordSet([("1.json", both)], aliases={"a": "b"})
    assert refused.value.place == "1.json: /measurements/1"
    assert "mend `aliases`" in str(refused.value.next_step)


def test_one_measurement_twice_in_a_run_is_refused() -> None:
    """Code that makes such a run is told at once."""
    with pytest.raises(ValueError, match=r"a duplicate of /measurements/0: accuracy of"):
        run(accuracy("mmlu", 1.0), accuracy("mmlu", 2.0))
