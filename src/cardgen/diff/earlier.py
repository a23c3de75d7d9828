"""What a card shows differently from the text that earlier rules made of the same records.

Told once, when the text is replaced: a number that changed or went, with the reason that the card
gives for it now.
"""

from __future__ import annotations

import re
from collections import Counter

from cardgen import explain
from cardgen.card import Card
from cardgen.derive.quantity import Absent
from cardgen.diff.published import page
from cardgen.render.card import gather
from cardgen.tables.model import Cell

NOTHING = "\N{EM DASH}"
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def changes(card: Card, before: bytes) -> list[str]:
    """A line for each number of the earlier text that is another now or is gone, then one for each
    table that has new numbers."""
    contents = gather(card)
    earlier = page(before, card)
    known = earlier.digits
    printed = set(_numbers(earlier.text))
    tables = {address.partition("/")[0] for address in known}
    cells = {
        cell.address: cell for table in contents.tables.values() for cell in table.quantities()
    }
    told = [
        f"{address}: {known[address]} before, {_now(cell)}"
        for address, cell in cells.items()
        if address in known and known[address] != _shown(cell)
    ]
    new = Counter(
        table.id
        for table in contents.tables.values()
        for cell in table.quantities()
        if cell.address not in known
        and not isinstance(cell.content, Absent)
        # In a table that was there, a cell may only not have been found again.
        and not (table.id in tables and printed.issuperset(_numbers(_shown(cell))))
    )
    for name, count in new.items():
        noun = "number" if count == 1 else "numbers"
        told.append(f"{name}: {count} {noun} that it did not show before")
    told += [str(one) for one in contents.unshown if one.foreign]
    return told


def _numbers(text: str) -> list[str]:
    """The numbers in a text, whatever they are parted by."""
    return [number.replace(",", ".") for number in NUMBER.findall(text)]


def _shown(cell: Cell) -> str:
    return NOTHING if isinstance(cell.content, Absent) else explain.shown(cell)


def _now(cell: Cell) -> str:
    """What the cell shows now; of an absence the reason."""
    if isinstance(cell.content, Absent):
        return f"now absent: {cell.content.reason}"
    return f"now {_shown(cell)}"
