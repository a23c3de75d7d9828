"""Commands and snippets that run another model than the card's."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from cardgen.audit.commands import Use
from cardgen.audit.findings import Finding, Input, Severity
from cardgen.audit.naming import Name, is_model, name_of, same_base
from cardgen.audit.rules.models.identity import another_size, kin, of_one_model, sure
from cardgen.audit.subject import Subject

DEPLOY = re.compile(
    r"deploy|\buse\b|usage|inference|serv|quick ?start|getting started|how to|"
    r"разв[её]ртывани|использовани|запуск|инференс",
    re.I,
)
ON_THE_FLY = re.compile(
    r"--quantization|quantization\s*=|--speculative|speculative_config|"
    r"load_format=.bitsandbytes|BitsAndBytesConfig|--lora|judge|reward|draft",
    re.I,
)


def commands(subject: Subject) -> Iterator[Finding]:
    """A command or snippet that runs another model than the card's.

    In deployment and evaluation the model must be the card's own, in a recipe the base model. One
    finding for each name and flag; further places are inputs. An error where the card's own name
    has two witnesses besides. Cannot know: a second model that the text introduces.
    """
    own = subject.own
    if own is None or not of_one_model(subject) or (subject.base is None and not sure(subject)):
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
        severity: Severity = "error" if sure(subject) and use.context != "creation" else "warning"
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


def _wrong(subject: Subject, own: Name, use: Use, name: Name) -> str:
    """Why a model is wrong in a place; empty where it is right, or where nobody can know."""
    if not is_model(use.name) or ("/" not in use.name and not name.quantized):
        return ""
    document = subject.document
    fence = document.fences[use.fence]
    base = subject.base
    sized = base is not None and subject.speculator and another_size(name, base)
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
        if base is None or "/" not in use.name or kin(name, base) or name.quantized:
            return ""
        if another_size(name, base):
            return f"the recipe starts from {use.name}, the card is about {base.text}"
        return ""
    what = "evaluation" if use.context == "evaluation" else "deployment"
    return f"the {what} runs {use.name}, the card is about {own.name}"


def _tail(one: str, other: str) -> bool:
    """Whether one key is the other with a maker's word before it."""
    longer, shorter = sorted((one, other), key=len, reverse=True)
    return longer.endswith(f"-{shorter}") and longer.count("-") == shorter.count("-") + 1


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
