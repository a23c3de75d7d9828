"""Two states of a card against each other: pairs by identity, and a verdict for each difference.

Owns the verdicts. The statistics are `ratio`'s, the reading of a side is `side`'s.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import NamedTuple

from cardgen.card import Card
from cardgen.derive.quantity import Quantity
from cardgen.diff import windows, words
from cardgen.diff.conditions import difference
from cardgen.diff.pairs import Pair, knows, values
from cardgen.diff.pairs import pairs as pairs_of
from cardgen.diff.ratio import LEVEL, Corrected, Evidence, LogRatio, Unknown, evidence, holm
from cardgen.diff.report import VERDICTS, Change, Ratio, Report, Side, Verdict, counts
from cardgen.diff.series import Series
from cardgen.diff.state import State
from cardgen.records import AccuracyMeasurement


class Tested(NamedTuple):
    """A comparison that awaits the correction for all comparisons of the card."""

    pair: Pair
    evidence: Evidence
    same: bool


def compare(old: State, new: State) -> Report:
    """Everything that differs between two states of a card, the worst first."""
    pairs = list(pairs_of(old, new))
    changes: list[Change] = []
    tested: list[Tested] = []
    compared = unchanged = 0
    for pair in pairs:
        both = values(pair)
        compared += both is not None
        if both is None:
            changes += _one_sided(pair, old.card, new.card)
            continue
        found = _judge(pair, *both, old, new)
        if isinstance(found, Change):
            changes.append(found)
        elif isinstance(found, Tested):
            tested.append(found)
        else:
            unchanged += 1
    told, same = _verdicts(tested)
    everything = sorted((*changes, *told, *words.changes(old, new)), key=_rank)
    ordered = tuple(everything)
    return Report(
        new.name,
        old.label,
        new.label,
        counts(ordered, compared=compared, unchanged=unchanged + same),
        ordered,
        tuple(words.remarks(old, new, ordered)),
    )


def _one_sided(pair: Pair, old: Card | None, new: Card | None) -> Iterator[Change]:
    has_old, has_new = (one is not None and bool(one.values) for one in (pair.old, pair.new))
    if not has_old and not has_new:
        return
    verdict: Verdict
    if has_old:
        known = pair.new is not None or knows(new, old, pair.subject.identity)
        verdict = "value-to-missing" if known else "removed"
        reason = pair.new.reason if pair.new else None
    else:
        known = pair.old is not None or knows(old, new, pair.subject.identity)
        verdict = "missing-to-value" if known else "added"
        reason = pair.old.reason if pair.old else None
    yield replace(_change(verdict, pair), reason=reason)


def _judge(
    pair: Pair, old: Series, new: Series, before: State, after: State
) -> Change | Tested | None:
    """The verdict on a pair that needs no statistics; a test to be corrected; None if the same."""
    if old.unit != new.unit:
        reason = f"{old.unit or 'no unit'} before, {new.unit or 'no unit'} after"
        return replace(_change("unit-changed", pair), reason=reason)
    differing = difference(old.conditions, new.conditions)
    if _same(old, new):
        # Nothing to claim; where it was measured again, it counts among the comparisons.
        again = None if differing or _same_runs(old, new) else evidence(old, new)
        return Tested(pair, again, same=True) if isinstance(again, LogRatio) else None
    if differing:
        return replace(_change("incomparable", pair), reason=differing)
    found = _paired(old, new, before, after) or evidence(old, new)
    if isinstance(found, Unknown):
        change = replace(_change("inconclusive", pair), reason=found.reason)
        return replace(change, ratio=_plain_ratio(old, new))
    return Tested(pair, found, same=False)


def _paired(old: Series, new: Series, before: State, after: State) -> Evidence | None:
    """What the samples that both sides kept say; their module is needed by few cards."""
    if not all(
        isinstance(run.measurement, AccuracyMeasurement) and run.measurement.samples is not None
        for one in (old, new)
        for value in one.values
        for run in (leaf.stored for leaf in value.leaves()[:1])
        if run is not None
    ):
        return None
    from cardgen.diff.paired import paired

    return paired(old, new, before, after)


def _same(old: Series, new: Series) -> bool:
    """Whether both sides say the same: equal values, or printed ones that agree as far as printed.

    The value of a side that was printed agrees with all that its digits stand for.
    """
    if sorted(map(_sharp, old.values)) == sorted(map(_sharp, new.values)):
        return True
    if len(old.values) > 1 and len(new.values) > 1:
        return False
    first, second = old.shown, new.shown
    assert first is not None
    assert second is not None
    return _covers(first, second) or _covers(second, first)


def _sharp(value: Quantity) -> tuple[float, float]:
    return (value.value, value.stderr or 0.0)


def _covers(printed: Quantity, other: Quantity) -> bool:
    """Whether a printed value's digits stand for the other value too, binary noise aside."""
    if printed.exact or printed.runs > 1:
        return math.isclose(printed.value, other.value, rel_tol=1e-12)
    slack = 1e-9 * (printed.high - printed.low)
    return printed.low - slack <= other.value <= printed.high + slack


