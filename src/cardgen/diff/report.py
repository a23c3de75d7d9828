"""What a comparison found: changes with their verdicts, counts, remarks. Data only.

The classes are the published JSON format (`cardgen schema diff`): a change of a field's name or
meaning raises `FORMAT`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

FORMAT: Final = 1

Verdict = Literal[
    "regressed",
    "value-to-missing",
    "removed",
    "unit-changed",
    "incomparable",
    "inconclusive",
    "improved",
    "missing-to-value",
    "added",
    "within-noise",
    "prose-only",
]
"""The closed set, the worst first."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

DOUBTFUL: frozenset[Verdict] = frozenset(VERDICTS[: VERDICTS.index("improved")])
"""What `--strict` refuses: a regression, and whatever could hide one."""


@dataclass(frozen=True, slots=True)
class Side:
    """A subject's value on one side: what the card shows, and what stands behind it.

    `low` and `high` are the rounding of printed numbers and the range of the runs. Without a
    value, `reason` says why. `records` are run files with JSON pointers.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    runs: int = 0
    revisions: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """New over old with its interval, and how sure it is.

    `low` and `high` bound the ratio at the level that the correction held it to (None: without
    bound); `threshold` is the metric's practical one; `p_value` is that of a ratio within it.
    Where nothing can be tested, only `estimate` and `threshold` are given.
    """

    estimate: float
    threshold: float
    low: float | None = None
    high: float | None = None
    level: float | None = None
    p_value: float | None = None
    corrected_p_value: float | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the two sides.

    A change of a measurement has `kind`, `model`, `identity` and `metric`; one of words has the
    `file` and its `lines` as a unified diff.
    """

    verdict: Verdict
    kind: str | None = None
    model: str | None = None
    identity: dict[str, str | int | float | bool] = field(default_factory=dict)
    metric: str | None = None
    higher_is_better: bool | None = None
    before: Side | None = None
    after: Side | None = None
    ratio: Ratio | None = None
    reason: str | None = None
    file: str | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many quantities stand on both sides, how many of them are the same, and each verdict."""

    compared: int
    unchanged: int
    verdicts: dict[Verdict, int]


@dataclass(frozen=True, slots=True)
class Report:
    """One card's comparison: the sides by name, the counts, the changes (the worst first)."""

    card: str
    before: str
    after: str
    counts: Counts
    changes: tuple[Change, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What `cardgen diff --format json` prints: a report a card."""

    format: Literal[1]
    cards: tuple[Report, ...]


def counts(changes: tuple[Change, ...], *, compared: int, unchanged: int) -> Counts:
    """The counts of a comparison; every verdict is there, if only with zero."""
    found = Counter(change.verdict for change in changes)
    return Counts(compared, unchanged, {verdict: found[verdict] for verdict in VERDICTS})


def summary(report: Report) -> str:
    """`38 compared, 2 regressed, 4 inconclusive, 32 unchanged`."""
    verdicts = report.counts.verdicts
    parts = [f"{report.counts.compared} compared"]
    parts += [f"{verdicts[verdict]} {verdict}" for verdict in VERDICTS if verdicts[verdict]]
    parts.append(f"{report.counts.unchanged} unchanged")
    return ", ".join(parts)
