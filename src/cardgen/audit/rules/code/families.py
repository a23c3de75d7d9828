"""What a family of models needs: its prompt template, and an engine that knows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cardgen.audit.commands import LARGEST, MOST, place
from cardgen.audit.findings import Finding
from cardgen.audit.naming import family
from cardgen.audit.rules.misstatement import misstatement
from cardgen.audit.subject import Subject

TEMPLATES: tuple[tuple[str, re.Pattern[str], frozenset[str]], ...] = (
    (
        "Phi-3",
        re.compile(r"<\|(?:user|assistant)\|>\\?n?.{0,200}<\|end\|>|<\|image_1\|>"),
        frozenset({"phi"}),
    ),
    (
        "ChatML",
        re.compile(r"<\|im_start\|>"),
        frozenset(
            {
                "qwen",
                "yi",
                "internlm",
                "internvl",
                "smollm",
                "hermes",
                "deepseek",
                "minicpm",
                "dolphin",
                "kimi",
                "llava",
                "exaone",
                "phi",
                "nemotron",
                "nous",
                "olmo",
                "openhermes",
                "stablelm",
                "mpt",
                "orca",
                "lfm",
                "xiaomi",
                "mimo",
                "qwq",
                "smolvlm",
                "intern",
                "tulu",
            }
        ),
    ),
    (
        "Llama 3",
        re.compile(r"<\|start_header_id\|>"),
        frozenset({"llama", "nemotron", "deepseek", "hermes", "tulu", "sauerkrautlm", "llava"}),
    ),
    (
        "Gemma",
        re.compile(r"<start_of_turn>"),
        frozenset({"gemma", "paligemma", "medgemma", "shieldgemma", "codegemma"}),
    ),
)


def prompt_templates(subject: Subject) -> Iterator[Finding]:
    """A prompt template of another model family than the card's. Only families with a known
    template.
    """
    name = subject.base or subject.own
    if name is None:
        return
    own = family(name.base)
    known = frozenset().union(*(families for _, _, families in TEMPLATES))
    if own not in known:
        return
    for fence in subject.document.fences[:MOST]:
        for template, pattern, families in TEMPLATES:
            match = pattern.search(fence.text[:LARGEST])
            if match is None or own in families:
                continue
            line, column = place(fence, fence.text, match.start())
            yield Finding(
                "prompt-template",
                "text-vs-metadata",
                "warning",
                line,
                column,
                match[0][:40],
                f"the template of {name.name}",
                f"the prompt is written in the template of {template}",
            )
            break


ENGINE = re.compile(
    r"\bvLLM\b(?:\s+version)?\s*(?:>=|≥|==|version|v)\s*v?(\d+\.\d+(?:\.\d+)?)", re.I
)
SUPPORT: tuple[tuple[re.Pattern[str], tuple[int, ...], str], ...] = tuple(
    (re.compile(pattern, re.I), version, name)
    for pattern, version, name in (
        (r"qwen2\.5-vl|qwen2-5-vl", (0, 7, 2), "Qwen2.5-VL"),
        (r"qwen2-vl", (0, 6, 1), "Qwen2-VL"),
        (r"^(?:qwen-)?qwen3-(?!vl|next|omni|embedding|reranker|5)", (0, 8, 4), "Qwen3"),
        (r"gemma-2-", (0, 5, 1), "Gemma 2"),
        (r"gemma-3-", (0, 8, 0), "Gemma 3"),
        (r"llama-4-", (0, 8, 3), "Llama 4"),
        (r"pixtral", (0, 6, 1), "Pixtral"),
        (r"gpt-oss", (0, 10, 0), "gpt-oss"),
    )
)
"""The first vLLM that serves a family, from the release notes of vLLM."""


def engine_versions(subject: Subject) -> Iterator[Finding]:
    """A version of vLLM, said to serve the model, that is older than its support of the family.

    Source: vLLM's release notes, for the few families listed. Cannot know: what is not listed.
    """
    name = subject.base or subject.own
    if name is None:
        return
    needed = next(((v, n) for pattern, v, n in SUPPORT if pattern.search(name.base)), None)
    if needed is None:
        return
    for sentence in subject.document.sentences[:600]:
        for match in ENGINE.finditer(sentence.text):
            parts = tuple(int(part) for part in match[1].split("."))
            if parts >= needed[0] or not re.search(
                r"ready|support|require|serve|compatible|inference", sentence.text, re.I
            ):
                continue
            least = ".".join(map(str, needed[0]))
            yield misstatement(
                "engine-version",
                "warning",
                sentence,
                match.start(),
                match[0],
                f">= {least}",
                f"vLLM serves {needed[1]} from {least} on",
            )
