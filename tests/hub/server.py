"""A Hub on this machine: a threaded HTTP server over bare git repositories.

Speaks the wire protocol that the client uses, with the real one's strictness where a publisher
meets it: bearer tokens, `X-Error-Code`, parents checked under a lock, pull requests as
`refs/pr/N`, pictures by LFS, metadata checked by cardgen's offline rules. `python server.py`
serves a folder until it is ended, printing its address.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import socket
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from hub.faults import Fault, Faults
from hub.git import Bare
from hub.metadata import problems

Json = dict[str, Any]
LFS_SUFFIXES = (".png", ".jpg", ".bin", ".safetensors", ".parquet")
POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)
TYPES = {"models": "model", "datasets": "dataset", "spaces": "space"}
REPOSITORY = r"(?P<type>models|datasets|spaces)/(?P<repo>[\w.-]+(?:/[\w.-]+)?)"
PAGE = 10


@dataclass
class Discussion:
    """A discussion, or a pull request with its branch."""

    num: int
    title: str
    author: str
    pull_request: bool
    status: str
    description: str
    events: list[Json] = field(default_factory=list)
    merged_as: str | None = None

    @property
    def reference(self) -> str:
        """The branch of the pull request."""
        return f"refs/pr/{self.num}"


@dataclass
class Stored:
    """A repository with what git does not know of it."""

    bare: Bare
    private: bool = False
    gated: bool = False
    ignores_create_pr: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    discussions: list[Discussion] = field(default_factory=list)


@dataclass(frozen=True)
class Account:
    """What a token stands for; `writes` are the organisations it may write to."""

    name: str
    writes: tuple[str, ...] = ("*",)

    def may_write(self, repo: str) -> bool:
        """Whether commits to the repository's branches are allowed."""
        return "*" in self.writes or repo.partition("/")[0] in self.writes


class Refusal(Exception):  # noqa: N818 - an answer, not an error of the program
    """An answer with an error status."""

    def __init__(self, status: int, error: str, code: str = "", **more: Any) -> None:
        super().__init__(error)
        self.status, self.error, self.code, self.more = status, error, code, more


