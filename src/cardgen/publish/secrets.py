"""What must not be published by mistake: tokens, private paths, e-mail addresses, with their place.

Over-careful on purpose; each finding has a name of its own, by which it can be allowed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from cardgen.errors import PublishError
from cardgen.imports import redaction
from cardgen.store.places import at

PRIVATE = re.compile(
    r"(?<![\w.~:/-])(?:/home|/Users|/root|/mnt|/nfs|/scratch|/lustre|/gpfs|/private/var)"
    r"/[\w.@~+-]+(?:/[\w.@~+-]+)*"
    r"|\bfile://[^\s\"'<>)]+"
    r"|\b[A-Za-z]:\\+Users\\+[^\s\"'<>|]+"
)
ADDRESS = re.compile(
    r"(?<![\w.+/-])[A-Za-z0-9](?:[\w.+-]{0,62}[A-Za-z0-9])?@"
    r"(?!(?:[\w-]+\.)*example\.(?:org|com|net)\b)"
    r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}\b"
)
NOBODY = ("git@", "noreply@", "no-reply@")
SHOWN = 20


class Finding(NamedTuple):
    """Something that looks private: where, what, and the name that allows it.

    `shown` is what it says; empty for a token, which is never shown.
    """

    place: str
    kind: str
    name: str
    shown: str


def findings(path: str, text: str) -> Iterator[Finding]:
    """What looks private in a text, in order of kind."""
    hidden: list[tuple[int, int]] = []
    for match in redaction.secrets(text):
        group = "value" if match.re.groupindex and match["value"] else 0
        hidden.append(match.span(group))
        yield _finding(path, text, "token", match.start(group), str(match[group]), hide=True)
    for kind, pattern in (("path", PRIVATE), ("address", ADDRESS)):
        for match in pattern.finditer(text):
            start, end = match.span()
            # What holds a token is not shown as a path or an address either.
            if any(low < end and start < high for low, high in hidden):
                continue
            if not match[0].lower().startswith(NOBODY):
                yield _finding(path, text, kind, start, match[0], hide=False)


def _finding(path: str, text: str, kind: str, start: int, found: str, *, hide: bool) -> Finding:
    line, column = at(text, start)
    name = f"{kind}-{hashlib.sha256(found.encode()).hexdigest()[:8]}"
    return Finding(f"{path}:{line}:{column}", kind, name, "" if hide else found)


def refuse(texts: Mapping[str, str], allowed: Collection[str]) -> None:
    """Raise PublishError with every finding that is not allowed, each with its place."""
    found = [
        finding
        for path, text in texts.items()
        for finding in findings(path, text)
        if finding.name not in allowed
    ]
    if not found:
        return
    names = list(dict.fromkeys(finding.name for finding in found))
    raise PublishError(
        found[0].place,
        expected="a card without tokens, private paths and e-mail addresses",
        found=", ".join(_told(found[:SHOWN]))
        + (f", and {len(found) - SHOWN} more" if len(found) > SHOWN else ""),
        next_step="take it out of card.yaml, the prose or the records, and build again; or allow"
        f" what may be public: {' '.join(f'--allow {name}' for name in names[:SHOWN])}",
    )


def _told(found: Iterable[Finding]) -> Iterator[str]:
    words = {"token": "a token", "path": "the path", "address": "the address"}
    for finding in found:
        shown = f" {finding.shown}" if finding.shown else ""
        yield f"{words[finding.kind]}{shown} at {finding.place} ({finding.name})"
