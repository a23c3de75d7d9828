"""`cardgen push` against a Hub: what lands, what stops it, and what it says."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import pytest
from hub.faults import Fault
from hub.server import Hub
from publish.samples import READER, Desk, write
from samples_cards import call, process

from cardgen.publish.push import PUSH


def url(desk: Desk, *parts: str) -> str:
    """An address on the Hub, as stdout has it."""
    return "/".join([desk.hub.endpoint, desk.repo, *parts]) + "\n"


def test_first_push(desk: Desk) -> None:
    """README, plot and results in one commit; the address on stdout, progress on stderr."""
    done = desk.pushed()
    head = desk.stored.bare.resolve("main")
    assert done.out == url(desk, "commit", str(head))
    assert set(desk.stored.bare.tree(str(head))) == {
        ".gitattributes",
        "README.md",
        "plots/recovery.en.svg",
        ".eval_results/example-mmmu.yaml",
    }
    assert desk.commits() == ["Update the model card", "initial commit"]
    assert "pushed" in done.err
    local = desk.root / "cards/tiny/plots/recovery.en.svg"
    assert desk.text("plots/recovery.en.svg") == local.read_text(encoding="utf-8")


def test_nothing_new_makes_no_commit(desk: Desk) -> None:
    """Seen from the blobs' ids; nothing is sent."""
    desk.pushed()
    desk.hub.requests.clear()
    done = desk.pushed()
    assert done.out == url(desk).rstrip("\n") + "\n"
    assert "up to date" in done.err
    assert not [path for _, path in desk.hub.requests if "commit" in path or "validate" in path]
    assert len(desk.commits()) == 2


def test_words_on_the_hub_survive_a_second_push(desk: Desk) -> None:
    """A person writes around the regions, a new measurement comes, both are there."""
    desk.pushed()
    desk.edit("license: mit\n", "# our lawyers say\nlicense: mit\nthumbnail: 'a.png' # mine\n")
    desk.hub.edit(desk.repo, {"README.md": (desk.text() + "\nWritten by hand.").encode()})
    desk.change("40.00")
    desk.pushed("--message", "A second measurement")
    text = desk.text()
    assert "# our lawyers say\nlicense: mit\nthumbnail: 'a.png' # mine\n" in text
    assert text.endswith("\nWritten by hand.")
    assert "89.77%" in text
    assert "93.27%" not in text
    assert desk.commits()[0] == "A second measurement"


def test_a_hand_edit_inside_stops_and_shows(desk: Desk) -> None:
    """Exit 2, the difference, nothing sent; then the user decides."""
    desk.pushed()
    desk.edit('<td align="right">41.56</td>', '<td align="right">41.99</td>')
    before = desk.commits()
    done = desk.push()
    assert (done.code, done.out) == (2, "")
    assert '\n-      <td align="right">41.99</td>\n' in done.err
    assert '\n+      <td align="right">41.56</td>\n' in done.err
    assert "--take ours" in done.err
    assert f"error: {desk.repo}: README.md" in done.err, "the Hub's README, not the project's"
    assert desk.commits() == before
    desk.pushed("--take", "theirs")
    assert "41.99" in desk.text()
    desk.pushed()
    assert "41.99" in desk.text(), "accepted for good"
    desk.pushed("--take", "ours")
    assert "41.99" not in desk.text()


def test_a_foreign_readme(hub: Hub, tmp_path: Path) -> None:
    """Adopted only when asked to, and kept."""
    foreign = b"---\r\nlicense: mit # by hand\r\n---\r\n# Old card\r\n\r\nold words"
    desk = Desk.new(hub, tmp_path, files={"README.md": foreign})
    done = desk.push()
    assert done.code == 2
    assert "--adopt" in done.err
    desk.pushed("--adopt")
    data = hub.file(desk.repo, "README.md")
    assert data.endswith(b"# Old card\r\n\r\nold words")
    assert b"license: mit # by hand\r\n" in data
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert len(desk.commits()) == 2
    assert "up to date" in desk.pushed().err


