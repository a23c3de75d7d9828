"""Old run files to the current format: one pure function a version, applied in order.

A function takes the parsed JSON of its version and returns that of the next. Frozen samples of
every version stand under `tests/records/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cardgen.errors import RecordError
from cardgen.records import FORMAT

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

UPGRADES: Mapping[int, Upgrade] = {}
"""Version -> function to the next version. Empty while `FORMAT` is the first version."""


def upgrade(
    data: dict[str, Any],
    place: str,
    *,
    current: int = FORMAT,
    upgrades: Mapping[int, Upgrade] = UPGRADES,
) -> dict[str, Any]:
    """The run in the current format; a newer or unknown format is refused by name."""
    version = data.get("format")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise RecordError(
            place,
            expected=f"a run file: `format` is a whole number, at most {current}",
            found="nothing" if version is None else repr(version)[:80],
            next_step="make the run with `cardgen import`",
        )
    if version > current:
        raise RecordError(
            place,
            expected=f"format {current} or older",
            found=f"format {version}, written by a newer cardgen",
            next_step="upgrade cardgen",
        )
    while version < current:
        try:
            data = {**upgrades[version](data), "format": version + 1}
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
            raise RecordError(
                place,
                expected=f"a whole run of format {version}",
                found=f"one that cannot be upgraded: {type(problem).__name__} {problem}",
                next_step="restore the file from version control, or make the run again",
            ) from problem
        version += 1
    return data
