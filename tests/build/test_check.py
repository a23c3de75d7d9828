"""`build --check`: what makes a card stale, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from samples_built import built_copy, edit
from samples_cards import accuracy, call, run

from cardgen.render.environment import forget_templates
from cardgen.store import runs


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project of the test's own."""
    return built_copy(tmp_path, monkeypatch)


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of the project: its time and its content."""
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_built_project_is_up_to_date(project: Path) -> None:
    """Exit code 0, nothing on stdout, one line on stderr, nothing written."""
    before = snapshot(project)
    checked = call(project, "build", "--all", "--check")
    assert (checked.code, checked.out, checked.err) == (0, "", "2 up to date\n")
    assert snapshot(project) == before


def new_run(root: Path) -> None:
    """Another run file for the first card."""
    added = run(accuracy("mmlu", "60.0"), origin="transcribed")
    (root / "cards/first/runs/9.json").write_bytes(runs.dump(added))


def new_template(root: Path) -> None:
    """A section template of the project's own."""
    folder = root / "templates" / "sections"
    folder.mkdir(parents=True)
    (folder / "overview.md.j2").write_text("## About\n")
    forget_templates()


def plot(root: Path) -> Path:
    """A plot of the first card."""
    return sorted((root / "cards/first/plots").iterdir())[0]


CHANGES: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "a record": (edit("cards/first/runs/0.json", "41.56", "41.57"), {"first"}),
    "another run": (new_run, {"first"}),
    "a removed run": (lambda root: (root / "cards/first/runs/0.json").unlink(), {"first"}),
    "card.yaml": (edit("cards/first/card.yaml", '"Tiny"', '"Small"'), {"first"}),
    "prose": (edit("cards/first/prose.en.md", "hand", "pen"), {"first"}),
    "new prose": (
        lambda root: (root / "cards/first/prose.ru.md").write_text("Слова", encoding="utf-8"),
        {"first"},
    ),
    "a template": (new_template, {"first", "second"}),
    "a used card's record": (edit("cards/second/runs/0.json", "1886", "1887"), {"first"}),
    "a README": (edit("cards/first/README.md", "93.27", "93.28"), {"first"}),
    "a missing README": (lambda root: (root / "cards/first/README.ru.md").unlink(), {"first"}),
    "a plot": (lambda root: plot(root).write_text("<svg/>"), {"first"}),
    "a missing plot": (lambda root: plot(root).unlink(), {"first"}),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("warm", [True, False], ids=["cached", "uncached"])
def test_every_change_of_an_input_or_output_is_seen(project: Path, name: str, warm: bool) -> None:
    """Exit code 1, the stale files named on stderr; the check itself writes nothing."""
    change, stale = CHANGES[name]
    if warm:
        assert call(project, "build", "--all", "--check").code == 0
    change(project)
    before = snapshot(project)
    checked = call(project, "build", "--all", "--check")
    assert checked.code == 1, checked.err
    for card in ("first", "second"):
        assert (f"cards/{card}/" in checked.err) == (card in stale)
    assert f"{len(stale)} of 2 cards stale" in checked.err
    assert snapshot(project) == before
    forget_templates()


def test_the_diff_goes_to_stdout_and_names_the_file(project: Path) -> None:
    """A unified diff from the committed text to the rendered one, and nothing else."""
    edit("cards/first/runs/0.json", "41.56", "41.57")(project)
    checked = call(project, "build", "first", "--check")
    lines = checked.out.splitlines()
    assert lines[0].startswith("--- cards/first/README.md")
    assert lines[1].startswith("+++ cards/first/README.md")
    assert lines[2].startswith("@@")
    assert '-      <td align="right">93.27%</td>' in lines
    assert '+      <td align="right">93.29%</td>' in lines
    assert "--- cards/first/README.ru.md" in checked.out
    assert "cards/first/README.md: stale" in checked.err
    assert "plots/recovery" in checked.err
    assert "svg" not in checked.out.replace(".svg)", "")


def test_a_missing_file_is_a_diff_from_nothing(project: Path) -> None:
    """The whole text stands as added."""
    (project / "cards/second/README.md").unlink()
    checked = call(project, "build", "second", "--check")
    assert checked.out.startswith("--- /dev/null\n+++ cards/second/README.md")
    assert "cards/second/README.md: missing" in checked.err


def test_one_language_can_be_checked(project: Path) -> None:
    """--lang narrows the check to that language's files."""
    edit("cards/first/README.ru.md", "93.27", "93.28")(project)
    assert call(project, "build", "first", "--check", "--lang", "en").code == 0
    assert call(project, "build", "first", "--check", "--lang", "ru").code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build", "--check"), "Name the cards"),
        (("build", "first", "--all"), "Name the cards"),
        (("build", "first", "--check", "--overwrite"), "--check writes nothing"),
        (("build", "first", "--check", "--watch"), "--check writes nothing"),
        (("build", "frist", "--check"), "did you mean 'first'?"),
        (("build", "first", "--check", "--lang", "de"), "one of en, ru"),
        (("build", "../first", "--check"), "no folder of cards/"),
    ],
)
def test_what_cannot_be_checked_is_exit_2(
    project: Path, arguments: tuple[str, ...], message: str
) -> None:
    """A wrong call says what is right."""
    checked = call(project, *arguments)
    assert (checked.code, checked.out) == (2, "")
    assert message in checked.err


def test_a_broken_card_is_exit_2_and_the_others_are_checked(project: Path) -> None:
    """One broken record does not hide what else is stale."""
    (project / "cards/first/runs/0.json").write_text("{")
    edit("cards/second/README.md", "Second", "Third")(project)
    checked = call(project, "build", "--all", "--check")
    assert checked.code == 2
    assert "error: cards/first/runs/0.json" in checked.err
    assert "cards/second/README.md: edited by hand" in checked.err


def test_quiet_says_nothing_of_what_is_current(project: Path) -> None:
    """--quiet leaves errors only."""
    checked = call(project, "build", "--all", "--check", "--quiet")
    assert (checked.code, checked.out, checked.err) == (0, "", "")


def test_a_checkout_with_crlf_is_not_stale(project: Path) -> None:
    """Line endings that git changed are no difference."""
    path = project / "cards/second/README.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert call(project, "build", "second", "--check").code == 0


def test_from_a_folder_inside_the_project(project: Path) -> None:
    """The project is found upwards; a card may be named by its path."""
    inside = project / "cards/first/runs"
    assert call(inside, "build", "first", "--check").code == 0
    assert call(project / "cards", "build", "./first/", "--check").code == 0
