"""Names of tasks, held against the YAML files that define them: a slip is told before a server
starts.

Part of `measure.py`. Reads files only; what a name stands for is lm-eval's to say.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NAMED: Final = re.compile(r"^[ \t-]*(?:task|group|tag):[ \t]*[\"']?([\w.-]+)", re.MULTILINE)
PLAIN: Final = re.compile(r"[\w.-]+")
"""A name; lm-eval takes patterns and files too."""
PLACE: Final = "measure.accuracy.tasks"


def slip(name: str, project: Path, include_path: str, python: str) -> str | None:
    """Why lm-eval will not find the task: a name like one of the folder's own, which is none of
    them and none of lm-eval's; None where it may find it.

    Likeness alone says nothing: a folder with `gsm8k_ru` is no reason to doubt `gsm8k`.
    """
    own = project / include_path
    names = set(NAMED.findall("\n".join(_texts(own))))
    near = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.7)
    if not near or not PLAIN.fullmatch(name) or name.endswith(".yaml") or _says(own, name):
        return None
    shipped = _shipped(python)
    if shipped is None or _says(shipped, name):
        return None
    return (
        f"{name} is no task of lm-eval and none in {include_path}/; "
        f"did you mean {near[0]}? mend {PLACE} in card.yaml"
    )


def mend(folder: str | None) -> str:
    """The next step where lm-eval found no task of a name."""
    where = f"define the task in {folder}/" if folder else "give the folder of your own tasks"
    return f"mend {PLACE} in card.yaml, or {where} (measure.accuracy.include_path)"


def _texts(folder: Path) -> Iterator[str]:
    # `*yaml*`: templates that others include are called `_default_template_yaml`.
    for path in sorted(folder.rglob("*yaml*")):
        if path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")


def _says(folder: Path, name: str) -> bool:
    """Whether a file there holds the name, wherever: a tag's list, a group's, a comment."""
    word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
    return any(word.search(text) for text in _texts(folder))


def _shipped(python: str) -> Path | None:
    """The tasks that come with the interpreter's lm-eval; None where they are not beside it."""
    places = Path(python).parent.parent.glob("lib/python*/site-packages/lm_eval/tasks")
    return next(iter(sorted(places)), None)
