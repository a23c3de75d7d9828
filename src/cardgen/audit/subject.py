"""What a card is about: its model, the base model, the scheme, each with the witnesses for it.

Owns weighing witnesses against each other. A name that one place gives and all others contradict is
the checks' business; here the majority decides, and where there is none the subject stays unknown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from cardgen.audit.commands import Use, uses
from cardgen.audit.naming import (
    SPECULATOR,
    Name,
    is_model,
    key_of,
    name_of,
    names_in,
    same,
    same_base,
)
from cardgen.audit.roles import View, view
from cardgen.audit.scheme import Scheme, agree, schemes
from cardgen.published import Document, Link

BASE_OF = re.compile(
    r"quantized (?:version|variant|checkpoint) of\b|quantiz(?:ing|ation of)\b.{0,60}\bof\b|"
    r"quantized .{0,40}model of\b|"
    r"FP8_?Dynamic quantized\b|speculator model for\b|draft model for\b|"
    r"version of\b.{0,40}quantized|"
    r"квантовани(?:е|ем)\s+(?:весов|активаций|модели)\b|"
    r"квантованн\w+\s+(?:верси|вариант|чекпойнт)",
    re.I,
)
FIELD = re.compile(
    r"^(?:(?P<weights>weights?\s+quantization|квантование\s+весов)|"
    r"activations?\s+quantization|квантование\s+активаций)\b\s*:?",
    re.I,
)
DATA_TYPE = re.compile(
    r"\bto\s+(?:the\s+)?([\w-]+)(?=\s+(?:data type|format|precision|\(\w+\)|with\b)|[.,]|$)|"
    r"\bapplying\s+([\w-]+)\s+quantization|"
    r"\b(?:maps the|between)\s+([\w-]+)\s+(?:and floating[- ]point\s+)?representations|"
    r"\bв\s+(?:формат|тип\s+данных)\s+(?P<russian>[\w-]+)",
    re.I,
)
SAVED = re.compile(
    r"(?m)^(?!.*\bhelp\s*=).*?(?:save|output|quantized_model)\w*\b[^\n]{0,120}?[\"']"
    r"([^\"'\n]{0,80}?[-_](?:FP[48]|NVFP4|MXFP[48]|INT[48]|quantized\.w\d+a\d+|"
    r"W\d+A\d+)[^\"'\n]{0,30})[\"']",
    re.I,
)
CODE_SCHEME = re.compile(
    r"\b(?:scheme|preset_name_to_scheme|"
    r"quant_method)\s{0,3}[=(]\s{0,3}[\"']([A-Za-z0-9_]{3,30})[\"']"
)
THIS_MODEL = re.compile(r"\(\s*(?:this model|эта модель)\s*\)", re.I)
QUANTIZER = re.compile(r"quantiz|квантова|compress|W\d+A\d+|fp8|int[48]|awq|gptq", re.I)


LINKS = 50


class Witness(NamedTuple):
    """A place that names something: what, how much it counts, where, and as what."""

    text: str
    weight: int
    line: int
    column: int
    source: str


class Said(NamedTuple):
    """A scheme that a place of the card names for this model's weights."""

    scheme: Scheme
    weight: int
    line: int
    column: int
    source: str


class Subject(NamedTuple):
    """What the card is about, as far as its witnesses agree."""

    document: Document
    views: tuple[View, ...]
    uses: tuple[Use, ...]
    own: Name | None
    base: Name | None
    own_witnesses: tuple[Witness, ...]
    base_witnesses: tuple[Witness, ...]
    scheme: Scheme | None
    said: tuple[Said, ...]
    speculator: bool
    title: str
    file_name: str

    @property
    def quantized(self) -> bool:
        """Whether the card's model is another than its base model."""
        return (self.own is not None and self.own.quantized and not self.speculator) or (
            self.own is not None
            and self.base is not None
            and self.own.key != self.base.key
            and not self.speculator
        )


def understand(document: Document, file_name: str = "") -> Subject:
    """What a card is about. `file_name` (or its folder's name) is one witness among others."""
    views = tuple(view(document, number) for number in range(len(document.tables)))
    used = tuple(uses(document))
    title = next((s.title for s in document.sections if s.level == 1), "")
    own = _own_witnesses(document, views, used, title, file_name)
    base = tuple(_base_witnesses(document, views, used))
    said = tuple(_schemes(document, title, own))
    scheme = _majority(said)
    name = _elect(own, scheme, [w.text for w in base])
    if name is not None and name.quantized:
        base = (
            *base,
            *(
                Witness(name.name[: len(name.name) - len(name.suffix)], 2, w.line, w.column, "own")
                for w in own[:1]
            ),
        )
    origin = _elect_base(base)
    speculator = bool(SPECULATOR.search(f"{title} {name.name if name else ''}"))
    return Subject(
        document,
        views,
        used,
        name,
        origin,
        tuple(own),
        tuple(base),
        scheme,
        said,
        speculator,
        title,
        file_name,
    )


