"""gettext catalogs: PO files checked, compiled and kept.

Babel reads much that is wrong as something else; here it is an error with file and line.
"""

from __future__ import annotations

import contextlib
import gettext
import hashlib
import os
import re
import struct
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from cardgen.errors import TemplateError
from cardgen.resources import cache_folder

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog


def open_catalog(path: Path) -> gettext.GNUTranslations:
    """The translations of a PO file, compiled once for each content and kept in the user's cache.

    A cache that cannot be read or written is done without.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return read_catalog(path)
    kept = cache_folder() / "catalogs" / f"{hashlib.sha256(data).hexdigest()}.mo"
    try:
        with kept.open("rb") as file:
            return gettext.GNUTranslations(file)
    except (OSError, ValueError, struct.error, LookupError):
        pass
    compiled = compile_catalog(path)
    with contextlib.suppress(OSError):
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=kept.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(compiled)
        Path(temporary).replace(kept)
    return gettext.GNUTranslations(BytesIO(compiled))


def read_catalog(path: Path) -> gettext.GNUTranslations:
    """The translations of a PO file; whatever is wrong with it is an error with file and line."""
    return gettext.GNUTranslations(BytesIO(compile_catalog(path)))


def compile_catalog(path: Path) -> bytes:
    """A PO file as gettext's MO; whatever is wrong with it is an error with file and line."""
    from babel import Locale, UnknownLocaleError
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

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
        gettext.GNUTranslations(BytesIO(compiled.getvalue()))
    except PoFileError as problem:
        found = str(problem).rpartition(" on ")[0]
        raise _broken(place, problem.lineno + 1, "PO syntax", found) from problem
    except (UnknownLocaleError, LookupError, ValueError) as problem:
        expected = "a locale's name as the file's, and a header with charset UTF-8 and plural forms"
        raise _broken(place, header, expected, str(problem)) from problem
    return compiled.getvalue()


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
