"""What a comment in a card or a baseline hides, for how long, and that it says when it is idle."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit.made_up import QUANTIZED

from cardgen.audit.audited import Audited
from cardgen.audit.auditing import EVERYTHING, Choice, audit_card
from cardgen.audit.suppression import baseline_text, read_baseline
from cardgen.errors import ProjectError

ROW = "| **Suite** | MMLU (5-shot) | 60.00 | 59.10 | 97.50% |"
HEAD = "| Category | Benchmark |"
WRONG = QUANTIZED.replace("| **Suite** | MMLU (5-shot) | 60.00 | 59.10 | 98.50% |", ROW).replace(
    "reduces the number of bits from 16 to 4", "reduces the number of bits from 16 to 8"
)
IGNORE = "<!-- cardgen-audit: ignore recovery the base was measured anew -->"
COST_CELL = "<td>1.80</td>"


def told(text: str, choice: Choice = EVERYTHING) -> list[str]:
    return [finding.rule for finding in audit_card(text.encode(), "a.md", choice=choice).findings]


def test_the_samples_are_found() -> None:
    assert told(QUANTIZED) == []
    assert "recovery" in told(WRONG)
    assert "bits" in told(WRONG)


@pytest.mark.parametrize(
    ("old", "new", "hidden"),
    [
        # before the table: the whole table
        (HEAD, f"{IGNORE}\n{HEAD}", True),
        # with blank lines between
        (HEAD, f"{IGNORE}\n\n\n{HEAD}", True),
        # on the line itself
        (ROW, f"{ROW} {IGNORE}", True),
        # on another line of the same table
        ("| | GPQA", f"| {IGNORE} | GPQA", False),
        # before another block
        ("## Deployment", f"{IGNORE}\n\n## Deployment", False),
        # of the whole file
        ("## Model Overview", "<!-- cardgen-audit: ignore-file recovery -->\n## Model", True),
        # several rules
        (HEAD, f"<!-- cardgen-audit: ignore average, recovery -->\n{HEAD}", True),
        # another rule
        (HEAD, f"<!-- cardgen-audit: ignore average -->\n{HEAD}", False),
        # inside code it is no comment
        (HEAD, f"```\n{IGNORE}\n```\n{HEAD}", False),
        # not the command's words
        (HEAD, f"<!-- ignore recovery -->\n{HEAD}", False),
        # over several lines
        (HEAD, f"<!--\ncardgen-audit: ignore recovery\nbecause\n-->\n{HEAD}", True),
    ],
)  # fmt: skip
def test_a_comment_hides_its_rule_in_what_follows(old: str, new: str, hidden: bool) -> None:
    text = WRONG.replace(old, new, 1)
    assert text != WRONG
    assert ("recovery" not in told(text)) == hidden
    assert "bits" in told(text)
    assert "recovery" in told(text, Choice(comments=False))


def test_inside_an_html_table_a_comment_reaches_over_the_next_row() -> None:
    text = QUANTIZED.replace(COST_CELL, "<td>1.60</td>")
    assert told(text) == ["average-cost"]
    comment = "<!-- cardgen-audit: ignore average-cost -->"
    row = "    <tr>\n      <td>acme/Foo-7B-Chat-quantized.w4a16</td><td>1.60</td>"
    first = '    <tr>\n      <td rowspan="2">A100x1'
    assert told(text.replace(row, f"{comment}\n{row}")) == []
    assert sorted(told(text.replace(first, f"{comment}\n{first}"))) == [
        "average-cost",
        "unused-suppression",
    ]


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("<!-- cardgen-audit: ignore recovery -->", "nothing to suppress"),
        ("<!-- cardgen-audit: ignore recovry -->", "no rule has this name"),
    ],
)
def test_an_idle_comment_is_noted(comment: str, words: str) -> None:
    card = audit_card(f"{QUANTIZED}\n{comment}\n\nEnd.\n".encode(), "a.md")
    (finding,) = card.findings
    assert (finding.rule, finding.severity) == ("unused-suppression", "note")
    assert words in finding.message
    assert card.lines[0].text.startswith("<!--") or not card.lines[0].text.strip()
    only = Choice(select=frozenset({"average"}))
    assert audit_card(f"{QUANTIZED}\n{comment}\n".encode(), "a.md", choice=only).findings == ()


def audited(text: str, path: Path) -> Audited:
    path.write_text(text, encoding="utf-8")
    return audit_card(text.encode(), path.name, address=str(path))


def test_a_baseline_holds_through_unrelated_edits(tmp_path: Path) -> None:
    card = tmp_path / "cards" / "a.md"
    card.parent.mkdir()
    baseline = tmp_path / "baseline.json"
    baseline.write_text(baseline_text([audited(WRONG, card)], tmp_path), encoding="utf-8")
    moved = WRONG.replace("## Model Overview", "New words.\n\n## Model Overview\n\nMore words.")
    moved = moved.replace(ROW, f"  {ROW}")
    for text in (WRONG, moved, WRONG.replace("\n", "\r\n")):
        known = read_baseline(baseline)
        assert known.apply(audited(text, card), EVERYTHING.ran).findings == ()


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        # the line itself changed: told again, and the entry is idle
        ("97.50%", "96.50%", ["unused-suppression", "recovery"]),
        # what it was reckoned from changed
        ("| 60.00 | 59.10 | 97.50%", "| 61.00 | 59.10 | 97.50%", None),
        # mended
        ("97.50%", "98.50%", ["unused-suppression"]),
        # once more the same
        (ROW, f"{ROW}\n{ROW}", None),
    ],
)
def test_a_baseline_covers_just_what_it_saw(
    tmp_path: Path, old: str, new: str, rules: list[str] | None
) -> None:
    card, baseline = tmp_path / "a.md", tmp_path / "baseline.json"
    baseline.write_text(baseline_text([audited(WRONG, card)], tmp_path), encoding="utf-8")
    text = WRONG.replace(old, new, 1)
    found = read_baseline(baseline).apply(audited(text, card), EVERYTHING.ran)
    shown = [finding.rule for finding in found.findings]
    if rules is None:
        assert "recovery" in shown or "average" in shown or "average-column" in shown
    else:
        assert shown == rules


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"format": 2, "findings": []}', b'{"format": 1, "findings": [1]}',
     b"\xff", b'{"format": 1, "findings": [{"card": "a"}]}', b'{"format": 1, "findings": 7}',
     b"[" * 99999],
)  # fmt: skip
def test_a_file_that_is_no_baseline_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(data)
    with pytest.raises(ProjectError, match=r"baseline\.json"):
        read_baseline(path)
