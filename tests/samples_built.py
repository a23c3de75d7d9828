"""A project of two cards, built once for all tests; each test works on a copy of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from samples_cards import BASE, MODEL, call, run, scores, serving, write_card

from cardgen.render.environment import forget_templates


@cache
def _built() -> tempfile.TemporaryDirectory[str]:
    held = tempfile.TemporaryDirectory(prefix="cardgen-built-")
    root = Path(held.name)
    used = run(
        serving(BASE, queries_per_dollar="1454"),
        serving(MODEL, queries_per_dollar="1886"),
        origin="transcribed",
    )
    folder = write_card(root, "first", scores(), languages=["en", "ru"], uses=["second"])
    (folder / "prose.en.md").write_text("Words by hand.\n", encoding="utf-8")
    write_card(root, "second", used, kind="benchmark", base_model=None, title="Second")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        made = call(root, "build", "--all")
    assert made.code == 0, made.err
    return held


def built_project() -> Path:
    """The built project itself; not to be changed."""
    return Path(_built().name)


def built_copy(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """A copy of the built project in a folder, with a cache that knows nothing of it."""
    root = folder / "project"
    shutil.copytree(built_project(), root, ignore=shutil.ignore_patterns("cache"))
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    forget_templates()
    return root


def edit(path: str, old: str, new: str) -> Callable[[Path], None]:
    """A change of a text file of the project."""

    def change(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        assert old in text
        (root / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change
