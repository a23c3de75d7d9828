"""A card's own tables as HTML for a page: header cells with scope, every value a button.

Owns the markup of values. The digits are those of the card, nothing is written anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from cardgen.language import Language
from cardgen.preview.words import said
from cardgen.render import escape as escaping
from cardgen.render.tables import cell_text, title, words
from cardgen.tables.model import VALUES, Cell, Table

OPEN, CLOSE = "\ue000", "\ue001"
"""Signs of the private use area around what is put into a page after it was cleaned."""


def placeholder(index: int) -> str:
    """What stands for a table until the rest of the page is cleaned."""
    return f"{OPEN}table {index}{CLOSE}"


def html(table: Table, language: Language, prefix: str, marks: Mapping[str, str]) -> str:
    """The table as HTML. `prefix` tells the sides of a page apart in the values' addresses.

    `marks` says of an address what became of its value; those are marked.
    """
    label = escape(title(table, language))
    lines = [f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table>']
    lines.append("<thead>")
    lines += [_row(row, language, prefix, marks, head=True) for row in table.head]
    lines.append("</thead><tbody>")
    lines += [_row(row, language, prefix, marks, head=False) for row in table.body]
    lines.append("</tbody></table></div>")
    return "\n".join(lines)


def _row(
    row: list[Cell], language: Language, prefix: str, marks: Mapping[str, str], *, head: bool
) -> str:
    return f"<tr>{''.join(_cell(cell, language, prefix, marks, head=head) for cell in row)}</tr>"


def _cell(
    cell: Cell, language: Language, prefix: str, marks: Mapping[str, str], *, head: bool
) -> str:
    spans = f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    spans += f' colspan="{cell.colspan}"' if cell.colspan > 1 else ""
    content = cell.content
    if isinstance(content, VALUES):
        mark = marks.get(cell.address)
        kind = f" {mark}" if mark else ""
        told = f'<span class="unseen">, {said(mark, language.code)}</span>' if mark else ""
        shown = button(cell, cell_text(cell, language), prefix)
        shown = f"<b>{shown}</b>" if cell.bold else shown
        return f'<td class="number{kind}"{spans}>{shown}{told}</td>'
    text = "<br>".join(escaping.html(line) for line in words(content, language))
    text = f"<b>{text}</b>" if cell.bold and text else text
    if not text:
        return f"<td{spans}></td>"
    scope = ("colgroup" if cell.colspan > 1 else "col") if head else "row"
    if not head and cell.rowspan > 1:
        scope = "rowgroup"
    return f'<th scope="{scope}"{spans}>{text}</th>'


def button(cell: Cell, text: str, prefix: str) -> str:
    """A value that says where it comes from when it is asked."""
    address = escape(prefix + cell.address)
    return f'<button type="button" class="value" data-cell="{address}">{escape(text)}</button>'
