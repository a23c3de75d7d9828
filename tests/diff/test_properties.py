"""What holds for any two states of a card."""

from __future__ import annotations

import json
import math
from random import Random

from diff.samples_diff import compared, state
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from samples_cards import MODEL, RELAXED, accuracy, device, run, serving
from samples_pages import hostile, page

from cardgen.diff.compare import compare
from cardgen.diff.document import document, schema
from cardgen.diff.markdown import LIMIT, MARKER, comment
from cardgen.diff.page import page as html_page
from cardgen.diff.ratio import LogRatio, holm
from cardgen.diff.report import Verdict
from cardgen.records import AnyMeasurement, Run

INVERSE: dict[Verdict, Verdict] = {
    "regressed": "improved",
    "improved": "regressed",
    "added": "removed",
    "removed": "added",
    "value-to-missing": "missing-to-value",
    "missing-to-value": "value-to-missing",
}

values = st.one_of(
    st.sampled_from([1e-6, 0.5, 1.0, 1.01, 1.02, 2.0, 1e9]),
    st.sampled_from(["0.5", "1.0", "1.01", "0.0000012"]),
    st.floats(1e-9, 1e9),
)


@st.composite
def measurements(draw: st.DrawFn) -> AnyMeasurement:
    """Few identities, so that sides often share them."""
    failed = draw(st.integers(0, 9)) == 0
    kind = draw(st.sampled_from(["serving", "accuracy", "device"]))
    if kind == "serving":
        scenario = draw(st.sampled_from(["chat", "long"]))
        reason = draw(st.sampled_from(["no memory", "no such model"]))
        value = {"reason": reason} if failed else {"latency_s": draw(values)}
        return serving(MODEL, scenario=scenario, **value)
    if kind == "accuracy":
        task = draw(st.sampled_from(["mmmu", "mmlu"]))
        if failed:
            return accuracy(task, None, reason="no memory")
        reading = {"value": draw(st.floats(0, 100))}
        if draw(st.booleans()):
            reading["stderr"] = draw(st.floats(0, 5))
        return accuracy(task, reading)
    return device(MODEL, latency_s=draw(values), joules=draw(values))


@st.composite
def runs(draw: st.DrawFn) -> list[Run]:
    """A few runs, each identity once in each."""
    found = []
    for _ in range(draw(st.integers(0, 5))):
        drawn = draw(st.lists(measurements(), min_size=1, max_size=4))
        found.append(run(*{item.identity: item for item in drawn}.values()))
    return found


@RELAXED
@given(runs())
def test_a_state_does_not_differ_from_itself(side: list[Run]) -> None:
    report = compared(side, side)
    assert report.changes == ()
    assert report.counts.unchanged == report.counts.compared


@RELAXED
@given(runs(), runs())
def test_the_other_way_round_the_verdicts_are_the_inverse(old: list[Run], new: list[Run]) -> None:
    there, back = compared(old, new), compared(new, old)
    assert there.counts.compared == back.counts.compared
    assert there.counts.unchanged == back.counts.unchanged
    for verdict, count in there.counts.verdicts.items():
        assert back.counts.verdicts[INVERSE.get(verdict, verdict)] == count, verdict


@RELAXED
@given(runs(), runs(), st.randoms(use_true_random=False))
def test_order_means_nothing(old: list[Run], new: list[Run], chance: Random) -> None:
    shuffled = list(new)
    chance.shuffle(shuffled)
    assert comment([compared(old, new)]) == comment([compared(old, shuffled)])


@RELAXED
@given(runs(), runs())
def test_every_format_takes_every_report(old: list[Run], new: list[Run]) -> None:
    report = compared(old, new)
    data = json.loads(document([report]))
    Draft202012Validator(schema()).validate(data)
    assert len(data["cards"][0]["changes"]) == len(report.changes)
    assert comment([report]).startswith(MARKER)
    assert html_page([report]).startswith("<!doctype html>")