def _same_runs(old: Series, new: Series) -> bool:
    """Whether the values come from the same runs."""
    ours, theirs = (
        [leaf.stored for value in one.values for leaf in value.leaves()] for one in (old, new)
    )
    if len(ours) != len(theirs):
        return False
    runs = [[stored.run for stored in side if stored is not None] for side in (ours, theirs)]
    return all(a is b or a.provenance == b.provenance for a, b in zip(*runs, strict=False))


def _verdicts(tested: list[Tested]) -> tuple[list[Change], int]:
    """The verdicts of all tests of the card together, and how many found nothing to say."""
    known: dict[int, str] = {}
    tests = {id(item): _test(item.pair, known) for item in tested if item.evidence.noisy}
    noisy = {tests[id(item)]: item for item in tested if item.evidence.noisy}
    p_values = [
        1.0 if item.same else item.evidence.p_value(_threshold(item.pair))
        for item in noisy.values()
    ]
    corrected = dict(zip(noisy, zip(p_values, holm(p_values), strict=True), strict=True))
    changes = []
    for item in tested:
        if item.same:
            continue
        p_value = item.evidence.p_value(_threshold(item.pair))
        alone = Corrected(p_value, LEVEL, claimed=p_value < 1 - LEVEL)
        p_value, result = corrected.get(tests.get(id(item)), (p_value, alone))
        changes.append(_tested(item, p_value, result))
    return changes, sum(item.same for item in tested)


def _test(pair: Pair, known: dict[int, str]) -> Hashable:
    """What the comparison counts as in the correction: once a window, under whichever modes."""
    assert pair.old is not None
    assert pair.new is not None
    return windows.test_of(pair.subject, pair.old, pair.new, known)


def _threshold(pair: Pair) -> float:
    one = pair.new or pair.old
    assert one is not None
    return one.metric.threshold


def _tested(item: Tested, p_value: float, result: Corrected) -> Change:
    low, high = item.evidence.interval(result.level)
    pair = item.pair
    assert pair.new is not None
    verdict: Verdict = "within-noise"
    if result.claimed:
        better = pair.new.higher_is_better
        grown = item.evidence.estimate > 0
        verdict = "improved" if grown == better else "regressed"
    noisy = item.evidence.noisy
    ratio = Ratio(
        _exp(item.evidence.estimate),
        _threshold(pair),
        low,
        _bounded(high),
        result.level if noisy else None,
        p_value if noisy else None,
        result.p_value if noisy else None,
        item.evidence.method,
    )
    return replace(_change(verdict, pair), ratio=ratio)


def _plain_ratio(old: Series, new: Series) -> Ratio | None:
    assert old.shown is not None
    assert new.shown is not None
    if old.shown.value <= 0 or new.shown.value <= 0:
        return None
    estimate = new.shown.value / old.shown.value
    return Ratio(estimate, new.metric.threshold) if math.isfinite(estimate) else None


def _change(verdict: Verdict, pair: Pair) -> Change:
    one = pair.new or pair.old
    assert one is not None
    identity = pair.subject.identity
    where = {name: _plain(part) for name, part in pair.subject.where.items()}
    return Change(
        verdict,
        identity.kind,
        identity.model,
        where,
        pair.subject.quantity,
        one.higher_is_better,
        _side(pair.old),
        _side(pair.new),
    )


def _plain(part: object) -> str | int | float | bool:
    return part if isinstance(part, str | int | float | bool) else str(part)


def _side(one: Series | None) -> Side | None:
    if one is None:
        return None
    if one.shown is None:
        return Side(None, revisions=one.revisions, reason=one.reason)
    leaves = [leaf for value in one.values for leaf in value.leaves()]
    return Side(
        one.shown.value,
        _bounded(one.shown.low),
        _bounded(one.shown.high),
        one.shown.unit,
        len(one.values),
        one.revisions,
        tuple(f"{leaf.file}#{leaf.pointer}" for leaf in leaves),
    )


def _bounded(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))


def _rank(change: Change) -> tuple[object, ...]:
    """The worst verdict first, within it the largest change, then by name."""
    size = 0.0
    if change.ratio is not None and change.ratio.estimate > 0:
        size = math.log(change.ratio.estimate)
        worse = -size if change.higher_is_better else size
        size = worse if change.verdict == "inconclusive" else abs(size)
    return (
        VERDICTS.index(change.verdict),
        -size,
        change.kind or "",
        change.model or "",
        str(change.identity),
        change.metric or "",
        change.file or "",
    )
