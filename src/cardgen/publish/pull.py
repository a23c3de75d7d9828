"""A published card as a card of the project: its text kept as it stands, its numbers as records.

The folder is made beside its place and moved there whole: a card is there, or it is not.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from cardgen.build import seal
from cardgen.errors import ProjectError
from cardgen.frontmatter.emit import header as emitted
from cardgen.publish import readme
from cardgen.publish.plan import README, READMES
from cardgen.publish.regions import Damaged
from cardgen.publish.transcription import devices, facts, scores, windows, words
from cardgen.publish.transcription.gathered import Gathered, Unread, short
from cardgen.publish.transcription.windows import PRICES, Price
from cardgen.published import Document, read
from cardgen.records import Provenance, Run, Source, Tool
from cardgen.spec.card import CardSpecification
from cardgen.spec.load import Project
from cardgen.store import files, runs

PUBLISHED = "published"
RUN = "published.json"
NOTED = 20
OURS = "the words that cardgen wrote: those of prose.*.md are in the project that built the card"


class Origin(NamedTuple):
    """Where a published card comes from: its files by name, and how a record names them."""

    title: str
    files: Mapping[str, bytes]
    repository: str | None = None
    url: str | None = None
    retrieved: str | None = None


class Pulled(NamedTuple):
    """A card that was made: its folder, how many measurements it has, what was not read."""

    folder: Path
    measurements: int
    unread: tuple[Unread, ...]


def pull(project: Project, name: str, origin: Origin) -> Pulled:
    """Make the card `name` of a published one; ProjectError where there is one of that name.

    The published files are kept under `published/`, byte for byte: the records name them as their
    source.
    """
    folder = project.cards / name
    if os.path.lexists(folder):
        raise ProjectError(
            f"cards/{name}",
            expected="the name of a new card",
            found="one that exists",
            next_step="choose another with --as NAME",
        )
    data = origin.files.get(README)
    if data is None or not data.strip():
        there = ", ".join(sorted(origin.files)) or "no file of a card"
        raise ProjectError(
            origin.title,
            expected=f"a published card: a {README}",
            found=there if data is None else "an empty file",
            next_step="name the repository or file of a model card",
        )
    document = read(data)
    gathered = transcribe(document, origin.repository, prices=_prices(project))
    if _is_ours(data.decode("utf-8", "replace")):
        gathered.unread.append(Unread(1, OURS))
    specification = _specification(gathered, origin, document)
    contents = {
        "card.yaml": _card(specification),
        **_prose(origin),
        **{f"{PUBLISHED}/{file}": content for file, content in origin.files.items()},
    }
    if gathered.measurements:
        source = f"cards/{name}/{PUBLISHED}/{README}"
        contents[f"runs/{RUN}"] = runs.dump(_run(gathered, origin, source, files.sha256(data)))
    _write(folder, contents)
    return Pulled(folder, len(gathered.measurements), tuple(sorted(gathered.unread)))


def transcribe(
    document: Document, repository: str | None, *, prices: Mapping[str, Price] = PRICES
) -> Gathered:
    """The records and the specification that a published card gives, and what it does not."""
    gathered = Gathered(*facts.model_names(document, repository))
    facts.read(document, gathered)
    facts.quantization(document, gathered)
    reports = devices.Reports(gathered)
    for table in document.tables:
        if not (
            windows.read(document, table, gathered, dict(prices))
            or reports.read(document, table)
            or scores.read(document, table, gathered)
        ):
            where = " › ".join(document.path(table.section)[-1:]) or "the top"
            gathered.unread.append(Unread(table.line, f"a table of no known layout, under {where}"))
    reports.finish()
    return gathered


def _prices(project: Project) -> dict[str, Price]:
    """The project's own prices, and those that published cards rest on."""
    own = {
        price.hardware: Price(price.usd_per_gpu_hour, price.source, price.date.isoformat())
        for price in reversed(project.specification.prices)
    }
    return {**PRICES, **own}


