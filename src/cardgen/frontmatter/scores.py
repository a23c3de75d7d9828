"""A card's scores without the table around them: what each was, in a few words, and its number.

Owns the words that tell one score from another in the Hub's metadata (docs/metadata.md). They come
from the score's own record alone, so another row never renames it. Must not know YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cardgen.derive.quantity import Quantity
from cardgen.records import AccuracyMeasurement, Setting
from cardgen.spec.base import localized
from cardgen.tables.scores import Row

HEADER_LANGUAGE = "en"
"""Names in the header are read by the Hub's search and leaderboards: English where there is a
choice."""

LIMITS = ("limit", "max_samples", "num_examples")
"""How lm-eval, lighteval and simple-evals call a run of a part of the questions."""

# In settings of their own, in arguments (`a=b,enable_thinking=False`) and in JSON inside those.
_SET = r"\b[\\\"']*\s*[=:]\s*[\\\"']*"
_THINKING = re.compile(
    rf"\b(?:enable_)?thinking{_SET}(?:(true|on|enabled)|false|off|disabled)\b", re.I
)
_EFFORT = re.compile(rf"\breasoning_effort{_SET}(?!null|none)(\w+)", re.I)


class Score(NamedTuple):
    """A score that the card prints; `value` is the printed number, `title` the row's title.

    Its texts are one line each: of the line breaks that YAML knows, the Hub's client loses some.
    """

    title: str
    record: AccuracyMeasurement
    quantity: Quantity
    value: float

    @property
    def task(self) -> str:
        """The task's name."""
        return _line(self.record.task)

    @property
    def split(self) -> str | None:
        """The split of the data that was scored."""
        return _line(self.record.split or "") or None

    @property
    def config(self) -> str | None:
        """How the task was put, as far as the record says: `5-shot, CoT, strict-match`.

        A run of a part of the questions is another set of questions, so its limit stands here too.
        """
        record, limit = self.record, _limit(self.record.settings)
        parts = (
            None if record.n_shot is None else f"{record.n_shot}-shot",
            {True: "CoT", False: "no CoT", None: None}[record.chain_of_thought],
            *_reasoning(record.settings),
            record.variant,
            record.language,
            f"limit {limit}" if limit is not None and self.part is not None else None,
        )
        told = (_line(part) for part in parts if part)
        return ", ".join(dict.fromkeys(part for part in told if part)) or None

    @property
    def metric(self) -> str:
        """The metric's name, as the tool calls it."""
        return _line(self.record.metric)

    @property
    def metric_name(self) -> str:
        """The metric with what its number alone would hide: lower is better, a part was scored."""
        lower = None if self.record.higher_is_better else "lower is better"
        more = "; ".join(part for part in (lower, self.part) if part)
        return f"{self.metric} ({more})" if more else self.metric

    @property
    def part(self) -> str | None:
        """How much of the task was scored, where that is not all of it, in the smallest run."""
        shares = (_part(record) for record in _records(self.quantity, self.record))
        known = [share for share in shares if share is not None]
        return min(known)[1] if known else None


def scores(rows: Sequence[Row], digits: Mapping[str, str]) -> Iterator[Score]:
    """The scores that the card prints, in its order; one that stands in two rows comes once.

    `digits` is what each cell of the accuracy table prints, by its address.
    """
    seen = set()
    for row in rows:
        text = digits.get(f"accuracy/{row.key}/quantized")
        if row.record is None or not isinstance(row.quantized, Quantity) or not text:
            continue
        places = tuple((leaf.file, leaf.pointer) for leaf in row.quantized.leaves())
        if places in seen:
            continue
        seen.add(places)
        label = row.label[0] if isinstance(row.label, tuple) else row.label
        title = localized(label if isinstance(label, dict) else str(label), HEADER_LANGUAGE)
        record = _records(row.quantized, row.record)[0]
        yield Score(_line(title), record, row.quantized, float(text))


def _line(text: str) -> str:
    return " ".join(text.split())


def _records(quantity: Quantity, other: AccuracyMeasurement) -> list[AccuracyMeasurement]:
    """The records behind a score; a row's own may be the base model's."""
    stored = (leaf.stored for leaf in quantity.leaves())
    found = (item.measurement for item in stored if item is not None)
    return [record for record in found if isinstance(record, AccuracyMeasurement)] or [other]


def _part(record: AccuracyMeasurement) -> tuple[float, str] | None:
    """The share that was scored and its words; None for all of the task, or as far as is known."""
    scored, expected, limit = record.n_scored, record.n_expected, _limit(record.settings)
    if scored is not None and expected is not None and scored < expected:
        return scored / expected, f"{scored} of {expected} samples"
    if limit is None or (scored is not None and expected is not None and _above(limit, expected)):
        return None
    return 0.0, f"limit {limit}"


def _above(limit: str, expected: int) -> bool:
    """Whether a limit left all of the expected samples; one as large as they are may be theirs."""
    return limit.isdecimal() and int(limit) > expected


def _limit(settings: Mapping[str, Setting]) -> str | None:
    """The limit that a run had, as its tool was told; None or below zero is none."""
    for name in LIMITS:
        value = settings.get(name)
        if isinstance(value, str) and value.strip().lower() not in ("", "none", "null", "-1"):
            return value.strip()
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return str(int(value)) if value == int(value) else str(value)
    return None


def _reasoning(settings: Mapping[str, Setting]) -> Iterator[str]:
    """Whether the model was to think before it answered, and how hard, by the tool's settings."""
    said = "\n".join(f"{name}={value}" for name, value in settings.items())
    if found := _THINKING.search(said):
        yield "thinking" if found[1] else "no thinking"
    if found := _EFFORT.search(said):
        yield f"{found[1].lower()} reasoning effort"
