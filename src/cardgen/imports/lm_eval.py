"""lm-evaluation-harness `results_*.json` -> accuracy measurements, one a task, metric and filter.

Values are stored as they stand: `word_perplexity` is no fraction and nothing is multiplied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cardgen.imports import metrics
from cardgen.imports.imported import (
    Findings,
    hub_model,
    imported,
    moment,
    packages,
    source_of,
    tool_of,
)
from cardgen.imports.lm_eval_config import is_served, models, settings_of
from cardgen.imports.lm_eval_task import task_of
from cardgen.imports.machine import engine_packages, machine_of, python_of
from cardgen.imports.node import Node, several
from cardgen.imports.options import ImportOptions
from cardgen.imports.result_file import read_result
from cardgen.imports.tree import Shape
from cardgen.records import AccuracyMeasurement, Environment, Reading, Run, Setting, Tool

SHAPE = Shape(skip=frozenset({"/samples"}))
NO_METRICS = frozenset({"alias", "name", "sample_len", "sample_count", "samples", " "})
HARNESS_VERSION = {"lm-eval": "lm_eval_version"}
ENGINE_VERSIONS = {
    "torch": "torch_version",
    "transformers": "transformers_version",
    "vllm": "vllm_version",
}
"""Package -> the key that the file states its version under."""
_COMMIT = re.compile(r"[0-9a-f]{6,40}")
_DEVELOPMENT = re.compile(r"dev|\+")
"""In a version: it names no release, `0.4.10.dev0` or `0.4.9+g1d3b6cf`."""


@dataclass(frozen=True, slots=True)
class _Harness:
    """What all scores of one file share."""

    root: Node
    model: str
    revision: str | None
    language: str | None
    tool: Tool
    settings: dict[str, Setting]
    partial: bool


class _LeftOut:
    """What is no score, by the reason: a suite has hundreds of tasks, and one note a reason."""

    def __init__(self) -> None:
        self._tasks: dict[str, list[str]] = {}

    def add(self, task: str, reason: str) -> None:
        """Keep that something of the task is left out."""
        self._tasks.setdefault(reason, []).append(task)

    def notes(self) -> list[str]:
        """One sentence a reason, with the first tasks that it is about."""
        return [f"{several(tasks)}: {reason}" for reason, tasks in self._tasks.items()]


def read(path: Path, options: ImportOptions) -> Run:
    """One run with every score of the file whose direction is known."""
    document = read_result(path, SHAPE)
    root, findings = document.root, Findings()
    config = root.get("config") or Node({}, root.file, ("config",))
    tool = tool_of(root, "lm-eval", root.get("lm_eval_version"), options)
    tool = tool.model_copy(update={"commit": _commit(root, tool.version)})
    limit = config.get("limit")
    if limit is not None:
        value = limit.value
        whole = isinstance(value, float) and value.is_integer()
        findings.note(f"A partial run: limit {f'{value:.0f}' if whole else value}.")
    sha = config.get("model_sha")
    harness = _Harness(
        root=root,
        model=hub_model(root, models(config), options),
        revision=options.revision or (sha.text() if sha is not None and sha.value else None),
        language=options.language,
        tool=tool,
        settings=settings_of(root, config),
        partial=limit is not None,
    )
    left_out = _LeftOut()
    measurements = [
        measurement
        for task, scores in _tasks(root)
        for measurement in _scores(harness, task, scores, findings, left_out)
    ]
    for note in left_out.notes():
        findings.note(note)
    if not measurements:
        raise root.at("results").refused(
            "at least one score `metric,filter` whose direction is known",
            found=_no_score(root, left_out),
            next_step="give the results file that lm-eval 0.4 or newer wrote, not its samples",
        )
    started = moment(root.get("date"))
    seconds = _duration(root)
    information, served = root.get("pretty_env_info"), is_served(config)
    # An API's answers say nothing of the packages beside the harness.
    engines = {} if served else engine_packages(information) | packages(root, ENGINE_VERSIONS)
    with root.recording():
        environment = Environment(
            python=python_of(information), packages=packages(root, HARNESS_VERSION) | engines
        )
    return imported(
        root,
        measurements,
        tool=tool,
        source=source_of(root, path, "lm-eval results", document.sha256, options),
        findings=findings,
        environment=environment,
        machine=machine_of(root, information, served=served),
        started_at=started,
        ended_at=started + timedelta(seconds=seconds) if started and seconds else None,
    )


def _no_score(root: Node, left_out: _LeftOut) -> str:
    """Why nothing in the file is a score, a reason each once; the error cuts what is too long."""
    reasons = "; ".join(note.removesuffix(", left out.") for note in left_out.notes())
    tasks = [task for task, _ in _tasks(root)]
    return reasons or (f"no score at all for {several(tasks)}" if tasks else "no task at all")


def _commit(root: Node, version: str | None) -> str | None:
    """The harness's commit, where `git_hash` may be it.

    lm-eval writes the commit of the repository in whose folder it was started, and not which
    repository that is. A release is installed from the index and says all by its version: there
    the commit is somebody else's. A development version, or none, is mostly run in a clone.
    """
    found = root.get("git_hash")
    if found is None or not _COMMIT.fullmatch(str(found.value)):
        return None
    return str(found.value) if version is None or _DEVELOPMENT.search(version) else None


def _tasks(root: Node) -> Iterator[tuple[str, Node]]:
    results = root.at("results")
    yield from results.items()
    groups = root.get("groups")
    for task, scores in groups.items() if groups is not None else ():
        if task not in results:
            yield task, scores


def _scores(
    harness: _Harness, task: str, scores: Node, findings: Findings, left_out: _LeftOut
) -> Iterator[AccuracyMeasurement]:
    details = task_of(harness.root, task, partial=harness.partial)
    known = scores.members()
    for key, node in scores.items():
        metric, comma, variant = key.partition(",")
        if key in NO_METRICS or not metric.strip():
            continue
        if not comma:
            left_out.add(task, f"{key} is no score of the form `metric,filter`, left out.")
            continue
        if metric.endswith("_stderr") and f"{metric[:-7]},{variant}" in known:
            continue
        if not node.is_number:
            left_out.add(task, f"{key} is no number, left out.")
            continue
        direction = _direction(harness, task, metric, findings)
        if direction is None:
            left_out.add(task, f"nothing says which way {metric} is better, left out.")
            continue
        value = node.number()
        stderr = scores.get(f"{metric}_stderr,{variant}")
        with node.recording():
            yield AccuracyMeasurement(
                model=harness.model,
                revision=harness.revision,
                task=task,
                metric=metric,
                split=details.split,
                n_shot=details.n_shot,
                chain_of_thought=details.chain_of_thought,
                variant=None if variant in ("none", "") else variant,
                language=harness.language,
                category=details.category,
                value=Reading(
                    value=value,
                    n=details.scored or None,
                    stderr=stderr.number(least=0) if stderr is not None and _is(stderr) else None,
                ),
                scale=metrics.scale(metric, value),
                higher_is_better=direction,
                n_expected=details.expected,
                n_scored=details.scored,
                n_dropped=details.dropped,
                harness=harness.tool,
                settings={**harness.settings, **details.settings},
            )


def _is(stderr: Node) -> bool:
    """Whether a standard error was computed: "N/A" stands where it was not."""
    return stderr.value not in ("N/A", "")


def _direction(harness: _Harness, task: str, metric: str, findings: Findings) -> bool | None:
    defined = metrics.higher_is_better(metric)
    said = harness.root.path("higher_is_better", task, metric)
    if said is None:
        return defined
    if said.boolean() and defined is False:
        findings.note(f"{task}: the file calls higher {metric} better; by definition lower is.")
        return False
    return said.boolean()


def _duration(root: Node) -> float | None:
    node = root.get("total_evaluation_time_seconds")
    if node is None or not isinstance(node.value, str | float):
        return None
    try:
        seconds = float(node.value)
    except ValueError:
        return None
    return seconds if 0 < seconds < 1e8 else None
