"""What an lm-eval results file says of one task beside its scores: samples, shots, settings.

A group's score is as partial as the tasks below it: its samples are the sums of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cardgen.imports.lm_eval_config import setting
from cardgen.imports.lm_eval_digest import config_digest, group_digest
from cardgen.imports.node import Node
from cardgen.imports.redaction import redacted
from cardgen.records import Setting

ASKED = ("generation_kwargs", "repeats")
"""What a task's own configuration says of how its questions were put, as lm-eval resolved it."""
_CHAIN_OF_THOUGHT = re.compile(r"(^|[_\W])cot([_\W]|$)|chain[ _-]of[ _-]thought", re.IGNORECASE)
_STEP_BY_STEP = re.compile(r"step[ -]by[ -]step|chain[ -]of[ -]thought", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Task:
    """One task or group of tasks."""

    split: str | None
    n_shot: int | None
    chain_of_thought: bool | None
    category: str | None
    expected: int | None
    scored: int | None
    dropped: int | None
    settings: dict[str, Setting]


def task_of(root: Node, name: str, *, partial: bool) -> Task:
    """The task; in a `partial` run no sample is called dropped."""
    config = root.path("configs", name)
    expected, scored = _samples(root, name)
    dropped = None
    if expected is not None and scored is not None and not partial:
        dropped = max(0, expected - scored)
    split = config.get("test_split") or config.get("validation_split") if config else None
    return Task(
        split=redacted(split.text()) if split is not None else None,
        n_shot=_shots(root, name),
        chain_of_thought=_thinks(name, config),
        category=_group(root, name),
        expected=expected,
        scored=scored,
        dropped=dropped,
        settings=_settings(root, name, config),
    )


def _shots(root: Node, name: str) -> int | None:
    shots = root.path("n-shot", name) or root.path("configs", name, "num_fewshot")
    return shots.integer() if shots is not None and shots.value != "N/A" else None


def _settings(root: Node, name: str, config: Node | None) -> dict[str, Setting]:
    """Version and hash of the task, the digest of its configuration, and how it was asked; what
    the file does not hold is absent."""
    version, asked = root.path("versions", name), root.path("task_hashes", name)
    found: dict[str, Setting] = {}
    for key, node in (("task_version", version), ("task_hash", asked)):
        if node is not None and isinstance(node.value, str | int | float) and node.value != "N/A":
            found[key] = node.value
    digest = _digest(root, name)
    if digest is not None:
        found["task_config_hash"] = digest
    for key in ASKED:
        if config is not None and key in config:
            found[key] = setting(key, config.members()[key])
    return found


def _digest(root: Node, name: str) -> str | None:
    """The digest of what a task's configuration asks; a group's is that of all of its tasks."""
    below = sorted(set(_tasks_below(root, name)))
    if not below:
        return _own_digest(root, name)
    digests = {task: digest for task in below if (digest := _own_digest(root, task)) is not None}
    return group_digest(digests) if len(digests) == len(below) else None


def _own_digest(root: Node, name: str) -> str | None:
    config = root.path("configs", name)
    return config_digest(config, shots=_shots(root, name)) if config is not None else None


def _samples(root: Node, name: str) -> tuple[int | None, int | None]:
    """How many samples the score should have and has.

    A group has those of its tasks, where the file holds every one of them: a sum that is not the
    group's own count shows that some are missing, and then only that count is known.
    """
    expected, scored = _own_samples(root, name)
    counts = [_own_samples(root, task) for task in set(_tasks_below(root, name))]
    if not counts or any(None in pair for pair in counts):
        return expected, scored
    wanted = sum(pair[0] or 0 for pair in counts)
    had = sum(pair[1] or 0 for pair in counts)
    if scored is not None and scored != had:
        return expected, scored
    return wanted, had


def _own_samples(root: Node, name: str) -> tuple[int | None, int | None]:
    samples = root.path("n-samples", name)
    original = samples.get("original") if samples is not None else None
    effective = samples.get("effective") if samples is not None else None
    effective = effective or root.path("results", name, "sample_len")
    return (
        original.integer() if original is not None else None,
        effective.integer() if effective is not None else None,
    )


def _tasks_below(root: Node, name: str) -> Iterator[str]:
    """The tasks of a group and of the groups in it; none for a task."""
    seen, waiting = {name}, [name]
    while waiting:
        group = waiting.pop()
        members = root.path("group_subtasks", group)
        names = members.value if members is not None and isinstance(members.value, list) else []
        if not names and group != name:
            yield group
        for member in names:
            if isinstance(member, str) and member not in seen:
                seen.add(member)
                waiting.append(member)


def _thinks(name: str, config: Node | None) -> bool | None:
    if _CHAIN_OF_THOUGHT.search(name):
        return True
    for key in ("description", "doc_to_text") if config is not None else ():
        node = config.get(key) if config is not None else None
        if node is not None and isinstance(node.value, str) and _STEP_BY_STEP.search(node.value):
            return True
    return None


def _group(root: Node, name: str) -> str | None:
    groups = root.get("group_subtasks")
    for group, members in groups.items() if groups is not None else ():
        if isinstance(members.value, list) and name in members.value and group != name:
            return group
    return None
