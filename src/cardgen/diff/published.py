"""A published page as a side: the numbers of its tables, found by what stands beside and above.

A page has no records. Its tables are read like the card's own, and a number of the page is the
counterpart of the cell whose row and column go by the same words in one of the card's languages,
under settings that do not differ, and of the same model. Order of rows, columns and tables means
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cardgen import explain
from cardgen.card import Card
from cardgen.derive.quantity import UNLIMITED, Absent, Quantity
from cardgen.diff import about
from cardgen.diff.about import Settings, plain
from cardgen.diff.series import Series, Subject, series
from cardgen.metrics import COMPARED, Metric
from cardgen.published import Document, Table, read
from cardgen.records import Identity
from cardgen.store import files
from cardgen.tables.model import Cell
from cardgen.tables.model import Table as OwnTable

ABSENT = {"", "-", "–", "—", "n/a", "N/A"}
NUMBER = re.compile(
    r"([-−+]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?\s*([kMGTPEZY]?)B?(?:%|[x×])?"
    r"(?:\s*(?:\([^()]*\)|\[[^\[\]]*\]|[*†‡]))*"
)
PREFIXES = {"": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21, "Y": 24}
PRINTED = Metric("as-printed", 2)


class Words(NamedTuple):
    """What a number goes by: the words of its row, those above its column, those of its table.

    `settings` stand above the table: they tell tables of the same words apart.
    """

    row: tuple[str, ...]
    column: tuple[str, ...]
    table: frozenset[str]
    settings: Settings


class Page(NamedTuple):
    """What a page prints: its numbers as series, and the subjects that the card would show there.

    Numbers without a counterpart are among the series under their own words; of tables without
    any, only the number of `unknown` is told. `digits` is what the page prints for each of the
    card's cells, by its address; `text` is the page itself. `other_model` is the model that the
    page is the card of, where that is another one.
    """

    series: Mapping[Subject, Series]
    shown: frozenset[Subject]
    unknown: int
    digits: Mapping[str, str]
    text: str
    other_model: str | None


class Printed(NamedTuple):
    """A number as a page prints it, and by which words; `table` counts the page's tables."""

    quantity: Quantity
    words: Words
    text: str
    row: str
    column: str
    table: int


def page(data: bytes, card: Card) -> Page:
    """The numbers of a page's tables beside those that the card shows.

    Of a page about another model, only what names its model by itself has a counterpart.
    """
    document = read(data)
    other_model = about.other_model(document, card)
    models = about.names(card)
    printed = list(_printed(document, about.renamed(card)))
    by_column: dict[tuple[str, ...], list[Printed]] = {}
    for one in printed:
        by_column.setdefault(one.words.column, []).append(one)
    own = {subject: one for subject, one in series(card, {}).items() if one.values}
    found: dict[Subject, Series] = {}
    shown: set[Subject] = set()
    met: set[Printed] = set()
    digits: dict[str, str] = {}
    own_words: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
    cells = list(_cells(card))
    alike: dict[Words, set[str]] = {}
    for words, cell in cells:
        alike.setdefault(words, set()).add(cell.address)
    for words, cell in cells:
        own_words.add(words[:2])
        there = None
        # Two cells that go by the same words, as the columns “% of original”, have no counterpart.
        named = other_model is None or not models.isdisjoint((*words.row, *words.column))
        if named and len(alike[words]) == 1:
            there = _counterpart(words, by_column.get(words.column, ()), models)
        if there is not None:
            met.add(there)
            digits[cell.address] = _digits(there, explain.shown(cell))
        subject = _subject(cell, card, own)
        if subject is None:
            continue
        shown.add(subject)
        if there is not None:
            value = there.quantity._replace(unit=own[subject].unit)
            found[subject] = own[subject]._replace(
                values=(value,), shown=value, conditions={}, revisions=(), recorded=True
            )
    tables = {one.table for one in met}
    for one in printed:
        if one.table in tables and one not in met and one.words[:2] not in own_words:
            subject = Subject(Identity("table", "", (one.row, one.column)), PRINTED.id)
            value = one.quantity
            found[subject] = Series(subject, PRINTED, (value,), value, None, {}, ())
    unknown = len({one.table for one in printed} - tables)
    text = files.decode(data, "the page")
    return Page(found, frozenset(shown), unknown, digits, text, other_model)


def _digits(printed: Printed, shown: str) -> str:
    """What the page prints, without footnotes; as the card writes it where the number is one."""
    own = number(shown)
    if own is not None and own.value == printed.quantity.value:
        return shown
    return printed.text.partition(" (")[0]


