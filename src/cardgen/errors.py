"""Every way cardgen says no: one tree of exceptions that carry fields and never print.

Owns the shape of a message (place, expected, found, next step). Imports nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

# A file's name or a record's text may hold what moves a terminal's cursor: it is shown, not sent.
CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {
    9: "\\t",
    10: "\\n",
    13: "\\r",
}


def visible(text: str) -> str:
    """The text on one line, its control characters as escapes."""
    return text.translate(CONTROLS)


class CardgenError(Exception):
    """Something the reader can mend, told as place, expected, found and next step."""

    def __init__(
        self,
        place: str,
        *,
        expected: str | None = None,
        found: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(place)
        self.place = place
        self.expected = expected
        self.found = found
        self.next_step = next_step

    def __str__(self) -> str:
        lines = [visible(self.place)]
        for label, text in (
            ("expected", self.expected),
            ("found", self.found),
            ("next", self.next_step),
        ):
            if text:
                lines.append(f"  {label + ':':<9} {visible(text)}")
        return "\n".join(lines)


class ProjectError(CardgenError):
    """The project's folders or the card's name: mend the call or the folder."""


class SpecificationError(CardgenError):
    """card.yaml or cardgen.yaml: mend the specification."""


class RecordError(CardgenError):
    """A run file: mend or re-import the run."""


class ImportFileError(CardgenError):
    """Another tool's result file: mend the file or the options given with it.

    Whatever the file holds, the message stays short enough to be read.
    """

    LONGEST: ClassVar = {"place": 300, "expected": 700, "found": 300, "next_step": 400}
    """Characters of each part; of a longer one the middle is left out."""

    def __str__(self) -> str:
        parts = {
            name: _shortened(part, longest)
            for name, longest in self.LONGEST.items()
            if (part := getattr(self, name))
        }
        return str(CardgenError(**parts))


def _shortened(text: str, longest: int) -> str:
    end = longest // 3
    return text if len(text) <= longest else f"{text[: longest - end]} … {text[-end:]}"


class TemplateError(CardgenError):
    """A template or catalog: mend the template."""


class HandEditError(CardgenError):
    """A generated file that somebody edited: keep the edit elsewhere, or say it may go."""


class PublishError(CardgenError):
    """What stands on the Hub, or what would be put there: look at it, then say what to do."""


class HubError(CardgenError):
    """The Hub said no, or could not be reached: told in one line.

    `answer` is what the server said, shown below the line as it came.
    """

    def __init__(
        self,
        place: str,
        *,
        expected: str | None = None,
        found: str | None = None,
        next_step: str | None = None,
        answer: str = "",
    ) -> None:
        super().__init__(place, expected=expected, found=found, next_step=next_step)
        self.answer = answer

    def __str__(self) -> str:
        parts = [visible(part) for part in (self.found, self.next_step) if part]
        line = f"{visible(self.place)}: {'; '.join(parts)}"
        answer = [visible(part) for part in self.answer.splitlines()]
        return "\n".join([line, *answer])


class CollectorError(CardgenError):
    """A collector's manifest, or the name of a collector or role: mend the manifest or the call."""


class InstallationError(CardgenError):
    """An environment that cannot be had: mend the network, the disk or the interpreter."""


class CombinedError(CardgenError):
    """Several errors of one file, so that one run of the command shows them all.

    `more` counts those that are left out.
    """

    def __init__(self, errors: Sequence[CardgenError], *, more: int = 0) -> None:
        super().__init__(errors[0].place)
        self.errors = tuple(errors)
        self.more = more

    def __str__(self) -> str:
        rest = [f"and {self.more} more"] if self.more else []
        return "\n".join([*(str(error) for error in self.errors), *rest])
