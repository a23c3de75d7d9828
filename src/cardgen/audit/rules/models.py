"""Models: whether commands, prose, links and labels name the model that the card is about.

Right where they stand, and no finding: the base model in recipes, tokenizers and comparisons, the
verifier of a speculator, judges and draft models. Organisations do not tell models apart.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from cardgen.audit.commands import Use, place
from cardgen.audit.findings import Finding, Input, Severity
from cardgen.audit.naming import Name, family, is_model, key_of, name_of, same_base, size_of, tokens
from cardgen.audit.roles import View
from cardgen.audit.scheme import agree, schemes
from cardgen.audit.subject import Subject, hub_model, links_by_line

DEPLOY = re.compile(
    r"deploy|\buse\b|usage|inference|serv|quick ?start|getting started|how to", re.I
)
ON_THE_FLY = re.compile(
    r"--quantization|quantization\s*=|--speculative|speculative_config|"
    r"load_format=.bitsandbytes|BitsAndBytesConfig|--lora|judge|reward|draft",
    re.I,
)
PARTS = r"(?:the\s+)?(?:weights?|activations?|parameters?|linear layers?)"
STATEMENT = re.compile(
    rf"(?:quantized (?:version|variant|checkpoint)s? of|"
    rf"quantizing (?:{PARTS}(?:\s+and\s+{PARTS})?\s+of)?)"
    r"\s*(?:the\s+)?$",
    re.I,
)
SIMILAR = re.compile(r"similarly to\s+(?:the\s+)?$", re.I)
MANY = 4
"""A text whose commands run so many models is no card of one model."""


def commands(subject: Subject) -> Iterator[Finding]:
    """A command or snippet that runs another model than the card's.

    In deployment and evaluation the model must be the card's own, in a recipe the base model. One
    finding for each name and flag; further places are inputs. An error where the card's own name
    has two witnesses besides. Cannot know: a second model that the text introduces.
    """
    own = subject.own
    if own is None or not _of_one_model(subject) or (subject.base is None and not _sure(subject)):
        return
    grouped: dict[tuple[str, str], list[tuple[Use, str]]] = defaultdict(list)
    for use in subject.uses:
        name = name_of(use.name.partition(":")[0])
        why = _wrong(subject, own, use, name)
        if why:
            grouped[(name.key if "_" not in name.name else name.name, use.flag)].append((use, why))
    for found in grouped.values():
        use, why = found[0]
        expected = subject.base.text if use.context == "creation" and subject.base else own.text
        severity: Severity = "error" if _sure(subject) and use.context != "creation" else "warning"
        yield Finding(
            "model-in-command",
            "wrong-model-in-command",
            severity,
            use.line,
            use.column,
            use.name,
            expected,
            why,
            tuple(Input("also", other.name, other.line, other.column) for other, _ in found[1:20]),
        )


def _of_one_model(subject: Subject) -> bool:
    """Whether the text is a card of one model: titled or described so, and not running many."""
    ran = {name_of(u.name).base for u in subject.uses if "/" in u.name and is_model(u.name)}
    told = {w.source for w in (*subject.own_witnesses, *subject.base_witnesses)} & {
        "title",
        "front matter",
        "table",
        "text",
    }
    return bool(told) and len(ran) < MANY


def _sure(subject: Subject) -> bool:
    """Whether two kinds of places agree on the card's own name."""
    own = subject.own
    if own is None:
        return False
    places = {w.source for w in subject.own_witnesses if name_of(w.text).key == own.key}
    if subject.base is not None and same_base(own, subject.base):
        places.add("base")
    return len(places) >= 2


def _wrong(subject: Subject, own: Name, use: Use, name: Name) -> str:
    """Why a model is wrong in a place; empty where it is right, or where nobody can know."""
    if not is_model(use.name) or ("/" not in use.name and not name.quantized):
        return ""
    document = subject.document
    fence = document.fences[use.fence]
    base = subject.base
    sized = base is not None and subject.speculator and _another_size(name, base)
    if use.flag == "tokenizer" or (_exempt(fence.text, use, subject) and not sized):
        return ""
    if name.key == own.key:
        if (
            name.name.lower() != own.name.lower()
            and re.sub(r"[-_.]", "", name.name.lower()) == re.sub(r"[-_.]", "", own.name.lower())
            and _separators(subject, name, own)
        ):
            return f"{use.name} differs from {own.name} in a separator: no such model"
        return ""
    if _tail(name.key, own.key):
        return ""
    if base is not None and (
        name.key == base.key or (same_base(name, base) and not name.quantized)
    ):
        if use.context != "use" or subject.speculator or not own.quantized:
            return ""
        path = " / ".join(document.path(fence.section))
        if use.flag not in ("serve", "LLM") or not DEPLOY.search(path):
            return ""
        beside = [u for u in subject.uses if u.context == "use" and name_of(u.name).key == own.key]
        if beside:
            return ""
        return f"the deployment command runs the base model {use.name}, not {own.name}"
    if not subject.quantized and not subject.speculator and base is None:
        return ""
    if use.context == "creation":
        if base is None or "/" not in use.name or _kin(name, base) or name.quantized:
            return ""
        if _another_size(name, base):
            return f"the recipe starts from {use.name}, the card is about {base.text}"
        return ""
    what = "evaluation" if use.context == "evaluation" else "deployment"
    return f"the {what} runs {use.name}, the card is about {own.name}"


