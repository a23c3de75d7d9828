"""Which collectors there are, and what each needs: the manifests `collector.toml`, read.

Finds the packaged collectors and the project's own; builds nothing and runs nothing.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from cardgen.errors import CardgenError, CollectorError
from cardgen.measuring.job import Accelerator, Kind
from cardgen.records.base import fault
from cardgen.resources import resource
from cardgen.spec.base import Name, Specification
from cardgen.store import files
from cardgen.store.places import Step, at
from cardgen.store.positions import Position
from cardgen.store.validation import translate

MANIFEST = "collector.toml"
COLLECTORS = "collectors"
REFERENCE = "docs/environments.md says what a manifest holds"


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or "\\" in path or not pure.parts:
        raise fault("a path relative to the collector's folder", found=repr(path[:100]))
    return path


PlainName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$")]
RelativeFile = Annotated[Name, AfterValidator(_inside)]
Module = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")]
PythonVersion = Annotated[str, StringConstraints(pattern=r"^3\.\d{1,2}$")]


class RoleTable(Specification):
    """A table `[roles.NAME]`: one environment that the collector's programs run in."""

    summary: Name | None = None
    python: PythonVersion = "3.11"
    cpu: RelativeFile | None = None
    cuda: RelativeFile | None = None
    imports: tuple[Module, ...] = ()
    variables: tuple[Variable, ...] = ()
    size_gb: dict[Accelerator, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    target: bool = False
    compiler: bool = False


class ManifestTable(Specification):
    """collector.toml as it is written."""

    name: PlainName
    kind: Kind | None = None
    summary: Name
    program: RelativeFile = "measure.py"
    runs_in: PlainName | None = None
    roles: dict[PlainName, RoleTable] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _runs_in_a_role(self) -> ManifestTable:
        if self.runs_in is not None and self.runs_in not in self.roles:
            known = ", ".join(self.roles) or "none"
            raise fault(f"a role of this collector: {known}", found=self.runs_in, at=("runs_in",))
        return self


@dataclass(frozen=True, slots=True)
class Role:
    """One environment of a collector: its Python, and a lock file for each accelerator it knows.

    `imports` must be importable there; `variables` are what it may see beyond the allow-list (a
    token); `target`: a running server's URL may stand for it; `compiler`: it needs g++.
    """

    collector: str
    name: str
    summary: str | None = None
    python: str = "3.11"
    locks: Mapping[Accelerator, Path] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    size_gb: Mapping[Accelerator, float] = field(default_factory=dict)
    target: bool = False
    compiler: bool = False

    @property
    def label(self) -> str:
        """How messages and the command line name it: collector/role."""
        return f"{self.collector}/{self.name}"


@dataclass(frozen=True, slots=True)
class Collector:
    """A collector: where it is, what it measures, the roles that it needs.

    Without a `kind` it measures nothing: its roles are environments for a project's own programs.
    `runs_in` names the role whose Python runs `program`; None means cardgen's own.
    """

    name: str
    kind: Kind | None
    summary: str
    folder: Path
    program: Path
    runs_in: str | None
    roles: Mapping[str, Role]
    packaged: bool


def find_collectors(project: Path | None = None) -> dict[str, Collector]:
    """Every collector by name, sorted: the packaged ones, then those of the project's root.

    A project's collector replaces the packaged one of the same name.
    """
    packaged = resource(COLLECTORS)
    roots = [packaged]
    own = project / COLLECTORS if project else None
    if own is not None and own.is_dir() and not own.samefile(packaged):
        roots.append(own)
    found: dict[str, Collector] = {}
    for root in roots:
        for path in sorted(root.glob(f"*/{MANIFEST}")):
            collector = load(path, roots=roots[::-1], packaged=root is packaged)
            found[collector.name] = collector
    return dict(sorted(found.items()))


def load(path: Path, *, roots: Sequence[Path], packaged: bool = False) -> Collector:
    """A manifest, validated; lock files are looked for in `roots`, which hold collectors.

    A lock's path is relative to the collector's folder and may lead to another collector's
    (`../serving/…`), whichever root has that.
    """
    place = _place(path, packaged=packaged)
    data = files.read_bytes(path, error=CollectorError, place=place)
    text = files.decode(data, place, error=CollectorError)
    table = _validated(text, place)
    folder = path.parent
    if table.name != folder.name:
        raise _mistake(
            text, place, ("name",), f"the folder's name, {folder.name}", table.name, "mend the name"
        )
    roles = {
        name: Role(
            collector=table.name,
            name=name,
            summary=role.summary,
            python=role.python,
            locks=dict(_locks(role, name, folder, roots, text, place)),
            imports=role.imports,
            variables=role.variables,
            size_gb=dict(role.size_gb),
            target=role.target,
            compiler=role.compiler,
        )
        for name, role in table.roles.items()
    }
    return Collector(
        name=table.name,
        kind=table.kind,
        summary=table.summary,
        folder=folder,
        program=folder / table.program,
        runs_in=table.runs_in,
        roles=roles,
        packaged=packaged,
    )


def choose(collectors: Mapping[str, Collector], given: str) -> list[Role]:
    """The roles meant by COLLECTOR, COLLECTOR/ROLE or ROLE; an error with a hint for none."""
    name, _, wanted = given.partition("/")
    if name in collectors and not wanted:
        return list(collectors[name].roles.values())
    if wanted:
        role = collectors[name].roles.get(wanted) if name in collectors else None
        found = [role] if role else []
    else:
        found = [c.roles[given] for c in collectors.values() if given in c.roles]
    if found:
        return found
    roles = [role for collector in collectors.values() for role in collector.roles.values()]
    known = [*collectors, *(role.label for role in roles)]
    names = {*known, *(role.name for role in roles)}
    close = difflib.get_close_matches(given, sorted(names), n=1, cutoff=0.5)
    raise CollectorError(
        f"collector or role {given[:100]!r}",
        expected=f"one of: {', '.join(known)}",
        found="no such collector or role",
        next_step=f"did you mean {close[0]!r}?" if close else "see `cardgen collectors list`",
    )


def _place(path: Path, *, packaged: bool) -> str:
    inside = f"{COLLECTORS}/{path.parent.name}/{MANIFEST}"
    return f"cardgen's own {inside}" if packaged else inside


def _validated(text: str, place: str) -> ManifestTable:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        said = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(problem))
        raise CollectorError(
            f"{place}:{said[2]}:{said[3]}" if said else place,
            expected="TOML",
            found=said[1] if said else str(problem),
            next_step="mend the line",
        ) from problem
    try:
        return ManifestTable.model_validate(content)
    except ValidationError as problem:
        raise translate(
            problem,
            path=place,
            text=text,
            model=ManifestTable,
            error=CollectorError,
            find=find_toml,
            reference=REFERENCE,
        ) from problem


