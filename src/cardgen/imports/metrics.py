"""What is known of accuracy metrics by their names: direction and scale.

Only definitions stand here; a metric that is not listed is not guessed at.
"""

from __future__ import annotations

import re

from cardgen.records import Scale

LOWER_IS_BETTER = frozenset(
    {
        "perplexity",
        "word_perplexity",
        "byte_perplexity",
        "bits_per_byte",
        "brier_score",
        "ter",
        "wer",
        "cer",
    }
)
"""Errors and surprises. Their definition outweighs a file that claims the contrary."""

_HIGHER = re.compile(
    r"(acc|.*_acc|acc_.*|.*accuracy|exact_match.*|em|f1|.*_f1|mcc|bleu|bleu_.*|chrf|chrf\+\+|rouge.*|"
    r"pass@\d+|pass_at_\d+|.*correctness|vqa_match|anls|.*average|.*average_score|likelihood)",
    re.IGNORECASE,
)
_FRACTION = re.compile(
    r"(acc|.*_acc|acc_.*|.*accuracy|exact_match.*|em|f1|.*_f1|pass@\d+|pass_at_\d+|"
    r".*correctness|vqa_match|anls|brier_score)",
    re.IGNORECASE,
)


def higher_is_better(metric: str) -> bool | None:
    """Which way is better by the metric's definition; None where its name does not say."""
    if metric in LOWER_IS_BETTER:
        return False
    return True if _HIGHER.fullmatch(metric) else None


def scale(metric: str, value: float) -> Scale:
    """`fraction` for metrics that lie between 0 and 1 and do so here; else `points`.

    Some harnesses give such a metric as a percentage: its value is kept as points, never divided.
    """
    return "fraction" if _FRACTION.fullmatch(metric) and 0 <= value <= 1 else "points"
