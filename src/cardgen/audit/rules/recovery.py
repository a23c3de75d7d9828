"""Recovery: the share of the base model's score that is kept, wherever a card prints it.

Every check is a hypothesis (these columns, this formula) that the table itself must support: where
less than half of its numbers fit, the table is not understood and nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal, NamedTuple

from cardgen.audit.check import Check, input_of, lean, number_text, title
from cardgen.audit.naming import is_model, name_of
from cardgen.audit.number import (
    Interval,
    Number,
    Verdict,
    corners,
    judge,
    mean,
    one_value,
    parse,
    shown,
)
from cardgen.audit.roles import BASE, LOWER, OF_WHOLE, Column, Row, View
from cardgen.audit.subject import Subject

Formula = Literal["higher", "lower", "complement"]

SAMPLE = 200
WIDE = 24
"""So many recovery columns or rows of a table are checked, against so many columns beside them."""
NEAR = 6.0


def reckon(formula: Formula, quantized: float, base: float) -> float:
    """Recovery in percent."""
    if formula == "higher":
        return 100 * quantized / base
    if formula == "lower":
        return 100 * base / quantized
    return 100 * (100 - quantized) / (100 - base)


def _scaled(scale: float, formula: Formula, quantized: float, base: float) -> float:
    return scale * reckon(formula, quantized, base)


def verdict(
    formula: Formula, printed: Number, quantized: Number, base: Number, scale: float
) -> Verdict | None:
    """Whether the printed recovery follows; None where the divisor can be zero."""
    under = quantized if formula == "lower" else base
    low, high = under.rounded
    if (low <= 0 <= high) or (formula == "complement" and low <= 100 <= high):
        return None

    def share(q: float, b: float) -> float:
        return scale * reckon(formula, q, b)

    return judge(
        printed,
        corners(share, (quantized.rounded, base.rounded)),
        corners(share, (quantized.cut, base.cut)),
    )


class Pair(NamedTuple):
    """A hypothesis: which columns are base and quantized, and the formula."""

    base: Column
    quantized: Column
    formula: Formula
    scale: float
    fits: int
    judged: int


def is_base(heading: str, subject: Subject) -> bool:
    """Whether a heading names what the quantized model is compared with."""
    words = heading.split(" ")[0]
    if is_model(words):
        name = name_of(words)
        if subject.base is not None and name.key == subject.base.key:
            return True
        return not name.quantized and not BASE.search(heading) and subject.quantized
    return bool(BASE.search(heading))


def _rows(table: View) -> list[Row]:
    return [row for row in table.rows if row.role in ("data", "average")]


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
    rows = _rows(table)[:SAMPLE]
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
    for row in _rows(table):
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
            else one_value(partial(_scaled, pair.scale, formula), (q, b), printed.decimals),
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


def retained_rows(subject: Subject) -> Iterator[Check]:
    """A recovery column of a table with a row a precision is 100·score/score of the base row.

    The base is the row of a base label, among several the one that prints 100; the score is the
    column that most rows support, an average before others. Needs two more rows, half of which fit.
    """
    for table in subject.views:
        sources = [*table.of("average"), *table.of("score")][:WIDE]
        for column in table.of("recovery")[:WIDE]:
            rows = [row for row in _rows(table)[:SAMPLE] if table.value(row, column) is not None]
            bases = [row for row in rows if BASE.search(row.label)]
            whole = [r for r in bases if (n := table.value(r, column)) and n.value == 100]
            if len(whole or bases) != 1 or len(rows) < 3:
                continue
            base = (whole or bases)[0]
            best: list[Check] = []
            for source in sources:
                checks = list(_retained(table, rows, column, source, base))
                if _fits(checks) > _fits(best):
                    best = checks
            if len(best) > 1 and _support(best) >= 0.5:
                yield from best
                if not whole and _support(best) == 1:
                    yield from _not_whole(table, base, column)


def _not_whole(table: View, base: Row, column: Column) -> Iterator[Check]:
    """The base row itself, where it prints another share of itself than 100."""
    printed, cell = table.value(base, column), base.cells[column.at]
    if printed is not None and cell is not None:
        sign = "%" if printed.unit == "%" else ""
        yield Check(
            "recovery",
            "recovery",
            "wrong",
            cell.line,
            cell.column,
            number_text(printed),
            f"{shown(100, printed.decimals)}{sign}",
            f"{title(base, column)}: 100 of itself, printed {number_text(printed)}",
        )


def _retained(
    table: View, rows: Sequence[Row], column: Column, source: Column, base: Row
) -> Iterator[Check]:
    under = table.value(base, source)
    for row in rows:
        printed, over = table.value(row, column), table.value(row, source)
        cell = row.cells[column.at]
        if row is base or printed is None or over is None or under is None or cell is None:
            continue
        found = verdict("higher", printed, over, under, 1.0)
        if found is None:
            continue
        value = 100 * over.value / under.value
        sign = "%" if printed.unit == "%" else ""
        yield Check(
            "recovery",
            "recovery",
            found,
            cell.line,
            cell.column,
            number_text(printed),
            f"{shown(value, printed.decimals)}{sign}",
            f"{title(row, column)}: {over.text}/{under.text} = "
            f"{shown(value, printed.decimals + 2)}%, printed {number_text(printed)}",
            (
                input_of(title(base, source), base.cells[source.at]),
                input_of(title(row, source), row.cells[source.at]),
            ),
            lean=lean(printed, value),
        )


def recovery_rows(subject: Subject) -> Iterator[Check]:
    """A recovery row holds, for each model's column, 100·its average/the base's average.

    The base is the column that prints 100. Where the table has no average row above, the ratio of
    the sums of the rows is taken. Cannot know: a recovery over rows that the table does not show.
    """
    for table in subject.views:
        scores = table.of("score", "setting")
        places = [at for at, row in enumerate(table.rows) if row.role == "recovery"]
        for position in places[:WIDE]:
            row = table.rows[position]
            if len(scores) < 2:
                continue
            printed = {c.at: table.value(row, c) for c in scores}
            bases = [c for c in scores if is_base(" ".join(c.heading), subject)]
            if len(bases) != 1:
                bases = [
                    c
                    for c in scores
                    if (n := printed[c.at]) is not None and n.value in (100.0, 1.0)
                ]
            if not bases:
                continue
            base = bases[0]
            averages = [r for r in table.rows[:position] if r.role == "average"]
            data = [r for r in table.rows[:position] if r.role == "data"]
            sources = averages[-1:] or data
            if not sources or (not averages and len(data) < 2):
                continue
            yield from _recovery_row(table, row, base, scores, sources, bool(averages))


def _recovery_row(
    table: View,
    row: Row,
    base: Column,
    scores: Sequence[Column],
    sources: Sequence[Row],
    averaged: bool,  # noqa: FBT001
) -> Iterator[Check]:
    unders = [table.value(r, base) for r in sources]
    checks: list[Check] = []
    whole, cell = table.value(row, base), row.cells[base.at]
    if whole is not None and cell is not None and whole.value not in (100.0, 1.0):
        checks.append(
            Check(
                "recovery-row",
                "recovery",
                "wrong",
                cell.line,
                cell.column,
                number_text(whole),
                shown(100.0, whole.decimals),
                f"recovery of the base model {base.name}: 100, printed {number_text(whole)}",
            )
        )
    for column in scores:
        printed = table.value(row, column)
        cell = row.cells[column.at]
        overs = [table.value(r, column) for r in sources]
        both = [
            (o, u) for o, u in zip(overs, unders, strict=True) if o is not None and u is not None
        ]
        if column.at == base.at or printed is None or cell is None or len(both) != len(sources):
            continue
        scale = 1.0 if printed.unit != "%" and abs(printed.value) < 3 else 100.0
        low = (
            scale
            * sum(o.rounded[0] for o, _ in both)
            / max(sum(u.rounded[1] for _, u in both), 1e-12)
        )
        high = (
            scale
            * sum(o.rounded[1] for o, _ in both)
            / max(sum(u.rounded[0] for _, u in both), 1e-12)
        )
        total = sum(u.value for _, u in both)
        if total <= 0:
            continue
        value = scale * sum(o.value for o, _ in both) / total
        found = judge(printed, Interval(low, high))
        if not averaged and found == "wrong":
            shares = [scale * o.value / u.value for o, u in both if u.value]
            if shares and abs(sum(shares) / len(shares) - printed.value) <= 2 * printed.step:
                found = "both"
        checks.append(
            Check(
                "recovery-row",
                "recovery",
                found,
                cell.line,
                cell.column,
                number_text(printed),
                shown(value, printed.decimals) + ("%" if printed.unit == "%" else ""),
                f"recovery of {column.name}: {shown(value, printed.decimals + 2)} from the "
                f"{'averages' if averaged else 'rows'} above, printed {number_text(printed)}",
                (
                    input_of(base.name or "base", sources[-1].cells[base.at]),
                    input_of(column.name or "quantized", sources[-1].cells[column.at]),
                ),
                averaged,
                lean=lean(printed, value),
            )
        )
    wrong = sum(c.verdict == "wrong" for c in checks)
    if averaged or wrong * 2 <= len(checks):
        yield from checks


def percent_in_cells(subject: Subject) -> Iterator[Check]:
    """A percentage in brackets after a score is its share of the base's score.

    The base stands in the row that prints (100%), or in a row or column named so, in the same table
    or, for a column of the same name, in a table before. Only where most cells support it.
    """
    known: dict[str, tuple[Number, Place]] = {}
    for table in subject.views:
        marked: list[tuple[Row, Column, Number, Number]] = []
        for row in table.rows:
            for column in table.columns:
                cell = row.cells[column.at]
                if cell is None or "%)" not in cell.text:
                    continue
                value = parse(cell.text)
                share = parse(value.rest.strip("()")) if value is not None else None
                if (
                    value is not None
                    and share is not None
                    and share.unit == "%"
                    and value.unit != "%"
                ):
                    marked.append((row, column, value, share))
        if not marked:
            continue
        for row, column, value, share in marked:
            if share.value == 100 and (share.decimals == 0 or BASE.search(row.label) is not None):
                known[column.name] = (value, (row, column))
        for row in table.rows:
            if BASE.search(row.label):
                for column in {c.at: c for _, c, _, _ in marked}.values():
                    plain = table.value(row, column)
                    if plain is not None and not plain.rest:
                        known[column.name] = (plain, (row, column))
        yield from _shares(subject, table, marked, known)


Place = tuple[Row, Column]


def _shares(
    subject: Subject,
    table: View,
    marked: Sequence[tuple[Row, Column, Number, Number]],
    known: dict[str, tuple[Number, Place]],
) -> Iterator[Check]:
    bases = [c for c in table.of("score") if is_base(" ".join(c.heading), subject)]
    by_row: list[Check] = []
    by_column: list[Check] = []
    for row, column, value, share in marked:
        places: list[tuple[list[Check], Number | None, Place]] = []
        if column.name in known:
            places.append((by_column, known[column.name][0], known[column.name][1]))
        if bases and bases[0].at != column.at:
            places.append((by_row, table.value(row, bases[0]), (row, bases[0])))
        cell = row.cells[column.at]
        for checks, base, (base_row, base_column) in places:
            if base is None or cell is None:
                continue
            found = verdict("higher", share, value, base, 1.0)
            if found is None:
                continue
            expected = 100 * value.value / base.value
            checks.append(
                Check(
                    "percent-in-cell",
                    "recovery",
                    found,
                    cell.line,
                    cell.column,
                    cell.text,
                    f"{value.text} ({shown(expected, share.decimals)}%)",
                    f"{title(row, column)}: {value.text}/{base.text} = "
                    f"{shown(expected, share.decimals + 2)}%, printed {share.text}%",
                    (input_of(title(base_row), base_row.cells[base_column.at]),),
                    lean=lean(share, expected),
                )
            )
    for checks in sorted((by_row, by_column), key=_support, reverse=True)[:1]:
        if checks and _support(checks) >= 0.5 and len(checks) > 1:
            yield from checks


def _support(checks: Sequence[Check]) -> float:
    return sum(c.verdict != "wrong" for c in checks) / len(checks) if checks else 0.0


def percent_of_original(subject: Subject) -> Iterator[Check]:
    """A column "% of original X" is 100·X/X of the row that prints 100.

    Source: device reports. Cannot know: which of the two cells is wrong.
    """
    for table in subject.views:
        for column in table.of("percent"):
            words = column.name.lower()
            named = [
                c
                for c in table.columns
                if c.at != column.at
                and c.name
                and c.role != "percent"
                and words.endswith(c.name.lower())
            ]
            left = [
                c for c in table.columns if c.at == column.at - 1 and OF_WHOLE.match(column.name)
            ]
            source = max(named or left, key=lambda c: len(c.name), default=None)
            if source is None:
                continue
            base = _whole(table)
            if base is None:
                continue
            under = table.value(base, source)
            for row in table.rows:
                printed, over = table.value(row, column), table.value(row, source)
                cell = row.cells[column.at]
                if printed is None or over is None or under is None or cell is None:
                    continue
                found = verdict("higher", printed, over, under, 1.0)
                if row is base and printed.value != 100:
                    found = "wrong"
                if found is None or over.unit != under.unit:
                    continue
                value = 100 * over.value / under.value
                yield Check(
                    "percent-of-original",
                    "recovery",
                    found,
                    cell.line,
                    cell.column,
                    number_text(printed),
                    shown(value, printed.decimals),
                    f"{title(row, column)}: {over.text}/{under.text} = "
                    f"{shown(value, printed.decimals + 2)}%, printed {number_text(printed)}",
                    (
                        input_of(title(base), base.cells[source.at]),
                        input_of(title(row), row.cells[source.at]),
                    ),
                    lean=lean(printed, value),
                )


def _whole(table: View) -> Row | None:
    """The row that the percentages are of: it prints 100 in most columns of percentages."""
    columns = table.of("percent")
    best: tuple[int, Row] | None = None
    for row in table.rows:
        count = sum((n := table.value(row, c)) is not None and n.value == 100 for c in columns)
        if count and (best is None or count > best[0]):
            best = (count, row)
    return best[1] if best is not None else None


def differences(subject: Subject) -> Iterator[Check]:
    """A column of differences is quantized − base, its negative, or that in percent of the base.

    Only where at least three rows and seven in ten of them support one pair of columns.
    """
    for table in subject.views:
        scores = table.of("score")
        for column in table.of("delta"):
            if len(scores) < 2 or len(scores) > 8:
                continue
            rows = [row for row in _rows(table) if table.value(row, column) is not None]
            best: list[Check] = []
            for base in scores:
                for other in scores:
                    if other.at == base.at:
                        continue
                    for relative in (False, True):
                        for sign in (1, -1):
                            checks = list(
                                _differences(table, rows, column, base, other, sign, relative)
                            )
                            if sum(c.verdict != "wrong" for c in checks) > sum(
                                c.verdict != "wrong" for c in best
                            ):
                                best = checks
            if len(best) >= 3 and _support(best) >= 0.7:
                yield from best


def _differences(
    table: View,
    rows: Sequence[Row],
    column: Column,
    base: Column,
    other: Column,
    sign: int,
    relative: bool,  # noqa: FBT001
) -> Iterator[Check]:
    def formula(q: float, b: float) -> float:
        return sign * (100 * (q - b) / b if relative else q - b)

    for row in rows[:5000]:
        printed, q, b = table.value(row, column), table.value(row, other), table.value(row, base)
        cell = row.cells[column.at]
        if printed is None or q is None or b is None or cell is None:
            continue
        if relative and b.rounded[0] <= 0 <= b.rounded[1]:
            continue
        value = formula(q.value, b.value)
        yield Check(
            "difference",
            "recovery",
            judge(
                printed, corners(formula, (q.rounded, b.rounded)), corners(formula, (q.cut, b.cut))
            ),
            cell.line,
            cell.column,
            number_text(printed),
            shown(value, printed.decimals),
            f"{title(row, column)}: {shown(value, printed.decimals + 1)} from {q.text} and "
            f"{b.text}, "
            f"printed {number_text(printed)}",
            (
                input_of(base.name, row.cells[base.at]),
                input_of(other.name, row.cells[other.at]),
            ),
            lean=lean(printed, value),
        )


def recovery_below(subject: Subject) -> Iterator[Check]:
    """A table of percentages without a header is the recovery of a row of the table above it.

    The row of the table above that most cells support, against its base row; each column by the
    direction that its name tells, or either. Silent where fewer than half of the cells fit.
    """
    for number, table in enumerate(subject.views):
        if number == 0 or table.table.header_rows or len(table.rows) > 4:
            continue
        before = subject.views[number - 1]
        if before.table.width != table.table.width or table.table.line - before.table.end_line > 8:
            continue
        base = next((r for r in before.rows if BASE.search(r.label)), None)
        if base is None:
            continue
        for row in table.rows:
            cells = [(c, parse(cell.text)) for c, cell in enumerate(row.cells) if cell is not None]
            shares = [(c, n) for c, n in cells if n is not None and n.unit == "%"]
            if len(shares) < 2:
                continue
            best: list[Check] = []
            for other in before.rows:
                if other is base:
                    continue
                checks = list(_below(before, base, other, row, shares))
                if _fits(checks) > _fits(best) or (
                    _fits(checks) == _fits(best) and best and other.label == row.label
                ):
                    best = checks
            if best and _support(best) >= 0.5 and len(best) > 1:
                yield from best


def _fits(checks: Sequence[Check]) -> int:
    return sum(c.verdict != "wrong" for c in checks)


def _below(
    before: View, base: Row, other: Row, row: Row, shares: Sequence[tuple[int, Number]]
) -> Iterator[Check]:
    for index, share in shares:
        column = before.columns[index]
        q, b = before.value(other, column), before.value(base, column)
        cell = row.cells[index]
        if q is None or b is None or cell is None:
            continue
        formulas: tuple[Formula, ...] = ("lower",) if LOWER.search(column.name) else ("higher",)
        found = None
        for formula in formulas:
            found = verdict(formula, share, q, b, 1.0)
        if found is None:
            continue
        value = reckon(formulas[0], q.value, b.value)
        yield Check(
            "recovery-below",
            "recovery",
            found,
            cell.line,
            cell.column,
            number_text(share),
            f"{shown(value, share.decimals)}%",
            f"recovery of {other.label}, {column.name}: {shown(value, share.decimals + 2)}% from "
            f"{q.text} and {b.text}, printed {number_text(share)}",
            (
                input_of(base.label, base.cells[index]),
                input_of(other.label, other.cells[index]),
            ),
            lean=lean(share, value),
        )
