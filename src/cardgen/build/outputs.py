"""The files a card consists of: what they should hold, what they hold, and writing them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from cardgen.build import seal
from cardgen.card import Card, open_card
from cardgen.derive.quantity import Absent
from cardgen.errors import HandEditError, SpecificationError
from cardgen.language import language
from cardgen.plots import describe, stamp
from cardgen.plots.figure import Plot
from cardgen.render import card as rendering
from cardgen.render.escape import markdown
from cardgen.render.prose import warnings as prose_warnings
from cardgen.spec.load import Project
from cardgen.store import files
from cardgen.tables.asking import apart, unanswered
from cardgen.tables.quantization import attempts
from cardgen.tables.references import unmatched


class Drawing(NamedTuple):
    """A plot's file and the description it is to be drawn from."""

    path: Path
    plot: Plot

    @property
    def existing(self) -> bytes | None:
        """What stands there now."""
        return _existing(self.path)


@dataclass(slots=True)
class Outputs:
    """Everything a build would write for one card."""

    card: Card
    texts: dict[Path, str]
    drawings: list[Drawing]
    warnings: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    earlier: dict[Path, bytes] = field(default_factory=dict)
    """Texts that were replaced and had been made by earlier rules: what they held."""
    whole: bool = True
    """Whether this is all of the card: a build of one language knows nothing of the others."""

    def left_over(self) -> list[Path]:
        """Files that cardgen made for this card and makes no longer; never an edited one."""
        if not self.whole:
            return []
        made = {*self.texts, *(drawing.path for drawing in self.drawings)}
        folder = self.card.folder
        texts = [*folder.glob("README*.md"), *folder.glob(".eval_results/*.yaml")]
        found = [p for p in texts if p not in made and _seal(p) == "ours"]
        plots = [p for p in folder.glob("plots/*") if p not in made and p.is_file()]
        found += [p for p in plots if stamp.is_untouched(_existing(p) or b"")]
        return sorted(found)

    @property
    def run_folders(self) -> list[str]:
        """The folders, relative to the project, whose runs the card draws on."""
        names = [self.card.name, *self.card.specification.uses]
        return [f"cards/{name}/{self._runs(name)}" for name in names]

    def _runs(self, name: str) -> str:
        if name == self.card.name:
            return self.card.specification.runs
        prefix = f"cards/{name}/"
        for file, _ in self.card.records.runs:
            if file.startswith(prefix):
                return file.removeprefix(prefix).rsplit("/", 1)[0]
        return "runs"


class Difference(NamedTuple):
    """A file that is not as it should be, and the unified diff where it is text."""

    path: Path
    reason: str
    diff: str = ""


def outputs(project: Project, name: str, languages: Sequence[str] = ()) -> Outputs:
    """What the card should consist of, rendered; nothing is written.

    `languages` narrows the card's own; a language that the card does not have is an error.
    """
    card = open_card(project, name)
    specification = card.specification
    for code in languages:
        if code not in specification.languages:
            raise SpecificationError(
                f"cards/{name}/card.yaml: /languages",
                expected=f"one of {', '.join(specification.languages)}",
                found=repr(code),
                next_step=f"add {code!r} to the card's languages, or ask for one it has",
            )
    contents = rendering.gather(card)
    errors = [problem for problem in contents.problems if problem.level == "error"]
    if errors:
        raise SpecificationError(
            f"cards/{name}: metadata header, {errors[0].path}",
            expected="metadata that the Hub accepts",
            found=errors[0].message,
            next_step="mend the field in card.yaml (docs/metadata.md)",
        )
    numbers = specification.numbers or project.specification.numbers or "point"
    texts: dict[Path, str] = {}
    drawings: list[Drawing] = []
    lacking: dict[str, None] = {}
    for code in languages or specification.languages:
        spoken = language(
            code,
            locale_numbers=numbers == "locale",
            project_templates=rendering.project_templates(card),
        )
        plots = describe.plots(contents, spoken)
        own = _drawings(card, plots.drawn, code)
        drawings += own
        lacking |= dict.fromkeys(map(str, plots.lacking))
        text = rendering.text(contents, spoken, _links(card, own))
        path = card.folder / rendering.readme_name(specification, code)
        texts[path] = seal.sealed(text, "markdown")
    for file, body in contents.eval_results.items():
        texts[card.folder / file] = seal.sealed(body, "yaml")
    return Outputs(
        card,
        texts,
        drawings,
        [
            *(f"{problem.path}: {problem.message}" for problem in contents.problems),
            *unmatched(card),
            *unanswered(card),
            *apart(card),
            *(f"{one}" for one in contents.unshown),
            *(f"{a.recorded.stored.file}: {a.told}" for a in attempts(card)),
            *prose_warnings(card),
            *lacking,
        ],
        _missing(contents),
        whole=not languages,
    )


def _drawings(card: Card, plots: Iterable[Plot], code: str) -> list[Drawing]:
    folder, suffix = card.folder / "plots", card.specification.plots
    return [Drawing(folder / f"{plot.id}.{code}.{suffix}", plot) for plot in plots]


