"""What can go wrong with the Hub, told apart by what to do next: one line each.

Version 2 of the client raises errors of httpx2, version 1 of httpx: they are known by name here.
"""

from __future__ import annotations

import re

from cardgen.errors import HubError
from cardgen.imports.redaction import REDACTED, without_tokens

LONGEST = 300


class MovedError(HubError):
    """The branch has moved since it was read (412), or somebody else is writing (409)."""


class DeniedError(HubError):
    """Writing is not allowed (403); a pull request may be."""


class AbsentError(HubError):
    """No such repository, branch or file, or none that this token may see."""


class NoRepositoryError(AbsentError):
    """No such repository, or none that this token may see."""


class RefusedError(HubError):
    """The metadata is not accepted; `answer` holds the server's words."""


class UncertainError(HubError):
    """Too many requests, a server error, a time-out, a lost connection: it may have landed.

    `wait_s` is what the server asks to wait; `answered` tells an answer from silence.
    """

    wait_s: float | None = None
    answered = False


def translated(problem: Exception, place: str) -> HubError:
    """The error of the client as one of ours; `place` names what was being done, and where."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    if isinstance(problem, ValueError) and str(problem).startswith("Invalid metadata"):
        return RefusedError(
            place,
            found="the Hub does not accept the metadata header",
            next_step="mend card.yaml (docs/metadata.md) or the header on the Hub",
            answer=without_tokens(str(problem)),
        )
    causes = _causes(problem)
    for cause in causes:
        if isinstance(cause, OfflineModeIsEnabled):
            return offline(place)
        if isinstance(cause, GatedRepoError):
            return AbsentError(
                place,
                found="the repository is gated, and this token has no access",
                next_step="ask for access on its page",
            )
        if isinstance(cause, RepositoryNotFoundError):
            return NoRepositoryError(
                place,
                found="no such repository, or none that this token may see",
                next_step="check its name and `hf auth whoami`",
            )
        if isinstance(cause, HfHubHTTPError):
            return _answered(cause, place)
    if any(_is_of_transport(cause) for cause in causes):
        return _silent(causes, place)
    if isinstance(problem, HFValidationError):
        return HubError(place, found=_shown(str(problem)))
    if isinstance(problem, KeyError | TypeError | ValueError):
        uncertain = UncertainError(place, found="an answer that is none of the Hub's")
        uncertain.answered = True
        return uncertain
    return HubError(place, found=_shown(f"{type(problem).__name__}: {problem}"))


def offline(place: str) -> HubError:
    """The error of a command that needs the Hub while HF_HUB_OFFLINE is set."""
    return HubError(
        place,
        found="offline: HF_HUB_OFFLINE is set",
        next_step="unset it to reach the Hub",
    )


def _causes(problem: BaseException) -> list[BaseException]:
    """The error and what it came from, outermost first."""
    found: list[BaseException] = []
    current: BaseException | None = problem
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


def _answered(problem: object, place: str) -> HubError:
    """An answer of the server with an error status."""
    response = problem.response  # type: ignore[attr-defined]
    status: int = response.status_code
    said = _said(problem)
    if status == 401:
        return HubError(
            place,
            found=f"the Hub does not accept the token, or there is none (401{said})",
            next_step="log in with `hf auth login`, or set HF_TOKEN",
        )
    if status == 403:
        return DeniedError(
            place,
            found=f"this token may not write here (403{said})",
            next_step="`--pr` may work: it proposes the change as a pull request",
        )
    if status == 404:
        return AbsentError(place, found=f"not found (404{said})", next_step="check the name")
    if status in (409, 412):
        return MovedError(place, found=f"the branch moved meanwhile ({status})")
    if status == 429 or status >= 500:
        uncertain = UncertainError(
            place,
            found=f"the Hub answers {status}{said}",
            next_step="run the command again later",
        )
        # A gateway's 502 or 504 says nothing of what became of the request behind it.
        uncertain.answered = status not in (502, 504)
        uncertain.wait_s = _wait_s(response.headers)
        return uncertain
    return HubError(place, found=f"the Hub refuses ({status}{said})")


def _silent(causes: list[BaseException], place: str) -> UncertainError:
    """No answer: a time-out, a connection refused or lost."""
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    if names & {"TimeoutException", "TimeoutError", "Timeout"}:
        found = "no answer within the time-out"
    elif names & {"ConnectError"}:
        from huggingface_hub.constants import ENDPOINT

        found = f"the Hub cannot be reached at {without_tokens(ENDPOINT)}"
    else:
        found = "the connection was lost"
    return UncertainError(
        place, found=found, next_step="check the network, then run the command again"
    )


def _is_of_transport(problem: BaseException) -> bool:
    if isinstance(problem, ConnectionError | TimeoutError):
        return True
    return any(
        kind.__module__.partition(".")[0] in ("httpx", "httpx2", "httpcore", "httpcore2")
        or kind.__name__ == "LocalEntryNotFoundError"
        for kind in type(problem).__mro__
    )


def _said(problem: object) -> str:
    message = getattr(problem, "server_message", None)
    return f": {_shown(message)}" if message else ""


def _shown(text: str) -> str:
    """Other people's words on one line, without tokens and not endless."""
    from huggingface_hub import get_token

    token = get_token()
    if token:
        text = text.replace(token, REDACTED)
    line = " ".join(without_tokens(text).split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _wait_s(headers: object) -> float | None:
    """How long the server asks to wait: Retry-After, or the reset of its RateLimit header."""
    get = headers.get  # type: ignore[attr-defined]
    after = re.fullmatch(r"\s*(\d{1,6})\s*", get("Retry-After") or "")
    if after:
        return float(after[1])
    reset = re.search(r";\s*t\s*=\s*(\d{1,6})", get("RateLimit") or "")
    return float(reset[1]) if reset else None
