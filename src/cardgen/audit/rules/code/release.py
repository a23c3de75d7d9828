"""Dates of release that no calendar has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cardgen.audit.findings import Finding
from cardgen.audit.rules.misstatement import misstatement
from cardgen.audit.subject import Subject

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
            yield misstatement(
                "date",
                "warning",
                sentence,
                match.start(),
                match[0],
                "a date",
                f"{match[0]} is no date",
            )
