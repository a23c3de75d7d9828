"""Hand-written Markdown beside the card: `prose.<language>.md`, one part a section.

A heading `# accuracy` opens the part of that section; what stands before the first one belongs
to the overview. Markdown works; raw HTML shows as text, so that a stray tag cannot swallow what
follows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from cardgen.errors import SpecificationError
from cardgen.render.escape import visible
from cardgen.spec.card import Section
from cardgen.store import files

HEADING = re.compile(r"^#[ \t]+(.*?)[ \t]*#*[ \t]*$")
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
TAG = re.compile(r"<(?!https?://[^\s<>]*>)(?=[A-Za-z/!?])")


def read(folder: Path, language: str, place: str) -> dict[str, str]:
    """The prose of a card in a language by section; none where there is no file."""
    path = folder / f"prose.{language}.md"
    if not path.is_file():
        return {}
    data = files.read_bytes(path, error=SpecificationError)
    text = files.decode(data, Path(place) / path.name, error=SpecificationError)
    return split(text.replace("\r\n", "\n"), f"{place}/{path.name}")


def split(text: str, place: str) -> dict[str, str]:
    """The parts of a prose file by section, each made safe; an unknown section is an error."""
    sections = get_args(Section)
    parts: dict[str, list[str]] = {"overview": []}
    current, fence = "overview", ""
    for number, line in enumerate(text.split("\n"), 1):
        opening = FENCE.match(line)
        if fence:
            if opening and opening[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
            parts[current].append(visible(line))
            continue
        if opening:
            fence = opening[1]
            parts[current].append(visible(line))
            continue
        heading = HEADING.match(line)
        if heading:
            current = heading[1].strip().lower()
            if current not in sections:
                raise SpecificationError(
                    f"{place}:{number}",
                    expected=f"a section: {', '.join(sections)}",
                    found=f"the heading {heading[1]!r}",
                    next_step="use '##' and deeper for headings of your own",
                )
            parts.setdefault(current, [])
            continue
        parts[current].append(_safe(line))
    if fence:
        parts[current].append(fence)
    joined = {name: "\n".join(lines).strip("\n") for name, lines in parts.items()}
    return {name: body for name, body in joined.items() if body.strip()}


def _safe(line: str) -> str:
    """The line with raw HTML and template marks as text, outside code spans."""
    line = visible(line) if line.strip() else line
    if line.startswith(("    ", "\t")) or not any(c in line for c in "<{}%["):
        return line
    pieces, end = [], 0
    for span in CODE_SPAN.finditer(line):
        pieces += [_escaped(line[end : span.start()]), _braces(span[0])]
        end = span.end()
    return "".join([*pieces, _escaped(line[end:])])


def _escaped(text: str) -> str:
    return _braces(TAG.sub("&lt;", text))


def _braces(text: str) -> str:
    """Double braces apart, so that nothing downstream takes them for a template's."""
    for mark in ("{{", "}}", "{%", "%}"):
        text = text.replace(mark, f"{mark[0]}\u200a{mark[1]}")
    return text.replace("%(", "%&#40;")
