"""Calls of push and pull that cannot be meant: exit 2, a way out, nothing asked of the Hub."""

from __future__ import annotations

from pathlib import Path

import pytest
from publish.samples import write
from samples_cards import call


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("push", "tiny", "--repo", "no-organisation"), "name it organisation/name"),
        (("push", "tiny", "--repo", "a/b", "--folder", "../elsewhere"), "no folder inside"),
        (("push", "tiny", "--repo", "a/b", "--folder", ".git/hooks"), "no folder inside"),
        (("push", "tiny", "--repo", "a/b", "--timeout", "0"), "0.1"),
        (("pull", "a/b", "--folder", "models/../.."), "no folder inside"),
        (("pull", "a/b", "--as", "../elsewhere"), "no name for a card"),
        (("pull", "a/b/c"), "organisation/name on the Hub"),
        (("pull", "README.md"), "organisation/name on the Hub"),
    ],
)
def test_a_call_that_cannot_be_meant(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    write(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = call(tmp_path, *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert sorted(tmp_path.rglob("*")) == before
