"""A card and, where asked for, another state of it, put into one page."""

from __future__ import annotations

from cardgen.card import Card
from cardgen.diff import side as sides
from cardgen.diff.compare import compare
from cardgen.diff.report import Report
from cardgen.diff.state import State
from cardgen.errors import ProjectError
from cardgen.preview import article
from cardgen.preview.article import Side
from cardgen.preview.page import page
from cardgen.preview.sources import Sources

BEFORE = "before:"


def preview(ours: State, against: str | None) -> str:
    """The page of a card; with `against`, beside the state that it names."""
    card = ours.card
    if card is None:
        raise ProjectError(
            f"card {ours.name!r}",
            expected="a card of this project",
            found="none",
            next_step="check the name; `cardgen diff` tells what a removed card had",
        )
    if against is None:
        return _page(card, article.side(card, "", {}), None, None, {})
    with sides.opened(ours, against) as theirs:
        report = compare(theirs, ours)
        after = article.digits_of(card)
        before = _digits(theirs)
        marks = _marks(before, after)
        there = _side(theirs, before, after)
        return _page(card, article.side(card, "", marks), there, report, before)


def _digits(theirs: State) -> dict[str, str]:
    if theirs.card is not None:
        return article.digits_of(theirs.card)
    return dict(theirs.page.digits) if theirs.page is not None else {}


def _side(theirs: State, before: dict[str, str], after: dict[str, str]) -> Side:
    if theirs.card is not None:
        marks = {a: "gone" if a not in after else "changed" for a in before}
        same = {a for a, digits in before.items() if after.get(a) == digits}
        return article.side(theirs.card, BEFORE, {a: m for a, m in marks.items() if a not in same})
    if theirs.page is not None:
        return article.published(theirs.page.text, BEFORE)
    return Side("", (article.Article("", "", "<p>—</p>"),), (), (), {})


def _marks(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """What became of each value that does not print as before."""
    return {
        address: "changed" if address in before else "new"
        for address, digits in after.items()
        if before.get(address) != digits
    }


def _page(
    card: Card, after: Side, before: Side | None, report: Report | None, digits: dict[str, str]
) -> str:
    sources = Sources()
    changed = {a: d for a, d in digits.items() if after.digits.get(a) not in (None, d)}
    sources.add(card, after.cells, "", changed)
    if before is not None and before.card is not None:
        sources.add(before.card, before.cells, BEFORE, {})
    return page(card.name, after, before, report, sources, card.specification.languages)