def _counterpart(
    words: Words, candidates: Sequence[Printed], models: frozenset[str]
) -> Printed | None:
    """The number that goes by the same words; where several do, the one whose table is most alike.

    A row's words may go on on one side: a page that names a task may leave out its metric. A
    model's name may not: the base model's is often the beginning of the quantized one's.
    """

    def begin_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
        return len(one) == len(other) and all(
            a == b or (about.alike(a, b) and models.isdisjoint((a, b)))
            for a, b in zip(one, other, strict=True)
        )

    candidates = [one for one in candidates if about.agree(one.words.settings, words.settings)]
    for alike in (tuple.__eq__, begin_alike):
        rows = [one for one in candidates if alike(one.words.row, words.row)]
        if len(rows) > 1:
            common = [len(one.words.table & words.table) for one in rows]
            best = max(common)
            rows = [one for one, size in zip(rows, common, strict=True) if size == best]
        if len(rows) == 1:
            return rows[0]
    return None


def _subject(cell: Cell, card: Card, own: Mapping[Subject, Series]) -> Subject | None:
    """What the cell shows a value of; None for what is derived from several records."""
    content = cell.content
    if not isinstance(content, Quantity) or cell.metric not in COMPARED:
        return None
    behind = {
        leaf.stored.measurement.identity for leaf in content.leaves() if leaf.stored is not None
    }
    if len(behind) != 1:
        return None
    (identity,) = behind
    renamed = identity._replace(model=card.model_name(identity.model))
    return next(
        (
            subject
            for subject in own
            if subject.identity == renamed and subject.quantity.partition(" ")[0] == cell.metric.id
        ),
        None,
    )


def _cells(card: Card) -> Iterator[tuple[Words, Cell]]:
    """The card's own cells, by the words they stand under in each of its languages."""
    from cardgen.language import language
    from cardgen.render import tables
    from cardgen.render.card import gather, project_templates

    shown = gather(card).tables.values()
    for code in card.specification.languages:
        spoken = language(code, project_templates=project_templates(card))
        for table in shown:
            settings = tables.settings_line(table, spoken)
            document = read(f"{settings}\n\n{tables.render(table, spoken)}")
            yield from _own(document, table)


def _own(document: Document, table: OwnTable) -> Iterator[tuple[Words, Cell]]:
    """The cells of a table as it was printed beside those it was printed from, in one order."""
    (grid,) = document.tables
    places: dict[tuple[int, int], Cell] = {}
    cells = iter(table.cells())
    for row in grid.body:
        for printed in row:
            if printed is not None and (printed.line, printed.column) not in places:
                places[printed.line, printed.column] = next(cells)
    for words, row_index, column in _places(document, grid, {}):
        printed = grid.body[row_index][column]
        if printed is not None:
            cell = places[printed.line, printed.column]
            if isinstance(cell.content, Quantity | Absent):
                yield words, cell


def _printed(document: Document, renamed: Mapping[str, str]) -> Iterator[Printed]:
    """Every number of a page's tables."""
    for index, table in enumerate(document.tables):
        labels = _label_columns(table)
        for words, row_index, column in _places(document, table, renamed):
            row = table.body[row_index]
            cell = row[column]
            text = cell.text if cell is not None else ""
            quantity = number(text)
            if quantity is not None:
                texts = [label.text for i in labels if (label := row[i]) is not None]
                heading = " / ".join(table.heading(column))
                yield Printed(quantity, words, text, " / ".join(texts), heading, index)


def _places(
    document: Document, table: Table, renamed: Mapping[str, str]
) -> Iterator[tuple[Words, int, int]]:
    """The places of a table's values, each with its words; a model by the name it goes by now."""

    def words(text: str) -> str:
        found = plain(text)
        return renamed.get(found, found)

    labels = _label_columns(table)
    settings = about.settings(document, table)
    columns = [tuple(map(words, table.heading(column))) for column in range(table.width)]
    everything = frozenset(word for heading in columns for word in heading)
    for row_index, row in enumerate(table.body):
        row_words = tuple(words(cell.text) for i in labels if (cell := row[i]) is not None)
        for column, heading in enumerate(columns):
            if column not in labels:
                yield Words(row_words, heading, everything, settings), row_index, column


def _label_columns(table: Table) -> tuple[int, ...]:
    """The columns that name a row: the first, and those that mostly hold words."""
    found = [0]
    for column in range(1, table.width):
        texts = [cell.text for row in table.body if (cell := row[column]) is not None]
        words = [text for text in texts if not _is_absent(text) and number(text) is None]
        if texts and len(words) > len(texts) / 2:
            found.append(column)
    return tuple(found)


def _is_absent(text: str) -> bool:
    """Whether the cell says that there is no value, with a footnote or without."""
    return text.partition(" (")[0] in ABSENT


def number(text: str) -> Quantity | None:
    """The number that a cell prints, with what its digits stand for; None where it is none."""
    match = NUMBER.fullmatch(text.strip().replace("\u00a0", " "))
    if match is None:
        return None
    sign, whole, fraction, prefix = match[1], match[2].replace(",", ""), match[3] or "", match[4]
    shift = PREFIXES[prefix]
    value = float(f"{'-' if sign in ('-', '−') else ''}{whole}.{fraction or 0}e{shift}")
    decimals = len(fraction) - shift
    half = 0.5 * 10.0**-decimals
    assert decimals < UNLIMITED
    return Quantity(value, value - half, value + half, "", decimals)
