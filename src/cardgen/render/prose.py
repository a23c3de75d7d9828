"""Hand-written Markdown beside the card: `prose.<language>.md`, one part a section.

A heading `# accuracy` opens the part of that section; what stands before the first one belongs
to the overview. Markdown works; raw HTML shows as text, and nothing left open reaches beyond its
part, so that a stray tag or fence cannot swallow what follows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from cardgen.card import Card
from cardgen.errors import SpecificationError
from cardgen.render.escape import spelled
from cardgen.spec.card import Section
from cardgen.store import files

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")
TAG = re.compile(r"<(?!https?://[^\s<>]*>)(?=[A-Za-z/!?])")
BRACES = re.compile(r"\{(?=[{%])|[}%](?=\})")
HEADING = re.compile(r"^#(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
INTRICATE = re.compile(r"<|```|~~~|\{[{%]|[}%]\}|%\(|^[ \t]+#|^(?=.*\|)[-:| \t]+$", re.M)
"""What needs a parser of Markdown to be read rightly; most prose has none of it."""
PROBE = "the end of this part"


def read(folder: Path, language: str, place: str) -> dict[str, str]:
    """The prose of a card in a language by section; none where there is no file."""
    path = folder / f"prose.{language}.md"
    if not path.is_file():
        return {}
    data = files.read_bytes(path, error=SpecificationError)
    text = files.decode(data, Path(place) / path.name, error=SpecificationError)
    return split(text, f"{place}/{path.name}")


def warnings(card: Card) -> list[str]:
    """What of the prose beside a card nobody will read: its language or its section is not there,
    or one language has words that another lacks."""
    specification = card.specification
    sections: dict[str, set[str]] = {}
    told = []
    with os.scandir(card.folder) as entries:
        names = sorted(e.name for e in entries if re.fullmatch(r"prose\b.*\.md", e.name))
    for name in names:
        code = name.removeprefix("prose").removesuffix(".md").removeprefix(".")
        if code not in specification.languages:
            told.append(
                f"{name}: not shown; the card's languages: {', '.join(specification.languages)}"
            )
            continue
        sections[code] = set(read(card.folder, code, f"cards/{card.name}"))
        told += [
            f"{name}: the section {section!r} is not one of the card's"
            for section in sorted(sections[code] - set(specification.ordered_sections))
        ]
    for code in specification.languages if sections else ():
        others = set().union(*sections.values()) - sections.get(code, set())
        if others:
            told.append(f"prose.{code}.md: no words for {', '.join(sorted(others))}")
    return told


def split(text: str, place: str) -> dict[str, str]:
    """The parts of a prose file by section, each made safe; an unknown section is an error."""
    lines = [spelled(line) for line in re.split(r"\r\n|\r|\n", text)]
    joined = "\n".join(lines)
    plain = INTRICATE.search(joined) is None
    headings = _plain_headings(lines) if plain else _headings(_parse(joined, html=False))
    sections = get_args(Section)
    parts: dict[str, list[str]] = {"overview": []}
    current = "overview"
    for number, line in enumerate(lines):
        heading = headings.get(number)
        if heading is None:
            parts[current].append(line)
            continue
        current = heading.strip().lower()
        if current not in sections:
            raise SpecificationError(
                f"{place}:{number + 1}",
                expected=f"a section: {', '.join(sections)}",
                found=f"the heading {heading!r}",
                next_step="use '##' and deeper for headings of your own",
            )
        parts.setdefault(current, [])
    bodies = {name: "\n".join(body).strip("\n") for name, body in parts.items()}
    made_safe = (lambda body: body) if plain else (lambda body: _closed(_safe(body)))
    return {name: made_safe(body) for name, body in bodies.items() if body.strip()}


def _parse(text: str, *, html: bool) -> list[Token]:
    """The tokens of CommonMark with tables; without `html`, tags are text."""
    return _parser(html=html).parse(text)


@lru_cache(maxsize=2)
def _parser(*, html: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])


def _plain_headings(lines: Sequence[str]) -> dict[int, str]:
    """The `#` headings of a text without fences and HTML: there, each such line is one."""
    found = ((number, HEADING.match(line)) for number, line in enumerate(lines))
    return {number: heading[1] or "" for number, heading in found if heading}


def _headings(tokens: Sequence[Token]) -> dict[int, str]:
    """The `#` headings that stand in no list, quotation or code, by their line."""
    return {
        token.map[0]: tokens[index + 1].content
        for index, token in enumerate(tokens)
        if token.type == "heading_open"
        and (token.tag, token.markup, token.level) == ("h1", "#", 0)
        and token.map is not None
    }


def _safe(body: str) -> str:
    """The part with raw HTML and template marks as text, outside code.

    Where a line alone does not tell code spans from text, those of the part are escaped as well:
    a tag that shows as `&lt;` is better than one that works.
    """
    lines = body.split("\n")
    code: set[int] = set()
    for token in _parse(body, html=False):
        if token.type in ("fence", "code_block") and token.map is not None:
            code.update(range(*token.map))
    for escape in (_outside_spans, _everywhere):
        text = "\n".join(
            line if number in code else escape(line) for number, line in enumerate(lines)
        )
        if not _has_html(text):
            return text
    return "\n".join(_everywhere(line) for line in lines)


def _has_html(text: str) -> bool:
    tokens = _parse(text, html=True)
    return any(
        child.type in ("html_block", "html_inline")
        for token in tokens
        for child in (token, *(token.children or ()))
    )


def _closed(body: str) -> str:
    """The part, its last fence closed if it was left open."""
    tokens = _parse(f"{body}\n\n{PROBE}", html=True)
    if tokens[-1].type == "paragraph_close" and tokens[-2].content == PROBE:
        return body
    fences = [token.markup for token in tokens if token.type == "fence"]
    return f"{body}\n{fences[-1]}" if fences else body


def _outside_spans(line: str) -> str:
    pieces, end = [], 0
    for span in CODE_SPAN.finditer(line):
        pieces += [_everywhere(line[end : span.start()]), _apart(span[0], "%\u200a(")]
        end = span.end()
    return "".join([*pieces, _everywhere(line[end:])])


def _everywhere(text: str) -> str:
    return _apart(TAG.sub("&lt;", text), "%&#40;")


def _apart(text: str, named: str) -> str:
    """Double braces apart, so that nothing downstream takes them for a template's."""
    return BRACES.sub(lambda mark: f"{mark[0]}\u200a", text).replace("%(", named)
