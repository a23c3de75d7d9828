"""What a published card says of its model beside the tables: header, list of facts, snippets."""

from __future__ import annotations

import re
from datetime import date

from cardgen.imports.redaction import without_tokens
from cardgen.publish.transcription.gathered import Gathered, plain, short
from cardgen.publish.transcription.printed import Data
from cardgen.published import Document
from cardgen.records import QuantizationMeasurement

FACT = re.compile(r"\s*[-*+]\s+\*\*(?P<name>[^*:]{1,60}):?\s*\*\*\s*:?\s*(?P<value>.*?)\s*$")
ID = r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}"
NAME = rf"{ID}|[A-Za-z0-9][\w.-]{{2,95}}"
ASIDE = re.compile(r"\s*\([^()]*\)\s*$")
VERSION_OF = re.compile(
    rf"quantized version of \[[^\]]*\]\(https://huggingface\.co/({ID})/?\)", re.I
)
SCHEME = re.compile(
    r"w(?:\d+)a(?:\d+)(?:[-_.]?fp\d)?|fp8[-_]?(?:dynamic|block)?|nvfp4|mxfp4|int[48]", re.I
)
DATES = (
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})"), (3, 1, 2)),
    (re.compile(r"(\d{4})-(\d{2})-(\d{2})"), (1, 2, 3)),
)
KINDS = (
    ("image", r"vision|image|изображ"),
    ("video", r"video|видео"),
    ("audio", r"audio|speech|аудио"),
    ("text", r"text|текст"),
)
NAMES = {
    "release_date": r"release date|дата выпуска|дата выхода",
    "version": r"version|версия",
    "developers": r"model developers?|developers?|разработчики(?: модели)?",
    "inputs": r"input|вход",
    "outputs": r"output|выход",
}
GENERATED = (
    r"model(?: architecture)?|architecture|модель|архитектура(?: модели)?|model optimizations|"
    r"оптимизации модели|weight quantization|activation quantization|квантование \w+|licen[sc]e.*|"
    r"лицензия"
)
"""Facts that a build writes from elsewhere: they are no words of the card's own."""


def is_fact(line: str) -> bool:
    """Whether the line is one of the list of facts that `read` takes or a build writes."""
    found = FACT.match(line)
    return found is not None and any(
        re.fullmatch(pattern, found["name"].strip(), re.I)
        for pattern in (*NAMES.values(), GENERATED)
    )


def title(document: Document) -> str | None:
    """The card's first heading."""
    first = next((s.title for s in document.sections if s.level == 1), None)
    return first or (document.sections[0].title if document.sections else None)


def model_names(document: Document, repository: str | None) -> tuple[str, str | None]:
    """The model's full name and its base model's, as far as the card says them."""
    heads = [
        ASIDE.sub("", " ".join(table.heading(column))).strip()
        for table in document.tables
        for column in range(table.width)
    ]
    heads = [head for head in dict.fromkeys(heads) if re.fullmatch(NAME, head)]
    name = repository or title(document) or "model"
    if repository and not any(plain(short(repository)) in plain(x) for x in document.lines):
        # A repository under another name than the card's model.
        name = next((head for head in heads if SCHEME.search(head)), repository)
    elif "/" not in name:
        if not SCHEME.search(name):
            name = next((head for head in heads if SCHEME.search(head)), name)
        wanted = plain(short(name))
        ids = (found for line in document.lines for found in re.findall(ID, line))
        name = next((found for found in ids if plain(short(found)) == wanted), name)
        name = re.sub(r"[^\w./-]+", "-", name).strip("-./") or "model"
    return name, _base(document, name, heads)


def _base(document: Document, name: str, heads: list[str]) -> str | None:
    """The base model: of the header, of the sentence that names it, or the shorter column."""
    own = plain(short(name))
    said = (match[1] for line in document.lines if (match := VERSION_OF.search(line)))
    columns = (head for head in heads if own.startswith(plain(short(head))))
    for found in (_one(document, "base_model"), *said, *columns):
        if found and plain(short(found)) != own:
            return found
    return None


def _one(document: Document, key: str) -> str | None:
    values = document.front.values(key) if document.front else ()
    return values[0].value if values else None


def _all(document: Document, key: str) -> list[str]:
    return [entry.value for entry in document.front.values(key)] if document.front else []