def test_files_that_others_put_there(hub: Hub, tmp_path: Path) -> None:
    """A plot or results file that is not cardgen's is not replaced unasked; others are left."""
    files = {".eval_results/example-mmmu.yaml": b"- mine\n", "plots/own.svg": b"<svg/>", "x": b"1"}
    desk = Desk.new(hub, tmp_path, files=files)
    done = desk.push()
    assert done.code == 2
    assert ".eval_results/example-mmmu.yaml" in done.err
    desk.pushed("--take", "theirs")
    assert desk.text(".eval_results/example-mmmu.yaml") == "- mine\n"
    assert desk.text("plots/own.svg") == "<svg/>"
    assert "up to date" in desk.pushed().err
    desk.change("40.00")
    assert desk.push().code == 2
    desk.pushed("--take", "ours")
    assert "40.0" in desk.text(".eval_results/example-mmmu.yaml")
    assert desk.text("x") == "1"


def test_what_the_card_has_no_more_is_removed(desk: Desk) -> None:
    """In the same commit; what somebody edited is left."""
    desk.change(languages=["en", "ru"])
    desk.pushed()
    assert "README.ru.md" in desk.stored.bare.tree(str(desk.stored.bare.resolve("main")))
    desk.change(languages=["en"], accuracy={"tasks": [{"task": "mmmu"}]})
    done = desk.pushed()
    left = set(desk.stored.bare.tree(str(desk.stored.bare.resolve("main"))))
    assert left == {".gitattributes", "README.md", "plots/recovery.en.svg"}
    assert "(removed)" in done.err


def test_two_languages_keep_their_words(desk: Desk) -> None:
    """Each README has regions of its own; the other languages have no header."""
    desk.change(languages=["en", "ru"])
    desk.pushed()
    desk.hub.edit(desk.repo, {"README.ru.md": ("Сверху.\n" + desk.text("README.ru.md")).encode()})
    desk.change("40.00", languages=["en", "ru"])
    desk.pushed()
    text = desk.text("README.ru.md")
    assert text.startswith("Сверху.\n<!-- cardgen:manifest")
    assert "89.77%" in text


def test_pictures_go_by_lfs(desk: Desk) -> None:
    """PNG plots are large files on the Hub; seen as current without being sent again."""
    desk.change(plots="png")
    desk.pushed()
    local = (desk.root / "cards/tiny/plots/recovery.en.png").read_bytes()
    assert desk.hub.file(desk.repo, "plots/recovery.en.png") == local
    pointer = desk.stored.bare.file("main", "plots/recovery.en.png")
    assert hashlib.sha256(local).hexdigest().encode() in pointer
    assert "up to date" in desk.pushed().err
    desk.change("40.00", plots="png")
    desk.pushed()
    local = (desk.root / "cards/tiny/plots/recovery.en.png").read_bytes()
    assert desk.hub.file(desk.repo, "plots/recovery.en.png") == local


def test_dry_run(desk: Desk) -> None:
    """The difference on stdout, and nothing else happens."""
    desk.pushed()
    desk.change("40.00")
    before = desk.stored.bare.refs()
    done = desk.pushed("--dry-run")
    assert '\n-      <td align="right">41.56</td>\n' in done.out
    assert '\n+      <td align="right">40.00</td>\n' in done.out
    assert "sha256:" not in done.out
    assert "would change 3 files" in done.err
    assert desk.stored.bare.refs() == before
    assert not [path for _, path in desk.hub.requests if path.endswith("create")]


def test_one_pull_request_a_card(desk: Desk) -> None:
    """Opened once, found and updated in place, left alone when current."""
    desk.pushed()
    main = desk.stored.bare.resolve("main")
    desk.change("40.00")
    first = desk.pushed("--pr")
    assert first.out == url(desk, "discussions", "1")
    assert desk.stored.bare.resolve("main") == main
    assert "40.00" in desk.text(revision="refs/pr/1")
    desk.edit("license: mit\n", "license: mit # looked at\n", branch="refs/pr/1")
    desk.change("39.00")
    second = desk.pushed("--pr")
    assert second.out == first.out
    assert "39.00" in desk.text(revision="refs/pr/1")
    assert "license: mit # looked at\n" in desk.text(revision="refs/pr/1")
    assert "is up to date" in desk.pushed("--pr").err
    assert len(desk.stored.discussions) == 1


