"""What is no JSON, YAML or safetensors is told by its first bytes, in the place of every file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from imports.samples import CHECKPOINT_OPTIONS, make_checkpoint, make_profile

from cardgen.errors import ImportFileError
from cardgen.imports import ImportOptions, detect, read

POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:fcb64cbecc046e1f78d1fd8b3cfc8bef73a657b03e042948dcf02715914272b6\n"
    b"size 26774982616\n"
)
FORMATS: dict[str, tuple[bytes, str, str]] = {
    "Git LFS": (POINTER, "Git LFS pointer", "git lfs pull"),
    "gzip": (gzip.compress(b'{"a": 1}'), "gzip", "unpack"),
    "zip": (b"PK\x03\x04" + bytes(30), "zip", "unpack"),
    "Parquet": (b"PAR1" + bytes(30), "Parquet", "JSON"),
    "GGUF": (b"GGUF" + bytes(30), "GGUF", "records.md"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "UTF-16", "UTF-8"),
    "a web page": (b"\n<!DOCTYPE html>\n<html></html>", "web page", "raw file"),
    "YAML": (b"# remark\nresults:\n  a: 1\n", "YAML", "JSON"),
    "YAML, a list": (b"- model: a\n- model: b\n", "YAML", "JSON"),
    "CSV": (b"model,score,n\na,1,2\n", "CSV", "JSON"),
    "CSV with tabs": (b"model\tscore\tn\na\t1\t2\n", "CSV", "JSON"),
    "a table": (b"| Task | Score |\n|---|---:|\n| a | 1 |\n", "Markdown table", "JSON"),
    "empty": (b"", "an empty file", "again"),
}


@pytest.mark.parametrize("tool", [None, "lm-eval", "guidellm"])
@pytest.mark.parametrize(("data", "found", "step"), FORMATS.values(), ids=FORMATS)
def test_a_result_file_in_another_format_is_named(
    data: bytes, found: str, step: str, tool: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(data)
    with pytest.raises(ImportFileError) as caught:
        read(tool or detect(path), path, ImportOptions(model="a/b"))
    assert found in str(caught.value.found)
    assert step in str(caught.value.next_step)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    "name", ["config.json", "recipe.yaml", "model.safetensors", "model.safetensors.index.json"]
)
def test_a_pointer_in_the_place_of_any_file_of_a_checkpoint(name: str, tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path)
    (folder / name).write_bytes(POINTER)
    with pytest.raises(ImportFileError) as caught:
        read("checkpoint", folder, CHECKPOINT_OPTIONS)
    assert name in caught.value.place
    assert "git lfs pull" in str(caught.value.next_step)


def test_a_pointer_in_the_place_of_a_mapping(tmp_path: Path) -> None:
    path, options = make_profile(tmp_path)
    (tmp_path / "mapping.yaml").write_bytes(POINTER)
    with pytest.raises(ImportFileError) as caught:
        read("vlm-profiling", path, options)
    assert "git lfs pull" in str(caught.value.next_step)


def test_weights_that_are_a_web_page(tmp_path: Path) -> None:
    """What a download without the right to read leaves."""
    folder = make_checkpoint(tmp_path)
    (folder / "model.safetensors").write_bytes(b"<!doctype html><html>Access denied</html>")
    with pytest.raises(ImportFileError) as caught:
        read("checkpoint", folder, CHECKPOINT_OPTIONS)
    assert "web page" in str(caught.value.found)
    assert "copy the file again in full" in str(caught.value.next_step)
