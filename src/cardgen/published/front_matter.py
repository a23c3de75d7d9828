"""The YAML header of a card as scalars with their places. It reads what it can and never fails.

Owns block-style YAML as cards write it (keys, lists, quoted and folded scalars). What is written in
other styles is kept as text: a caller that needs all of YAML parses `FrontMatter.text`.
"""

from __future__ import annotations

import re

from cardgen.published.document import Entry, FrontMatter

KEY = re.compile(r"([\"']?)([A-Za-z_][\w .\-/]{0,200}?)\1\s{0,8}:(?:\s+|$)")
FOLDED = re.compile(r"[>|][+-]?\d?\s*(?:#.*)?$")
LIMIT = 20_000
NESTED = 32


def read_front_matter(lines: list[str], end: int) -> FrontMatter:
    """The header whose closing line has index `end`."""
    entries: list[Entry] = []
    stack: list[tuple[int, str]] = []
    folded: tuple[int, int] | None = None
    for index in range(1, min(end, LIMIT)):
        line = lines[index]
        stripped = line.lstrip(" ")
        indent = len(line) - len(stripped)
        if not stripped or stripped.startswith("#"):
            continue
        if folded is not None:
            if indent > folded[0]:
                last = entries[folded[1]]
                joined = f"{last.value} {stripped.strip()}".strip()
                entries[folded[1]] = (
                    last._replace(value=joined)
                    if last.value
                    else last._replace(value=joined, line=index + 1, column=indent + 1)
                )
                continue
            folded = None
        column = indent
        nested = 0
        while nested < NESTED and (stripped.startswith("- ") or stripped == "-"):
            nested += 1
            while stack and (stack[-1][0] > column or (stack[-1] == (column, "[]"))):
                stack.pop()
            stack.append((column, "[]"))
            rest = stripped[1:].lstrip(" ")
            column += len(stripped) - len(rest)
            stripped = rest
        key = KEY.match(stripped)
        if key:
            while stack and stack[-1][0] >= column:
                stack.pop()
            stack.append((column, key[2].strip()))
            value, column = stripped[key.end() :], column + key.end()
        else:
            value = stripped
        path = tuple(name for _, name in stack)
        if not value.strip() or not path:
            continue
        if FOLDED.match(value):
            entries.append(Entry(path, "", index + 1, column + 1))
            folded = (indent, len(entries) - 1)
            continue
        if value.startswith("[") and value.rstrip().endswith("]"):
            entries.extend(_flow(path, value, index + 1, column + 1))
            continue
        entries.append(Entry(path, _scalar(value), index + 1, column + 1))
    return FrontMatter("\n".join(lines[1:end]), 1, end + 1, tuple(entries))


def _scalar(value: str) -> str:
    value = value.strip()
    if value[:1] in "\"'" and value.endswith(value[0]) and len(value) > 1:
        return value[1:-1]
    comment = value.find(" #")
    return value[:comment].rstrip() if comment > 0 else value


def _flow(path: tuple[str, ...], value: str, line: int, column: int) -> list[Entry]:
    found: list[Entry] = []
    offset = 1
    for piece in value.strip()[1:-1].split(","):
        text = piece.strip()
        if text:
            lead = len(piece) - len(piece.lstrip())
            found.append(Entry((*path, "[]"), _scalar(text), line, column + offset + lead))
        offset += len(piece) + 1
    return found
