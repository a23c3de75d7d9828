"""What a card shows, before any language: derived once, rendered once a language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cardgen.card import Card
from cardgen.frontmatter import emit
from cardgen.frontmatter.build import evaluation_results, header_data
from cardgen.frontmatter.validate import (
    Problem,
    eval_results_problems,
    header_problems,
    license_problem,
)
from cardgen.language import Message
from cardgen.metrics import COST_REDUCTION
from cardgen.records import Identity, Mode, QuantizationMeasurement
from cardgen.render import snippets
from cardgen.render.snippets import Snippet
from cardgen.spec.card import CardSpecification
from cardgen.tables import accuracy, device, levels, methods, others, scores, serving, settings
from cardgen.tables.figures import Start, engine_starts, figures
from cardgen.tables.grids import TABLED, Grid, headlines
from cardgen.tables.grids import grids as grids_of
from cardgen.tables.methods import Conflict, Method
from cardgen.tables.model import Cell, Table, write_digits
from cardgen.tables.prices import prices
from cardgen.tables.quantization import (
    Activations,
    Attempt,
    Program,
    activations,
    attempt,
    attempts,
    program,
    speaking,
)
from cardgen.tables.sweeps import Swept
from cardgen.tables.sweeps import sweeps as sweeps_of
from cardgen.tables.unknowns import unknowns
from cardgen.tables.unlike import treatments
from cardgen.tables.unshown import Unshown, places, unshown

MEASURED = ("accuracy", "serving", "device")
"""The kinds whose numbers stand in tables of their own."""


@dataclass(slots=True)
class Contents:
    """Everything a card shows, before any language: tables, figures in sentences, snippets."""

    card: Card
    tables: dict[str, Table]
    rows: list[scores.Row]
    grids: list[Grid]
    sweeps: list[Swept]
    headlines: dict[Mode, Cell]
    figures: list[Cell]
    starts: list[Start]
    quantization: QuantizationMeasurement | None
    attempt: Attempt | None
    quantized_with: Program | None
    from_checkpoint: bool
    activations: Activations
    usage: Snippet | None
    creation: Snippet | None
    evaluation: list[Snippet]
    benchmark: list[Snippet]
    device: list[Snippet]
    header: str
    eval_results: dict[str, str]
    methods: list[Method]
    unknowns: list[Message]
    conflicts: list[Conflict]
    unshown: list[Unshown]
    treatments: list[Message]
    prices: list[dict[str, str]]
    problems: list[Problem] = field(default_factory=list)

    def cells(self) -> Iterator[Cell]:
        """Every cell that the card shows: of tables, headlines, sizes."""
        for table in self.tables.values():
            yield from table.quantities()
        yield from self.headlines.values()
        yield from self.figures

    @property
    def specification(self) -> CardSpecification:
        """The card's specification."""
        return self.card.specification


def gather(card: Card) -> Contents:
    """The card's contents, derived once for all languages."""
    templates = project_templates(card)
    specification = card.specification
    sections = specification.ordered_sections
    rows = scores.rows(card) if "accuracy" in sections else []
    grids = grids_of(card) if "serving" in sections else []
    sweeps = sweeps_of(card) if "device" in sections else []
    found = [
        accuracy.table(card) if rows else None,
        *(serving.table(card, grid) for grid in grids if grid.mode in TABLED),
        levels.table(card, grids) if grids else None,
        *(device.table(card, swept) for swept in sweeps),
        settings.table(card, sweeps) if "device" in sections else None,
        *(others.table(card, kind) for kind in MEASURED if kind in sections),
    ]
    tables = {table.id: table for table in found if table is not None}
    listed_apart = {f"{kind}-other" for kind in MEASURED}
    behind = snippets.behind(table for name, table in tables.items() if name not in listed_apart)
    spoken = speaking(card)
    quantization = spoken.measurement if spoken is not None and spoken.made else None
    failed = attempt(spoken) if spoken is not None and not spoken.made else None
    digits = tables["accuracy"].digits if "accuracy" in tables else {}
    data = header_data(card, rows, digits, quantization, attempted=failed is not None)
    results = evaluation_results(card, rows, digits)
    problems = header_problems(data)
    for entries in results.values():
        problems += eval_results_problems(entries)
    licence = license_problem(
        specification.license,
        specification.license_name,
        specification.base_license,
        specification.base_license_name,
    )
    if licence is not None:
        problems.append(licence)
    starts = engine_starts(card)
    contents = Contents(
        card=card,
        tables=tables,
        rows=rows,
        grids=grids,
        sweeps=sweeps,
        headlines=_headline_cells(card, grids),
        figures=figures(card, starts),
        starts=starts,
        quantization=quantization,
        attempt=failed,
        quantized_with=program(spoken) if spoken is not None else None,
        from_checkpoint=spoken is not None and spoken.stored.run.provenance.origin == "imported",
        activations=activations(quantization),
        usage=snippets.usage(card, templates),
        creation=snippets.creation(card, templates),
        evaluation=snippets.evaluation(card, behind, templates) if rows else [],
        benchmark=snippets.benchmark(card, behind, templates),
        device=snippets.device(card) if sweeps or settings.ID in tables else [],
        header=emit.header(data),
        eval_results={name: emit.eval_results(entries) for name, entries in results.items()},
        methods=methods.methods(card),
        unknowns=unknowns(card),
        conflicts=methods.conflicts(card),
        unshown=[],
        treatments=_treatments(card, rows, grids),
        prices=prices(card, tables.values()),
        problems=problems,
    )
    listed = (Cell(value) for conflict in contents.conflicts for value in conflict.values)
    shown = set(places((*contents.cells(), *listed)))
    told = [spoken if _tells_quantization(specification) else None]
    told += [one.recorded for one in attempts(card)]
    shown |= {(one.stored.file, one.stored.index) for one in told if one is not None}
    contents.unshown = unshown(card, shown)
    return contents


def _tells_quantization(specification: CardSpecification) -> bool:
    """Whether the card has a section that says how its model was quantized."""
    sections = specification.ordered_sections
    overview = "overview" in sections and specification.kind != "benchmark"
    return overview or "optimizations" in sections or "creation" in sections


def project_templates(card: Card) -> Path | None:
    """The project's own templates, if it has any besides cardgen's."""
    folder = card.project.root / "templates"
    return folder if folder.is_dir() else None


def _treatments(card: Card, rows: list[scores.Row], grids: list[Grid]) -> list[Message]:
    """What is meant to differ between the base model and the card's own, as the runs state it."""
    own, base = card.specification.model, card.specification.base_model
    identities = [Identity("accuracy", own, row.record.key()) for row in rows if row.record]
    identities += [
        point.identity
        for grid in grids
        for line in grid.lines
        if line.model == own
        for point in line.points
        if point.identity is not None
    ]
    pairs = [(one, one._replace(model=base)) for one in identities] if base is not None else []
    return treatments(card, pairs)


def _headline_cells(card: Card, grids: list[Grid]) -> dict[Mode, Cell]:
    cells: dict[Mode, Cell] = {}
    for mode, quantity in headlines(card, grids).items():
        cell = Cell(quantity, COST_REDUCTION, address=f"headline/{mode}")
        write_digits([cell])
        cells[mode] = cell
    return cells
