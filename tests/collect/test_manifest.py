"""Collectors are found by their manifests; a mistake in one is told with its place."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cardgen.collect.manifest import ManifestTable, RoleTable, choose, find_collectors
from cardgen.errors import CardgenError, CollectorError

GOOD = """\
name = "own"
kind = "device"
summary = "Mine."

[roles.tool]
python = "3.11"
cpu = "requirements/tool-cpu.txt"
imports = ["torch"]
"""


def project(root: Path, manifest: str = GOOD, *, name: str = "own") -> Path:
    """A project with one collector of its own."""
    folder = root / "collectors" / name
    (folder / "requirements").mkdir(parents=True)
    (folder / "requirements/tool-cpu.txt").write_text("one==1\n")
    (folder / "collector.toml").write_text(manifest)
    return root


def test_the_packaged_collectors_are_found_without_a_project() -> None:
    found = find_collectors()
    assert list(found) == sorted(found)
    assert {"accuracy", "device", "quantization", "serving"} <= found.keys()
    assert all(collector.packaged and collector.kind for collector in found.values())
    assert found["accuracy"].roles["serve"].locks == found["serving"].roles["serve"].locks


def test_a_project_adds_a_collector(tmp_path: Path) -> None:
    found = find_collectors(project(tmp_path))
    assert found.keys() == {*find_collectors(), "own"}
    own = found["own"]
    assert (own.kind, own.packaged, own.runs_in) == ("device", False, None)
    assert own.program == tmp_path / "collectors/own/measure.py"
    assert own.roles["tool"].label == "own/tool"
    assert own.roles["tool"].locks == {"cpu": tmp_path / "collectors/own/requirements/tool-cpu.txt"}


def test_a_project_replaces_a_packaged_collector(tmp_path: Path) -> None:
    found = find_collectors(project(tmp_path, GOOD.replace('"own"', '"device"'), name="device"))
    assert found.keys() == find_collectors().keys()
    assert not found["device"].packaged
    assert list(found["device"].roles) == ["tool"]


def test_a_project_s_collector_may_use_a_packaged_lock(tmp_path: Path) -> None:
    manifest = GOOD.replace("requirements/tool", "../serving/requirements/serve")
    found = find_collectors(project(tmp_path, manifest))
    assert found["own"].roles["tool"].locks["cpu"] == found["serving"].roles["serve"].locks["cpu"]


def test_a_collector_without_a_kind_is_environments_only(tmp_path: Path) -> None:
    found = find_collectors(project(tmp_path, GOOD.replace('kind = "device"\n', "")))
    assert found["own"].kind is None


@pytest.mark.parametrize(
    ("manifest", "place", "words"),
    [
        ("name = \n", ":1:8", "TOML"),
        (GOOD.replace("summary", "sumary"), ":3:1", "summary"),
        (GOOD.replace('"device"', '"speed"'), ":2:8", "'quantization'"),
        (GOOD.replace('"own"', '"other"'), ":1:8", "the folder's name, own"),
        (GOOD.replace('"3.11"', '"2.7"'), ":6:10", "/roles/tool/python"),
        (GOOD.replace('["torch"]', '["import os; x"]'), ":8:11", "/roles/tool/imports/0"),
        (GOOD.replace("tool-cpu.txt", "missing.txt"), ":7:7", "no file requirements/missing.txt"),
        (GOOD.replace("requirements/tool", "../../../tool"), ":7:7", "a file below collectors/"),
        (GOOD.replace("requirements/tool", "/etc/tool"), ":7:7", "relative"),
        (GOOD.replace("imports", "import"), ":8:1", "imports"),
        (GOOD.replace("kind", 'runs_in = "play"\nkind'), ":2:11", "a role of this collector: tool"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, manifest: str, place: str, words: str
) -> None:
    with pytest.raises(CardgenError) as caught:
        find_collectors(project(tmp_path, manifest))
    message = str(caught.value)
    assert message.startswith(f"collectors/own/collector.toml{place}"), message
    assert words in message
    assert "next:" in message


def test_a_manifest_that_is_no_text(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "collectors/own/collector.toml").write_bytes(b"name = '\xff'\n")
    with pytest.raises(CollectorError, match="UTF-8"):
        find_collectors(root)


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("serving", ["serving/serve", "serving/load"]),
        ("serving/load", ["serving/load"]),
        ("load", ["serving/load"]),
        ("serve", ["accuracy/serve", "quantization/serve", "serving/serve"]),
    ],
)
def test_a_role_is_named_by_collector_or_role_or_both(name: str, roles: list[str]) -> None:
    assert [role.label for role in choose(find_collectors(), name)] == roles


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("servin", "did you mean 'serving'?"),
        ("quantise", "did you mean 'quantize'?"),
        ("serving/lod", "did you mean 'serving/load'?"),
        ("xyzzy", "cardgen collectors list"),
    ],
)
def test_an_unknown_name_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(CollectorError) as caught:
        choose(find_collectors(), name)
    assert hint in str(caught.value)


def test_the_document_s_manifest_is_valid_and_names_every_key() -> None:
    text = (Path(__file__).parents[2] / "docs/environments.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    assert ManifestTable.model_validate(tomllib.loads(example)).roles["measure"].compiler
    keys = {*ManifestTable.model_fields, *RoleTable.model_fields}
    assert [key for key in sorted(keys) if key not in example] == []