class Hub:
    """The server and everything it keeps; `with Hub(folder) as hub:` serves it."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.faults = Faults()
        self.repositories: dict[str, Stored] = {}
        self.accounts = {
            "hf_writer00000000000000": Account("writer"),
            "hf_reader00000000000000": Account("reader", writes=()),
        }
        self.requests: list[tuple[str, str]] = []
        self.failures: list[str] = []
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self), False)
        self._server.daemon_threads = True
        self._server.request_queue_size = 256
        self._server.server_bind()
        self._server.server_activate()
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        for path in sorted(folder.glob("*/*.git")):
            self.repositories[f"{path.parent.name}/{path.stem}"] = Stored(Bare(path))

    def __enter__(self) -> Hub:
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Answer requests until shut down."""
        self._server.serve_forever(poll_interval=0.05)

    # -- what tests say to it directly

    def add(self, repo: str, files: dict[str, bytes] | None = None, **more: Any) -> Stored:
        """A new repository with one commit, as the Hub makes it."""
        with self._lock:
            bare = Bare.create(self.folder / f"{repo}.git")
            stored = Stored(bare, **more)
            first = {".gitattributes": b"*.png filter=lfs diff=lfs merge=lfs -text\n"}
            bare.commit("refs/heads/main", None, {**first, **(files or {})}, "initial commit")
            self.repositories[repo] = stored
            return stored

    def edit(self, repo: str, files: dict[str, bytes | None], branch: str = "main") -> str:
        """Somebody's commit through the web page; its id."""
        stored = self.repositories[repo]
        with stored.lock:
            reference = branch if branch.startswith("refs/") else f"refs/heads/{branch}"
            head = stored.bare.resolve(branch)
            return stored.bare.commit(reference, head, files, "edited on the page", "a person")

    def file(self, repo: str, path: str, revision: str = "main") -> bytes:
        """A file's bytes as a reader of the repository gets them."""
        data = self.repositories[repo].bare.file(revision, path)
        pointer = POINTER.fullmatch(data)
        return self.large(pointer[1].decode()).read_bytes() if pointer else data

    def large(self, oid: str) -> Path:
        """Where a file of LFS lies."""
        return self.folder / "lfs" / oid


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (Handler,), {"hub": hub})


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""

    def do_GET(self) -> None:
        self._handle()

    def do_HEAD(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    # -- plumbing

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        self.query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        self.body = self._whole_body()
        self.lost = False
        self.hub.requests.append((self.command, self.path))
        fault = self.hub.faults.next(self.command, self.path)
        try:
            if fault is not None and self._suffered(fault):
                return
            self._route(parts.path)
        except Refusal as refusal:
            headers = {"X-Error-Message": refusal.error}
            if refusal.code:
                headers["X-Error-Code"] = refusal.code
            self._answer({"error": refusal.error, **refusal.more}, refusal.status, headers)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except Exception:  # noqa: BLE001 - a fault of this server, which its tests must see
            self.hub.failures.append(traceback.format_exc())
            self._hang_up()

    def _whole_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _suffered(self, fault: Fault) -> bool:
        """Let the fault happen; whether the request is over with that."""
        if fault.before is not None:
            fault.before()
        if fault.hang_s is not None:
            time.sleep(fault.hang_s)
            self._hang_up()
            return True
        if fault.drop:
            self._hang_up()
            return True
        if fault.status is not None:
            self._send(fault.status, fault.body, {**fault.headers})
            return True
        self.lost = fault.lost
        return False

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(
        self, data: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        body = json.dumps(data).encode()
        self._send(status, body, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if self.lost:
            self._hang_up()
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _json(self) -> Json:
        data: Json = json.loads(self.body)
        return data

    # -- who asks, for what

    def _route(self, path: str) -> None:
        for pattern, method, action in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                getattr(self, action)(**{k: unquote(v) for k, v in found.groupdict().items() if v})
                return
        raise Refusal(404, f"no such page: {self.command} {path}")

    def _account(self) -> Account | None:
        given = self.headers.get("authorization")
        if not given:
            return None
        account = self.hub.accounts.get(given.removeprefix("Bearer "))
        if account is None:
            raise Refusal(401, "Invalid credentials in Authorization header")
        return account

    def _writer(self) -> Account:
        account = self._account()
        if account is None:
            raise Refusal(401, "Invalid username or password.")
        return account

    def _repository(self, repo: str) -> Stored:
        account = self._account()
        stored = self.hub.repositories.get(repo)
        if stored is None or (stored.private and account is None):
            raise Refusal(
                401 if account is None else 404, "Repository not found", code="RepoNotFound"
            )
        if stored.gated and account is None:
            raise Refusal(401, "Access to this repository is restricted", code="GatedRepo")
        return stored

    def _commit_of(self, stored: Stored, revision: str) -> str:
        commit = stored.bare.resolve(revision)
        if commit is None:
            raise Refusal(404, f"Invalid rev id: {revision}", code="RevisionNotFound")
        return commit

    # -- reading

    def whoami(self) -> None:
        account = self._writer()
        self._answer({"type": "user", "name": account.name, "orgs": []})

    def info(self, type: str, repo: str, rev: str = "main") -> None:  # noqa: A002, ARG002
        stored = self._repository(repo)
        commit = self._commit_of(stored, rev)
        siblings = [{"rfilename": path} for path in stored.bare.tree(commit)]
        self._answer({"id": repo, "sha": commit, "siblings": siblings, "private": stored.private})

    def models(self) -> None:
        """The models of an author that the caller may see, a page at a time."""
        author = self.query.get("author", "")
        visible = [
            name
            for name, stored in sorted(self.hub.repositories.items())
            if name.partition("/")[0] == author and not stored.private
        ]
        start = int(self.query.get("cursor", "0"))
        headers = {}
        if start + PAGE < len(visible):
            after = f"{self.hub.endpoint}/api/models?author={author}&cursor={start + PAGE}"
            headers["Link"] = f'<{after}>; rel="next"'
        page = visible[start : start + PAGE]
        self._answer([{"id": name, "modelId": name} for name in page], headers=headers)

    def tree(self, type: str, repo: str, rev: str, path: str = "") -> None:  # noqa: A002, ARG002
        stored = self._repository(repo)
        tree = stored.bare.tree(self._commit_of(stored, rev))
        if path and not any(name.startswith(f"{path}/") for name in tree):
            raise Refusal(404, f"{path} does not exist", code="EntryNotFound")
        found = [name for name in tree if not path or name.startswith(f"{path}/")]
        self._answer([self._entry(stored, name, tree[name].blob) for name in found])

    def paths(self, type: str, repo: str, rev: str) -> None:  # noqa: A002, ARG002
        stored = self._repository(repo)
        tree = stored.bare.tree(self._commit_of(stored, rev))
        asked = parse_qs(self.body.decode()).get("paths", [])
        self._answer([self._entry(stored, name, tree[name].blob) for name in asked if name in tree])

    def _entry(self, stored: Stored, path: str, blob: str) -> Json:
        data = stored.bare.read(blob)
        entry: Json = {"type": "file", "path": path, "oid": blob, "size": len(data)}
        pointer = POINTER.fullmatch(data)
        if pointer:
            size = int(pointer[2])
            entry["size"] = size
            entry["lfs"] = {"oid": pointer[1].decode(), "size": size, "pointerSize": len(data)}
        return entry

    def refs(self, type: str, repo: str) -> None:  # noqa: A002, ARG002
        stored = self._repository(repo)
        found: Json = {"branches": [], "converts": [], "tags": [], "pullRequests": []}
        for name, commit in stored.bare.refs().items():
            kind = "pullRequests" if name.startswith("refs/pr/") else "branches"
            short = name.removeprefix("refs/").removeprefix("heads/")
            found[kind].append({"name": short, "ref": name, "targetCommit": commit})
        self._answer(found)

    def commits(self, type: str, repo: str, rev: str) -> None:  # noqa: A002, ARG002
        stored = self._repository(repo)
        log = stored.bare.log(self._commit_of(stored, rev))
        start = int(self.query.get("p", "0")) * PAGE
        headers = {}
        if start + PAGE < len(log):
            here = f"{self.hub.endpoint}{urlsplit(self.path).path}?p={start // PAGE + 1}"
            headers["Link"] = f'<{here}>; rel="next"'
        page = [
            {
                "id": entry.id,
                "title": entry.title,
                "message": entry.body.strip("\n"),
                "date": entry.date,
                "authors": [{"user": entry.author}],
            }
            for entry in log[start : start + PAGE]
        ]
        self._answer(page, headers=headers)

    def resolve(self, repo: str, rev: str, path: str) -> None:
        stored = self._repository(repo)
        commit = self._commit_of(stored, rev)
        node = stored.bare.tree(commit).get(path)
        if node is None:
            raise Refusal(404, "Entry not found", code="EntryNotFound")
        data, etag = stored.bare.read(node.blob), node.blob
        headers = {"X-Repo-Commit": commit}
        pointer = POINTER.fullmatch(data)
        if pointer:
            etag = pointer[1].decode()
            data = self.hub.large(etag).read_bytes()
            headers |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(len(data))}
        headers |= {"ETag": f'"{etag}"', "Content-Length": str(len(data)), "Accept-Ranges": "none"}
        self._send(200, data, headers)

    # -- writing

    def create(self) -> None:
        account, asked = self._writer(), self._json()
        repo = f"{asked.get('organization') or account.name}/{asked['name']}"
        if not account.may_write(repo):
            raise Refusal(403, "You don't have the rights to create a model under this namespace")
        url = f"{self.hub.endpoint}/{repo}"
        with self.hub._lock:
            if repo in self.hub.repositories:
                raise Refusal(409, "You already created this model repo", url=url)
            self.hub.add(repo, private=asked.get("visibility") == "private")
        self._answer({"url": url, "name": repo})

    def validate(self) -> None:
        errors, warnings = problems(self._json()["content"])
        answer = {
            "errors": [{"message": message} for message in errors],
            "warnings": [{"message": message} for message in warnings],
        }
        self._answer(answer, 400 if errors else 200)

    def preupload(self, type: str, repo: str, rev: str) -> None:  # noqa: A002, ARG002
        self._may_commit(repo, self._repository(repo))
        stored = self._repository(repo)
        tree = stored.bare.tree(self._commit_of(stored, rev))
        files = []
        for asked in self._json()["files"]:
            path = asked["path"]
            large = path.endswith(LFS_SUFFIXES) or asked["size"] > 10_000_000
            entry: Json = {
                "path": path,
                "uploadMode": "lfs" if large else "regular",
                "shouldIgnore": False,
            }
            if path in tree:
                there = self._entry(stored, path, tree[path].blob)
                entry["oid"] = there["lfs"]["oid"] if "lfs" in there else there["oid"]
            files.append(entry)
        self._answer({"files": files})

    def lfs_batch(self, repo: str) -> None:
        self._writer()
        self._repository(repo)
        objects = []
        for asked in self._json()["objects"]:
            entry: Json = {"oid": asked["oid"], "size": asked["size"]}
            if not self.hub.large(asked["oid"]).exists():
                href = f"{self.hub.endpoint}/lfs-store/{asked['oid']}"
                verify = f"{self.hub.endpoint}/lfs-verify/{asked['oid']}"
                entry["actions"] = {"upload": {"href": href}, "verify": {"href": verify}}
            objects.append(entry)
        self._answer({"transfer": "basic", "objects": objects})

    def lfs_store(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            raise Refusal(400, "the content is not what its id says")
        target = self.hub.large(oid)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f"{oid}.{uuid.uuid4().hex}")
        temporary.write_bytes(self.body)
        temporary.replace(target)
        self._answer({})

    def lfs_verify(self, oid: str) -> None:
        asked = self._json()
        if not self.hub.large(oid).exists() or asked["size"] != self.hub.large(oid).stat().st_size:
            raise Refusal(404, "not there")
        self._answer({})

    def _may_commit(self, repo: str, stored: Stored) -> Account:
        """The account, if it may do this: with `create_pr`, or to its own pull request, anyone."""
        account = self._writer()
        reference = unquote(urlsplit(self.path).path.rpartition("/")[2])
        own = any(d.reference == reference and d.author == account.name for d in stored.discussions)
        if not (account.may_write(repo) or self.query.get("create_pr") or own):
            raise Refusal(403, "Forbidden: pass `create_pr=1` to open a pull request instead")
        return account

    def commit(self, type: str, repo: str, rev: str) -> None:  # noqa: A002, ARG002
        stored = self._repository(repo)
        account = self._may_commit(repo, stored)
        lines = [json.loads(line) for line in self.body.splitlines() if line.strip()]
        header = lines[0]["value"]
        parent = header.get("parentCommit")
        wants_pr = bool(self.query.get("create_pr")) and not stored.ignores_create_pr
        message = f"{header['summary']}\n\n{header.get('description', '')}".strip()
        with stored.lock:
            head = self._commit_of(stored, rev)
            if wants_pr:
                head = parent or head
                if stored.bare.resolve(head) is None:
                    raise Refusal(404, "no such commit", code="RevisionNotFound")
            elif parent is not None and not head.startswith(parent):
                raise Refusal(412, "A commit has happened since. Please refresh and try again.")
            changes = self._changes(stored, head, lines[1:])
            answer: Json = {"success": True}
            if wants_pr:
                opened = self._discussion(stored, account.name, header["summary"], message, True)
                reference = opened.reference
                answer["pullRequestUrl"] = f"{self.hub.endpoint}/{repo}/discussions/{opened.num}"
            else:
                reference = rev if rev.startswith("refs/") else f"refs/heads/{rev}"
            oid = stored.bare.commit(reference, head, changes, message, account.name)
            for discussion in stored.discussions:
                if discussion.reference == reference:
                    data = {"subject": header["summary"], "oid": oid}
                    discussion.events.append(_event("commit", account.name, data))
        answer |= {"commitOid": oid, "commitUrl": f"{self.hub.endpoint}/{repo}/commit/{oid}"}
        self._answer(answer)

    def _changes(self, stored: Stored, head: str, lines: list[Json]) -> dict[str, bytes | None]:
        tree = stored.bare.tree(head)
        changes: dict[str, bytes | None] = {}
        for line in lines:
            value = line["value"]
            path = value["path"]
            if line["key"] == "file":
                assert value["encoding"] == "base64"
                changes[path] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                if not self.hub.large(value["oid"]).exists():
                    raise Refusal(400, f"{path}: its content was not uploaded")
                size = self.hub.large(value["oid"]).stat().st_size
                pointer = f"oid sha256:{value['oid']}\nsize {size}\n"
                changes[path] = f"version https://git-lfs.github.com/spec/v1\n{pointer}".encode()
            elif line["key"] == "deletedFile":
                if path not in tree:
                    raise Refusal(404, "A file with this name doesn't exist", code="EntryNotFound")
                changes[path] = None
            else:
                raise Refusal(400, f"unknown operation {line['key']}")
        if not changes:
            raise Refusal(400, "an empty commit")
        return changes

    # -- discussions

    def _discussion(
        self, stored: Stored, author: str, title: str, description: str, pull_request: bool
    ) -> Discussion:
        number = len(stored.discussions) + 1
        opened = Discussion(number, title, author, pull_request, "open", description)
        opened.events.append(_comment(author, description))
        stored.discussions.append(opened)
        return opened

    def _shown(self, repo: str, item: Discussion) -> Json:
        return {
            "num": item.num,
            "title": item.title,
            "author": {"name": item.author},
            "status": item.status,
            "createdAt": item.events[0]["createdAt"],
            "isPullRequest": item.pull_request,
            "repo": {"name": repo, "type": "model"},
        }

    def discussions(self, type: str, repo: str) -> None:  # noqa: A002, ARG002
        stored = self._repository(repo)
        wanted = {"pull_request": True, "discussion": False}.get(self.query.get("type", ""))
        found = [d for d in stored.discussions if wanted in (None, d.pull_request)]
        status = self.query.get("status", "all")
        if status != "all":
            found = [d for d in found if (d.status in ("open", "draft")) == (status == "open")]
        found.reverse()
        start = int(self.query.get("p", "0")) * PAGE
        page = [self._shown(repo, item) for item in found[start : start + PAGE]]
        self._answer({"discussions": page, "count": len(found), "start": start})

    def _one(self, stored: Stored, num: str) -> Discussion:
        for item in stored.discussions:
            if item.num == int(num):
                return item
        raise Refusal(404, "no such discussion")

    def discussion(self, type: str, repo: str, num: str) -> None:  # noqa: A002, ARG002
        stored = self._repository(repo)
        item = self._one(stored, num)
        answer = {**self._shown(repo, item), "events": item.events}
        if item.pull_request:
            answer["changes"] = {"base": "refs/heads/main", "mergeCommitId": item.merged_as}
            answer["filesWithConflicts"] = []
            range_ = f"main...{item.reference}"
            answer["diff"] = stored.bare.git("diff", range_).decode("utf-8", "replace")
        self._answer(answer)

    def open_discussion(self, type: str, repo: str) -> None:  # noqa: A002, ARG002
        account, stored, asked = self._writer(), self._repository(repo), self._json()
        with stored.lock:
            pull = bool(asked.get("pullRequest"))
            item = self._discussion(
                stored, account.name, asked["title"], asked["description"], pull
            )
            if pull:
                item.status = "draft"
                head = self._commit_of(stored, "main")
                stored.bare.git("update-ref", item.reference, head)
        self._answer({"num": item.num})

    def comment(self, type: str, repo: str, num: str) -> None:  # noqa: A002, ARG002
        account, stored = self._writer(), self._repository(repo)
        event = _comment(account.name, self._json()["comment"])
        self._one(stored, num).events.append(event)
        self._answer({"newMessage": event})

    def status(self, type: str, repo: str, num: str) -> None:  # noqa: A002, ARG002
        account, stored, asked = self._writer(), self._repository(repo), self._json()
        item = self._one(stored, num)
        item.status = asked["status"]
        event = _event("status-change", account.name, {"status": asked["status"]})
        item.events.append(event)
        self._answer({"newStatus": event})

    def merge(self, type: str, repo: str, num: str) -> None:  # noqa: A002, ARG002
        account, stored = self._writer(), self._repository(repo)
        if not account.may_write(repo):
            raise Refusal(403, "only who may write can merge")
        item = self._one(stored, num)
        with stored.lock:
            main, branch = (self._commit_of(stored, name) for name in ("main", item.reference))
            base = stored.bare.git("merge-base", main, branch).decode().strip()
            ours, theirs, before = (stored.bare.tree(c) for c in (main, branch, base))
            changed = {p for p in {*theirs, *before} if theirs.get(p) != before.get(p)}
            if any(ours.get(p) not in (before.get(p), theirs.get(p)) for p in changed):
                raise Refusal(409, "merge conflict")
            changes = {
                p: stored.bare.read(theirs[p].blob) if p in theirs else None for p in changed
            }
            title = f"{item.title} (#{item.num})"
            item.merged_as = stored.bare.commit("refs/heads/main", main, changes, title)
            item.status = "merged"
        self._answer({})


def _event(kind: str, author: str, data: Json) -> Json:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    identity = uuid.uuid4().hex
    return {
        "id": identity, "type": kind, "createdAt": now, "author": {"name": author}, "data": data
    }  # fmt: skip


def _comment(author: str, text: str) -> Json:
    data = {"edited": False, "hidden": False, "latest": {"raw": text}}
    return _event("comment", author, data)


ROUTES = [
    (r"/api/whoami-v2", "GET", "whoami"),
    (r"/api/repos/create", "POST", "create"),
    (r"/api/models", "GET", "models"),
    (r"/api/validate-yaml", "POST", "validate"),
    (rf"/api/{REPOSITORY}/preupload/(?P<rev>[^/]+)", "POST", "preupload"),
    (rf"/api/{REPOSITORY}/commit/(?P<rev>[^/]+)", "POST", "commit"),
    (rf"/api/{REPOSITORY}/tree/(?P<rev>[^/]+)(?:/(?P<path>.+))?", "GET", "tree"),
    (rf"/api/{REPOSITORY}/paths-info/(?P<rev>[^/]+)", "POST", "paths"),
    (rf"/api/{REPOSITORY}/refs", "GET", "refs"),
    (rf"/api/{REPOSITORY}/commits/(?P<rev>[^/]+)", "GET", "commits"),
    (rf"/api/{REPOSITORY}/discussions", "GET", "discussions"),
    (rf"/api/{REPOSITORY}/discussions", "POST", "open_discussion"),
    (rf"/api/{REPOSITORY}/discussions/(?P<num>\d+)", "GET", "discussion"),
    (rf"/api/{REPOSITORY}/discussions/(?P<num>\d+)/comment", "POST", "comment"),
    (rf"/api/{REPOSITORY}/discussions/(?P<num>\d+)/status", "POST", "status"),
    (rf"/api/{REPOSITORY}/discussions/(?P<num>\d+)/merge", "POST", "merge"),
    (rf"/api/{REPOSITORY}/revision/(?P<rev>[^/]+)", "GET", "info"),
    (rf"/api/{REPOSITORY}", "GET", "info"),
    (r"/(?P<repo>[\w.-]+/[\w.-]+)\.git/info/lfs/objects/batch", "POST", "lfs_batch"),
    (r"/lfs-store/(?P<oid>[0-9a-f]{64})", "PUT", "lfs_store"),
    (r"/lfs-verify/(?P<oid>[0-9a-f]{64})", "POST", "lfs_verify"),
    (r"/(?P<repo>[\w.-]+/[\w.-]+)/resolve/(?P<rev>[^/]+)/(?P<path>.+)", "HEAD", "resolve"),
    (r"/(?P<repo>[\w.-]+/[\w.-]+)/resolve/(?P<rev>[^/]+)/(?P<path>.+)", "GET", "resolve"),
]


@contextmanager
def serving(folder: Path) -> Iterator[Hub]:
    """A Hub that serves the folder while the block runs."""
    with Hub(folder) as hub:
        yield hub


def main() -> None:
    """Serve a folder until ended; the address is the first line printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fault-rate", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    hub = Hub(given.folder)
    hub.faults.at_random(given.fault_rate, given.seed)
    print(hub.endpoint, flush=True)
    hub.serve()


if __name__ == "__main__":
    main()
