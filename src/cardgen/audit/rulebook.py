"""Every rule by the name that findings carry, with its help: the docstring of what checks it.

Owns the names. A name that a rule uses and this book lacks fails a test.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import NamedTuple

REPAIRS = {
    "broken-end-tag": "A cell that ends in what should be its end tag: `(s)th>`, `/td>`.",
    "cell-closed-by-opening-tag": "A cell closed by an opening tag, `<th>…<th>`: a browser makes an"
    " empty column of it.",
    "code-open": "A code block that is never closed.",
    "comment-open": "A comment that is never closed: a browser hides all that follows.",
    "empty-row": "A table row without cells.",
    "end-tag-of-another-kind": "A cell closed by the end tag of another kind, `<th>…</td>`.",
    "front-matter-open": "A metadata header that is never closed.",
    "header-width": "A header of fewer or more columns than the rows below it: values stand under"
    " wrong headings.",
    "row-width": "A row that fills fewer or more columns than the others: its values are shifted.",
    "rowspan-overrun": "A rowspan that reaches beyond the rows that are left in its table.",
    "stray-end-tag": "An end tag that closes no cell.",
    "table-open": "A table that is never closed.",
    "text-outside-cells": "Text between the cells of a table: a browser shows it before the table.",
}
"""What a browser has to guess at; found by `rules.layout.repairs`."""

CHECKED_BY = {
    "acceptance-length": "average.acceptance_lengths",
    "activation-scheme": "models.activation_schemes",
    "architecture": "models.sizes",
    "average": "average.average_rows",
    "average-column": "average.average_columns",
    "average-cost": "serving.mean_ratios",
    "average-sentence": "sentences.average_sentences",
    "average-speedup": "serving.mean_ratios",
    "base-in-header": "sentences.front_base",
    "base-in-text": "models.statements",
    "bits": "sentences.bit_sentences",
    "bits-reduction": "sentences.bit_sentences",
    "calibration-samples": "code.calibration_samples",
    "copied-cell": "layout.copied_cells",
    "date": "code.dates",
    "difference": "recovery.differences",
    "engine-version": "code.engine_versions",
    "few-shot-count": "code.few_shot_counts",
    "hardware": "sentences.stated_hardware",
    "header": "metadata.header",
    "heading-typo": "layout.heading_typos",
    "headline": "serving.headlines",
    "link-target": "models.links",
    "missing-backslash": "code.flags",
    "mixed-decimals": "layout.decimals",
    "model-heading": "models.column_models",
    "model-in-command": "models.commands",
    "model-index": "sentences.model_index",
    "model-label": "models.labels",
    "name-in-text": "models.names_in_text",
    "near-name": "models.near_names",
    "outlying-scenario": "serving.outlying_averages",
    "percent-in-cell": "recovery.percent_in_cells",
    "percent-of-original": "recovery.percent_of_original",
    "percent-sign": "layout.percent_signs",
    "prompt-template": "code.prompt_templates",
    "python-syntax": "code.python_syntax",
    "queries-per-dollar": "serving.queries_per_dollar",
    "recovery": "recovery.recovery_columns",
    "recovery-below": "recovery.recovery_below",
    "recovery-row": "recovery.recovery_rows",
    "recovery-sentence": "sentences.recovery_sentences",
    "repeated-label": "layout.repeated_labels",
    "repeated-measurement": "measurements.repeated_measurements",
    "row-outside-its-section": "average.average_rows",
    "saved-name": "models.sizes",
    "scheme": "models.mixed_schemes",
    "scheme-label": "models.scheme_labels",
    "size-reduction": "sentences.size_sentences",
    "sum": "average.sums",
    "title": "sentences.front_base",
    "torn-flag": "code.flags",
    "whole-answers": "sentences.whole_answers",
}
"""The function, `module.name` of `cardgen.audit.rules`, that a rule's findings come from."""

ACROSS = {
    "baseline-across-cards": "_baselines",
    "scores-across-models": "_same_scores",
    "text-across-cards": "_same_texts",
}
"""What needs several cards in one call: functions of `cardgen.audit.across`."""

UNUSED = "unused-suppression"
OWN = {
    UNUSED: "A comment or a baseline entry that suppresses nothing: its finding is gone, or it"
    " names no rule. A note.",
}


class Help(NamedTuple):
    """What there is to say of a rule: one line, and the whole."""

    name: str
    summary: str
    text: str


@cache
def book() -> dict[str, Help]:
    """Every rule's help by its name, sorted."""
    from cardgen.audit import across, rules

    texts = {**REPAIRS, **OWN}
    for name, checked_by in CHECKED_BY.items():
        module, _, function = checked_by.partition(".")
        texts[name] = inspect.getdoc(getattr(getattr(rules, module), function)) or ""
    for name, function in ACROSS.items():
        texts[name] = inspect.getdoc(getattr(across, function)) or ""
    return {name: _help(name, texts[name]) for name in sorted(texts)}


def _help(name: str, text: str) -> Help:
    first = text.split("\n\n", 1)[0]
    return Help(name, " ".join(first.split()), text)


def names() -> tuple[str, ...]:
    """The names of all rules, sorted; nothing is imported for them."""
    return tuple(sorted({*REPAIRS, *CHECKED_BY, *ACROSS, *OWN}))
