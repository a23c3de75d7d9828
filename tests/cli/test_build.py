"""`cardgen build` on the repository's own cards and as a command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples_cards import call, process, run, scores, serving, write_card

ROOT = Path(__file__).parents[2]


def test_the_repositorys_cards_are_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed is what the records render to."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    checked = call(ROOT, "build", "--all", "--check", "--no-cache")
    assert (checked.code, checked.out) == (0, ""), checked.err


def test_help() -> None:
    """The help names every option and needs no project."""
    found = call(Path("/"), "build", "--help")
    assert found.code == 0
    for option in ("--all", "--lang", "--check", "--no-cache", "--watch", "--overwrite", "--quiet"):
        assert option in found.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build",), "Name the cards"),
        (("build", "tiny", "--all"), "Name the cards"),
        (("build", "tiny", "--chekc"), "--check"),
        (("biuld", "tiny"), "Did you mean 'build'?"),
        (("build", "tini"), "did you mean 'tiny'?"),
        (("build", "tiny", "--lang", "de"), "one of en"),
        (("build", "cards"), "one of: tiny"),
    ],
)
def test_a_wrong_call_is_exit_2(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """Nothing on stdout, the right way on stderr, nothing written."""
    folder = write_card(tmp_path, "tiny", scores())
    found = call(tmp_path, *arguments)
    assert (found.code, found.out) == (2, "")
    assert message in found.err
    assert not (folder / "README.md").exists()


def test_several_names(tmp_path: Path) -> None:
    """Cards are built as named, by name or by the path of their folder."""
    for name in ("a", "b", "c"):
        write_card(tmp_path, name, run(serving(latency_s=1.0)))
    assert call(tmp_path, "build", "a", "cards/c/").code == 0
    built = {path.parent.name for path in tmp_path.glob("cards/*/README.md")}
    assert built == {"a", "c"}


def test_messages_go_to_stderr(tmp_path: Path) -> None:
    """A process of its own: stdout stays empty, stderr tells what was written, no colours."""
    write_card(tmp_path, "tiny", run(serving(latency_s=1.0)))
    built = process(tmp_path, "build", "tiny", environment={"XDG_CACHE_HOME": str(tmp_path / "x")})
    assert (built.code, built.out) == (0, "")
    assert "wrote cards/tiny/README.md" in built.err
    assert "\x1b" not in built.err