def test_other_peoples_pull_requests_are_left_alone(desk: Desk) -> None:
    """Nor is one that was closed or merged found again."""
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi()
    add = [CommitOperationAdd("x.txt", b"x")]
    api.create_commit(desk.repo, add, commit_message="theirs", create_pr=True)
    assert desk.pushed("--pr").out == url(desk, "discussions", "2")
    api.change_discussion_status(desk.repo, 2, "closed")
    assert desk.pushed("--pr").out == url(desk, "discussions", "3")
    api.merge_pull_request(desk.repo, 3)
    assert "up to date" in desk.pushed("--pr").err
    desk.change("40.00")
    assert desk.pushed("--pr").out == url(desk, "discussions", "4")


def test_a_second_publishers_pull_request_is_closed_again(desk: Desk) -> None:
    """Two look at the same moment and both open one: the later closes its own."""
    (desk.root / "other").mkdir()
    write(desk.root / "other", "40.00")
    other = Desk(desk.hub, desk.root / "other", desk.repo)
    opened: list[int] = []

    def race() -> None:
        opened.append(other.push("--pr").code)

    desk.hub.faults.add(Fault(path="/commit/main", method="POST", before=race))
    done = desk.push("--pr")
    assert opened == [0]
    assert done.code == 0, done.err
    assert done.out == url(desk, "discussions", "1")
    assert [d.status for d in desk.stored.discussions] == ["open", "closed"]
    assert "41.56" in desk.text(revision="refs/pr/1")


def test_a_server_that_ignores_create_pr(hub: Hub, tmp_path: Path) -> None:
    """Noticed and reported: exit 1, with the commit that stands on main."""
    desk = Desk.new(hub, tmp_path, ignores_create_pr=True)
    done = desk.push("--pr")
    head = desk.stored.bare.resolve("main")
    assert done.code == 1
    assert done.out == url(desk, "commit", str(head))
    assert "no pull request" in done.err
    assert len(desk.commits()) == 2


def test_create(hub: Hub, tmp_path: Path) -> None:
    """Only when asked to."""
    write(tmp_path)
    desk = Desk(hub, tmp_path, "example/not-yet")
    done = desk.push()
    assert done.code == 2
    assert "--create" in done.err
    assert done.err.count("\n") == 1
    tried = desk.pushed("--create", "--dry-run")
    assert "would make example/not-yet, with .eval_results/" in tried.err
    assert tried.out == ""
    assert "example/not-yet" not in hub.repositories
    desk.pushed("--create")
    assert "up to date" in desk.pushed("--create").err


