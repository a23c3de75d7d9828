"""The workflows for GitHub and GitLab and the pre-commit hooks: whole, safe for forks, and working.

Their shell steps are executed as they stand, in scratch repositories, against stand-ins of the two
services.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from samples_cards import run, serving, write_card

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / "examples/github"
LOOKS, COMMENTS = (
    yaml.safe_load((GITHUB / name).read_text("utf-8"))
    for name in ("cards.yml", "cards-comment.yml")
)
GITLAB = yaml.safe_load((ROOT / "examples/gitlab/.gitlab-ci.yml").read_text("utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
MARKER = "<!-- cardgen-diff -->"
SHA = "a" * 40


def shell(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script as the service runs it, with this environment's cardgen on the PATH."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={
            "PATH": path,
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "XDG_CACHE_HOME": str(folder / ".cache"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def git(root: Path, *arguments: str) -> str:
    """What git prints."""
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, str]:
    """Two cards, of which a branch made one slower; and the base's commit."""
    root = tmp_path / "repository"
    for name in ("tiny", "other"):
        runs = [run(serving(latency_s=v)) for v in (2.40, 2.42, 2.41)]
        write_card(root, name, *runs, kind="benchmark", base_model=None)
    git(tmp_path, "init", "-q", str(root))
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "base")
    base = git(root, "rev-parse", "HEAD")
    runs = [run(serving(latency_s=v)) for v in (3.00, 3.02, 3.01)]
    write_card(root, "tiny", *runs, kind="benchmark", base_model=None)
    git(root, "commit", "-q", "-am", "slower")
    return root, base


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    """The steps of a workflow's only job."""
    (job,) = workflow["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


def step(workflow: dict[Any, Any], name: str) -> dict[str, Any]:
    """The step of a name."""
    return next(one for one in steps(workflow) if one.get("name") == name)


# What keeps a fork harmless.


def test_the_run_on_a_fork_s_files_may_only_read() -> None:
    assert "pull_request" in LOOKS[True]  # YAML 1.1 reads the key `on` as true
    assert "pull_request_target" not in LOOKS[True]
    assert LOOKS["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in LOOKS["jobs"].values())
    checkout = next(s for s in steps(LOOKS) if s.get("uses", "").startswith("actions/checkout@"))
    assert checkout["with"]["persist-credentials"] is False
    assert "${{ secrets" not in (GITHUB / "cards.yml").read_text("utf-8")


def test_the_run_that_may_write_takes_nothing_from_the_pull_request() -> None:
    assert COMMENTS[True]["workflow_run"] == {"workflows": [LOOKS["name"]], "types": ["completed"]}
    assert COMMENTS["permissions"] == {}
    (job,) = COMMENTS["jobs"].values()
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    used = [s["uses"].partition("@")[0] for s in steps(COMMENTS) if "uses" in s]
    assert used == ["actions/download-artifact"]


@pytest.mark.parametrize("workflow", [LOOKS, COMMENTS], ids=["cards", "cards-comment"])
def test_no_expression_stands_in_a_script(workflow: dict[Any, Any]) -> None:
    """What an outsider may choose reaches a script as a variable, never as its text."""
    assert steps(workflow)
    for one in steps(workflow):
        assert "${{" not in one.get("run", "")


def test_the_artifact_is_that_which_the_other_run_made() -> None:
    upload = next(s for s in steps(LOOKS) if s.get("uses", "").startswith("actions/upload-"))
    download = steps(COMMENTS)[0]
    for part in ("name", "path"):
        assert upload["with"][part] == download["with"][part]


# The steps at work.


def test_github_looks(repository: tuple[Path, str]) -> None:
    root, base = repository
    compare = step(LOOKS, "Compare with the base")
    assert set(compare["env"]) == {"BASE", "NUMBER"}
    done = shell(compare["run"], root, BASE=base, NUMBER="7")
    assert done.returncode == 0, done.stderr
    report = root / "report"
    comment = (report / "comment.md").read_text("utf-8")
    assert comment.startswith(MARKER)
    assert "1 regressed" in comment
    assert (report / "number").read_text("utf-8") == "7\n"
    assert len(json.loads((report / "diff.json").read_text("utf-8"))["cards"]) == 2
    assert [path.name for path in (report / "preview").iterdir()] == ["tiny.html"]
    assert shell(step(LOOKS, "Cards are up to date")["run"], root).returncode == 1
    assert shell(step(LOOKS, "Nothing regressed")["run"], root, BASE=base).returncode == 1
    assert shell("cardgen build --all -q", root).returncode == 0
    assert shell(step(LOOKS, "Cards are up to date")["run"], root).returncode == 0
    assert shell(step(LOOKS, "Nothing regressed")["run"], root, BASE="HEAD").returncode == 0


GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
for argument in "$@"; do
  case "$argument" in
    body=@*) cp "${argument#body=@}" "$CALLS.body" ;;
  esac
done
case "$*" in
  *pulls/7*) echo "$ANSWER_HEAD" ;;
  *--paginate*) printf '%s' "$ANSWER_COMMENT" ;;
