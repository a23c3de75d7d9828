"""What a file is by its first bytes, where it is not the JSON, YAML or safetensors it should be.

Owns formats: a Git LFS pointer, an archive, a web page, a table. Whose file it is is told by
`foreign`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

HEAD_BYTES = 2**16
"""How much of a file is looked at."""
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
GIVE_JSON = "give the JSON file that the tool writes"
BY_HAND = "write the record by hand: docs/records.md says how, `cardgen schema run` lists the keys"


class Content(NamedTuple):
    """What a file is instead, and what to do about it."""

    found: str
    next_step: str


LFS = Content("a Git LFS pointer, not the file itself", "fetch the file: `git lfs pull`")


def head(path: Path) -> bytes:
    """The file's first bytes; none of what is no file or cannot be read."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except (OSError, ValueError):
        return b""


def is_lfs_pointer(start: bytes) -> bool:
    """Whether Git LFS left its pointer in the file's place."""
    return start.startswith(LFS_POINTER)


def described(start: bytes) -> Content | None:
    """What begins so and is not JSON; None for what may be JSON, or nothing that is known."""
    if is_lfs_pointer(start):
        return LFS
    for magic, found, next_step in _BINARY:
        if start.startswith(magic):
            return Content(found, next_step)
    text = start.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text or text[0] in '{["':
        return None
    for pattern, found, next_step in _TEXTS:
        if pattern.match(text):
            return Content(found, next_step)
    return None


_UNPACK = f"unpack it, then {GIVE_JSON} inside"
_BINARY = (
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"PK\x03\x04", "a zip archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"PAR1", "a Parquet table", GIVE_JSON),
    (b"ARROW1", "an Arrow table", GIVE_JSON),
    (b"SQLite format 3\x00", "a SQLite database", GIVE_JSON),
    (b"%PDF-", "a PDF document", GIVE_JSON),
    (b"GGUF", "a GGUF model", BY_HAND),
    (b"\xff\xfe", "UTF-16 text", "save it as UTF-8, as PowerShell's `-Encoding utf8` does"),
    (b"\xfe\xff", "UTF-16 text", "save it as UTF-8"),
)
_TEXTS = (
    (
        re.compile(r"<(!doctype|html|head|body)\b", re.IGNORECASE),
        "a web page (HTML)",
        f"{GIVE_JSON}; from a site, download the raw file",
    ),
    (re.compile(r"<\?xml\b|<\w+[^\n]{0,200}>"), "XML", GIVE_JSON),
    (re.compile(r"\|[^\n]*\|\s*\n\s*\|[ :|-]+\|"), "a Markdown table", GIVE_JSON),
    (
        re.compile(r"---\s|%YAML\b|(#[^\n]*\n\s*)*(- )?[\"']?[\w.-]{1,80}[\"']?:([ \t]|\r?\n)"),
        "YAML",
        GIVE_JSON,
    ),
    (re.compile(r"[^\n,;\t]{0,200}([,;\t][^\n,;\t]{0,200}){2,}\r?\n"), "CSV", GIVE_JSON),
)
