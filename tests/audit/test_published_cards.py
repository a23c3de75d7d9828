"""The audit against published cards, where a folder of them and their truth is at hand.

The folder is named by CARDGEN_PUBLISHED_CARDS; the cards are not ours to copy. Its `truth.jsonl`
says what is wrong in them; `found_beyond.jsonl` here holds what the audit found besides.
"""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path

import pytest
from audit.planted import CARDS, NAMES, broken, number

from cardgen.audit import Finding, audit

pytestmark = pytest.mark.published_cards
ELSEWHERE = {"cross-card", "catalog", "raw-vs-card", "outlier"}
NEAR = 3


def folder() -> Path:
    named = os.environ.get("CARDGEN_PUBLISHED_CARDS", "")
    assert named, "CARDGEN_PUBLISHED_CARDS names no folder of published cards"
    return Path(named)


def card(name: str) -> str:
    return (folder() / name).read_text(encoding="utf-8")


def told(text: str, name: str) -> list[Finding]:
    found = audit(text, file_name=re.sub(r"^\d+-", "", name))
    return [f for f in found if f.severity != "note"]


def truth() -> list[dict[str, str]]:
    paths = [folder() / "truth.jsonl", Path(__file__).with_name("found_beyond.jsonl")]
    return [json.loads(line) for path in paths for line in path.read_text().splitlines() if line]


def same_kind(one: str, other: str) -> bool:
    return one.replace("malformed-html", "format") == other.replace("malformed-html", "format")


def test_what_is_wrong_for_certain_is_found() -> None:
    missed = []
    for entry in truth():
        if not entry["certain"] or entry.get("needs") or entry.get("subkind") in ELSEWHERE:
            continue
        findings = told(card(entry["card"]), entry["card"])
        line = int(entry["line"])
        if not any(
            abs(f.line - line) <= NEAR and same_kind(f.kind, entry["kind"]) for f in findings
        ):
            missed.append(entry)
    assert missed == []


def _meets(finding: Finding, entry: dict[str, str]) -> bool:
    line = int(entry["line"] or finding.line)
    return same_kind(finding.kind, entry["kind"]) and abs(finding.line - line) <= NEAR


def test_every_error_is_known_to_be_one() -> None:
    known = truth()
    alarms: list[tuple[str, int, str]] = []
    for path in sorted(folder().glob("*.md")):
        mine = [e for e in known if e["card"] == path.name]
        alarms.extend(
            (path.name, f.line, f.message)
            for f in told(card(path.name), path.name)
            if f.severity == "error" and not any(_meets(f, entry) for entry in mine)
        )
    assert alarms == []


def test_planted_digits_that_can_be_seen_are_seen() -> None:
    rng = random.Random(5)
    seen, missed = 0, []
    for entry in CARDS:
        text = card(entry.file)
        lines = text.split("\n")
        assert not any(broken(law, lines) for law in entry.laws), entry.file
        before = {(f.rule, f.line, f.printed) for f in told(text, entry.file)}
        places = sorted({p for law in entry.laws for p in (law.result, *law.inputs)})
        for place in places:
            for _ in range(3):
                match = number(lines, place)
                at = rng.choice([i for i, c in enumerate(match[0]) if c.isdigit()])
                digit = rng.choice([d for d in "0123456789" if d != match[0][at]])
                changed = match[0][:at] + digit + match[0][at + 1 :]
                line = lines[place[0] - 1]
                planted = list(lines)
                planted[place[0] - 1] = line[: match.start()] + changed + line[match.end() :]
                if not any(broken(law, planted) for law in entry.laws):
                    continue
                after = {(f.rule, f.line, f.printed) for f in told("\n".join(planted), entry.file)}
                if after - before:
                    seen += 1
                else:
                    missed.append((entry.file, place, match[0], changed))
    assert seen > 200
    assert len(missed) <= 0.01 * (seen + len(missed)), missed


@pytest.mark.parametrize(("name", "line", "old", "new"), NAMES)
def test_a_planted_name_or_scheme_is_seen(name: str, line: int, old: str, new: str) -> None:
    text = card(name)
    lines = text.split("\n")
    assert old in lines[line - 1], lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    before = {(f.rule, f.line, f.printed) for f in told(text, name)}
    after = {(f.rule, f.line, f.printed) for f in told("\n".join(lines), name)}
    assert after - before