esac
"""


@pytest.mark.parametrize("existing", ["", "4711\n"], ids=["first", "again"])
def test_github_comments(tmp_path: Path, existing: str) -> None:
    """One comment, found again and updated in place."""
    done, calls = _comment(tmp_path, f"{MARKER}\n### tiny\n", comment=existing)
    assert done.returncode == 0, done.stderr
    expected = (
        "--method PATCH repos/o/r/issues/comments/4711"
        if existing
        else "--method POST repos/o/r/issues/7/comments"
    )
    assert expected in calls[-1]
    assert sum("--method" in call for call in calls) == 1
    body = (tmp_path / "calls.body").read_text("utf-8")
    assert body.startswith(f"{MARKER}\n### tiny")
    assert "https://github.com/o/r/actions/runs/1" in body


@pytest.mark.parametrize(
    ("number", "head", "text"),
    [
        ("7", "b" * 40, f"{MARKER}\nx"),
        ("7; rm -rf /", SHA, f"{MARKER}\nx"),
        ("7\n8", SHA, f"{MARKER}\nx"),
        ("../../7", SHA, f"{MARKER}\nx"),
        ("7", SHA, "buy this"),
    ],
    ids=["another commit", "a command", "two numbers", "a path", "no report"],
)
def test_github_comments_on_nothing_else(tmp_path: Path, number: str, head: str, text: str) -> None:
    """A fork chooses what is in the artifact: it neither picks a pull request nor runs a thing."""
    _, calls = _comment(tmp_path, text, number=number, head=head)
    assert not any("--method" in call for call in calls)


def _comment(
    folder: Path, text: str, *, number: str = "7", head: str = SHA, comment: str = ""
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    (folder / "report").mkdir()
    (folder / "report/number").write_text(number, "utf-8")
    (folder / "report/comment.md").write_text(text, "utf-8")
    (folder / "bin").mkdir()
    (folder / "bin/gh").write_text(GH, "utf-8")
    (folder / "bin/gh").chmod(0o755)
    post = step(COMMENTS, "Post or update the comment")
    assert set(post["env"]) == {"GH_TOKEN", "REPOSITORY", "HEAD_SHA", "PREVIEW"}
    done = shell(
        f'PATH="$PWD/bin:$PATH"\n{post["run"]}',
        folder,
        CALLS=str(folder / "calls"),
        ANSWER_HEAD=head,
        ANSWER_COMMENT=comment,
        REPOSITORY="o/r",
        HEAD_SHA=SHA,
        PREVIEW="https://github.com/o/r/actions/runs/1",
    )
    calls = folder / "calls"
    return done, calls.read_text("utf-8").splitlines() if calls.exists() else []


def test_gitlab_looks(repository: tuple[Path, str]) -> None:
    root, base = repository
    script = [line for line in GITLAB["cards"]["script"] if "pip install" not in line]
    assert len(script) == len(GITLAB["cards"]["script"]) - 1
    for line in script[:4]:
        done = shell(line, root, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
        assert done.returncode == 0, done.stderr
    assert (root / "report/comment.md").read_text("utf-8").startswith(MARKER)
    assert (root / "report/preview/tiny.html").is_file()
    codes = [
        shell(line, root, CI_MERGE_REQUEST_DIFF_BASE_SHA=base).returncode for line in script[4:]
    ]
    assert codes == [1, 1]


class Notes(BaseHTTPRequestHandler):
    """GitLab's notes of one merge request, two pages of them."""

    existing: ClassVar[list[dict[str, Any]]] = []
    written: ClassVar[list[tuple[str, str, str]]] = []

    def do_GET(self) -> None:
        page = int(self.path.rpartition("page=")[2])
        self._answer(self.existing[page - 1 : page], str(page + 1) if page < 2 else "")

    def do_POST(self) -> None:
        self._write("POST")

    def do_PUT(self) -> None:
        self._write("PUT")

    def _write(self, method: str) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]
        assert self.headers["PRIVATE-TOKEN"] == "a token"
        self.written.append((method, self.path, body))
        self._answer({}, "")

    def _answer(self, data: object, following: str) -> None:
        content = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Next-Page", following)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


