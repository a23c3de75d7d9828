"""`--fix` changes the characters of the fix and no other byte."""

from __future__ import annotations

import pytest
from audit.made_up import QUANTIZED
from hypothesis import given, settings
from hypothesis import strategies as st

from cardgen.audit import Fix
from cardgen.audit.auditing import audit_card
from cardgen.audit.fixing import diff, mend

TABLE = """\
# Foo

| Task | Base | W4A16 | Recovery |
|---|---|---|---|
| a | 50.00 | 49.00 | 98.0% |
| b | 50.00 | 48.00 | 96.0 |
| c | 50.00 | 47.00 | 94.0% |
| d | 50.00 | 46.00 | 92.0% |
"""


def fixes(data: bytes) -> list[Fix]:
    return [finding.fix for finding in audit_card(data, "a.md").findings if finding.fix]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", ["", "no end of line", "\x0c\x85\u2028 in a line\n"])
def test_a_missing_percent_sign_comes_in_and_all_else_stays(
    end: str, mark: bytes, last: str
) -> None:
    text = f"{TABLE}\n{last}".replace("\n", end)
    data = mark + text.encode()
    mended = mend(data, fixes(data))
    assert mended.data == mark + text.replace("96.0 |", "96.0% |").encode()
    assert len(mended.fixes) == 1
    assert fixes(mended.data) == []


DERIVED = """\
# Foo

| Task | Base | W4A16 | Recovery |
|---|---|---|---|
| a | 50.00 | 49.00 | 98.0% |
| b | 50.00 | 48.00 | 96.0% |
| c | 50.00 | 47.00 | 94.0% |
| d | 50.00 | 46.00 | 92.0% |
| Average | 50.0 | 47.5 | 95.0% |
"""


@pytest.mark.parametrize(
    ("right", "wrong", "mended"),
    [
        ("| 47.00 | 94.0%", "| 47.00 | 49.0%", True),
        ("| 50.0 | 47.5 |", "| 50.0 | 45.7 |", True),
        ("| 47.00 | 94.0%", "| 47.00 | 94.52%", False),  # 94.00 or 94.01: more than one fits
        ("| 47.5 | 95.0%", "| 47.5 | 59.0%", False),  # or the mean of the recoveries
    ],
)
def test_a_derived_number_is_mended_where_one_value_is_right(
    right: str, wrong: str, *, mended: bool
) -> None:
    """All that the scores can stand for prints alike; else nobody can tell."""
    data = DERIVED.replace(right, wrong).encode()
    found = mend(data, fixes(data))
    assert found.data == (DERIVED.encode() if mended else data)
    assert any(finding.severity == "error" for finding in audit_card(data, "a.md").findings)


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    data = b"\xff\xfe broken\n" + TABLE.encode() + b"\xc3\x28\n"
    assert mend(data, fixes(data)).data == data.replace(b"96.0 |", b"96.0% |")


@pytest.mark.parametrize(
    "fix",
    [
        Fix(1, 3, "Bar", "Baz"),  # another text stands there
        Fix(99, 1, "Foo", "Bar"),  # no such line
        Fix(1, 99, "Foo", "Bar"),  # no such column
        Fix(1, 3, "Foo", "Bar\n"),  # a line would be added
        Fix(1, 0, "#", "x"),
        Fix(1, 3, "Foo", "Foo"),
    ],
)
def test_a_fix_that_does_not_fit_is_left_out(fix: Fix) -> None:
    assert mend(TABLE.encode(), [fix]) == (TABLE.encode(), ())


def test_fixes_that_overlap_are_not_made_twice() -> None:
    mended = mend(b"abcdef\n", [Fix(1, 2, "bcd", "X"), Fix(1, 4, "de", "Y"), Fix(1, 4, "de", "Y")])
    assert mended == (b"abcYf\n", (Fix(1, 4, "de", "Y"),))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200), st.integers(1, 12), st.integers(1, 20), st.text(max_size=4))
def test_a_fix_changes_its_characters_or_nothing(
    data: bytes, line: int, column: int, new: str
) -> None:
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    old = lines[line - 1][column - 1 : column + 1] if line <= len(lines) else "xy"
    new = new.encode("utf-8", "replace").decode()
    mended = mend(data, [Fix(line, column, old, new)])
    if mended.fixes:
        assert old.encode() in data
        assert len(mended.data) == len(data) - len(old.encode()) + len(new.encode())
    else:
        assert mended.data == data
    assert mend(data, []).data == data


def test_the_diff_is_a_unified_one() -> None:
    after = TABLE.replace("96.0 |", "96.0% |")
    assert (
        diff("a.md", TABLE.encode(), after.encode())
        == """\
--- a/a.md
+++ b/a.md
@@ -3,6 +3,6 @@
 | Task | Base | W4A16 | Recovery |
 |---|---|---|---|
 | a | 50.00 | 49.00 | 98.0% |
-| b | 50.00 | 48.00 | 96.0 |
+| b | 50.00 | 48.00 | 96.0% |
 | c | 50.00 | 47.00 | 94.0% |
 | d | 50.00 | 46.00 | 92.0% |
"""
    )
    assert diff("a.md", TABLE.encode(), TABLE.encode()) == ""


def test_what_is_mended_makes_no_new_finding() -> None:
    wrong = QUANTIZED.replace("101.00%", "101.00").replace('rowspan="2"', 'rowspan="3"')
    before = audit_card(wrong.encode(), "a.md").findings
    mended = mend(wrong.encode(), (f.fix for f in before if f.fix))
    after = audit_card(mended.data, "a.md").findings
    assert {(f.rule, f.line, f.printed) for f in after} < {
        (f.rule, f.line, f.printed) for f in before
    }
    assert mended.data == QUANTIZED.encode()
