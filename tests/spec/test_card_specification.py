"""What card.yaml may say: defaults, orders, and rules over several keys."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from cardgen.spec import card as module
from cardgen.spec.base import Localized, localized
from cardgen.spec.card import BENCHMARK, BOTH, QUANTIZED, CardSpecification

LEAST: dict[str, Any] = {"kind": "benchmark", "title": "t", "model": "org/model"}


def specification(**more: Any) -> CardSpecification:
    """A card with little in it."""
    return CardSpecification.model_validate({**LEAST, **more})


def test_three_keys_make_a_card() -> None:
    """Everything else has a default, or no value."""
    found = specification()
    assert found.languages == ("en", "ru")
    assert found.runs == "runs"
    assert found.prefer == ("measured", "imported", "transcribed")
    assert (found.plots, found.numbers) == ("svg", None)
    assert found.accuracy.average_recovery == "ratio-of-averages"


@pytest.mark.parametrize(
    ("kind", "order"), [("quantized", QUANTIZED), ("benchmark", BENCHMARK), ("both", BOTH)]
)
def test_each_kind_has_its_order_of_sections(kind: str, order: tuple[str, ...]) -> None:
    """Without `sections` the kind's own order holds; with it, what it says."""
    assert specification(kind=kind, base_model="b").ordered_sections == order
    given = ["methods", "overview"]
    found = specification(kind=kind, base_model="b", sections=given)
    assert found.ordered_sections == tuple(given)


def test_a_card_of_both_kinds_has_every_section_once() -> None:
    """Nothing that either kind shows is left out."""
    assert set(BOTH) == set(get_args(module.Section))
    assert len(set(BOTH)) == len(BOTH)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"kind": "quantized"}, "the `base_model` of a quantized card"),
        ({"license": "other"}, "a `license_name` where the licence is `other`"),
        ({"languages": []}, "at least one language"),
        ({"languages": ["en", "en"]}, "each of `languages` once, found 'en' again"),
        ({"sections": ["overview", "overview"]}, "each of `sections` once"),
        ({"prefer": ["measured", "measured"]}, "each of `prefer` once"),
        ({"languages": ["English"]}, "a language code such as en or ru"),
        ({"repo": "a/b/c"}, "a Hub repository"),
        ({"deployment": {"max_model_len": 0}}, "greater than or equal to 1"),
        ({"deployment": {"max_tokens": True}}, "valid integer"),
        ({"deployment": {"temperature": -0.1}}, "greater than or equal to 0"),
        ({"deployment": {"temperature": float("inf")}}, "finite number"),
        ({"accuracy": {"tasks": [{"task": "t", "n_shot": -1}]}}, "greater than or equal to 0"),
        ({"developers": {}}, "at least 1 item"),
        ({"developers": {"en": ""}}, "at least 1 character"),
        ({"title": "a\0b"}, "should match pattern"),
        ({"tags": ["x" * 301]}, "at most 300 characters"),
        ({"release_date": "soon"}, "valid date"),
    ],
    ids=str,
)
def test_what_card_yaml_may_not_say(more: dict[str, Any], words: str) -> None:
    """Each rule is told in words."""
    with pytest.raises(ValidationError, match=words):
        specification(**more)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("one", "ru", "one"),
        ({"en": "one", "ru": "один"}, "ru", "один"),
        ({"en": "one", "ru": "один"}, "de", "one"),
        ({"ru": "один"}, "en", "один"),
    ],
)
def test_localized(text: Localized, language: str, expected: str) -> None:
    """The language asked for, else English, else the first there is."""
    assert localized(text, language) == expected
