"""Per-sample results beside a run: gzip-compressed JSON Lines, one object a sample.

Keys: `id` (what makes it the same question for two models), `score` (a number or true/false), and
where they were kept `answer` and `expected`.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Iterable, Mapping

from cardgen.errors import RecordError

UNPACKED_LIMIT_BYTES = 512 * 1024 * 1024


def dump(rows: Iterable[Mapping[str, object]]) -> tuple[bytes, int]:
    """The rows as a file's bytes, and how many there are; the same rows give the same bytes."""
    lines = [
        json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
        for row in rows
    ]
    return gzip.compress("".join(lines).encode(), compresslevel=9, mtime=0), len(lines)


def scores(data: bytes, place: str) -> dict[str, float]:
    """Each sample's score by its id; a RecordError says what is wrong with the file."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, UNPACKED_LIMIT_BYTES)
    except zlib.error as problem:
        raise _refused(place, "a whole gzip file", str(problem)) from problem
    if unpacker.unconsumed_tail:
        raise _refused(place, f"at most {UNPACKED_LIMIT_BYTES // 2**20} MiB unpacked", "more")
    if not unpacker.eof:
        raise _refused(place, "a whole gzip file", "one that breaks off")
    found: dict[str, float] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        where = f"{place}: line {number}"
        try:
            row = json.loads(line)
            name, score = row["id"], row["score"]
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            raise _refused(where, "an object with `id` and `score`", _shown(line)) from problem
        if not isinstance(score, int | float) or not math.isfinite(score):
            raise _refused(where, "a finite number as `score`", repr(score)[:80])
        key = str(name)
        if key in found:
            raise _refused(where, "each `id` once", repr(key[:80]))
        found[key] = float(score)
    return found


def _shown(line: bytes) -> str:
    return repr(line[:80].decode("utf-8", "replace"))


def _refused(place: str, expected: str, found: str) -> RecordError:
    step = "restore the file from version control, or measure again with `--force`"
    return RecordError(place, expected=expected, found=found, next_step=step)
