"""Words and numbers in the reader's language: gettext catalogs and Babel's number formats.

Owns the translation of messages. Knows nothing of records, cards or templates: whoever builds a
table or a sentence hands over a `Message`, and the language is applied when the card is rendered.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

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


def available() -> tuple[str, ...]:
    """The languages that cards can be written in: the source language and every catalog."""
    catalogs = sorted(path.stem for path in (resource("templates") / "locale").glob("*.po"))
    return (SOURCE_LANGUAGE, *catalogs)


def language(code: str, *, locale_numbers: bool = False) -> Language:
    """The language for a code such as `ru`; an error names those that exist."""
    return Language(code, _catalog(code), locale_numbers=locale_numbers)


@lru_cache
def _catalog(code: str) -> gettext.NullTranslations:
    if code == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    path = resource("templates") / "locale" / f"{code}.po"
    if not path.is_file():
        raise TemplateError(
            f"language {code!r}",
            expected=f"one of {', '.join(available())}",
            found=f"no catalog {path.name}",
            next_step="use an available language, or add a catalog under templates/locale/",
        )
    return _read_catalog(path)


def _read_catalog(path: Path) -> gettext.NullTranslations:
    from io import BytesIO

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=path.stem))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
