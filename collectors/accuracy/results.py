"""A harness's files as measurements: scores through cardgen's importers, samples one by one.

Part of `measure.py`. A score that is no number makes that score a failed one, not the others.
"""

from __future__ import annotations

import glob
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from harness import Call

from cardgen import imports
from cardgen.errors import CardgenError
from cardgen.imports import ImportOptions
from cardgen.imports.redaction import redacted
from cardgen.measuring.program import Session
from cardgen.records import AccuracyMeasurement, Run, Samples, Tool
from cardgen.spec.plan.accuracy import TaskPlan
from cardgen.spec.plan.serving import ENGINE
from cardgen.store import files

LONGEST_ANSWER: Final = 500
_REFUSED: Final = re.compile(r"API request failed! Status code: (\d+), Response text: (.*)")
_ADDRESS: Final = re.compile(r" at 0x[0-9A-Fa-f]+")
OWN_ARGUMENTS: Final = frozenset(
    {"model", "model_version", "pretrained", "base_url", "tokenizer", "revision", "api_key"}
)
"""What differs between two models under the same settings."""


class ResultsError(Exception):
    """A harness's file that gives no score: why, in one line."""


def measurements(session: Session, call: Call, folder: Path) -> Iterator[AccuracyMeasurement]:
    """The scores of the call's tasks. Raises ResultsError where there is no file to read."""
    if call.harness == "mistral-evals":
        yield from _mistral(session, call.first, folder)
        return
    files = sorted(folder.rglob("*results*.json"))
    if not files:
        raise ResultsError(f"{call.harness} wrote no results file")
    content, broken = _finite(files[-1])
    clean = folder / "finite.json"
    clean.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    run = _read(session, "lm-eval", clean, call) if _has_scores(content) else None
    found = run.measurements if run is not None else ()
    if run is not None:
        for note in run.provenance.notes:
            session.note(note)
        tool = run.provenance.tool
        own = content.get(f"{call.harness.replace('-', '_')}_version")
        version = tool.version or (own if isinstance(own, str) and own else None)
        # No commit: lm-eval's `git_hash` is that of the folder it was started in, here the
        # project's. What ran is told by the version and the role's environment.
        session.tool = Tool(name=call.harness, version=version)
    for task in call.tasks:
        members = _members(content, task.name)
        scores = [m for m in found if isinstance(m, AccuracyMeasurement) and m.task in members]
        kept = [m for m in scores if not task.metrics or m.metric in task.metrics]
        for score in kept:
            yield _completed(session, call, task, score, folder, content)
        bad = [key for name in members for key in broken.get(name, ())]
        bad = [key for key in bad if not task.metrics or key.partition(",")[0] in task.metrics]
        for key in bad:
            metric, _, variant = key.partition(",")
            yield failed(
                session, task, f"{call.harness} gave a score that is no number (NaN)",
                metric=metric, variant=None if variant in ("", "none") else variant,
            )  # fmt: skip
        if not kept and not bad:
            metrics = ", ".join(task.metrics) or "any metric"
            yield failed(session, task, f"{call.harness} gave no score of {metrics}")


def refusal(log: Path) -> str | None:
    """The first request that the server refused, which the log's end no longer tells."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            found = _REFUSED.search(line)
            if found:
                said = "".join(c for c in found[2] if c.isprintable())
                return redacted(f"the server refused a request ({found[1]}): {said[:300]}")
    return None


def failed(
    session: Session,
    task: TaskPlan,
    reason: str,
    *,
    metric: str | None = None,
    variant: str | None = None,
) -> AccuracyMeasurement:
    """The task's measurement without a value."""
    return AccuracyMeasurement(
        model=session.job.model.name,
        revision=session.job.model.revision,
        task=task.name,
        metric=metric or (task.metrics[0] if task.metrics else "score"),
        variant=variant,
        n_shot=task.num_fewshot,
        language=task.language,
        category=task.category,
        scale="points",
        higher_is_better=True,
        outcome="failed",
        reason=reason[:2_000],
    )


