"""The words of a published card, by the section of a card that they belong to."""

from __future__ import annotations

import re

from cardgen.imports.redaction import without_tokens
from cardgen.publish.transcription.devices import PAIR
from cardgen.publish.transcription.facts import is_fact
from cardgen.published import Document

PLACES = (
    ("creation", r"creation|создание|quantization recipe|reproduc"),
    ("deployment", r"deploy|use with|usage|how to use|развёртывание|запуск|inference with"),
    ("serving", r"inference performance|stream|throughput|производительность"),
    ("device", r"device|замеры|(?:batch|image size|sequence len\w*|optimi[sz]ation) tests?"),
    ("accuracy", r"^accuracy|точность|scores?$"),
    ("evaluation", r"evaluation|оценка|benchmark"),
    ("optimizations", r"optimi[sz]ations?$|оптимизации модели"),
)
ONLY_TAGS = re.compile(r"\s*(?:</?[A-Za-z][^<>]*>\s*)+(?:[^<>]{0,80}</summary>)?\s*")


def by_section(document: Document) -> dict[str, str]:
    """The paragraphs outside tables, code and lists of facts, by section; as the source has them.

    Tags that stand alone are left out: they held together what is not there any more.
    """
    taken = set(_taken(document))
    place = "overview"
    found: dict[str, list[str]] = {}
    starts = {section.line: index for index, section in enumerate(document.sections)}
    for number, line in enumerate(document.lines, start=1):
        if number in starts:
            place = _place(document.path(starts[number]))
            continue
        if number in taken or is_fact(line) or ONLY_TAGS.fullmatch(line):
            found.setdefault(place, []).append("")
            continue
        if PAIR.match(line.strip()):
            continue
        found.setdefault(place, []).append(line.rstrip())
    texts = {name: "\n".join(lines).strip("\n") for name, lines in found.items()}
    return {
        name: without_tokens(re.sub(r"\n{3,}", "\n\n", text)).replace("\n# ", "\n## ")
        for name, text in texts.items()
        if text.strip()
    }


def _taken(document: Document) -> list[int]:
    """The lines of header, tables, code and comments."""
    found: list[int] = []
    if document.front is not None:
        found += range(document.front.line - 1, document.front.end_line + 1)
    for table in document.tables:
        found += range(table.line, table.end_line + 1)
    for fence in document.fences:
        found += range(fence.line - 1, fence.end_line + 2)
    for comment in document.comments:
        found.append(comment.line)
    return found


def _place(path: tuple[str, ...]) -> str:
    for heading in reversed(path):
        for name, pattern in PLACES:
            if re.search(pattern, heading, re.I):
                return name
    return "overview"


def language(document: Document) -> str:
    """`ru` where a good part of the words' letters is Cyrillic, else `en`."""
    text = "\n".join(by_section(document).values()) or "\n".join(document.lines)
    cyrillic = len(re.findall(r"[А-Яа-яЁё]", text))
    latin = len(re.findall(r"[A-Za-z]", re.sub(r"`[^`\n]*`|\]\([^)]*\)|<[^<>]*>", "", text)))
    return "ru" if cyrillic * 4 > latin else "en"
