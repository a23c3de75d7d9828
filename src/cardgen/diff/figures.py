"""How a change is written for people: its subject, its two values, its ratio. No markup."""

from __future__ import annotations

import math

from cardgen.diff.report import Change, Side

PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"))
PREFIXED = ("B", "FLOP")
SIGNIFICANT = 4
ALL_DIGITS = 17
ABSENT = "—"


def subject(change: Change) -> str:
    """`tiny-w4a16, mmmu, acc, val`: the model without its organisation, the identity's parts."""
    if change.file is not None:
        return change.file
    parts = [(change.model or "").rsplit("/", 1)[-1]]
    given = dict(change.identity)
    count = given.pop("hardware_count", None)
    if count is not None and count != 1:
        given["hardware"] = f"{count}×{given.get('hardware')}"
    for name, value in given.items():
        words = SWITCHES[name][bool(value)] if name in SWITCHES else LABELS.get(name)
        parts.append(str(value) if words is None else words.format(value))
    return ", ".join(part for part in parts if part)


LABELS = {
    "batch_size": "batch {}",
    "image_size": "image {}",
    "sequence_length": "length {}",
    "n_shot": "{}-shot",
    "load": "load {}",
}
SWITCHES = {"chain_of_thought": ("no chain of thought", "chain of thought")}


def metric(change: Change) -> str:
    """The metric's name in words, `request latency`; nothing for words."""
    name = (change.metric or "").replace("-", " ")
    return name.removeprefix("quality ") if name != "quality" else name


def values(change: Change) -> tuple[str, str]:
    """Both values with as many digits as it takes to tell them apart, and the unit behind."""
    sides = (change.before, change.after)
    numbers = [side.value for side in sides if side is not None and side.value is not None]
    digits = SIGNIFICANT
    while len(numbers) == 2 and numbers[0] != numbers[1] and digits < ALL_DIGITS:
        if f"{numbers[0]:.{digits}g}" != f"{numbers[1]:.{digits}g}":
            break
        digits += 1
    first, second = (_side(side, digits) for side in sides)
    return first, second


def _side(side: Side | None, digits: int) -> str:
    if side is None or side.value is None:
        return ABSENT
    value, unit = side.value, side.unit
    if unit in PREFIXED:
        for size, prefix in PREFIXES:
            if abs(value) >= size:
                value, unit = value / size, prefix + unit
                break
    text = f"{value:.{digits}g}"
    if "e" in text and 1 <= abs(value) < 1e15:
        text = f"{value:.0f}"
    return f"{text} {unit}".rstrip() if unit != "%" else f"{text}%"


def ratio(change: Change) -> str:
    """`×1.052 [1.031, 1.074]`: new over old with its interval; empty where there is none."""
    found = change.ratio
    if found is None or change.verdict == "incomparable":
        return ""
    text = f"×{_factor(found.estimate)}"
    if found.method is not None:
        low = "0" if found.low is None else _factor(found.low)
        high = "∞" if found.high is None else _factor(found.high)
        text += f" [{low}, {high}]"
    return text


def _factor(value: float) -> str:
    if 0.01 <= value < 100:
        return f"{value:.3f}"
    return f"{value:.3g}" if math.isfinite(value) else "∞"


def why(change: Change) -> str:
    """What the verdict rests on, in a few words."""
    if change.reason:
        return change.reason
    found = change.ratio
    if found is None or found.method is None:
        return ""
    limit = f"threshold {found.threshold * 100:g}%"
    if found.corrected_p_value is None:
        return f"{limit}; {found.method}"
    p = found.corrected_p_value
    shown = "p below 0.0001" if p < 0.0001 else f"p = {p:.2g}"
    return f"{limit}; {found.method}, {runs(change)}, corrected {shown}"


def runs(change: Change) -> str:
    """`3 and 5 runs`."""
    counts = [side.runs if side else 0 for side in (change.before, change.after)]
    return f"{counts[0]} and {counts[1]} runs"
