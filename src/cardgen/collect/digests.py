"""What a checkpoint or a task's folder holds, as one digest; large files are read once.

The digests of files are kept in the project's `.cardgen/digests.json`, by size and time; the file
can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from cardgen.collect.places import state_folder
from cardgen.errors import CardgenError
from cardgen.store import files

CHUNK_BYTES = 1024 * 1024
SKIPPED = frozenset({"__pycache__", ".git", ".cache"})


class Digests:
    """The digests of one project's files and folders."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = state_folder(root) / "digests.json"
        self._known = self._read()
        self._changed = False

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def of(self, path: Path) -> str | None:
        """The digest of a file, or of a folder's files and their names; None where it is missing.

        Hidden files and caches of a folder do not count.
        """
        if path.is_file():
            return self._of_file(path)
        if not path.is_dir():
            return None
        digest = hashlib.sha256()
        for folder, folders, names in os.walk(path, followlinks=True):
            folders[:] = sorted(f for f in folders if f not in SKIPPED and not f.startswith("."))
            for name in sorted(names):
                file = Path(folder) / name
                if name.startswith(".") or not file.is_file():
                    continue
                digest.update(f"{file.relative_to(path).as_posix()}\0".encode())
                digest.update(self._of_file(file).encode())
        return digest.hexdigest()

    def save(self) -> None:
        """Keep what was read; without a place to write, it is read again next time."""
        if self._changed:
            try:
                files.replace(self._path, json.dumps(self._known, indent=0).encode())
            except CardgenError:
                return

    def _of_file(self, path: Path) -> str:
        status = path.stat()
        name = os.path.relpath(path, self._root)
        stamp = [status.st_size, status.st_mtime_ns]
        known = self._known.get(name)
        if isinstance(known, list) and known[:2] == stamp and len(known) == 3:
            return str(known[2])
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
        self._known[name] = [*stamp, digest.hexdigest()]
        self._changed = True
        return digest.hexdigest()
