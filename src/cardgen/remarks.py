"""What records say in words, for the reader's language: reasons and notes of cardgen's own.

A record keeps English sentences. Those that cardgen's importers and collectors write are known
here, so a card in another language says them too; what another tool said stays as it was.
"""

from __future__ import annotations

import re
from dataclasses import replace
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
    Message(
        "Loaded with %(engine)s %(version)s: of the base model's %(tokens)s answer tokens to"
        " %(questions)s questions, the quantized model ranks %(first)s first. At least %(share)s"
        " are expected of a model that was read rightly; answers: %(place)s"
    ),
    Message("%(engine)s: the base model answered none of %(questions)s questions"),
    Message(
        "%(place)s: ignore names layers that transformers %(version)s does not have: %(names)s"
    ),
    Message(
        "%(place)s: %(lost)s names in ignore say no layer that transformers %(version)s has"
        " (%(names)s), and neither the plan's patterns nor longer names say those layers: give"
        " `ignore` patterns such as re:.*visual.*"
    ),
    Message(
        "%(place)s holds files that no quantization job made: move them away, or name another"
        " folder in measure.models"
    ),
)
"""Why there is no value."""

WARNED: Final = Message("GuideLLM warned: %(warning)s")
"""What a load generator said against its own numbers."""

NOTES: Final = (
    Message(
        "Loaded with %(engine)s %(version)s: of the base model's %(tokens)s answer tokens to"
        " %(questions)s questions, the quantized model ranks %(first)s first."
    ),
    Message("Not loaded with vLLM: this job has no interpreter that has it."),
    Message("What the failed job wrote is in %(place)s: it is no model."),
    Message(
        "llm-compressor saved %(count)s layers to ignore; %(lost)s of the names say no layer that"
        " transformers %(version)s has (%(name)s…), which would take 16-bit layers for quantized"
        " ones. config.json was mended: ignore is now %(names)s."
    ),
    Message("%(task)s: some questions have no score."),
    Message("%(task)s: some answers were empty; they count as wrong."),
    Message("A partial run: limit %(limit)s."),
    Message("%(task)s: nothing says which way %(metric)s is better, left out."),
    WARNED,
    Message("%(quantity)s: covers %(count)s requests, %(successful)s were successful."),
    Message("%(quantity)s: reported as zero over %(count)s values, taken as unmeasured."),
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
    Message("FLOPs: no formula is known for this model; the count stands unchecked"),
    Message("FLOPs of %(setting)s: %(reason)s"),
)
"""What a collector found worth saying about its run."""

ASSUMPTIONS: Final = (
    Message("engine not given: taken as %(engine)s (the backend %(backend)s is how it was asked)"),
    Message("engine not given: taken as %(engine)s"),
    Message("hardware count not given: taken as %(count)s"),
)
"""What an importer took for granted because neither its file nor its flags said it."""

PARTS: Final = (
    Message("the names that the loaded model has"),
    Message("%(name)s, batch %(batch)s, %(size)s px, %(length)s tokens"),
    Message("%(name)s, batch %(batch)s, %(size)s px"),
    Message("%(name)s, batch %(batch)s, %(length)s tokens"),
    Message("%(name)s, batch %(batch)s"),
)
"""What stands inside notes, as reasons do."""

PLACE: Final = re.compile(r"%\((\w+)\)s")


def said(text: str) -> Words:
    """The text as a message where it is one of cardgen's own, its parts too; else as it is."""
    found = _known(text, (*REASONS, *NOTES, *ASSUMPTIONS, *PARTS))
    if isinstance(found, str):
        return found
    values = {name: _known(str(value), (*REASONS, *PARTS)) for name, value in found.values.items()}
    return replace(found, values=values)


def is_assumption(note: str) -> bool:
    """Whether a note says what was taken for granted."""
    return isinstance(_known(note, ASSUMPTIONS), Message)


def is_warning(note: str) -> bool:
    """Whether a note says what a tool warned of."""
    return isinstance(_known(note, (WARNED,)), Message)


def _known(text: str, messages: tuple[Message, ...]) -> Words:
    """The text as the first of the messages that it can be, else as it is."""
    if "\n" in text:
        return text
    for message in messages:
        values = _values(text, message.text)
        if values is not None:
            return replace(message, values=values)
    return text


def _values(text: str, template: str) -> dict[str, str] | None:
    """What stands in the template's places, each as short as can be but the last one; None where
    the text is another. Goes through the text once: whoever wrote it, it takes no time."""
    first, *rest = PLACE.split(template)
    if not rest:
        return {} if text == template else None
    if not text.startswith(first):
        return None
    at = len(first)
    values: dict[str, str] = {}
    for name, after in zip(rest[::2], rest[1::2], strict=True):
        last = len(values) == len(rest) // 2 - 1
        end = len(text) - len(after) if last else text.find(after, at + 1)
        if end <= at or not text.startswith(after, end):
            return None
        values[name] = text[at:end]
        at = end + len(after)
    return values
