"""One README on the Hub and the one that the records give, brought together piece by piece.

The result is checked before it leaves: every word of others and every key of theirs is still
there, or there is no result.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cardgen.build import seal
from cardgen.errors import PublishError
from cardgen.imports.redaction import without_tokens
from cardgen.publish import header, regions
from cardgen.publish.claim import Claim, Take, decide
from cardgen.publish.regions import Manifest, Piece, Region, Words
from cardgen.store.places import at


class Conflict(NamedTuple):
    """A piece that both sides changed, and the difference: theirs to ours."""

    place: str
    diff: str


class Choice(NamedTuple):
    """What the user decided beforehand."""

    take: Take | None = None
    adopt: bool = False


@dataclass(slots=True)
class Merged:
    """The README as it is to be; where there are conflicts, nothing is to be written."""

    text: str
    conflicts: list[Conflict] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Pieces that stay as somebody wrote them, although the records say otherwise."""


def merge(
    theirs: str | None,
    ours: str,
    place: str,
    choice: Choice,
    files: Mapping[str, Claim] | None = None,
) -> Merged:
    """The README on the Hub with cardgen's pieces brought up to date.

    `theirs` is None where there is none; `ours` is the rendered card with its seal; `files` are
    the claims of whole files, which the manifest remembers. Raises PublishError for a README that
    cardgen never wrote, unless it is to be adopted, and for one that cannot be taken apart.
    """
    wanted = header.split(seal.unsealed(ours))
    whole = theirs is None or seal.verdict(theirs.encode()) == "ours"
    parts = header.split("" if whole else theirs or "")
    merger = _Merger(place, choice, parts, "\n" if whole else header.newline_of(theirs or ""))
    pieces = merger.parsed()
    if not (whole or choice.adopt) and not any(not isinstance(p, Words) for p in pieces):
        raise _foreign(place, theirs or "")
    claims = dict(next((p.claims for p in pieces if isinstance(p, Manifest)), {}))
    remembered: dict[tuple[str, str], Claim] = {}
    before = merger.top(wanted.content, claims, remembered)
    body = merger.body(pieces, regions.cut(wanted.after), claims, remembered)
    remembered |= {("file", name): claim for name, claim in (files or {}).items()}
    result = before + merger.with_manifest(body, Manifest(remembered))
    merged = Merged(result, merger.conflicts, merger.kept)
    if not merged.conflicts:
        merger.check(pieces, result)
    return merged


def remembered_files(theirs: str | None) -> dict[str, Claim]:
    """What the README's manifest remembers of whole files; nothing where it cannot be read."""
    try:
        pieces = regions.parse(header.split(theirs or "").after)
    except regions.Damaged:
        return {}
    manifest = next((piece for piece in pieces if isinstance(piece, Manifest)), Manifest({}))
    return {name: claim for (kind, name), claim in manifest.claims.items() if kind == "file"}


def owned(theirs: str | None) -> list[str]:
    """Everything of a README that is cardgen's: its regions, and the lines of its keys."""
    parts = header.split(theirs or "")
    try:
        pieces = regions.parse(parts.after)
        taken = header.parse(parts.content or "")
    except (regions.Damaged, header.Unmanageable):
        return [theirs or ""]
    found = [f"{piece.name}\n{piece.text}" for piece in pieces if isinstance(piece, Region)]
    manifest = next((piece for piece in pieces if isinstance(piece, Manifest)), Manifest({}))
    keys = [name for kind, name in manifest.claims if kind == "key"]
    return found + [taken.blocks[name].text for name in keys if name in taken.blocks]


def outside(text: str) -> str:
    """Every byte of a README's text that is nobody's but the others', header left out."""
    pieces = regions.parse(header.split(text).after)
    return "".join(piece.text for piece in pieces if isinstance(piece, Words))


def difference(theirs: str | None, ours: str | None, place: str) -> str:
    """A unified diff from what stands on the Hub to what the records give, without tokens."""
    lines = difflib.unified_diff(
        (theirs or "").replace("\r\n", "\n").splitlines(keepends=True),
        (ours or "").splitlines(keepends=True),
        f"{place} (on the Hub)" if theirs is not None else "/dev/null",
        f"{place} (from the records)" if ours is not None else "/dev/null",
    )
    return without_tokens("".join(x if x.endswith("\n") else f"{x}\n" for x in lines))