def _tail(one: str, other: str) -> bool:
    """Whether one key is the other with a maker's word before it."""
    longer, shorter = sorted((one, other), key=len, reverse=True)
    return longer.endswith(f"-{shorter}") and longer.count("-") == shorter.count("-") + 1


def _another_size(one: Name, other: Name) -> bool:
    """Whether two names differ in their size and in nothing else."""
    return (
        bool(one.size and other.size)
        and one.size != other.size
        and (_without_size(one) == _without_size(other))
    )


def _kin(name: Name, base: Name) -> bool:
    return name.key == base.key or same_base(name, base)


def _separators(subject: Subject, name: Name, own: Name) -> bool:
    """Whether the title or the file says which separators are right."""
    names = {
        name_of(w.text).name.lower()
        for w in subject.own_witnesses
        if w.source in ("title", "file", "table", "front matter")
    }
    return own.name.lower() in names and name.name.lower() not in names


def _exempt(text: str, use: Use, subject: Subject) -> bool:
    """Whether the command says that the model is a second one, or is quantized on the fly."""
    lines = text.split("\n")
    index = use.line - subject.document.fences[use.fence].line
    around = "\n".join(lines[max(index - 3, 0) : index + 12])
    if use.flag in ("serve", "LLM", "flag", "model_args", "model"):
        return bool(ON_THE_FLY.search(around))
    return bool(
        re.search(r"judge|reward|draft|embed", lines[index] if index < len(lines) else "", re.I)
    )


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
        if not is_model(leads.name) or not _differs(said, leads):
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


def _differs(one: Name, other: Name) -> bool:
    """Whether two names cannot be two spellings of one: another family, or another size."""
    if family(one.base) != family(other.base):
        return True
    return bool(one.size and other.size and one.size != other.size)


def statements(subject: Subject) -> Iterator[Finding]:
    """A sentence that names the base model, and names another than the rest of the card.

    "Quantized version of X", "obtained by quantizing X", "Similarly to X": X must be the base
    model. One finding for each name. Cannot know: a base model that is itself derived from X.
    """
    base = subject.base
    if base is None or not subject.quantized or not _agreed(subject) or not _of_one_model(subject):
        return
    seen: set[str] = set()
    by_line = links_by_line(subject.document)
    for sentence in subject.document.sentences[:400]:
        if not re.search(r"quantiz|similarly", sentence.text, re.I):
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
                    or _is_subject(subject, name)
                    or _is_subject(subject, name_of(target[1]))
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


def _is_subject(subject: Subject, name: Name) -> bool:
    base, own = subject.base, subject.own
    if base is not None and (same_base(name, base) or name.key == base.key):
        return True
    return own is not None and (same_base(name, own) or name.key == own.key)


def _agreed(subject: Subject) -> bool:
    """Whether two kinds of places name the base model, the card's own name being one."""
    base = subject.base
    assert base is not None
    places = {w.source for w in subject.base_witnesses if name_of(w.text).key == base.key}
    if subject.own is not None and same_base(subject.own, base):
        places.add("name")
    return len(places) >= 2


def labels(subject: Subject) -> Iterator[Finding]:
    """A row label that names a model of another size than all other rows of its table.

    Only in columns of models that are variants of one base model: what differs is the size alone,
    and all others agree. Cannot know: a comparison across sizes, which has more than one odd row.
    """
    for table in subject.views:
        for column in table.of("model", "label"):
            names: list[tuple[Name, int, int]] = []
            for row in table.rows:
                cell = row.cells[column.at]
                if cell is None:
                    continue
                text = cell.text.split(" ")[0]
                if is_model(text) and size_of(text):
                    names.append((name_of(text), cell.line, cell.column))
            keys = [n.base for n, _, _ in names]
            if len(names) < 3:
                continue
            common = Counter(keys).most_common(1)[0][0]
            odd = [item for item in names if item[0].base != common]
            if len(odd) != 1 or len(names) - 1 < 2:
                continue
            name, line, at = odd[0]
            other = next(n for n, _, _ in names if n.base == common)
            if not any(n.quantized for n, _, _ in names) or _without_size(name) != _without_size(
                other
            ):
                continue
            if subject.base is not None and common != subject.base.base:
                continue
            expected = name.text.replace(_size_text(name.text), _size_text(other.text))
            yield Finding(
                "model-label",
                "text-vs-metadata",
                "error",
                line,
                at,
                name.text,
                expected,
                f"{name.text} among rows of {other.base}: another size of the model",
            )


