"""`cardgen audit` as it is called: inputs, exit codes, suppression, mending, the Hub."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from audit.made_up import QUANTIZED
from hub.server import Hub

CARDGEN = str(Path(sys.executable).with_name("cardgen"))
ROOT = Path(__file__).parents[2]
WRONG = QUANTIZED.replace("98.50%", "97.50%")
BARE = QUANTIZED.replace("101.00%", "101.00")
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}


def audit(
    *arguments: str, cwd: Path, stdin: str | bytes = b"", **environment: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [CARDGEN, "audit", *arguments],
        cwd=cwd,
        env={**os.environ, **OFFLINE, **environment},
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def findings(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    data: dict[str, Any] = json.loads(done.stdout)
    return list(data["findings"])


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_md", ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (QUANTIZED, [], 0),
        (WRONG, [], 1),
        (WRONG, ["--fail-on", "never"], 0),
        (WRONG, ["--ignore", "recovery", "--ignore", "average"], 0),
        (WRONG, ["--select", "bits"], 0),
        (BARE, [], 0),
        (BARE, ["--fail-on", "warning"], 1),
        (BARE, ["--fail-on", "note"], 1),
        (BARE, ["--fail-on", "error"], 0),
    ],
)
def test_the_exit_code_is_of_the_worst_finding(
    tmp_path: Path, text: str, options: list[str], code: int
) -> None:
    write(tmp_path, a_md=text)
    assert audit("a.md", *options, cwd=tmp_path).returncode == code


def test_what_cannot_be_read_is_exit_2_and_stops_nothing(tmp_path: Path) -> None:
    write(tmp_path, a_md=WRONG)
    (tmp_path / "empty").mkdir()
    done = audit("none.md", "a.md", "empty", "x*.md", "--format", "json", cwd=tmp_path)
    assert done.returncode == 2
    assert [row["rule"] for row in findings(done)] == ["recovery"]
    assert [row["card"] for row in json.loads(done.stdout)["unread"]] == [
        "none.md", "empty", "x*.md"
    ]  # fmt: skip
    for name in ("none.md", "empty", "x*.md"):
        assert f"error: {name}" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "cards"),
    [
        (["one"], ["one/README.md", "one/README.ru.md"]),
        (["two"], ["two/a.md", "two/deep/b.md"]),
        (["."], ["one/README.md", "one/README.ru.md"]),
        (["two/*.md"], ["two/a.md"]),
        (["two/**/*.md"], ["two/a.md", "two/deep/b.md"]),
        (["two/a.md", "./two/a.md", "two/a.md"], ["two/a.md", "./two/a.md"]),
        (["-", "two/a.md"], ["-", "two/a.md"]),
        (["o*"], ["one/README.md", "one/README.ru.md"]),
    ],
)
def test_files_folders_patterns_and_stdin(
    tmp_path: Path, arguments: list[str], cards: list[str]
) -> None:
    write(tmp_path, one__README_md=WRONG, two__a_md=WRONG, two__deep__b_md=WRONG)
    write(tmp_path, one__notes_md="# Notes", one__deep__more_md="# More")
    (tmp_path / "one" / "README.ru.md").write_text(WRONG)
    done = audit(*arguments, "--format", "json", "--ignore", "text-across-cards", cwd=tmp_path,
                 stdin=WRONG)  # fmt: skip
    assert sorted({row["card"] for row in findings(done)}) == sorted(cards)
    assert {row["rule"] for row in findings(done)} == {"recovery"}


def test_json_is_as_the_published_schema_says(tmp_path: Path) -> None:
    write(tmp_path, a_md=WRONG, b_md=BARE.replace("2.0x", "3.0x"))
    done = audit("a.md", "b.md", "--format", "json", cwd=tmp_path)
    printed = subprocess.run(
        [CARDGEN, "schema", "audit"], capture_output=True, check=True, timeout=60
    )
    jsonschema.validate(
        json.loads(done.stdout), json.loads(printed.stdout), cls=jsonschema.Draft202012Validator
    )
    assert len(findings(done)) > 2


def test_the_document_goes_to_stdout_and_the_rest_to_stderr(tmp_path: Path) -> None:
    write(tmp_path, a_md=WRONG)
    done = audit("a.md", cwd=tmp_path)
    assert done.stderr == "1 error in 1 card\n"
    assert "\x1b" not in done.stdout
    assert done.stdout.count("\n") == 3
    quiet = audit("a.md", "-q", "-o", "out.txt", cwd=tmp_path)
    assert (quiet.stdout, quiet.stderr, quiet.returncode) == ("", "", 1)
    assert (tmp_path / "out.txt").read_text() == done.stdout


def test_colours_are_for_terminals(tmp_path: Path) -> None:
    write(tmp_path, a_md=WRONG)
    ours, theirs = pty.openpty()
    with subprocess.Popen([CARDGEN, "audit", "-q", "a.md"], cwd=tmp_path, stdout=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:  # the other end is closed
            pass
        process.wait(timeout=60)
    os.close(ours)
    assert b"\x1b[31merror" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name the cards"),
        (["a.md", "--select", "recovry"], "Did you mean 'recovery'"),
        (["a.md", "--ignore", "zzzz"], "--list-rules"),
        (["a.md", "--yes"], "--fix"),
        (["-", "--fix"], "--fix mends files"),
        (["a.md", "--baseline", "none.json"], "none.json"),
        (["a.md", "--jobs", "0"], "--jobs"),
    ],
)
def test_a_call_that_makes_no_sense_is_exit_2(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    write(tmp_path, a_md=QUANTIZED)
    done = audit(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr


def test_the_rules_are_listed_with_their_help(tmp_path: Path) -> None:
    done = audit("--list-rules", cwd=tmp_path)
    assert done.returncode == 0
    assert "\nrecovery\n    A recovery column is 100·quantized/base of its row.\n" in done.stdout


def test_processes_side_by_side_say_the_same(tmp_path: Path) -> None:
    for number in range(12):
        text = WRONG.replace("97.50%", f"{number}.50%")
        write(tmp_path, **{f"cards__{number:02}_md": text})
    one = audit("cards", "--format", "json", cwd=tmp_path)
    three = audit("cards", "--format", "json", "--jobs", "3", cwd=tmp_path)
    assert one.stdout == three.stdout
    assert len(findings(one)) >= 12


def test_a_baseline_is_written_and_heeded(tmp_path: Path) -> None:
    write(tmp_path, cards__a_md=WRONG)
    wrote = audit("cards/a.md", "--write-baseline", "known.json", cwd=tmp_path)
    assert wrote.returncode == 0
    assert "1 known" in wrote.stderr
    assert audit("cards/a.md", "--baseline", "known.json", cwd=tmp_path).returncode == 0
    # From another folder, by another path.
    there = audit("a.md", "--baseline", "../known.json", cwd=tmp_path / "cards")
    assert (there.returncode, there.stdout) == (0, "")
    shown = audit("cards/a.md", "--baseline", "known.json", "--no-suppressions", cwd=tmp_path)
    assert shown.returncode == 1
    write(tmp_path, cards__a_md=QUANTIZED)
    idle = audit("cards/a.md", "--baseline", "known.json", cwd=tmp_path)
    assert idle.returncode == 0
    assert "unused-suppression" in idle.stdout
    lost = audit("none.md", "--write-baseline", "other.json", cwd=tmp_path)
    assert lost.returncode == 2
    assert not (tmp_path / "other.json").exists()


def test_a_fix_is_shown_and_written_only_when_told(tmp_path: Path) -> None:
    text = BARE.replace("\n", "\r\n")
    write(tmp_path, a_md=text, b_md=QUANTIZED)
    path = tmp_path / "a.md"
    path.chmod(0o640)
    shown = audit("a.md", "b.md", "--fix", cwd=tmp_path)
    assert "+| | GPQA (0-shot) | 70.00 | 70.70 | 101.00% |" in shown.stderr
    assert "--yes" in shown.stderr
    assert path.read_bytes() == text.encode()
    untouched = (tmp_path / "b.md").stat().st_mtime_ns
    wrote = audit("a.md", "b.md", "--fix", "--yes", "--format", "json", cwd=tmp_path)
    assert path.read_bytes() == QUANTIZED.replace("\n", "\r\n").encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "b.md").stat().st_mtime_ns == untouched
    assert [row for row in findings(wrote) if row["rule"] != "text-across-cards"] == []
    again = audit("a.md", "--fix", "--yes", cwd=tmp_path)
    assert "nothing to mend" in again.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.md", "b.md"]


@pytest.mark.parametrize(("answer", "written"), [("y\n", True), ("n\n", False)])
def test_on_a_terminal_a_fix_asks_first(tmp_path: Path, answer: str, written: bool) -> None:
    write(tmp_path, a_md=BARE)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [CARDGEN, "audit", "a.md", "--fix"],
        cwd=tmp_path, stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(ours, 65536)
        assert b"101.00%" in shown
        os.write(ours, answer.encode())
        process.wait(timeout=60)
    os.close(ours)
    assert (tmp_path / "a.md").read_text() == (QUANTIZED if written else BARE)


@pytest.mark.parametrize("project", [ROOT, ROOT / "examples" / "vlm-profiling"])
def test_our_own_cards_have_no_finding_in_any_language(project: Path) -> None:
    names = sorted(path.parent.name for path in project.glob("cards/*/card.yaml"))
    assert names
    done = audit(*names, "--format", "json", "--fail-on", "note", cwd=project)
    data = json.loads(done.stdout)
    assert data["findings"] == []
    assert data["unread"] == []
    assert done.returncode == 0
    assert "in 0 cards" not in done.stderr


WRITER = "hf_writer00000000000000"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with Hub(tmp_path_factory.mktemp("hub")) as served:
        for number in range(12):
            text = WRONG if number == 3 else QUANTIZED
            served.add(f"acme/Foo-{number:02}", {"README.md": f"{text}\n{number}\n".encode()})
        served.add("acme/empty", {"config.json": b"{}"})
        served.add("beta/Foo-7B", {"README.md": WRONG.encode(), "README.ru.md": WRONG.encode()})
        yield served


def online(hub: Hub, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return audit(*arguments, cwd=cwd, HF_ENDPOINT=hub.endpoint, HF_HUB_OFFLINE="0", HF_TOKEN=WRITER)


def test_a_card_on_the_hub(hub: Hub, tmp_path: Path) -> None:
    done = online(hub, "beta/Foo-7B", "--format", "json", cwd=tmp_path)
    rows = [row for row in findings(done) if row["rule"] == "recovery"]
    assert [row["card"] for row in rows] == ["beta/Foo-7B", "beta/Foo-7B/README.ru.md"]
    assert done.returncode == 1
    log = json.loads(online(hub, "beta/Foo-7B", "--format", "sarif", cwd=tmp_path).stdout)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    commit = hub.repositories["beta/Foo-7B"].bare.resolve("main")
    assert place["artifactLocation"]["uri"] == f"{hub.endpoint}/beta/Foo-7B/blob/{commit}/README.md"


def test_all_cards_of_an_organisation(hub: Hub, tmp_path: Path) -> None:
    done = online(hub, "acme/Foo-*", "--format", "json", cwd=tmp_path)
    assert [row["card"] for row in findings(done) if row["rule"] == "recovery"] == ["acme/Foo-03"]
    assert "in 12 cards" in done.stderr
    everything = online(hub, "acme/*", cwd=tmp_path)
    assert everything.returncode == 2
    assert "error: acme/empty" in everything.stderr
    assert "in 12 cards" in everything.stderr


@pytest.mark.parametrize("name", ["acme/none", "nobody/*"])
def test_what_the_hub_has_not_is_told(hub: Hub, tmp_path: Path, name: str) -> None:
    done = online(hub, name, cwd=tmp_path)
    assert done.returncode == 2
    assert f"error: {name}" in done.stderr


@pytest.mark.parametrize("name", ["acme/Foo-01", "acme/*"])
def test_offline_is_one_line(tmp_path: Path, name: str) -> None:
    done = audit(name, "-q", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "offline" in done.stderr
