"""Where things are that belong to no project: packaged templates and collectors, and the cache."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from cardgen.errors import TemplateError


@lru_cache
def resource(name: str) -> Path:
    """The folder `templates` or `collectors`, wherever this installation keeps it.

    A wheel carries both inside the package; an editable install finds them two levels up, where
    the checkout has them.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / name, package.parent.parent / name):
        if folder.is_dir():
            return folder
    raise TemplateError(
        f"cardgen's own folder {name!r}",
        expected=f"{package / name} (from a wheel) or {package.parent.parent / name} (a checkout)",
        found="neither",
        next_step="install cardgen again",
    )


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/cardgen, by default ~/.cache/cardgen; all of it can be deleted any time."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base and Path(base).is_absolute():
        return Path(base) / "cardgen"
    return Path.home() / ".cache" / "cardgen"
