"""A card's files put on the Hub in one commit, or in the one open pull request of the card.

The commit names the head it was made for; where it may have landed although no answer came, the
head is looked at before anything is sent again.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from cardgen.errors import HubError, PublishError
from cardgen.hub import pauses
from cardgen.hub.repository import (
    LONGEST_WAIT_S,
    MAIN,
    Blob,
    Committed,
    Repository,
    Tip,
    pull_request_branch,
)
from cardgen.hub.trouble import MovedError, NoRepositoryError, UncertainError
from cardgen.publish.plan import README, File, Plan, Wanted, plan
from cardgen.publish.readme import Choice, Conflict

RETRIES = 3
LOOKS = 3
CARD = "cardgen-card"
PUSH = "cardgen-push"
TITLE = "Update the model card"


class Order(NamedTuple):
    """What the user asked for."""

    choice: Choice = Choice()
    pull_request: bool = False
    dry_run: bool = False
    create: bool = False
    title: str = TITLE


class Outcome(NamedTuple):
    """What a push came to: `url` is that of the commit or pull request, as far as there is one.

    `astray`: it landed on the main branch although a pull request was asked for.
    """

    url: str | None
    told: str
    astray: bool = False
    diff: str = ""


class ConflictError(PublishError):
    """Pieces that somebody edited on the Hub; `conflicts` holds the differences."""

    def __init__(self, conflicts: list[Conflict]) -> None:
        places = ", ".join(conflict.place for conflict in conflicts)
        super().__init__(
            conflicts[0].place,
            expected="cardgen's regions as it wrote them",
            found=f"edited or removed by hand: {places}",
            next_step="keep what is worth keeping in card.yaml or prose.*.md; then push with"
            " --take ours, or with --take theirs to leave the edit where it is",
        )
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True, slots=True)
class _At:
    """The repository at one commit, as `plan` wants to see it."""

    repository: Repository
    tip: Tip
    known: dict[str, bytes]
    """Blobs that were read before, by their id."""

    def paths(self) -> list[str]:
        return list(self.tip.paths)

    def files(self, paths: list[str]) -> dict[str, File]:
        return dict(self.repository.blobs(self.tip.commit, paths))

    def read(self, path: str, file: File) -> bytes:
        assert isinstance(file, Blob)
        if file.id not in self.known:
            self.known[file.id] = self.repository.read(self.tip.commit, path, file)
        return self.known[file.id]


class _Seen(NamedTuple):
    """A branch's head, and what would have to change there."""

    branch: str
    head: str
    plan: Plan


def push(
    wanted: Wanted,
    repository: Repository,
    order: Order,
    say: Callable[[str], None] = lambda line: None,  # noqa: ARG005
) -> Outcome:
    """Bring the card's files to the repository; what came of it.

    `say` gets a line for every step. Raises ConflictError for hand edits inside cardgen's pieces,
    PublishError for what else the user must look at, HubError for what the Hub says: each tells
    what landed. Nothing is ever written by halves.
    """
    return _Push(wanted, repository, order, say).run()


