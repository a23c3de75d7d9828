"""Commands as a card prints them, so that bash reads the very words back.

Owns quoting, the break of a long line, and the placeholder of a job's folder. Knows no records.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import NamedTuple

from cardgen.render.escape import INVISIBLE

LONGEST_LINE = 100
JOB = "$JOB"
"""What stands on a card for the folder of a job; the status sentence says so."""
BELOW = re.compile(r"(?:/[\w./-]*)?", re.ASCII)
"""The path below a job's folder, as far as double quotes leave it as it is."""
JOB_FOLDER = re.compile(
    r"(?<![\w.-])\.cardgen"
    r"(?:/jobs/[^/]{1,255}/[^/]{1,255}?|\\+jobs\\+[^/\\]{1,255}\\+[^/\\]{1,255}?)"
    r"-[0-9a-f]{8}(?![\w.-])"
)
"""As collecting names it: the card, then the job's name and the beginning of its key. The lengths
are those of a file system, so that a hostile argument cannot take for ever."""
BEFORE = re.compile(r"(?:(?<![^\s=,;:'\"])[A-Za-z]:)?[^\s=,;:'\"]*\Z")
"""The path on which a job's folder lies, where a tool was given the whole of it."""
LONGEST_PATH = 4096
UNPRINTED = re.compile(rf"\r|{INVISIBLE.pattern}")
"""What a card's block cannot hold: it would be spelled out, or become a line break."""


class Line(NamedTuple):
    """A command as a card prints it, and whether a job's folder was replaced in it."""

    text: str
    has_job: bool


def quoted(word: str) -> str:
    """The word as one argument of bash, in characters that a card prints as they are."""
    if UNPRINTED.search(word) is None:
        return shlex.quote(word)
    escaped = word.replace("\\", r"\\").replace("'", r"\'")
    return f"$'{UNPRINTED.sub(_bytes, escaped)}'"


def _bytes(match: re.Match[str]) -> str:
    # As bytes: what bash makes of \u depends on the locale.
    return "".join(f"\\x{byte:02x}" for byte in match[0].encode("utf-8", "surrogatepass"))


def command(words: Sequence[str]) -> Line:
    """The command with the job's folder as `$JOB`; a long one with an option a line.

    With JOB set to the folder, bash reads the words that ran.
    """
    folder = job_folder(words)

    def shown(word: str) -> str:
        return quoted(word) if folder is None else _with_job(word, folder)

    line = " ".join(shown(word) for word in words)
    if len(line) > LONGEST_LINE:
        line = " \\\n  ".join(" ".join(map(shown, option)) for option in _options(words))
    return Line(line, folder is not None)


def _with_job(word: str, folder: str) -> str:
    """The word with `$JOB` for the folder, in double quotes: in single ones it would stay so."""
    before, *after = word.split(folder)
    if not after:
        return quoted(word)
    found = quoted(before) if before else ""
    for piece in after:
        below = BELOW.match(piece)
        path = below[0] if below else ""
        rest = piece[len(path) :]
        found += f'"{JOB}{path}"' + (quoted(rest) if rest else "")
    return found


def _options(words: Sequence[str]) -> list[list[str]]:
    """The words cut before each option: `["vllm", "serve"], ["--port", "1"]`."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word.startswith("--") and parts[-1]:
            parts.append([])
        parts[-1].append(word)
    return parts


def job_folder(words: Sequence[str]) -> str | None:
    """The folder of the job that a command names, as it names it; None where it names none."""
    for word in words:
        found = JOB_FOLDER.search(word)
        if found is None:
            continue
        before = BEFORE.search(word[max(0, found.start() - LONGEST_PATH) : found.start()])
        return (before[0] if before else "") + found[0]
    return None
