"""`cardgen explain`: where a number of a card comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cardgen.tables.model import Cell


@click.command("explain")
@click.argument("name")
@click.argument("cell", nargs=-1)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(name: str, cell: tuple[str, ...], form: str) -> int:
    """Say where CELL of the card NAME comes from; without CELL, list the card's cells.

    CELL is an address such as accuracy/mmmu/recovery, parts of one (`mmmu recovery`), or a number
    as the card prints it (`93.27`). The answer gives the value, the interval that the rounding of
    its inputs leaves, the formula, and every record behind it with its provenance.
    """
    from cardgen import explain
    from cardgen.card import open_card
    from cardgen.render.card import gather
    from cardgen.spec.load import find_project
    from cardgen.spec.locate import card_name

    project = find_project()
    card = open_card(project, card_name(project.root, name))
    cells = explain.cells(gather(card))
    if not cell:
        return _list(cells, form)
    found = explain.find(cells, " ".join(cell), card.name)
    if form == "json":
        data = [explain.as_data(card, cells[address]) for address in found]
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return 0
    for number, address in enumerate(found):
        if number:
            click.echo()
        for line in explain.lines(card, cells[address]):
            click.echo("  " * line.depth + line.text)
    return 0


def _list(cells: dict[str, Cell], form: str) -> int:
    from cardgen.derive.quantity import Absent

    rows: list[tuple[str, str]] = []
    for address, cell in cells.items():
        content = cell.content
        shown = f"— {content.reason}" if isinstance(content, Absent) else cell.digits
        rows.append((address, shown))
    if form == "json":
        click.echo(json.dumps(dict(rows), indent=2, ensure_ascii=False))
        return 0
    width = max((len(address) for address, _ in rows), default=0)
    for address, shown in rows:
        click.echo(f"{address:<{width}}  {shown}")
    return 0
