"""Real repositories, folders and pages as the other side of a comparison."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from samples_cards import MODEL, accuracy, call, process, quantization, run, serving, write_card

from cardgen.records import Run


def git(root: Path, *arguments: str) -> str:
    """What git prints; it knows nobody's settings."""
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    done = subprocess.run(
        ["git", "-C", str(root), *arguments],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def commit(root: Path, message: str = "a state") -> None:
    """Everything there is, committed."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


def latencies(*seconds: float) -> list[Run]:
    """A run a latency."""
    return [run(serving(latency_s=value)) for value in seconds]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A project whose card was committed twice: quick, then slow; the work tree is as committed."""
    root = tmp_path / "project"
    write_card(root, "tiny", *latencies(2.40, 2.42, 2.41))
    git(root, "init", "-q", "-b", "main")
    commit(root)
    write_card(root, "tiny", *latencies(3.00, 3.02, 3.01))
    commit(root)
    return root


def test_nothing_changed_since_the_last_commit(repository: Path) -> None:
    made = call(repository, "diff", "tiny", "--exit-code")
    assert made.code == 0
    assert made.out.splitlines()[1] == "1 compared, 1 unchanged"


def test_the_work_tree_against_the_commit_before(repository: Path) -> None:
    made = call(repository, "diff", "tiny", "--against", "HEAD~1", "--exit-code")
    assert made.code == 1
    assert made.out.splitlines()[1] == "1 compared, 1 regressed, 0 unchanged"
    assert "regressed        request latency: tiny-w4a16, A6000, vLLM, chat" in made.out
    assert "2.41 s → 3.01 s" in made.out


def test_git_is_only_read(repository: Path) -> None:
    """Neither the work tree nor the index nor any ref moves."""
    (repository / "cards/tiny/runs/0.json").unlink()
    (repository / "scratch.txt").write_text("mine", encoding="utf-8")
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(repository.rglob("*"))
        if path.is_file()
    }
    assert call(repository, "diff", "tiny", "--against", "HEAD~1").code == 0
    after = {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(repository.rglob("*"))
        if path.is_file()
    }
    assert after == before


def test_a_project_below_the_top_of_the_repository(tmp_path: Path) -> None:
    root = tmp_path / "repository" / "models"
    write_card(root, "tiny", *latencies(2.40, 2.42, 2.41))
    git(tmp_path / "repository", "init", "-q")
    commit(tmp_path / "repository")
    write_card(root, "tiny", *latencies(3.00, 3.02, 3.01))
    made = call(root / "cards" / "tiny", "diff", "tiny")
    assert "1 regressed" in made.out


def test_a_new_card_and_a_removed_one(repository: Path) -> None:
    write_card(repository, "second", *latencies(1.0))
    shutil.rmtree(repository / "cards/tiny")
    made = call(repository, "diff", "--all")
    assert made.code == 0
    assert "second: HEAD" in made.out
    assert "note: the card is new" in made.out
    assert "note: the card was removed" in made.out
    assert call(repository, "diff", "tiny").out.count("removed") >= 2


def test_used_cards_are_read_at_the_revision_too(tmp_path: Path) -> None:
    write_card(tmp_path, "base", *latencies(2.40, 2.42, 2.41), kind="benchmark", base_model=None)
    write_card(tmp_path, "tiny", run(accuracy("mmmu", 40.0)), uses=["base"])
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    write_card(tmp_path, "base", *latencies(3.0, 3.02, 3.01), kind="benchmark", base_model=None)
    assert "2 compared, 1 regressed, 1 unchanged" in call(tmp_path, "diff", "tiny").out


def test_a_link_to_a_run_is_followed_in_the_revision(repository: Path) -> None:
    place = repository / "cards/tiny/runs/0.json"
    (repository / "cards/tiny/kept").mkdir()
    place.rename(repository / "cards/tiny/kept/0.json")
    place.symlink_to("../kept/0.json")
    commit(repository)
    assert "1 unchanged" in call(repository, "diff", "tiny").out


def test_words_are_shown_by_lines(repository: Path) -> None:
    folder = repository / "cards/tiny"
    text = (folder / "card.yaml").read_text(encoding="utf-8")
    (folder / "card.yaml").write_text(text.replace('"Tiny"', '"Tiny, mended"'), encoding="utf-8")
    (folder / "prose.en.md").write_text("New words.\n", encoding="utf-8")
    made = call(repository, "diff", "tiny")
    assert "1 compared, 2 prose-only, 1 unchanged" in made.out
    assert '-  "title": "Tiny",' in made.out
    assert '+  "title": "Tiny, mended",' in made.out
    assert "cards/tiny/prose.en.md (new file)\n    +New words." in made.out