def read(document: Document, gathered: Gathered) -> None:
    """Put what the card says of its model into the specification."""
    found = gathered.specification
    found["title"] = (title(document) or short(gathered.model)).strip()
    found["model"] = gathered.model
    if gathered.base_model:
        found["base_model"] = gathered.base_model
    for key in ("license", "license_name", "license_link", "library_name", "pipeline_tag"):
        value = _one(document, key)
        if value:
            found[key] = value
    if found.get("license") == "other" and "license_name" not in found:
        del found["license"]
    for key, name in (("tags", "tags"), ("datasets", "datasets"), ("language", "model_languages")):
        values = _all(document, key)
        if values:
            found[name] = list(dict.fromkeys(values))
    for line in document.lines:
        fact = FACT.match(line)
        if fact is None:
            continue
        for key, pattern in NAMES.items():
            said = _fact(key, fact["value"])
            if re.fullmatch(pattern, fact["name"].strip(), re.I) and said and key not in found:
                found[key] = said
    _deployment(document, found)


def _fact(key: str, value: str) -> object:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", value).strip(" .")
    if key == "release_date":
        for pattern, order in DATES:
            if match := pattern.fullmatch(words):
                year, month, day = (int(match[number]) for number in order)
                try:
                    return date(year, month, day).isoformat()
                except ValueError:
                    return None
        return None
    if key in ("inputs", "outputs"):
        return [kind for kind, pattern in KINDS if re.search(pattern, words, re.I)]
    return words


def _deployment(document: Document, found: Data) -> None:
    code = next((f.text for f in document.fences if re.search(r"\bLLM\(", f.text)), None)
    if code is None:
        return
    deployment: Data = {"engine": "vLLM"}
    for key, pattern in (
        ("max_model_len", r"max_model_len\s*=\s*(\d+)"),
        ("max_num_seqs", r"max_num_seqs\s*=\s*(\d+)"),
        ("max_tokens", r"max_tokens\s*=\s*(\d+)"),
    ):
        if match := re.search(pattern, code):
            deployment[key] = int(match[1])
    if match := re.search(r"temperature\s*=\s*(\d+(?:\.\d+)?)", code):
        deployment["temperature"] = float(match[1])
    if re.search(r"trust_remote_code\s*=\s*True", code):
        deployment["trust_remote_code"] = True
    for line in document.lines:
        if match := re.search(r"vLLM\s*(?:>=|≥)\s*v?(\d[\d.]*\d)", line):
            deployment["minimum_version"] = match[1]
            break
    found["deployment"] = deployment


def quantization(document: Document, gathered: Gathered) -> None:
    """The record of how the model was quantized, as far as name and creation code say it."""
    scheme = SCHEME.search(short(gathered.model))
    if gathered.base_model is None or scheme is None:
        return
    data: Data = {
        "kind": "quantization",
        "model": gathered.model,
        "base_model": gathered.base_model,
        "scheme": scheme[0].upper().replace("-", "_"),
    }
    found = next(
        (f for f in document.fences if "oneshot(" in f.text or "quantize_config" in f.text), None
    )
    if found is not None:
        language = found.language if re.fullmatch(r"[\w+-]{1,20}", found.language) else "python"
        data["code"] = {"language": language, "text": without_tokens(found.text)}
        data |= _recipe(found.text)
    gathered.add(QuantizationMeasurement, data, found.line if found else 1)


def _recipe(code: str) -> Data:
    """What a creation program says of its recipe in so many words."""
    found: Data = {}
    if "GPTQModifier" in code:
        found["algorithm"] = "GPTQ"
    if match := re.search(r"\bdampening_frac\s*=\s*(\d+(?:\.\d+)?)", code):
        found["dampening_frac"] = float(match[1])
    bits = re.search(r"\bnum_bits\s*=\s*(\d+)", code)
    group = re.search(r"\bgroup_size\s*=\s*(\d+)", code)
    strategy = re.search(r"\bstrategy\s*=\s*[\"']?(?:QuantizationStrategy\.)?(\w+)", code)
    if bits and (strategy or group):
        kind = re.search(r"\btype\s*=\s*[\"']?(?:QuantizationType\.)?(int|float)\b", code, re.I)
        found["weights"] = {
            "num_bits": int(bits[1]),
            "type": kind[1].lower() if kind else "int",
            "strategy": strategy[1].lower() if strategy else "group",
            **({"group_size": int(group[1])} if group else {}),
        }
    for key, pattern in (("targets", r"\btargets\s*=\s*\[?([^\]\n)]*)"), ("ignore", r"\bignore\s*=\s*\[([^\]]*)")):  # fmt: skip  # noqa: E501
        if match := re.search(pattern, code):
            names = re.findall(r"[\"']([^\"'\n]+)[\"']", match[1])
            if names:
                found[key] = names
    return found