@RELAXED
@given(hostile, hostile, hostile)
def test_hostile_text_stays_text(scenario: str, engine: str, words: str) -> None:
    """Neither a name nor a hand-written line becomes markup, a mention or a second table cell."""
    clean = "".join(c for c in scenario if c >= " " and c != "\x7f")[:200].strip() or "x"
    named = "".join(c for c in engine if c >= " " and c != "\x7f")[:200].strip() or "x"
    old = state(run(serving(scenario=clean, engine=named, latency_s=1.0)))
    new = state(run(serving(scenario=f"{clean}!", engine=named, latency_s=1.0)), label=clean)
    object.__setattr__(old, "words", {"cards/tiny/prose.en.md": "before"})
    object.__setattr__(new, "words", {"cards/tiny/prose.en.md": words})
    text = comment([compare(old, new)])
    found = page(text)
    assert len(text) <= LIMIT
    assert found.links == []
    assert found.nesting == []
    allowed = {
        "h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "details",
        "summary", "pre", "ul", "li", "!--",
    }  # fmt: skip
    assert set(found.tags) <= allowed, text
    assert found.tags["!--"] == 1
    assert found.tags["td"] + found.tags["th"] == 7 * found.tags["tr"]
    assert found.tags["details"] == found.tags["summary"]


@RELAXED
@given(st.lists(st.floats(0, 1), max_size=30))
def test_holm_claims_the_smallest_and_only_those(p_values: list[float]) -> None:
    found = holm(p_values)
    claimed = [p for p, item in zip(p_values, found, strict=True) if item.claimed]
    rest = [p for p, item in zip(p_values, found, strict=True) if not item.claimed]
    assert not claimed or not rest or max(claimed) <= min(rest)
    for p, item in zip(p_values, found, strict=True):
        assert item.p_value >= p
        assert item.claimed == (item.p_value <= 0.05) or math.isclose(item.p_value, 0.05)


@RELAXED
@given(
    st.floats(-2, 2),
    st.floats(1e-6, 1),
    st.floats(1, 100),
    st.floats(0, 0.2),
    st.floats(0.5, 0.999),
)
def test_interval_and_p_value_say_the_same(
    estimate: float, stderr: float, degrees: float, threshold: float, level: float
) -> None:
    found = LogRatio(estimate, estimate, estimate, stderr, degrees, "test")
    low, high = found.interval(level)
    p_value = found.p_value(threshold)
    if math.isclose(p_value, 1 - level, rel_tol=1e-6):
        return
    beyond = low > 1 + threshold or high < 1 / (1 + threshold)
    assert beyond == (p_value < 1 - level)


def test_five_hundred_changes_fit_into_a_comment() -> None:
    """The worst at the top and open, the rest folded, what does not fit counted."""
    hostile_name = "long scenario name with | pipes and <b>tags</b> @someone " * 3

    def side(seconds: float, first_token: float) -> list[Run]:
        """Five runs of 250 scenarios, two values each."""
        return [
            run(
                *(
                    serving(
                        scenario=f"{hostile_name}{i}",
                        latency_s=seconds + j / 100,
                        ttft_s=0.1 + j * first_token,
                    )
                    for i in range(250)
                )
            )
            for j in range(5)
        ]

    report = compared(side(1.0, 0.0010), side(2.0, 0.0011))
    assert len(report.changes) >= 499
    text = comment([report])
    assert len(text) <= LIMIT
    assert len(text) > 0.8 * LIMIT
    found = page(text)
    assert found.nesting == []
    assert text.index("**regressed**") < text.index("<details>")
    left_out = int(text.rsplit("\n", 2)[-2].split(" more changes")[0])
    assert found.tags["td"] // 7 + left_out == len(report.changes)
    assert "250 regressed" in text
    several = comment([report, report, report])
    assert len(several) <= LIMIT
    assert several.count("250 regressed") == 3


def test_a_thousand_cards_fit_into_a_comment() -> None:
    report = compared([run(serving(latency_s=1.0))], [run(serving(latency_s=2.0))])
    text = comment([report] * 2000)
    assert len(text) <= LIMIT
    assert "more cards" in text
