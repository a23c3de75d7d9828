"""mistral-evals result files -> accuracy measurements.

The file is a flat `{metric: number}`. It names no model, no revision and no number of samples,
and failed requests are dropped without a trace, so the user has to say what was run.
"""

from __future__ import annotations

import re
from pathlib import Path

from cardgen.imports import metrics
from cardgen.imports.imported import Findings, imported, source_of, tool_of
from cardgen.imports.node import Node
from cardgen.imports.options import ImportOptions, missing
from cardgen.imports.result_file import read_result
from cardgen.records import AccuracyMeasurement, Reading, Run, Tool

FRACTIONS = frozenset(
    {
        "explicit_prompt_relaxed_correctness",
        "anywhere_in_answer_relaxed_correctness",
        "vqa_match",
        "anls",
    }
)
OVERALL = FRACTIONS | {"micro_average_score", "macro_average_score"}
JUDGED = re.compile(r"micro_average_score|macro_average_score|.+_average")
"""The judge's grades of mm_mt_bench: points, by category and over all."""


def is_metric(name: str) -> bool:
    """Whether mistral-evals writes a metric of this name."""
    return name in FRACTIONS or JUDGED.fullmatch(name) is not None


def read(path: Path, options: ImportOptions) -> Run:
    """One run with a measurement for each metric of the file; the file's name is the task's.

    The number of samples is that of the whole task: a category's average has none.
    """
    document = read_result(path)
    root, findings = document.root, Findings()
    _ask(root, options)
    tool = tool_of(root, "mistral-evals", None, options)
    findings.note("mistral-evals drops failed requests: the number scored is not recorded.")
    scores = list(root.items())
    if not scores:
        raise root.refused("at least one metric", found="an empty object")
    return imported(
        root,
        [_score(name, node, path, options, tool) for name, node in scores],
        tool=tool,
        source=source_of(root, path, "mistral-evals result", document.sha256, options),
        findings=findings,
    )


def _ask(root: Node, options: ImportOptions) -> None:
    absent = [name for name in ("n", "model", "revision") if getattr(options, name) is None]
    if absent:
        raise missing(root.file, "how many samples of which model were scored", *absent)


def _score(
    name: str, node: Node, path: Path, options: ImportOptions, tool: Tool
) -> AccuracyMeasurement:
    if not is_metric(name):
        raise node.refused(
            "a metric of mistral-evals: "
            + ", ".join([*sorted(FRACTIONS), "micro_average_score, macro_average_score, …_average"])
        )
    value = node.number(least=0)
    if name in FRACTIONS and value > 1:
        raise node.refused("a fraction between 0 and 1")
    assert options.model is not None
    category = None if name in OVERALL else name.removesuffix("_average")
    n = options.n if category is None else None
    with node.recording():
        return AccuracyMeasurement(
            model=options.model,
            revision=options.revision,
            task=options.task or path.stem,
            metric=name,
            language=options.language,
            category=category,
            value=Reading(value=value, statistic="mean", n=n),
            scale="fraction" if name in FRACTIONS else "points",
            higher_is_better=metrics.higher_is_better(name) is not False,
            n_expected=n,
            harness=tool,
        )
