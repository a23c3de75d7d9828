"""What the columns and rows of a table are for, by their headings and by what stands in them.

Owns the words that tell a role, in English and in Russian. A column or row that no word fits has
the role `score` where it holds numbers and `label` where it does not; the checks decide whether
that is enough.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from cardgen.audit.number import Number, decimal_commas, parse
from cardgen.published import Cell, Document, Table

ROLES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (role, re.compile(rf"{english}|{russian}", re.I))
    for role, english, russian in (
        (
            "percent",
            r"%\s*of\s+(?:the\s+)?(?:original|base(?:line)?|bf16|fp16|full|unquantized)\s+\S",
            r"%\s*от\s+(?:исходн|базов|оригинал|неквантован)\w*\s+\S|%\s*от\s+(?:bf16|fp16)\s+\S",
        ),
        ("cost", r"cost\s+reduction", r"снижени\w*\s+(?:стоимост|затрат)"),
        ("speedup", r"speed-?\s?up", r"ускорени"),
        (
            "qpd",
            r"\bqpd\b|quer(?:y|ies)\s+per\s+dollar|requests\s+per\s+dollar",
            r"запрос\w*\s+(?:на|за)\s+(?:один\s+|1\s+)?доллар",
        ),
        (
            "recovery",
            r"recover|retention|retained|preserved|%\s*of\s+(?:the\s+)?(?:original|"
            r"base(?:line)?|bf16|fp16|full)",
            r"восстановлен|сохран[её]н\w*\s+(?:качеств|точност)|"
            r"дол\w+\s+сохран|%\s*от\s+(?:исходн|базов|оригинал|bf16|fp16)",
        ),
        (
            "delta",
            r"[ΔδΔ]|\bdelta\b|\bdiff(?:erence)?\b|\bchange\b|degradation|\bdrop\b|\bgap\b|"
            r"improvement|\bgain\b|\brelative\b",
            r"\bразност|\bразниц|\bизменени|ухудшени|улучшени|\bпотер[яи]\b|\bприрост|"
            r"\bотносительн|снижени\w*\s+(?:качеств|точност)",
        ),
        ("bits", r"\bbits?\b|\bbpw\b|bits[-_ ]per[-_ ]weight", r"\bбит(?:а|ы|ов|ность)?\b"),
        (
            "average",
            r"^(?:[\w.-]+\s){0,2}(?:avg|average|mean)\b(?!.*(?:length|latency|time|cost|bits|"
            r"tokens|energy|power))|\baverage(?:\s+(?:score|acc\w*))?$",
            r"^(?:[\w.-]+\s){0,2}(?:средн(?:ее|ий|яя)|в\s+среднем)\b(?!.*(?:длин|задержк|врем|"
            r"стоимост|бит|токен|энерги|мощност))",
        ),
        (
            "length",
            r"(?:avg|average|mean|accept\w*)\.?\s+(?:accept\w*\s+)?length|acceptance\s+len",
            r"средн\w*\s+(?:принят\w*\s+)?длин|длин\w*\s+принят",
        ),
        (
            "latency",
            r"latency|ttft|\bitl\b|tpot|\btime\b|\(s\)$|\(ms\)$|seconds",
            r"задержк|\bвремя\b|\(м?с\)$|секунд[аы]?$",
        ),
        (
            "rate",
            r"throughput|\bqps\b|quer(?:y|ies)\s+per\s+second|req(?:uest)?s?\s*/\s*s|"
            r"tok(?:en)?s?\s*/\s*s|tokens?\s+per\s+second|\brps\b",
            r"пропускн\w*\s+способност|(?:запрос|токен)\w*(?:\s+в\s+секунду|\s*/\s*с)",
        ),
        (
            "gpus",
            r"^#?\s*(?:num(?:ber)?(?:\s+of)?\s+)?gpus?(?:\s+count)?$|^#\s*gpus?",
            r"^(?:число|количество|кол-во)\s+gpu$",
        ),
        (
            "hardware",
            r"^(?:gpu(?:\s+(?:class|type|model))?|hardware|device|accelerator|machine)s?$",
            r"^(?:оборудование|устройств[оа]|ускорител[ьи]|машин[аы]|видеокарт[аы])$",
        ),
        ("model", r"^models?(?:[\s_]name)?s?$|/\s*models?$", r"^модел[ьи]$|/\s*модел[ьи]$"),
        (
            "category",
            r"^(?:category|type|group|capability|suite|area|domain|modality)$",
            r"^(?:категория|тип|группа|область|раздел|модальность)$",
        ),
        ("total", r"^(?:total|sum)$", r"^(?:итого|всего|сумма)$"),
        ("position", r"^pos(?:ition)?\.?\s*\d+$", r"^поз(?:иция|\.)?\s*\d+$"),
        ("energy", r"energy|\bjoules?\b|power|watt", r"энерги|джоул|мощност|\bватт"),
        (
            "setting",
            r"\bsize\b|_size\b|\bparam|\blayers?\b|\b(?:attention\s)?heads?$|seq\w*\s*len|"
            r"\blength\b|"
            r"dimension|\bbatch|\bepochs?\b|\bsteps?\b|\blr\b|\bversion\b|\bdate\b|\bcount\b|"
            r"\bsamples$|\bprice\b|memory|\bvram\b|\bram\b|\bgb\b|tokens?$|^context\b|\bflops\b|"
            r"^[nk]$|^#|\bnumber\b|\brank\b|\byear\b|downloads|\blikes\b|\bseed\b|\bgqa num",
            r"\bразмер|\bпараметр|\bсло[йёяеи]\w*|\bдлин[аы]\b|\bбатч|\bэпох|\bшаг|\bверси[яи]\b|"
            r"\bдата\b|\bчисло\b|\bколичество\b|\bпример(?:ы|ов)$|\bцен[аы]\b|\bпамят|\bгб\b|"
            r"токен(?:ы|ов)?$|^контекст|\bранг\b|\bгод\b|\bзагруз",
        ),
    )
)

AVERAGE_ROW = re.compile(
    r"^(?:overall\s+|macro\s+|total\s+|[\w.+-]+\s(?:[vV]\d\s)?){0,1}(?:avg|average|mean)\b\.?"
    r"(?:\s+(?:score|scores|acc\w*|performance|result|overall|"
    r"recovery))?\.?(?:\s*\(.{0,60}\))?\s*:?$|"
    r"^.{0,40}\b(?:average|avg\.?)(?:\s+(?:score|acc\w*))?\s*:?$|"
    r"^(?:общее\s+|итоговое\s+)?(?:средн(?:ее|ий|яя)|в\s+среднем)"
    r"(?:\s+(?:значение|балл|результат|качество|точность|по\s.{1,40}))?(?:\s*\(.{0,60}\))?\s*:?$|"
    r"^.{0,40}\bсреднее\s*:?$",
    re.I,
)
RECOVERY_ROW = re.compile(
    r"recovery|retention|%\s*of\s+(?:original|base|bf16|fp16)|"
    r"восстановлени|сохран[её]н\w*\s+(?:качеств|точност)|"
    r"%\s*от\s+(?:исходн|базов|оригинал|bf16|fp16)",
    re.I,
)
TOTAL_ROW = re.compile(r"^(?:total|sum|итого|всего|сумма)$", re.I)
BASE = re.compile(
    r"\b(?:base(?:line)?|bf16|fp16|fp32|float16|bfloat16|original|unquantized|full[ -]precision|"
    r"16[- ]?bits?|f16|reference|dense)\b|"
    r"\b(?:(?:базов|исходн)(?:ая|ый|ое|ой|ого)|оригинал(?:ьн(?:ая|ый|ое))?|эталон|"
    r"не\s?квантован\w*|без\s+квантования|полн(?:ая|ой)\s+точност[ьи]|16[- ]?бит\w*)\b",
    re.I,
)
LOWER = re.compile(
    r"\b(?:ppl|perplexity|wer|cer|word[ _]error|error|loss|bits[_ -]per[_ -]byte|byte[_ -]ppl|"
    r"bpb|nll|mae|rmse|mse|latency|ttft|itl|hallucination)\b|(?:_|\b)ppl\b|perplexity|"
    r"wiki(?:text)?\d*$|↓|\bперплекси|\bошиб(?:ка|ки|ок)\b|\bзадержк|\bгаллюцинаци",
    re.I,
)


MEASURED = frozenset({"latency", "rate", "energy", "setting"})
OF_WHOLE = re.compile(
    r"^%\s*of\s+(?:the\s+)?(?:original|base(?:line)?)$|^%\s*от\s+(?:исходн|базов|оригинал)\w*$",
    re.I,
)
ABSENT = re.compile(r"[-–—]\s?\([a-z]\)$")
"""A dash with the letter of a footnote, which says why the number is absent."""
WORDS = frozenset({"label", "category", "model", "hardware", "empty"})


class Column(NamedTuple):
    """A column: its place, its role, its heading's texts and the words of the lowest one."""

    at: int
    role: str
    heading: tuple[str, ...]
    name: str


