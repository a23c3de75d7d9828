"""Reports as one HTML page that needs nothing else: no script, no request, light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from cardgen.diff import figures
from cardgen.diff.report import Change, Report, summary

STYLE = """
:root { color-scheme: light dark; --line: #8885; --bad: #b3261e; --good: #146c2e; --doubt: #7a5900 }
@media (prefers-color-scheme: dark) {
  :root { --bad: #ffb4ab; --good: #8fd8a0; --doubt: #f0c36b }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left;
  vertical-align: top }
td:nth-child(2) { min-width: 12rem }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.regressed, .value-to-missing, .removed { color: var(--bad); font-weight: 600 }
.improved, .missing-to-value, .added { color: var(--good); font-weight: 600 }
.unit-changed, .incomparable, .inconclusive { color: var(--doubt); font-weight: 600 }
pre { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; padding: .6rem }
""".strip()

HEAD = ("Verdict", "What", "Metric", "Before", "After", "Ratio", "Why")


def page(reports: Sequence[Report]) -> str:
    """The reports as a whole HTML document."""
    names = ", ".join(report.card for report in reports)
    body = "\n".join(line for report in reports for line in _report(report))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(f'What changed in {names}')}</title>\n<style>\n{STYLE}\n</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>"
    )


def _report(report: Report) -> Iterator[str]:
    yield f"<h1>{_text(report.card)}: {_text(report.before)} → {_text(report.after)}</h1>"
    yield f"<p><strong>{summary(report)}</strong></p>"
    if report.remarks:
        yield "<ul>" + "".join(f"<li>{_text(remark)}</li>" for remark in report.remarks) + "</ul>"
    measured = [change for change in report.changes if change.file is None]
    if measured:
        yield table(measured)
    for change in report.changes:
        if change.file is not None:
            reason = f" ({_text(change.reason)})" if change.reason else ""
            yield f"<h2>{change.verdict}: {_text(change.file)}{reason}</h2>"
            yield f'<pre tabindex="0">{_text(chr(10).join(change.lines))}</pre>'


def table(changes: Sequence[Change]) -> str:
    """The changes of measurements as a table in a box that scrolls by itself."""
    head = "".join(f'<th scope="col">{name}</th>' for name in HEAD)
    rows = "\n".join(map(_row, changes))
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Changes">\n<table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def _row(change: Change) -> str:
    before, after = figures.values(change)
    return (
        f'<tr><th scope="row" class="{change.verdict}">{change.verdict}</th>'
        f"<td>{_text(figures.subject(change))}</td><td>{_text(figures.metric(change))}</td>"
        f'<td class="number">{_text(before)}</td><td class="number">{_text(after)}</td>'
        f'<td class="number">{_text(figures.ratio(change))}</td>'
        f"<td>{_text(figures.why(change))}</td></tr>"
    )


def _text(text: str) -> str:
    from cardgen.render.escape import spelled

    return escape("\n".join(spelled(line) for line in text.split("\n")))
