"""The usage snippet: executed where a run ran this very text, else reconstructed."""

from __future__ import annotations

from typing import Any

from samples_cards import card, run, serving

from cardgen.records import Usage
from cardgen.render import snippets

PROMPT: dict[str, Any] = {"prompt": "Which shape is this?"}


def shown(deployment: dict[str, Any], ran: Usage | None) -> snippets.Snippet:
    """The snippet of a card, one of whose runs ran `ran`."""
    found = card(run(serving(latency_s=1.0), usage=ran), deployment=deployment)
    snippet = snippets.usage(found, None)
    assert snippet is not None
    return snippet


def test_a_snippet_that_nobody_ran_is_reconstructed() -> None:
    assert (shown(PROMPT, None).status, shown(PROMPT, None).output) == ("reconstructed", None)


def test_a_snippet_that_ran_is_shown_with_what_it_printed() -> None:
    code = shown(PROMPT, None).code
    snippet = shown(PROMPT, Usage(code=code, output="A circle."))
    assert (snippet.code, snippet.status, snippet.output) == (code, "executed", "A circle.")


def test_a_snippet_that_changed_since_it_ran_is_reconstructed_again() -> None:
    code = shown(PROMPT, None).code
    snippet = shown({**PROMPT, "max_tokens": 7}, Usage(code=code, output="A circle."))
    assert (snippet.status, snippet.output) == ("reconstructed", None)
