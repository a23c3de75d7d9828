"""The messages that cardgen says, and the catalogs brought up to date with them.

Owns the extraction: `{% trans %}` and `gettext("…")` in the templates, `Message("…")` in the
sources, both read by Babel. Not part of the package: run it in a checkout (docs/languages.md).

    python tests/language/messages.py          bring every catalog up to date
    python tests/language/messages.py de       start a catalog
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGS = ROOT / "templates" / "locale"
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "Message": (1,),
    "gettext": (1,),
    "ngettext": (1, 2),
}
JINJA = {
    "extensions": "jinja2.ext.i18n,jinja2.ext.loopcontrols",
    "trimmed": "true",
    "newstyle_gettext": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
"""How `render.environment` reads templates; `silent` off, so that a broken one is an error."""
HEADER = """\
# {name} messages of cardgen.
msgid ""
msgstr ""
"Project-Id-Version: cardgen\\n"
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"
"""


def extracted() -> Catalog:
    """Every message of the templates and the sources, with the places that say it."""
    catalog = Catalog()
    for folder, method, options in (
        ("templates", [("**.j2", "jinja2")], {"**.j2": JINJA}),
        ("src", [("**.py", "python")], {}),
    ):
        for file, line, text, comments, context in extract_from_dir(
            ROOT / folder,
            method,
            options,
            keywords=KEYWORDS,
            comment_tags=["translators:"],
            strip_comment_tags=True,
        ):
            place = f"{folder}/{Path(file).as_posix()}"
            message = catalog.add(
                text, None, [(place, line)], auto_comments=comments, context=context
            )
            unflag(message)
    return catalog


def unflag(message: Message) -> Message:
    """The message, a format string only where it has a `%(name)s`: cardgen has no other kind.

    Babel takes “95% interval” for one with a place called `% i`.
    """
    if not any("%(" in text for text in texts(message.id)):
        message.flags.discard("python-format")
    return message


def texts(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A message's text, or its singular and plurals, as a tuple."""
    return (text,) if isinstance(text, str) else tuple(text or ("",))


def read(path: Path) -> Catalog:
    """The catalog of a file, strictly: anything that is no PO syntax is an error."""
    with path.open("rb") as file:
        catalog: Catalog = read_po(file, locale=path.stem, abort_invalid=True)
    for message in catalog:
        unflag(message)
    return catalog


def updated(path: Path, template: Catalog) -> str:
    """The catalog file's text with the template's messages; its header and translations stay.

    A message that is new takes the translation of a similar one and is marked fuzzy; one that is
    gone is dropped. Places are file names without lines, so that unrelated edits change nothing.
    """
    header, _, _ = path.read_text("utf-8").partition("\n\n")
    catalog = read(path)
    catalog.update(template)
    catalog.obsolete.clear()
    for message in catalog:
        unflag(message)
    body = io.BytesIO()
    write_po(body, catalog, width=100, omit_header=True, ignore_obsolete=True, include_lineno=False)
    return f"{header.rstrip()}\n\n{body.getvalue().decode().strip()}\n"


def start(code: str) -> Path:
    """A new catalog with nothing but its header; an unknown locale is an error."""
    locale = Locale.parse(code)
    path = CATALOGS / f"{code}.po"
    forms = Catalog(locale=locale).plural_forms
    name = locale.english_name
    path.write_text(HEADER.format(name=name, code=code, plural_forms=forms), "utf-8", newline="\n")
    return path


def main(codes: list[str]) -> int:
    """Update every catalog, the ones named in `codes` started first; say what is left to do."""
    try:
        for code in codes:
            if not (CATALOGS / f"{code}.po").exists():
                start(code)
    except (UnknownLocaleError, ValueError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    template = extracted()
    for path in sorted(CATALOGS.glob("*.po")):
        path.write_text(updated(path, template), "utf-8", newline="\n")
        catalog = read(path)
        left = [m for m in catalog if m.id and (m.fuzzy or not all(texts(m.string)))]
        print(f"{path.relative_to(ROOT)}: {len(catalog)} messages, {len(left)} to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
