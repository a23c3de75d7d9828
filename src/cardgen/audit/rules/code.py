"""Code and commands: what cannot run as it stands, and what the text says of it otherwise."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections import defaultdict
from collections.abc import Iterator

from cardgen.audit.commands import LARGEST, MOST, place, tasks
from cardgen.audit.findings import Finding, Fix, Input
from cardgen.audit.naming import family
from cardgen.audit.subject import Subject
from cardgen.published import Fence

PYTHON = frozenset({"python", "py", "python3"})
IMPORTS = re.compile(r"(?m)^\s*(?:from [\w.]+ import |import \w)")
ELIDED = re.compile(r"\.{3,}\s*(?:[\])}]|$|#)|…|\[\.\.\.\]|, \.\.\.|\[More ", re.M)
SHELL = re.compile(
    r"(?m)^\s*(?:\$ |> |pip3? |uv |python3? |git |cd |curl |conda |sudo |export \w+=|\d+: )"
)


def python_syntax(subject: Subject) -> Iterator[Finding]:
    """Python that does not parse: an open string, a missing comma or quote.

    Fragments (an entry of a mapping, arguments of a call) are tried as such first. Lines of a
    notebook (! and %) and prompts are left out. Cannot know: pseudo code meant as such.
    """
    for fence in subject.document.fences[:MOST]:
        language = fence.language.split(" ")[0].lower().strip("{}.")
        if language not in PYTHON or len(fence.text) > LARGEST:
            continue
        error = _syntax(fence.text)
        if error is None:
            continue
        line = min(max(error.lineno or 1, 1), fence.text.count("\n") + 1)
        source = fence.text.split("\n")[line - 1]
        if ELIDED.search(fence.text) or SHELL.search(fence.text) or re.search(r"<[\w -]+>", source):
            continue
        if (error.msg or "").startswith(
            ("expected an indented block", "unexpected indent", "unindent")
        ):
            continue
        yield Finding(
            "python-syntax",
            "format",
            "warning",
            fence.line + line - 1,
            max(error.offset or 1, 1),
            source.strip()[:80],
            "code that parses",
            f"Python cannot read this line: {error.msg}",
        )


def _syntax(text: str) -> SyntaxError | None:
    """The first syntax error of a block that is code in no reading."""
    code = textwrap.dedent(text.replace("\t", "    ")).replace("\x00", "")
    code = re.sub(r"(?m)^(\s*)[!%].*$", r"\1pass", code)
    if ">>>" in code:
        return None
    first: SyntaxError | None = None
    for trial in (
        code,
        f"{{\n{code}\n}}",
        f"f(\n{code}\n)",
        f"async def f():\n{textwrap.indent(code, ' ')}",
    ):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(trial)
        except SyntaxError as error:
            if first is None:
                first = error
        except (ValueError, RecursionError, MemoryError, OverflowError):
            return None
        else:
            return None
    return first


FLAG = re.compile(r"(?<![\w-])--([a-z]{2,12}) ([a-z]{2,12}) (\d{1,6})(?=\s+(?:--|\\)|\s*$)", re.M)


def flags(subject: Subject) -> Iterator[Finding]:
    """A flag whose name was torn in two (`--max seconds 120`), or a line without its backslash.

    A word and a number after a flag of one word, where the two words make one flag. Cannot know: a
    flag that takes a word and a number.
    """
    for fence in subject.document.fences[:MOST]:
        text = fence.text[:LARGEST]
        for match in FLAG.finditer(text):
            line, column = place(fence, text, match.start())
            printed = f"--{match[1]} {match[2]}"
            expected = f"--{match[1]}-{match[2]}"
            yield Finding(
                "torn-flag",
                "format",
                "warning",
                line,
                column,
                printed,
                expected,
                f"“{printed} {match[3]}” reads as the flag --{match[1]} with two values; "
                f"{expected} is meant",
                fix=Fix(line, column, printed, expected),
            )
        if "\\\n" in text or "\\ " in text:
            yield from _backslashes(fence, text)


def _backslashes(fence: Fence, text: str) -> Iterator[Finding]:
    lines = text.split("\n")
    within = False
    for index in range(len(lines) - 1):
        line = lines[index].rstrip()
        continued = line.endswith("\\")
        following = lines[index + 1]
        if (
            within
            and not continued
            and re.match(r"\s+--?[A-Za-z]", line)
            and re.match(r"\s+--[A-Za-z]", following)
            and (len(following) - len(following.lstrip())) == (len(line) - len(line.lstrip()))
            and line.count("'") % 2 == 0
            and line.count('"') % 2 == 0
        ):
            yield Finding(
                "missing-backslash",
                "format",
                "warning",
                fence.line + index,
                len(line),
                line.strip()[:80],
                f"{line.strip()} \\"[:82],
                "the command goes on in the next line, but this line does not end in \\",
            )
        within = continued or (within and line == "")


SAMPLES = re.compile(
    r"(?<![\w.])(\d[\d,]{1,6})\s+(?:random |calibration |randomly selected )?(?:sequences|"
    r"samples|examples|instances)\b",
    re.I,
)
CALIBRATED = re.compile(r"calibrat|quantiz|taken from|GPTQ", re.I)
CODE_SAMPLES = re.compile(
    r"(?i)(?<![\w-])(?:num_(?:calibration_)?samples|n_?samples|calib_size|calibration_samples|"
    r"nsample)\s{0,3}[=:]\s{0,3}(\d{1,6})\b|--(?:nsamples?|calib_size|"
    r"num_(?:calibration_)?samples)[ =](\d{1,6})\b|\.select\(range\((\d{1,6})\)\)"
)


def calibration_samples(subject: Subject) -> Iterator[Finding]:
    """The number of calibration samples in the text against the one in the recipe.

    A finding where the recipe gives numbers and none is the text's. Evaluation code is left out.
    """
    counts: dict[int, tuple[int, int]] = {}
    for fence in subject.document.fences[:MOST]:
        if not re.search(r"quantiz|oneshot|GPTQ|AutoFP8|calib", fence.text[:LARGEST], re.I):
            continue
        for match in CODE_SAMPLES.finditer(fence.text[:LARGEST]):
            start = match.start(match.lastindex or 0)
            if int(match[match.lastindex or 0]) >= 10:
                counts.setdefault(int(match[match.lastindex or 0]), place(fence, fence.text, start))
    if not counts:
        return
    for sentence in subject.document.sentences[:600]:
        if not CALIBRATED.search(sentence.text):
            continue
        for match in SAMPLES.finditer(sentence.text):
            said = int(match[1].replace(",", ""))
            if said in counts or said < 10:
                continue
            line, column = sentence.place(match.start())
            known, where = next(iter(counts.items()))
            yield Finding(
                "calibration-samples",
                "text-vs-metadata",
                "warning",
                line,
                column,
                match[0],
                str(known),
                f"the text says {match[0]}, the recipe {', '.join(map(str, counts))}",
                (Input("recipe", str(known), *where),),
            )
            return


SHOT = re.compile(r"\b(\d{1,2})[- ]?shots?\b", re.I)
TASK_TAIL = re.compile(
    r"(?:_llama(?:_?3[\d._]*)?(?:_instruct)?|_chat|_\d{1,2}_?shot|_instruct|_mc\d?|_leaderboard)+$"
)
WORDS = re.compile(r"[a-z0-9]+")


def few_shot_counts(subject: Subject) -> Iterator[Finding]:
    """The few-shot count of an evaluation command against the "(5-shot)" of the task's row.

    Task and label must have the same letters and digits but for the harness's endings. Cannot know:
    harnesses that count otherwise.
    """
    said: dict[str, dict[int, Input]] = defaultdict(dict)
    for table in subject.views:
        for row in table.rows[:500]:
            shot = SHOT.search(row.label)
            if shot is None:
                continue
            cot = "cot" if re.search(r"\bcot\b", row.label, re.I) else ""
            name = re.sub(r"[-_ ]?cot$", "", row.label.split("(")[0].strip(), flags=re.I)
            key = "".join(WORDS.findall(name.lower())) + cot
            said[key].setdefault(int(shot[1]), Input(row.label, row.label, row.line, 1))
    if not said:
        return
    for task in tasks(subject.document):
        if task.shots is None or not task.alone:
            continue
        name = TASK_TAIL.sub("", task.name.lower())
        key = "".join(
            WORDS.findall(TASK_TAIL.sub("", re.sub(r"_\d+shot", "", name)).replace("_cot", ""))
        ) + ("cot" if "_cot" in task.name.lower() else "")
        counts = said.get(key)
        if counts and task.shots not in counts:
            known, where = next(iter(counts.items()))
            yield Finding(
                "few-shot-count",
                "text-vs-metadata",
                "warning",
                task.line,
                task.column,
                f"{task.shots}",
                f"{known}",
                f"the command runs {task.name} with {task.shots} examples, the table says "
                f"{known}-shot",
                (where,),
            )


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
            line, column = sentence.place(match.start())
            least = ".".join(map(str, needed[0]))
            yield Finding(
                "engine-version",
                "text-vs-metadata",
                "warning",
                line,
                column,
                match[0],
                f">= {least}",
                f"vLLM serves {needed[1]} from {least} on",
            )


DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b|\b(\d{4})-(\d{2})-(\d{2})\b")


def dates(subject: Subject) -> Iterator[Finding]:
    """A release date that no calendar has."""
    for sentence in subject.document.sentences[:200]:
        if not re.match(r"(?:release )?date\b|released\b", sentence.text, re.I):
            continue
        match = DATE.search(sentence.text)
        if match is None:
            continue
        if match[3]:
            one, two, year = int(match[1]), int(match[2]), int(match[3])
            good = (1 <= one <= 12 and 1 <= two <= 31) or (1 <= two <= 12 and 1 <= one <= 31)
        else:
            year, one, two = int(match[4]), int(match[5]), int(match[6])
            good = 1 <= one <= 12 and 1 <= two <= 31
        if not good or not 2017 <= year <= 2100:
            line, column = sentence.place(match.start())
            yield Finding(
                "date",
                "text-vs-metadata",
                "warning",
                line,
                column,
                match[0],
                "a date",
                f"{match[0]} is no date",
            )