@dataclass(slots=True)
class _Push:
    wanted: Wanted
    repository: Repository
    order: Order
    say: Callable[[str], None]
    known: dict[str, bytes] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def run(self) -> Outcome:
        if self.order.create and not self.order.dry_run:
            self.say(f"creating {self.repository.name} if it is not there")
            self.repository.create()
        try:
            seen = self._look(MAIN)
        except NoRepositoryError as problem:
            if not self.order.create:
                problem.next_step = f"{problem.next_step}; `cardgen push --create` makes it"
            elif self.order.dry_run:
                names = ", ".join(sorted(map(self.wanted.place, self.wanted.files)))
                return Outcome(None, f"would make {self.repository.name}, with {names}")
            raise
        if seen.plan.is_empty:
            return Outcome(self.repository.url(), "up to date")
        number = None
        if self.order.pull_request:
            number = self._pull_request()
            if number is not None:
                self.say(f"pull request {number} is open for this card")
                seen = self._look(pull_request_branch(number))
                if seen.plan.is_empty:
                    return Outcome(self._page(number), f"pull request {number} is up to date")
        if self.order.dry_run:
            return Outcome(None, _summary(seen.plan, "would change"), diff=seen.plan.diff)
        if self.order.pull_request and number is None:
            return self._open(seen)
        return self._commit(seen, number)

    # -- looking

    def _look(self, branch: str) -> _Seen:
        """The branch's head and the plan for it; conflicts stop here."""
        tip = self.repository.tip(branch)
        self.say(f"reading {self.repository.name} at {tip.commit[:12]}")
        try:
            found = plan(self.wanted, _At(self.repository, tip, self.known), self.order.choice)
            if found.conflicts:
                raise ConflictError(found.conflicts)
        except PublishError as problem:
            # The project has a README.md, too: it is the Hub's that is meant.
            problem.place = f"{self.repository.name}: {problem.place}"
            raise
        for place in found.kept:
            self.say(f"kept as it is on the Hub: {place}")
        return _Seen(branch, tip.commit, found)

    def _pull_request(self) -> int | None:
        """The open pull request of this card, the oldest if there are several."""
        numbers = self.repository.open_pull_requests()
        if not numbers:
            return None
        mark = f"{CARD}: {self.wanted.place(README)}"
        merged = {entry.id for entry in self.repository.history(MAIN)}
        for number in numbers:
            entries = self.repository.history(pull_request_branch(number))
            own = [entry for entry in entries if entry.id not in merged]
            if any(mark in entry.message.splitlines() for entry in own):
                return number
        return None

    def _landed(self, branch: str) -> str | None:
        """The id of this push's commit on the branch, if it is there."""
        mark = f"{PUSH}: {self.id}"
        for entry in self.repository.history(branch):
            if mark in entry.message:
                return entry.id
        return None

    def _page(self, number: int) -> str:
        return self.repository.url("discussions", str(number))

    # -- writing

    def _send(self, seen: _Seen, *, pull_request: bool = False) -> Committed:
        message = f"{CARD}: {self.wanted.place(README)}\n{PUSH}: {self.id}"
        self.say(_summary(seen.plan, "sending"))
        done = self.repository.commit(
            seen.branch,
            seen.head,
            additions=seen.plan.additions,
            deletions=seen.plan.deletions,
            title=self.order.title,
            message=message,
            pull_request=pull_request,
        )
        for line in done.warnings:
            self.say(line)
        return done

    def _commit(self, seen: _Seen, number: int | None) -> Outcome:
        """One commit on the branch it was planned for."""
        for tries_left in reversed(range(RETRIES + 1)):
            try:
                done = self._send(seen)
            except MovedError as problem:
                wait_s = random.uniform(0, 4 ** (RETRIES - tries_left))  # noqa: S311
                trouble: HubError = problem
            except UncertainError as problem:
                found = self._look_back(seen.branch, problem)
                if found is not None:
                    self.say("the answer was lost, the commit has landed")
                    return self._done(found, number)
                trouble = problem
                wait_s = _wait_s(problem, RETRIES - tries_left)
                if wait_s > LONGEST_WAIT_S:
                    raise self._not_landed(problem) from problem
            else:
                return self._done(done.id, number)
            if not tries_left:
                raise self._not_landed(trouble)
            self.say(f"{trouble.found}: trying again")
            pauses.pause(wait_s)
            again = self._look(seen.branch)
            if again.plan.is_empty:
                landed = self._landed(seen.branch)
                if landed is not None:
                    return self._done(landed, number)
                url = self.repository.url() if number is None else self._page(number)
                return Outcome(url, "up to date: somebody else pushed the same")
            if again.plan.owned != seen.plan.owned:
                raise self._overtaken(again)
            seen = again
        raise AssertionError("the last try returns or raises")  # pragma: no cover

    def _open(self, seen: _Seen) -> Outcome:
        """A new pull request, and no second one: sent again only where it cannot have landed."""
        for tries_left in reversed(range(RETRIES + 1)):
            try:
                done = self._send(seen, pull_request=True)
            except UncertainError as problem:
                number = self._search(problem)
                if number is not None:
                    return self._opened(seen, number)
                if (astray := self._astray(seen)) is not None:
                    return astray
                wait_s = _wait_s(problem, RETRIES - tries_left)
                if not problem.answered or not tries_left or wait_s > LONGEST_WAIT_S:
                    raise self._not_landed(problem) from problem
                self.say(f"{problem.found}: trying again")
                pauses.pause(wait_s)
                continue
            if (astray := self._astray(seen)) is not None:
                return astray
            if done.pull_request is None:
                raise HubError(
                    self.repository.name,
                    found="the Hub answered without opening a pull request",
                    next_step="look at the repository's page",
                )
            return self._opened(seen, done.pull_request)
        raise AssertionError("the last try returns or raises")  # pragma: no cover

    def _opened(self, seen: _Seen, number: int) -> Outcome:
        """The pull request that was opened; where another one came first, that one instead."""
        first = self._pull_request()
        if first is None or first >= number:
            told = f"opened pull request {number}: {_summary(seen.plan, 'changes')}"
            return Outcome(self._page(number), told)
        self.repository.close_pull_request(number, f"The same card's is #{first}.")
        self.say(f"pull request {first} was opened meanwhile: {number} is closed again")
        there = self._look(pull_request_branch(first))
        if there.plan.is_empty:
            return Outcome(self._page(first), f"pull request {first} is up to date")
        return self._commit(there, first)

    def _search(self, problem: UncertainError) -> int | None:
        """The pull request of this push, looked for until the Hub has had time to open it."""
        for look in range(1 if problem.answered else LOOKS):
            if look:
                pauses.pause(0.5 * 2**look)
            try:
                for number in self.repository.open_pull_requests():
                    if self._landed(pull_request_branch(number)) is not None:
                        self.say("the answer was lost, the pull request is open")
                        return number
            except HubError as other:
                raise self._unknown(problem) from other
        return None

    def _astray(self, seen: _Seen) -> Outcome | None:
        """What to report if the server committed to the main branch instead."""
        try:
            if self.repository.tip(MAIN).commit == seen.head:
                return None
            found = self._landed(MAIN)
        except HubError as other:
            raise self._unknown(other) from other
        if found is None:
            return None
        told = "the Hub opened no pull request: the commit stands on the main branch"
        return Outcome(self.repository.url("commit", found), told, astray=True)

    def _look_back(self, branch: str, problem: HubError) -> str | None:
        try:
            return self._landed(branch)
        except HubError as other:
            raise self._unknown(problem) from other

    def _done(self, commit: str, number: int | None) -> Outcome:
        if number is not None:
            return Outcome(self._page(number), f"updated pull request {number}")
        return Outcome(self.repository.url("commit", commit), "pushed")

    # -- saying no

    def _not_landed(self, problem: HubError) -> HubError:
        silent = isinstance(problem, UncertainError) and not problem.answered
        seen = "nothing has landed so far" if silent else "nothing has landed"
        return HubError(
            self.repository.name,
            found=f"{problem.found}; {seen}",
            next_step="run the command again",
        )

    def _unknown(self, problem: HubError) -> HubError:
        return HubError(
            self.repository.name,
            found=f"{problem.found}; whether the commit landed could not be seen",
            next_step="run the command again: it looks first",
        )

    def _overtaken(self, seen: _Seen) -> PublishError:
        return PublishError(
            f"{self.repository.name} at {seen.head[:12]}",
            expected="cardgen's pieces as they were a moment ago",
            found="changed meanwhile by somebody else; nothing of this push has landed",
            next_step="see what changed with --dry-run, then push again",
        )


def _wait_s(problem: UncertainError, tried: int) -> float:
    return problem.wait_s if problem.wait_s is not None else random.uniform(0.5, 1) * 2**tried  # noqa: S311


def _summary(found: Plan, verb: str) -> str:
    names = [*sorted(found.additions), *(f"{path} (removed)" for path in found.deletions)]
    return f"{verb} {len(names)} file{'' if len(names) == 1 else 's'}: {', '.join(names)}"
