"""Secrets and private names taken out of text before it reaches a record.

Over-careful on purpose: a redacted harmless word is a nuisance, a published token is not.
"""

from __future__ import annotations

import re

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
