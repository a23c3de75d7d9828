"""What a build writes, what it leaves alone, and what it refuses to overwrite."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from samples_built import built_copy
from samples_cards import call, run, serving, write_card

from cardgen.build import seal
from cardgen.store import runs


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project of the test's own."""
    return built_copy(tmp_path, monkeypatch)


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of the cards: its time and its content."""
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted((root / "cards").rglob("*"))
        if path.is_file()
    }


def test_files_of_a_card(project: Path) -> None:
    """One README a language, the first one's without its code, plots per language."""
    names = {path.name for path in (project / "cards/first").iterdir()}
    assert names == {"card.yaml", "prose.en.md", "runs", "plots", "README.md", "README.ru.md"}
    assert {path.suffixes[0] for path in (project / "cards/first/plots").iterdir()} == {
        ".en",
        ".ru",
    }
    for name in ("README.md", "README.ru.md"):
        assert seal.verdict((project / "cards/first" / name).read_bytes()) == "ours"
    assert (project / "cards/first/README.md").read_text().startswith("---\n")
    assert not (project / "cards/first/README.ru.md").read_text().startswith("---\n")


def test_an_unchanged_card_is_not_touched(project: Path) -> None:
    """Times and contents of all files stay; the command says so."""
    before = snapshot(project)
    built = call(project, "build", "first")
    assert (built.code, built.out) == (0, "")
    assert "first: up to date" in built.err
    assert snapshot(project) == before


def test_only_what_changed_is_written(project: Path) -> None:
    """New Russian prose changes the Russian README and nothing else."""
    (project / "cards/first/prose.ru.md").write_text("Слова.\n", encoding="utf-8")
    before = snapshot(project)
    built = call(project, "build", "first")
    assert built.err.splitlines()[0] == "wrote cards/first/README.ru.md"
    after = snapshot(project)
    assert {name for name in after if after[name] != before[name]} == {"cards/first/README.ru.md"}


def test_deleted_files_come_back_byte_for_byte(project: Path) -> None:
    """Everything generated can be removed and made again."""
    before = {name: content for name, (_, content) in snapshot(project).items()}
    for path in (project / "cards/first").glob("README*"):
        path.unlink()
    shutil.rmtree(project / "cards/first/plots")
    assert call(project, "build", "first").code == 0
    assert {name: content for name, (_, content) in snapshot(project).items()} == before


def test_one_language_can_be_built(project: Path) -> None:
    """--lang writes the files of that language only."""
    for path in (project / "cards/first").glob("README*"):
        path.unlink()
    assert call(project, "build", "first", "--lang", "ru").code == 0
    names = {path.name for path in (project / "cards/first").glob("README*")}
    assert names == {"README.ru.md"}


EDITS: dict[str, Callable[[bytes], bytes]] = {
    "changed": lambda data: data.replace(b"93.27", b"99.99"),
    "appended": lambda data: data + b"\nA note by hand.\n",
    "seal removed": lambda data: data[: data.rindex(b"<!--")],
    "foreign": lambda _: b"# A card by somebody else\n",
    "not text": lambda _: b"\xff\xfe",
}


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("file", ["README.md", "README.ru.md"])
def test_a_hand_edit_is_refused_and_nothing_is_written(project: Path, name: str, file: str) -> None:
    """Exit code 2, the file named, not one byte written; --overwrite says that it may go."""
    path = project / "cards/first" / file
    original = path.read_bytes()
    edited = EDITS[name](original)
    path.write_bytes(edited)
    (project / "cards/first/prose.en.md").write_text("New words.\n", encoding="utf-8")
    (project / "cards/first/prose.ru.md").write_text("Новые слова.\n", encoding="utf-8")
    before = snapshot(project)
    refused = call(project, "build", "first")
    assert refused.code == 2
    assert f"cards/first/{file}" in refused.err
    assert "--overwrite" in refused.err
    assert snapshot(project) == before
    assert call(project, "build", "first", "--overwrite").code == 0
    assert seal.verdict(path.read_bytes()) == "ours"


def test_an_edited_plot_is_refused_before_anything_is_written(project: Path) -> None:
    """The plot of a stale card was drawn over by hand: no text is written either."""
    plot = project / "cards/first/plots/recovery.en.svg"
    plot.write_text(plot.read_text(encoding="utf-8").replace("</svg>", "<g/></svg>"))
    record = project / "cards/first/runs/0.json"
    record.write_text(record.read_text().replace("41.56", "41.57"))
    before = snapshot(project)
    assert call(project, "build", "first").code == 2
    assert snapshot(project) == before


