"""The usage snippet: executed where a run ran this very text, else reconstructed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samples_cards import BASE, MODEL, card, run, serving

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


UNNAMED = "from vllm import LLM\nprint('any model')\n"
"""A project's own template need not name the model."""


@pytest.mark.parametrize(
    ("models", "status"),
    [
        ([MODEL], "executed"),
        (["example/old-name"], "executed"),
        ([BASE], "reconstructed"),
        (["example/sibling"], "reconstructed"),
        ([BASE, MODEL], "executed"),
    ],
)
def test_a_snippet_that_ran_with_another_model_was_not_executed_with_this_one(
    tmp_path: Path, models: list[str], status: str
) -> None:
    """A card has runs of its base model, and of the cards that it uses."""
    folder = tmp_path / "templates" / "code"
    folder.mkdir(parents=True)
    (folder / "vllm.py.j2").write_text(UNNAMED)
    ran = Usage(code=UNNAMED, output="A circle.")
    runs = run(*(serving(model, latency_s=1.0) for model in models), usage=ran)
    found = card(runs, root=tmp_path, deployment=PROMPT, aliases={"example/old-name": MODEL})
    snippet = snippets.usage(found, folder.parent)
    assert snippet is not None
    assert (snippet.status, snippet.output is None) == (status, status == "reconstructed")
