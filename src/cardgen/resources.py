"""Where the packaged templates and collectors are: in the wheel first, then in the checkout."""

from __future__ import annotations

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
