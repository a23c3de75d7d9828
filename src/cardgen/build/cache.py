"""Which cards are known to be up to date: digests of everything a card is made from and of what
was made, kept outside the project. The cache can be deleted at any time.

Standard library only: the check of an unchanged card must not import what renders it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from cardgen import __version__
from cardgen.resources import cache_folder, resource
from cardgen.spec.locate import CARD_FILE, CARDS, PROJECT_FILE


class Entry(TypedDict):
    """What is remembered of a card: its digest and the cards whose runs it uses."""

    digest: str
    folders: list[str]


class CheckCache:
    """The digests of one project's cards. Reading and writing it never fails a command."""

    def __init__(self, root: Path) -> None:
        self.root = root
        name = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self.path = cache_folder() / "checked" / f"{name}.json"
        self.common = self._common()
        self.entries: dict[str, Entry] = self._read()
        self.changed = False

    def _read(self) -> dict[str, Entry]:
        try:
            content = json.loads(self.path.read_bytes())
            if content["common"] != self.common:
                return {}
            entries: dict[str, Entry] = content["entries"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}
        return entries if isinstance(entries, dict) else {}

    def is_current(self, name: str) -> bool:
        """True if nothing that the card is made from, and nothing made, has changed since."""
        entry = self.entries.get(name)
        if not isinstance(entry, dict):
            return False
        folders = entry.get("folders")
        if not isinstance(folders, list) or not all(isinstance(item, str) for item in folders):
            return False
        return entry.get("digest") == card_digest(self.root, name, folders)

    def remember(self, name: str, folders: Sequence[str], *, since_ns: int = 2**63) -> None:
        """Note that the card is up to date as it stands now; `folders` hold its runs.

        Not if an input was saved after `since_ns`, when rendering began: what was rendered may
        have been what stood there before.
        """
        if any(_changed_ns(path) >= since_ns for path in _inputs(self.root, name, folders)):
            return
        self.entries[name] = {
            "digest": card_digest(self.root, name, folders),
            "folders": list(folders),
        }
        self.changed = True

    def save(self) -> None:
        """Write the cache; without a place to write, the next check simply renders."""
        if not self.changed:
            return
        content = json.dumps({"common": self.common, "entries": self.entries}).encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).replace(self.path)
        except OSError:
            return

    def _common(self) -> str:
        """The digest of what all cards share: cardgen itself, its templates, the project file."""
        digest = hashlib.sha256(__version__.encode())
        package = Path(__file__).resolve().parent.parent
        _stamp_tree(digest, package, (".py",))
        _stamp_tree(digest, resource("templates"), (".j2", ".po"))
        _stamp_tree(digest, self.root / "templates", (".j2", ".po"))
        _add_file(digest, self.root / PROJECT_FILE)
        return digest.hexdigest()


def _stamp_tree(digest: hashlib._Hash, folder: Path, suffixes: tuple[str, ...]) -> None:
    """Add names, times and sizes of a tree's files: enough to see that cardgen was changed."""
    stack = [str(folder)]
    stamps = []
    while stack:
        try:
            with os.scandir(stack.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name != "__pycache__":
                            stack.append(entry.path)
                    elif entry.name.endswith(suffixes):
                        status = entry.stat()
                        stamps.append(f"{entry.path}:{status.st_mtime_ns}:{status.st_size}")
        except OSError:
            continue
    digest.update("\n".join(sorted(stamps)).encode("utf-8", "surrogateescape"))


def card_digest(root: Path, name: str, folders: Sequence[str]) -> str:
    """The digest of the card's own files, made and given, and of the run folders it draws on."""
    digest = hashlib.sha256()
    base = os.path.join(root, CARDS, name)  # noqa: PTH118 - strings: this is the fast path
    for path in _files(base, ("README",)):
        _add_file(digest, path)
    for sub in ("plots", ".eval_results"):
        for path in _files(f"{base}/{sub}", ("",)):
            _add_file(digest, path)
    for path in _inputs(root, name, folders):
        _add_file(digest, path)
    return digest.hexdigest()


def _inputs(root: Path, name: str, folders: Sequence[str]) -> list[str]:
    """The files that the card is made from."""
    found = _files(f"{root}/{CARDS}/{name}", ("prose.", CARD_FILE))
    for folder in folders:
        found += _files(f"{root}/{folder}", ("",), ".json")
        for samples in _files(f"{root}/{folder}", ("",), ".samples"):
            found += _files(samples, ("",), ".gz")
        if not folder.startswith(f"{CARDS}/{name}/"):
            found.append(f"{root}/{'/'.join(folder.split('/')[:2])}/{CARD_FILE}")
    return found


def _changed_ns(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116
    except (OSError, ValueError):
        return 0


def _files(folder: str, starts: tuple[str, ...], end: str = "") -> list[str]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - half the time of a Path per entry
    except (OSError, ValueError):
        return []
    wanted = [n for n in names if n.startswith(starts) and n.endswith(end)]
    return [f"{folder}/{name}" for name in sorted(wanted)]


def _add_file(digest: hashlib._Hash, path: str | Path) -> None:
    try:
        # Not to wait for the other end, should something be a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123
            data = file.readall() or b""
    except (OSError, ValueError):
        digest.update(f"{path}\0absent\0".encode("utf-8", "surrogateescape"))
        return
    digest.update(f"{path}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
    digest.update(data)
