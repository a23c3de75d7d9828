"""Where the project and its cards are: paths only, so that an up-to-date card is known at once.

Standard library only; `spec.load` reads what stands there.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from cardgen.errors import ProjectError

PROJECT_FILE = "cardgen.yaml"
CARDS = "cards"
CARD_FILE = "card.yaml"
SHOWN = 100


def find_root(start: Path | None = None) -> Path:
    """The project that holds `start`: the nearest folder upwards with cardgen.yaml, else cards/."""
    try:
        folder = (start or Path.cwd()).absolute()
    except FileNotFoundError as problem:
        raise ProjectError(
            "the working folder",
            expected="a folder",
            found="one that was removed",
            next_step="change to the project's folder",
        ) from problem
    for mark in (PROJECT_FILE, CARDS):
        for candidate in (folder, *folder.parents):
            found = candidate / mark
            # os.path: a folder that may not be entered has no mark, and is no error.
            if os.path.isfile(found) if mark == PROJECT_FILE else os.path.isdir(found):  # noqa: PTH112, PTH113
                return candidate
    raise ProjectError(
        str(folder),
        expected=f"a project: a folder with {PROJECT_FILE} or {CARDS}/, here or above",
        found="neither",
        next_step="change to the project's folder, or start one with `cardgen init NAME`",
    )


def card_names(root: Path) -> list[str]:
    """Every card of the project, sorted: the folders of cards/ with a card.yaml."""
    try:
        with os.scandir(root / CARDS) as entries:
            names = [entry.name for entry in entries if not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(n for n in names if os.path.isfile(root / CARDS / n / CARD_FILE))  # noqa: PTH113


def card_name(root: Path, given: str) -> str:
    """The card a user means by a name or by the path of its folder; else an error with a hint."""
    name = given.rstrip("/")
    if name.startswith(f"{CARDS}/"):
        name = name.removeprefix(f"{CARDS}/")
    elif os.sep in name:
        path = Path(name).absolute()
        name = path.name if path.parent == root / CARDS else name
    if is_card(root, name):
        return name
    names = card_names(root)
    close = difflib.get_close_matches(name, names, n=1)
    plain = is_plain(name)
    create = "create it with `cardgen init NAME`" if plain else "name a folder of cards/"
    raise ProjectError(
        f"card {given[:SHOWN]!r}",
        expected=f"one of: {', '.join(names[:20])}" if names else f"a folder {CARDS}/NAME/",
        found=(
            f"no {CARDS}/{name[:SHOWN]}/{CARD_FILE} in {root}"
            if plain
            else "a path that is no folder of cards/"
        ),
        next_step=f"did you mean {close[0]!r}?" if close else create,
    )


def is_plain(name: str) -> bool:
    """Whether the name is one folder's name, and nothing that leads elsewhere."""
    return name not in ("", ".", "..") and not any(mark in name for mark in "/\\\0")


def is_card(root: Path, name: str) -> bool:
    """Whether the project has a card of this name."""
    return is_plain(name) and os.path.isfile(root / CARDS / name / CARD_FILE)  # noqa: PTH113
