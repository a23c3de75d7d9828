"""Code and commands on a card: as executed where a run recorded them, else reconstructed.

Reconstruction renders the recorded settings through a template of the tool; the card says which
of the two it shows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cardgen.card import Card
from cardgen.derive.quantity import Quantity
from cardgen.language import Message, Words
from cardgen.render import steps
from cardgen.render.benchmark import GENERATORS, loads
from cardgen.render.creation import creation_code
from cardgen.render.environment import render, shell_environment
from cardgen.render.evaluation import HARNESSES, calls
from cardgen.render.usage import executed, usage_code
from cardgen.resources import resource
from cardgen.store.runs import Stored
from cardgen.tables.grids import MODES
from cardgen.tables.model import Table
from cardgen.tables.quantization import speaking

Status = Literal["executed", "recorded", "reconstructed"]
Behind = frozenset[tuple[str, int]]
"""Measurements by their run's file and their place in it."""


class Snippet(NamedTuple):
    """A block of code or commands, what it is, and whether it is what ran.

    `has_job` tells whether `$JOB` stands in it for the folder of a job.
    """

    title: Words
    code: str
    language: str
    status: Status
    output: str | None = None
    has_job: bool = False


def usage(card: Card, templates: Path | None) -> Snippet | None:
    """The snippet that loads the model with its engine and asks it something."""
    code = usage_code(card.specification, templates)
    deployment = card.specification.deployment
    if code is None or deployment is None:
        return None
    ran = executed(card, code)
    return Snippet(
        Message("Use with %(engine)s", {"engine": deployment.engine}),
        code,
        "python",
        "reconstructed" if ran is None else "executed",
        None if ran is None else ran.output,
    )


def creation(card: Card, templates: Path | None) -> Snippet | None:
    """The code that quantized the model: the run's own, else the recorded settings as code.

    Of a quantization that failed, the code that ran, under a title that says so; nothing is
    rebuilt where there is no model that it would make again.
    """
    spoken = speaking(card)
    if spoken is None or spoken.measurement.outcome == "skipped":
        return None
    measurement, provenance = spoken.measurement, spoken.stored.run.provenance
    title = Message("Model creation code")
    if not spoken.made:
        title = Message("Code of the attempt that failed")
    if measurement.code is not None:
        status: Status = "executed" if provenance.origin == "measured" else "recorded"
        return Snippet(title, measurement.code.text, measurement.code.language, status)
    if not spoken.made or measurement.weights is None or measurement.calibration is None:
        return None
    image = "image" in card.specification.inputs
    code = creation_code(measurement, image=image, templates=templates)
    return Snippet(title, code, "python", "reconstructed")


def evaluation(card: Card, shown: Behind, templates: Path | None) -> list[Snippet]:
    """A block a harness and setting: the commands behind the accuracy scores of the model."""
    stored = [
        item
        for item in card.records.of_kind("accuracy")
        if card.model_name(item.measurement.model) == card.specification.model
    ]
    snippets = _executed(stored)
    rebuilt = (item for item in stored if _is_behind(item, shown))
    for call in calls(rebuilt, card.specification):
        if call.harness in GENERATORS:
            continue
        code = _command(call.harness, call.context(), templates)
        if code is not None:
            snippets.append(_reconstructed(call.harness, call.tasks, code))
    return snippets


def device(card: Card) -> list[Snippet]:
    """The recorded commands behind the device report of the card's models."""
    names = {card.specification.model, card.specification.base_model}
    stored = card.records.of_kind("device")
    return _executed(s for s in stored if card.model_name(s.measurement.model) in names)


def benchmark(card: Card, shown: Behind, templates: Path | None) -> list[Snippet]:
    """The commands behind the serving tables: as recorded, else a block a load generator."""
    stored = [
        item
        for item in card.records.of_kind("serving")
        if card.model_name(item.measurement.model) == card.specification.model
    ]
    snippets = _executed(stored)
    rebuilt = (item for item in stored if _is_behind(item, shown))
    for load in loads(rebuilt, card.specification.serving.modes or MODES):
        if load.generator in HARNESSES:
            continue
        code = _command(load.generator, load.context(card.specification.model), templates)
        if code is not None:
            scenarios = dict.fromkeys(window.scenario.name for window in load.windows)
            snippets.append(_reconstructed(load.generator, scenarios, code))
    return snippets


def behind(tables: Iterable[Table]) -> Behind:
    """The measurements behind the values of the tables."""
    cells = (cell.content for table in tables for cell in table.quantities())
    values = (content for content in cells if isinstance(content, Quantity))
    leaves = (leaf.stored for value in values for leaf in value.leaves())
    return frozenset((stored.file, stored.index) for stored in leaves if stored is not None)


def _is_behind(stored: Stored, shown: Behind) -> bool:
    """Whether the card shows the measurement, and its run kept no command."""
    provenance = stored.run.provenance
    kept = provenance.command is not None or provenance.steps
    return not kept and (stored.file, stored.index) in shown


def _reconstructed(tool: str, what: Iterable[str], code: str) -> Snippet:
    title = Message("%(harness)s: %(tasks)s", {"harness": tool, "tasks": ", ".join(what)})
    return Snippet(title, code, "bash", "reconstructed")


def _executed(stored: Iterable[Stored]) -> list[Snippet]:
    """The recorded commands, each once."""
    found: list[Snippet] = []
    for commands in steps.recorded(stored):
        status: Status = "executed" if commands.origin == "measured" else "recorded"
        snippet = Snippet(commands.title, commands.code, "bash", status, has_job=commands.has_job)
        found.append(snippet)
    return found


def _command(tool: str, context: dict[str, Any], templates: Path | None) -> str | None:
    """The rendered command; None where nobody wrote a template for the tool."""
    name = f"{tool}.sh.j2"
    folders = [templates, resource("templates")] if templates else [resource("templates")]
    # os.path: a name too long for the file system is no file, and no error.
    places = (str(folder / "commands" / name) for folder in folders)
    if "/" in name or not any(os.path.isfile(place) for place in places):  # noqa: PTH113
        return None
    return render(shell_environment(templates), f"commands/{name}", context)
