"""What a push does with one piece: a table of who wrote what since."""

from __future__ import annotations

import pytest

from cardgen.publish.claim import Claim, Take, Verdict, decide, digest

OURS, OLD, HAND = "ours", "what we wrote before", "somebody's"
WROTE = Claim(digest(OLD))
KEPT = Claim(digest(HAND), digest(OURS))

CASES: list[tuple[str, str | None, str | None, Claim | None, Take | None, Verdict]] = [
    ("new", None, OURS, None, None, Verdict("write", Claim(digest(OURS)))),
    ("as it is", OURS, OURS, Claim(digest(OURS)), None, Verdict("keep", Claim(digest(OURS)))),
    ("the same by chance", OURS, OURS, None, None, Verdict("keep", Claim(digest(OURS)))),
    ("untouched", OLD, OURS, WROTE, None, Verdict("write", Claim(digest(OURS)))),
    ("edited", HAND, OURS, WROTE, None, Verdict("conflict", WROTE)),
    ("edited, ours", HAND, OURS, WROTE, "ours", Verdict("write", Claim(digest(OURS)))),
    ("edited, theirs", HAND, OURS, WROTE, "theirs", Verdict("keep", KEPT)),
    ("theirs, as accepted", HAND, OURS, KEPT, None, Verdict("keep", KEPT)),
    ("theirs, then ours", HAND, OURS, KEPT, "ours", Verdict("write", Claim(digest(OURS)))),
    ("theirs, ours is new", HAND, OLD, KEPT, None, Verdict("conflict", KEPT)),
    ("theirs, edited again", "more", OURS, KEPT, None, Verdict("conflict", KEPT)),
    ("removed by hand", None, OURS, WROTE, None, Verdict("conflict", WROTE)),
    ("removed, ours", None, OURS, WROTE, "ours", Verdict("write", Claim(digest(OURS)))),
    ("removed, theirs", None, OURS, WROTE, "theirs", Verdict("keep", Claim(None, digest(OURS)))),
    (
        "removed, as accepted",
        None,
        OURS,
        Claim(None, digest(OURS)),
        None,
        Verdict("keep", Claim(None, digest(OURS))),
    ),
    ("foreign", HAND, OURS, None, None, Verdict("conflict", None)),
    ("foreign, ours", HAND, OURS, None, "ours", Verdict("write", Claim(digest(OURS)))),
    ("not ours any more", OLD, None, WROTE, None, Verdict("remove", None)),
    ("not ours, edited", HAND, None, WROTE, None, Verdict("conflict", WROTE)),
    ("not ours, edited, ours", HAND, None, WROTE, "ours", Verdict("remove", None)),
    ("not ours, edited, theirs", HAND, None, WROTE, "theirs", Verdict("keep", None)),
    ("not ours, accepted before", HAND, None, KEPT, None, Verdict("keep", None)),
    ("never ours", HAND, None, None, None, Verdict("keep", None)),
    ("gone on both sides", None, None, WROTE, None, Verdict("keep", None)),
]


@pytest.mark.parametrize(
    ("theirs", "ours", "claim", "take", "expected"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_decide(
    theirs: str | None, ours: str | None, claim: Claim | None, take: Take | None, expected: Verdict
) -> None:
    """Every state of a piece has one answer; a hand edit is never replaced unasked."""
    assert decide(theirs, ours, claim, take=take) == expected


def test_adoption_keeps_what_stands() -> None:
    """What was there before cardgen stays, and its own version is remembered as declined."""
    assert decide(HAND, OURS, None, adopt=True) == Verdict("keep", KEPT)
    assert decide(HAND, OURS, WROTE, adopt=True).action == "conflict"
    assert decide(HAND, OURS, None, adopt=True, take="ours").action == "write"


def test_spelt_differently_is_no_conflict() -> None:
    """A value that means the same stays as somebody spelt it."""
    assert decide(HAND, OURS, None, alike=True) == Verdict("keep", KEPT)
    assert decide(HAND, OURS, WROTE, alike=True) == Verdict("keep", KEPT)


def test_line_ends_are_no_edit() -> None:
    """A checkout with CRLF, or a blank line around, is the same text."""
    assert digest("a\nb") == digest("\r\na\r\nb\r\n\r\n")
    assert digest("a\nb") != digest("a\n\nb")
