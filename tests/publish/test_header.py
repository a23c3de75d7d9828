"""A header edited key by key: nothing else in it changes."""

from __future__ import annotations

import pytest

from cardgen.publish.header import Unmanageable, edited, parse, split

CONTENT = """\
# for the lawyers
license: "apache-2.0"   # agreed
tags: &tags
- a
# between
- 'no'

# about the next
summary: |
  # not a remark
  license: not a key
version: 1.10
flow: [one,
  two # inside
]
other: *tags
"""


def test_blocks() -> None:
    """Each key has its own lines; remarks and blank lines between them are nobody's."""
    found = {name: block.text for name, block in parse(CONTENT).blocks.items()}
    assert found == {
        "license": 'license: "apache-2.0"   # agreed\n',
        "tags": "tags: &tags\n- a\n# between\n- 'no'\n",
        "summary": "summary: |\n  # not a remark\n  license: not a key\n",
        "version": "version: 1.10\n",
        "flow": "flow: [one,\n  two # inside\n]\n",
        "other": "other: *tags\n",
    }


def test_editing() -> None:
    """One key replaced, one removed, two added: every other byte stays."""
    header = parse(CONTENT)
    changes = {"license": "license: mit\n", "version": None, "new": "new: 1\n", "last": "last: 2\n"}
    result = edited(CONTENT, header, changes, ["license", "new", "last"])
    assert result == CONTENT.replace(
        'license: "apache-2.0"   # agreed\n', "license: mit\nnew: 1\nlast: 2\n"
    ).replace("version: 1.10\n", "")


def test_a_new_key_without_neighbours_goes_to_the_end() -> None:
    """Below what others wrote."""
    assert edited("a: 1\n", parse("a: 1\n"), {"b": "b: 2\n"}, ["b"]) == "a: 1\nb: 2\n"
    assert edited("", parse(""), {"b": "b: 2\n"}, ["b"]) == "b: 2\n"
    assert edited("# only\n", parse("# only\n"), {"b": "b: 2\n"}, ["b"]) == "# only\nb: 2\n"


def test_an_anchor_may_be_used_again() -> None:
    """YAML allows it; it is no reason to warn."""
    assert list(parse("a: &x 1\nb: &x 2\nc: *x\n").blocks) == ["a", "b", "c"]


def test_line_ends_and_indentation_are_the_headers() -> None:
    """What is put in looks like what stands there."""
    text = "  a: 1\r\n  b: 2\r\n"
    assert edited(text, parse(text), {"c": "c:\n- 3\n"}, ["a", "c"]) == (
        "  a: 1\r\n  c:\r\n  - 3\r\n  b: 2\r\n"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a: 1\na: 2\n", "duplicate"),
        ("- a\n", "mapping"),
        ("just words\n", "mapping"),
        ("{a: 1, b: 2}\n", "lines of their own"),
        ("? a\n: 1\n", "lines of their own"),
        ("a: [1\n", "no valid YAML"),
        ("1: a\n", "mapping"),
        ("a: *nowhere\n", "no valid YAML"),
    ],
)
def test_refused(content: str, reason: str) -> None:
    """What cannot be taken apart safely is not touched."""
    with pytest.raises(Unmanageable, match=reason):
        parse(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# no header\n",
        "---\na: 1\n---\n# text\n",
        "\ufeff---\r\na: 1\r\n---\r\ntext",
        "---\n---\n---\na: 1\n---\n",
        "---\na: 1\n",
        "\n\n---\na: 1\n---",
        "---\na: |\n  ---\n---\nb\n",
    ],
)
def test_split_loses_nothing(text: str) -> None:
    """Put together again it is the same text, whatever it is."""
    assert "".join(part or "" for part in split(text)) == text
