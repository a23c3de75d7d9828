"""The table a reader sees, before any language or markup: header tree, rows, cells with traces.

Owns how digits are chosen and how footnotes are numbered. Markup is the renderer's.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from cardgen.derive.quantity import UNLIMITED, Absent, Quantity, Value, rounded, scientific
from cardgen.language import Message, Words
from cardgen.metrics import Metric
from cardgen.spec.base import Localized

Text = Words | Localized | tuple["Text", ...]
"""What a label may be: data, a message, a text a language, or several of them on lines."""

VALUES = (Quantity, Absent)
UNFIT = re.compile(r"[^\w.]+")
TINY, HUGE = 1e-9, 1e15
"""What is smaller or not less is written as three digits and a power of ten: 4.94e-324."""
SI = {0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E", 21: "Z", 24: "Y"}


@dataclass(slots=True, eq=False)
class Cell:
    """One cell: words, or a value with its metric; the digits are filled when the table settles.

    `bounds` are the ends of a statistical interval, where the metric is shown with one.
    """

    content: Text | Value
    metric: Metric | None = None
    header: bool = False
    rowspan: int = 1
    colspan: int = 1
    bold: bool = False
    address: str = ""
    digits: str = ""
    bounds: tuple[str, str] | None = None
    marks: tuple[str, ...] = ()
    remark: Message | None = None

    @property
    def value(self) -> Value | None:
        """The value, where the cell holds one."""
        content = self.content
        return content if isinstance(content, VALUES) else None


@dataclass(slots=True)
class Note:
    """A footnote: its letter and what it says."""

    mark: str
    text: Message


@dataclass(slots=True)
class Table:
    """A table with its name, settings, header rows, body rows and footnotes.

    `digits` is what each cell prints, by its address, once the table is settled.
    """

    id: str
    title: Message
    head: list[list[Cell]]
    body: list[list[Cell]]
    settings: list[tuple[Message, Text]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    layout: Literal["html", "markdown"] = "html"
    digits: dict[str, str] = field(default_factory=dict)

    def cells(self) -> Iterable[Cell]:
        """Every cell of the body in reading order."""
        for row in self.body:
            yield from row

    def quantities(self) -> Iterable[Cell]:
        """The body cells that hold a value or its absence."""
        return (cell for cell in self.cells() if isinstance(cell.content, VALUES))


def settle(table: Table, *, mixed: bool = True) -> Table:
    """The table with digits written into its cells and its footnotes lettered.

    `mixed` tells whether the card's records are of several origins: only then is one remarked.

    Cells of one metric in one column share their decimals: the metric's own, fewer where the
    coarsest input of a cell has fewer, more only where a value would otherwise show as zero.
    """
    columns: dict[tuple[str, str], list[Cell]] = {}
    cells = list(table.quantities())
    for cell in cells:
        assert cell.metric is not None
        column = cell.address.rsplit("/", 1)[-1]
        columns.setdefault((column, cell.metric.id), []).append(cell)
    for column_cells in columns.values():
        write_digits(column_cells)
    _letter(table, cells, mixed=mixed)
    table.digits = {cell.address: cell.digits for cell in cells}
    return table


def write_digits(cells: Sequence[Cell]) -> None:
    """Write the digits of cells that share a metric and are to share their decimals."""
    present = [cell for cell in cells if isinstance(cell.content, Quantity)]
    if not present:
        return
    metric = present[0].metric
    assert metric is not None
    quantities = [cell.content for cell in present if isinstance(cell.content, Quantity)]
    if metric.style == "si":
        for cell, quantity in zip(present, quantities, strict=True):
            cell.digits = si(quantity, metric.digits)
        return
    decimals = shared_decimals(quantities, metric)
    for cell, quantity in zip(present, quantities, strict=True):
        cell.digits = fixed(quantity.value, decimals, quantity.justified_decimals)
        if quantity.value and not float(cell.digits):
            # Beside a coarse neighbour, a fine value must not show as zero.
            own = shared_decimals([quantity], metric)
            cell.digits = fixed(quantity.value, own, quantity.justified_decimals)
        if metric.style == "interval":
            ends = (fixed(end, decimals, decimals) for end in (quantity.low, quantity.high))
            cell.bounds = (next(ends), next(ends))


def fixed(value: float, decimals: int, justified: int) -> str:
    """The value with so many decimals; of a size that nobody writes out, with a power of ten.

    `justified` is how many decimals are known: a tiny value below them is a zero.
    """
    if not value or not math.isfinite(value) or TINY <= abs(value) < HUGE:
        return rounded(value, decimals)
    known = 2 if justified == UNLIMITED else justified + math.floor(math.log10(abs(value)))
    return rounded(value, decimals) if known < 0 else scientific(value, min(2, known))


def shared_decimals(quantities: Sequence[Quantity], metric: Metric) -> int:
    """The decimals a column shows.

    Not more than the metric's digits, except that the smallest value keeps two significant digits
    instead of showing as zero, and as many as the metric asks for where rounding could change it by
    more than a tenth; never more than the coarsest of the values justifies.
    """
    digits = metric.digits
    half = 0.5 * 10**-digits
    sizes = (abs(item.value) for item in quantities)
    smallest = min((size for size in sizes if size >= TINY), default=1.0)
    if metric.significant and half > 0.1 * smallest:
        digits = metric.significant - 1 - math.floor(math.log10(smallest))
    elif smallest < half:
        digits = 1 - math.floor(math.log10(smallest))
    return max(0, min(digits, *(item.justified_decimals for item in quantities)))


def si(quantity: Quantity, digits: int) -> str:
    """The value with an SI prefix, `617.84 G`: at most `digits` decimals, and as justified."""
    size = abs(quantity.value)
    if size >= HUGE * 10 ** max(SI) or 0 < size < TINY:
        return fixed(quantity.value, digits, quantity.justified_decimals)
    exponent = min(24, max(0, 3 * (math.floor(math.log10(size)) // 3))) if size >= 1 else 0
    while True:
        decimals = max(0, min(digits, quantity.justified_decimals + exponent))
        text = rounded(quantity.value / 10**exponent, decimals)
        if abs(float(text)) < 1000 or exponent == 24:
            return f"{text} {SI[exponent]}".rstrip()
        exponent += 3  # 999.996 G rounds to 1.00 T


def shown(quantity: Quantity, metric: Metric) -> str:
    """One value written on its own, in a sentence or a list."""
    cell = Cell(quantity, metric)
    write_digits([cell])
    return cell.digits


def _letter(table: Table, cells: Sequence[Cell], *, mixed: bool) -> None:
    """Give every distinct absence, deviating origin and remark of the table a letter."""
    origins = [
        c.content.origins if mixed and isinstance(c.content, Quantity) else None for c in cells
    ]
    counts = Counter(origin for origin in origins if origin is not None)
    usual = counts.most_common(1)[0][0] if counts else frozenset()
    letters: dict[str, Note] = {}
    for cell, origin in zip(cells, origins, strict=True):
        texts: list[Message] = []
        if isinstance(cell.content, Absent):
            texts.append(cell.content.reason)
        elif origin is not None and origin is not usual and origin - usual:
            texts.append(ORIGINS[min(origin)] if len(origin) == 1 else MIXED)
        if isinstance(cell.content, Quantity) and cell.content.runs > 1:
            texts.append(Message("median of %(count)s runs", {"count": cell.content.runs}))
        if cell.remark is not None:
            texts.append(cell.remark)
        for text in texts:
            note = letters.setdefault(str(text), Note(_letters(len(letters)), text))
            cell.marks += (note.mark,)
    table.notes.extend(letters.values())


ORIGINS = {
    "measured": Message("measured with cardgen"),
    "imported": Message("imported from another tool's result file"),
    "transcribed": Message("transcribed from a published card"),
}


MIXED = Message("from values of several origins")


def _letters(index: int) -> str:
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def unique(names: Sequence[str]) -> list[str]:
    """The names, a number behind each that repeats an earlier one: every cell has one address."""
    counts: Counter[str] = Counter()
    taken = set(names)
    found = []
    for name in names:
        counts[name] += 1
        candidate = name
        while counts[name] > 1 and candidate in taken:
            candidate = f"{name}-{counts[name]}"
            counts[name] += candidate in taken
        taken.add(candidate)
        found.append(candidate)
    return found


@lru_cache(maxsize=1024)
def slug(text: object) -> str:
    """A piece of a cell's address: letters, digits, dots and dashes."""
    return UNFIT.sub("-", str(text)).strip("-").lower() or "-"


def short(model: str) -> str:
    """The model's name without its organisation."""
    return model.rsplit("/", 1)[-1]