def test_who_may_not_create(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing that a pull request could be made to."""
    write(tmp_path)
    monkeypatch.setenv("HF_TOKEN", READER)
    done = Desk(hub, tmp_path, "example/never").push("--create")
    assert done.code == 2
    assert "403" in done.err
    assert "--pr" not in done.err


def test_who_may_not_write(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """403 says that a pull request may work; it does."""
    monkeypatch.setenv("HF_TOKEN", READER)
    done = desk.push()
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith("error: ")
    assert "403" in done.err
    assert "--pr" in done.err
    assert desk.pushed("--pr").out == url(desk, "discussions", "1")
    desk.change("40.00")
    assert desk.pushed("--pr").out == url(desk, "discussions", "1")


def test_a_bad_token(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and never the token."""
    token = "hf_" + "z" * 34
    monkeypatch.setenv("HF_TOKEN", token)
    done = desk.push()
    assert done.code == 2
    assert "hf auth login" in done.err
    assert token not in done.err


def test_metadata_is_checked_before_anything_is_sent(desk: Desk) -> None:
    """What somebody wrote into the header on the Hub, too."""
    desk.pushed()
    desk.edit("license: mit\n", "license: mit\nlanguage: English\n")
    desk.change("40.00")
    desk.hub.requests.clear()
    done = desk.push()
    assert done.code == 2
    assert '"language" must only contain lowercase characters' in done.err
    assert not [path for _, path in desk.hub.requests if "commit" in path]


def test_the_servers_answer_is_shown_as_it_came(desk: Desk) -> None:
    """Its errors stop the push, its warnings do not."""
    refusal = json.dumps(
        {"errors": [{"message": '"license" is of a new kind'}], "warnings": []}
    ).encode()

    class Answer(Fault):
        @property
        def body(self) -> bytes:
            return refusal

    desk.hub.faults.add(Answer(path="validate-yaml", status=400))
    done = desk.push()
    assert done.code == 2
    assert '- "license" is of a new kind' in done.err.splitlines()
    assert len(desk.commits()) == 1
    desk.change(pipeline_tag="text-generating")
    done = desk.pushed()
    assert 'The pipeline tag "text-generating" is not in the official list' in done.err


def test_a_stale_build_is_not_pushed(desk: Desk) -> None:
    """What reviewers saw is what goes out."""
    readme = desk.root / "cards/tiny/README.md"
    readme.write_text(readme.read_text(encoding="utf-8") + "by hand\n", encoding="utf-8")
    done = desk.push()
    assert done.code == 2
    assert "cardgen build tiny" in done.err
    assert not desk.hub.requests


def test_a_folder_of_a_repository(desk: Desk) -> None:
    """Several cards can share one; each has its folder, and its own pull request."""
    desk.pushed("--folder", "reports/tiny")
    assert "reports/tiny/README.md" in desk.stored.bare.tree(str(desk.stored.bare.resolve("main")))
    desk.pushed("--folder", "/reports/other/")
    desk.change("40.00")
    first = desk.pushed("--folder", "reports/tiny", "--pr")
    second = desk.pushed("--folder", "reports/other", "--pr")
    assert first.out != second.out
    assert desk.pushed("--folder", "reports/tiny", "--pr").out == first.out
    assert desk.push("--folder", "../x").code == 2


def test_no_repository_named(tmp_path: Path, hub: Hub) -> None:
    """card.yaml's `repo`, or --repo."""
    write(tmp_path)
    done = call(tmp_path, "push", "tiny")
    assert done.code == 2
    assert "/repo" in done.err
    write(tmp_path, repo="example/named")
    hub.add("example/named")
    assert call(tmp_path, "push", "tiny").code == 0
    assert call(tmp_path, "push", "tiny", "--repo", "no-organisation").code == 2


def test_quiet(desk: Desk) -> None:
    """The address only."""
    done = desk.pushed("--quiet")
    assert done.err == ""
    assert done.out.startswith("http")


def test_the_commit_says_whose_it_is(desk: Desk) -> None:
    """By which a lost answer and the card's pull request are found again."""
    desk.pushed()
    message = desk.stored.bare.log("main")[0].body
    assert "cardgen-card: README.md" in message
    assert re.search(rf"{PUSH}: [0-9a-f]{{32}}", message)


def test_as_a_process(desk: Desk) -> None:
    """As a user runs it: nothing but the address on stdout, no token among the processes'
    arguments; offline, one line."""
    done = process(desk.root, "push", "tiny", "--repo", desk.repo)
    assert done.code == 0, done.err
    assert re.fullmatch(r"http://\S+/commit/[0-9a-f]{40}\n", done.out)
    off = {"HF_HUB_OFFLINE": "1"}
    for arguments in (["push", "tiny", "--repo", desk.repo], ["pull", "example/elsewhere"]):
        done = process(desk.root, *arguments, environment=off)
        assert (done.code, done.out) == (2, "")
        assert done.err.count("\n") == 1
        assert "offline: HF_HUB_OFFLINE is set" in done.err
    assert process(desk.root, "build", "tiny", "--check", environment=off).code == 0
    assert os.environ["HF_TOKEN"] not in done.err
