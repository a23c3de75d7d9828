"""A quantized model's folder: finished or not, and out of the way where its job failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cardgen.measuring import model_folder
from cardgen.measuring.model_folder import MARK, is_unfinished, mark, set_aside

MARKS = {
    "none": (None, False),
    "at work": ('{"job": "a", "state": "unfinished"}', True),
    "done": ('{"job": "a", "state": "finished"}', False),
    "of version 0.1.0": ('{"job": "a"}', False),
    "of a later version": ('{"job": "a", "state": "checking"}', True),
    "emptied by a power cut": ("", True),
    "no object": ("[]", True),
    "nested": ("[" * 100_000, True),
}


@pytest.mark.parametrize("case", MARKS)
def test_what_a_mark_says(tmp_path: Path, case: str) -> None:
    text, unfinished = MARKS[case]
    if text is not None:
        (tmp_path / MARK).write_text(text)
    assert is_unfinished(tmp_path) is unfinished


def test_a_folder_that_is_not_there_is_not_unfinished(tmp_path: Path) -> None:
    """Nor is a file, nor what can be no path: each is told as what it is."""
    (tmp_path / "file").write_text("")
    for name in ("none", "file", "n" * 5_000, "a\0b"):
        assert not is_unfinished(tmp_path / name)
    assert set_aside(tmp_path / "none") == tmp_path / "none"


def made(folder: Path, weights: str, *, state: model_folder.State = "unfinished") -> Path:
    """A model's folder as a job leaves it."""
    (folder / "parts").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "parts" / "weights").write_text(weights)
    mark(folder, "0" * 64, state)
    return folder


def held(folder: Path) -> str:
    """The weights in a folder."""
    return (folder / "parts" / "weights").read_text()


def test_an_unfinished_folder_goes_aside_and_takes_the_earlier_ones_place(tmp_path: Path) -> None:
    """Whole, with its mark: what is there is no model under any name."""
    model = tmp_path / "Tiny"
    for weights in ("first", "second"):
        aside = set_aside(made(model, weights))
        assert aside == model_folder.aside(model) == tmp_path / "Tiny.failed"
        assert not model.exists()
        assert held(aside) == weights
        assert is_unfinished(aside)
    assert [path.name for path in tmp_path.iterdir()] == ["Tiny.failed"]


def test_a_finished_folder_stays(tmp_path: Path) -> None:
    model = made(tmp_path / "Tiny", "good", state="finished")
    assert set_aside(model) == model
    assert held(model) == "good"
    assert model_folder.aside(model) is None


def test_nothing_but_the_mark_displaces_nothing(tmp_path: Path) -> None:
    """A job that wrote nothing leaves what an earlier one wrote to look at."""
    model = tmp_path / "Tiny"
    set_aside(made(model, "first"))
    model.mkdir()
    mark(model, "1" * 64, "unfinished")
    assert set_aside(model) == model
    assert held(tmp_path / "Tiny.failed") == "first"


@pytest.mark.parametrize("what", ["a folder", "a file", "a link", "a link that leads nowhere"])
def test_what_somebody_put_there_stays(tmp_path: Path, what: str) -> None:
    """The name gets a number; the next one of the collector's own is replaced again."""
    place = tmp_path / "Tiny.failed"
    if what == "a folder":
        place.mkdir()
        (place / "notes").write_text("mine")
    elif what == "a file":
        place.write_text("mine")
    elif what == "a link":
        place.symlink_to(made(tmp_path / "elsewhere", "mine"))
    else:
        place.symlink_to("nowhere")
    for weights in ("first", "second"):
        aside = set_aside(made(tmp_path / "Tiny", weights))
        assert aside == tmp_path / "Tiny.failed-2"
        assert held(aside) == weights
    if what == "a folder":
        assert (place / "notes").read_text() == "mine"
    elif what == "a file":
        assert place.read_text() == "mine"
    else:
        assert place.is_symlink()
    if what == "a link":
        assert held(tmp_path / "elsewhere") == "mine"


def test_a_link_goes_on_leading_to_where_there_is_room(tmp_path: Path) -> None:
    """Only the files go aside, beside where they are."""
    disk = made(tmp_path / "disk" / "Tiny", "first")
    link = tmp_path / "Tiny"
    link.symlink_to(disk)
    aside = set_aside(link)
    assert aside == model_folder.aside(link) == tmp_path / "disk" / "Tiny.failed"
    assert held(aside) == "first"
    assert link.is_symlink()
    assert list(link.iterdir()) == []


def test_a_folder_that_cannot_be_moved_is_still_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system of its own is mounted there: the mark has to do."""

    def busy(path: Path, target: Path) -> None:
        raise OSError(16, "Device or resource busy")

    model = made(tmp_path / "Tiny", "first")
    monkeypatch.setattr(Path, "rename", busy)
    assert set_aside(model) == model
    assert held(model) == "first"
    assert is_unfinished(model)


def test_the_mark_names_the_job(tmp_path: Path) -> None:
    """On one line, as JSON; written anew it is replaced."""
    for state in ("unfinished", "finished"):
        mark(tmp_path, "a" * 64, state)
        text = (tmp_path / MARK).read_text()
        assert text.count("\n") == 1
        assert json.loads(text) == {"job": "a" * 64, "state": state}