def _size_text(text: str) -> str:
    match = re.search(r"\d+(?:\.\d+)?[bBmM](?![A-Za-z])", text)
    return match[0] if match else ""


def _without_size(name: Name) -> str:
    return key_of(re.sub(rf"(?:^|-){re.escape(key_of(name.size))}(?=-|$)", "", name.base))


def column_models(subject: Subject) -> Iterator[Finding]:
    """A column heading that names another model than the card's own and its base.

    Only in tables with a recovery and two named columns, where family or size differ.
    """
    own, base = subject.own, subject.base
    if own is None or base is None or not subject.quantized or not _agreed(subject):
        return
    for table in subject.views:
        if not (table.of("recovery") or any(r.role == "recovery" for r in table.rows)):
            continue
        yield from _columns(subject, table, base)


def _columns(subject: Subject, table: View, base: Name) -> Iterator[Finding]:
    headings = [(c, c.name.split(" ")[0].split("(")[0]) for c in table.of("score")]
    named = [(c, name_of(text)) for c, text in headings if is_model(text)]
    quantized = [n for _, n in named if n.quantized]
    for column, name in named:
        text, cell = name.text, table.table.heading_cell(column.at)
        if cell is None:
            continue
        if len(quantized) == 1 and name is quantized[0] and _other_scheme(subject, name):
            own = subject.own
            assert own is not None
            yield Finding(
                "model-heading",
                "text-vs-metadata",
                "warning",
                cell.line,
                cell.column,
                text,
                own.name,
                f"the only quantized column is headed {text}, the card is about {own.name}",
            )
            continue
        if _is_subject(subject, name) or not _differs(name, base):
            continue
        yield Finding(
            "model-heading",
            "text-vs-metadata",
            "warning",
            cell.line,
            cell.column,
            text,
            base.text,
            f"the heading names {text}, the card is about {base.text}",
        )


def _other_scheme(subject: Subject, name: Name) -> bool:
    """Whether a name's suffix says another scheme than the card's."""
    named = schemes(name.suffix.replace("_", "-"))
    return bool(named) and subject.scheme is not None and not agree(named[0], subject.scheme)


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
        if _another_size(name, own) or (
            name.base == own.base and name.key != own.key and _other_scheme(subject, name)
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


ARCHITECTURE = re.compile(r"^model architecture\s*:\s*(\S+)$", re.I)
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
    if own is None or base is None or not _of_one_model(subject):
        return
    for sentence in subject.document.sentences[:60]:
        match = ARCHITECTURE.match(sentence.text)
        if match and is_model(match[1]) and _another_size(name_of(match[1]), base):
            line, column = sentence.place(match.start(1))
            yield Finding(
                "architecture",
                "text-vs-metadata",
                "warning",
                line,
                column,
                match[1],
                base.name,
                f"the overview says {match[1]}, the card is about {base.name}",
            )
    for fence in subject.document.fences[:60]:
        for match in SAVED.finditer(fence.text[:100_000]):
            if is_model(match[1]) and _another_size(name_of(match[1]), own):
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


def near_names(subject: Subject) -> Iterator[Finding]:
    """A table's label that is one letter away from the card's own name. A warning."""
    own = subject.own
    if own is None or len(own.name) < 8 or not _own_agrees(subject):
        return
    for table in subject.views:
        for row in table.rows[:500]:
            for cell in row.cells[:2]:
                if cell is None or not is_model(cell.text.split(" ")[0]):
                    continue
                text = cell.text.split(" ")[0]
                if _letter_apart(name_of(text).name, own.name):
                    yield Finding(
                        "near-name",
                        "text-vs-metadata",
                        "warning",
                        cell.line,
                        cell.column,
                        text,
                        own.name,
                        f"“{text}” is one letter away from {own.name}",
                    )


def _own_agrees(subject: Subject) -> bool:
    own = subject.own
    return (
        own is not None
        and len({w.source for w in subject.own_witnesses if name_of(w.text).key == own.key}) >= 2
    )


def _letter_apart(one: str, other: str) -> bool:
    from cardgen.audit.rules.layout import _one_letter

    return _one_letter(one.lower(), other.lower())


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
    if weight < 4 or len({s.source for s in agreeing}) < 2 or not _of_one_model(subject):
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


ACTIVATION = re.compile(r"^activations?\s+quantization\s*:\s*(\S{2,16})\.?$", re.I)


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
        line, column = sentence.place(match.start(1))
        yield Finding(
            "activation-scheme",
            "text-vs-metadata",
            "warning",
            line,
            column,
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
