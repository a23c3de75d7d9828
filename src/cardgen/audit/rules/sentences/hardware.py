"""Hardware that a sentence names and no serving table has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cardgen.audit.findings import Finding, Input
from cardgen.audit.rules.misstatement import misstatement
from cardgen.audit.subject import Subject


def stated_hardware(subject: Subject) -> Iterator[Finding]:
    """A sentence "on N GPUs" of a kind that no row of the serving tables names. A note."""
    named = {
        re.sub(r"x\d+$", "", cell.text.split(" ")[0].lower())
        for table in subject.views
        if table.of("latency", "rate", "qpd")
        for column in table.of("hardware")
        for row in table.rows
        if (cell := row.cells[column.at]) is not None and cell.text
    }
    if not named:
        return
    for sentence in subject.document.sentences[:600]:
        match = re.search(r"speed-?up\b.{0,80}\bon ([A-Z]+\d+\w{0,6}) GPUs?\b", sentence.text)
        if match and match[1].lower() not in named:
            yield misstatement(
                "hardware",
                "warning",
                sentence,
                match.start(1),
                match[1],
                ", ".join(sorted(named)),
                f"the text speaks of {match[1]}, the tables of {', '.join(sorted(named))}",
                (Input("table", ", ".join(sorted(named)), 0, 0),),
            )
