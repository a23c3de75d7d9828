"""Nothing private is published by mistake, and no token shows anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publish.samples import WRITER, Desk
from samples_cards import RELAXED, call, start

from cardgen.publish.secrets import findings

TOKEN = "hf_" + "aB3" * 11
FOUND = [
    (f"login {TOKEN}", "token"),
    ("export OPENAI_API_KEY=sk-abcdefghijklmnop", "token"),
    ('password: "hunter2hunter2"', "token"),
    ("https://x:ghp_" + "a" * 36 + "@github.com/o/r", "token"),
    ("--model /home/somebody/models/tiny", "path"),
    ("at /Users/some.body/x", "path"),
    (r"in C:\Users\somebody\models", "path"),
    ("file:///data/x", "path"),
    ("/mnt/cluster/models", "path"),
    ("ask some.body@company.io", "address"),
]
FINE = [
    'api_key="EMPTY"',
    "max_tokens=64, add_bos_token=True",
    "--token $HF_TOKEN",
    "token: <your token>",
    "https://huggingface.co/home/team",
    "/path/to/model",
    "a@b",
    "git@github.com:o/r",
    "someone@example.org",
    "@decorator",
    "pip install x@1.2",
    "sha256:" + "a" * 64,
    "w4a16 at 3.5x",
]


@pytest.mark.parametrize(("text", "kind"), FOUND)
def test_found(text: str, kind: str) -> None:
    """With line and column, and a name that stays the same."""
    found = list(findings("README.md", f"first line\n  {text}\n"))
    assert [item.kind for item in found] == [kind]
    assert found[0].place.startswith("README.md:2:")
    assert found[0].name == next(findings("other.md", text)).name
    assert kind != "token" or found[0].shown == ""


@pytest.mark.parametrize("text", FINE)
def test_fine(text: str) -> None:
    """What a card may well say."""
    assert list(findings("README.md", text)) == []


def test_the_repositorys_own_cards_are_fine() -> None:
    """No false alarm on real ones, plots included."""
    cards = Path(__file__).parents[2] / "cards"
    paths = [*cards.rglob("README*.md"), *cards.rglob("*.svg")]
    assert len(paths) > 10
    for path in paths:
        assert list(findings(path.name, path.read_text(encoding="utf-8"))) == []


@RELAXED
@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    """Read in full, whatever it is."""
    for item in findings("x", text):
        assert item.kind in ("token", "path", "address")


def test_a_push_is_stopped(desk: Desk) -> None:
    """With every place; each finding can be allowed, a token is never shown."""
    prose = f"Ask some.body@company.io.\n\nThe key is {TOKEN}.\n"
    (desk.root / "cards/tiny/prose.en.md").write_text(prose, encoding="utf-8")
    assert call(desk.root, "build", "tiny").code == 0
    done = desk.push()
    assert done.code == 2
    assert "README.md:" in done.err
    assert "some.body@company.io" in done.err
    assert TOKEN not in done.err
    assert not desk.hub.requests
    names = [word.rstrip(";,)") for word in done.err.split() if word.startswith(("addr", "token-"))]
    allowed = [part for name in dict.fromkeys(names) for part in ("--allow", name)]
    still = desk.push(*allowed[:2])
    assert still.code == 2
    desk.pushed(*allowed)
    (desk.root / "cards/tiny/prose.en.md").unlink()
    assert call(desk.root, "build", "tiny").code == 0
    assert desk.push("--message", f"see {TOKEN}").code == 2


def test_no_token_among_the_processes(desk: Desk) -> None:
    """Neither in the arguments of the process nor in what it says, whatever the Hub echoes."""
    from hub.faults import Fault

    desk.hub.faults.add(Fault(path="/revision/", hang_s=1.0, status=None))
    desk.hub.faults.add(Fault(path="/commit/", status=400, error=f"you sent Bearer {WRITER}"))
    with start(desk.root, "push", "tiny", "--repo", desk.repo) as child:
        while not desk.hub.requests:
            assert child.poll() is None
        if sys.platform == "linux":
            arguments = Path(f"/proc/{child.pid}/cmdline").read_bytes()
            assert WRITER.encode() not in arguments
        out, err = child.communicate(timeout=60)
    assert child.returncode == 2
    assert WRITER.encode() not in out + err
    assert b"refuses (400" in err
    assert os.environ["HF_TOKEN"] == WRITER


def test_start_up_imports_nothing_of_the_client() -> None:
    """The help of push and pull needs neither the client nor pydantic."""
    program = (
        "import sys, cardgen.cli.push, cardgen.cli.pull;"
        "heavy = ('huggingface_hub', 'pydantic', 'jinja2', 'ruamel.yaml');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
