"""Whose a piece of a published card is, and what a push does with it.

A piece is a key of the header, a region of the text or a whole file. What cardgen remembers of it
is a digest of what it wrote there; where somebody's own version was accepted instead, a digest of
that and of what was declined for it. From these and the two texts everything follows; nothing
here reads or writes.
"""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

Take = Literal["ours", "theirs"]
Action = Literal["keep", "write", "remove", "conflict"]


class Claim(NamedTuple):
    """What is remembered of a piece.

    `written`: the digest of the piece as the last push left it; None if it is not there.
    `declined`: the digest of cardgen's version, where the other was accepted instead.
    """

    written: str | None = None
    declined: str | None = None


class Verdict(NamedTuple):
    """What to do with a piece, and what to remember of it after that; None: forget it."""

    action: Action
    claim: Claim | None


def digest(text: str) -> str:
    """The digest of a text, whatever its line ends and the blank lines around it."""
    return hashlib.sha256(text.replace("\r\n", "\n").strip("\n").encode()).hexdigest()


def decide(
    theirs: str | None,
    ours: str | None,
    claim: Claim | None,
    *,
    take: Take | None = None,
    adopt: bool = False,
    alike: bool = False,
) -> Verdict:
    """What a push does with one piece: `theirs` stands there now, `ours` is wanted.

    None is "nothing there". `alike` says that both mean the same, however they are spelt; `adopt`
    accepts what stands there already and was never cardgen's.
    """
    there = None if theirs is None else digest(theirs)
    wanted = None if ours is None else digest(ours)
    if wanted is None:
        return _unwanted(there, claim, take)
    ours_now = Verdict("write", Claim(wanted))
    theirs_now = Verdict("keep", Claim(there, wanted))
    if there == wanted:
        return Verdict("keep", Claim(there))
    if claim is None:
        if there is None:
            return ours_now
        if take is None and (adopt or alike):
            return theirs_now
    elif there == claim.written:
        if claim.declined is None:
            return ours_now
        if claim.declined == wanted and take != "ours":
            return Verdict("keep", claim)
    elif alike and there is not None:
        return theirs_now
    return _chosen(take, ours_now, theirs_now, claim)


def _unwanted(there: str | None, claim: Claim | None, take: Take | None) -> Verdict:
    """A piece that the card has no more: removed if it stands as it was written."""
    if there is None or claim is None:
        return Verdict("keep", None)
    if there == claim.written:
        return Verdict("keep" if claim.declined else "remove", None)
    return _chosen(take, Verdict("remove", None), Verdict("keep", None), claim)


def _chosen(take: Take | None, ours: Verdict, theirs: Verdict, claim: Claim | None) -> Verdict:
    if take is None:
        return Verdict("conflict", claim)
    return ours if take == "ours" else theirs
