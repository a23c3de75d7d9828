"""Where each number of a page comes from, as data for the page: the answer of `explain`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cardgen import explain
from cardgen.card import Card
from cardgen.render.escape import spelled
from cardgen.tables.model import Cell

RECORD = "record "


@dataclass(frozen=True, slots=True)
class Sources:
    """The explanations of cells by their address, and the records that they name, each once.

    An explanation is a list of lines with their depth, then the names of the records behind it.
    """

    cells: dict[str, dict[str, object]] = field(default_factory=dict)
    records: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def add(
        self, card: Card, cells: Iterable[Cell], prefix: str, before: Mapping[str, str]
    ) -> None:
        """Take in the cells of one side; `before` has the other side's digits of those changed."""
        for cell in cells:
            tree: list[tuple[int, str]] = []
            names: list[str] = []
            block = tree
            for line in explain.lines(card, cell):
                text = spelled(line.text)
                if line.depth == 1 and text.startswith(RECORD):
                    name = prefix + text.removeprefix(RECORD)
                    names.append(name)
                    # A record that is known already goes on being read into nowhere.
                    block = [] if name in self.records else self.records.setdefault(name, [])
                elif block is tree or line.depth == 1:
                    # What stands below the records again: under which conditions.
                    block = tree
                    tree.append((line.depth, text))
                else:
                    block.append((line.depth - 2, text))
            known: dict[str, object] = {"lines": tree, "records": names}
            if cell.address in before:
                known["before"] = before[cell.address]
            self.cells[prefix + cell.address] = known
