"""Serving scenarios: what a request looks like, and the name readers know it by.

Shared by the importers of load generators.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from cardgen.imports.imported import Findings
from cardgen.imports.node import Node, shown
from cardgen.imports.options import ImportOptions, missing
from cardgen.imports.redaction import redacted
from cardgen.records import Engine, Hardware, Scenario

NAMES = {
    (512, 256): "chat",
    (1024, 128): "rag",
    (256, 128): "instruction",
    (256, 1024): "code_completion",
    (1024, 1024): "code_fixing",
    (768, 128): "docstring",
    (4096, 512): "summarization",
    (10240, 1536): "long_rag",
}
"""Prompt and output tokens -> the name that published quantized models use for them."""

USUAL_ENGINE = "vllm"
PROTOCOLS = frozenset({"vllm", "openai", "openai_http", "http", "custom", ""})
"""Backends that say how the requests are put, and nothing of what answers them."""
_SPOKEN = re.compile(
    r"-(chat|comp|completions?|chat-completions|audio|embeddings?(-\w+)?|pooling|rerank|oai|native)$"
)
"""What a backend's name has behind the engine's: the kind of request."""

_PAIR = re.compile(r"\s*['\"{]*\s*(\w+)\s*['\"]?\s*[=:]\s*['\"]?(\d{1,9})\b")


@dataclass(frozen=True, slots=True)
class Request:
    """The shape of a request as far as a file records it."""

    prompt_tokens: int | None = None
    output_tokens: int | None = None
    images: int | None = None
    width: int | None = None
    height: int | None = None

    def name(self) -> str | None:
        """The scenario's usual name, or its numbers; None where they are not known."""
        if self.prompt_tokens is None or self.output_tokens is None:
            return None
        tokens = (self.prompt_tokens, self.output_tokens)
        if self.width is not None and self.height is not None:
            return f"{tokens[0]}x{tokens[1]}-tokens-{self.width}x{self.height}-pixels"
        if self.images:
            return None
        return NAMES.get(tokens, f"{tokens[0]}x{tokens[1]}-tokens")


def scenario(root: Node, request: Request, options: ImportOptions) -> Scenario:
    """The scenario under the user's name, or else under its usual one."""
    name = options.scenario or request.name()
    if name is None:
        raise missing(root.place, "a name for the scenario (prompt and output tokens)", "scenario")
    with root.recording():
        return Scenario(
            name=name,
            prompt_tokens=request.prompt_tokens,
            output_tokens=request.output_tokens,
            images=request.images,
            image_width=request.width,
            image_height=request.height,
        )


def hardware(root: Node, options: ImportOptions, findings: Findings) -> Hardware:
    """The accelerators, which no load generator can see; one, with a note, unless counted."""
    if options.hardware is None:
        raise missing(
            root.place, "the accelerator that served the model", "hardware", "hardware_count"
        )
    with root.recording():
        found = Hardware(name=options.hardware, count=options.hardware_count or 1)
    if options.hardware_count is None:
        findings.note("hardware count not given: taken as 1")
    return found


def engine(
    root: Node, options: ImportOptions, findings: Findings, *, stated: Node | None = None
) -> Engine:
    """The serving engine: the user's, else the one that `stated` names, else vllm, which a note
    calls an assumption. `stated` may name no more than the protocol that was spoken."""
    name = options.engine
    if name is None and stated is not None:
        name = _engine_of(stated.text())
    if name is None:
        asked = f" (the backend {shown(stated.value)} is how it was asked)" if stated else ""
        findings.note(f"engine not given: taken as {USUAL_ENGINE}{asked}")
    with root.recording():
        return Engine(name=name or USUAL_ENGINE, version=options.engine_version)


def _engine_of(backend: str) -> str | None:
    """The engine that a load generator's backend is for; None for a protocol that many speak.

    `vllm` is such a one: it is the usual backend of vLLM's own benchmark, whatever answers.
    """
    name = redacted(backend.strip().lower())
    name = _SPOKEN.sub("", name)
    return None if name in PROTOCOLS else name


def request_of(data: Node | None) -> Request:
    """What a data specification says of a request.

    It may be an object, the text of one, `prompt_tokens=512,output_tokens=256`, or a list of
    these; a dataset's name says nothing.
    """
    if data is None:
        return Request()
    if isinstance(data.value, list):
        parts = [request_of(part) for part in data.elements()]
        return Request(
            *(
                next((value for part in parts if (value := getattr(part, name)) is not None), None)
                for name in Request.__slots__
            )
        )
    values: dict[str, object] = {}
    if isinstance(data.value, dict):
        values = data.value
    elif isinstance(data.value, str):
        values = _parsed(data.value)
    width, height = _whole(values, "width"), _whole(values, "height")
    pictured = values.get("kind") == "synthetic_image" or None not in (width, height)
    images = (_whole(values, "images_per_request") or 1) if pictured else None
    return Request(
        _whole(values, "prompt_tokens", least=0),
        _whole(values, "output_tokens", least=0),
        images,
        width if height is not None else None,
        height if width is not None else None,
    )


def _whole(values: dict[str, object], key: str, *, least: int = 1) -> int | None:
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        return None
    return value


def _parsed(text: str) -> dict[str, object]:
    if len(text) > 10_000:
        return {}
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return {key: int(value) for key, value in _PAIR.findall(text)}
    return parsed if isinstance(parsed, dict) else {}
