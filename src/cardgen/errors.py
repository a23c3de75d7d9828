"""Every way cardgen says no: one tree of exceptions that carry fields and never print.

Owns the shape of a message (place, expected, found, next step). Imports nothing.
"""

from __future__ import annotations

from collections.abc import Sequence


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
        lines = [self.place]
        for label, text in (
            ("expected", self.expected),
            ("found", self.found),
            ("next", self.next_step),
        ):
            if text:
                lines.append(f"  {label + ':':<9} {text}")
        return "\n".join(lines)


class ProjectError(CardgenError):
    """The project's folders or the card's name: mend the call or the folder."""


class SpecificationError(CardgenError):
    """card.yaml or cardgen.yaml: mend the specification."""


class RecordError(CardgenError):
    """A run file: mend or re-import the run."""


class ImportFileError(CardgenError):
    """Another tool's result file: mend the file or the options given with it."""


class TemplateError(CardgenError):
    """A template or catalog: mend the template."""


class HandEditError(CardgenError):
    """A generated file that somebody edited: keep the edit elsewhere, or say it may go."""


class CombinedError(CardgenError):
    """Several errors of one file, so that one run of the command shows them all."""

    def __init__(self, errors: Sequence[CardgenError]) -> None:
        super().__init__(errors[0].place)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)
