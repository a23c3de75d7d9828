"""Reductions that a sentence gives with what they are reckoned from: bits and sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cardgen.audit.findings import Finding
from cardgen.audit.number import Number, parse
from cardgen.audit.rules.misstatement import misstatement
from cardgen.audit.subject import Subject

BITS = re.compile(
    r"\b(?:from|с|от)\s+(\d{1,2})(?:[- ]?(?:bits?|бит\w*))?\s+(?:to|до)\s+"
    r"(\d{1,2})(?:[- ]?(?:bits?|бит\w*))?\b",
    re.I,
)
BIT = re.compile(r"\bbits?\b|\bбит(?:а|ов|ы)?\b", re.I)
REDUCED = re.compile(
    r"(?:by|\bна|\()\s*(?:by\s+)?(?:approximately|about|around|roughly|~|≈|"
    r"up to|примерно|около|приблизительно)?\s*(\d{1,2}(?:[.,]\d)?)\s?%",
    re.I,
)
SIZE = r"\d{1,5}(?:\.\d{1,3}|,\d{1,2})?"
UNIT = "GB|GiB|MB|MiB|TB|ГБ|ГиБ|МБ|МиБ|ТБ"
SIZES = re.compile(
    rf"\b(?:from|с|от)\s+~?({SIZE})\s?({UNIT})\s+(?:to|до)\s+~?({SIZE})\s?({UNIT})\b",
    re.I,
)


def bit_sentences(subject: Subject) -> Iterator[Finding]:
    """ "From 16 to 4 bits, reducing size by approximately 75 %": 1 − 4/16, and 4 bits as the
    scheme.

    Five points of slack, because scales and unquantized layers take room. Cannot know: reductions
    of something else named in the same sentence; only the first percentage after the bits counts.
    """
    for sentence in subject.document.sentences[:600]:
        match = BITS.search(sentence.text)
        if match is None or not BIT.search(sentence.text):
            continue
        before, after = int(match[1]), int(match[2])
        if not 0 < after < before <= 64:
            continue
        scheme = subject.scheme
        if (
            scheme is not None
            and before in (16, 32)
            and after != scheme.bits
            and not re.search(r"activation|активаци", sentence.text[: match.start()], re.I)
        ):
            yield misstatement(
                "bits",
                "warning",
                sentence,
                match.start(2),
                f"{after} bits",
                f"{scheme.bits} bits",
                f"the text says from {before} to {after} bits, the card's scheme is {scheme.text}",
            )
        reduced = REDUCED.search(sentence.text, match.end())
        if reduced is None:
            continue
        expected = 100 * (1 - after / before)
        if abs(float(reduced[1].replace(",", ".")) - expected) > 5:
            yield misstatement(
                "bits-reduction",
                "error",
                sentence,
                reduced.start(1),
                f"{reduced[1]}%",
                f"{expected:g}%",
                f"from {before} to {after} bits is {expected:g}% less, the text says {reduced[1]}%",
            )


def _number(text: str) -> Number | None:
    """A number of a sentence; the patterns let a comma through before one or two decimals only."""
    return parse(text, commas="," in text)


def size_sentences(subject: Subject) -> Iterator[Finding]:
    """ "From 16.1 GB to 5.7 GB, a reduction of 65 %": 1 − 5.7/16.1, within the digits printed."""
    for sentence in subject.document.sentences[:600]:
        match = SIZES.search(sentence.text)
        if match is None or match[2].lower() != match[4].lower():
            continue
        reduced = re.search(r"(\d{1,2}(?:[.,]\d{1,2})?)\s?%", sentence.text[match.end() :])
        one, other = _number(match[1]), _number(match[3])
        if (
            reduced is None
            or one is None
            or other is None
            or one.value <= 0
            or other.value >= one.value
        ):
            continue
        share = _number(reduced[1])
        if share is None:
            continue
        low = 100 * (1 - other.rounded[1] / one.rounded[0])
        high = 100 * (1 - other.rounded[0] / one.rounded[1])
        if low - 1 <= share.rounded[1] and share.rounded[0] <= high + 1:
            continue
        if abs(share.value - (100 - (low + high) / 2)) <= 1:
            continue
        yield misstatement(
            "size-reduction",
            "warning",
            sentence,
            match.end() + reduced.start(1),
            f"{reduced[1]}%",
            f"{(low + high) / 2:.{share.decimals}f}%",
            f"from {match[1]} to {match[3]} {match[2]} is {(low + high) / 2:.1f}% less, the "
            f"text says {reduced[1]}%",
        )
