"""What an average's label says of the values that it is of: how many."""

from __future__ import annotations

import re

COUNTED = re.compile(
    r"\(\s*(?:of\s+)?(\d{1,3})\s+(?:tasks?|datasets?|data sets|benchmarks?|subsets?|"
    r"languages?|задач\w*|датасет\w*|бенчмарк\w*|язык\w*)\s*\)",
    re.I,
)


def counted(label: str, count: int) -> bool:
    """Whether a label that says how many values it averages says this many."""
    said = COUNTED.search(label)
    return said is None or int(said[1]) == count