def _foreign(place: str, theirs: str) -> PublishError:
    edited = seal.verdict(theirs.encode()) == "edited"
    return PublishError(
        place,
        expected="a README that cardgen wrote",
        found="one that cardgen built, edited by hand since" if edited else "one it never wrote",
        next_step="push with --adopt: its text is kept, cardgen's regions are put above it",
    )


class _Merger:
    """One merge: the README's parts, what was decided, and what came of it."""

    def __init__(self, place: str, choice: Choice, parts: header.Parts, newline: str) -> None:
        self.place, self.choice, self.parts, self.newline = place, choice, parts, newline
        self.conflicts: list[Conflict] = []
        self.kept: list[str] = []
        self._theirs: header.Header | None = None
        self._written: dict[str, object] = {}
        self._removed: set[str] = set()

    def parsed(self) -> list[Piece]:
        """The pieces of the README's text; PublishError where the markers are damaged."""
        try:
            return regions.parse(self.parts.after)
        except regions.Damaged as problem:
            before = "".join(part or "" for part in self.parts[:3])
            line, _ = at(before + self.parts.after, len(before) + problem.offset)
            raise PublishError(
                f"{self.place}:{line}",
                expected="cardgen's marker comments as it wrote them",
                found=str(problem),
                next_step="restore the markers on the Hub; or remove them all, and push with"
                " --adopt",
            ) from problem

    def top(
        self,
        content: str | None,
        claims: Mapping[tuple[str, str], Claim],
        remembered: dict[tuple[str, str], Claim],
    ) -> str:
        """Everything up to the text, the header's keys brought up to date."""
        before = self.parts.before + (self.parts.content or "") + self.parts.closing
        known = [name for kind, name in claims if kind == "key"]
        if content is None and not known:
            return before
        theirs = self._theirs = self._taken_apart(self.parts.content or "")
        ours = header.parse(content or "")
        changes: dict[str, str | None] = {}
        for name in dict.fromkeys([*ours.blocks, *known]):
            there = theirs.blocks[name].text if name in theirs.blocks else None
            wanted = ours.blocks[name].text if name in ours.blocks else None
            if wanted is not None and theirs.indent:
                wanted = "".join(theirs.indent + line for line in wanted.splitlines(keepends=True))
            alike = (
                name in theirs.values
                and name in ours.values
                and header.same(theirs.values[name], ours.values[name])
            )
            claim = self._settled(
                ("key", name), there, wanted, claims.get(("key", name)), changes, alike=alike
            )
            if claim is not None:
                remembered["key", name] = claim
        for name, text in changes.items():
            if text is None:
                self._removed.add(name)
            else:
                self._written[name] = ours.values[name]
                changes[name] = ours.blocks[name].text
        if self.parts.content is not None:
            edited = header.edited(self.parts.content, theirs, changes, list(ours.blocks))
            closing = self.parts.closing
            gap = "" if closing.endswith("\n") else self.newline
            return self.parts.before + edited + closing + gap
        if not changes:
            return before
        new = header.edited("", theirs, changes, list(ours.blocks)).replace("\n", self.newline)
        return f"{before}---{self.newline}{new}---{self.newline}{self.newline}"

    def _taken_apart(self, content: str) -> header.Header:
        try:
            return header.parse(content)
        except header.Unmanageable as problem:
            raise PublishError(
                f"{self.place}: metadata header",
                expected="a header of names and values, one below the other",
                found=str(problem),
                next_step="mend the header on the Hub",
            ) from problem

    def body(
        self,
        pieces: list[Piece],
        ours: Mapping[str, str],
        claims: Mapping[tuple[str, str], Claim],
        remembered: dict[tuple[str, str], Claim],
    ) -> list[Piece]:
        """The pieces with cardgen's regions brought up to date, the manifest left out."""
        there = {piece.name: piece for piece in pieces if isinstance(piece, Region)}
        gone = [name for kind, name in claims if kind == "region" and name not in there]
        changes: dict[str, str | None] = {}
        after: dict[str, Claim | None] = {}
        for name in dict.fromkeys([*ours, *there, *gone]):
            region = there.get(name)
            claim = region.claim if region else claims.get(("region", name))
            after[name] = self._settled(
                ("region", name), region and region.text, ours.get(name), claim, changes
            )
        result: list[Piece] = []
        for piece in pieces:
            if isinstance(piece, Region):
                kept = self._region(piece, changes, after[piece.name])
                result += [kept] if kept is not None else []
            elif isinstance(piece, Words):
                result.append(piece)
        self._insert(result, list(ours), changes, after)
        remembered |= {("region", name): claim for name, claim in after.items() if claim}
        return result

    def _region(
        self, piece: Region, changes: Mapping[str, str | None], claim: Claim | None
    ) -> Piece | None:
        """What becomes of a region that stands there; None: it is removed."""
        if piece.name in changes:
            text = changes[piece.name]
            return None if text is None or claim is None else Region(piece.name, text, claim)
        if claim is None:
            return Words(piece.text + self.newline)
        return piece if claim == piece.claim else piece._replace(claim=claim, raw="")

    def _insert(
        self,
        result: list[Piece],
        order: list[str],
        changes: Mapping[str, str | None],
        after: Mapping[str, Claim | None],
    ) -> None:
        """Put the new regions in, each behind the one before it in the card; else on top."""
        standing = [piece.name for piece in result if isinstance(piece, Region)]
        for index, name in enumerate(order):
            text, claim = changes.get(name), after.get(name)
            if name in standing or text is None or claim is None:
                continue
            places = {p.name: i for i, p in enumerate(result) if isinstance(p, Region)}
            before = [places[other] + 1 for other in order[:index] if other in places]
            behind = [places[other] for other in order[index + 1 :] if other in places]
            place = before[-1] if before else behind[0] if behind else 0
            result.insert(place, Region(name, text, claim))
            previous = result[place - 1] if place else None
            if isinstance(previous, Words) and not previous.text.endswith("\n"):
                result[place - 1] = Words(previous.text + self.newline)

    def _settled(
        self,
        named: tuple[str, str],
        there: str | None,
        wanted: str | None,
        claim: Claim | None,
        changes: dict[str, str | None],
        *,
        alike: bool = False,
    ) -> Claim | None:
        """What is remembered of a piece from now on; what is to be done goes to `changes`."""
        kind, name = named
        verdict = decide(
            there, wanted, claim, take=self.choice.take, adopt=self.choice.adopt, alike=alike
        )
        place = f"{self.place}: {'header, ' if kind == 'key' else ''}{name}"
        if verdict.action == "write":
            changes[name] = wanted
        elif verdict.action == "remove":
            changes[name] = None
        elif verdict.action == "conflict":
            self.conflicts.append(Conflict(place, difference(there, wanted, place)))
        elif verdict.claim is not None and verdict.claim.declined is not None and not alike:
            self.kept.append(place)
        return verdict.claim

    def with_manifest(self, body: list[Piece], manifest: Manifest) -> str:
        """The text: the manifest where it stood, else above the first region."""
        pieces = [piece for piece in body if not isinstance(piece, Manifest)]
        first = next((i for i, p in enumerate(pieces) if isinstance(p, Region)), 0)
        text = [regions.written(piece, self.newline) for piece in pieces]
        lead = "".join(text[:first])
        gap = self.newline if lead and not lead.endswith("\n") else ""
        return lead + gap + regions.written(manifest, self.newline) + "".join(text[first:])

    def check(self, pieces: list[Piece], result: str) -> None:
        """Raise where the result would not hold every word and key of others."""
        parts = header.split(result)
        try:
            now = regions.parse(parts.after)
            taken = header.parse(parts.content or "")
        except (regions.Damaged, header.Unmanageable) as problem:
            raise self._unsafe(str(problem)) from problem
        before = [piece.text.strip("\r\n") for piece in pieces if isinstance(piece, Words)]
        after = "\n".join(piece.text for piece in now if isinstance(piece, Words))
        found = 0
        for text in before:
            found = after.find(text, found)
            if found < 0:
                raise self._unsafe("words outside cardgen's regions would be lost")
            found += len(text)
        theirs = self._theirs or header.Header({}, {}, "")
        for name, value in theirs.values.items():
            if name in self._written or name in self._removed:
                continue
            if name not in taken.values or not header.same(taken.values[name], value):
                raise self._unsafe(f"the key {name!r} of the header would change its meaning")
        for name, value in self._written.items():
            if name not in taken.values or not header.same(taken.values[name], value):
                raise self._unsafe(f"the key {name!r} of the header would not say what it should")

    def _unsafe(self, found: str) -> PublishError:
        return PublishError(
            self.place,
            expected="a README that can be brought up to date without touching other words",
            found=found,
            next_step="simplify that place on the Hub, and push again",
        )
