"""`cardgen import`: other tools' results become records of a card."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cardgen.imports import TOOLS
from cardgen.imports.options import ImportOptions, flag

if TYPE_CHECKING:
    from cardgen.importing import Changed, Importing
    from cardgen.records import Run

HELP = {
    "model": "The model the results are of.",
    "base_model": "The model it was quantized from (checkpoint).",
    "revision": "The model's revision.",
    "version": "The tool's version, where the file does not say.",
    "n": "How many samples a score covers.",
    "task": "The task, where the file's name does not say.",
    "language": "The language of the task.",
    "hardware": "The accelerator, such as A100, as the price list names it.",
    "hardware_count": "How many accelerators one replica ran on.",
    "engine": "The serving engine; the file's, or else vllm, unless said otherwise.",
    "engine_version": "Its version.",
    "scenario": "The name of the use case.",
    "device": "The device, as the card is to name it: GPU, CPU.",
    "device_type": "cpu, cuda, rocm, xpu or mps.",
    "dataset": "The data set of a device benchmark.",
    "batch_size": "Its batch size.",
    "image_size": "Its image size in pixels.",
    "sequence_length": "Its sequence length in tokens.",
    "optimization": "Its optimization, such as fp16 or compile.",
    "scheme": "The quantization scheme, such as W4A16.",
    "base_folder": "The base model's folder, to count its bytes (checkpoint).",
    "mapping": "The YAML file that maps folders to data sets (vlm-profiling).",
}
INTEGERS = ("n", "hardware_count", "batch_size", "image_size", "sequence_length")
PATHS = ("base_folder", "mapping")
NAMED_AS_FILE = re.compile(r"[/\\]|\.[A-Za-z]\w*$")
"""What a file's name has and a tool's name has not: a folder before it, or an ending."""
MOST_NOTES = 8
LONGEST_NOTE = 300
"""Characters; the run holds the whole of every note."""


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """One flag a field of ImportOptions, so that no importer's question lacks its flag."""
    for field in reversed(dataclasses.fields(ImportOptions)):
        if field.name not in HELP:
            continue
        kind: Any = str
        if field.name in INTEGERS:
            kind = click.IntRange(min=1)
        elif field.name in PATHS:
            kind = click.Path(path_type=Path)
        default = field.default if field.name == "hardware_count" else None
        function = click.option(
            flag(field.name), field.name, type=kind, default=default, help=HELP[field.name]
        )(function)
    return function


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="[TOOL] FILE...")
@click.option("--card", "name", metavar="NAME", help="The card whose runs/ receives the records.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@click.option("--replace", is_flag=True, help="Write over the run of a file that has changed.")
@click.option("--repeat", is_flag=True, help="Keep both: the changed file is another repeat.")
@click.option(
    "--allow-other-model", is_flag=True, help="Take a run of a model that the card is not about."
)
@_options
def command(
    files: tuple[str, ...],
    name: str | None,
    *,
    dry_run: bool,
    replace: bool,
    repeat: bool,
    allow_other_model: bool,
    **given: Any,
) -> int:
    """Read other tools' result files as records, one run a file.

    TOOL is one of lm-eval, guidellm, mistral-evals, vllm-bench, optimum-benchmark, checkpoint (a
    model's folder) and vlm-profiling; without it, each file's tool is found from its content. With
    --card the runs go to cards/NAME/runs/; without it, the run of one file is printed. Everything
    is read and checked before anything is written. A file that has changed since it was imported
    is refused, unless --replace or --repeat says what becomes of its earlier run; a run of a model
    that the card is not about is refused, unless --allow-other-model takes it.
    """
    if replace and repeat:
        raise click.UsageError("--replace and --repeat exclude each other: give one of them.")
    if name is None and (replace or repeat or allow_other_model):
        raise click.UsageError(
            "--replace, --repeat and --allow-other-model are about a card's runs: give --card NAME."
        )
    tool = _tool(files)
    paths = [Path(file) for file in (files[1:] if tool else files)]
    if not paths:
        raise click.UsageError("Name the result files.")
    if name is None and len(paths) > 1:
        raise click.UsageError("Several files need a card to go to: give --card NAME.")
    from cardgen.importing import Importing
    from cardgen.spec.load import find_project
    from cardgen.spec.locate import card_name
    from cardgen.store import runs

    if name is None:
        importing = Importing(None, ImportOptions(**given))
        run = importing.read(tool, paths[0])
        click.echo(runs.dump(run).decode(), nl=False)
        _tell_notes([run])
        return 0
    from cardgen.cli.progress import track

    project = find_project()
    card = card_name(project.root, name)
    options = ImportOptions(**given, project_root=project.root)
    changed: Changed = "replace" if replace else "repeat" if repeat else "refuse"
    importing = Importing(
        (project, card), options, changed=changed, allow_other_model=allow_other_model
    )
    for path in track(paths, "reading", quiet=len(paths) == 1):
        importing.add(tool, path)
    importing.check()
    if dry_run:
        for target, run in importing.planned.items():
            count = len(run.measurements)
            plural = "" if count == 1 else "s"
            click.echo(
                f"would write {project.relative(target)}: {count} measurement{plural}", err=True
            )
        _tell(importing)
        return 0
    written = importing.write()
    for target in importing.planned:
        verb = "wrote" if target in written else "unchanged"
        click.echo(f"{verb} {project.relative(target)}", err=True)
    _tell(importing)
    return 0


def _tool(files: tuple[str, ...]) -> str | None:
    """The importer that the first word names; None where it is a file. A word that is neither is
    refused as what it was meant to be: a file's name has an ending or a folder before it."""
    word = files[0]
    if word in TOOLS:
        return word
    if len(files) > 1 and not NAMED_AS_FILE.search(word) and not Path(word).exists():
        from cardgen.imports import no_importer

        raise no_importer(word)
    return None


def _tell(importing: Importing) -> None:
    """What the card's owner should know of the runs, then what the importers remarked."""
    from cardgen.errors import visible

    for warning in importing.warnings:
        click.echo(f"warning: {visible(warning)}", err=True)
    _tell_notes(importing.planned.values())


def _tell_notes(imported: Iterable[Run]) -> None:
    """What the importers remarked, each remark once; of very many the first ones."""
    from cardgen.errors import visible

    notes = list(dict.fromkeys(note for run in imported for note in run.provenance.notes))
    for note in notes[:MOST_NOTES]:
        text = visible(note)
        text = text if len(text) <= LONGEST_NOTE else f"{text[: LONGEST_NOTE - 1]}…"
        click.echo(f"note: {text}", err=True)
    if len(notes) > MOST_NOTES:
        more = len(notes) - MOST_NOTES
        click.echo(f"note: and {more} more, which the runs hold under `notes`", err=True)
