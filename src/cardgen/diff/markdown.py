"""Reports as one Markdown comment: within the size a comment may have, the worst first.

A bot finds the comment again by `MARKER` and puts the new one in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cardgen.diff import figures
from cardgen.diff.report import DOUBTFUL, Change, Report, summary

MARKER = "<!-- cardgen-diff -->"
LIMIT = 65_536
"""What GitHub takes as one comment, in characters."""
SHOWN_OPEN = 25
RESERVED = 400
"""Room for what says how much was left out, and for closing what is open."""

HEAD = """\
| Verdict | What | Metric | Before | After | Ratio | Why |
| :-- | :-- | :-- | --: | --: | :-- | :-- |"""
PLAIN = re.compile(r"[A-Za-z0-9 .,/:;%()+=_×→—–°−-]*")
MARKUP = re.compile(r"://|www\.|(?:^|\W)_|_(?:\W|$)|^[-+=\d]+[.)]? |^[-=+]+$")
ENTITIES = re.compile(r"[^A-Za-z0-9 ]")
LONGEST = 300


def comment(reports: Sequence[Report], *, limit: int = LIMIT) -> str:
    """The reports as Markdown of at most `limit` characters; what did not fit is counted."""
    pages = [_Page(report) for report in reports]
    space = limit - sum(len(page.head) for page in pages) - len(MARKER) - RESERVED
    if space < 0:
        return _counts_only(pages, limit)
    for page in pages:
        space -= page.take_open(space)
    for page in pages:
        space -= page.take_folded(space)
    return "\n".join((MARKER, *(page.text() for page in pages)))


class _Page:
    """One report on its way into a comment that has only so much room."""

    def __init__(self, report: Report) -> None:
        self.report = report
        worst = [c for c in report.changes if c.verdict in DOUBTFUL or c.verdict == "improved"]
        shown = worst[:SHOWN_OPEN]
        kept = set(map(id, shown))
        self.head = "\n".join(_head(report)) + "\n"
        self._open_rows = [_row(change) for change in shown]
        self._folded = [change for change in report.changes if id(change) not in kept]
        self._parts: list[str] = []
        self._left_out = 0

    def take_open(self, space: int) -> int:
        """Take in the rows that are shown at once; the characters used."""
        return self._table(self._open_rows, space, "", "")

    def take_folded(self, space: int) -> int:
        """Take in the rest, folded; the characters used."""
        rows = [_row(change) for change in self._folded if change.file is None]
        title = f"\n<details>\n<summary>{len(rows)} more</summary>\n\n"
        used = self._table(rows, space, title, "\n</details>\n") if rows else 0
        for change in self._folded:
            if change.file is not None:
                used += self._whole(_words(change), space - used)
        return used

    def _table(self, rows: Sequence[str], space: int, before: str, after: str) -> int:
        fixed = len(before) + len(after) + len(HEAD) + 3
        used, taken = fixed, 0
        for row in rows:
            if used + len(row) + 1 > space:
                break
            used += len(row) + 1
            taken += 1
        self._left_out += len(rows) - taken
        if not taken:
            return 0
        table = "\n".join((HEAD, *rows[:taken]))
        self._parts.append(f"{before}\n{table}\n{after}")
        return used

    def _whole(self, text: str, space: int) -> int:
        if len(text) + 1 > space:
            self._left_out += 1
            return 0
        self._parts.append(text)
        return len(text) + 1

    def text(self) -> str:
        """The page as it came out."""
        rest = f"\n{self._left_out} more changes do not fit into this comment.\n"
        return self.head + "\n".join(self._parts) + (rest if self._left_out else "")


def _counts_only(pages: Sequence[_Page], limit: int) -> str:
    """So many cards that not even their heads fit: a line a card, as many as do."""
    lines = [MARKER, "### Cards", ""]
    used = sum(map(len, lines)) + RESERVED
    for number, page in enumerate(pages):
        line = f"- {_text(page.report.card)}: {summary(page.report)}"
        if used + len(line) + 1 > limit:
            lines.append(f"\nand {len(pages) - number} more cards")
            break
        lines.append(line)
        used += len(line) + 1
    return "\n".join(lines)


def _head(report: Report) -> Iterator[str]:
    yield f"### {_text(report.card)}: {_text(report.before)} → {_text(report.after)}"
    yield ""
    yield f"**{summary(report)}**"
    if report.remarks:
        yield ""
        yield from (f"- {_text(remark)}" for remark in report.remarks)


def _row(change: Change) -> str:
    before, after = figures.values(change)
    verdict = f"**{change.verdict}**" if change.verdict == "regressed" else change.verdict
    cells = (
        verdict,
        _text(figures.subject(change)),
        _text(figures.metric(change)),
        _text(before),
        _text(after),
        _text(figures.ratio(change)),
        _text(figures.why(change)),
    )
    return f"| {' | '.join(cells)} |"


def _words(change: Change) -> str:
    from cardgen.render.escape import fence

    reason = f" ({change.reason})" if change.reason else ""
    block = fence("\n".join(change.lines), "diff")
    title = f"{change.verdict}: {_text(change.file or '')}{reason}"
    return f"\n<details>\n<summary>{title}</summary>\n\n{block}\n\n</details>\n"


def _text(text: str) -> str:
    """The text as data: no markup, no mention, no link; harmless in a table's cell.

    What holds more than plain signs becomes inline code, all other signs by their numbers: there
    neither mentions nor references are linked.
    """
    text = " ".join(text.split())
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    if PLAIN.fullmatch(text) and not _is_markup(text):
        return text
    from cardgen.render.escape import spelled

    return f"<code>{ENTITIES.sub(_entity, spelled(text))}</code>"


def _is_markup(text: str) -> bool:
    """Whether plain signs would still be read as something: a link, emphasis, a list."""
    return MARKUP.search(text) is not None


def _entity(match: re.Match[str]) -> str:
    character = match[0]
    return character if character.isalpha() else f"&#{ord(character)};"
