"""What the validator finds, and the small checks that every field is made of.

Owns the wording that the Hub shares between fields ("must be a string", "is required") and the
rule for repository names. Knows no particular field.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

Level = Literal["error", "warning"]


class Problem(NamedTuple):
    """One thing to mend in a header or results file.

    `error`: the Hub refuses it, or cannot use the value as what it stands for. `warning`: it is
    accepted, and something is lost. `path` is the field as the Hub writes it
    (`model-index[0].results[0].dataset.config`), empty for the whole document.
    """

    level: Level
    path: str
    message: str


_REPO_NAME = re.compile(r"(?:\b[\w\-.]{1,96}\b/)?\b[\w\-.]{1,96}\b", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+[\d_,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*%?")
_NAMING_RULE = (
    'A name is "name" or "owner/name" of letters, digits, "-", "_" and ".", at most 96 '
    'characters each, without "--" or "..", neither starting nor ending with "-" or ".", '
    'nor ending with ".git".'
)


class Findings:
    """Collects problems in the order found; each check says whether the value may be used."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def error(self, path: str, message: str) -> None:
        """Note what the Hub refuses or cannot use."""
        self.problems.append(Problem("error", path, message))

    def warning(self, path: str, message: str) -> None:
        """Note what is accepted at a loss."""
        self.problems.append(Problem("warning", path, message))

    def text(self, path: str, value: object) -> bool:
        """True for a string that is not empty."""
        if not isinstance(value, str):
            self.error(path, f'"{path}" must be a string')
            return False
        if not value.strip():
            self.error(path, f'"{path}" is not allowed to be empty')
            return False
        return True

    def optional_text(self, path: str, holder: Mapping[Any, Any], keys: Iterable[str]) -> None:
        """Check as text those of `keys` that `holder` has."""
        for key in keys:
            if holder.get(key) is not None:
                self.text(f"{path}.{key}", holder[key])

    def required_text(self, path: str, holder: Mapping[Any, Any], key: str) -> bool:
        """True where `holder[key]` is there and is text."""
        where = f"{path}.{key}"
        if holder.get(key) is None:
            self.error(where, f'"{where}" is required')
            return False
        return self.text(where, holder[key])

    def texts(self, path: str, value: object) -> list[tuple[str, str]]:
        """The usable strings of a string or list of strings, each with its own path."""
        if isinstance(value, str):
            return [(path, value)] if self.text(path, value) else []
        items = self.array(path, value)
        return [(f"{path}[{i}]", v) for i, v in enumerate(items) if self.text(f"{path}[{i}]", v)]

    def array(self, path: str, value: object) -> list[Any]:
        """The items of a list; none, with the problem noted, for anything else."""
        if isinstance(value, list | tuple):
            return list(value)
        self.error(path, f'"{path}" must be an array')
        return []

    def mapping(self, path: str, value: object) -> Mapping[Any, Any] | None:
        """The mapping; None, with the problem noted, for anything else."""
        if isinstance(value, Mapping):
            return value
        self.error(path, f'"{path}" must be of type object')
        return None

    def number(self, path: str, value: object, *, text_allowed: bool) -> None:
        """A finite number, neither a boolean nor a number in quotes.

        `text_allowed`: the client documents "20.0 ± 1.2" as a metric's value, so other text
        is only a warning there.
        """
        if isinstance(value, str):
            if _NUMBER.fullmatch(value.strip()):
                self.error(path, f'"{path}" must be a number, not the text "{value}"')
            elif text_allowed and value.strip():
                self.warning(path, f'"{path}" is text: it is shown, but not compared or sorted')
            else:
                self.error(path, f'"{path}" must be a number')
        elif isinstance(value, bool) or not isinstance(value, int | float):
            self.error(path, f'"{path}" must be a number')
        elif not math.isfinite(value):
            self.error(path, f'"{path}" must be a finite number, not {value!r}')

    def repository(self, path: str, value: str, *, advice: str) -> bool:
        """True for a name that a repository on the Hub can have."""
        if is_repository_name(value):
            return True
        local = value.startswith(("/", "./", "../", "~", "\\")) or re.match(r"[A-Za-z]:\\", value)
        reason = "This is a path on a disk." if local else _NAMING_RULE
        self.error(path, f'"{path}" with value "{value}" is not valid. {advice} {reason}')
        return False

    def address(self, path: str, value: str) -> None:
        """Warn about a link that a browser cannot open."""
        if not re.match(r"https?://[^\s/]", value):
            self.warning(path, f'"{path}" is no http(s) address: "{value}"')


def is_repository_name(name: str) -> bool:
    """True where the client's own rule lets a repository have this name."""
    return (
        _REPO_NAME.fullmatch(name) is not None
        and "--" not in name
        and ".." not in name
        and not name.endswith(".git")
    )


def suggestion(word: str, known: Iterable[str], *, cutoff: float = 0.7) -> str:
    """`; did you mean "…"?` for the nearest known word, or nothing."""
    plain = {re.sub(r"[\s_-]+", "-", k.lower()): k for k in known}
    near = difflib.get_close_matches(
        re.sub(r"[\s_-]+", "-", word.strip().lower()), plain, n=1, cutoff=cutoff
    )
    return f'; did you mean "{plain[near[0]]}"?' if near else ""