def _own_witnesses(
    document: Document, views: Sequence[View], used: Sequence[Use], title: str, file_name: str
) -> list[Witness]:
    found: list[Witness] = []
    heading = next((s for s in document.sections if s.level == 1), None)
    if heading is not None:
        bare = title.strip()
        names = (
            [bare]
            if " " not in bare and "-" in bare and is_model(bare)
            else [n for n, _ in names_in(title)]
        )
        if names:
            found.append(Witness(names[0], 3, heading.line, heading.column, "title"))
    if document.front is not None:
        front = document.front
        found.extend(
            Witness(entry.value, 2, entry.line, entry.column, "front matter")
            for entry in (*front.values("model-index", "[]", "name"), *front.values("model_name"))
            if is_model(entry.value)
        )
    for table in views:
        for column in table.columns:
            for text in column.heading:
                if THIS_MODEL.search(text):
                    bare = THIS_MODEL.sub("", text).strip()
                    cell = table.table.heading_cell(column.at)
                    if is_model(bare) and cell is not None:
                        found.append(Witness(bare, 2, cell.line, cell.column, "table"))
        for row in table.rows[:200]:
            for cell in row.cells[:3]:
                if cell is not None and THIS_MODEL.search(cell.text):
                    bare = THIS_MODEL.sub("", cell.text).strip()
                    if is_model(bare):
                        found.append(Witness(bare, 2, cell.line, cell.column, "table"))
    found.extend(
        Witness(use.name, 1, use.line, use.column, "command")
        for use in used
        if use.context != "creation" and "/" in use.name and is_model(use.name)
    )
    stem = re.sub(r"\.(?:md|markdown|txt)$", "", file_name)
    if stem and is_model(stem) and "-" in stem:
        found.append(Witness(stem, 1, 1, 1, "file"))
    return found


def _base_witnesses(
    document: Document, views: Sequence[View], used: Sequence[Use]
) -> list[Witness]:
    found: list[Witness] = []
    if document.front is not None:
        found.extend(
            Witness(entry.value, 3, entry.line, entry.column, "front matter")
            for entry in document.front.values("base_model")
        )
    links = links_by_line(document)
    for sentence in document.sentences[:400]:
        match = BASE_OF.search(sentence.text[:4000])
        if match is None:
            continue
        near = [
            link
            for line in dict.fromkeys(m[1] for m in sentence.marks)
            for link in links.get(line, ())
        ]
        for link in near:
            if (
                hub_model(link.target)
                and is_model(link.text)
                and sentence.text.find(link.text) >= match.start()
            ):
                found.append(Witness(link.text, 2, link.line, link.column, "text"))
                break
    found.extend(
        Witness(use.name, 2, use.line, use.column, "recipe")
        for use in used
        if use.context == "creation" and "/" in use.name and is_model(use.name)
    )
    for table in views:
        names = [
            (column.name.split(" ")[0], column.at)
            for column in table.of("score")
            if is_model(column.name.split(" ")[0])
        ]
        for name, index in names[:1]:
            cell = table.table.heading_cell(index)
            if cell is not None and len(names) > 1 and not name_of(name).quantized:
                found.append(Witness(name, 2, cell.line, cell.column, "table"))
    return found


def links_by_line(document: Document) -> dict[int, list[Link]]:
    """The links of each line, at most fifty of one."""
    found: dict[int, list[Link]] = {}
    for link in document.links:
        kept = found.setdefault(link.line, [])
        if len(kept) < LINKS:
            kept.append(link)
    return found


