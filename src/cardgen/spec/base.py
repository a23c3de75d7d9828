"""What every part of card.yaml and cardgen.yaml is made of: closed models and their field types."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from cardgen.records.base import LARGEST, PRINTABLE


def _repo(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", name):
        raise ValueError("a Hub repository: organisation/name, of letters, digits, '-', '_', '.'")
    return name


def _language(code: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", code):
        raise ValueError("a language code such as en or ru")
    return code


Repo = Annotated[str, AfterValidator(_repo)]
LanguageCode = Annotated[str, AfterValidator(_language)]
LONGEST_NAME = 300
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=PRINTABLE)]
Whole = Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST)]
Positive = Annotated[int, Field(strict=True, ge=1, le=LARGEST)]
Localized = Name | Annotated[dict[LanguageCode, Name], Field(min_length=1)]
"""One text for every language, or a text a language."""


class Specification(BaseModel):
    """A closed model: a misspelt key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


def localized(text: Localized, language: str) -> str:
    """The text in a language, else in English, else in whichever language comes first."""
    if isinstance(text, str):
        return text
    return text.get(language) or text.get("en") or next(iter(text.values()))
