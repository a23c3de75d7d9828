"""Tables of scores: a benchmark a row, a model a column, and what was derived from them."""

from __future__ import annotations

import re

from cardgen.publish.transcription.gathered import Gathered, Unread, headings, key, lines, text
from cardgen.publish.transcription.printed import Data, is_nothing, reading
from cardgen.published import Cell, Document, Table
from cardgen.records import AccuracyMeasurement

DERIVED = re.compile(r"recovery|восстановл|difference|разност|delta|Δ|разница|retention", re.I)
CATEGORY = re.compile(r"^(?:category|категория|suite|type)\b", re.I)
LABEL = re.compile(r"metric|benchmark|бенчмарк|метрика|task|задач|dataset|evaluation", re.I)
PLACE = re.compile(r"accuracy|evaluation|benchmark|точност|качеств|leaderboard|score", re.I)
AVERAGE = re.compile(r"\b(?:average|mean|avg)\b|средн", re.I)
SPLIT = re.compile(r"\b(val|validation|test|testmini|dev)\b", re.I)
SHOT = re.compile(r"(\d+)[\s-]*shots?\b", re.I)
THOUGHT = re.compile(r"\bcot\b|chain[\s-]of[\s-]thought", re.I)
LOWER = re.compile(r"\b(?:wer|cer|perplexity|ppl|loss)\b", re.I)
ASIDE = re.compile(r"\s*\(([^()]*)\)")
METRIC = re.compile(r"[A-Za-z][\w@.,%-]*")


def read(document: Document, table: Table, gathered: Gathered) -> bool:
    """Take the table's scores; False where it is no table of scores."""
    names = headings(table)
    models = {column: gathered.model_of(name) for column, name in enumerate(names)}
    columns = {column: model for column, model in models.items() if model is not None}
    derived = [column for column, name in enumerate(names) if DERIVED.search(name)]
    place = " ".join(document.path(table.section))
    if not columns or not (derived or PLACE.search(place)):
        return False
    category = next((c for c, name in enumerate(names) if CATEGORY.search(name)), None)
    rest = [c for c in range(table.width) if c not in (*columns, *derived, category)]
    labels = [c for c in rest if LABEL.search(names[c])] or [c for c in rest if c < min(columns)]
    if not labels:
        return False
    if category is None and labels[-1] > 0 and not names[0]:
        category = 0
    for column in rest:
        if column not in labels and names[column]:
            head = table.heading_cell(column)
            line = head.line if head else table.line
            gathered.unread.append(Unread(line, f"the column {names[column]!r}"))
    section: Data = gathered.specification.setdefault("accuracy", {"average": [], "tasks": []})
    for row in table.body:
        _row(row, columns, labels[-1], category, section, gathered)
    return True


def _row(
    row: tuple[Cell | None, ...],
    columns: dict[int, str],
    label: int,
    category: int | None,
    section: Data,
    gathered: Gathered,
) -> None:
    cell = row[label]
    words = lines(cell) if cell is not None else []
    if cell is None or not words:
        return
    group = text(row[category]) if category is not None else ""
    if AVERAGE.search(words[0]):
        _average(group, section)
        return
    task = _task(words)
    scored = False
    for column, model in columns.items():
        printed = row[column]
        value = reading(text(printed))
        if printed is None or value is None:
            if printed is not None and not is_nothing(text(printed)):
                gathered.unread.append(Unread(printed.line, f"no single number: {text(printed)!r}"))
            continue
        data = {
            "kind": "accuracy",
            "model": model,
            **task,
            "value": value,
            "scale": "points" if LOWER.search(" ".join(words)) else "percent",
            "higher_is_better": not LOWER.search(" ".join(words)),
        }
        if group:
            data["category"] = group
        scored |= gathered.add(AccuracyMeasurement, data, printed.line)
    if not scored:
        return
    planned = {"task": task["task"], "title": words[0]}
    planned |= {name: task[name] for name in ("metric", "split", "n_shot") if name in task}
    if group:
        planned["category"] = group
    section["tasks"].append(planned)


def _average(group: str, section: Data) -> None:
    if section["average"] == "all" or group in section["average"]:
        return
    if group and section["tasks"]:
        section["average"].append(group)
    else:
        section["average"] = "all"


def _task(words: list[str]) -> Data:
    """The task by what its label says: name, split, shots, chain of thought, metric."""
    aside = " ".join(ASIDE.findall(words[0]))
    found: Data = {"task": key(ASIDE.sub("", words[0])) or key(words[0])}
    second = words[1].strip("()") if len(words) > 1 else ""
    found["metric"] = second if METRIC.fullmatch(second) else "score"
    if split := SPLIT.search(aside):
        found["split"] = split[1].lower()
    if shots := SHOT.search(words[0]):
        found["n_shot"] = int(shots[1])
    if THOUGHT.search(words[0]):
        found["chain_of_thought"] = True
    left = [p.strip() for p in aside.split(",") if p.strip()]
    known = (SPLIT, SHOT, THOUGHT)
    more = [part for part in left if not any(pattern.fullmatch(part) for pattern in known)]
    if more:
        found["variant"] = ", ".join(more)
    return found
