"""The numbers and names that a card's sentences hold, as they are printed in a language."""

from __future__ import annotations

from typing import Any

from cardgen.derive.paired import DIFFERENCE as PAIRED_DIFFERENCE
from cardgen.derive.quantity import Quantity, rounded
from cardgen.language import Language, Message
from cardgen.metrics import COST_REDUCTION, DIFFERENCE
from cardgen.records import Mode
from cardgen.render import tables as render_tables
from cardgen.render.contents import Contents
from cardgen.tables import device, serving
from cardgen.tables.model import Cell, Text


def printed(cell: Cell) -> str:
    """A number as the card prints it, with its sign of unit."""
    return cell.digits + (cell.metric.suffix if cell.metric else "")


def best_ratios(contents: Contents, language: Language) -> dict[Mode, dict[str, Any]]:
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
                    hardware = serving.hardware_label(contents.card, line.place)
                    found[grid.mode] = {
                        "ratio": language.number(cell.digits),
                        "faster": largest.low > 1,
                        "uncertain": largest.value > 1 >= largest.low,
                        "low": language.number(rounded(largest.low, COST_REDUCTION.digits)),
                        "high": language.number(rounded(largest.high, COST_REDUCTION.digits)),
                        "hardware": _joined(hardware, language),
                        "scenario": _joined(title, language),
                    }
    return found


def _joined(text: Text, language: Language) -> str:
    """A label on one line."""
    return " ".join(render_tables.words(text, language))


def size(contents: Contents) -> dict[str, str] | None:
    """The checkpoint's tensor bytes before and after, as printed; None where not recorded."""
    found = {
        cell.address.removeprefix("size/"): printed(cell)
        for cell in contents.figures
        if cell.address.startswith("size/")
    }
    return found or None


def starts(contents: Contents, language: Language) -> list[tuple[str, str, str]]:
    """Each model, what it was served on, and the seconds until its engine answered, as printed."""
    several = len({start.place.engine for start in contents.starts}) > 1
    found = []
    for start in contents.starts:
        hardware = serving.hardware_label(contents.card, start.place)
        label = serving.engine_label(hardware, start.place.engine if several else None)
        found.append((start.model, _joined(label, language), printed(start.cell)))
    return found


def profiles(contents: Contents) -> str:
    """What the use cases' second line gives: picture and lengths, lengths alone, or nothing."""
    shown = [grid for grid in contents.grids if grid.mode in contents.tables]
    scenarios = [scenario for grid in shown for scenario in grid.scenarios]
    lengths = any(None not in (one.prompt_tokens, one.output_tokens) for one in scenarios)
    if not lengths:
        return ""
    pictures = any(one.image_width and one.image_height for one in scenarios)
    return "image" if pictures else "text"


def quality(contents: Contents) -> list[Message]:
    """The direction of each quality metric of the sweeps, each once."""
    notes = (note for swept in contents.sweeps for note in device.quality_notes(swept))
    return list({str(note): note for note in notes}.values())


def has_differences(contents: Contents, *, paired: bool) -> bool:
    """Whether the accuracy table has a difference whose interval is paired, or is not."""
    if "accuracy" not in contents.tables:
        return False
    cells = contents.tables["accuracy"].quantities()
    shown = [c.content for c in cells if c.metric is DIFFERENCE]
    found = [c for c in shown if isinstance(c, Quantity)]
    return any((quantity.formula is PAIRED_DIFFERENCE) == paired for quantity in found)
