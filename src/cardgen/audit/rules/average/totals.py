"""Numbers that are a sum: totals, and acceptance lengths out of the rates by position."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cardgen.audit.check import Check, input_of, lean, number_text, title
from cardgen.audit.number import shown
from cardgen.audit.rules.support import fits, support
from cardgen.audit.subject import Subject


def sums(subject: Subject) -> Iterator[Check]:
    """A total row is the sum of the rows above it; where one column fits, the others must."""
    for table in subject.views:
        for position, row in enumerate(table.rows):
            if row.role != "total":
                continue
            above = [r for r in table.rows[:position] if r.role == "data"]
            checks: list[Check] = []
            for column in table.columns:
                printed = table.value(row, column)
                cell = row.cells[column.at]
                numbers = [
                    n for n in (table.value(r, column) for r in above[:20_000]) if n is not None
                ]
                if (
                    printed is None
                    or cell is None
                    or len(numbers) < 2
                    or len(numbers) != len(above)
                ):
                    continue
                value = math.fsum(n.value for n in numbers)
                low = math.fsum(n.rounded[0] for n in numbers)
                high = math.fsum(n.rounded[1] for n in numbers)
                follows = low <= printed.rounded[1] and printed.rounded[0] <= high
                checks.append(
                    Check(
                        "sum",
                        "average",
                        "both" if follows else "wrong",
                        cell.line,
                        cell.column,
                        number_text(printed),
                        shown(value, printed.decimals),
                        f"{title(row, column)}: the rows above add up to "
                        f"{shown(value, printed.decimals)}, "
                        f"printed {number_text(printed)}",
                        lean=lean(printed, value),
                    )
                )
            if fits(checks):
                yield from checks


def acceptance_lengths(subject: Subject) -> Iterator[Check]:
    """The mean acceptance length of a speculator is 1 + the sum of its acceptance rates by
    position.

    Source: speculative decoding; every step gives one token of the verifier and those accepted.
    Only where most rows support it; rates as percentages or fractions.
    """
    for table in subject.views:
        positions = table.of("position")
        for column in table.of("length"):
            if len(positions) < 2:
                continue
            checks: list[Check] = []
            for row in table.rows:
                printed = table.value(row, column)
                cell = row.cells[column.at]
                numbers = [n for n in (table.value(row, c) for c in positions) if n is not None]
                if printed is None or cell is None or len(numbers) != len(positions):
                    continue
                scale = 0.01 if any(n.unit == "%" or n.value > 1 for n in numbers) else 1.0
                value = 1 + scale * math.fsum(n.value for n in numbers)
                low = 1 + scale * math.fsum(n.rounded[0] for n in numbers)
                high = 1 + scale * math.fsum(n.rounded[1] for n in numbers)
                near, far = printed.rounded
                decimals = printed.decimals
                if printed.text.endswith("0") and printed.decimals > 2:
                    # 3.410 beside 3.41 and 2.66: the last zero was added, the value had two digits.
                    coarse = printed._replace(decimals=printed.decimals - 1)
                    near, far = coarse.rounded
                follows = low <= far + 1e-9 and near <= high + 1e-9
                checks.append(
                    Check(
                        "acceptance-length",
                        "average",
                        "both" if follows else "wrong",
                        cell.line,
                        cell.column,
                        number_text(printed),
                        shown(value, decimals),
                        f"{title(row, column)}: 1 + the acceptance rates is "
                        f"{shown(value, decimals)}, "
                        f"printed {number_text(printed)}",
                        tuple(input_of(c.name, row.cells[c.at]) for c in positions[:40]),
                        lean=lean(printed, value),
                    )
                )
            if support(checks) > 0.5:
                yield from checks
