"""Tables as plain HTML, one cell a line, or as Markdown: stable text that a diff can show."""

from __future__ import annotations

from markupsafe import Markup

from cardgen.derive.quantity import Quantity
from cardgen.language import Language
from cardgen.render import escape
from cardgen.spec.base import localized
from cardgen.tables.model import VALUES, Cell, Note, Table, Text

ABSENT = "—"


def render(table: Table, language: Language) -> Markup:
    """The table in the layout it asks for, in a language, followed by its footnotes."""
    text = _html(table, language) if table.layout == "html" else _markdown(table, language)
    notes = notes_text(table.notes, language)
    return Markup(f"{text}\n\n{notes}" if notes else text)  # noqa: S704


def notes_text(notes: list[Note], language: Language) -> str:
    """The footnotes as one Markdown line each."""
    return "  \n".join(
        f"({note.mark}) {escape.markdown(language.say(note.text))}" for note in notes
    )


def words(text: Text, language: Language) -> list[str]:
    """The lines of a label in a language, unescaped."""
    if isinstance(text, tuple):
        return [line for part in text for line in words(part, language)]
    if isinstance(text, dict):
        return [localized(text, language.code)]
    return [language.say(text)]


def cell_text(cell: Cell, language: Language) -> str:
    """A value cell as it is printed: number, unit sign, footnote letters. Same in every language
    but for the number style."""
    value = cell.content
    if isinstance(value, Quantity):
        assert cell.metric is not None
        digits = cell.digits
        text = language.number(digits) if language.locale_numbers else digits
        text += cell.metric.suffix if cell.metric.style == "fixed" else ""
        if cell.bounds is not None:
            low, high = (language.number(bound) for bound in cell.bounds)
            text += f" [{low}{'; ' if ',' in low + high else ', '}{high}]"
    else:
        text = ABSENT
    return f"{text} ({', '.join(cell.marks)})" if cell.marks else text


def _html(table: Table, language: Language) -> str:
    lines = ["<table>", "  <thead>"]
    for row in table.head:
        _row(lines, row, language, head=True)
    lines += ["  </thead>", "  <tbody>"]
    for row in table.body:
        _row(lines, row, language, head=False)
    lines += ["  </tbody>", "</table>"]
    return "\n".join(lines)


def _row(lines: list[str], row: list[Cell], language: Language, *, head: bool) -> None:
    lines.append("    <tr>")
    for cell in row:
        content = cell.content
        number = isinstance(content, VALUES)
        tag = "th" if cell.header else "td"
        attributes = ""
        if cell.rowspan > 1:
            attributes += f' rowspan="{cell.rowspan}"'
        if cell.colspan > 1:
            attributes += f' colspan="{cell.colspan}"'
        if number:
            text = cell_text(cell, language)
            attributes += ' align="right"'
        else:
            text = "<br>".join(escape.html(line) for line in words(content, language))  # type: ignore[arg-type]
            if head and cell.colspan > 1:
                attributes += ' align="center"'
            elif not head:
                attributes += ' align="left"'
        if cell.bold and text:
            text = f"<b>{text}</b>"
        lines.append(f"      <{tag}{attributes}>{text}</{tag}>")
    lines.append("    </tr>")


def _markdown(table: Table, language: Language) -> str:
    from tabulate import tabulate

    def cell(item: Cell) -> str:
        content = item.content
        if isinstance(content, VALUES):
            return escape.markdown(cell_text(item, language))
        return "<br>".join(escape.markdown(line) for line in words(content, language))

    columns = len(table.head[-1])
    text: str = tabulate(
        [[cell(item) for item in row] for row in table.body],
        headers=[cell(item) for item in table.head[-1]],
        tablefmt="pipe",
        disable_numparse=True,
        stralign=None,
        numalign=None,
    )
    lines = text.splitlines()
    lines[1] = "| :--- |" + " ---: |" * (columns - 1)
    return "\n".join(lines)


def settings_line(table: Table, language: Language) -> Markup:
    """The settings a table was measured under, as one Markdown line."""
    parts = [
        f"{escape.markdown(language.say(label))}: "
        + escape.markdown(" ".join(words(value, language)))
        for label, value in table.settings
    ]
    return Markup(" · ".join(parts))  # noqa: S704


def title(table: Table, language: Language) -> str:
    """The table's title in a language."""
    return language.say(table.title)
