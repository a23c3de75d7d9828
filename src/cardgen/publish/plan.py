"""What a push would change in a repository as it stands at one commit."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from cardgen.build import seal
from cardgen.errors import PublishError
from cardgen.frontmatter.validate import header_problems
from cardgen.plots import stamp
from cardgen.publish import header, regions
from cardgen.publish.claim import Claim, Verdict, digest
from cardgen.publish.readme import (
    Choice,
    Conflict,
    difference,
    merge,
    outside,
    owned,
    remembered_files,
)

README = "README.md"
READMES = re.compile(r"README(\.[a-z]{2,3})?\.md")
MADE = re.compile(r"README\.[a-z]{2,3}\.md|\.eval_results/[^/]+\.yaml|plots/[^/]+\.(svg|png)")


class File(Protocol):
    """What is known of a file in a commit without reading it."""

    def holds(self, data: bytes) -> bool:
        """Whether the file is just these bytes."""

    @property
    def id(self) -> str:
        """What changes when the content does."""


class Remote(Protocol):
    """The files of one commit: which there are, and what they hold."""

    def paths(self) -> list[str]:
        """Every file."""

    def files(self, paths: list[str]) -> dict[str, File]:
        """Those of the paths that there are."""

    def read(self, path: str, file: File) -> bytes:
        """A file's bytes."""


class Wanted(NamedTuple):
    """The card's files as the records give them, by their path in the repository's folder."""

    files: dict[str, bytes]
    folder: str = ""

    def place(self, name: str) -> str:
        """The path in the repository."""
        return f"{self.folder}/{name}" if self.folder else name


@dataclass(slots=True)
class Plan:
    """The commit that would bring the repository up to date; empty if it is."""

    additions: dict[str, bytes] = field(default_factory=dict)
    deletions: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    diff: str = ""
    owned: list[str] = field(default_factory=list)
    """Everything there that is cardgen's: two commits with the same one differ in other things."""

    @property
    def is_empty(self) -> bool:
        """Whether the repository is up to date."""
        return not (self.additions or self.deletions or self.conflicts)


def plan(wanted: Wanted, remote: Remote, choice: Choice) -> Plan:
    """What is to be changed so that the card stands there, and nothing else.

    Raises PublishError where a README is not cardgen's, or cannot be taken apart.
    """
    prefix = wanted.place("")
    there = [p.removeprefix(prefix) for p in remote.paths() if p.startswith(prefix)]
    left_over = [name for name in there if name not in wanted.files and MADE.fullmatch(name)]
    names = [*wanted.files, *left_over]
    found = remote.files([wanted.place(name) for name in names])
    result = Plan()
    texts: dict[str, str | None] = {}
    for name in names:
        if READMES.fullmatch(name):
            file = found.get(wanted.place(name))
            texts[name] = _text(wanted.place(name), remote, file) if file else None
    claims = _whole_files(
        wanted, remote, choice, found, remembered_files(texts.get(README)), result
    )
    for name, theirs in texts.items():
        _readme(wanted, name, theirs, choice, claims if name == README else {}, result)
    for name in names:
        file = found.get(wanted.place(name))
        pieces = owned(texts[name]) if name in texts else [file.id] if file else []
        result.owned += [name, *pieces]
    _check_header(wanted, result)
    return result


def _text(place: str, remote: Remote, file: File) -> str:
    data = remote.read(place, file)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise PublishError(
            place,
            expected="a README in UTF-8",
            found=f"the byte 0x{data[problem.start]:02x}",
            next_step="save it as UTF-8 on the Hub",
        ) from problem


def _readme(
    wanted: Wanted,
    name: str,
    theirs: str | None,
    choice: Choice,
    files: dict[str, Claim],
    result: Plan,
) -> None:
    place = wanted.place(name)
    if name not in wanted.files:
        assert theirs is not None
        _left_over_readme(place, theirs, result)
        return
    merged = merge(theirs, wanted.files[name].decode(), place, choice, files)
    result.conflicts += merged.conflicts
    result.kept += merged.kept
    if merged.text != theirs:
        result.additions[place] = merged.text.encode()
        before = None if theirs is None else regions.legible(theirs)
        result.diff += difference(before, regions.legible(merged.text), place)


