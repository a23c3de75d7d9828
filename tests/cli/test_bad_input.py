"""Bad input gets one clear error and exit code 2, and changes nothing on the disk."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.bad_cards import CARDS
from cli.bad_folders import FOLDERS
from cli.bad_projects import (
    CARD,
    TEXT,
    Bad,
    card_file,
    contents,
    project,
    replaced,
    run_file,
)
from cli.bad_runs import RUNS
from samples_cards import Result, call, process

NOISE = re.compile(
    r"Traceback|function-|constrained|tagged-union|Input should|dict\[|tuple\[|\bTuple\b|pydantic"
)
BLOCK = re.compile(
    r"error: (?P<place>.*)\n  expected: (?P<expected>.*)\n"
    r"  found:    (?P<found>.*)\n  next:     (?P<next>.*)\n"
)
EVERY = [
    pytest.param(bad, id=f"{group}: {name}")
    for group, table in (("run", RUNS), ("card", CARDS), ("folder", FOLDERS))
    for name, bad in table.items()
]
AS_PROCESS = {
    **{name: RUNS[name] for name in ("NaN", "wrong unit", "duplicate measurement")},
    **{name: CARDS[name] for name in ("version: 1.10", "aliases of aliases", "runs: ../x")},
    **{name: FOLDERS[name] for name in ("a run file of 65 MiB", "the runs folder leads out")},
}


def check(bad: Bad, folder: Path, run: Callable[..., Result]) -> None:
    """Build the card with the fault: one message of the four parts, and the folder as it was."""
    root = project(folder / "project")
    bad.change(root)
    before = contents(folder)
    result = run(root, "build", "small")
    assert contents(folder) == before
    assert (result.code, result.out) == (2, "")
    assert not NOISE.search(result.err), result.err
    message = BLOCK.fullmatch(result.err)
    assert message, result.err
    assert message["place"] == bad.place
    for part, text in (("expected", bad.expected), ("found", bad.found), ("next", bad.next_step)):
        assert text in message[part], result.err


@pytest.mark.parametrize("bad", EVERY)
def test_bad_input_gets_one_clear_error_and_changes_nothing(bad: Bad, tmp_path: Path) -> None:
    """One message with place, expected, found and next step; exit code 2; the folder as it was."""
    check(bad, tmp_path, call)


@pytest.mark.parametrize("bad", AS_PROCESS.values(), ids=AS_PROCESS.keys())
def test_bad_input_as_the_shell_sees_it(bad: Bad, tmp_path: Path) -> None:
    """The same from a process of its own, with warnings as errors and no traceback."""
    check(bad, tmp_path, process)


@pytest.mark.parametrize(
    ("name", "found", "step"),
    [
        ("smal", "no cards/smal/card.yaml", "did you mean 'small'?"),
        ("another", "no cards/another/card.yaml", "create it with `cardgen init NAME`"),
        ("..", "a path that is no folder of cards/", "name a folder of cards/"),
        ("../small", "a path that is no folder of cards/", "did you mean 'small'?"),
        ("cards/../small", "a path that is no folder", "did you mean 'small'?"),
        ("/etc/passwd", "a path that is no folder", "name a folder of cards/"),
        (r"..\small", "a path that is no folder", "did you mean 'small'?"),
        ("", "a path that is no folder", "name a folder of cards/"),
        ("x" * 5000, "no cards/xxx", "init"),
        ("a\x1b[31m\nb", r"no cards/a\x1b[31m\nb/card.yaml", "init"),
    ],
    ids=repr,
)
def test_a_wrong_card_name_is_answered_with_the_right_ones(
    name: str, found: str, step: str, tmp_path: Path
) -> None:
    """No name leads out of cards/; the nearest card is suggested."""
    root = project(tmp_path / "project")
    before = contents(tmp_path)
    result = call(root, "build", name)
    message = BLOCK.fullmatch(result.err)
    assert message, result.err
    assert (result.code, contents(tmp_path)) == (2, before)
    assert message["place"].startswith("card ")
    assert message["expected"] == "one of: small"
    assert found in message["found"]
    assert step in message["next"]


def test_outside_a_project_the_error_says_how_to_start_one(tmp_path: Path) -> None:
    """A folder without cardgen.yaml or cards/ is no project."""
    result = process(tmp_path, "build", "small")
    assert result.code == 2
    assert "a project: a folder with cardgen.yaml or cards/" in result.err
    assert "cardgen init NAME" in result.err


def test_several_faults_are_told_each_once(tmp_path: Path) -> None:
    """One call of the command shows every fault of a file, in blocks of one shape."""
    root = project(tmp_path / "project")
    text = replaced("0.84", "-1").replace('"dataset"', '"datasat"').replace('"tool"', '"tol"')
    run_file(root).write_text(text)
    result = call(root, "build", "small")
    assert result.code == 2
    told = re.findall(r"a\.json:\d+:\d+: (/\S+)", result.err)
    assert sorted(told) == [
        "/measurements/0/datasat",
        "/measurements/0/latency_s/value",
        "/measurements/1/datasat",
        "/provenance/tol",
    ]
    assert not NOISE.search(result.err)


@pytest.mark.parametrize("title", ["no", "yes", "on", "off", "n", "2025-02-24", "12:30"])
def test_words_stay_words(title: str, tmp_path: Path) -> None:
    """YAML 1.2: what older YAML took for a truth, a date or a number is a title like any other."""
    root = project(tmp_path / "project")
    card_file(root).write_text(CARD.replace("A small card", title))
    result = call(root, "build", "small")
    assert result.code == 0, result.err
    assert f"# {title}\n" in (root / "cards/small/README.md").read_text()


def test_a_byte_order_mark_and_other_line_ends_are_read(tmp_path: Path) -> None:
    """Editors of other systems add them: no fault of the author."""
    root = project(tmp_path / "project")
    run_file(root).write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    card_file(root).write_bytes(b"\xef\xbb\xbf" + CARD.replace("\n", "\r\n").encode())
    assert call(root, "build", "small").code == 0


def test_an_unreadable_run_file_is_named(tmp_path: Path) -> None:
    """A file without permission to read is a file to mend, not a crash."""
    root = project(tmp_path / "project")
    run_file(root).chmod(0)
    if os.access(run_file(root), os.R_OK):
        pytest.skip("this user reads every file; see tests/store/test_denied.py")
    result = process(root, "build", "small")
    assert result.code == 2
    assert "cards/small/runs/a.json\n  expected: a readable file" in result.err