def _specification(gathered: Gathered, origin: Origin, document: Document) -> dict[str, Any]:
    """card.yaml's content: what is no valid value is left out, and listed."""
    found = dict(gathered.specification)
    is_report = "device" in found
    quantized = gathered.base_model is not None and ("accuracy" in found or "serving" in found)
    quantized = quantized or any(m.kind == "quantization" for m in gathered.measurements)
    found["kind"] = "benchmark" if not quantized else "both" if is_report else "quantized"
    if found["kind"] == "benchmark" and not is_report:
        shown = [section for section in ("accuracy", "serving") if section in found]
        found["sections"] = ["overview", *(["evaluation"] if shown else []), *shown, "methods"]
    if origin.repository is not None:
        found["repo"] = origin.repository
    found["languages"] = _languages(origin, document)
    order = ["kind", "title", "model", "base_model", "repo", "languages"]
    found = {name: found[name] for name in [*order, *found] if name in found}
    while True:
        try:
            CardSpecification.model_validate_json(_json(found))
        except ValidationError as problem:
            where = problem.errors()[0]["loc"]
            if not where or where[0] in ("kind", "title", "model"):
                raise
            gathered.unread.append(Unread(1, f"the card's {where[0]}: {found[str(where[0])]!r}"))
            del found[str(where[0])]
        else:
            return found


def _json(data: object) -> str:
    import json

    return json.dumps(data)


def _languages(origin: Origin, document: Document) -> list[str]:
    first = words.language(document)
    others = [name.split(".")[1] for name in origin.files if re.fullmatch(r"README\.\w+\.md", name)]
    return list(dict.fromkeys([first, *(code for code in sorted(others) if code in ("en", "ru"))]))


def _run(gathered: Gathered, origin: Origin, file: str, sha256: str) -> Run:
    unread = sorted(gathered.unread)
    notes = [f"Not read, line {item.line}: {item.what}"[:1000] for item in unread[:NOTED]]
    if len(unread) > NOTED:
        notes.append(f"Not read: {len(unread) - NOTED} more places.")
    source = Source(
        title=origin.title, file=file, url=origin.url, sha256=sha256, retrieved=origin.retrieved
    )
    return Run(
        provenance=Provenance(
            origin="transcribed",
            tool=Tool(name="published model card"),
            source=source,
            notes=tuple(notes),
        ),
        measurements=tuple(gathered.measurements),
    )


def _card(specification: Mapping[str, Any]) -> bytes:
    body = emitted(specification).removeprefix("---\n").removesuffix("---\n")
    return (
        "# Made by `cardgen pull` from the card under published/. Every key: docs/card-yaml.md.\n"
        f"{body}"
    ).encode()


def _prose(origin: Origin) -> dict[str, bytes]:
    """The words of each README, for the language that it is in."""
    found: dict[str, bytes] = {}
    for name in sorted(n for n in origin.files if READMES.fullmatch(n)):
        text = origin.files[name].decode("utf-8", "replace")
        parts = _words(text)
        if parts:
            code = words.language(read(text))
            pieces = [parts.pop("overview", "")]
            pieces += [f"# {section}\n\n{body}" for section, body in parts.items()]
            content = "\n\n".join(piece for piece in pieces if piece)
            found.setdefault(f"prose.{code}.md", f"{content}\n".encode())
    return found


def _is_ours(text: str) -> bool:
    """Whether cardgen wrote the text, or regions of it: its own words are not told from prose."""
    return seal.verdict(text.encode()) == "ours" or "<!-- cardgen:begin" in text


def _words(text: str) -> dict[str, str]:
    """The words that a build would not write itself."""
    if seal.verdict(text.encode()) == "ours":
        return {}
    try:
        around = readme.outside(text)
    except Damaged:
        around = text
    if "<!-- cardgen:begin" in text and around != text:
        return {"overview": around.strip("\n")} if around.strip() else {}
    return words.by_section(read(text))


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    temporary = folder.with_name(f".cardgen-{secrets.token_hex(8)}.tmp")
    try:
        for name, data in contents.items():
            files.replace(temporary / name, data, durable=True)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


__all__ = ["Origin", "Pulled", "pull", "short", "transcribe"]
