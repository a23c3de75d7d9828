"""What records say in words, for the reader's language: reasons and notes of cardgen's own.

A record keeps English sentences. Those that cardgen's importers and collectors write are known
here, so a card in another language says them too; what another tool said stays as it was.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Final

from cardgen.language import Message, Words

REASONS: Final = (
    Message("the result file holds null"),
    Message("the report has no latency for this target"),
    Message("the report has no energy for this target"),
    Message("not asked for"),
    Message("the metric is no finite number"),
    Message("no RAPL counter on this machine (usual in virtual machines)"),
    Message("the RAPL counters may only be read by root"),
    Message("NVML counts no energy of a MIG slice"),
    Message("torch sees no CUDA device"),
    Message("Flash Attention 2 needs a CUDA device"),
    Message("Flash Attention 2 is not installed (package flash-attn)"),
    Message("torch.compile needs a C++ compiler, and none is on the PATH"),
    Message("the count is %(ratio)s times the formula's; more than %(limit)s apart"),
)
"""Why there is no value."""

NOTES: Final = (
    Message(
        "Loaded with %(engine)s %(version)s: of the base model's %(tokens)s answer tokens to"
        " %(questions)s questions, the quantized model ranks %(first)s first."
    ),
    Message("Not loaded with vLLM: this job has no interpreter that has it."),
    Message(
        "llm-compressor saved %(count)s layers to ignore; %(lost)s of the names say no layer that"
        " transformers %(version)s has (%(name)s…), which would take 16-bit layers for quantized"
        " ones. config.json was mended: ignore is now %(names)s."
    ),
    Message("the names that the loaded model has"),
    Message("%(task)s: some questions have no score."),
    Message("%(task)s: some answers were empty; they count as wrong."),
    Message("GuideLLM warned: %(warning)s."),
    Message("GuideLLM hung at a window's end and was run again."),
    Message("%(scenario)s: the prefix cache answered part of the prompts."),
    Message("%(scenario)s: vLLM put requests back for want of cache memory."),
    Message(
        "%(scenario)s: the sweep ended at %(streams)s streams before the engine was saturated:"
        " more streams may bring more."
    ),
    Message("%(scenario)s: the sweep broke off at %(streams)s streams: %(reason)s"),
    Message(
        "%(setting)s: %(changed)s of %(samples)s answers differ from those of the first"
        " optimization"
    ),
    Message("%(name)s, batch %(batch)s, %(size)s px, %(length)s tokens"),
    Message("%(name)s, batch %(batch)s, %(size)s px"),
    Message("%(name)s, batch %(batch)s, %(length)s tokens"),
    Message("%(name)s, batch %(batch)s"),
    Message("FLOPs: no formula is known for this model; the count stands unchecked"),
    Message("FLOPs of %(setting)s: %(reason)s"),
)
"""What a collector found worth saying about its run; the settings are parts of such notes."""

PLACE: Final = re.compile(r"%\((\w+)\)s")


def said(text: str) -> Words:
    """The text as a message where it is one of cardgen's own, its parts too; else as it is."""
    for pattern, message in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            values = {name: said(value) for name, value in found.groupdict().items()}
            return replace(message, values=values)
    return text


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Message], ...]:
    return tuple((_pattern(message.text), message) for message in (*REASONS, *NOTES))


def _pattern(text: str) -> re.Pattern[str]:
    """The template as an expression; every second part of it is a place's name."""
    parts = PLACE.split(text)
    return re.compile(
        "".join(
            f"(?P<{part}>.+?)" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
    )
