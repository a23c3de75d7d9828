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
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
SPECIAL = re.compile(r"[\\`*\[\]|~$#!{}]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
BLANK = re.compile(r"\s*[\r\n\t]\s*|\s{2,}")
LINE_START = re.compile(r"^(\d+)([.)])(?=\s|$)|^([-+=])")


@lru_cache(maxsize=2048)
def visible(text: str) -> str:
    """The text with control, zero-width and direction-changing characters spelled out.

    Text with right-to-left letters is isolated, so that it cannot reorder what stands beside it.
    """
    if text.isascii() and text.isprintable():
        return text
    text = INVISIBLE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)
    if any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text):
        return f"\u2068{text}\u2069"
    return text


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
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return Markup(f"{ticks}{pad}{text}{pad}{ticks}")  # noqa: S704


def fence(code: str, language: str) -> Markup:
    """A block of code in a fence longer than any fence inside it."""
    code = "\n".join(visible(line) for line in code.replace("\r\n", "\n").strip("\n").split("\n"))
    runs = [len(run) for run in re.findall("`+", code)]
    ticks = "`" * max(3, max(runs, default=0) + 1)
    return Markup(f"{ticks}{language}\n{code}\n{ticks}")  # noqa: S704


def link(text: str, address: str) -> Markup:
    """A Markdown link; text alone where the address is no web address or relative path."""
    label = markdown(text)
    parts = urlsplit(address)
    if parts.scheme not in ("", "http", "https") or INVISIBLE.search(address):
        return label
    safe = quote(address, safe="/:?&=#%+@,;~.-_")
    return Markup(f"[{label}]({safe})")  # noqa: S704
