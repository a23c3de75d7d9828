"""Quantization schemes: INT4, INT8, FP8 and their like, one place against the others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cardgen.audit.findings import Finding, Input, Severity
from cardgen.audit.rules.misstatement import misstatement
from cardgen.audit.rules.models.identity import of_one_model
from cardgen.audit.scheme import agree, schemes
from cardgen.audit.subject import Subject


def mixed_schemes(subject: Subject) -> Iterator[Finding]:
    """A place that names another scheme for this model's weights than the greater part of the card.

    Title, tags, overview, "to X data type" and recipe count; W8A8 agrees with INT8 and FP8 alike.
    Needs three places that agree. Cannot know: cards of several checkpoints, where none prevails.
    """
    scheme = subject.scheme
    if scheme is None:
        return
    agreeing = [s for s in subject.said if agree(s.scheme, scheme)]
    weight = sum(s.weight for s in agreeing)
    if weight < 4 or len({s.source for s in agreeing}) < 2 or not of_one_model(subject):
        return
    if weight * 10 < 7 * sum(s.weight for s in subject.said):
        return
    seen: set[tuple[str, str]] = set()
    for said in subject.said:
        if agree(said.scheme, scheme) or said.source in ("file", "command"):
            continue
        key = (said.source, said.scheme.text.lower())
        if key in seen:
            continue
        seen.add(key)
        severity: Severity = "error" if said.source in ("title", "overview", "table") else "warning"
        printed = said.scheme.text
        if said.source == "title":
            printed = subject.title
        yield Finding(
            "scheme",
            "text-vs-metadata",
            severity,
            said.line,
            said.column,
            printed,
            scheme.text,
            f"the {said.source} says {said.scheme.text}, the rest of the card {scheme.text}",
            tuple(Input(s.source, s.scheme.text, s.line, s.column) for s in agreeing[:6]),
        )


ACTIVATION = re.compile(
    r"^(?:activations?\s+quantization|квантование\s+активаций)\s*:\s*(\S{2,16})\.?$", re.I
)


def activation_schemes(subject: Subject) -> Iterator[Finding]:
    """ "Activation quantization: INT4" in a card whose model's name says otherwise: w4a16 leaves
    activations at 16 bits, FP8 and w8a8 quantize them as the weights.

    Cannot know: names that tell the weights alone (INT4).
    """
    own = subject.own
    if own is None:
        return
    named = schemes(own.suffix.replace("_", "-"))
    weights = named[0] if named else None
    if weights is None or (
        not weights.activation_bits and weights.type == "int" and weights.bits < 8
    ):
        return
    for sentence in subject.document.sentences[:200]:
        match = ACTIVATION.match(sentence.text)
        said = schemes(match[1]) if match else []
        if match is None or not said:
            continue
        bits = weights.activation_bits or weights.bits
        kind = weights.type or (subject.scheme.type if subject.scheme else "")
        if said[0].bits == bits and (not kind or not said[0].type or said[0].type == kind):
            continue
        yield misstatement(
            "activation-scheme",
            "warning",
            sentence,
            match.start(1),
            said[0].text,
            "none" if bits == 16 else weights.text,
            f"the overview quantizes activations to {said[0].text}, the model's name says "
            f"{weights.text}",
        )


def scheme_labels(subject: Subject) -> Iterator[Finding]:
    """A row label below a table that names another scheme than the row it repeats.

    The label's other words must be those of one row above.
    """
    scheme = subject.scheme
    if scheme is None:
        return
    for number, table in enumerate(subject.views):
        if number == 0 or table.table.header_rows or len(table.rows) > 4:
            continue
        above = subject.views[number - 1]
        for row in table.rows:
            first = row.cells[0]
            found = schemes(first.text) if first is not None else []
            if first is None or not found or agree(found[0], scheme):
                continue
            rest = first.text.replace(found[0].text, "")
            for other in above.rows:
                named = schemes(other.label)
                if (
                    named
                    and other.label.replace(named[0].text, "") == rest
                    and agree(named[0], scheme)
                ):
                    yield Finding(
                        "scheme-label",
                        "text-vs-metadata",
                        "error",
                        first.line,
                        first.column,
                        first.text,
                        other.label,
                        f"“{first.text}” stands for the row “{other.label}” above",
                    )
                    break