def _left_over_readme(place: str, theirs: str, result: Plan) -> None:
    """A README of a language that the card has no more: it goes if nobody wrote in it."""
    try:
        pieces = regions.parse(header.split(theirs).after)
    except regions.Damaged:
        return
    mine = [piece for piece in pieces if isinstance(piece, regions.Region)]
    untouched = all(_is_untouched(piece) for piece in mine) and not outside(theirs).strip()
    if (mine and untouched) or seal.verdict(theirs.encode()) == "ours":
        result.deletions.append(place)
    elif mine:
        result.kept.append(place)


def _is_untouched(piece: regions.Region) -> bool:
    """Whether a region stands as cardgen wrote it."""
    return piece.claim.declined is None and piece.claim.written == digest(piece.text)


def _whole_files(
    wanted: Wanted,
    remote: Remote,
    choice: Choice,
    found: dict[str, File],
    claims: dict[str, Claim],
    result: Plan,
) -> dict[str, Claim]:
    """Plots and results files: what is to be done, and the claims that must be remembered."""
    remembered: dict[str, Claim] = {}
    left_over = [
        path.removeprefix(wanted.place("")) for path in found
        if path.removeprefix(wanted.place("")) not in wanted.files
    ]  # fmt: skip
    for name in [*wanted.files, *left_over]:
        if READMES.fullmatch(name):
            continue
        place, ours = wanted.place(name), wanted.files.get(name)
        file = found.get(place)
        if file is not None and ours is not None and file.holds(ours):
            continue
        verdict = _whole_file(
            remote.read(place, file) if file else None, ours, claims.get(name), choice
        )
        if verdict.claim is not None and verdict.claim.declined is not None:
            remembered[name] = verdict.claim
        if verdict.action == "write":
            assert ours is not None
            result.additions[place] = ours
        elif verdict.action == "remove":
            result.deletions.append(place)
        elif verdict.action == "conflict":
            result.conflicts.append(Conflict(place, "a file that somebody changed or put there\n"))
        elif file is not None and ours is not None:
            result.kept.append(place)
    return remembered


def _whole_file(
    theirs: bytes | None, ours: bytes | None, claim: Claim | None, choice: Choice
) -> Verdict:
    """What happens to a file that is cardgen's as a whole, or is not."""
    there = None if theirs is None else hashlib.sha256(theirs).hexdigest()
    wanted = None if ours is None else hashlib.sha256(ours).hexdigest()
    untouched = theirs is not None and (
        stamp.is_untouched(theirs) or seal.verdict(theirs) == "ours"
    )
    if wanted is None:
        return Verdict("remove" if untouched else "keep", None)
    if there is None or untouched:
        return Verdict("write", Claim(wanted))
    if choice.take == "ours":
        return Verdict("write", Claim(wanted))
    if claim is not None and claim == Claim(there, wanted):
        return Verdict("keep", claim)
    if choice.take == "theirs" or (choice.adopt and claim is None):
        return Verdict("keep", Claim(there, wanted))
    return Verdict("conflict", claim)


def _check_header(wanted: Wanted, result: Plan) -> None:
    """Refuse, before anything is sent, metadata that the Hub would refuse."""
    data = result.additions.get(wanted.place(README))
    if data is None or result.conflicts:
        return
    content = header.split(data.decode()).content
    values = header.parse(content).values if content is not None else {}
    problems = header_problems(values)
    result.warnings += [f"{p.path}: {p.message}" for p in problems if p.level == "warning"]
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        raise PublishError(
            f"{wanted.place(README)}: metadata header, {errors[0].path}",
            expected="metadata that the Hub accepts",
            found=errors[0].message,
            next_step="mend the field in card.yaml, or on the Hub if it was written there",
        )