class Row(NamedTuple):
    """A row of the body: its place in the table, its role, its category and its label."""

    at: int
    role: str
    category: str
    label: str
    line: int
    cells: tuple[Cell | None, ...]
    own: str = ""


class View(NamedTuple):
    """A table as it is understood."""

    table: Table
    number: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    path: tuple[str, ...]
    commas: bool = False
    """Whether its numbers are written 56,10."""

    def of(self, *roles: str) -> list[Column]:
        """The columns of these roles, left to right."""
        return [column for column in self.columns if column.role in roles]

    def sound(self, row: Row) -> bool:
        """Whether a row fills its columns, so that its values stand under their headings."""
        return self.table.widths[row.at] >= self.table.width - self.table.shifted or any(
            cell is None and any(other is not None for other in row.cells[place:])
            for place, cell in enumerate(row.cells)
        )

    def value(self, row: Row, column: Column) -> Number | None:
        """The number in a cell; none where there is none."""
        cell = row.cells[column.at]
        return self.number_in(cell.text) if cell is not None else None

    def number_in(self, text: str) -> Number | None:
        """The number that a text of this table begins with."""
        return parse(text, commas=self.commas)


def role_of(heading: str) -> str:
    """The role that a heading's words tell; empty where none fits."""
    return _role(heading[:120].strip()) if heading else ""


