"""Where cards come from: files, folders, patterns, standard input, own cards, the Hub.

Owns what an argument means. A path that exists is that path; then come the project's own cards;
`org/name` and `org/*` are the Hub's.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from cardgen.audit.audited import Audited
from cardgen.audit.auditing import Choice, audit_card
from cardgen.audit.suppression import Baseline, read_baseline
from cardgen.errors import CardgenError, ProjectError
from cardgen.spec import locate
from cardgen.store import files

HUB_NAME = re.compile(r"([A-Za-z0-9][\w.-]{0,95})/([\w.*?\[\]-]{1,96})")
TEXT = re.compile(r"\.(?:md|markdown|mdx|txt|rst)$", re.I)
README = re.compile(r"README(?:[._-].{0,40})?\.md", re.I)
SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})
BASELINE = "audit-baseline.json"
"""Beside an own card's card.yaml: what `cardgen audit NAME` takes as known."""


class Source(NamedTuple):
    """A card to be audited. `kind` is file, stdin, own or hub; `place` the path, name or id."""

    kind: str
    place: str
    data: bytes | None = None


def expand(
    arguments: Iterable[str],
    *,
    stdin: Callable[[], bytes],
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Source | CardgenError]:
    """The cards that the arguments name, each once; an argument that names none is an error.

    `tell` hears that something takes time: the Hub is being asked.
    """
    seen: set[tuple[str, str]] = set()
    for argument in arguments:
        try:
            for source in _expanded(argument, stdin, tell):
                if source[:2] not in seen:
                    seen.add(source[:2])
                    yield source
        except CardgenError as problem:
            yield problem


def _expanded(
    argument: str, stdin: Callable[[], bytes], tell: Callable[[str], None]
) -> Iterator[Source]:
    if argument == "-":
        yield Source("stdin", "-", stdin())
        return
    path = Path(argument)
    if _is_own(argument):
        yield Source("own", argument)
    elif _is_folder(path):
        yield from (Source("file", str(found)) for found in _cards_in(path))
    elif os.path.exists(path):  # noqa: PTH110 - a path that may not be entered is no error here
        yield Source("file", argument)
    else:
        yield from _pattern(argument, tell)


def _pattern(argument: str, tell: Callable[[str], None]) -> Iterator[Source]:
    """What is no path that exists: a pattern of paths, or the Hub's."""
    magic = glob.has_magic(argument)
    matched = sorted(glob.glob(argument, recursive=True)) if magic else []  # noqa: PTH207 - keeps the path as given
    for name in matched:
        if _is_folder(Path(name)):
            yield from (Source("file", str(found)) for found in _cards_in(Path(name)))
        else:
            yield Source("file", name)
    if matched:
        return
    hub = HUB_NAME.fullmatch(argument)
    if hub is None or TEXT.search(argument) or _is_folder(Path(hub[1])):
        raise ProjectError(
            argument[:200],
            expected="a file, a folder, a pattern that matches one, a card of the project, or"
            " organisation/name on the Hub",
            found="nothing that matches" if magic else "none of these",
            next_step="check the path",
        )
    if not glob.has_magic(hub[2]):
        yield Source("hub", argument)
        return
    from cardgen.hub.listing import model_names

    tell(f"asking the Hub for the models of {hub[1]}")
    names = [n for n in model_names(hub[1]) if fnmatchcase(n.partition("/")[2], hub[2])]
    if not names:
        raise ProjectError(
            argument,
            expected="a model on the Hub that matches",
            found="none that this token may see",
            next_step="check the organisation's name",
        )
    yield from (Source("hub", name) for name in names)


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - as above


def _is_own(argument: str) -> bool:
    if not locate.is_plain(argument):
        return False
    try:
        return locate.is_card(locate.find_root(), argument)
    except ProjectError:
        return False


def _cards_in(folder: Path) -> list[Path]:
    """The READMEs below a folder; where there is none, every Markdown file below it."""
    readmes: list[Path] = []
    others: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED)
        for name in sorted(names):
            if README.fullmatch(name):
                readmes.append(Path(place) / name)
            elif name.lower().endswith(".md"):
                others.append(Path(place) / name)
    found = readmes or others
    if not found:
        raise ProjectError(
            str(folder),
            expected="a folder with README.md or other Markdown files in it",
            found="none",
            next_step="name the card's file",
        )
    return found


def audit_source(source: Source, choice: Choice) -> list[Audited]:
    """The cards of a source, audited; one that cannot be read is given with its error."""
    try:
        return list(_audited(source, choice))
    except CardgenError as problem:
        return [Audited(source.place, (), (), error=str(problem))]


def _audited(source: Source, choice: Choice) -> Iterator[Audited]:
    if source.kind == "own":
        yield from _own(source.place, choice)
    elif source.kind == "hub":
        from cardgen.hub.reading import read_card

        snapshot = read_card(source.place)
        texts = {n: data for n, data in snapshot.files.items() if README.fullmatch(n)}
        if not texts:
            raise ProjectError(
                source.place,
                expected="a repository with a README.md",
                found="none",
                next_step="look at its page on the Hub",
            )
        page = snapshot.url.replace("/tree/", "/blob/")
        for name, data in sorted(texts.items()):
            card = source.place if name == "README.md" else f"{source.place}/{name}"
            file_name = source.place.partition("/")[2]
            yield audit_card(
                data, card, file_name=file_name, address=f"{page}/{name}", choice=choice
            )
    else:
        data = source.data if source.data is not None else files.read_bytes(Path(source.place))
        yield audit_card(
            data,
            source.place,
            file_name=witness(source.place),
            address=source.place if source.kind == "file" else "",
            choice=choice,
        )


def _own(name: str, choice: Choice) -> Iterator[Audited]:
    """A card of the project, rendered anew: what stands on the disk does not matter."""
    from cardgen.build.outputs import outputs
    from cardgen.spec.load import find_project

    project = find_project()
    wanted = outputs(project, name)
    path = wanted.card.folder / BASELINE
    known = read_baseline(path) if choice.comments and path.is_file() else Baseline()
    for path, text in wanted.texts.items():
        if README.fullmatch(path.name):
            card = project.relative(path)
            found = audit_card(
                text.encode(), card, file_name=name, address=str(path), choice=choice
            )
            yield known.apply(found, choice.ran)


def witness(place: str) -> str:
    """The name that a path gives a card: the file's, or for a README that of its folder.

    A number in front, by which a collection is sorted, is left out.
    """
    if place == "-":
        return ""
    path = Path(place)
    stem = path.name
    if README.fullmatch(stem):
        stem = path.absolute().parent.name
    return re.sub(r"^\d{1,6}-", "", stem)
