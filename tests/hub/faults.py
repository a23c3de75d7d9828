"""What the test Hub can do wrong, on purpose: one request, some requests, or a share of them."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Fault:
    """Something that happens to the next `times` requests whose method and path fit.

    `status` answers so, without doing anything; `hang_s` says nothing for so long and then drops
    the connection; `drop` closes it at once; `lost` does what was asked and then closes it
    without an answer; `before` is called first (to move a branch, say).
    """

    path: str = ""
    method: str = ""
    times: int = 1
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    hang_s: float | None = None
    drop: bool = False
    lost: bool = False
    before: Callable[[], object] | None = None
    skip: int = 0

    def fits(self, method: str, path: str) -> bool:
        """Whether the request is one of those meant."""
        return method.startswith(self.method) and re.search(self.path, path) is not None

    @property
    def body(self) -> bytes:
        """What the answer says."""
        return json.dumps({"error": self.error} if self.error else {}).encode()


KINDS: Sequence[Callable[[], Fault]] = (
    lambda: Fault(status=503, error="service unavailable"),
    lambda: Fault(status=429, error="slow down", headers={"Retry-After": "0"}),
    lambda: Fault(status=500, error="internal error"),
    lambda: Fault(drop=True),
    lambda: Fault(lost=True),
    lambda: Fault(hang_s=1.5),
)


class Faults:
    """The faults that wait to happen; safe to ask from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._random: random.Random | None = None
        self._rate = 0.0

    def add(self, fault: Fault) -> None:
        """Let it happen to the next request that fits."""
        with self._lock:
            self._waiting.append(fault)

    def at_random(self, rate: float, seed: int) -> None:
        """Let a share of all requests fail in one of the ways there are; 0 ends it."""
        with self._lock:
            self._random, self._rate = random.Random(seed), rate

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._waiting.clear()
            self._rate = 0.0

    def next(self, method: str, path: str) -> Fault | None:
        """The fault that happens to this request, if any."""
        with self._lock:
            for fault in self._waiting:
                if fault.fits(method, path):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
            if self._rate and self._random is not None and self._random.random() < self._rate:
                return self._random.choice(KINDS)()
        return None
