"""How good answers are: exact match and word error rate in percent, CIDEr as it is."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple


class Score(NamedTuple):
    """A metric's value over all answers, with its standard error where it has a simple one."""

    metric: str
    value: float
    higher_is_better: bool
    n: int
    stderr: float | None = None


def score(metric: str, answers: Sequence[str], references: Sequence[Sequence[str]]) -> Score:
    """The answers judged against their references, each of which may be several."""
    if metric == "WER":
        return _word_error_rate(answers, references)
    if metric == "CIDEr":
        return _cider(answers, references)
    return _exact_match(answers, references)


def plain(text: str) -> str:
    """A text as it is compared: lower case, single spaces, no full stop at its end."""
    return " ".join(text.casefold().split()).removesuffix(".")


def _exact_match(answers: Sequence[str], references: Sequence[Sequence[str]]) -> Score:
    hits = [
        plain(answer) in {plain(reference) for reference in right}
        for answer, right in zip(answers, references, strict=True)
    ]
    n = len(hits)
    share = sum(hits) / n
    stderr = 100 * math.sqrt(share * (1 - share) / (n - 1)) if n > 1 else None
    return Score("Exact match (%)", 100 * share, True, n, stderr)  # noqa: FBT003


def _word_error_rate(answers: Sequence[str], references: Sequence[Sequence[str]]) -> Score:
    """Wrong words over all words of the references; of several references the nearest counts."""
    import jiwer

    wrong = words = 0
    for answer, right in zip(answers, references, strict=True):
        best = min(
            (jiwer.process_words(plain(text) or "-", plain(answer)) for text in right),
            key=lambda found: found.wer,
        )
        wrong += best.substitutions + best.deletions + best.insertions
        words += best.hits + best.substitutions + best.deletions
    return Score("WER (%)", 100 * wrong / words, False, len(answers))  # noqa: FBT003


def _cider(answers: Sequence[str], references: Sequence[Sequence[str]]) -> Score:
    """CIDEr of pycocoevalcap over lower-case words; its own tokenizer would need Java."""
    from pycocoevalcap.cider.cider import Cider

    said = {index: [_words(answer)] for index, answer in enumerate(answers)}
    right = {index: [_words(text) for text in texts] for index, texts in enumerate(references)}
    value, each = Cider().compute_score(right, said)
    n = len(each)
    stderr = float(each.std(ddof=1)) / math.sqrt(n) if n > 1 else None
    return Score("CIDEr", float(value), True, n, stderr)  # noqa: FBT003


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold())) or "-"
