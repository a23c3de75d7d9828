"""Quantization schemes as cards write them: FP8, INT4, W8A8, NVFP4, 4-bit.

Owns what a word says of the weights' type and bits, and which words can stand for one scheme.
"""

from __future__ import annotations

import re
from typing import NamedTuple

WORD = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<w>[wW])(?P<wb>\d{1,2})[aA](?P<ab>\d{1,2})|"
    r"[wW](?P<gb>\d{1,2})[gG]\d{1,4}|"
    r"(?P<nv>NVFP4|nvfp4|NvFP4)(?:[aA]16)?|(?P<mx>MXFP|mxfp)(?P<mb>[468])|"
    r"(?P<fp>FP|fp|Fp)[-_ ]?(?P<fb>[468])|(?P<int>INT|int|Int)[-_ ]?(?P<ib>[2348]))"
    r"(?![0-9])(?![A-Za-z]{3,}(?<!dynamic)(?<!DYNAMIC))"
)


class Scheme(NamedTuple):
    """The weights' bits, and their type where the word says it (`int`, `float`, or empty)."""

    text: str
    bits: int
    type: str
    offset: int
    activation_bits: int = 0


def schemes(text: str) -> list[Scheme]:
    """The schemes that a text names, in order; 16 bits and more are no quantization."""
    found: list[Scheme] = []
    for match in WORD.finditer(text):
        if match["wb"]:
            bits, kind, activation = int(match["wb"]), "", int(match["ab"])
        elif match["gb"]:
            bits, kind, activation = int(match["gb"]), "int", 0
        elif match["nv"]:
            bits, kind, activation = 4, "float", 0
        elif match["mb"]:
            bits, kind, activation = int(match["mb"]), "float", 0
        elif match["fb"]:
            bits, kind, activation = int(match["fb"]), "float", 0
        else:
            bits, kind, activation = int(match["ib"]), "int", 0
        if bits < 16:
            found.append(Scheme(match[0], bits, kind, match.start(), activation))
    return found


def agree(one: Scheme, other: Scheme) -> bool:
    """Whether two words can stand for one scheme: same bits, and no different types."""
    return one.bits == other.bits and (not one.type or not other.type or one.type == other.type)