@contextmanager
def gitlab() -> Iterator[str]:
    """A stand-in of GitLab's API on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Notes)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v4"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("again", [False, True])
def test_gitlab_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool) -> None:
    other = {"id": 1, "body": f"see the {MARKER}"}
    own = {"id": 2, "body": f"{MARKER}\nold"}
    monkeypatch.setattr(Notes, "existing", [other, own] if again else [other])
    monkeypatch.setattr(Notes, "written", [])
    (tmp_path / "report").mkdir()
    (tmp_path / "report/comment.md").write_text(f"{MARKER}\nnew", "utf-8")
    (script,) = GITLAB["cards-note"]["script"]
    with gitlab() as url:
        done = shell(
            script,
            tmp_path,
            CI_API_V4_URL=url,
            CI_PROJECT_ID="3",
            CI_MERGE_REQUEST_IID="5",
            CARDGEN_NOTE_TOKEN="a token",
        )
    assert done.returncode == 0, done.stderr
    place = "/api/v4/projects/3/merge_requests/5/notes"
    expected = ("PUT", f"{place}/2") if again else ("POST", place)
    assert Notes.written == [(*expected, f"{MARKER}\nnew")]


def test_gitlab_s_token_is_kept_from_the_merge_request_s_files() -> None:
    note = GITLAB["cards-note"]
    assert note["variables"]["GIT_STRATEGY"] == "none"
    assert "CARDGEN_NOTE_TOKEN" not in str(GITLAB["cards"])
    assert "$CARDGEN_NOTE_TOKEN" in note["rules"][0]["if"]
    assert "cardgen " not in note["script"][0]


# pre-commit.


def test_the_hooks_are_whole() -> None:
    """The keys that pre-commit asks for, patterns that compile, commands that exist."""
    assert [hook["id"] for hook in HOOKS] == ["cardgen-build-check", "cardgen-audit"]
    for hook in HOOKS:
        assert {"id", "name", "entry", "language", "files"} <= set(hook)
        assert hook["language"] == "python"
        re.compile(hook["files"])
        assert shell(f"{' '.join(hook['entry'].split()[:2])} --help", ROOT).returncode == 0


@pytest.mark.parametrize(
    ("hook", "path", "taken"),
    [
        (0, "cards/tiny/runs/a.json", True),
        (0, "cardgen.yaml", True),
        (0, "docs/cardgen.yaml.md", False),
        (1, "cards/tiny/README.ru.md", True),
        (1, "README.md", True),
        (1, "cards/tiny/prose.en.md", False),
    ],
)
def test_the_files_that_a_hook_runs_on(hook: int, path: str, taken: bool) -> None:
    assert bool(re.search(HOOKS[hook]["files"], path)) == taken


def test_the_hooks_at_work(repository: tuple[Path, str]) -> None:
    root, _ = repository
    assert shell(HOOKS[0]["entry"], root).returncode == 1
    assert shell("cardgen build --all -q", root).returncode == 0
    assert shell(HOOKS[0]["entry"], root).returncode == 0
    done = shell(f"{HOOKS[1]['entry']} cards/tiny/README.md", root)
    assert done.returncode in (0, 1), done.stderr
