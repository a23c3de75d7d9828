"""The files of a card as they stand built in the project: what a push brings to the Hub."""

from __future__ import annotations

from cardgen.build import outputs
from cardgen.errors import PublishError, SpecificationError
from cardgen.publish.plan import Wanted
from cardgen.spec.load import Project
from cardgen.store import files


def built(project: Project, name: str, folder: str = "") -> Wanted:
    """The card's READMEs, plots and results files; PublishError if a build would change one.

    What reviewers saw in the repository is what is published: nothing is rendered anew here.
    """
    made = outputs.outputs(project, name)
    stale = outputs.differences(made, project.root)
    if stale:
        first = stale[0]
        rest = f"; {len(stale) - 1} more of the card's files too" if len(stale) > 1 else ""
        raise PublishError(
            project.relative(first.path),
            expected="the card as the records give it",
            found=f"{first.reason}{rest}",
            next_step=f"run `cardgen build {name}`, look at it, then push",
        )
    card = made.card.folder
    paths = [*made.texts, *(drawing.path for drawing in made.drawings)]
    contents = {path.relative_to(card).as_posix(): files.read_bytes(path) for path in paths}
    return Wanted(
        {
            n: _as_text(data) if n.endswith((".md", ".yaml")) else data
            for n, data in contents.items()
        },
        folder,
    )


def _as_text(data: bytes) -> bytes:
    """A checkout may have changed the line ends."""
    return data.replace(b"\r\n", b"\n")


def repository_name(project: Project, name: str, given: str | None) -> str:
    """The repository that the user named, or else card.yaml's `repo`."""
    from cardgen.spec.load import load_card

    if given is not None:
        return given
    repo = load_card(project, name).repo
    if repo is None:
        raise SpecificationError(
            f"cards/{name}/card.yaml: /repo",
            expected="the repository on the Hub",
            found="none",
            next_step="add `repo: organisation/name`, or push with --repo organisation/name",
        )
    return repo
