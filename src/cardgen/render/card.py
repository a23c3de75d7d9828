"""One card in one language: the sections' contents gathered once, the text rendered per language.

No I/O but templates and the prose beside the card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from markupsafe import Markup

from cardgen.card import Card
from cardgen.derive.paired import DIFFERENCE as PAIRED_DIFFERENCE
from cardgen.derive.quantity import Quantity, rounded
from cardgen.frontmatter import emit
from cardgen.frontmatter.build import evaluation_results, header_data
from cardgen.frontmatter.validate import (
    Problem,
    eval_results_problems,
    header_problems,
    license_problem,
)
from cardgen.language import NAMES, Language, Message
from cardgen.metrics import COST_REDUCTION, DIFFERENCE
from cardgen.records import Identity, Mode, QuantizationMeasurement, ServingMeasurement
from cardgen.render import prose, snippets
from cardgen.render import tables as render_tables
from cardgen.render.environment import LANGUAGE, card_environment, render
from cardgen.render.snippets import Snippet
from cardgen.render.tidy import tidy
from cardgen.spec.card import CardSpecification, Section
from cardgen.tables import accuracy, device, levels, methods, others, scores, serving, settings
from cardgen.tables.figures import engine_starts, figures
from cardgen.tables.grids import TABLED, Grid, headlines
from cardgen.tables.grids import grids as grids_of
from cardgen.tables.methods import Conflict, Method
from cardgen.tables.model import Cell, Table, Text, shown, write_digits
from cardgen.tables.quantization import (
    Attempt,
    Program,
    attempt,
    attempts,
    program,
    speaking,
    telling,
)
from cardgen.tables.sweeps import Swept
from cardgen.tables.sweeps import sweeps as sweeps_of
from cardgen.tables.unknowns import unknowns
from cardgen.tables.unlike import treatments
from cardgen.tables.unshown import Unshown, places, unshown

PROSE_MARK = re.compile("\x02(\\w+)\x03")
MEASURED = ("accuracy", "serving", "device")
"""The kinds whose numbers stand in tables of their own."""
HUB = "https://huggingface.co/"


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
    quantization: QuantizationMeasurement | None
    attempt: Attempt | None
    quantized_with: Program | None
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
    contents = Contents(
        card=card,
        tables=tables,
        rows=rows,
        grids=grids,
        sweeps=sweeps,
        headlines=_headline_cells(card, grids),
        figures=figures(card),
        quantization=quantization,
        attempt=failed,
        quantized_with=program(spoken) if spoken is not None else None,
        usage=snippets.usage(card, templates),
        creation=snippets.creation(card, templates),
        evaluation=snippets.evaluation(card, behind, templates) if rows else [],
        benchmark=snippets.benchmark(card, behind, templates),
        device=snippets.device(card) if sweeps else [],
        header=emit.header(data),
        eval_results={name: emit.eval_results(entries) for name, entries in results.items()},
        methods=methods.methods(card),
        unknowns=unknowns(card),
        conflicts=methods.conflicts(card),
        unshown=[],
        treatments=_treatments(card, rows, grids),
        prices=_prices(card) if grids else [],
        problems=problems,
    )
    listed = (Cell(value) for conflict in contents.conflicts for value in conflict.values)
    shown = set(places((*contents.cells(), *listed)))
    told = [spoken, *(one.recorded for one in attempts(card))]
    shown |= {(one.stored.file, one.stored.index) for one in told if one is not None}
    contents.unshown = unshown(card, shown)
    return contents


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


def readme_name(specification: CardSpecification, language: str) -> str:
    """README.md for the card's first language, README.<language>.md for the others."""
    return "README.md" if language == specification.languages[0] else f"README.{language}.md"


def text(contents: Contents, language: Language, plots: dict[str, Markup]) -> str:
    """The card in a language. `plots` holds each plot's Markdown by its name."""
    card, specification = contents.card, contents.specification
    name = readme_name(specification, language.code)
    place = f"{card.project.relative(card.folder)}"
    written = prose.read(card.folder, language.code, place)
    context: dict[str, Any] = {
        LANGUAGE: language,
        "card": specification,
        "name": card.name,
        "other_languages": [
            (NAMES.get(code, code), readme_name(specification, code))
            for code in specification.languages
            if code != language.code
        ],
        "this_language": NAMES.get(language.code, language.code),
        "sections": specification.ordered_sections,
        "prose": {
            section: Markup(f"\x02{section}\x03" if section in written else "")  # noqa: S704
            for section in get_args(Section)
        },
        "tables": contents.tables,
        "table": lambda item: render_tables.render(item, language),
        "settings": lambda item: render_tables.settings_line(item, language),
        "titles": serving.TITLES,
        "sweeps": contents.sweeps,
        "headlines": _headlines(contents, language),
        "q": contents.quantization,
        "quantized_with": contents.quantized_with,
        "attempt": contents.attempt,
        "telling": telling(card),
        "size": _size(contents),
        "figures": {cell.address: printed(cell) for cell in contents.figures},
        "engine_starts": _engine_starts(contents),
        "usage": contents.usage,
        "creation": contents.creation,
        "evaluation": contents.evaluation,
        "benchmark": contents.benchmark,
        "device_commands": contents.device,
        "prices": contents.prices,
        "profiles": _profiles(contents),
        "with_difference": _differences(contents, paired=False),
        "with_paired": _differences(contents, paired=True),
        "methods": contents.methods,
        "unknowns": contents.unknowns,
        "conflicts": contents.conflicts,
        "unshown": [one.sentence() for one in contents.unshown if not one.foreign],
        "treatments": contents.treatments,
        "quality_notes": _quality_notes(contents),
        "plots": plots,
        "hub": HUB,
    }
    environment = card_environment(project_templates(card))
    body = tidy(render(environment, "card.md.j2", context), f"{place}/{name}")
    # Hand-written words go in last: the scan for unfilled places is for the templates' text.
    body = PROSE_MARK.sub(lambda mark: written[mark[1]], body)
    return f"{contents.header}\n{body}" if name == "README.md" else body


