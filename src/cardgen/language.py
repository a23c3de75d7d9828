"""Words and numbers in the reader's language: gettext catalogs and Babel's number formats.

Owns the translation of messages. Knows nothing of records, cards or templates: whoever builds a
table or a sentence hands over a `Message`, and the language is applied when the card is rendered.
"""

from __future__ import annotations

import gettext
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cardgen.catalog import open_catalog
from cardgen.errors import TemplateError
from cardgen.resources import resource

SOURCE_LANGUAGE = "en"
NAMES = {"en": "English", "ru": "Русский"}


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence or label to be said in the card's language, with its values kept apart.

    `text` is the English msgid with `%(name)s` places; values that are messages themselves are
    translated too. The extraction for the catalogs looks for this class's name.
    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text


Words = str | Message


class Language:
    """One language of a card: its catalog and its way to write numbers."""

    def __init__(
        self, code: str, catalog: gettext.NullTranslations, *, locale_numbers: bool
    ) -> None:
        self.code = code
        self.catalog = catalog
        self.locale_numbers = locale_numbers

    def say(self, words: Words) -> str:
        """The words in this language; text that is data (a plain `str`) stays as it is."""
        if isinstance(words, str):
            return words
        text = self.catalog.gettext(words.text)
        if not words.values:
            return text
        return text % {
            name: self.say(value) if isinstance(value, Message) else value
            for name, value in words.values.items()
        }

    def number(self, digits: str) -> str:
        """A number already rounded and written with a point, in the card's number style."""
        if not self.locale_numbers or self.code == SOURCE_LANGUAGE:
            return digits
        from babel.numbers import get_decimal_symbol, get_group_symbol

        point = get_decimal_symbol(self.code)
        whole, _, fraction = digits.partition(".")
        sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        if len(whole) > 4 and whole.isdigit():
            groups = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)]
            whole = get_group_symbol(self.code).join(reversed(groups))
        return sign + whole + (point + fraction if fraction else "")


def available(project_templates: Path | None = None) -> tuple[str, ...]:
    """The languages that cards can be written in: the source language and every catalog."""
    folders = [resource("templates"), *([project_templates] if project_templates else [])]
    found = {p.stem for f in folders for p in (f / "locale").glob("*.po") if p.is_file()}
    return (SOURCE_LANGUAGE, *sorted(found - {SOURCE_LANGUAGE}))


def language(
    code: str, *, locale_numbers: bool = False, project_templates: Path | None = None
) -> Language:
    """The language for a code such as `ru`; an error names those that exist.

    A project's own catalog, `templates/locale/<code>.po`, goes before cardgen's: it translates the
    words of the project's own templates.
    """
    catalogs = [_catalog(code, folder) for folder in (project_templates, resource("templates"))]
    found = [catalog for catalog in catalogs if catalog is not None]
    if not found and code != SOURCE_LANGUAGE:
        raise TemplateError(
            f"language {code!r}",
            expected=f"one of {', '.join(available(project_templates))}",
            found=f"no catalog {code}.po",
            next_step="use an available language, or add a catalog under templates/locale/",
        )
    return Language(code, Catalogs(found), locale_numbers=locale_numbers)


class Catalogs(gettext.NullTranslations):
    """Several catalogs as one: a message is said by the first that has it."""

    def __init__(self, catalogs: Sequence[gettext.NullTranslations]) -> None:
        super().__init__()
        self.catalogs = tuple(catalogs)

    def gettext(self, message: str) -> str:
        """The message in the first catalog that translates it, else as it is."""
        for catalog in self.catalogs:
            said = catalog.gettext(message)
            if said != message:
                return said
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The plural form for `n` of the first catalog that translates it, else the English one."""
        english = msgid1 if n == 1 else msgid2
        for catalog in self.catalogs:
            said = catalog.ngettext(msgid1, msgid2, n)
            if said not in (msgid1, msgid2):
                return said
        return english


def _catalog(code: str, folder: Path | None) -> gettext.NullTranslations | None:
    if folder is None or not code.isalpha():
        return None
    path = folder / "locale" / f"{code}.po"
    try:
        status = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, changed: int, size: int) -> gettext.NullTranslations:
    """The catalog, kept as long as its file is the same: `build --watch` sees an edited one."""
    del changed, size
    return open_catalog(path)
