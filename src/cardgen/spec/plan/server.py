"""`server:` of `measure.accuracy` and `measure.serving`: how the vLLM server is started."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from cardgen.records.base import PRINTABLE
from cardgen.spec.base import Positive, Specification

PARALLEL: Final = frozenset({"--tensor-parallel-size", "-tp", "--pipeline-parallel-size", "-pp"})
Argument = Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=PRINTABLE)]


class ServerPlan(Specification):
    """The server's settings; what is left out is the engine's own."""

    max_model_len: Positive | None = Field(None, description="Longest prompt and answer, tokens.")
    eager: Annotated[bool, Field(strict=True)] | None = Field(
        None, description="Without compiling; by default on a CPU, where compiling takes longest."
    )
    kv_cache_gib: Positive = Field(1, description="Memory of the KV cache on a CPU.")
    arguments: tuple[Argument, ...] = Field(
        (), description="Further arguments of vLLM's, as on its command line; they win."
    )
    start_timeout_s: Positive = 900

    @property
    def accelerators(self) -> int:
        """How many accelerators one replica is spread over, as `arguments` say."""
        words = [word for argument in self.arguments for word in argument.split("=", 1)]
        found = 1
        for flag, value in pairwise(words):
            if flag in PARALLEL and value.isdecimal():
                found *= max(1, int(value))
        return found