def _read(session: Session, tool: str, path: Path, call: Call) -> Run:
    model = session.job.model
    options = ImportOptions(
        model=model.name,
        revision=model.revision or "main",
        n=call.first.samples,
        task=call.first.name if tool == "mistral-evals" else None,
        project_root=session.project,
    )
    try:
        return imports.read(tool, path, options)
    except CardgenError as problem:
        said = " ".join(str(problem).split())[:500]
        raise ResultsError(f"{call.harness}'s file cannot be used: {said}") from problem


def _mistral(session: Session, task: TaskPlan, folder: Path) -> Iterator[AccuracyMeasurement]:
    path = folder / f"{task.name}.json"
    if not path.is_file():
        raise ResultsError("mistral-evals wrote no results file")
    run = _read(session, "mistral-evals", path, Call("mistral-evals", (task,)))
    for note in run.provenance.notes:
        session.note(note)
    session.tool = Tool(name="mistral-evals")
    for found in run.measurements:
        assert isinstance(found, AccuracyMeasurement)
        if not task.metrics or found.metric in task.metrics:
            category = found.category or task.category
            yield found.model_copy(update={"category": category, "language": task.language})


def _finite(path: Path) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The file's content without its scores that are no numbers, and those by their task."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        raise ResultsError(f"the results file is no whole JSON: {problem}") from problem
    if not isinstance(content, dict) or not isinstance(content.get("results"), dict):
        raise ResultsError("the results file has no `results`")
    broken: dict[str, list[str]] = {}
    for part in ("results", "groups"):
        for task, scores in (content.get(part) or {}).items():
            for key in [k for k, value in scores.items() if _is_broken(value)]:
                del scores[key]
                if "_stderr" not in key and key not in broken.get(task, ()):
                    broken.setdefault(task, []).append(key)
    return _nulled(content), broken


