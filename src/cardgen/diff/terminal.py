"""A report as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cardgen.diff import figures
from cardgen.diff.report import Change, Report, Verdict, summary
from cardgen.errors import visible

COLOURS: dict[Verdict, str] = {
    "regressed": "red",
    "value-to-missing": "red",
    "removed": "red",
    "unit-changed": "yellow",
    "incomparable": "yellow",
    "inconclusive": "yellow",
    "improved": "green",
    "missing-to-value": "green",
    "added": "green",
    "within-noise": "bright_black",
    "prose-only": "cyan",
}
Style = Callable[[str, str | None], str]


def lines(report: Report, style: Style) -> Iterator[str]:
    """The report, a line a fact; `style` colours a text, or leaves it."""
    yield f"{visible(report.card)}: {visible(report.before)} → {visible(report.after)}"
    yield summary(report)
    for remark in report.remarks:
        yield f"  note: {visible(remark)}"
    for change in report.changes:
        yield from _change(change, style)


def _change(change: Change, style: Style) -> Iterator[str]:
    verdict = style(f"{change.verdict:<16}", COLOURS[change.verdict])
    name = visible(figures.subject(change))
    if change.file is not None:
        yield f"{verdict} {name}" + (f" ({change.reason})" if change.reason else "")
        for line in change.lines:
            colour = {"-": "red", "+": "green"}.get(line[:1])
            yield f"    {style(visible(line), colour)}"
        return
    before, after = figures.values(change)
    yield f"{verdict} {visible(figures.metric(change))}: {name}"
    arrow = "|" if change.verdict in ("incomparable", "unit-changed") else "→"
    parts = [f"{before} {arrow} {after}", figures.ratio(change), figures.why(change)]
    yield "    " + "  ".join(visible(part) for part in parts if part)
