"""What of the findings is not to be told: by comments in the card, or by a baseline file.

Owns the comment's words, how far it reaches, the baseline's format and the key of its entries: the
rule, what is printed, what was expected and the text of the line. A finding stays suppressed while
that line says the same, wherever it moves; when it changes, the finding is told again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cardgen.audit.audited import Audited, Excerpt
from cardgen.audit.findings import Finding
from cardgen.audit.rulebook import UNUSED, names
from cardgen.errors import ProjectError
from cardgen.published import Document
from cardgen.store import files

COMMENT = re.compile(
    r"<!--\s{0,20}cardgen-audit:\s{0,20}(ignore(?:-file)?)\s{1,20}"
    r"([a-z][a-z-]{0,60}(?:,\s{0,8}[a-z][a-z-]{0,60}){0,40})(?=\s|-->)"
)
FORMAT = 1
SHOWN = 80


class Marker(NamedTuple):
    """A comment that suppresses rules on the lines `first` to `last`."""

    rule: str
    line: int
    column: int
    first: int
    last: int


class Known(NamedTuple):
    """An entry of a baseline."""

    card: str
    key: str
    rule: str
    line: int
    printed: str
    message: str


def key(finding: Finding, line: str) -> str:
    """What a finding is known by, wherever its line has moved to."""
    parts = (finding.rule, finding.printed, finding.expected, " ".join(line.split()))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def markers(document: Document) -> list[Marker]:
    """The suppressing comments of a card outside its code, with what they reach."""
    found: list[Marker] = []
    lines = document.lines
    for line, column, text in _comments(document):
        match = COMMENT.match(text)
        if match is None:
            continue
        first, last = line, line
        if match[1] == "ignore-file":
            first, last = 1, len(lines)
        elif not COMMENT.sub("", _beside(lines[line - 1])).strip():
            first, last = _block(document, line)
        found.extend(
            Marker(rule.strip(), line, column, first, last) for rule in match[2].split(",")
        )
    return found


def _comments(document: Document) -> Iterator[tuple[int, int, str]]:
    """Line, column and text of every comment that may suppress, in order."""
    seen: set[int] = set()
    for comment in document.comments:
        if comment.text.startswith("cardgen-audit:"):
            seen.add(comment.line)
            yield comment.line, comment.column, f"<!-- {comment.text} -->"
    code = [(fence.line - 1, fence.end_line + 1) for fence in document.fences]
    place = 0
    for number, line in enumerate(document.lines, 1):
        if "cardgen-audit:" not in line or number in seen:
            continue
        while place < len(code) and code[place][1] < number:
            place += 1
        if place < len(code) and code[place][0] <= number:
            continue
        for match in COMMENT.finditer(line):
            end = line.find("-->", match.end())
            if end >= 0:
                yield number, match.start() + 1, line[match.start() : end + 3]


def _beside(line: str) -> str:
    """A line without its comments."""
    return re.sub(r"<!--.{0,2000}?-->", "", line)


def _block(document: Document, line: int) -> tuple[int, int]:
    """The lines of the block that follows a comment; within a table, those of the next row."""
    lines = document.lines
    for table in document.tables:
        if table.line < line < table.end_line and table.kind == "html":
            last = line
            while last < table.end_line and "</tr" not in lines[last - 1].lower():
                last += 1
            return line, last
    first = line
    while first < len(lines) and not lines[first].strip():
        first += 1
    first += 1
    for table in document.tables:
        if table.line <= first <= table.end_line:
            return line, table.end_line
    for fence in document.fences:
        if fence.line - 1 <= first <= fence.end_line + 1:
            return line, fence.end_line + 1
    last = first
    while last < len(lines) and lines[last].strip():
        last += 1
    return line, last


def by_comments(
    document: Document, findings: Sequence[Finding], *, ran: frozenset[str] | None = None
) -> list[Finding]:
    """The findings that no comment of the card suppresses, and a note for each idle comment.

    `ran` are the rules that were asked for: a comment about another one is not idle.
    """
    marked = markers(document)
    if not marked:
        return list(findings)
    used: set[Marker] = set()
    kept: list[Finding] = []
    for finding in findings:
        hits = [m for m in marked if m.rule == finding.rule and m.first <= finding.line <= m.last]
        used.update(hits)
        if not hits:
            kept.append(finding)
    card = findings[0].card if findings else ""
    known = frozenset(names())
    for marker in marked:
        if marker in used or (ran is not None and marker.rule in known and marker.rule not in ran):
            continue
        why = "nothing to suppress here" if marker.rule in known else "no rule has this name"
        kept.append(
            Finding(
                UNUSED,
                "format",
                "note",
                marker.line,
                marker.column,
                marker.rule,
                "no comment",
                f"the comment ignores {marker.rule}: {why}",
                card=card,
            )
        )
    return kept


class Baseline:
    """Findings that are known and accepted. An entry covers one finding; equal ones count.

    Files are named relative to `folder`, where the baseline lies, however they are named in a call.
    """

    def __init__(self, entries: Iterable[Known] = (), folder: Path = Path()) -> None:
        self.entries = tuple(entries)
        self.folder = folder
        self._left = Counter((entry.card, entry.key) for entry in self.entries)

    def apply(self, card: Audited, ran: frozenset[str]) -> Audited:
        """The card without its known findings, with a note for each entry that covers none.

        An entry is used up by a finding; one of a rule outside `ran` is not idle.
        """
        if not self.entries or card.error:
            return card
        name = name_in(self.folder, card)
        kept: list[tuple[Finding, Excerpt]] = []
        for finding, excerpt in zip(card.findings, card.lines, strict=True):
            place = (name, key(finding, excerpt.text))
            if self._left[place] > 0:
                self._left[place] -= 1
            else:
                kept.append((finding, excerpt))
        idle = [(self._note(entry, card), Excerpt("", 0)) for entry in self._idle(name, ran)]
        both = [*idle, *kept]
        return card._replace(
            findings=tuple(finding for finding, _ in both),
            lines=tuple(excerpt for _, excerpt in both),
        )

    def _idle(self, name: str, ran: frozenset[str]) -> list[Known]:
        found: list[Known] = []
        for entry in reversed(self.entries):
            place = (entry.card, entry.key)
            if entry.card == name and self._left[place] > 0:
                self._left[place] -= 1
                if entry.rule in ran and UNUSED in ran:
                    found.append(entry)
        return found[::-1]

    @staticmethod
    def _note(entry: Known, card: Audited) -> Finding:
        return Finding(
            UNUSED,
            "format",
            "note",
            1,
            1,
            entry.rule,
            "no entry",
            f"the baseline knows a finding of {entry.rule} that is gone"
            f" (on line {entry.line}: {entry.message})",
            card=card.card,
        )


def name_in(folder: Path, card: Audited) -> str:
    """How a baseline in a folder names a card."""
    if not card.address or "://" in card.address:
        return card.card
    return Path(os.path.relpath(card.address, folder)).as_posix()


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file; ProjectError where it is none."""
    text = files.decode(files.read_bytes(path), path)
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r}")  # noqa: TRY301
        entries = [
            Known(
                str(row["card"]),
                str(row["key"]),
                str(row["rule"]),
                int(row["line"]),
                str(row["printed"]),
                str(row["message"]),
            )
            for row in data["findings"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ProjectError(
            str(path),
            expected="a baseline as `cardgen audit --write-baseline` writes it",
            found=f"{type(problem).__name__}: {problem}"[:200],
            next_step="write it anew, or name another file",
        ) from problem
    return Baseline(entries, path.parent)


def baseline_text(cards: Iterable[Audited], folder: Path) -> str:
    """A baseline, to be put into a folder, that covers all findings of the cards."""
    rows = [
        Known(
            name_in(folder, card),
            key(finding, excerpt.text),
            finding.rule,
            finding.line,
            finding.printed[:SHOWN],
            finding.message,
        )._asdict()
        for card in cards
        for finding, excerpt in zip(card.findings, card.lines, strict=True)
        if finding.rule != UNUSED
    ]
    return json.dumps({"format": FORMAT, "findings": rows}, ensure_ascii=False, indent=2) + "\n"
