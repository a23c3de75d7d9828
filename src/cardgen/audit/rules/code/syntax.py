"""Code and commands that cannot run as they stand."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator

from cardgen.audit.commands import LARGEST, MOST, place
from cardgen.audit.findings import Finding, Fix
from cardgen.audit.subject import Subject
from cardgen.published import Fence

PYTHON = frozenset({"python", "py", "python3"})
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
