"""The conditions of the record kind `quantization`.

How the weights were changed is what the record says, not a condition of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from cardgen.conditions import provenance
from cardgen.conditions.condition import Listed, Pair
from cardgen.store.runs import Stored

ENGINES = ("llmcompressor", "torch", "transformers")


def _software(stored: Stored) -> Iterator[Pair]:
    return provenance.packages(stored, *ENGINES, roles=("quantize",))


CONDITIONS: tuple[Listed, ...] = (
    Listed("the tool", "answer", "cell", provenance.tool),
    Listed("the tool's version", "answer", "section", provenance.tool_version),
    Listed("GPU or CPU, driver, CUDA, power limit", "answer", "section", provenance.machine),
    Listed("llm-compressor, torch, transformers", "answer", "section", _software),
)