def _locks(
    role: RoleTable, name: str, folder: Path, roots: Sequence[Path], text: str, place: str
) -> Iterator[tuple[Accelerator, Path]]:
    """Each accelerator's lock file, in the collector's own root or in another that has it."""
    given_locks: dict[Accelerator, str | None] = {"cpu": role.cpu, "cuda": role.cuda}
    for accelerator, given in given_locks.items():
        if given is None:
            continue
        step = ("roles", name, accelerator)
        parts = _normal((folder.name, *PurePosixPath(given).parts))
        if not parts:
            wanted = f"a file below {COLLECTORS}/"
            raise _mistake(text, place, step, wanted, given, "name a file of a collector")
        found = [p for p in (root.joinpath(*parts) for root in roots) if p.is_file()]
        own = folder.parent.joinpath(*parts)
        if not found:
            wanted = "a requirements file with hashes"
            hint = "write it: `uv pip compile IN --generate-hashes` (docs/environments.md)"
            raise _mistake(text, place, step, wanted, f"no file {given}", hint)
        yield accelerator, own if own in found else found[0]


def _normal(parts: Sequence[str]) -> tuple[str, ...]:
    """The path's parts below collectors/ without `..`; empty where it leads out."""
    out: list[str] = []
    for part in parts:
        if part != "..":
            out.append(part)
        elif out:
            out.pop()
        else:
            return ()
    return tuple(out)


def _mistake(
    text: str, place: str, path: Sequence[Step], expected: str, found: str, next_step: str
) -> CardgenError:
    position = find_toml(text, path)
    where = f"{place}:{position.line}:{position.column}" if position else place
    pointer = "/" + "/".join(str(step) for step in path)
    return CollectorError(
        f"{where}: {pointer}", expected=expected, found=found, next_step=next_step
    )


def find_toml(text: str, path: Sequence[Step], *, key: bool = False) -> Position | None:
    """The position of the value at `path` of a manifest, else that of the nearest table around it.

    Knows the tables and keys of a manifest as they are usually written, one a line.
    """
    steps = [str(step) for step in path]
    for depth in range(len(steps) - 1, -1, -1):
        start, end = _table(text, steps[:depth])
        if start is None:
            continue
        if depth < len(steps):
            line = re.compile(rf'^[ \t]*"?{re.escape(steps[depth])}"?[ \t]*=[ \t]*', re.MULTILINE)
            if entry := line.search(text, start, end):
                offset = entry.start() + len(entry[0]) - len(entry[0].lstrip())
                return _position(text, offset if key else entry.end(), path[: depth + 1])
        if depth:
            return _position(text, start, path[:depth])
    return None


def _table(text: str, steps: Sequence[str]) -> tuple[int | None, int]:
    """Where a table starts and ends; that without a name is the part before the first header."""
    headers = list(re.finditer(r"^[ \t]*\[([^\[\]\n]+)\]", text, re.MULTILINE))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    if not steps:
        return 0, headers[0].start() if headers else len(text)
    for header, end in zip(headers, ends, strict=True):
        if [part.strip().strip("\"'") for part in header[1].split(".")] == list(steps):
            return header.start(), end
    return None, len(text)


def _position(text: str, offset: int, path: Sequence[Any]) -> Position:
    line, column = at(text, offset)
    return Position(line, column, tuple(path))