HUB = re.compile(
    r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/+(?!datasets/|spaces/|docs/|blog/|papers/|"
    r"collections/|organizations/|models\b)([^/\s?#]+)(?:/([^/\s?#]+))?(/[^\s?#]+)?"
)


def hub_model(target: str) -> tuple[str, str, str] | None:
    """Organisation, name and rest of a link to a model on the Hub; an empty organisation if it has
    one part.
    """
    match = HUB.match(target)
    if match is None:
        return None
    if match[2] is None:
        return "", match[1], ""
    return match[1], match[2], match[3] or ""


def _elect(
    witnesses: Sequence[Witness], scheme: Scheme | None, bases: Sequence[str]
) -> Name | None:
    """The name most witnesses give; the base model's name does not count where another is given."""
    votes: Counter[str] = Counter()
    names: dict[str, Name] = {}
    base_keys = {key_of(name_of(text).name) for text in bases}
    sources: dict[str, set[str]] = {}
    for witness in witnesses:
        name = name_of(witness.text)
        if not name.name:
            continue
        weight = witness.weight
        kinds = sources.setdefault(name.key, set())
        if witness.source == "command" and "command" in kinds and votes[name.key] >= 4:
            continue
        kinds.add(witness.source)
        named = schemes(name.suffix.replace("_", "-"))
        if scheme is not None and named and not any(agree(scheme, s) for s in named):
            weight = 0
        if name.key in base_keys:
            weight = 0 if witness.source == "command" else min(weight, 1)
        votes[name.key] += weight
        kept = names.get(name.key)
        if kept is None or (witness.source in ("title", "file") and "-" in name.name):
            names[name.key] = name
    if not votes:
        return None
    if bases:
        origins = [name_of(text) for text in bases]
        for key in list(votes):
            if not any(same_base(names[key], origin) for origin in origins):
                votes[key] -= 2
    key, count = votes.most_common(1)[0]
    return names[key] if count > 0 else None


def _elect_base(witnesses: Sequence[Witness]) -> Name | None:
    votes: Counter[str] = Counter()
    names: dict[str, Name] = {}
    for witness in witnesses:
        name = name_of(witness.text)
        if name.key:
            votes[name.key] += witness.weight
            if name.key not in names or (name.organisation and not names[name.key].organisation):
                names[name.key] = name
    if not votes:
        return None
    ranked = votes.most_common(2)
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        own = [name_of(w.text) for w in witnesses if w.source == "own"]
        for key, _ in ranked:
            if any(same(names[key], other) for other in own):
                return names[key]
    return names[ranked[0][0]]


def _schemes(document: Document, title: str, own: Sequence[Witness]) -> list[Said]:
    """Every place that says which scheme this model's weights have."""
    found: list[Said] = []

    def add(text: str, weight: int, line: int, column: int, source: str) -> None:
        named = schemes(text.replace("_", "-"))
        if named:
            found.append(Said(named[0], weight, line, column + named[0].offset, source))

    heading = next((s for s in document.sections if s.level == 1), None)
    if heading is not None:
        add(title, 2, heading.line, heading.column, "title")
    if document.front is not None:
        for entry in document.front.values("tags"):
            add(entry.value, 1, entry.line, entry.column, "tags")
    counted: Counter[str] = Counter()
    for witness in own:
        if witness.source in ("command", "file", "table"):
            key = key_of(name_of(witness.text).name)
            counted[key] += 1
            if counted[key] <= 2:
                add(witness.text, 1, witness.line, witness.column, witness.source)
    for sentence in document.sentences[:400]:
        field = FIELD.match(sentence.text)
        if field:
            if field["weights"]:
                add(sentence.text, 2, sentence.line, sentence.column, "overview")
        elif QUANTIZER.search(sentence.text):
            for match in DATA_TYPE.finditer(sentence.text):
                word = match[match.lastindex or 0]
                if (
                    "KV" not in sentence.text
                    and "activations are" not in sentence.text[: match.start()]
                ):
                    line, column = sentence.place(match.start(match.lastindex or 0))
                    add(word, 2 if match[1] or match["russian"] else 1, line, column, "text")
    for number, fence in enumerate(document.fences):
        if number > 60:
            break
        for match in CODE_SCHEME.finditer(fence.text[:100_000]):
            line = fence.line + fence.text.count("\n", 0, match.start(1))
            start = fence.text.rfind("\n", 0, match.start(1)) + 1
            add(match[1], 2, line, match.start(1) - start + 1, "code")
        if QUANTIZER.search(fence.text[:100_000]):
            for match in SAVED.finditer(fence.text[:100_000]):
                line = fence.line + fence.text.count("\n", 0, match.start(1))
                start = fence.text.rfind("\n", 0, match.start(1)) + 1
                add(match[1], 1, line, match.start(1) - start + 1, "saved name")
    return found


def _majority(said: Sequence[Said]) -> Scheme | None:
    """The scheme that the greater part of the places agrees with; none where there is no such."""
    total = sum(item.weight for item in said)
    best: tuple[int, Scheme] | None = None
    for item in said:
        count = sum(other.weight for other in said if agree(item.scheme, other.scheme))
        if (
            best is None
            or count > best[0]
            or (count == best[0] and item.scheme.type and not best[1].type)
        ):
            best = (count, item.scheme)
    if best is None or best[0] * 5 < total * 3:
        return None
    return best[1]
