"""Text that came from data, made harmless for where it lands: HTML, Markdown, code, a link.

Every function returns `Markup`, which the templates pass through; anything else is escaped as
Markdown by the environment.
"""

from __future__ import annotations

import html as html_module
import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, urlsplit

from markupsafe import Markup

INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
JOINERS = "\u200c\u200d"
EMOJI = "\ufe0e\ufe0f"
LANGUAGE = re.compile(r"[A-Za-z0-9_+.#-]{1,40}")
SPECIAL = re.compile(r"[\\`*\[\]|~$#!{}]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
BLANK = re.compile(r"\s*[\r\n\t]\s*|\s{2,}")
LINE_START = re.compile(r"^(\d+)([.)])(?=\s|$)|^([-+=])")


@lru_cache(maxsize=2048)
def visible(text: str) -> str:
    """The text with control, zero-width and direction-changing characters spelled out.

    Text with right-to-left letters is isolated, so that it cannot reorder what stands beside it.
    """
    text = spelled(text)
    if text.isascii():
        return text
    if any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text):
        return f"\u2068{text}\u2069"
    return text


def spelled(text: str) -> str:
    """The text with characters that do not show spelled out, and no other change.

    Those that an emoji or the letters of Arabic and Indic scripts are joined with stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return INVISIBLE.sub(_spelling, text)


def _spelling(match: re.Match[str]) -> str:
    text, at, character = match.string, match.start(), match[0]
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if character in EMOJI and (_is_symbol(before) or after == "\u20e3"):
        return character
    if character in JOINERS and (_joins(before) and _joins(after)):
        return character
    pictured = _is_symbol(before) or before in tuple(EMOJI)
    if character == "\u200d" and pictured and _is_symbol(after):
        return character
    return f"⟨U+{ord(character):04X}⟩"


def _is_symbol(character: str) -> bool:
    return character > "\x7f" and unicodedata.category(character) in ("So", "Sk", "Sm")


def _joins(character: str) -> bool:
    return "\u0600" <= character <= "\u0dff" and unicodedata.category(character)[0] in "LM"


def one_line(text: str) -> str:
    """The text with line breaks and runs of blanks as single blanks."""
    return BLANK.sub(" ", text).strip()


@lru_cache(maxsize=2048)
def html(text: str) -> Markup:
    """Text for an HTML cell."""
    escaped = html_module.escape(visible(one_line(text)), quote=True)
    if "{" in escaped or "}" in escaped or "%(" in escaped:
        escaped = escaped.replace("{", "&#123;").replace("}", "&#125;").replace("%(", "%&#40;")
    return Markup(escaped)  # noqa: S704


@lru_cache(maxsize=2048)
def markdown(text: str) -> Markup:
    """Text for a Markdown paragraph, list item, heading, link text or table cell."""
    text = visible(one_line(text))
    text = SPECIAL.sub(lambda match: "\\" + match[0], text)
    text = LINE_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace("\\{", "&#123;").replace("\\}", "&#125;").replace("%(", "%&#40;")
    return Markup(text)  # noqa: S704


@lru_cache(maxsize=2048)
def code_span(text: str) -> Markup:
    """Text as inline code, whatever backticks it holds."""
    text = visible(one_line(text))
    runs = [len(run) for run in re.findall("`+", text)]
    ticks = "`" * (max(runs, default=0) + 1)
    pad = " " if not text or text.startswith("`") or text.endswith("`") else ""
    return Markup(f"{ticks}{pad}{text}{pad if text else ''}{ticks}")  # noqa: S704


@lru_cache(maxsize=256)
def fence(code: str, language: str) -> Markup:
    """A block of code in a fence longer than any fence inside it.

    Code is not isolated as other text is: a mark that does not show would be copied along.
    """
    lines = re.split(r"\r\n|\r|\n", code)
    code = "\n".join(spelled(line) for line in lines).strip("\n")
    language = language if LANGUAGE.fullmatch(language) else ""
    runs = [len(run) for run in re.findall("`+", code)]
    ticks = "`" * max(3, max(runs, default=0) + 1)
    return Markup(f"{ticks}{language}\n{code}\n{ticks}")  # noqa: S704


@lru_cache(maxsize=1024)
def link(text: str, address: str) -> Markup:
    """A Markdown link; text alone where the address is no web address or relative path."""
    label = markdown(text)
    try:
        scheme = urlsplit(address).scheme
    except ValueError:
        return label
    if scheme not in ("", "http", "https") or INVISIBLE.search(address):
        return label
    safe = quote(address, safe="/:?&=#%+@,;~.-_")
    return Markup(f"[{label}]({safe})")  # noqa: S704
