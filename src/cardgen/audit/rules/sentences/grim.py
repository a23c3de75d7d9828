"""Shares of right answers that no whole number of answers gives."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cardgen.audit.findings import Finding
from cardgen.audit.number import Number
from cardgen.audit.subject import Subject

KNOWN: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(pattern, re.I), count)
    for pattern, count in (
        (r"^arc[-_ ]?challenge", 1172),
        (r"^gsm[-_ ]?8k(?![-_ ]?(?:platinum|symbolic|plus|hard))", 1319),
        (r"^gsm[-_ ]?8k[-_ ]?platinum", 1209),
        (r"^winogrande", 1267),
        (r"^hellaswag", 10042),
        (r"^piqa", 1838),
        (r"^boolq", 3270),
        (r"^openbookqa|^obqa", 500),
        (r"^rte$", 277),
    )
)


def whole_answers(subject: Subject) -> Iterator[Finding]:
    """GRIM: a share of right answers among N is k/N for a whole k, and prints so.

    Where the row says N, a value that no k gives is a warning; where N is the known size of the
    benchmark's test set, a note, because a card may have run a part or another split. Means over
    several runs and weighted metrics are no shares. Source: Brown and Heathers, 2017.
    """
    for table in subject.views:
        columns = table.of("score")
        if not columns:
            continue
        for row in table.rows[:2000]:
            if row.role != "data":
                continue
            stated = re.search(r"\bn\s?=\s?(\d{2,5})\b", row.label, re.I)
            known = next((n for p, n in KNOWN if p.match(row.label)), None)
            count = int(stated[1]) if stated else known
            if count is None or re.search(
                r"\bavg|mean|repeat|runs|f1|weighted|mc2", row.label, re.I
            ):
                continue
            for column in columns:
                number, cell = table.value(row, column), row.cells[column.at]
                if (
                    number is None
                    or cell is None
                    or number.rest
                    or not _reachable_matters(number, count)
                ):
                    continue
                share = (
                    number.value if number.value > 1 or number.unit == "%" else 100 * number.value
                )
                step = number.step if share == number.value else 100 * number.step
                k = round(share * count / 100)
                if any(
                    abs(100 * near / count - share) <= step * (1 + 1e-9)
                    for near in (k - 1, k, k + 1)
                    if 0 <= near <= count
                ):
                    continue
                yield Finding(
                    "whole-answers",
                    "average",
                    "warning" if stated else "note",
                    cell.line,
                    cell.column,
                    cell.text,
                    f"{100 * k / count:.{max(number.decimals, 2)}f}",
                    f"no whole number of right answers out of {count} gives {cell.text} "
                    f"({k} give {100 * k / count:.4f})",
                )


def _reachable_matters(number: Number, count: int) -> bool:
    """Whether some values are not reachable at this precision: one step is less than 100/N."""
    share_step = number.step if number.value > 1 else 100 * number.step
    return 0 < number.value <= 100 and share_step * 2 < 100 / count
