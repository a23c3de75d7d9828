"""Plain data to YAML text that YAML 1.1 and YAML 1.2 parsers read back as the same data.

Owns how values are spelt in a card's header and in `.eval_results/*.yaml`. The client reads the
header with PyYAML (YAML 1.1), the Hub's server with a YAML 1.2 parser; a general dumper speaks
for one of the two. So plain scalars are kept to a small alphabet that no version gives a meaning
to, and everything else is a double-quoted string on one line. Must not judge the data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

# A letter first: numbers, dates, times, versions and every indicator are quoted by that alone.
# No ":" except in "://", no "#", no quote and no bracket, so nothing can end the scalar early.
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./@+%=?&(),-]|://| (?=[A-Za-z0-9_(@+/]))*", re.ASCII)

# Words that some YAML version, or some parser's leniency, reads as a boolean, null or number.
_WORDS = frozenset(
    {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"}
    | {"infinity", "undefined"}
)

# Quotes and backslashes; controls with NEL; blanks that look like a space or like nothing;
# LS and PS; bidi controls; the byte order mark, tag characters and non-characters. A fixed
# class instead of str.isprintable(), whose answer changes with the interpreter's Unicode version.
_ESCAPED = re.compile(
    '["\\\\\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e'
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U000e0000-\U000e0fff]"
)
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SURROGATE = re.compile("[\ud800-\udfff]")

_KEY_LIMIT = 1000  # a YAML key without "?" must end within 1024 characters
_DEPTH_LIMIT = 50  # far above any header; turns a cycle into a message


def header(data: Mapping[str, Any]) -> str:
    """The card's header, `---` lines included, that parses back to `data` in its key order.

    `data` is str, int, float, bool, list, tuple and mapping with str keys; None is left out, in
    mappings and in lists, so it never turns into the word `null`. Floats are written with every
    digit that `repr` needs. Raises ValueError for NaN, infinities, lone surrogates, keys above
    1000 characters and nesting above 50 levels; TypeError for any other type (a date is written
    as a string). Both name the field.
    """
    return f"---\n{_document(data)}---\n"


def eval_results(entries: Sequence[Mapping[str, Any]]) -> str:
    """The text of one `.eval_results/*.yaml` file, which parses back to the list of `entries`.

    Same types and errors as `header`. A `date` stays a quoted string: unquoted, YAML 1.1 would
    read a date and the Hub would skip the file.
    """
    return _document(list(entries))


def _document(data: object) -> str:
    inline = _inline(data, "")
    if inline is not None:
        return inline + "\n"
    lines: list[str] = []
    _block(data, "", "", "", lines)
    return "\n".join(lines) + "\n"


def _block(data: object, first: str, indent: str, path: str, lines: list[str]) -> None:
    """Append the lines of a mapping or list; `first` opens the first line, `indent` the others."""
    # 2 columns a level; a list stands in its key's column, which only makes the count smaller
    if len(indent) > 2 * _DEPTH_LIMIT:
        raise ValueError(f"{path}: nested more than {_DEPTH_LIMIT} levels deep")
    prefix = first
    if isinstance(data, Mapping):
        for key, value in data.items():
            if value is None:
                continue
            name = _key(key, path)
            where = f"{path}.{key}" if path else key
            inline = _inline(value, where)
            if inline is not None:
                lines.append(f"{prefix}{name}: {inline}")
            else:
                lines.append(f"{prefix}{name}:")
                deeper = indent if isinstance(value, list | tuple) else indent + "  "
                _block(value, deeper, deeper, where, lines)
            prefix = indent
        return
    assert isinstance(data, list | tuple)
    for index, value in enumerate(data):
        if value is None:
            continue
        where = f"{path}[{index}]"
        inline = _inline(value, where)
        if inline is not None:
            lines.append(f"{prefix}- {inline}")
        else:
            _block(value, prefix + "- ", indent + "  ", where, lines)
        prefix = indent


def _inline(value: object, path: str) -> str | None:
    """A scalar or an empty collection as it stands on one line; None for what needs a block."""
    if isinstance(value, str):
        return _string(value, path)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _float(value, path)
    if isinstance(value, Mapping):
        return None if any(item is not None for item in value.values()) else "{}"
    if isinstance(value, list | tuple):
        return None if any(item is not None for item in value) else "[]"
    raise TypeError(
        f"{path or 'the document'}: a header holds text, numbers, booleans, lists and mappings, "
        f"not {type(value).__name__}"
    )


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{path or 'the document'}: the key {key!r} is not text")
    name = _string(key, f"{path}.{key}" if path else key)
    if len(name) > _KEY_LIMIT:
        raise ValueError(f"{path or 'the document'}: a key has more than {_KEY_LIMIT} characters")
    return name


def _string(value: str, path: str) -> str:
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return str.__str__(value)  # an enumeration member is written as its value
    if _SURROGATE.search(value):
        raise ValueError(f"{path}: holds half of a surrogate pair, which UTF-8 cannot carry")
    return f'"{_ESCAPED.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    short = _SHORT.get(character)
    if short is not None:
        return short
    code = ord(character)
    # never a pair of \u escapes as in JSON: PyYAML reads those as two lone surrogates
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _float(value: float, path: str) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{path}: {value!r} is not a finite number")
    text = float.__repr__(value)
    mantissa, exponent, rest = text.partition("e")
    if exponent and "." not in mantissa:
        mantissa += ".0"  # YAML 1.1 reads 1e-07 as text, 1.0e-07 as a number
    return mantissa + exponent + rest
