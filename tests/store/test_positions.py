"""Where a value stands in a text: right in every layout, and no text that breaks the search."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samples_cards import RELAXED

from cardgen.store import positions, yaml_nodes
from cardgen.store.positions import Position, Step, find, find_json

YAML_TEXT = "a: 1\nb:\n  - x\n  - c: 'two'\n    d: {e: 5}\n\"f g\": ж\n3: y\n"
JSON_TEXT = '{"a": 1,\r\n "b": ["x", {"c": "t\\n\u2028o"}],\n\t"d/e": null, "a": true }'


def place(found: Position | None) -> tuple[int, int] | None:
    """Line and column."""
    return None if found is None else (found.line, found.column)


@pytest.mark.parametrize(
    ("path", "key", "expected", "walked"),
    [
        ((), False, (1, 1), 0),
        (("a",), False, (1, 4), 1),
        (("a",), True, (1, 1), 1),
        (("b", 0), False, (3, 5), 2),
        (("b", 1, "c"), False, (4, 8), 3),
        (("b", 1, "d", "e"), False, (5, 12), 4),
        (("b", 1, "d", "e"), True, (5, 9), 4),
        (("f g",), False, (6, 8), 1),
        (("3",), False, (7, 4), 1),
        ((3,), False, (7, 4), 1),
        (("b", 1, "nothing"), False, (4, 5), 2),
        (("b", 9), False, (3, 3), 1),
        (("b", "c"), False, (3, 3), 1),
        (("a", "b"), False, (1, 4), 1),
    ],
)
def test_places_in_yaml(
    path: tuple[Step, ...], key: bool, expected: tuple[int, int], walked: int
) -> None:
    """A value, its key, or the nearest container where there is no such value."""
    found = find(YAML_TEXT, path, key=key)
    assert found is not None
    assert place(found) == expected
    assert found.path == path[:walked]


@pytest.mark.parametrize(
    ("path", "key", "expected", "text"),
    [
        ((), False, (1, 1), None),
        (("a",), False, (1, 7), "1"),
        (("a",), True, (1, 2), "1"),
        (("b",), False, (2, 7), None),
        (("b", 1, "c"), False, (2, 19), "t\n\u2028o"),
        (("b", 1, "c"), True, (2, 14), "t\n\u2028o"),
        (("d/e",), False, (3, 9), "null"),
        (("b", 2), False, (2, 7), None),
        (("nothing",), False, (1, 1), None),
        (("a", "b"), False, (1, 7), "1"),
    ],
)
def test_places_in_json(
    path: tuple[Step, ...], key: bool, expected: tuple[int, int], text: str | None
) -> None:
    """Only a line feed ends a line; columns count characters."""
    found = find_json(JSON_TEXT, path, key=key)
    assert found is not None
    assert place(found) == expected
    assert found.text == text


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def leaves(value: Any, path: tuple[Step, ...] = ()) -> list[tuple[tuple[Step, ...], Any]]:
    """Every value inside, with its path."""
    if isinstance(value, dict):
        inner = [leaf for key, item in value.items() for leaf in leaves(item, (*path, key))]
    elif isinstance(value, list):
        inner = [leaf for index, item in enumerate(value) for leaf in leaves(item, (*path, index))]
    else:
        inner = []
    return [(path, value), *inner]


@given(TREES, st.sampled_from([None, 0, 2]), st.booleans())
@RELAXED
def test_every_value_of_any_json_is_found(tree: Any, indent: int | None, ascii_only: bool) -> None:
    """At the place found stands the value itself."""
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    for path, value in leaves(tree):
        found = find_json(text, path)
        assert found is not None
        assert found.path == path
        start = [0, *(i + 1 for i, letter in enumerate(text) if letter == "\n")][found.line - 1]
        read, _ = json.JSONDecoder().raw_decode(text, start + found.column - 1)
        assert read == value


PATHS = st.lists(st.integers(-1, 3) | st.sampled_from(["a", "b", "", "é"]), max_size=4)
ODD = st.one_of(
    st.text(),
    st.text("{}[]:,-#&*!|>'\"%@`? \n\tab0\\u"),
    st.binary().map(lambda data: data.decode("utf-8", "replace")),
    st.binary().map(lambda data: data.decode("latin-1")),
)


@given(ODD, PATHS, st.booleans())
@example("[" * 1200, ["a"], False)
@example('{"a":' * 1200, ["a"], True)
@example("a: &a [*a]\n", ["a", 0, 0], False)
@example("? [a]\n: b\n", ["a"], True)
@example("%YAML 9.9\n---\na: b", ["a"], False)
@example('"\\ud800"', [], False)
@example("---\na\n---\nb", [0], False)
@example("<<: *x", [], False)
@RELAXED
def test_no_text_breaks_the_search(text: str, path: list[Step], key: bool) -> None:
    """Whatever the text, there is a place or none; and it lies inside the text."""
    for search in (find, find_json):
        found = search(text, path, key=key)
        if found is not None:
            lines = text.split("\n")
            assert 1 <= found.line <= len(lines)
            assert 1 <= found.column <= len(lines[found.line - 1]) + 1
    yaml_nodes.duplicate(text)
    yaml_nodes.endless(text)


def test_a_large_run_file_is_searched_quickly() -> None:
    """A value at the end of megabytes is found without composing the whole document."""
    rows = [{"kind": "device", "value": {"value": number / 7}} for number in range(50_000)]
    text = json.dumps({"measurements": rows}, indent=2)
    assert len(text) > 4_000_000
    found = find_json(text, ("measurements", 49_999, "value", "value"))
    assert found is not None
    assert found.line == text.count("\n") - 3


@pytest.mark.parametrize(
    ("path", "expected"),
    [((), ""), (("a", 0), "/a/0"), (("org/model", "a~b"), "/org~1model/a~0b"), (("",), "/")],
)
def test_pointers_are_those_of_rfc_6901(path: tuple[Step, ...], expected: str) -> None:
    """A slash or a tilde inside a key is escaped."""
    assert positions.pointer(path) == expected
