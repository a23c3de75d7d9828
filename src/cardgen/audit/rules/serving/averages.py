"""Average cost reductions and speed-ups: means over scenarios of ratios to the base."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from cardgen.audit.check import Check, input_of, lean, number_text
from cardgen.audit.findings import Finding, Input
from cardgen.audit.number import judge, shown
from cardgen.audit.roles import Column
from cardgen.audit.rules.serving.block import Block, blocks, model_of
from cardgen.audit.rules.serving.ratios import Mean, arithmetic, compared, geometric, point, ratios
from cardgen.audit.rules.support import fits
from cardgen.audit.subject import Subject


def mean_ratios(subject: Subject) -> Iterator[Check]:
    """An average cost reduction is the mean over scenarios of the ratio of queries per dollar to
    the base on the same hardware; a speed-up that of latencies or rates.

    The geometric mean and the ratio of sums are accepted where most of a table's rows support them.
    Source: published cards with a column "Average Cost Reduction". Cannot know: scenarios not
    shown.
    """
    by_table: dict[int, list[Block]] = defaultdict(list)
    for block in blocks(subject):
        by_table[block.table.number].append(block)
    for group in by_table.values():
        table = group[0].table
        for column in table.of("cost", "speedup"):
            roles = compared(table, column)
            if not roles:
                continue
            best: list[Check] = []
            for means in (arithmetic, geometric):
                checks = list(_mean_checks(group, column, roles, means))
                if fits(checks) > fits(best):
                    best = checks
            if not best:
                best = [
                    c._replace(certain=False)
                    for c in _mean_checks(group, column, roles, arithmetic)
                ]
                if len(best) != 1:
                    continue
            if fits(best) * 2 >= len(best) or len(best) == 1:
                yield from best


def _mean_checks(
    group: Sequence[Block], column: Column, roles: Sequence[str], means: Mean
) -> Iterator[Check]:
    for block in group:
        table, base = block.table, block.base
        if base is None or not table.sound(base):
            continue
        for row in block.rows:
            printed = table.value(row, column)
            cell = row.cells[column.at]
            if row is base or printed is None or cell is None or not table.sound(row):
                continue
            found = ratios(table, row, base, roles)
            if not found or len(found) != len(ratios(table, base, base, roles)):
                continue
            interval = means([r for _, r in found])
            points = [point(table, row, base, c) for c, _ in found]
            value = math.fsum(points) / len(points)
            what = "cost reduction" if column.role == "cost" else "speed-up"
            yield Check(
                f"average-{column.role}",
                "cost-reduction" if column.role == "cost" else "speedup",
                judge(printed, interval),
                cell.line,
                cell.column,
                number_text(printed),
                shown(value, printed.decimals),
                f"{what} of {model_of(table, row)} on {block.hardware or 'this hardware'}: the "
                f"mean of "
                f"{len(found)} ratios is {shown(value, printed.decimals + 2)}, printed "
                f"{number_text(printed)}",
                tuple(input_of(c.name, row.cells[c.at]) for c, _ in found[:20]),
                lean=lean(printed, value) if "qpd" in roles else 0,
            )


def outlying_averages(subject: Subject) -> Iterator[Finding]:
    """An average of ratios that one scenario makes: twice as good as the next one. A note."""
    for block in blocks(subject):
        table, base = block.table, block.base
        if base is None or not table.sound(base):
            continue
        for column in table.of("cost", "speedup"):
            roles = compared(table, column)
            for row in block.rows:
                printed, cell = table.value(row, column), row.cells[column.at]
                if row is base or printed is None or cell is None or not table.sound(row):
                    continue
                points = sorted(
                    ((point(table, row, base, c), c) for c, _ in ratios(table, row, base, roles)),
                    key=lambda item: -item[0],
                )
                if (
                    len(points) < 3
                    or points[0][0] < 2 * points[1][0]
                    or not math.isfinite(points[0][0])
                ):
                    continue
                rest = math.fsum(p for p, _ in points[1:]) / (len(points) - 1)
                top = points[0][1]
                yield Finding(
                    "outlying-scenario",
                    "cost-reduction" if column.role == "cost" else "speedup",
                    "note",
                    cell.line,
                    cell.column,
                    number_text(printed),
                    shown(rest, printed.decimals),
                    f"{model_of(table, row)}: {number_text(printed)} rests on one scenario "
                    f"({shown(points[0][0], 2)}, {' / '.join(top.heading[:1])}); the mean of "
                    f"the others is "
                    f"{shown(rest, printed.decimals)}",
                    (
                        Input(
                            top.name,
                            (c.text if (c := row.cells[top.at]) else ""),
                            cell.line,
                            cell.column,
                        ),
                    ),
                )
