"""A published card as it stands on the Hub: its texts at one commit."""

from __future__ import annotations

import re
from typing import NamedTuple

from cardgen.hub.client import TIMEOUT_S
from cardgen.hub.repository import MAIN, Repository

CARD_FILES = re.compile(r"README(\.[a-z]{2,3})?\.md|\.eval_results/[^/]+\.ya?ml")


class Snapshot(NamedTuple):
    """The files of a card at a commit, by their path; `url` leads to the commit's page."""

    repository: str
    commit: str
    url: str
    files: dict[str, bytes]


def read_card(
    name: str, *, revision: str = MAIN, folder: str = "", timeout_s: float = TIMEOUT_S
) -> Snapshot:
    """The READMEs and `.eval_results/` of a repository, or of a folder in it; HubError otherwise.

    One commit is read: a branch that moves meanwhile mixes nothing.
    """
    repository = Repository.open(name, timeout_s=timeout_s)
    commit, paths = repository.tip(revision)
    prefix = f"{folder}/" if folder else ""
    wanted = [
        path
        for path in paths
        if path.startswith(prefix) and CARD_FILES.fullmatch(path.removeprefix(prefix))
    ]
    blobs = repository.blobs(commit, wanted)
    files = {
        path.removeprefix(prefix): repository.read(commit, path, blob)
        for path, blob in blobs.items()
    }
    return Snapshot(name, commit, repository.url("tree", commit), files)