def test_a_folder(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_card(other, "tiny", *latencies(2.40, 2.42, 2.41))
    for against in ("../other", f"{other}/", str(other / "cards/tiny")):
        assert "1 regressed" in call(repository, "diff", "tiny", "--against", against).out, against


def test_another_card_of_the_project(repository: Path) -> None:
    write_card(repository, "fork", *latencies(2.40, 2.42, 2.41))
    made = call(repository, "diff", "tiny", "--against", "./cards/fork")
    assert "1 regressed" in made.out


@pytest.mark.parametrize(
    ("against", "found"),
    [
        ("no-such-thing", "no such revision, and no such path"),
        ("./no-such-folder", "no such revision, and no such path"),
        ("--help", "no such revision"),
        ("HEAD~99", "no such revision"),
        ("../", "neither"),
        ("", "the name is empty"),
    ],
)
def test_a_side_that_is_none(repository: Path, against: str, found: str) -> None:
    made = call(repository, "diff", "tiny", f"--against={against}")
    assert made.code == 2
    assert found in made.err
    assert made.out == ""


def test_outside_of_git(tmp_path: Path) -> None:
    write_card(tmp_path, "tiny", *latencies(1.0))
    made = process(
        tmp_path, "diff", "tiny", environment={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    )
    assert made.code == 2
    assert "--against FOLDER" in made.err
    assert "Traceback" not in made.err


def test_nothing_committed_yet(tmp_path: Path) -> None:
    write_card(tmp_path, "tiny", *latencies(1.0))
    git(tmp_path, "init", "-q")
    made = call(tmp_path, "diff", "tiny")
    assert made.code == 2
    assert "no commit yet" in made.err


def test_a_token_in_the_words_is_not_shown(repository: Path) -> None:
    """That the line changed is; a comment on a pull request must not spread it."""
    token = "hf_" + "a1B2" * 8
    prose = repository / "cards/tiny/prose.en.md"
    prose.write_text(f"The key is {token}.\n", encoding="utf-8")
    for form in ("terminal", "markdown", "json", "html"):
        made = call(repository, "diff", "tiny", "--format", form)
        assert "The key is" in made.out
        assert token not in made.out


def test_no_git_at_all(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    made = call(repository, "diff", "tiny")
    assert made.code == 2
    assert "install git" in made.err


def test_a_broken_revision_is_named(repository: Path) -> None:
    place = repository / "cards/tiny/runs/0.json"
    good = place.read_bytes()
    place.write_text("{", encoding="utf-8")
    commit(repository)
    place.write_bytes(good)
    made = call(repository, "diff", "tiny")
    assert made.code == 2
    assert made.err.startswith("error: HEAD (")
    assert "cards/tiny/runs/0.json" in made.err


def test_not_a_number_is_refused(repository: Path) -> None:
    place = repository / "cards/tiny/runs/0.json"
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace("3.0", "NaN"), encoding="utf-8")
    made = call(repository, "diff", "tiny")
    assert made.code == 2
    assert "Traceback" not in made.err


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--exit-code"], 1),
        (["--fail-on", "regressed"], 1),
        (["--fail-on", "improved"], 0),
        (["--fail-on", "improved", "--fail-on", "regressed"], 1),
        (["--strict"], 1),
    ],
)
def test_exit_codes(repository: Path, options: list[str], code: int) -> None:
    assert call(repository, "diff", "tiny", "--against", "HEAD~1", *options).code == code


def test_strict_refuses_what_could_hide_a_regression(tmp_path: Path) -> None:
    write_card(tmp_path / "old", "tiny", *latencies(2.4))
    write_card(tmp_path / "new", "tiny", *latencies(2.5))
    old = str(tmp_path / "old")
    made = call(tmp_path / "new", "diff", "tiny", "--against", old, "--fail-on", "regressed")
    assert made.code == 0
    assert call(tmp_path / "new", "diff", "tiny", "--against", old, "--strict").code == 1


@pytest.mark.parametrize("form", ["terminal", "markdown", "json", "html"])
def test_a_format_to_a_file(repository: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "out"
    made = call(repository, "diff", "tiny", "--against=HEAD~1", "--format", form, "-o", str(target))
    assert (made.code, made.out) == (0, "")
    text = target.read_text(encoding="utf-8")
    assert "regressed" in text
    if form == "json":
        (report,) = json.loads(text)["cards"]
        assert report["changes"][0]["before"]["value"] == 2.41
        assert report["changes"][0]["before"]["records"][0].startswith("cards/tiny/runs/0.json#")


def test_a_recipe_is_a_remark(repository: Path) -> None:
    write_card(repository, "q", run(quantization(dampening_frac=0.01)))
    commit(repository)
    write_card(repository, "q", run(quantization(dampening_frac=0.1)))
    assert f"quantization of {MODEL} (W4A16): dampening_frac" in call(repository, "diff", "q").out


def test_names_or_all(repository: Path) -> None:
    assert call(repository, "diff").code == 2
    assert call(repository, "diff", "tiny", "--all").code == 2
    unknown = call(repository, "diff", "tini")
    assert unknown.code == 2
    assert "did you mean 'tiny'?" in unknown.err
