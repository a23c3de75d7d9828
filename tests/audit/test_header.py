"""The header of somebody else's card: what the Hub would refuse is told with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardgen.audit import Finding, audit
from cardgen.audit.rules import metadata

GOOD = """\
license: mit
language: [en, ru]
library_name: transformers
tags:
- fp8
base_model:
- org/Base
datasets:
- org/data
new_version: org/Newer
model-index:
- name: x
  results:
  - task:
      type: text-generation
    dataset:
      name: GSM8K
      type: openai/gsm8k
    metrics:
    - type: acc
      value: 0.5
"""


def told(header: str) -> list[Finding]:
    """What is said of a card with this header, of its header alone."""
    found = audit(f"---\n{header}---\n# A card\n\nText.\n")
    return [finding for finding in found if finding.rule == "header"]


@pytest.mark.parametrize(
    "header",
    [
        GOOD,
        "license: mit\n",
        "# nothing but a remark\n",
        "license: mit\ntags:\nquantized_by: somebody\ninference: false\n",
        "license: other\n",
        "x: &a [1]\ny: *a\n",
    ],
    ids=["whole", "short", "empty", "an empty field", "a licence without a name", "an alias"],
)
def test_what_the_hub_takes_is_left_in_peace(header: str) -> None:
    """With a loss too: a missing library or licence is no fault of a card."""
    assert told(header) == []


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


FAULTS: dict[str, tuple[str, int, str]] = {
    "levels without end": (f"x: 1\ntags:\n  {'- ' * 50_000}x\n", 4, "recursion limit"),
    "a null data set": (changed("- org/data", "- null"), 10, '"datasets[0]" must be a string'),
    "an empty item": (changed("- org/data", "-"), 10, '"datasets[0]" must be a string'),
    "a null tag": (changed("- fp8", "- fp8\n- ~"), 7, '"tags[1]" must be a string'),
    "a number among tags": (changed("- fp8", "- 8"), 6, '"tags[0]" must be a string'),
    "a null language": (changed("[en, ru]", "[en, null]"), 3, '"language[1]" must be a string'),
    "a null base model": (changed("- org/Base", "- null"), 8, '"base_model[0]" must be a string'),
    "metrics of null": (GOOD + "metrics: [null]\n", 23, '"metrics[0]" must be a string'),
    "two newer versions": (changed("org/Newer", "[a/b, a/c]"), 11, '"new_version" must be'),
    "a path for a base model": (changed("org/Base", "/data/base"), 8, "a path on a disk"),
    "a mapping for data sets": (changed("- org/data", "  a: b"), 9, '"datasets" must be an array'),
    "an unknown licence": (changed("mit", "mitt"), 2, 'Found "mitt"; did you mean "mit"?'),
    "a language's name": (changed("[en, ru]", "English"), 3, "lowercase"),
    "a result without a data set": (
        changed("    dataset:\n      name: GSM8K\n      type: openai/gsm8k\n", ""),
        15,
        '"model-index[0].results[0].dataset" is required',
    ),
    "a data set without a type": (
        changed("      type: openai/gsm8k\n", ""),
        17,
        '"model-index[0].results[0].dataset.type" is required',
    ),
    "a result without a task": (
        changed("  - task:\n      type: text-generation\n    dataset:", "  - dataset:"),
        15,
        '"model-index[0].results[0].task" is required',
    ),
    "a result without metrics": (
        changed("    metrics:\n    - type: acc\n      value: 0.5\n", ""),
        15,
        '"model-index[0].results[0].metrics" is required',
    ),
    "a metric without a value": (
        changed("      value: 0.5\n", ""),
        21,
        '"model-index[0].results[0].metrics[0].value" is required',
    ),
    "a metric of null": (
        changed("      value: 0.5\n", "      value: null\n"),
        22,
        '"model-index[0].results[0].metrics[0].value" is required',
    ),
    "a null metric": (
        changed("    - type: acc\n      value: 0.5\n", "    - null\n"),
        21,
        '"model-index[0].results[0].metrics[0]" must be of type object',
    ),
    "a null result": (
        changed("  results:\n", "  results:\n  - null\n"),
        15,
        '"model-index[0].results[0]" must be of type object',
    ),
    "a model without results": (
        "model-index:\n- name: x\n",
        3,
        '"model-index[0].results" is required',
    ),
    "a model-index that is no list": ("model-index: x\n", 2, '"model-index" must be an array'),
    "a list": ("- a\n- b\n", 2, "should be a dict"),
    "a key twice": ("license: mit\nlicense: mit\n", 3, "duplicate mapping key"),
    "an open bracket": ("license: mit\ntags: [a\n", 3, "no YAML"),
    "a tab": ("license: mit\n\ttags: a\n", 2, "no YAML"),
}


@pytest.mark.parametrize(("header", "line", "message"), FAULTS.values(), ids=FAULTS)
def test_what_the_hub_refuses_is_told_where_it_stands(header: str, line: int, message: str) -> None:
    found = told(header)
    assert [finding for finding in found if message in finding.message], found
    (finding, *_) = [finding for finding in found if message in finding.message]
    assert (finding.line, finding.severity) == (line, "warning")
    assert len(finding.message) < 400


def test_very_many_faults_are_the_first_ones() -> None:
    assert len(told("tags:\n" + "- null\n" * 500)) == metadata.MOST


def test_a_header_without_bounds_ends() -> None:
    level = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for one, other in zip("bcdefghi", "abcdefgh", strict=True):
        level += f"{one}: &{one} [{', '.join([f'*{other}'] * 9)}]\n"
    assert len(told(level)) == 1
    assert told("tags:\n" + "- null\n" * metadata.LONGEST_HEADER) == []
    assert told("x: " + "[" * 50_000 + "\n")


PIECES = ["tags:", "- null", "- a: b", "  c: [d, {e: f}]", "? x", "&a *a", "'", "model-index:"]
PIECES += ["license: mit", "- name: x", "  results:", "  - task: {type: t}", "%", "\t- 1", "~: 1"]
LINES = st.lists(st.sampled_from(PIECES), max_size=10)


@given(LINES)
def test_no_header_breaks_the_audit(lines: list[str]) -> None:
    header = "".join(f"{line}\n" for line in lines)
    for finding in told(header):
        assert 1 <= finding.line <= len(lines) + 2
        assert finding.message
