"""Many cards, in this process or in several. Owns the processes, and keeps the cards' order."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from cardgen.audit.audited import Audited
from cardgen.audit.auditing import Choice
from cardgen.audit.sources import Source, audit_source

AT_ONCE = 16
"""Cards that a process is handed at a time."""


def audit_all(
    sources: Sequence[Source], choice: Choice, *, jobs: int = 1
) -> Iterator[list[Audited]]:
    """What each source's cards are found to hold, in the order of the sources."""
    work = partial(audit_source, choice=choice)
    if jobs == 1 or len(sources) < 2:
        yield from map(work, sources)
        return
    chunk = max(1, min(AT_ONCE, len(sources) // (4 * jobs)))
    # Processes that start anew know nothing of this one's threads and connections.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(sources)), mp_context=context) as pool:
        yield from pool.map(work, sources, chunksize=chunk)
