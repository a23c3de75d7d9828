"""What a comparison says, case by case; rows where nothing changed included."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from diff.samples_diff import compared, latencies, of, on, told, with_engine
from samples_cards import (
    BASE,
    MODEL,
    accuracy,
    device,
    printed,
    quantization,
    reading,
    run,
    serving,
)

from cardgen.diff import figures
from cardgen.diff.report import Change
from cardgen.records import Run

SLOW = (2.40, 2.42, 2.41)
SLOWER = (3.00, 3.02, 3.01)
ERR = {"value": 80.0, "stderr": 1.0}


def score(value: float, stderr: float | None = None, **more: Any) -> Any:
    """A score in percent, with its standard error where one is given."""
    data: dict[str, Any] = {"value": value}
    if stderr is not None:
        data["stderr"] = stderr
    return accuracy("mmmu", data, **more)


@dataclass
class Case:
    """Two states, and the changes between them as verdict and metric."""

    old: list[Run]
    new: list[Run]
    expected: list[tuple[str, str | None]]
    spec: dict[str, Any] = field(default_factory=dict)


LATENCY = "request-latency"
NOTHING: list[tuple[str, str | None]] = []
TWO = [serving(latency_s=2.4), serving(scenario="long", latency_s=9.1)]

CASES = {
    "nothing changed": Case(latencies(*SLOW), latencies(*SLOW), NOTHING),
    "reordered measurements": Case(of(*TWO), of(*reversed(TWO)), NOTHING),
    "reordered runs": Case(latencies(*SLOW), latencies(*reversed(SLOW)), NOTHING),
    "split into two run files": Case(of(*TWO), [*of(TWO[0]), *of(TWO[1])], NOTHING),
    "fraction to percent is the same number": Case(
        of(accuracy("mmmu", 0.4156, scale="fraction")), of(accuracy("mmmu", 41.56)), NOTHING
    ),
    "printed more coarsely, the same as far as printed": Case(
        of(serving(latency_s="3.14")), of(serving(latency_s="3.1")), NOTHING
    ),
    "printed value and the measured one behind it": Case(
        of(serving(latency_s="3.1"), origin="transcribed"), latencies(3.1372), NOTHING
    ),
    "renamed model with an alias": Case(
        of(serving("example/old-name", latency_s=2.4)),
        of(serving(MODEL, latency_s=2.4)),
        NOTHING,
        {"aliases": {"example/old-name": MODEL}},
    ),
    "renamed model without an alias": Case(
        of(serving("example/old-name", latency_s=2.4)),
        of(serving(MODEL, latency_s=2.4)),
        [("removed", LATENCY), ("added", LATENCY)],
    ),
    "a new revision is a change of value, not of identity": Case(
        of(accuracy("mmmu", ERR, revision="a" * 40)),
        of(accuracy("mmmu", {"value": 60.0, "stderr": 1.0}, revision="b" * 40)),
        [("regressed", "score")],
    ),
    "slower over runs": Case(latencies(*SLOW), latencies(*SLOWER), [("regressed", LATENCY)]),
    "faster over runs": Case(latencies(*SLOWER), latencies(*SLOW), [("improved", LATENCY)]),
    "higher is better": Case(
        [run(serving(mode="multi-stream", requests_per_s=v)) for v in (10.0, 10.1, 10.05)],
        [run(serving(mode="multi-stream", requests_per_s=v)) for v in (12.0, 12.1, 12.05)],
        [("improved", "requests-per-second")],
    ),
    "lower-is-better score": Case(
        of(score(12.0, 0.1, metric="word_perplexity", scale="points", higher_is_better=False)),
        of(score(14.0, 0.1, metric="word_perplexity", scale="points", higher_is_better=False)),
        [("regressed", "score")],
    ),
    "lower-is-better quality": Case(
        [run(device(wer=v)) for v in (0.200, 0.201, 0.202)],
        [run(device(wer=v)) for v in (0.150, 0.151, 0.152)],
        [("improved", "quality WER")],
    ),
    "within the threshold however sure": Case(
        latencies(2.4000, 2.4001, 2.4002), latencies(2.4400, 2.4401, 2.4402),
        [("within-noise", LATENCY)],
    ),
    "within the noise however large": Case(
        latencies(2.0, 3.0, 4.0), latencies(3.0, 4.5, 6.0), [("within-noise", LATENCY)]
    ),
    "one more run": Case(
        latencies(*SLOW), latencies(*SLOW, 2.43), [("within-noise", LATENCY)]
    ),
    "one more run beside a single one": Case(
        latencies(2.4), latencies(2.4, 2.6), [("inconclusive", LATENCY)]
    ),
    "single runs": Case(latencies(2.4), latencies(4.8), [("inconclusive", LATENCY)]),
    "printed single values": Case(
        of(serving(latency_s="2.4"), origin="transcribed"),
        of(serving(latency_s="4.8"), origin="transcribed"),
        [("inconclusive", LATENCY)],
    ),
    "runs without spread": Case(
        latencies(2.4, 2.4), latencies(2.5, 2.5), [("inconclusive", LATENCY)]
    ),
    "score without standard error": Case(
        of(score(80.0)), of(score(70.0)), [("inconclusive", "score")]
    ),
    "score with standard errors": Case(
        of(score(80.0, 1.0)), of(score(70.0, 1.0)), [("regressed", "score")]
    ),
    "score within its standard errors": Case(
        of(score(80.0, 1.0)), of(score(79.0, 1.0)), [("within-noise", "score")]
    ),
    "score to zero": Case(of(score(80.0, 1.0)), of(score(0.0, 0.0)), [("inconclusive", "score")]),
    "tiny values": Case(
        [run(device(joules=v)) for v in (1.2e-6, 1.21e-6, 1.19e-6)],
        [run(device(joules=v)) for v in (1.9e-6, 1.91e-6, 1.89e-6)],
        [("regressed", "energy-per-sample")],
    ),
    "tiny single values": Case(
        of(device(joules=1.2e-6)), of(device(joules=1.9e-6)),
        [("inconclusive", "energy-per-sample")],
    ),
    "tiny printed score": Case(
        of(accuracy("ece", printed("0.0000012"), scale="points", higher_is_better=False)),
        of(accuracy("ece", printed("0.0000019"), scale="points", higher_is_better=False)),
        [("inconclusive", "score")],
    ),
    "operations are counted, not timed": Case(
        of(device(flops_generation=6.17e11)), of(device(flops_generation=7.17e11)),
        [("regressed", "flops")],
    ),
    "operations printed alike": Case(
        of(device(flops_generation=printed("617.84", scale=9))),
        of(device(flops_generation=617.8391e9)),
        NOTHING,
    ),
    "smaller checkpoint": Case(
        of(quantization(size_bytes=4_000_000_000)), of(quantization(size_bytes=3_000_000_000)),
        [("improved", "size")],
    ),
    "what a failed quantization wrote is no smaller checkpoint": Case(
        of(quantization(size_bytes=4_000_000_000)),
        of(quantization(size_bytes=3_000_000_000, reason="the check failed", outcome="failed")),
        [("value-to-missing", "size")],
    ),
    "and no larger one than the next": Case(
        of(quantization(size_bytes=3_000_000_000, reason="the check failed", outcome="failed")),
        of(quantization(size_bytes=4_000_000_000)),
        [("missing-to-value", "size")],
    ),
    "changed unit": Case(
        of(accuracy("mmmu", 41.56)), of(accuracy("mmmu", 41.56, scale="points")),
        [("unit-changed", "score")],
    ),
    "modelled energy beside measured": Case(
        of(device(joules=3.0)), of(device(joules=3.0001, method="modelled")),
        [("incomparable", "energy-per-sample")],
    ),
    "another engine version": Case(
        with_engine(latencies(*SLOW), "0.8.5"), with_engine(latencies(*SLOWER), "0.9.0"),
        [("incomparable", LATENCY)],
    ),
    "another engine version, the same value": Case(
        with_engine(latencies(*SLOW), "0.8.5"), with_engine(latencies(*SLOW), "0.9.0"), NOTHING
    ),
    "engine version known on one side only": Case(
        latencies(*SLOW), with_engine(latencies(*SLOWER), "0.9.0"), [("regressed", LATENCY)]
    ),
    "another driver": Case(
        on(latencies(*SLOW), gpu="NVIDIA A100", driver="550.54"),
        on(latencies(*SLOWER), gpu="NVIDIA A100", driver="560.28"),
        [("incomparable", LATENCY)],
    ),
    "another product under one name": Case(
        on(latencies(*SLOW), gpu="NVIDIA A100-SXM4-40GB"),
        on(latencies(*SLOWER), gpu="NVIDIA A100-SXM4-80GB"),
        [("incomparable", LATENCY)],
    ),
    "another harness version": Case(
        of(score(80.0, 1.0, harness={"name": "lm-eval", "version": "0.4.8"})),
        of(score(70.0, 1.0, harness={"name": "lm-eval", "version": "0.4.9"})),
        [("incomparable", "score")],
    ),
    "another setting of the harness": Case(
        of(score(80.0, 1.0, settings={"limit": 100})),
        of(score(70.0, 1.0, settings={"limit": None})),
        [("incomparable", "score")],
    ),
    "the harness's batch size is no method": Case(
        of(score(80.0, 1.0, settings={"batch_size": 1})),
        of(score(70.0, 1.0, settings={"batch_size": 8})),
        [("regressed", "score")],
    ),
    "direction turned round": Case(
        of(score(80.0, 1.0)), of(score(70.0, 1.0, higher_is_better=False)),
        [("incomparable", "score")],
    ),
    "queries per dollar at another price": Case(
        of(serving(queries_per_dollar="1454")),
        of(
            serving(
                queries_per_dollar="1886",
                price={"usd_per_gpu_hour": 0.70, "source": "a list", "date": "2026-01-01"},
            )
        ),
        [("incomparable", "queries-per-dollar")],
    ),
    "added and removed": Case(
        of(TWO[0]), of(TWO[1]), [("removed", LATENCY), ("added", LATENCY)]
    ),
    "other hardware is another identity": Case(
        latencies(2.4), latencies(2.4, hardware="H100"),
        [("removed", LATENCY), ("added", LATENCY)],
    ),
    "value to missing": Case(
        of(device(latency_s=1.0, joules=3.0)), of(device(latency_s=1.0)),
        [("value-to-missing", "energy-per-sample")],
    ),
    "value to failed": Case(
        latencies(2.4), of(serving(reason="out of memory")), [("value-to-missing", LATENCY)]
    ),
    "missing to value": Case(
        of(serving(reason="out of memory")), latencies(2.4), [("missing-to-value", LATENCY)]
    ),
    "quality to missing": Case(
        of(device(latency_s=1.0, wer=0.2)), of(device(latency_s=1.0)),
        [("value-to-missing", "quality WER")],
    ),
    "failed on both sides": Case(
        of(serving(reason="out of memory")), of(serving(reason="still out of memory")), NOTHING
    ),
    "the worst first": Case(
        [*latencies(*SLOW), *of(score(70.0, 1.0)), *of(device(BASE, latency_s=1.0))],
        [*latencies(*SLOWER), *of(score(80.0, 1.0)), *of(device(MODEL, latency_s=1.0))],
        [
            ("regressed", LATENCY),
            ("removed", "batch-latency"),
            ("improved", "score"),
            ("added", "batch-latency"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_verdict(case: Case) -> None:
    report = compared(case.old, case.new, **case.spec)
    assert told(report) == case.expected
    counts = report.counts
    assert sum(counts.verdicts.values()) == len(report.changes)
    one_sided = ("added", "removed", "value-to-missing", "missing-to-value", "prose-only")
    changed = sum(n for verdict, n in counts.verdicts.items() if verdict not in one_sided)
    assert counts.compared == changed + counts.unchanged


OLD, NEW, OLD_BASE = "example/old-w4a16", MODEL, "example/old"
RENAMES: dict[str, tuple[list[Run], list[Run], list[tuple[str, str]]]] = {
    "the same measurements": (
        of(serving(OLD, latency_s=2.4)),
        of(serving(NEW, latency_s=2.4)),
        [(OLD, NEW)],
    ),
    "more of them on one side": (
        of(score(80.0, model=OLD), quantization(OLD, size_bytes=10)),
        of(score(70.0, model=NEW), quantization(NEW, size_bytes=20), *TWO),
        [(OLD, NEW)],
    ),
    "some on each side alone": (
        of(score(80.0, model=OLD), serving(OLD, latency_s=2.4)),
        of(score(80.0, model=NEW), quantization(NEW, size_bytes=20)),
        [(OLD, NEW)],
    ),
    "beside a model that both sides have": (
        of(score(90.0, model="example/kept"), score(80.0, model=OLD)),
        of(score(90.0, model="example/kept"), score(80.0, model=NEW)),
        [(OLD, NEW)],
    ),
    "base and quantized model at once": (
        of(score(90.0, model=OLD_BASE), score(80.0, model=OLD)),
        of(score(90.0, model=BASE), score(80.0, model=NEW)),
        [(OLD, NEW), (OLD_BASE, BASE)],
    ),
    "nothing measured in common": (
        of(serving(OLD, latency_s=2.4)),
        of(score(80.0, model=NEW)),
        [],
    ),
    "values swapped between two models that both sides have": (
        of(score(80.0, model=OLD), serving(NEW, latency_s=2.4)),
        of(score(80.0, model=NEW), serving(OLD, latency_s=2.4)),
        [],
    ),
    "one model gone, none came": (of(score(80.0, model=OLD)), of(*TWO), []),
}


@pytest.mark.parametrize(("old", "new", "expected"), RENAMES.values(), ids=RENAMES)
def test_a_rename_without_an_alias_is_pointed_out(
    old: list[Run], new: list[Run], expected: list[tuple[str, str]]
) -> None:
    """One line a model, with what to write into card.yaml; written there, it joins them."""
    told_of = [one for one in compared(old, new).remarks if "aliases" in one]
    assert len(told_of) == len(expected)
    for before, after in expected:
        line = f"`aliases: {{{before}: {after}}}`"
        assert any(f"say {line} in card.yaml" in one for one in told_of), told_of
    if expected:
        joined = compared(old, new, aliases=dict(expected))
        assert joined.counts.compared > compared(old, new).counts.compared
        assert not any("aliases" in one for one in joined.remarks)


def test_a_revision_and_a_recipe_are_remarks() -> None:
    report = compared(
        of(quantization(revision="a", size_bytes=10, dampening_frac=0.01)),
        of(quantization(revision="b", size_bytes=10, dampening_frac=0.1)),
    )
    assert told(report) == []
    assert report.remarks == (
        f"{MODEL}: revision a before, b after",
        f"quantization of {MODEL} (W4A16): dampening_frac 0.01 before, 0.1 after",
    )


def test_an_incomparable_change_says_what_differs() -> None:
    case = CASES["another engine version"]
    (change,) = compared(case.old, case.new).changes
    assert change.reason == "engine version: 0.8.5 before, 0.9.0 after"
    assert change.ratio is None


def test_the_correction_grows_with_the_number_of_comparisons() -> None:
    """What one comparison would claim, twenty others beside it put into doubt."""
    alone = (latencies(2.40, 2.45, 2.50), latencies(2.70, 2.75, 2.80))
    assert told(compared(*alone)) == [("regressed", LATENCY)]
    others = [
        [
            run(*(serving(scenario=f"s{i}", latency_s=v + i * 0.01) for i in range(20)))
            for v in values
        ]
        for values in ((1.0, 1.1, 1.05), (1.04, 1.07, 1.02))
    ]
    old, new = ([*mine, *more] for mine, more in zip(alone, others, strict=True))
    assert {verdict for verdict, _ in told(compared(old, new))} == {"within-noise"}


def window(latency_s: float, requests_per_s: float, **more: Any) -> list[Any]:
    """One window of load as a collector records it: under its load, and as the largest one."""
    values: dict[str, Any] = {"latency_s": latency_s, "requests_per_s": requests_per_s}
    largest = serving(mode="multi-stream", saturated=False, **values)
    return [serving(mode="concurrent", load=4.0, **{**values, **more}), largest]


@pytest.mark.parametrize(
    ("second", "origin", "counted"),
    [
        ({}, "measured", 2),
        ({"requests": {"successful": 9, "failed": 0, "incomplete": 0}}, "measured", 4),
        ({}, "transcribed", 4),
    ],
    ids=["one window", "another window with the same readings", "printed numbers"],
)
def test_a_window_recorded_under_two_modes_is_one_comparison(
    second: dict[str, Any], origin: Any, counted: int
) -> None:
    """Both are shown, each with the p-value that the window alone would have."""
    sides = (((2.40, 1.71), (2.45, 1.66), (2.50, 1.60)), ((2.70, 1.52), (2.75, 1.50), (2.80, 1.45)))
    old, new = (
        [run(*window(*values, **second), origin=origin) for values in side] for side in sides
    )
    changes = [one for one in compared(old, new).changes if one.metric == LATENCY]
    assert len(changes) == 2
    for change in changes:
        assert change.ratio is not None
        assert change.ratio.p_value is not None
        expected = pytest.approx(counted * change.ratio.p_value)
        assert change.ratio.corrected_p_value == expected


def test_the_interval_shown_agrees_with_the_verdict() -> None:
    (change,) = compared(latencies(*SLOW), latencies(*SLOWER)).changes
    ratio = change.ratio
    assert ratio is not None
    assert ratio.low is not None
    assert ratio.low > 1 + ratio.threshold
    assert ratio.low < ratio.estimate < (ratio.high or 0)


def test_a_rounded_value_widens_the_interval() -> None:
    """Printed to one decimal, the same values say less."""
    sharp = compared(latencies(2.4, 2.6), latencies(3.1, 3.3)).changes[0].ratio
    blurred = (
        compared(
            [run(serving(latency_s=v)) for v in ("2.4", "2.6")],
            [run(serving(latency_s=v)) for v in ("3.1", "3.3")],
        )
        .changes[0]
        .ratio
    )
    assert sharp is not None
    assert blurred is not None
    assert sharp.low is not None
    assert blurred.low is not None
    assert blurred.low < sharp.low
    assert reading("2.4") != reading(2.4)


@pytest.mark.parametrize(
    ("model", "identity", "words"),
    [
        ("org/tiny", {"task": "mmmu", "chain_of_thought": True}, "tiny, mmmu, chain of thought"),
        (
            "org/tiny",
            {"task": "mmmu", "chain_of_thought": False},
            "tiny, mmmu, no chain of thought",
        ),
        ("org/tiny", {"hardware": "A100", "hardware_count": 2, "load": 4}, "tiny, 2×A100, load 4"),
        ("", {"table": "GPU / Latency"}, "GPU / Latency"),
    ],
)
def test_a_subject_in_words(model: str, identity: dict[str, str | int], words: str) -> None:
    """A number of a page has no model, and its words begin without a comma."""
    change = Change("improved", model=model, identity={**identity})
    assert figures.subject(change) == words
