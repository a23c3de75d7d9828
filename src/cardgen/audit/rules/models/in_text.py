"""Links, sentences and saved names that give another model than the card's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cardgen.audit.commands import place
from cardgen.audit.findings import Finding, Severity
from cardgen.audit.naming import is_model, name_of, tokens
from cardgen.audit.rules.misstatement import misstatement
from cardgen.audit.rules.models.identity import (
    agreed,
    another_size,
    differs,
    is_subject,
    of_one_model,
    other_scheme,
)
from cardgen.audit.subject import Subject, hub_model, links_by_line

PARTS = r"(?:the\s+)?(?:weights?|activations?|parameters?|linear layers?)"
STATEMENT = re.compile(
    rf"(?:quantized (?:version|variant|checkpoint)s? of|"
    rf"quantizing (?:{PARTS}(?:\s+and\s+{PARTS})?\s+of)?|"
    r"квантованн\w+\s+(?:верси|вариант)\w*(?:\s+модели)?|"
    r"квантовани(?:е|ем)(?:\s+(?:весов|активаций)){0,2}(?:\s+модели)?)"
    r"\s*(?:the\s+)?$",
    re.I,
)
SIMILAR = re.compile(r"similarly to\s+(?:the\s+)?$", re.I)


def links(subject: Subject) -> Iterator[Finding]:
    """A link whose words name one model and whose target is another.

    Only links to a model's page on the Hub whose words look like a model's name. A target that
    lacks its organisation is wrong as well. Cannot know: a renamed repository.
    """
    for link in subject.document.links:
        target = hub_model(link.target)
        if (
            target is None
            or target[2]
            or not is_model(link.text.split(" ")[0])
            or " " in link.text.strip()
        ):
            continue
        said, leads = name_of(link.text), name_of(target[1])
        if not said.key or said.key == leads.key or said.base == leads.base:
            continue
        if said.key in leads.key or leads.key in said.key or tokens(said.key) == tokens(leads.key):
            continue
        if not is_model(leads.name) or not differs(said, leads):
            continue
        if not (said.organisation or said.size):
            continue
        yield Finding(
            "link-target",
            "text-vs-metadata",
            "error",
            link.line,
            link.column,
            f"{link.text} -> {link.target}",
            link.text,
            f"the link says {link.text} and leads to {target[1]}",
        )


def statements(subject: Subject) -> Iterator[Finding]:
    """A sentence that names the base model, and names another than the rest of the card.

    "Quantized version of X", "obtained by quantizing X", "Similarly to X": X must be the base
    model. One finding for each name. Cannot know: a base model that is itself derived from X.
    """
    base = subject.base
    if base is None or not subject.quantized or not agreed(subject) or not of_one_model(subject):
        return
    seen: set[str] = set()
    by_line = links_by_line(subject.document)
    for sentence in subject.document.sentences[:400]:
        if not re.search(r"quantiz|similarly|квантова", sentence.text, re.I):
            continue
        for line in dict.fromkeys(mark[1] for mark in sentence.marks):
            for link in by_line.get(line, []):
                target = hub_model(link.target)
                if target is None or target[2] or not is_model(link.text):
                    continue
                at = sentence.text.find(link.text)
                before = sentence.text[max(at - 120, 0) : at] if at >= 0 else ""
                similar = SIMILAR.search(before)
                if not similar and not STATEMENT.search(before):
                    continue
                name = name_of(link.text)
                if (
                    name.key in seen
                    or is_subject(subject, name)
                    or is_subject(subject, name_of(target[1]))
                ):
                    continue
                seen.add(name.key)
                severity: Severity = "warning" if similar else "error"
                yield Finding(
                    "base-in-text",
                    "text-vs-metadata",
                    severity,
                    link.line,
                    link.column,
                    link.text,
                    base.text,
                    f"the text names {link.text}, the card's base model is {base.text}",
                )


def names_in_text(subject: Subject) -> Iterator[Finding]:
    """A sentence that begins with this model's name and another scheme: "X-w4a16 achieves …"."""
    own = subject.own
    if own is None or not subject.quantized:
        return
    for sentence in subject.document.sentences[:400]:
        first = sentence.text.split(" ", 1)[0]
        if not is_model(first) or not re.search(
            r"\b(?:achieves|recovers|reaches|is a)\b", sentence.text
        ):
            continue
        name = name_of(first)
        if another_size(name, own) or (
            name.base == own.base and name.key != own.key and other_scheme(subject, name)
        ):
            yield Finding(
                "name-in-text",
                "text-vs-metadata",
                "warning",
                sentence.line,
                sentence.column,
                first,
                own.name,
                f"the text says {first}, the card is about {own.name}",
            )


ARCHITECTURE = re.compile(r"^(?:model architecture|архитектура модели)\s*:\s*(\S+)$", re.I)
SAVED = re.compile(
    r"(?:save_pretrained|save_quantized|quantized_model_dir|save_dir|output_dir|"
    r"save_path)\s*[(=]\s*[\"']"
    r"(?:\./)?([\w./-]{4,120})[\"']",
    re.I,
)


def sizes(subject: Subject) -> Iterator[Finding]:
    """The overview's "Model Architecture" and the name that a recipe saves under, of another size.

    Only names that differ from the card's model in the size alone.
    """
    own, base = subject.own, subject.base
    if own is None or base is None or not of_one_model(subject):
        return
    for sentence in subject.document.sentences[:60]:
        match = ARCHITECTURE.match(sentence.text)
        if match and is_model(match[1]) and another_size(name_of(match[1]), base):
            yield misstatement(
                "architecture",
                "warning",
                sentence,
                match.start(1),
                match[1],
                base.name,
                f"the overview says {match[1]}, the card is about {base.name}",
            )
    for fence in subject.document.fences[:60]:
        for match in SAVED.finditer(fence.text[:100_000]):
            if is_model(match[1]) and another_size(name_of(match[1]), own):
                line, column = place(fence, fence.text, match.start(1))
                yield Finding(
                    "saved-name",
                    "text-vs-metadata",
                    "warning",
                    line,
                    column,
                    match[1],
                    own.name,
                    f"the recipe saves {match[1]}, the card is about {own.name}",
                )