@lru_cache(maxsize=4096)
def _role(heading: str) -> str:
    for role, pattern in ROLES:
        if pattern.search(heading):
            return role
    return ""


def view(document: Document, number: int) -> View:
    """The table of that number with the roles of its columns and rows."""
    table = document.tables[number]
    body = table.body
    commas = decimal_commas(c.text for row in body[:2000] for c in row if c is not None)
    columns: list[Column] = []
    for index in range(table.width):
        heading = table.heading(index)
        lowest = heading[-1] if heading else ""
        numbers = words = 0
        for row in body[:2000]:
            cell = row[index]
            if cell is None or not cell.text.strip("-–— *%\\") or ABSENT.match(cell.text):
                continue
            if parse(cell.text, commas=commas) is not None:
                numbers += 1
            elif cell.text.upper() not in ("N/A", "NA", "NONE", "TBD"):
                words += 1
        told = role_of(lowest)
        above = next(
            (
                role_of(text)
                for text in reversed(heading[:-1])
                if role_of(text) in ("latency", "rate", "qpd")
            ),
            "",
        )
        if numbers and numbers >= words:
            role = told if told and told not in ("model", "category", "hardware") else ""
            if (not role or role == "setting") and above:
                role = above
            if told == "hardware" and "latency" not in above:
                role = "setting"
            role = role or "score"
        else:
            role = told if told in ("hardware", "model", "category") else "label"
            if not words:
                role = told if told in ("recovery", "cost", "speedup") else role
                role = "empty" if role == "label" and index else role
        columns.append(Column(index, role, heading, lowest))
    for left, column in pairwise(tuple(columns)):
        measured = left.role in MEASURED or role_of(left.name) in MEASURED
        if column.role == "recovery" and OF_WHOLE.match(column.name) and measured:
            columns[column.at] = column._replace(role="percent")
    if columns and columns[0].role == "score" and not columns[0].name and _is_index(body):
        columns[0] = columns[0]._replace(role="setting")
    rows = _rows(table, columns, commas=commas)
    return View(table, number, tuple(columns), rows, document.path(table.section), commas)


def _is_index(body: tuple[tuple[Cell | None, ...], ...]) -> bool:
    return all(row[0] is None or row[0].text.isdigit() or not row[0].text for row in body)


def _rows(table: Table, columns: list[Column], *, commas: bool) -> tuple[Row, ...]:
    words = [c.at for c in columns if c.role in ("label", "category", "model", "hardware")]
    first_number = next((c.at for c in columns if c.role not in WORDS), len(columns))
    labels = [place for place in words if place < first_number] or words
    rows: list[Row] = []
    section = ""
    carried: dict[int, str] = {}
    for offset, cells in enumerate(table.body):
        index = table.header_rows + offset
        own = [cell for cell in cells if cell is not None and cell.text]
        first = own[0] if own else next((c for c in cells if c is not None), None)
        line = first.line if first is not None else table.line
        if (
            len({id(cell) for cell in own}) <= 1
            and table.width > 2
            and (not own or parse(own[0].text, commas=commas) is None)
        ):
            if own:
                section = own[0].text
                carried.clear()
            rows.append(Row(index, "section", section, section, line, cells))
            continue
        texts: list[str] = []
        fresh = ""
        for place in labels:
            cell = cells[place]
            text = cell.text if cell is not None else ""
            if text:
                carried[place] = text
                fresh = text
            elif place != labels[-1]:
                text = carried.get(place, "")
            texts.append(text)
        label = texts[-1] if texts else ""
        if not label and fresh:
            label = fresh
        category = " / ".join(t for t in texts[:-1] if t) if len(texts) > 1 else ""
        role = "data"
        said = [label] if len(texts) < 2 else [label, *([texts[0]] if not label else [])]
        for text in said:
            if AVERAGE_ROW.match(text):
                role = "average"
            elif RECOVERY_ROW.search(text):
                role = "recovery"
            elif TOTAL_ROW.match(text):
                role = "total"
        if role == "data" and len(texts) > 1:
            first_text = cells[labels[0]]
            if (
                first_text is not None
                and first_text.rowspan <= 1
                and AVERAGE_ROW.match(first_text.text)
            ):
                role = "average"
        if section:
            category = f"{section} / {category}" if category else section
        if any(c is not None and parse(c.text, commas=commas) is not None for c in cells):
            start = next(
                (c.line for c in cells if c is not None and c.rowspan <= 1 and c.text), line
            )
            line = start
        rows.append(Row(index, role, category, label, line, cells, section))
    return tuple(rows)
