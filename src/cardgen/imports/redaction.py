"""Secrets and private names taken out of text before it reaches a record.

Over-careful on purpose: a redacted harmless word is a nuisance, a published token is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

REDACTED = "<redacted>"

_HARMLESS = r"(?:bos|eos|pad|unk|sep|cls|mask|eot|image|video|audio|vision|start|end|stop|special)"
_SECRET_NAME = (
    rf"(?!{_HARMLESS}[_-]?token)(?:[A-Za-z0-9]+[_-])*"
    r"(?:api[_-]?key|apikey|access[_-]?key|secret[_-]?key|private[_-]?key|token|secret|password|"
    r"passwd|pwd|credentials?|authorization|cookie)"
)
_NAMED = re.compile(
    rf"(?<![A-Za-z0-9_-])(?:(?P<flag>--?{_SECRET_NAME})(?P<gap>\s+(?=[^-\s])|\s*=\s*)"
    rf"|(?P<name>-{{0,2}}{_SECRET_NAME})(?P<between>[\"']?\s*[=:]\s*))"
    r"(?P<value>\"[^\"]*\"|'[^']*'|(?:(?:Bearer|Basic)\s+)?[^\s,;&\"'}\]]+)",
    re.IGNORECASE,
)
_NAME = re.compile(_SECRET_NAME, re.IGNORECASE)
_SHAPES = re.compile(
    r"hf_[A-Za-z0-9]{6,}"
    r"|(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{6,}"
    r"|gh[opsur]_[A-Za-z0-9]{16,}"
    r"|github_pat_[A-Za-z0-9_]{16,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}"
    r"|nvapi-[A-Za-z0-9_-]{10,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|AIza[A-Za-z0-9_-]{30,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    r"|(?<=Bearer )\S+",
)
_ACCOUNT = re.compile(r"(?<=://)[^/\s@]+@")
_HOST = re.compile(r"(?<=://)(?!localhost\b|127\.0\.0\.1\b|0\.0\.0\.0\b|<)[^/\s:,\"']+")
_HOME = re.compile(r"(?:/home|/Users)/[^/\s,\"']+|(?<![\w/])/root(?=/|$)")

_STANDS_FOR_NONE = re.compile(
    r"[\"']?(?:|EMPTY|None|null|true|false|\d{1,6}|x+|\*+|\.{3}|…|(?:your|my)[A-Za-z_-]*"
    r"|[<$%{\[(].*|[A-Za-z_.]+\(.*|os\.environ.*)[\"']?",
    re.IGNORECASE | re.DOTALL,
)


def redacted(text: str) -> str:
    """`text` without secrets, without the hosts of addresses and without home folders."""
    text = _NAMED.sub(_named, text)
    text = _SHAPES.sub(REDACTED, text)
    text = _ACCOUNT.sub("", text)
    text = _HOST.sub("<host>", text)
    return _HOME.sub("~", text)


def _named(match: re.Match[str]) -> str:
    if match["flag"] is not None:
        return f"{match['flag']}{match['gap']}{REDACTED}"
    return f"{match['name']}{match['between']}{REDACTED}"


def without_tokens(text: str) -> str:
    """`text` with what has the shape of a token, or the name of a secret before it, taken out.

    Hosts and paths stay: for messages and diffs, which nobody publishes.
    """
    return _ACCOUNT.sub("", _SHAPES.sub(REDACTED, _NAMED.sub(_named, text)))


def secrets(text: str) -> Iterator[re.Match[str]]:
    """Where the text holds a token: by its shape, or as the value after a secret's name.

    The group `value` is the token where a name gave it away; else the whole match is. A value that
    stands for none (`EMPTY`, `<token>`, `$TOKEN`) is passed over.
    """
    shaped = list(_SHAPES.finditer(text))
    yield from shaped
    spans = [match.span() for match in shaped]
    for match in _NAMED.finditer(text):
        start, end = match.span("value")
        covered = any(low < end and start < high for low, high in spans)
        if not covered and not _STANDS_FOR_NONE.fullmatch(match["value"]):
            yield match


def without_secrets(text: str, mark: str = REDACTED) -> str:
    """`text` with `mark` in the place of everything that `secrets` finds."""
    for match in sorted(secrets(text), key=lambda found: found.start(), reverse=True):
        start, end = match.span("value" if match.re.groupindex and match["value"] else 0)
        text = text[:start] + mark + text[end:]
    return text


def is_secret_name(name: str) -> bool:
    """Whether a setting of this name holds a secret, whatever its value looks like."""
    return _NAME.fullmatch(name) is not None


def redacted_value(value: object, *, name: str = "") -> object:
    """A JSON value with every text in it redacted; secrets also by the name of their key."""
    if name and is_secret_name(name) and value not in (None, "", False, True):
        return REDACTED
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {str(key): redacted_value(item, name=str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [redacted_value(item) for item in value]
    return value
