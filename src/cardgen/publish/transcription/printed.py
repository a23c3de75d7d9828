"""A printed number as a reading: its value and how far it was printed."""

from __future__ import annotations

import re
from typing import Any

Data = dict[str, Any]
PREFIXES = {"": 0, "k": 3, "K": 3, "M": 6, "G": 9, "B": 9, "T": 12, "P": 15}
NUMBER = re.compile(
    r"(?P<number>[-−]?\d+(?:[.,]\d+)*)\s*(?P<prefix>[kKMGBTP]?)\s*(?P<unit>%|[x×])?"
    r"(?:\s*\([a-z](?:,\s*[a-z])*\))?"
)
THOUSANDS = re.compile(r"[-−]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
NOTHING = frozenset({"", "-", "–", "—", "--", "---", "n/a", "na", "tba", "tbd", "***", "?", "%"})


def is_nothing(text: str) -> bool:
    """Whether a cell says that there is no number."""
    return re.sub(r"\s*\([a-z]\)$|[*\\]", "", text).strip().lower() in NOTHING


def reading(text: str) -> Data | None:
    """The number that a cell holds, and nothing else; None for words and several numbers.

    A footnote's letter behind it is passed over, a prefix (G, T) is counted in. Published values
    are rounded or cut: which of the two is not known.
    """
    found = NUMBER.fullmatch(text.replace("**", "").strip())
    if found is None:
        return None
    digits = found["number"].replace("−", "-")
    if THOUSANDS.fullmatch(digits):
        digits = digits.replace(",", "")
    if digits.count(",") + digits.count(".") > 1:
        return None
    digits = digits.replace(",", ".")
    scale = PREFIXES[found["prefix"]]
    value = float(f"{digits}e{scale}")
    decimals = len(digits.partition(".")[2]) - scale
    return {"value": value, "decimals": decimals, "rounding": "unknown"}


def finer(one: Data, other: Data) -> Data | None:
    """The one of two printed values that says more; None where they cannot be the same."""
    if one["decimals"] < other["decimals"]:
        one, other = other, one
    unit = 10.0 ** -other["decimals"]
    return one if abs(one["value"] - other["value"]) < unit * (1 + 1e-9) else None
