"""The cache of `build --check`: it is used, it can be lost or broken, and it never lies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples_built import built_copy, built_project, edit
from samples_cards import PRICES, RELAXED, call, process, yaml

from cardgen.build.cache import CheckCache
from cardgen.render.environment import forget_templates


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project of the test's own."""
    return built_copy(tmp_path, monkeypatch)


def cache_files(project: Path) -> list[Path]:
    """What the cache of checks keeps for the project."""
    return sorted((project.parent / "cache" / "cardgen" / "checked").glob("*"))


def entry(project: Path) -> tuple[Path, dict[str, Any]]:
    """The cache file of a checked project and what it holds."""
    assert call(project, "build", "--all", "--check").code == 0
    (path,) = cache_files(project)
    return path, json.loads(path.read_bytes())


def test_a_known_card_is_not_rendered_again(project: Path) -> None:
    """A second check loads nothing that renders: it works with a template that is broken."""
    entry(project)
    checked = process(
        project, "build", "--all", "--check", environment={"PYTHONPROFILEIMPORTTIME": "1"}
    )
    assert checked.code == 0
    assert "jinja2" not in checked.err
    assert "pydantic" not in checked.err
    rendered = process(
        project,
        "build",
        "--all",
        "--check",
        "--no-cache",
        environment={"PYTHONPROFILEIMPORTTIME": "1"},
    )
    assert rendered.code == 0
    assert "jinja2" in rendered.err


def test_the_cache_can_be_deleted(project: Path) -> None:
    """Without it the answer is the same."""
    path, _ = entry(project)
    path.unlink()
    assert call(project, "build", "--all", "--check").code == 0
    assert path.exists()


BROKEN: list[Any] = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"[" * 100_000,
    {"common": "?", "entries": {}},
    {"entries": []},
    {"entries": {"first": None, "second": 5}},
    {"entries": {"first": {}, "second": {"digest": 1, "folders": 5}}},
    {"entries": {"first": {"digest": "x", "folders": [1]}}},
    {"entries": {"first": {"digest": "x", "folders": ["/", "..", "\0"]}}},
]


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_cache_is_harmless(project: Path, content: Any) -> None:
    """Whatever stands there: a stale card is seen, a current one is current."""
    path, data = entry(project)
    broken = content if isinstance(content, bytes) else json.dumps({**data, **content}).encode()
    path.write_bytes(broken)
    assert call(project, "build", "--all", "--check").code == 0
    path.write_bytes(broken)
    edit("cards/first/README.md", "93.27", "93.28")(project)
    assert call(project, "build", "--all", "--check").code == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["digest", "folders", "first", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(RELAXED, max_examples=100)
@given(JSON)
def test_no_entry_of_the_cache_can_fail_a_check(entries: object) -> None:
    """Entries of any shape are no reason to stop, and never a yes."""
    cache = CheckCache(built_project())
    cache.entries = entries if isinstance(entries, dict) else {}
    assert not cache.is_current("first")


@pytest.mark.parametrize("place", ["a file", "nowhere", "relative"])
def test_a_cache_that_cannot_be_written_is_harmless(
    project: Path, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache folder that is a file, or cannot exist, only costs time."""
    (tmp_path / "file").write_text("")
    value = {"a file": str(tmp_path / "file"), "nowhere": "/dev/null/x", "relative": "x"}[place]
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("HOME", "/dev/null")
    forget_templates()
    assert call(project, "build", "--all").code == 0
    assert call(project, "build", "--all", "--check").code == 0
    assert not (project / "x").exists()
    forget_templates()


def test_a_used_cards_folder_of_runs_is_an_input(project: Path) -> None:
    """When a used card names another folder of runs, however deep, its users are stale."""
    second = project / "cards/second"
    (second / "results").mkdir()
    (second / "runs").rename(second / "results/a")
    spec = json.loads((second / "card.yaml").read_text())
    (second / "card.yaml").write_text(yaml({**spec, "runs": "results/a"}))
    assert call(project, "build", "--all").code == 0
    assert call(project, "build", "--all", "--check").code == 0
    (second / "results/b").mkdir()
    (second / "card.yaml").write_text(yaml({**spec, "runs": "results/b"}))
    checked = call(project, "build", "first", "--check")
    assert checked.code == 1, checked.err


def test_the_project_file_is_an_input(project: Path) -> None:
    """Numbers in the reader's style make the Russian card stale."""
    assert call(project, "build", "--all", "--check").code == 0
    (project / "cardgen.yaml").write_text(yaml({"prices": PRICES, "numbers": "locale"}))
    checked = call(project, "build", "first", "--check")
    assert checked.code == 1
    assert "README.ru.md" in checked.err
    assert "README.md" not in checked.err


def test_another_file_of_samples_is_another_card(project: Path) -> None:
    """Per-sample results beside a run are an input of the card like the run itself."""
    entry(project)
    name = next(path.name for path in sorted((project / "cards").iterdir()) if path.is_dir())
    folders = [f"cards/{name}/runs"]
    cache = CheckCache(project)
    cache.remember(name, folders)
    assert cache.is_current(name)
    kept = project / folders[0] / "accuracy.samples" / "mmlu.jsonl.gz"
    kept.parent.mkdir()
    kept.write_bytes(b"one")
    assert not cache.is_current(name)
    cache.remember(name, folders)
    assert cache.is_current(name)
    kept.write_bytes(b"two")
    assert not cache.is_current(name)
