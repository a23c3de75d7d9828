"""A card whose model was not made: it says so and why, in both languages, and claims nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from language.reading import differences
from samples_cards import BASE, RELAXED, call, card, quantization, run, scores, write_card
from samples_pages import hostile, page, plain

from cardgen.card import Card
from cardgen.explain import cells
from cardgen.language import language
from cardgen.records import Outcome, Provenance, Tool, Usage
from cardgen.render import card as rendering
from cardgen.render import escape, snippets

REASON = "3 names in ignore say no layer"
ATTEMPT: dict[str, Any] = {
    "method": "compressed-tensors",
    "size_bytes": 781_568,
    "base_size_bytes": 1_510_656,
    "code": {"text": "oneshot(model)"},
    "activation_dtype": "BF16",
}
CLAIMS = {
    "en": ("was obtained by", "Weight quantization", "was created with", "Size of the tensors:"),
    "ru": ("Модель получена", "Квантование весов:", "Модель создана", "Размер тензоров:"),
}


def attempted(outcome: Outcome = "failed", *, more: Any = (), **spec: Any) -> Card:
    """A card whose one quantization has this outcome."""
    reason = {"reason": REASON} if outcome != "measured" else {}
    found = run(quantization(outcome=outcome, **reason, **ATTEMPT))
    shown = {"deployment": {"minimum_version": "0.9"}, "tags": ["own"], **spec}
    return card(found, *more, **shown)


def text(found: Card, code: str = "en") -> str:
    return rendering.text(rendering.gather(found), language(code), {})


def header(found: Card) -> dict[str, Any]:
    """The metadata of the card."""
    data = pyyaml.safe_load(text(found).split("---\n")[1])
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize("code", ["en", "ru"])
@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_the_card_says_that_there_is_no_model_and_why(outcome: Outcome, code: str) -> None:
    """In the overview, with the reason below, and under `Creation`."""
    told = {
        ("failed", "en"): "Quantization to W4A16 failed",
        ("skipped", "en"): "Quantization to W4A16 was skipped",
        ("failed", "ru"): "Квантование в W4A16 не удалось",
        ("skipped", "ru"): "Квантование в W4A16 пропущено",
    }[outcome, code]
    found = text(attempted(outcome), code)
    assert found.count(told) == 3
    assert found.count(f"{told}: {REASON}") == 1
    assert not [claim for claim in CLAIMS[code] if claim in found]


@pytest.mark.parametrize("code", ["en", "ru"])
def test_a_card_whose_model_was_made_says_so(code: str) -> None:
    """The same words are claims where they are true."""
    found = text(attempted("measured"), code)
    assert [claim for claim in CLAIMS[code] if claim not in found] == []
    assert "781.57 kB" in found


def test_both_languages_hold_the_same_numbers() -> None:
    found = attempted(more=[scores()], kind="both", languages=["en", "ru"])
    assert differences(text(found), text(found, "ru"), "ru", locale_numbers=False) == []


@pytest.mark.parametrize(
    "sections",
    [
        ["overview"],
        ["optimizations"],
        ["creation"],
        ["overview", "creation"],
        ["creation", "optimizations"],
        ["overview", "optimizations", "creation", "methods"],
        ["accuracy", "methods"],
        ["deployment", "methods"],
    ],
)
@pytest.mark.parametrize("kind", ["quantized", "benchmark", "both"])
def test_the_reason_stands_once_whatever_the_card_shows(sections: list[str], kind: str) -> None:
    found = text(attempted(sections=sections, kind=kind))
    assert found.count(REASON) == 1


def test_what_was_attempted_is_shown_as_that() -> None:
    """Settings, bytes and the code that ran, each under words that say what they are of."""
    found = text(attempted())
    assert "What was attempted:" in found
    assert "- **Weights:** 4 bits, strategy `group`, group size 128" in found
    assert "tensors that the attempt wrote:** 781.57 kB (1.51 MB before)" in found
    code = found.partition("<summary>Code of the attempt that failed</summary>")[2]
    assert code.index("As executed: this is what ran.") < code.index("oneshot(model)")


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_no_code_is_rebuilt_for_a_model_that_was_not_made(outcome: Outcome) -> None:
    """Nothing ran, or nobody knows what: there is nothing to show."""
    bare = run(quantization(outcome=outcome, reason=REASON))
    assert snippets.creation(card(bare), None) is None
    assert snippets.creation(card(run(quantization())), None) is not None


def test_the_header_claims_nothing() -> None:
    """Neither scheme nor engine nor a base model, of which the Hub would make a relation."""
    found = header(attempted())
    assert found["tags"] == ["own"]
    assert not {"base_model", "base_model_relation"} & found.keys()
    made = header(attempted("measured"))
    assert made["tags"] == ["own", "vllm", "w4a16", "int4", "compressed-tensors"]
    assert (made["base_model"], made["base_model_relation"]) == (BASE, "quantized")


def test_the_snippet_that_would_load_it_is_left_out() -> None:
    """Unless a run executed it: then there is a model after all."""
    found = attempted()
    assert "LLM(" not in text(found)
    assert "The snippet is left out: no quantization of this model succeeded." in text(found)
    snippet = snippets.usage(found, None)
    assert snippet is not None
    ran = Usage(code=snippet.code, output="A red circle.")
    provenance = Provenance(origin="measured", tool=Tool(name="a tool"), usage=ran)
    used = run(*scores().measurements).model_copy(update={"provenance": provenance})
    assert "LLM(" in text(attempted(more=[used]))


def test_the_bytes_of_an_attempt_are_no_size_of_the_model() -> None:
    """They can be traced, by a name of their own."""
    addresses = cells(rendering.gather(attempted()))
    assert {name for name in addresses if name.startswith("size/")} == {"size/attempt", "size/base"}
    made = cells(rendering.gather(attempted("measured")))
    assert {name for name in made if name.startswith("size/")} == {"size/quantized", "size/base"}


def test_a_failure_before_the_settings_were_known() -> None:
    """A record that knows the scheme only makes a whole card."""
    bare = run(quantization(outcome="failed", reason=REASON, weights=None, calibration=None))
    found = text(card(bare))
    assert f"Quantization to W4A16 failed: {REASON}" in found
    assert "**Weights:**" not in found


def test_another_scheme_that_failed_is_told_beside_the_one_that_was_made() -> None:
    failed = run(quantization(scheme="W8A8", outcome="failed", reason=REASON))
    for order in ((failed, run(quantization(**ATTEMPT))), (run(quantization(**ATTEMPT)), failed)):
        found = card(*order)
        assert "was obtained by quantizing" in text(found)
        below = text(found).partition("What was not measured or recorded")[2]
        assert f"- Quantization to W8A8 failed: {REASON}\n" in below
        assert header(found)["tags"] == ["w4a16", "int4", "compressed-tensors"]


@settings(RELAXED)
@given(hostile)
def test_any_reason_is_text(reason: str) -> None:
    """Whatever a tool said shows as it was said and changes nothing around it."""
    found = card(run(quantization(outcome="failed", reason=reason.strip()[:290], **ATTEMPT)))
    made = page(text(found))
    assert made.nesting == []
    usual = page(text(attempted(deployment=None, tags=[])))
    assert made.tags == usual.tags
    assert plain(escape.visible(reason.strip()[:290])) in plain(made.text)


def test_build_warns(tmp_path: Path) -> None:
    """With the run file and the reason; the card that was written is up to date."""
    write_card(tmp_path, "tiny", run(quantization(outcome="failed", reason=REASON)))
    done = call(tmp_path, "build", "tiny")
    assert done.code == 0
    told = f"tiny: warning: cards/tiny/runs/0.json: Quantization to W4A16 failed: {REASON}"
    assert told in done.err.splitlines()
    assert call(tmp_path, "build", "tiny", "--check").code == 0
