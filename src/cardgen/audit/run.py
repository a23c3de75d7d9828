"""The audit of one card: read, understand, check. Owns the list of rules and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cardgen.audit.check import Check, findings_of
from cardgen.audit.findings import Finding, ordered
from cardgen.audit.rules import (
    average,
    code,
    layout,
    measurements,
    metadata,
    models,
    recovery,
    sentences,
    serving,
)
from cardgen.audit.subject import Subject, understand
from cardgen.published import Document, read

Rule = Callable[[Subject], Iterator[Check | Finding] | Iterator[Check] | Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    recovery.recovery_columns,
    recovery.retained_rows,
    recovery.recovery_rows,
    recovery.percent_in_cells,
    recovery.percent_of_original,
    recovery.recovery_below,
    recovery.differences,
    average.average_rows,
    average.average_columns,
    average.sums,
    average.acceptance_lengths,
    serving.mean_ratios,
    serving.queries_per_dollar,
    serving.headlines,
    serving.outlying_averages,
    sentences.average_sentences,
    sentences.recovery_sentences,
    sentences.bit_sentences,
    sentences.size_sentences,
    sentences.model_index,
    metadata.header,
    sentences.front_base,
    sentences.whole_answers,
    sentences.stated_hardware,
    measurements.repeated_measurements,
    layout.repairs,
    layout.heading_typos,
    layout.repeated_labels,
    layout.percent_signs,
    layout.decimals,
    layout.copied_cells,
    models.commands,
    models.links,
    models.statements,
    models.labels,
    models.column_models,
    models.names_in_text,
    models.sizes,
    models.near_names,
    serving.repeated_rows,
    models.mixed_schemes,
    models.scheme_labels,
    models.activation_schemes,
    code.python_syntax,
    code.flags,
    code.calibration_samples,
    code.few_shot_counts,
    code.prompt_templates,
    code.engine_versions,
    code.dates,
)


def audit(data: bytes | str | Document, *, card: str = "", file_name: str = "") -> list[Finding]:
    """What cannot be true in a card, in order; never fails, whatever the bytes are.

    `card` is the name that the findings carry; `file_name` is one witness for the model's name.
    """
    document = data if isinstance(data, Document) else read(data)
    return check(understand(document, file_name), card)


def check(subject: Subject, card: str = "", rules: Iterable[Rule] = RULES) -> list[Finding]:
    """The findings of an understood card."""
    checks: list[Check] = []
    found: list[Finding] = []
    for rule in rules:
        for item in rule(subject):
            if isinstance(item, Check):
                checks.append(item)
            else:
                found.append(item)
    found.extend(findings_of(checks))
    return ordered(item._replace(card=card) for item in found)
