"""Windows of load that a run records twice: as one of several loads, and as the largest of them.

Equal values give equal tests, which stand or fall together: for the correction they are one.
"""

from __future__ import annotations

from collections.abc import Hashable

from cardgen.diff.series import Series, Subject
from cardgen.records import ServingMeasurement

SEVERAL = ("multi-stream", "concurrent", "constant-rate")
"""The modes that one window may be recorded under."""
ROLE = frozenset({"mode", "load", "saturated"})
"""What tells the two records of a window apart: all else that they hold is the same."""


def test_of(subject: Subject, old: Series, new: Series, known: dict[int, str]) -> Hashable:
    """The same for two comparisons of one window of load, another for any two others.

    `known` keeps what a measurement holds for all of its metrics.
    """
    windows = [
        (stored.file, _window(stored.measurement, known))
        for one in (old, new)
        for value in one.values
        for leaf in value.leaves()
        if (stored := leaf.stored) is not None
        and isinstance(stored.measurement, ServingMeasurement)
        and stored.measurement.mode in SEVERAL
        and stored.run.provenance.origin != "transcribed"  # A few digits may agree by chance.
    ]
    if len(windows) < len(old.values) + len(new.values):
        return subject
    return (subject.identity.model, subject.quantity, tuple(windows))


def _window(measurement: ServingMeasurement, known: dict[int, str]) -> str:
    if id(measurement) not in known:
        known[id(measurement)] = measurement.model_dump_json(exclude=set(ROLE))
    return known[id(measurement)]