def _links(card: Card, drawings: Iterable[Drawing]) -> dict[str, Markup]:
    """Each plot's Markdown by its name: the picture with its words."""
    return {
        drawing.plot.id: Markup("![{}]({})").format(
            markdown(drawing.plot.alt), drawing.path.relative_to(card.folder).as_posix()
        )
        for drawing in drawings
    }


def _missing(contents: rendering.Contents) -> list[str]:
    """The cells without a value, with their reasons, once each."""
    return [
        f"{cell.address}: {cell.content.reason}"
        for table in contents.tables.values()
        for cell in table.quantities()
        if isinstance(cell.content, Absent)
    ]


def differences(wanted: Outputs, root: Path) -> list[Difference]:
    """What a build would change, without drawing or writing anything."""
    import difflib

    found = []
    for path, text in wanted.texts.items():
        existing = _existing(path)
        if _is_same(existing, text):
            continue
        name = path.relative_to(root).as_posix()
        old = "" if existing is None else existing.decode("utf-8", "replace")
        lines = difflib.unified_diff(
            old.splitlines(keepends=True),
            text.splitlines(keepends=True),
            f"{name} (on disk)" if existing is not None else "/dev/null",
            f"{name} (as rendered)",
        )
        diff = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
        found.append(Difference(path, "missing" if existing is None else "stale", diff))
    for drawing in wanted.drawings:
        existing = drawing.existing
        if existing is None:
            found.append(Difference(drawing.path, "missing"))
        elif not _is_current(drawing, wanted):
            found.append(Difference(drawing.path, "stale"))
    found += [Difference(path, "left over: no longer made") for path in wanted.left_over()]
    return found


def write(wanted: Outputs, *, overwrite: bool = False) -> list[Path]:
    """Write what changed, each file whole or not at all; the paths written.

    What cardgen made before and makes no longer is removed, unless somebody edited it.

    A file that somebody edited or that cardgen never wrote is refused before anything is written,
    unless `overwrite` says that it may go.
    """
    root = wanted.card.project.root
    texts = {p: t.encode() for p, t in wanted.texts.items() if not _is_same(_existing(p), t)}
    stale = [drawing for drawing in wanted.drawings if not _is_current(drawing, wanted)]
    if not overwrite:
        for path in texts:
            _refuse_hand_edit(path, root)
        for drawing in stale:
            _refuse_edited_plot(drawing, root)
    contents = {**texts, **{drawing.path: _draw(drawing, wanted) for drawing in stale}}
    wanted.earlier = {path: old for path in texts if (old := _of_earlier_rules(path)) is not None}
    written = [path for path, data in contents.items() if files.replace(path, data)]
    for path in wanted.left_over():
        path.unlink(missing_ok=True)
        wanted.warnings.append(f"removed {path.name}, which cardgen made and makes no longer")
    return written


def _of_earlier_rules(path: Path) -> bytes | None:
    """What stands there, where cardgen made it by rules that are no longer its own."""
    existing = _existing(path)
    if existing is None or seal.verdict(existing) != "ours":
        return None
    return existing if (seal.edition(existing.decode()) or 0) < seal.EDITION else None


def _seal(path: Path) -> seal.Verdict:
    return seal.verdict(_existing(path) or b"")


def _is_same(existing: bytes | None, text: str) -> bool:
    """Whether a file holds the text; a checkout may have changed its line ends."""
    if existing is None:
        return False
    data = text.encode()
    found = existing.replace(b"\r\n", b"\n")
    if found == data:
        return True
    # What earlier rules made and these make alike keeps the seal that it has.
    return seal.verdict(existing) == "ours" and seal.unsealed(found.decode()) == seal.unsealed(text)


def _is_current(drawing: Drawing, wanted: Outputs) -> bool:
    existing = drawing.existing
    if existing is None:
        return False
    return stamp.is_current(existing, drawing.plot, wanted.card.specification.plots)


def _draw(drawing: Drawing, wanted: Outputs) -> bytes:
    from cardgen.plots import draw

    svg = wanted.card.specification.plots == "svg"
    return draw.svg(drawing.plot) if svg else draw.png(drawing.plot)


def _refuse_edited_plot(drawing: Drawing, root: Path) -> None:
    existing = drawing.existing
    if existing is not None and not stamp.is_untouched(existing):
        raise HandEditError(
            drawing.path.relative_to(root).as_posix(),
            expected="a plot as cardgen drew it",
            found="a file that cardgen did not draw, or that was edited since",
            next_step="move it away, or build with --overwrite",
        )


def _refuse_hand_edit(path: Path, root: Path) -> None:
    existing = _existing(path)
    if existing is None:
        return
    found = seal.verdict(existing)
    if found == "ours":
        return
    name = path.relative_to(root).as_posix()
    raise HandEditError(
        name,
        expected="the text as cardgen wrote it",
        found="a text edited by hand since" if found == "edited" else "a text cardgen never wrote",
        next_step="keep what is worth keeping in prose.*.md, see it with `cardgen build --check`, "
        "then build with --overwrite",
    )


def _existing(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return files.read_bytes(path)