def _differences(contents: Contents, *, paired: bool) -> bool:
    """Whether the accuracy table has a difference whose interval is paired, or is not."""
    if "accuracy" not in contents.tables:
        return False
    cells = contents.tables["accuracy"].quantities()
    shown = [c.content for c in cells if c.metric is DIFFERENCE]
    found = [c for c in shown if isinstance(c, Quantity)]
    return any((quantity.formula is PAIRED_DIFFERENCE) == paired for quantity in found)


def _headlines(contents: Contents, language: Language) -> dict[Mode, dict[str, Any]]:
    """For each mode the largest ratio as printed and where it was reached."""
    found: dict[Mode, dict[str, Any]] = {}
    for grid in contents.grids:
        cell = contents.headlines.get(grid.mode)
        if cell is None or not isinstance(cell.content, Quantity):
            continue
        largest = cell.content.inputs[0]
        for line in grid.lines:
            for point, title in zip(line.points, grid.titles, strict=True):
                if point.cost_ratio is largest:
                    found[grid.mode] = {
                        "ratio": language.number(cell.digits),
                        "faster": largest.low > 1,
                        "uncertain": largest.value > 1 >= largest.low,
                        "low": language.number(rounded(largest.low, COST_REDUCTION.digits)),
                        "high": language.number(rounded(largest.high, COST_REDUCTION.digits)),
                        "hardware": _joined(
                            serving.hardware_label(contents.card, line.place), language
                        ),
                        "scenario": _joined(title, language),
                    }
    return found


def _joined(text: Text, language: Language) -> str:
    """A label on one line."""
    return " ".join(render_tables.words(text, language))


def _size(contents: Contents) -> dict[str, str] | None:
    """The checkpoint's tensor bytes before and after, as printed; None where not recorded."""
    found = {
        cell.address.removeprefix("size/"): printed(cell)
        for cell in contents.figures
        if cell.address.startswith("size/")
    }
    return found or None


def _engine_starts(contents: Contents) -> list[tuple[str, str]]:
    """Each model with the seconds until its engine answered, as printed."""
    digits = {cell.address: printed(cell) for cell in contents.figures}
    starts = engine_starts(contents.card)
    return [(model, digits[cell.address]) for model, cell in starts.items()]


def printed(cell: Cell) -> str:
    """A number as the card prints it, with its sign of unit."""
    return cell.digits + (cell.metric.suffix if cell.metric else "")


def _prices(card: Card) -> list[dict[str, str]]:
    """The prices behind queries per dollar: hardware, price, source, date; each once."""
    listed = card.project.specification.prices
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for stored in card.records.of_kind("serving"):
        measurement = stored.measurement
        assert isinstance(measurement, ServingMeasurement)
        name, price = measurement.hardware.name, measurement.price
        if price is not None:
            parts = (name, _dollars(price.usd_per_gpu_hour), price.source, price.date)
        else:
            entry = next((entry for entry in listed if entry.hardware == name), None)
            if entry is None:
                continue
            dollars = _dollars(entry.usd_per_gpu_hour)
            parts = (name, dollars, entry.source, entry.date.isoformat())
        names = ("hardware", "price", "source", "date")
        found.setdefault(parts, dict(zip(names, parts, strict=True)))
    return list(found.values())


def _dollars(amount: float) -> str:
    """Cents, and more digits for a price below one."""
    return f"{amount:.2f}" if amount >= 0.01 else f"{amount:g}"


def _profiles(contents: Contents) -> str:
    """What the use cases' second line gives: picture and lengths, lengths alone, or nothing."""
    scenarios = [scenario for grid in contents.grids for scenario in grid.scenarios]
    if any(scenario.image_width for scenario in scenarios):
        return "image"
    return "text" if any(scenario.prompt_tokens is not None for scenario in scenarios) else ""


def _quality_notes(contents: Contents) -> list[Message]:
    notes = (note for swept in contents.sweeps for note in device.quality_notes(swept))
    return list({str(note): note for note in notes}.values())


__all__ = ["Contents", "gather", "printed", "readme_name", "shown", "text"]
