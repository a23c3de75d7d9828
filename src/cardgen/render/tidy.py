"""The finished text: blank lines put in order, and no place left unfilled outside code."""

from __future__ import annotations

import re

from cardgen.errors import TemplateError

PLACEHOLDER = re.compile(r"\{\{|\}\}|\{%|%\}|%\(\w+\)[sd]|\[More Information Needed\]")
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
BLANKS = re.compile(r"\n{3,}")
TRAILING = re.compile(r"^ +$|(?<=[^ \n]) $|(?<=[^ \n]  ) +$", re.M)
"""Blanks at a line's end, but for the two that break a line."""


def tidy(text: str, place: str) -> str:
    """The finished text: single blank lines, one final newline, no placeholder outside code.

    A placeholder is an error that names its line.
    """
    pieces = _apart(text)
    pieces[::2] = [_tidy_words(words) for words in pieces[::2]]
    tidied = "".join(pieces).strip("\n") + "\n"
    if any(PLACEHOLDER.search(w) and PLACEHOLDER.search(CODE_SPAN.sub("", w)) for w in pieces[::2]):
        raise _unfilled(pieces, place)
    return tidied


def _apart(text: str) -> list[str]:
    """The text cut into words and fenced code in turn, beginning and ending with words.

    Found by `str.find`: a pattern tried at every line would take longer than all else here.
    """
    pieces: list[str] = []
    done = start = 0
    while True:
        found = [at for at in (text.find("```", start), text.find("~~~", start)) if at >= 0]
        if not found:
            return [*pieces, text[done:]]
        at = min(found)
        line, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        end = len(text) if end < 0 else end
        head = text[at:end]
        info = head.lstrip(head[0])
        if text[line:at].strip(" \t") or (head[0] == "`" and "`" in info):
            start = end
            continue
        marker = head[: len(head) - len(info)]
        closes = re.compile(rf"^[ \t]*{marker}[`~]*[ ]*$", re.M)
        closing = closes.search(text, min(end + 1, len(text)))
        stop = closing.end() if closing else len(text)
        pieces += [text[done:line], text[line:stop]]
        done = start = stop


def _tidy_words(words: str) -> str:
    if " \n" in words or words.endswith(" "):
        words = TRAILING.sub("", words)
    return BLANKS.sub("\n\n", words)


def _blanked(span: re.Match[str]) -> str:
    return " " * len(span[0])


def _unfilled(pieces: list[str], place: str) -> TemplateError:
    """The error for the first placeholder outside code, with its line in the finished text."""
    number = 1
    for index, piece in enumerate(pieces):
        text = piece if index else piece.lstrip("\n")
        found = None if index % 2 else PLACEHOLDER.search(CODE_SPAN.sub(_blanked, text))
        if found:
            line = number + text.count("\n", 0, found.start())
            start = text.rfind("\n", 0, found.start()) + 1
            shown = text[start:].split("\n", 1)[0].strip()[:80]
            return TemplateError(
                f"{place}:{line}",
                expected="a card without unfilled places",
                found=f"{found[0]!r} in {shown!r}",
                next_step="fill the place, or write it as code",
            )
        number += text.count("\n")
    raise AssertionError("no placeholder")  # pragma: no cover - called when there is one
