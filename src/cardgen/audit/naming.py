"""Names of models: what is a name, its family, its size, its quantization suffix.

Owns comparing names. Case, organisation and separators do not tell two models apart; tokens do.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

ID = re.compile(r"(?<![\w./-])([A-Za-z0-9][\w.-]{0,95})/([A-Za-z0-9][\w.-]{1,95})(?![\w/-])")
BARE = re.compile(
    r"(?<![\w./-])([A-Za-z][A-Za-z0-9.]{0,40}(?:[-_][A-Za-z0-9.]{1,40}){1,14})(?![\w/-])"
)
SIZE = re.compile(r"(?<![A-Za-z0-9.])((?:\d{1,3}x)?\d{1,4}(?:\.\d{1,2})?)[bBmM](?![A-Za-z])")
TOKEN = re.compile(r"\d+(?:\.\d+)*|[a-z]+")

SUFFIX = re.compile(
    r"[-_.](?:"
    r"quantized[-_.]w\d+a\d+(?:fp)?|quantized|w\d{1,2}a\d{1,2}(?:-?(?:g\d+|asym|sym|fp8|int8|"
    r"kv\w*))*|w\d{1,2}g\d{1,4}|"
    r"nvfp4(?:a16)?|mxfp[468](?:a\d+)?|fp[48](?:[-_]?(?:dynamic|static|block|kv|tensor|"
    r"channel))*|fp4|"
    r"int[2348](?:[-_]?(?:sym|asym|inc|awq|gptq|autoround|w\d+a\d+))*|"
    r"awq|gptq|gguf|exl2|hqq|bnb|autoround|auto[-_]round|bitsandbytes|quark|ptq|modelopt|"
    r"[2348][-_]?bits?|q\d(?:[-_][0-9k])?(?:[-_][sml])?|ud|inc|dynamic|static|kv|g\d{2,4}|sym|asym|"
    r"gs\d+|speculator(?:[-.]\w+)?|eagle\d?|dflash|mtp|imatrix|ov|openvino|onnx|mlx|unsloth|"
    r"optimized|compressed|sparse|pruned[-_.]?\d*|2of4"
    r")$",
    re.I,
)
SPECULATOR = re.compile(r"speculator|eagle\d?\b|dflash|draft|medusa", re.I)


class Name(NamedTuple):
    """A model's name: as written, without organisation; its key, and the key without suffix."""

    text: str
    organisation: str
    name: str
    key: str
    base: str
    suffix: str

    @property
    def size(self) -> str:
        """The size in its name, as 8b, or nothing."""
        return size_of(self.name)

    @property
    def quantized(self) -> bool:
        """Whether the name has a suffix of quantization or of a derived kind."""
        return bool(self.suffix)


def key_of(text: str) -> str:
    """A name in small letters with one kind of separator."""
    return re.sub(r"[-_\s.]+", "-", text.lower()).strip("-")


@lru_cache(maxsize=4096)
def name_of(text: str) -> Name:
    """The parts of a name or an id `org/name`."""
    clean = text.strip().strip("/.,:;\"'`()[]")
    organisation, _, name = clean.rpartition("/")
    stem = name
    for _ in range(6):
        match = SUFFIX.search(stem)
        if match is None or match.start() < 2:
            break
        stem = stem[: match.start()]
    return Name(clean, organisation, name, key_of(name), key_of(stem), name[len(stem) :])


def size_of(name: str) -> str:
    """The first size in a name (8b, 1.5b, 8x7b), small letters; empty where it has none."""
    match = SIZE.search(name.replace("_", "-"))
    return f"{match[1]}b" if match else ""


def tokens(key: str) -> frozenset[str]:
    """The words and numbers of a key."""
    return frozenset(TOKEN.findall(key.replace("-", " ")))


def family(key: str) -> str:
    """The first word of a key: llama, qwen, gemma; what a maker puts before it is dropped."""
    words = [w for w in re.findall(r"[a-z]+", key) if w not in {"meta", "the", "ibm", "google"}]
    return words[0] if words else ""


def same(one: Name, other: Name) -> bool:
    """Whether two names mean the same model: same key, organisations aside."""
    return one.key == other.key


def same_base(one: Name, other: Name) -> bool:
    """Whether two names mean the same model but for quantization; a leading word may be missing."""
    longer, shorter = sorted((_bare(one.base), _bare(other.base)), key=len, reverse=True)
    if longer == shorter:
        return True
    return (
        len(shorter) >= 6
        and longer.endswith(f"-{shorter}")
        and longer.count("-") - shorter.count("-") <= 2
    )


def _bare(key: str) -> str:
    """A key without what repositories add: the format of the weights."""
    return key.removesuffix("-hf")


def is_model(text: str) -> bool:
    """Whether a bare text looks like a model's name: words joined by hyphens, with a number."""
    clean = text.strip()
    if len(clean) > 100 or " " in clean or "://" in clean:
        return False
    name = clean.rpartition("/")[2]
    return (
        bool(re.search(r"\d", name))
        and bool(re.search(r"[A-Za-z]{2}", name))
        and (
            bool(SIZE.search(name.replace("_", "-")))
            or bool(SUFFIX.search(name))
            or len(re.split(r"[-_]", name)) >= 3
        )
    )


def names_in(text: str) -> list[tuple[str, int]]:
    """Model names in a text with their offsets, ids first."""
    found: list[tuple[str, int]] = []
    taken: list[tuple[int, int]] = []
    if "/" in text:
        for match in ID.finditer(text):
            if is_model(match[2]):
                found.append((match[0], match.start()))
            taken.append(match.span())
    if "-" in text or "_" in text:
        for match in BARE.finditer(text):
            if any(low <= match.start() < high for low, high in taken):
                continue
            if is_model(match[1]) and SIZE.search(match[1].replace("_", "-")):
                found.append((match[1].rstrip("."), match.start()))
    return sorted(found, key=lambda item: item[1])
