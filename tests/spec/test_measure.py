"""card.yaml's `measure` and its named plans: merged key by key, mistakes told where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardgen.errors import CardgenError
from cardgen.spec.load import find_project, load_card
from cardgen.spec.plan import Measure

CARD = "kind: quantized\ntitle: T\nmodel: a/b\nbase_model: a/c\n"
SECTION = """\
measure:
  accelerator: cpu
  repeats: 3
  models: {a/c: models/c}
  accuracy: {tasks: [piqa, arc_easy], concurrency: 4}
  serving: {scenarios: [chat, rag]}
"""


def measure(root: Path, text: str) -> Measure:
    """The section of a card of this text."""
    folder = root / "cards" / "x"
    folder.mkdir(parents=True)
    (folder / "card.yaml").write_text(CARD + text)
    found = load_card(find_project(root), "x").measure
    assert found is not None
    return found


def test_a_named_plan_overrides_parts(tmp_path: Path) -> None:
    """Mappings key by key; lists, numbers and null take the place of what was."""
    section = measure(
        tmp_path,
        SECTION + "  plans:\n    quick: {repeats: 1, accuracy: {tasks: [piqa]}, serving: null}\n",
    )
    quick = section.plan("quick")
    assert (section.repeats, quick.repeats) == (3, 1)
    assert quick.accuracy is not None
    assert [task.name for task in quick.accuracy.tasks] == ["piqa"]
    assert quick.accuracy.concurrency == 4
    assert quick.serving is None
    assert section.serving is not None
    assert quick.models == section.models
    assert quick.plans == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("measure: {repeats: 0}\n", ":5:20: /measure/repeats"),
        ("measure: {servin: {}}\n", "did you mean 'serving'?"),
        ("measure: {models: {a/c: /data/c}}\n", "a path inside the project"),
        ("measure: {models: {a/c: ../c}}\n", "a path inside the project"),
        ('measure: {trust_remote_code: "true"}\n', "true or false"),
        ("measure: {accelerator: gpu}\n", "'cpu' or 'cuda'"),
        (
            SECTION + "  plans:\n    quick:\n      repeats: none\n",
            ":13:16: /measure/plans/quick/repeats",
        ),
        (SECTION + "  plans:\n    quick: {repeat: 1}\n", "did you mean 'repeats'?"),
        (
            SECTION + "  plans:\n    quick:\n      accuracy:\n        tasks: []\n",
            ":14:16: /measure/plans/quick/accuracy/tasks",
        ),
        (SECTION + "  plans: {quick: 1}\n", "/measure/plans/quick"),
    ],
)
def test_mistakes_have_their_place(tmp_path: Path, text: str, said: str) -> None:
    """Line and field, in a named plan too, with a suggestion for a misspelt key."""
    with pytest.raises(CardgenError) as problem:
        measure(tmp_path, text)
    assert said in str(problem.value)
