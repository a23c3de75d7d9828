"""A recovery column: the two columns and the formula that most of its rows support."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from cardgen.audit.check import Check, input_of, lean, number_text, title
from cardgen.audit.number import Interval, Number, Verdict, judge, mean, one_value, shown
from cardgen.audit.roles import LOWER, Column, Row, View
from cardgen.audit.rules.recovery.base import SAMPLE, WIDE, is_base, scored_rows
from cardgen.audit.rules.recovery.formula import Formula, reckon, scaled, verdict
from cardgen.audit.subject import Subject

NEAR = 6.0


class Pair(NamedTuple):
    """A hypothesis: which columns are base and quantized, and the formula."""

    base: Column
    quantized: Column
    formula: Formula
    scale: float
    fits: int
    judged: int


def _try(
    table: View, rows: Sequence[Row], recovery: Column, base: Column, quantized: Column
) -> Iterator[Pair]:
    numbers = [
        (table.value(r, recovery), table.value(r, quantized), table.value(r, base)) for r in rows
    ]
    whole = [(p, q, b) for p, q, b in numbers if p is not None and q is not None and b is not None]
    if not whole:
        return
    scale = 1.0
    if all(p.unit != "%" and abs(p.value) < 3 for p, _, _ in whole):
        scale = 0.01
    formulas: tuple[Formula, ...] = ("higher", "lower", "complement")
    for formula in formulas:
        verdicts = [verdict(formula, p, q, b, scale) for p, q, b in whole]
        judged = sum(v is not None for v in verdicts)
        fits = sum(v not in (None, "wrong") for v in verdicts)
        yield Pair(base, quantized, formula, scale, fits, judged)


def _pair(table: View, recovery: Column, subject: Subject) -> Pair | None:
    """The columns and the formula that most rows support."""
    scores = table.of("score", "setting", "latency", "rate")
    strict = [c for c in scores if c.role == "score"]
    scores = strict if len(strict) >= 2 else scores
    if len(scores) < 2:
        return None
    rows = scored_rows(table)[:SAMPLE]
    lower = bool(LOWER.search(" ".join([*table.path[-2:], *recovery.heading]))) or any(
        LOWER.search(f"{row.label} {row.category}") for row in rows
    )
    bases = [c for c in scores if is_base(" ".join(c.heading), subject)]
    first = bases or scores
    if len(scores) > 6:
        first = first[:2]
    best: tuple[tuple[float, ...], Pair] | None = None
    near = sorted(scores, key=lambda column: abs(column.at - recovery.at))[:WIDE]
    for base in first[:WIDE]:
        for quantized in near:
            if quantized.at == base.at:
                continue
            for pair in _try(table, rows, recovery, base, quantized):
                if not pair.judged:
                    continue
                rank = (
                    float(pair.fits) + (0.5 if pair.formula == "higher" or lower else 0.0),
                    float(base in bases),
                    -abs(recovery.at - quantized.at) / 100 - (base.at > quantized.at) / 10,
                )
                if best is None or rank > best[0]:
                    best = (rank, pair)
    if best is None:
        return None
    pair = best[1]
    if pair.formula != "higher" and not lower and pair.fits < 3:
        return None
    named = pair.base in bases and pair.quantized not in bases
    if pair.fits * 2 >= pair.judged and (pair.judged > 2 or named):
        return pair
    if named and len(scores) == 2 and _all_near(table, rows, recovery, pair):
        return pair
    return None


def _all_near(table: View, rows: Sequence[Row], recovery: Column, pair: Pair) -> bool:
    for row in rows:
        printed = table.value(row, recovery)
        q, b = table.value(row, pair.quantized), table.value(row, pair.base)
        if printed is None or q is None or b is None or not b.value or not q.value:
            continue
        if abs(printed.value / pair.scale - reckon(pair.formula, q.value, b.value)) > NEAR:
            return False
    return True


def recovery_columns(subject: Subject) -> Iterator[Check]:
    """A recovery column is 100·quantized/base of its row.

    Where lower is better it is 100·base/quantized, or for error rates 100·(100−q)/(100−b): the
    formula that most rows of the table support. The recovery of an average row may also be the mean
    of the recoveries above it, or the ratio of the unrounded averages. Source: the "Recovery"
    column of published quantized-model cards. Cannot know: which of three numbers is the wrong one.
    """
    for table in subject.views:
        for column in table.of("recovery")[:WIDE]:
            pair = _pair(table, column, subject)
            if pair is None:
                continue
            yield from _column(table, column, pair)


def _column(table: View, column: Column, pair: Pair) -> Iterator[Check]:
    above: list[Row] = []
    category = None
    for row in scored_rows(table):
        if row.category != category:
            category, above = row.category, []
        printed = table.value(row, column)
        q, b = table.value(row, pair.quantized), table.value(row, pair.base)
        cell = row.cells[column.at]
        if printed is None or q is None or b is None or cell is None:
            if row.role == "data":
                above.append(row)
            continue
        formula: Formula = pair.formula
        found = verdict(formula, printed, q, b, pair.scale)
        if found in ("wrong", "cut") and LOWER.search(f"{row.label} {row.category}"):
            others: tuple[Formula, ...] = ("lower", "complement")
            for other in others:
                again = verdict(other, printed, q, b, pair.scale)
                if again not in (None, "wrong"):
                    found, formula = again, other
                    break
        if found is None:
            continue
        if row.role == "average" and found in ("wrong", "cut"):
            found = _of_average(table, column, pair, printed, above, found)
            above = []
        elif row.role == "data":
            above.append(row)
        value = pair.scale * reckon(formula, q.value, b.value)
        sign = "%" if printed.unit == "%" else ""
        expected = f"{shown(value, printed.decimals)}{sign}"
        over, under = (b, q) if formula == "lower" else (q, b)
        how = (
            f"(100 − {q.text})/(100 − {b.text})"
            if formula == "complement"
            else f"{over.text}/{under.text}"
        )
        yield Check(
            "recovery",
            "recovery",
            found,
            cell.line,
            cell.column,
            number_text(printed),
            expected,
            f"recovery of {title(row)}: {how} = {shown(value, printed.decimals + 2)}{sign}, "
            f"printed {number_text(printed)}",
            (
                input_of(pair.base.name or "base", row.cells[pair.base.at]),
                input_of(pair.quantized.name or "quantized", row.cells[pair.quantized.at]),
            ),
            lean=lean(printed, value),
            # A recovery of averages may be a mean of recoveries: no one right value.
            only=None
            if row.role == "average"
            else one_value(partial(scaled, pair.scale, formula), (q, b), printed.decimals),
        )


def _of_average(
    table: View, column: Column, pair: Pair, printed: Number, above: Sequence[Row], found: Verdict
) -> Verdict:
    """The recovery of an average row by the other conventions."""
    shares = [n for n in (table.value(row, column) for row in above) if n is not None]
    if len(shares) > 1 and mean(printed, shares) in ("both", "rounded"):
        return "both"
    qs = [table.value(row, pair.quantized) for row in above]
    bs = [table.value(row, pair.base) for row in above]
    q, b = [n for n in qs if n is not None], [n for n in bs if n is not None]
    if len(q) > 1 and len(q) == len(b) and sum(n.value for n in b) > 0:
        low = sum(n.rounded[0] for n in q) / sum(n.rounded[1] for n in b)
        high = sum(n.rounded[1] for n in q) / sum(n.rounded[0] for n in b)
        if judge(printed, Interval(100 * pair.scale * low, 100 * pair.scale * high)) in (
            "both",
            "rounded",
        ):
            return "both"
    return found
