"""Words and numbers in the reader's language: gettext catalogs and Babel's number formats.

Owns the translation of messages. Knows nothing of records, cards or templates: whoever builds a
table or a sentence hands over a `Message`, and the language is applied when the card is rendered.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from cardgen.errors import TemplateError
from cardgen.resources import resource

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

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
    folder = resource("templates") / "locale"
    return (SOURCE_LANGUAGE, *sorted(path.stem for path in folder.glob("*.po") if path.is_file()))


def language(code: str, *, locale_numbers: bool = False) -> Language:
    """The language for a code such as `ru`; an error names those that exist."""
    return Language(code, _catalog(code), locale_numbers=locale_numbers)


def _catalog(code: str) -> gettext.NullTranslations:
    if code == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    if code not in available():
        raise TemplateError(
            f"language {code!r}",
            expected=f"one of {', '.join(available())}",
            found=f"no catalog {code}.po",
            next_step="use an available language, or add a catalog under templates/locale/",
        )
    path = resource("templates") / "locale" / f"{code}.po"
    status = path.stat()
    return read_catalog(path, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=8)
def read_catalog(path: Path, stamp: tuple[int, int] | None = None) -> gettext.NullTranslations:
    """The translations of a PO file; whatever is wrong with it is an error with file and line.

    Kept as long as `stamp` is the same: `build --watch` sees an edited catalog.
    """
    from babel import Locale, UnknownLocaleError
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    del stamp
    place = f"templates/locale/{path.name}"
    lines = _lines(path, place)
    _check_syntax(lines, place)
    header = next((n for n, line in enumerate(lines, 1) if line.startswith("msgid")), 1)
    try:
        catalog = read_po(lines, locale=Locale.parse(path.stem), abort_invalid=True)
        if catalog.charset.lower().replace("-", "") != "utf8":
            raise ValueError(f"the charset {catalog.charset}")  # noqa: TRY301 - one message below
        _check_places(catalog, place)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        return gettext.GNUTranslations(compiled)
    except PoFileError as problem:
        found = str(problem).rpartition(" on ")[0]
        raise _broken(place, problem.lineno + 1, "PO syntax", found) from problem
    except (UnknownLocaleError, LookupError, ValueError) as problem:
        expected = "a locale's name as the file's, and a header with charset UTF-8 and plural forms"
        raise _broken(place, header, expected, str(problem)) from problem


def _lines(path: Path, place: str) -> list[str]:
    """The file's lines; a catalog is UTF-8, with or without a byte order mark."""
    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as problem:
        raise TemplateError(
            place,
            expected="a catalog that can be read",
            found=problem.strerror or str(problem),
            next_step="mend the file's permissions",
        ) from problem
    try:
        return [line.strip() for line in data.decode().split("\n")]
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        found = f"the byte 0x{data[problem.start]:02X}"
        raise _broken(place, line, "text in UTF-8", found) from problem


ENTRY = re.compile(
    r'''(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+)?"(?:[^"\\]|\\.)*"''', re.S
)
FOLLOWS = {
    "": ("msgctxt", "msgid"),
    "msgctxt": ("msgid",),
    "msgid": ("msgstr", "msgid_plural"),
    "msgid_plural": ("msgstr[0]",),
    "msgstr": ("msgctxt", "msgid"),
}
"""Which keyword may follow which; after `msgstr[n]` comes `msgstr[n+1]` or the next message."""


def _check_syntax(lines: list[str], place: str) -> None:
    """Refuse what Babel reads as something else: an open quote, a keyword out of order."""
    last, start = "", 1
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        entry = ENTRY.fullmatch(line)
        if entry is None or (not entry[1] and not last):
            raise _broken(place, number, 'a keyword and "text", quotes closed', repr(line[:80]))
        if not entry[1]:
            continue
        if last.startswith("msgstr["):
            allowed = (f"msgstr[{int(last[7:-1]) + 1}]", *FOLLOWS["msgstr"])
        else:
            allowed = FOLLOWS[last]
        if entry[1] not in allowed:
            raise _broken(place, number, " or ".join(allowed), entry[1])
        last, start = entry[1], number
    if last and not last.startswith("msgstr"):
        raise _broken(place, start, "a msgstr after it", f"the end of the file after {last}")


PLACE = re.compile(r"%\((\w+)\)")


def _check_places(catalog: Catalog, place: str) -> None:
    """Refuse a translation that could not be filled: a `%(name)s` its message has not, a lone %."""
    for message in catalog:
        texts = [message.id] if isinstance(message.id, str) else list(message.id)
        values = dict.fromkeys((name for text in texts for name in PLACE.findall(text)), 0)
        unused = not message.id or message.fuzzy
        if unused or not all(_fills(text, values) for text in texts):
            continue
        said = [message.string] if isinstance(message.string, str) else list(message.string or ())
        for text in said:
            if not _fills(text, values):
                names = ", ".join(f"%({name})s" for name in values)
                expected = f"the places {names}" if names else "no places"
                found = repr(text[:80])
                raise _broken(place, message.lineno or 1, f"{expected}, and %% for a %", found)


def _fills(text: str, values: Mapping[str, int]) -> bool:
    try:
        text % values
    except (KeyError, TypeError, ValueError):
        return False
    return True


def _broken(place: str, line: int, expected: str, found: str) -> TemplateError:
    return TemplateError(
        f"{place}:{line}", expected=expected, found=found, next_step="mend the catalog"
    )
