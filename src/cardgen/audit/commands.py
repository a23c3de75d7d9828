"""What the code and commands of a card name: models, tasks, settings, with their places.

Owns reading shell commands and Python in code blocks by their flags and assignments; nothing is
run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from cardgen.published import Document, Fence

Context = Literal["creation", "use", "evaluation"]

VALUE = r"[\"']?(?P<name>[A-Za-z0-9~.$<{_][^\s\"',;)\\`\]}]{1,200})"
USES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("serve", re.compile(r"\b(?:vllm\s+serve|sglang\s+serve|tgi\s+--model-id)\s+" + VALUE)),
    (
        "flag",
        re.compile(
            r"(?<![\w-])--(?:model|model[_-](?:id|name|path|name[_-]or[_-]path)|repo[_-]id|"
            r"pretrained)(?:\s+|=)" + VALUE
        ),
    ),
    ("pretrained", re.compile(r"\bpretrained\s{0,3}=\s{0,3}" + VALUE)),
    ("model_args", re.compile(r"[\"',\s]model\s{0,3}=\s{0,3}(?=[\"']?[A-Za-z0-9])" + VALUE)),
    (
        "LLM",
        re.compile(
            r"\b(?:LLM|SentenceTransformer|"
            r"pipeline)\(\s{0,200}(?:[\"'][\w-]{1,40}[\"']\s{0,8},\s{0,40})?(?:model\s{0,3}=\s{0,3})?[\"'](?P<name>[^\s\"'{}]*/[^\s\"'{}]{2,200})[\"']"
        ),
    ),
    (
        "assigned",
        re.compile(
            r"(?:^|[\s(,])(?:model_?(?:id|name|stub|path|dir)?|pretrained_model_dir|repo_?id|"
            r"checkpoint)\s{0,3}[=:]\s{0,3}f?[\"'](?P<name>[^\s\"'{}]{2,200})[\"']",
            re.I | re.M,
        ),
    ),
    (
        "from_pretrained",
        re.compile(
            r"(?P<class>\w+)\.from_pretrained\(\s{0,200}[\"'](?P<name>[^\s\"'{}]{2,200})[\"']"
        ),
    ),
    ("hosted", re.compile(r"hosted_vllm/(?P<name>[\w.-]+/[\w.-]+)")),
)
CREATION = re.compile(
    r"\boneshot\b|llmcompressor|\bGPTQModifier|QuantizationModifier|AutoFP8|AutoGPTQForCausalLM|"
    r"\.quantize\(|"
    r"save_quantized|AutoRound\(|\bauto[-_]round\b.{0,200}--bits|BaseQuantizeConfig|hf_ptq|"
    r"quantize_quark|model_free_ptq|mtq\.quantize|"
    r"scripts/train|torchrun|convert_hf_to_gguf|llama-quantize|quantize\.py|GPTQConfig|AwqConfig"
)
CREATION_SECTION = re.compile(
    r"creat|quantiz(?:e|ation)\b|recipe|training|generate the model|conversion|how (?:it|"
    r"this model) was|создани|квантовани",
    re.I,
)
EVALUATION = re.compile(
    r"lm[-_]eval|lighteval|evalplus|eval\.run|evalscope|bfcl|guidellm|vllm bench|"
    r"benchmark_serving|codegen/generate|--tasks"
)
EVALUATION_SECTION = re.compile(
    r"evaluat|accuracy|reproduc|benchmark|performance|results|"
    r"оценк|качеств|воспроизвед|бенчмарк|производительност|результат|замер",
    re.I,
)
PLACEHOLDER = re.compile(r"[<>${}*]|\.\.\.|^(?:\.{0,2}/|~|/|your|path|my[-_]|model$|\w:\\)", re.I)


LARGEST = 60_000
"""Characters of a code block that are looked at: more is data, not a command."""
MOST = 2_000


class Use(NamedTuple):
    """A model that a command or snippet names: how, where, and in what kind of code."""

    name: str
    flag: str
    line: int
    column: int
    fence: int
    context: Context


class Task(NamedTuple):
    """A task that an evaluation command runs, with its few-shot count where it says one."""

    name: str
    shots: int | None
    line: int
    column: int
    alone: bool


def context_of(document: Document, fence: Fence) -> Context:
    """What a code block is for, by what it calls and by the headings above it."""
    path = " / ".join(document.path(fence.section)[-2:])
    if CREATION.search(fence.text):
        return "creation"
    if EVALUATION.search(fence.text):
        return "evaluation"
    if CREATION_SECTION.search(path) and not EVALUATION_SECTION.search(path):
        return "creation"
    return "evaluation" if EVALUATION_SECTION.search(path) else "use"


def uses(document: Document) -> list[Use]:
    """Every model that the code of a card names, in order; placeholders and paths left out."""
    found: list[Use] = []
    for number, fence in enumerate(document.fences[:MOST]):
        if len(found) >= MOST:
            break
        text = fence.text[:LARGEST]
        if fence.language.lower() in ("bibtex",) and "@" in text:
            continue
        context = context_of(document, fence)
        seen: set[int] = set()
        for flag, pattern in USES:
            for match in pattern.finditer(text):
                start = match.start("name")
                name = match["name"].rstrip(".:")
                if start in seen or PLACEHOLDER.search(name) or "://" in name:
                    continue
                line_start = text.rfind("\n", 0, start) + 1
                before = text[line_start:start]
                if re.search(r"#|help\s*=|e\.g\.", before):
                    continue
                if name.startswith("hosted_vllm/"):
                    start += len("hosted_vllm/")
                    name = name.removeprefix("hosted_vllm/")
                    if start in seen:
                        continue
                seen.add(start)
                kind = flag
                if flag == "from_pretrained" and re.search(
                    r"Tokenizer|Processor|FeatureExtractor|Config", match["class"]
                ):
                    kind = "tokenizer"
                if flag == "assigned":
                    kind = match[0].lstrip(" \t\n(,").split("=")[0].split(":")[0].strip().lower()
                line, column = place(fence, text, start)
                found.append(Use(name, kind, line, column, number, context))
    return sorted(found, key=lambda use: (use.line, use.column))


def place(fence: Fence, text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset in a code block."""
    before = text.count("\n", 0, offset)
    return fence.line + before, offset - (text.rfind("\n", 0, offset) + 1) + 1


TASKS = re.compile(r"--tasks(?:\s+|=)([\w,.\-]+)")
SHOTS = re.compile(r"--num[_-]fewshot(?:\s+|=)(\d{1,3})")
NEW_COMMAND = re.compile(r"(?m)^\s{0,12}(?:\$\s)?(?:lm[-_]eval|python3?|accelerate)\b")


def tasks(document: Document) -> Iterator[Task]:
    """The tasks that evaluation commands run."""
    for fence in document.fences[:MOST]:
        text = fence.text[:LARGEST]
        if "--tasks" not in text:
            continue
        starts = [match.start() for match in NEW_COMMAND.finditer(text)] or [0]
        for number, start in enumerate(starts):
            end = starts[number + 1] if number + 1 < len(starts) else len(text)
            named = TASKS.search(text, start, end)
            if named is None:
                continue
            shots = SHOTS.search(text, start, end)
            names = [name for name in named[1].split(",") if name]
            at = shots.start(1) if shots else named.start(1)
            for name in names:
                line, column = place(fence, text, at)
                yield Task(name, int(shots[1]) if shots else None, line, column, len(names) == 1)
