"""What `--against` names, as a folder with a project in it: a revision, a folder, a page, the Hub.

Owns telling the four apart and laying out a revision's files in a temporary folder, so that what
reads a project reads every side.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from cardgen.diff import revision as revisions
from cardgen.diff import state
from cardgen.diff.revision import LINK, Entry, Revision
from cardgen.diff.state import State
from cardgen.errors import CardgenError, ProjectError
from cardgen.spec.locate import (
    CARD_FILE,
    CARDS,
    PROJECT_FILE,
    card_name,
    card_names,
    is_plain,
)
from cardgen.store import files

HUB = "hub"
WORK_TREE = "work tree"
GENERATED = ("README", ".eval_results/", "plots/")


@contextmanager
def opened(ours: State, against: str) -> Iterator[State]:
    """The state of the card that `against` names; what was laid out for it goes away at the end.

    `hub` is the published card. What looks like a path (it holds a separator, or starts with a
    dot) or is no revision is a folder or a README; all else is a git revision.
    """
    root, name = ours.root, ours.name
    if against == HUB:
        yield _on_the_hub(ours)
        return
    path = Path(against)
    if not against:
        raise ProjectError(
            "--against",
            expected="a git revision, a project's folder, a README, or `hub`",
            found="nothing: the name is empty",
            next_step="name the other side; in CI, see that the variable with the base is set",
        )
    if not _is_path(against):
        found = revisions.find(root, against)
        if found is not None:
            with tempfile.TemporaryDirectory(prefix="cardgen-diff-") as folder:
                yield _laid_out(found, name, Path(folder).resolve())
            return
    if path.is_dir():
        yield _folder(path, name, against)
    elif path.is_file():
        yield _page(ours, against, files.read_bytes(path))
    else:
        first = against == "HEAD"
        raise ProjectError(
            f"--against {against}",
            expected="a git revision, a project's folder, a README, or `hub`",
            found="no commit yet" if first else "no such revision, and no such path",
            next_step="commit the card first; until then compare with a folder or a README"
            if first
            else "check the name; in a shallow clone, fetch the revision first",
        )


def names(root: Path, against: str) -> list[str]:
    """Every card that the work tree or the other side has."""
    return sorted({*card_names(root), *_others(root, against)})


def chosen(root: Path, given: Sequence[str], against: str) -> list[str]:
    """The cards a user means; one that only the other side still has is among them."""
    found = []
    for name in given:
        try:
            found.append(card_name(root, name))
        except ProjectError:
            if name not in _others(root, against):
                raise
            found.append(name)
    return found


def _others(root: Path, against: str) -> list[str]:
    """The cards of the other side, where it has several."""
    if against == HUB:
        return []
    revision = None if _is_path(against) else revisions.find(root, against)
    if revision is None:
        return card_names(Path(against).absolute()) if against else []
    listed = revisions.entries(revision, [CARDS])
    parts = [PurePosixPath(path).parts for path in listed]
    return [part[1] for part in parts if len(part) == 3 and part[2] == CARD_FILE]


def _is_path(against: str) -> bool:
    return against.startswith((".", "~", os.sep)) or against.endswith((".md", os.sep))


def _folder(path: Path, name: str, label: str) -> State:
    """A project's folder, or the folder of one card."""
    folder = path.absolute()
    if (folder / CARD_FILE).is_file() and folder.parent.name == CARDS:
        found = state.load(folder.parent.parent, folder.name, label)
        return State(name, label, found.card, _moved(found, name), found.root)
    if not (folder / CARDS).is_dir():
        raise ProjectError(
            label,
            expected=f"a project (a folder with {CARDS}/), or the folder of a card in one",
            found="neither",
            next_step="name the project's folder",
        )
    return state.load(folder, name, label)


def _page(ours: State, label: str, data: bytes) -> State:
    """A published README, read through its tables beside what our card shows."""
    from cardgen.diff.published import page

    if ours.card is None:
        raise ProjectError(
            f"card {ours.name!r}",
            expected="a card of this project: the tables of a page are read beside its own",
            found="none",
            next_step="check the name",
        )
    return State(ours.name, label, None, None, ours.root, page(data, ours.card))


def _on_the_hub(ours: State) -> State:
    """The published card of ours, at the head of its repository."""
    from cardgen.hub.reading import read_card

    repo = ours.card.specification.repo if ours.card else None
    if repo is None:
        raise ProjectError(
            f"{CARDS}/{ours.name}/{CARD_FILE}: /repo",
            expected="the card's repository on the Hub",
            found="none",
            next_step="add `repo: organisation/name`",
        )
    snapshot = read_card(repo)
    readme = snapshot.files.get("README.md")
    if readme is None:
        raise ProjectError(
            snapshot.url,
            expected="a README.md",
            found="none",
            next_step="publish the card with `cardgen push`",
        )
    return _page(ours, f"{repo} ({snapshot.commit[:10]})", readme)


def _moved(found: State, name: str) -> dict[str, str] | None:
    """The words of a card of another name by the paths that this card's have."""
    if found.words is None:
        return None
    old, new = f"{CARDS}/{found.name}/", f"{CARDS}/{name}/"
    return {
        new + path.removeprefix(old) if path.startswith(old) else path: text
        for path, text in found.words.items()
    }


def _laid_out(revision: Revision, name: str, folder: Path) -> State:
    """The state at a revision, its files written to a folder that nobody else has."""
    label = revision.name
    short = revision.commit[:10]
    if not revision.commit.startswith(label):
        label = f"{label} ({short})"
    listed = revisions.entries(revision, [PROJECT_FILE, "templates", f"{CARDS}/{name}"])
    (folder / CARDS).mkdir()
    _write(revision, listed, folder)
    card = folder / CARDS / name / CARD_FILE
    if card.is_file():
        others = [other for other in _uses(card) if is_plain(other)]
        if others:
            used = revisions.entries(revision, [f"{CARDS}/{other}" for other in others])
            _write(revision, used, folder)
    try:
        return state.load(folder, name, label)
    except CardgenError as problem:
        for error in (problem, *getattr(problem, "errors", ())):
            error.place = f"{label}: {error.place}"
        raise


def _uses(card: Path) -> list[str]:
    """The cards that card.yaml names under `uses`; its mistakes are told when it is read."""
    from cardgen.store import yaml_text

    try:
        content = yaml_text.loads(card.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError, OverflowError, OSError):
        return []
    uses = content.get("uses") if isinstance(content, dict) else None
    return [other for other in uses if isinstance(other, str)] if isinstance(uses, list) else []


def _write(revision: Revision, listed: dict[str, Entry], folder: Path) -> None:
    wanted = {path: entry for path, entry in listed.items() if not _is_generated(path)}
    found = revisions.contents(revision, list({entry.object for entry in wanted.values()}))
    for path, entry in wanted.items():
        data = found[entry.object]
        if entry.mode == LINK:
            target = os.path.normpath(PurePosixPath(path).parent / os.fsdecode(data))
            other = listed.get(target)
            if other is None or other.mode == LINK:
                continue  # It led elsewhere: nothing of the card's own.
            data = revisions.contents(revision, [other.object])[other.object]
        place = folder / path
        if ".." in PurePosixPath(path).parts or not place.is_relative_to(folder):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def _is_generated(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return len(parts) > 2 and parts[0] == CARDS and "/".join(parts[2:]).startswith(GENERATED)
