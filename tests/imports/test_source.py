"""JSON that cannot be read: each kind of damage in its own words, with its place."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardgen.errors import ImportFileError
from cardgen.imports import ImportOptions, read, source, tree
from cardgen.imports.imported import project_path
from cardgen.imports.source import parse, read_json
from cardgen.imports.tree import Shape

BROKEN: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "1:1", "an empty file"),
    "blank": (b" \n ", "2:2", "the end of the file"),
    "cut": (b'{"a": {"b": [1, 2', "1:18", "the end of the file inside a value"),
    "not a number": (b'{\n "a": NaN}', "2:7", "NaN, which is no JSON number"),
    "infinite": (b'{"a": Infinity}', "1:7", "Infinity, which is no JSON number"),
    "minus infinity": (b'{"a": -Infinity}', "1:8", "Infinity, which is no JSON number"),
    "not UTF-8": (b'{"a": "\xff"}', "1:8", "bytes that are not UTF-8"),
    "columns count characters": ('{"ä€": NaN}'.encode(), "1:8", "NaN"),
    "two documents": (b'{"a": 1}\n{"b": 2}', "2:1", "more text after the document"),
    "too large a number": (b'{"a": 1e999}', "1:12", "too large for any computer's float"),
    "5000 digits": (b'{"a": ' + b"9" * 5000 + b"}", "1:", "too large for any computer's float"),
    "a hundred wide numbers": (
        b"[" + b", ".join([b"9" * 30] * 100) + b"]",
        "1:",
        "whole numbers of 64 bits or more",
    ),
    "damage after a wide number": (b'{"a": [1' + b"0" * 30 + b", 2], b}", "1:45", ""),
    "a comma too many": (b'{"a": 1,}', "1:9", ""),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "1:1", ""),
    "a control character": (b'{"a": "\x01"}', "1:8", ""),
    "zip": (b"PK\x03\x04", "1:1", ""),
}


@pytest.mark.parametrize(("data", "place", "found"), BROKEN.values(), ids=BROKEN)
def test_damage_is_told_with_line_and_column(
    data: bytes, place: str, found: str, tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(data)
    with pytest.raises(ImportFileError) as caught:
        read_json(path)
    assert caught.value.place.startswith(f"{path}:{place}")
    assert found in str(caught.value.found)
    assert caught.value.next_step


def test_damage_far_into_a_file_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text("[\n" + "1234567,\n" * 50_000 + "NaN]")
    with pytest.raises(ImportFileError) as caught:
        read_json(path)
    assert caught.value.place == f"{path}:50002:1"


KEYS: dict[str, tuple[str, str]] = {
    '{"a": 1, "a": 2}': ("", "'a' twice"),
    '{"x": [0, {"a": 1, "a": null}]}': (": /x/1", "'a' twice"),
    '{"x/y": {"a": 1, "a": 1}}': (": /x~1y", "'a' twice"),
}


@pytest.mark.parametrize(("text", "expected"), KEYS.items())
def test_a_key_that_occurs_twice_is_refused_with_its_pointer(
    text: str, expected: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(ImportFileError) as caught:
        read_json(path)
    assert (caught.value.place, caught.value.found) == (f"{path}{expected[0]}", expected[1])


@pytest.mark.parametrize("before", ["", "\ufeff", " " * 65_500, " " * 65_535])
def test_a_length_without_a_limit_is_read_as_a_float(before: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(before + '{"a": 1000000000000000019884624838656, "b": [-9223372036854775809]}')
    document = read_json(path)
    assert document.root.value == {"a": 1e30, "b": [-9223372036854775809.0]}
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_byte_order_mark_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(path).root.value == {"a": 1}


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 101 + "]" * 101])
def test_nesting_beyond_the_limit_names_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(ImportFileError) as caught:
        read_json(path)
    assert caught.value.expected == f"at most {tree.DEEPEST} levels of nesting"


def test_limits_are_named_when_hit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps({"a": list(range(2000)), "b": "x" * 5000, "c": "y" * 200_000}))
    for module, name, limit, words in (
        (tree, "MOST_VALUES", 1000, "at most 1,000 values"),
        (tree, "MOST_TEXT", 1000, "of text beside"),
        (source, "LONGEST_TEXT_BYTES", 1000, "no single text above"),
        (source, "LARGEST_FILE_BYTES", 1000, "at most 0 GiB"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, limit)
            with pytest.raises(ImportFileError) as caught:
                read_json(path)
            assert words in str(caught.value.expected)


def test_what_is_skipped_stands_as_null_wherever_it_is() -> None:
    text = b'{"b": [{"r": {"x": [1]}, "k": 1, "s": 5}, {"r": 2}], "s": "x", "r": 3}'
    shape = Shape(skip=frozenset({"b/*/r", "s"}))
    assert parse([text], "f", shape).value == {
        "b": [{"r": None, "k": 1, "s": None}, {"r": None}],
        "s": None,
        "r": 3,
    }


def test_an_outline_keeps_the_first_items_and_the_upper_levels() -> None:
    text = b'{"a": [1, 2, 3, {"b": 4}], "c": {"d": {"e": 1}}, "f": [[1], [2]]}'
    shape = Shape(depth=2, items=1)
    assert parse([text], "f", shape).value == {"a": [1], "c": {"d": None}, "f": [None]}


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=20,
)


@given(VALUES, st.integers(1, 7))
def test_every_document_comes_back_as_it_is_however_it_is_cut(value: object, size: int) -> None:
    data = json.dumps(value).encode()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert parse(pieces, "f").value == value


def test_what_the_file_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ImportOptions(n=1, model="a/b", revision="c")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, found in (
        (tmp_path, "a folder"),
        (tmp_path / "none.json", "No such file or directory"),
        (pipe, "a device, pipe or socket"),
        (loop, "Too many levels"),
        (tmp_path / "a\0b", "null"),
        (tmp_path / ("x" * 300), "too long"),
    ):
        with pytest.raises(ImportFileError) as caught:
            read("mistral-evals", path, options)
        assert found in str(caught.value.found)

    def denied(*arguments: object, **named: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "file.json"
    path.write_text("{}")
    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(ImportFileError) as caught:
        read("mistral-evals", path, options)
    assert caught.value.found == "Permission denied"


def test_the_files_path_is_relative_to_the_project_or_bare(tmp_path: Path) -> None:
    path = tmp_path / "project" / "results" / "a.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    assert project_path(path, tmp_path / "project") == "results/a.json"
    assert project_path(path, tmp_path / "elsewhere") == "a.json"
    assert project_path(path, None) == "a.json"
