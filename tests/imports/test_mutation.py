"""Whatever happens to a file, an import ends in a run or in an ImportFileError."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from imports.samples import CHECKPOINT_OPTIONS, SAMPLES, Sample, make_checkpoint, make_profile

from cardgen.errors import ImportFileError
from cardgen.imports import ImportOptions, detect, read
from cardgen.records import Run


class Raw(str):
    """Text that stands in the mutated file as it is, valid JSON or not."""

    __slots__ = ()


REPLACEMENTS: tuple[object, ...] = (
    None,
    True,
    "",
    "text",
    "-1",
    "NaN",
    "\x00",
    "\ud7ff" * 3000,
    0,
    0.0,
    -1,
    -0.5,
    0.5,
    1e308,
    5e-324,
    2**53,
    2**63 - 1,
    -(2**63),
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"mean": {"mean": {}}},
    [[[[[[1]]]]]],
    math.nan,
    math.inf,
    Raw("1e999"),
    Raw("-1e999"),
    Raw("1" * 5000),
    Raw("[" * 500 + "]" * 500),
    Raw("[" * 20000),
    Raw('{"a": 1, "a": 2}'),
    Raw('"\\ud800"'),
    Raw(""),
)
MARK = "\N{SNOWMAN}raw\N{SNOWMAN}"


def paths(value: object) -> list[tuple[str | int, ...]]:
    """Every place in a document, containers included."""
    found: list[tuple[str | int, ...]] = []
    stack: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while stack:
        path, node = stack.pop()
        if path:
            found.append(path)
        if isinstance(node, dict):
            stack += [((*path, key), child) for key, child in node.items()]
        elif isinstance(node, list):
            stack += [((*path, index), child) for index, child in enumerate(node)]
    return sorted(found, key=str)


def replaced(text: str, path: tuple[str | int, ...], value: object, how: str) -> bytes:
    """The document with the node at `path` replaced, removed, or its key renamed."""
    document: Any = json.loads(text)
    node = document
    for step in path[:-1]:
        node = node[step]
    last = path[-1]
    if how == "remove":
        del node[last]
    elif how == "rename" and isinstance(node, dict):
        node[str(value)[:20]] = node.pop(last)
    else:
        node[last] = MARK if isinstance(value, Raw) else value
    written = json.dumps(document)
    if isinstance(value, Raw):
        written = written.replace(json.dumps(MARK), value)
    return written.encode("utf-8", "surrogatepass")


def damaged(data: bytes, draw: Callable[[st.SearchStrategy[Any]], Any]) -> bytes:
    """The bytes flipped, cut, or with something put in between."""
    place: int = draw(st.integers(0, max(0, len(data) - 1)))
    how = draw(st.sampled_from(["flip", "cut", "insert", "repeat", "swap"]))
    if how == "cut":
        return data[:place]
    if how == "insert":
        extra: bytes = draw(st.binary(min_size=1, max_size=8))
        return data[:place] + extra + data[place:]
    if how == "repeat":
        return data[:place] + data[place : place + 40] * 2 + data[place + 40 :]
    other = draw(st.integers(0, 255))
    if how == "swap":
        other = draw(st.sampled_from(list(b'{}[]",:-0eE.\xff\x00')))
    return data[:place] + bytes([other]) + data[place + 1 :]


def refusal(action: Callable[[], object]) -> ImportFileError | None:
    """The ImportFileError the action ends in; any other exception comes through."""
    try:
        action()
    except ImportFileError as refused:
        return refused
    return None


def ends_well(tool: str, path: Path, options: ImportOptions) -> None:
    runs: list[Run] = []
    for refused in (
        refusal(lambda: runs.append(read(tool, path, options))),
        refusal(lambda: detect(path)),
    ):
        if refused is not None:
            assert refused.place
            assert refused.expected
            assert refused.found
            assert refused.next_step
    for run in runs:
        assert Run.model_validate_json(run.model_dump_json()) == run


QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
@QUICK
@given(data=st.data())
def test_a_mutated_file_ends_in_a_run_or_a_refusal(
    sample: Sample, data: st.DataObject, tmp_path: Path
) -> None:
    path = tmp_path / sample.path.name
    text = sample.text()
    if data.draw(st.booleans()):
        where = data.draw(st.sampled_from(paths(json.loads(text))))
        what = data.draw(st.sampled_from(REPLACEMENTS))
        how = data.draw(st.sampled_from(["replace", "replace", "remove", "rename"]))
        path.write_bytes(replaced(text, where, what, how))
    else:
        path.write_bytes(damaged(text.encode(), data.draw))
    ends_well(sample.tool, path, sample.options)


CHECKPOINT_FILES = ("config.json", "recipe.yaml", "model.safetensors")


@pytest.mark.parametrize("name", CHECKPOINT_FILES)
@QUICK
@given(data=st.data())
def test_a_mutated_checkpoint_ends_in_a_run_or_a_refusal(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    folder = make_checkpoint(tmp_path)
    path = folder / name
    content = path.read_bytes()
    if name == "config.json" and data.draw(st.booleans()):
        text = content.decode()
        where = data.draw(st.sampled_from(paths(json.loads(text))))
        path.write_bytes(replaced(text, where, data.draw(st.sampled_from(REPLACEMENTS)), "replace"))
    elif name == "model.safetensors":
        length = int.from_bytes(content[:8], "little")
        head = damaged(content[: length + 8], data.draw)
        path.write_bytes(head + content[length + 8 :])
    else:
        path.write_bytes(damaged(content, data.draw))
    ends_well("checkpoint", folder, CHECKPOINT_OPTIONS)


@pytest.mark.parametrize("name", ["results.json", "mapping.yaml"])
@QUICK
@given(data=st.data())
def test_a_mutated_profile_ends_in_a_run_or_a_refusal(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    path, options = make_profile(tmp_path)
    target = path if name == "results.json" else tmp_path / name
    if name == "results.json" and data.draw(st.booleans()):
        text = target.read_text()
        where = data.draw(st.sampled_from(paths(json.loads(text))))
        target.write_bytes(
            replaced(text, where, data.draw(st.sampled_from(REPLACEMENTS)), "replace")
        )
    else:
        target.write_bytes(damaged(target.read_bytes(), data.draw))
    ends_well("vlm-profiling", path, options)


@pytest.mark.parametrize("tool", sorted({sample.tool for sample in SAMPLES}))
@QUICK
@given(data=st.binary(max_size=60))
@example(data=b"null")
@example(data=b"[]")
@example(data=b'{"results": {}}')
@example(data=b'{"benchmarks": [null]}')
def test_any_bytes_end_in_a_run_or_a_refusal(tool: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(data)
    ends_well(tool, path, ImportOptions(model="a/b", n=1, revision="c", hardware="H100"))