def test_an_edited_plot_is_refused(project: Path) -> None:
    """A plot that cardgen did not draw is kept unless --overwrite is given."""
    plot = project / "cards/first/plots/recovery.en.svg"
    plot.write_text("<svg/>")
    refused = call(project, "build", "first")
    assert refused.code == 2
    assert "plots/recovery.en.svg" in refused.err
    assert plot.read_text() == "<svg/>"
    assert call(project, "build", "first", "--overwrite").code == 0
    assert plot.read_text() != "<svg/>"


def test_a_checkout_with_crlf_is_no_hand_edit(project: Path) -> None:
    """git changed the line ends: the build goes on."""
    path = project / "cards/first/README.md"
    original = path.read_bytes()
    path.write_bytes(original.replace(b"\n", b"\r\n"))
    assert call(project, "build", "first").code == 0
    assert path.read_bytes() in (original, original.replace(b"\n", b"\r\n"))


BREAKS = {
    "a record": ("runs/0.json", "{"),
    "card.yaml": ("card.yaml", "kind: quantised\n"),
    "prose": ("prose.en.md", "# Nonsense\n"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_one_broken_card_does_not_stop_the_others(project: Path, name: str) -> None:
    """--all builds what it can, tells every failure at the end, and exits 2."""
    file, text = BREAKS[name]
    (project / "cards/first" / file).write_text(text)
    (project / "cards/second/README.md").unlink()
    write_card(project, "third", run(serving(latency_s=1.0)))
    built = call(project, "build", "--all")
    assert built.code == 2
    assert f"error: cards/first/{file}" in built.err
    assert "Traceback" not in built.err
    for other in ("second", "third"):
        assert (project / "cards" / other / "README.md").exists()


def test_quiet(project: Path) -> None:
    """--quiet says nothing of what was written."""
    (project / "cards/second/README.md").unlink()
    built = call(project, "build", "--all", "--quiet")
    assert (built.code, built.out, built.err) == (0, "", "")
    assert (project / "cards/second/README.md").exists()


def test_missing_values_are_named(project: Path) -> None:
    """A build says which cells have no value, and why; a few at once."""
    (project / "cards/first/runs/0.json").unlink()
    broken = run(*(serving(scenario=f"s{n}", reason="server died") for n in range(9)))
    (project / "cards/second/runs/0.json").write_bytes(runs.dump(broken))
    built = call(project, "build", "first")
    assert built.code == 0
    assert "the run failed: server died" in built.err
    assert "more: `cardgen explain first` lists them" in built.err


def test_from_a_folder_inside_the_project(project: Path) -> None:
    """The project is found upwards from the working folder."""
    (project / "cards/second/README.md").unlink()
    assert call(project / "cards/first/runs", "build", "second").code == 0
    assert (project / "cards/second/README.md").exists()


def test_outside_a_project(tmp_path: Path) -> None:
    """No project, no build: the message says what one looks like."""
    built = call(tmp_path, "build", "--all")
    assert (built.code, built.out) == (2, "")
    assert "cardgen.yaml" in built.err


def test_a_project_without_cards(tmp_path: Path) -> None:
    """--all of nothing is no error, and says so."""
    (tmp_path / "cardgen.yaml").write_text("prices: []\n")
    built = call(tmp_path, "build", "--all")
    assert built.code == 0
    assert "no cards" in built.err


def test_what_is_made_no_longer_is_removed_and_a_person_s_file_kept(project: Path) -> None:
    """A language that the card gave up leaves no stale card behind."""
    folder = project / "cards/first"
    specification = json.loads((folder / "card.yaml").read_text("utf-8"))
    (folder / "card.yaml").write_text(json.dumps({**specification, "languages": ["en"]}), "utf-8")
    stale = call(project, "build", "first", "--check")
    assert stale.code == 1
    assert "README.ru.md: left over" in stale.err
    assert "removed README.ru.md" in call(project, "build", "first").err
    assert not (folder / "README.ru.md").exists()
    assert not list((folder / "plots").glob("*.ru.svg"))
    (folder / "README.de.md").write_text("von Hand", "utf-8")
    assert call(project, "build", "first").code == 0
    assert (folder / "README.de.md").exists()