def _is_broken(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _nulled(value: Any) -> Any:
    """What else is no number (settings, for instance) as null."""
    if isinstance(value, dict):
        return {key: _nulled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_nulled(item) for item in value]
    return None if _is_broken(value) else value


def _has_scores(content: dict[str, Any]) -> bool:
    return any(
        isinstance(value, int | float) and "," in key
        for part in ("results", "groups")
        for scores in (content.get(part) or {}).values()
        for key, value in scores.items()
    )


def _members(content: dict[str, Any], name: str) -> tuple[str, ...]:
    """The results that stand for a task: its own, or, of a tag without one, its members'."""
    own = content["results"].get(name) or (content.get("groups") or {}).get(name) or {}
    subtasks = (content.get("group_subtasks") or {}).get(name) or []
    if not subtasks or any("," in key for key in own):
        return (name,)
    return tuple(subtasks)


def _leaves(content: dict[str, Any], name: str) -> list[str]:
    """The tasks whose samples make a group's score."""
    subtasks = (content.get("group_subtasks") or {}).get(name) or []
    if not subtasks:
        return [name]
    return [leaf for task in subtasks if task != name for leaf in _leaves(content, task)]


def _completed(
    session: Session,
    call: Call,
    task: TaskPlan,
    score: AccuracyMeasurement,
    folder: Path,
    content: dict[str, Any],
) -> AccuracyMeasurement:
    """The score with the plan's names, its samples, and the count of those that were dropped."""
    settings = {k: v for k, v in score.settings.items() if k != "model_args"}
    settings["backend"] = ENGINE if "completions" in str(settings.get("model")) else "lm-eval"
    settings |= _arguments(content)
    if task.images:
        # lm-eval hashes a picture by its place in memory: another hash in every call.
        settings.pop("task_hash", None)
    update: dict[str, Any] = {
        "settings": settings,
        "category": task.category or score.category,
        "language": task.language,
        "harness": score.harness and Tool(name=call.harness, version=score.harness.version),
    }
    leaves = _leaves(content, score.task)
    rows = list(_rows(folder, leaves, score, images=task.images))
    scored = [row for row in rows if row is not None]
    if rows:
        lost = len(rows) - len(scored)
        expected = score.n_expected or len(rows)
        asked = len(rows) if task.limit is not None else max(expected, len(rows))
        dropped = asked - len(rows) + lost
        update |= {"n_expected": expected, "n_scored": len(scored), "n_dropped": dropped}
        if dropped:
            session.note(f"{score.task}: some questions have no score.")
        if any(row.get("answer") == "" for row in scored):
            session.note(f"{score.task}: some answers were empty; they count as wrong.")
    if scored and session.job.settings.get("samples", True):
        update["samples"] = _kept(session, score, scored)
    return score.model_copy(update=update)


def _kept(
    session: Session, score: AccuracyMeasurement, rows: Iterable[Mapping[str, object]]
) -> Samples:
    shots = "" if score.n_shot is None else f"{score.n_shot}-shot"
    parts = (score.task, shots, score.metric, score.variant)
    return session.samples("-".join(str(part) for part in parts if part), rows)


def _arguments(content: dict[str, Any]) -> dict[str, str]:
    """The model's arguments but for what names the model and the server's address."""
    arguments = (content.get("config") or {}).get("model_args")
    if isinstance(arguments, str):
        pairs = (part.partition("=") for part in arguments.split(","))
        arguments = {name: value for name, _, value in pairs}
    if not isinstance(arguments, dict):
        return {}
    kept = {str(k): v for k, v in sorted(arguments.items()) if k not in OWN_ARGUMENTS}
    return {"model_args": redacted(json.dumps(kept, sort_keys=True))} if kept else {}


def _rows(
    folder: Path, leaves: list[str], score: AccuracyMeasurement, *, images: bool
) -> Iterator[dict[str, object] | None]:
    """The samples behind a score; None for one without a finite number."""
    for leaf in leaves:
        for path in sorted(folder.rglob(f"*samples_{glob.escape(leaf)}*.jsonl")):
            if not _belongs(path.name, leaf):
                continue
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    if row.get("filter", "none") != (score.variant or "none"):
                        continue
                    if score.metric not in row:
                        return
                    name = leaf if len(leaves) > 1 else None
                    yield _row(row, score.metric, name, images=images)


def _belongs(name: str, task: str) -> bool:
    """Whether a samples file is this task's, and not one's whose name only begins so."""
    rest = name.partition(f"samples_{task}")[2]
    return rest == ".jsonl" or (rest[:1] == "_" and rest[1:2].isdigit())


def _row(
    row: dict[str, Any], metric: str, task: str | None, *, images: bool
) -> dict[str, object] | None:
    value = row[metric]
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    # The question's digest is part of its name: other questions are never taken for a pair.
    name = "-".join(
        str(part)
        for part in (task, row.get("doc_id"), _digest(row, images=images)[:8])
        if part or part == 0
    )
    found: dict[str, object] = {"id": name, "score": float(value)}
    answers = row.get("filtered_resps")
    answer = answers[0] if isinstance(answers, list) and answers else None
    if isinstance(answer, str):
        found["answer"] = redacted(answer)[:LONGEST_ANSWER]
    elif isinstance(answers, list) and len(answers) > 1:
        found["answer"] = _likeliest(answers)
    if isinstance(row.get("target"), str | int | float):
        found["expected"] = redacted(str(row["target"]))[:LONGEST_ANSWER]
    return {key: item for key, item in found.items() if item is not None}


def _digest(row: dict[str, Any], *, images: bool) -> str:
    """What tells the question from others: the harness's hash of it.

    With pictures lm-eval hashes their places in memory, which are others in every call, but logs
    their contents' hashes: then one of the logged question, without addresses.
    """
    if not images:
        return str(row.get("doc_hash", ""))
    doc = json.dumps(row.get("doc"), sort_keys=True, ensure_ascii=False)
    return files.sha256(f"{_ADDRESS.sub('', doc)} {row.get('target')}".encode())


def _likeliest(answers: list[Any]) -> str | None:
    """The number of the choice with the highest log-likelihood."""
    try:
        values = [float(item[0]) for item in answers]
    except (TypeError, ValueError, IndexError):
        return None
    return str(max(range(len(values)), key=values.__getitem__))
