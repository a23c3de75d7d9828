"""The accuracy table: categories by rowspan, tasks, base and quantized scores, recovery."""

from __future__ import annotations

from collections.abc import Sequence

from cardgen.card import Card
from cardgen.derive import accuracy
from cardgen.derive.quantity import Absent, Quantity, Value
from cardgen.language import Message
from cardgen.metrics import DETECTABLE, DIFFERENCE, RECOVERY, RECOVERY_INTERVAL, SCORE
from cardgen.spec.base import Localized, localized
from cardgen.tables.model import Cell, Table, settle, slug
from cardgen.tables.scores import NO_RATIO, NO_SPREAD, PARTLY, Row, rows
from cardgen.tables.unlike import Unlike


def table(card: Card) -> Table | None:
    """The accuracy table, or None where the card has no scores and plans none."""
    tasks = rows(card)
    if not tasks:
        return None
    specification = card.specification
    recoveries = [row.recovery() for row in tasks]
    differences = [row.difference() for row in tasks]
    with_base = specification.base_model is not None
    with_interval = with_base and any(map(_tells_interval, differences))
    with_paired = any(not isinstance(row.paired, Absent) for row in tasks)
    with_category = any(row.category for row in tasks)

    body: list[list[Cell]] = []
    for start, stop in _groups(tasks):
        first = len(body)
        group = tasks[start:stop]
        for index in range(start, stop):
            cells = _cells(tasks[index], recoveries[index], with_base=with_base)
            if with_interval:
                cells.append(_difference_cell(tasks[index], differences[index]))
            if with_paired:
                cells += _paired_cells(tasks[index])
            body.append(cells)
        category = group[0].category
        if _averaged(category, specification.accuracy.average):
            cells = _average(card, group, recoveries[start:stop], category)
            body.append(cells + [Cell("")] * (with_interval + 2 * with_paired))
        if with_category:
            span = len(body) - first
            body[first].insert(0, Cell(category or "", rowspan=span, bold=True))
    if specification.accuracy.average == "all":
        cells = _average(card, tasks, recoveries, None)
        rest = [Cell("")] * (with_interval + 2 * with_paired)
        body.append([Cell("")] * with_category + cells + rest)

    head = [Cell(Message("Category"), header=True)] * with_category
    head.append(Cell(Message("Benchmark"), header=True))
    if with_base:
        head.append(Cell(specification.base_model or "", header=True))
    head.append(Cell(specification.model, header=True))
    if with_base:
        head.append(Cell(Message("Recovery (%)"), header=True))
    if with_interval:
        head.append(Cell(Message("Difference, 95% interval"), header=True))
    if with_paired:
        head.append(Cell(Message("Recovery (%), 95% interval"), header=True))
        head.append(Cell(Message("Smallest detectable change"), header=True))
    made = Table("accuracy", Message("Accuracy"), [head], body)
    return settle(made, mixed=len(card.records.origins) > 1)


def _tells_interval(difference: Value) -> bool:
    """Whether a row has an interval, or lacks it for a reason that no other part of the card
    gives."""
    told = (accuracy.NO_ERROR_OF_MEDIAN, accuracy.ZERO_ERROR)
    return isinstance(difference, Quantity) or any(difference is one for one in told)


def _groups(tasks: Sequence[Row]) -> list[tuple[int, int]]:
    """Runs of rows that share a category, as [start, stop)."""
    groups: list[tuple[int, int]] = []
    start = 0
    for index in range(1, len(tasks) + 1):
        if index == len(tasks) or tasks[index].group != tasks[start].group:
            groups.append((start, index))
            start = index
    return groups


def _averaged(category: Localized | None, wanted: Sequence[str] | str) -> bool:
    if category is None or isinstance(wanted, str):
        return False
    return localized(category, "en") in wanted


def _cells(row: Row, recovery: Value, *, with_base: bool, bold: bool = False) -> list[Cell]:
    address = f"accuracy/{row.key}"
    cells = [Cell(row.label, bold=bold)]
    if with_base:
        cells.append(
            Cell(row.base, SCORE, address=f"{address}/base", bold=bold, remark=row.base_remark)
        )
    cells.append(
        Cell(row.quantized, SCORE, address=f"{address}/quantized", bold=bold, remark=row.remark)
    )
    if with_base:
        remark = row.unlike.remark
        cells.append(
            Cell(recovery, RECOVERY, address=f"{address}/recovery", bold=bold, remark=remark)
        )
    return cells


def _difference_cell(row: Row, value: Value) -> Cell:
    remark = None
    if not isinstance(row.paired, Absent):
        remark = Message("paired over %(count)s samples", {"count": row.paired.samples})
    return Cell(value, DIFFERENCE, address=f"accuracy/{row.key}/difference", remark=remark)


def _paired_cells(row: Row) -> list[Cell]:
    """What the samples that both models answered say beyond the difference."""
    kept: Value
    detectable: Value
    if isinstance(row.paired, Absent):
        kept = detectable = row.paired
    else:
        positive = min(row.paired.ends) > 0
        missing = NO_SPREAD if positive else NO_RATIO
        kept, detectable = row.paired.recovery or missing, row.paired.detectable
    address = f"accuracy/{row.key}"
    return [
        Cell(kept, RECOVERY_INTERVAL, address=f"{address}/recovery-interval"),
        Cell(detectable, DETECTABLE, address=f"{address}/detectable"),
    ]


def _average(
    card: Card,
    group: Sequence[Row],
    recoveries: Sequence[Value],
    category: Localized | None,
) -> list[Cell]:
    base = accuracy.average([row.base for row in group])
    quantized = accuracy.average([row.quantized for row in group])
    directions = {row.higher_is_better for row in group}
    mixed = Absent(Message("higher is better for some of the tasks, lower for others"))
    recovery: Value
    refused = next((row.unlike.refused for row in group if row.unlike.refused is not None), None)
    if refused is not None:
        reason = {"reason": refused.reason}
        recovery = Absent(Message("a task it averages over has no recovery: %(reason)s", reason))
    elif card.specification.accuracy.average_recovery == "mean-of-recoveries":
        recovery = accuracy.mean_recovery(recoveries)
    elif len(directions) > 1:
        base = quantized = recovery = mixed
    else:
        recovery = accuracy.recovery(quantized, base, higher_is_better=directions.pop())
    key = f"average-{slug(localized(category, 'en'))}" if category else "average"
    row = Row(
        key,
        Message("Average score"),
        category,
        base,
        quantized,
        higher_is_better=True,
        base_remark=PARTLY if any(row.base_remark for row in group) else None,
        remark=PARTLY if any(row.remark for row in group) else None,
        unlike=Unlike(remark=next((r.unlike.remark for r in group if r.unlike.remark), None)),
    )
    return _cells(row, recovery, with_base=card.specification.base_model is not None, bold=True)
