"""Each format says every finding, in the words of whoever reads it, whatever a card holds."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import jsonschema
import pytest
from audit.made_up import QUANTIZED
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cardgen.audit import Finding, Fix, Input
from cardgen.audit.audited import Audited, Excerpt
from cardgen.audit.auditing import audit_card
from cardgen.audit.findings import SEVERITIES, Kind
from cardgen.audit.formats import document, github, markdown, sarif, terminal
from cardgen.audit.rulebook import book, names

WRONG = QUANTIZED.replace("98.50%", "97.50%").replace("2.0x speedup", "2.9x speedup")
TEXT = st.text(max_size=60)
FINDINGS = st.builds(
    Finding,
    rule=st.sampled_from(names()),
    kind=st.sampled_from(get_args(Kind)),
    severity=st.sampled_from(SEVERITIES),
    line=st.integers(1, 10**6),
    column=st.integers(1, 3000),
    printed=TEXT,
    expected=TEXT,
    message=TEXT,
    inputs=st.lists(st.builds(Input, TEXT, TEXT, st.integers(0, 9), st.integers(0, 9)), max_size=2)
    .map(tuple),
    fix=st.none() | st.builds(Fix, st.integers(1, 9), st.integers(1, 9), TEXT, TEXT),
    card=st.just("card.md"),
)  # fmt: skip
CARDS = st.lists(st.tuples(FINDINGS, st.text(max_size=200)), max_size=4).map(
    lambda rows: Audited(
        "card.md",
        tuple(finding for finding, _ in rows),
        tuple(Excerpt(line.replace("\n", " "), 0) for _, line in rows),
        "card.md",
    )
)


def wrong() -> Audited:
    return audit_card(WRONG.encode(), "cards/foo/README.md", address="cards/foo/README.md")


def plain(text: str, _: str) -> str:
    return text


def test_a_finding_is_a_line_with_a_caret_under_its_place() -> None:
    lines = list(terminal.lines(wrong(), plain))
    at = next(i for i, line in enumerate(lines) if "[recovery]" in line)
    head, source, caret = lines[at : at + 3]
    assert re.match(r"cards/foo/README\.md:\d+:\d+: error: .*97\.50%.* \[recovery\]$", head)
    start = caret.index("^")
    assert source[start : start + caret.count("^")] == "97.50%"


@pytest.mark.parametrize(
    ("line", "column", "printed", "source", "caret"),
    [
        ("    <td>1.5</td>", 9, "1.5", "<td>1.5</td>", "    ^^^"),
        ("a\tb", 3, "b", "a\\tb", "   ^"),
        ("\x1b[31mred", 6, "red", "\\x1b[31mred", "        ^^^"),
        ("数字 42", 4, "42", "数字 42", "     ^^"),
        ("elsewhere", 4, "absent", "elsewhere", "   ^"),
        ("", 1, "x", "", ""),
        ("short", 99, "x", "", ""),
    ],
)
def test_the_caret_stands_under_what_a_terminal_shows(
    line: str, column: int, printed: str, source: str, caret: str
) -> None:
    finding = Finding("recovery", "recovery", "error", 1, column, printed, "", "")
    assert terminal.pointed(finding, Excerpt(line, 0)) == (source, caret)


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    line = f"{'x' * 5000}97.5%{'y' * 5000}"
    card = audit_card(line.encode(), "long.md")
    assert card.findings == ()
    finding = Finding("recovery", "recovery", "error", 1, 5001, "97.5%", "", "")
    source, caret = terminal.pointed(finding, Excerpt(line[4000:6000], 4000))
    assert len(source) < 150
    assert source[caret.index("^") :].startswith("97.5%")


@settings(deadline=None, max_examples=60)
@given(CARDS)
def test_the_terminal_gets_no_control_character(card: Audited) -> None:
    for line in terminal.lines(card, plain):
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)


@settings(deadline=None, max_examples=60)
@given(CARDS)
def test_json_keeps_every_word_and_is_as_its_schema_says(card: Audited) -> None:
    data = json.loads(document.document([card]))
    jsonschema.validate(data, document.schema(), cls=jsonschema.Draft202012Validator)
    for row, finding in zip(data["findings"], card.findings, strict=True):
        wanted = finding._asdict()
        wanted["inputs"] = [item._asdict() for item in finding.inputs]
        wanted["fix"] = finding.fix._asdict() if finding.fix else None
        assert row == wanted


def test_json_says_what_could_not_be_read() -> None:
    card = Audited("lost.md", (), (), error="no such file")
    data = json.loads(document.document([card]))
    assert data["unread"] == [{"card": "lost.md", "error": "no such file"}]
    jsonschema.validate(data, document.schema(), cls=jsonschema.Draft202012Validator)


MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
}
POSITIVE = {"type": "integer", "minimum": 1}
REGION = {
    "type": "object",
    "required": ["startLine"],
    "properties": dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), POSITIVE),
    "additionalProperties": False,
}
LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string", "pattern": r"^[!-~]+$"}},
                },
                "region": REGION,
            },
        },
    },
}
SARIF = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results", "columnKind", "invocations"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "invocations": {
                        "items": {"required": ["executionSuccessful"]},
                    },
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "semanticVersion", "rules"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription", "help"],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "shortDescription": MESSAGE,
                                                "fullDescription": MESSAGE,
                                                "help": MESSAGE,
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"required": ["text"]},
                                "locations": {"items": LOCATION, "minItems": 1, "maxItems": 1},
                                "relatedLocations": {"items": LOCATION},
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                            },
                        },
                    },
                },
            },
        },
    },
}
"""What SARIF 2.1.0 and services for code scanning ask of a log, as far as the audit writes it."""


@settings(deadline=None, max_examples=60)
@given(CARDS)
def test_sarif_is_what_code_scanning_takes(card: Audited) -> None:
    data: Any = json.loads(sarif.document([card]))
    jsonschema.validate(data, SARIF, cls=jsonschema.Draft202012Validator)
    run = data["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region.get("endColumn", 10**9) > region["startColumn"]


def test_a_sarif_rule_explains_itself_by_its_docstring() -> None:
    data: Any = json.loads(sarif.document([wrong()]))
    rules = {rule["id"]: rule for rule in data["runs"][0]["tool"]["driver"]["rules"]}
    assert "100·quantized/base" in rules["recovery"]["help"]["text"]
    result = next(r for r in data["runs"][0]["results"] if r["ruleId"] == "recovery")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "cards/foo/README.md"
    line = WRONG.splitlines()[place["region"]["startLine"] - 1]
    start, end = place["region"]["startColumn"], place["region"]["endColumn"]
    assert line[start - 1 : end - 1] == "97.50%"
    assert len(result["relatedLocations"]) == 2


@settings(deadline=None, max_examples=60)
@given(CARDS)
def test_a_github_annotation_is_one_line_that_reads_back(card: Audited) -> None:
    lines = list(github.lines(card))
    assert len(lines) == len(card.findings)
    for line, finding in zip(lines, card.findings, strict=True):
        assert "\n" not in line
        assert "\r" not in line
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line, re.S)
        assert match is not None
        properties = dict(item.split("=", 1) for item in match[2].split(","))
        assert properties["line"] == str(finding.line)
        assert _unescaped(properties["file"]) == "card.md"
        assert _unescaped(properties["title"]) == f"cardgen audit: {finding.rule}"
        assert _unescaped(match[3]) == finding.message


def _unescaped(text: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n")):
        text = text.replace(code, character)
    return text.replace("%25", "%")


@settings(deadline=None, max_examples=60)
@given(CARDS)
def test_each_finding_is_a_row_of_six_cells_in_markdown(card: Audited) -> None:
    html = MarkdownIt("commonmark").enable("table").render(markdown.document([card]))
    rows = html.count("<tr>") - html.count("<thead>")
    assert rows == len(card.findings)
    assert html.count("<td") == 6 * len(card.findings)


def test_markdown_fits_into_a_comment_and_counts_the_rest() -> None:
    finding = Finding("recovery", "recovery", "error", 7, 1, "1", "2", "m" * 300, card="a.md")
    card = Audited("a.md", (finding,) * 1000, (Excerpt("", 0),) * 1000, "a.md")
    text = markdown.document([card])
    assert len(text) <= markdown.LIMIT
    shown = text.count("| 7 |")
    assert text.endswith(f"{1000 - shown} findings more.")


def test_every_rule_has_a_line_of_help() -> None:
    assert set(book()) == set(names())
    for rule in book().values():
        assert rule.summary, rule.name
        assert rule.summary.endswith((".", ":", "”", '"', ")")), rule
