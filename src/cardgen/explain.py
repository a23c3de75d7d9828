"""Where a number comes from: the cell, its formula, and every record behind it.

Owns finding cells by address or printed number, and the tree that answers for one of them.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cardgen.card import Card
from cardgen.conditions import decoding
from cardgen.conditions.choice import Other
from cardgen.conditions.condition import NOTHING
from cardgen.derive.quantity import Absent, Leaf, Quantity, rounded
from cardgen.errors import ProjectError
from cardgen.records import Identity
from cardgen.render import card as rendering
from cardgen.store.runs import Stored
from cardgen.tables.methods import machine_parts
from cardgen.tables.model import Cell
from cardgen.tables.others import reasons


def cells(contents: rendering.Contents) -> dict[str, Cell]:
    """Every addressed cell of the card: tables, headlines, sizes."""
    return {cell.address: cell for cell in contents.cells()}


def find(cells: dict[str, Cell], wanted: str, name: str) -> list[str]:
    """The addresses a user means: an exact one, else all that contain the words or print so.

    `wanted` is an address, a part of one, several parts apart by blanks or slashes, or a number
    as the card prints it, in either number style. None found is an error with the nearest address.
    """
    if wanted in cells:
        return [wanted]
    written = "".join(wanted.replace("\u2212", "-").replace(",", ".").split()).rstrip("%x×")
    printed = [
        address
        for address, cell in cells.items()
        if cell.digits and written in (_compact(cell.digits), _compact(shown(cell)))
    ]
    if printed:
        return printed
    parts = wanted.lower().replace("/", " ").split()
    matching = [a for a in cells if all(part in a.replace("/", " ") for part in parts)]
    if matching and parts:
        return matching
    close = difflib.get_close_matches(wanted.lower(), cells, n=1, cutoff=0.4)
    raise ProjectError(
        f"cell {wanted!r} of {name}",
        expected="an address, parts of one, or a number as the card prints it",
        found="no such cell",
        next_step=(f"did you mean {close[0]!r}? " if close else "")
        + f"`cardgen explain {name}` lists all cells",
    )


def shown(cell: Cell) -> str:
    """The cell's number with its sign of unit, as the card prints it."""
    return rendering.printed(cell)


def _compact(text: str) -> str:
    return "".join(text.split())


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an explanation: how deep it stands and what it says."""

    depth: int
    text: str


def lines(card: Card, cell: Cell) -> Iterator[Line]:
    """The explanation of a cell as an indented text."""
    content = cell.content
    if isinstance(content, Absent):
        yield Line(0, f"{cell.address}: no value: {content.reason}")
        if content.stored is not None:
            yield Line(1, f"record: {content.stored.file}#{content.stored.pointer()}")
        return
    assert isinstance(content, Quantity)
    yield Line(0, f"{cell.address}: {shown(cell)}")
    yield from _quantity(content, 1)
    seen: set[str] = set()
    for leaf in content.leaves():
        if leaf.stored is not None and leaf.file not in seen:
            seen.add(leaf.file)
            yield from _provenance(leaf)
    yield from _conditions(card, content)


def number(value: float) -> str:
    """A number at full precision, without binary noise."""
    return f"{value:.12g}"


def interval(quantity: Quantity) -> str:
    """The interval of the value: from the rounding of its inputs, or over its runs."""
    if quantity.low == quantity.high:
        return "not rounded" if quantity.exact else number(quantity.value)
    digits = max(4, 2 - _magnitude(quantity.high - quantity.low))
    low, high = (rounded(bound, min(digits, 12)) for bound in (quantity.low, quantity.high))
    return f"in [{low}, {high}]"


def _magnitude(width: float) -> int:
    return math.floor(math.log10(width)) if width > 0 and math.isfinite(width) else 0


def _quantity(quantity: Quantity, depth: int) -> Iterator[Line]:
    unit = f" {quantity.unit}" if quantity.unit else ""
    text = f"{number(quantity.value)}{unit}, {interval(quantity)}"
    if quantity.leaf is not None:
        leaf = quantity.leaf
        origin = f" ({leaf.origin})" if leaf.origin else ""
        yield Line(depth, f"{text}: {leaf.file}#{leaf.pointer}{origin}")
        return
    formula = quantity.formula
    assert formula is not None
    yield Line(depth, f"{text} = {formula.text}")
    yield Line(depth + 1, f"formula {formula.id}: {formula.source}")
    for item in quantity.inputs:
        yield from _quantity(item, depth + 1)


def _behind(card: Card, quantity: Quantity) -> dict[Identity, list[Stored]]:
    """The measurements behind a value by what they measured, models by the names they go by."""
    found: dict[Identity, list[Stored]] = {}
    for stored in quantity.measurements():
        own = stored.measurement.identity
        items = found.setdefault(own._replace(model=card.model_name(own.model)), [])
        if stored not in items:
            items.append(stored)
    return found


CLASSES = ("question", "answer", "treatment")


def _stated(card: Card, items: Sequence[Stored]) -> dict[str, dict[str, list[str]]]:
    """The conditions of the measurements behind a value by class: name -> values."""
    found: dict[str, dict[str, list[str]]] = {}
    for (name, field), stated in card.statements.together(items).items():
        if name in decoding.NAMES.values() and stated.values == {NOTHING}:
            continue  # one line for every setting that nobody gave
        label = f"{name} of {field}" if field else name
        found.setdefault(stated.bears_on, {})[label] = sorted(stated.values)
    return {name: found[name] for name in CLASSES if name in found}


def _conditions(card: Card, quantity: Quantity) -> Iterator[Line]:
    """Under which conditions the values were measured, and what else was, under other ones."""
    for identity, items in _behind(card, quantity).items():
        stated = _stated(card, items)
        if stated:
            yield Line(1, f"conditions of {identity}")
        for name, values in stated.items():
            told = "; ".join(f"{key}: {' and '.join(each)}" for key, each in values.items())
            yield Line(2, f"{name}: {told}")
        if any(item in other.items for other in card.others for item in items):
            continue  # the value's own row says why it is not in the tables above
        for item, other in _apart(card, identity):
            why = "; ".join(map(str, reasons(other)))
            yield Line(2, f"not in this number: {item.file}#{item.pointer()}: {why}")


def _apart(card: Card, identity: Identity) -> Iterator[tuple[Stored, Other]]:
    for other in card.others:
        for item in other.items:
            own = item.measurement.identity
            if own._replace(model=card.model_name(own.model)) == identity:
                yield item, other


def _provenance(leaf: Leaf) -> Iterator[Line]:
    assert leaf.stored is not None
    provenance = leaf.stored.run.provenance
    yield Line(1, f"record {leaf.file}: {provenance.origin}")
    tool = provenance.tool
    details = [("tool", " ".join(p for p in (tool.name, tool.version, tool.commit) if p))]
    if provenance.command is not None:
        import shlex

        details.append(("command", shlex.join(provenance.command)))
    if provenance.source is not None:
        source = provenance.source
        details.append(("source", source.title))
        details.append(("file", source.file or ""))
        details.append(("url", source.url or ""))
        details.append(("sha256", source.sha256 or ""))
    machine = ", ".join(str(part) for part in machine_parts(provenance.machine))
    details.append(("machine", machine))
    details += [(f"step, {step.role}", " ".join(step.command)) for step in provenance.steps]
    environments = {"": provenance.environment, **provenance.environments}
    for role, environment in environments.items():
        if environment is None:
            continue
        if role:
            details.append(("role", role))
        packages = ", ".join(f"{name} {version}" for name, version in environment.packages.items())
        details.append(("python", environment.python or ""))
        details.append(("packages", packages))
        details.append(("lock sha256", environment.lock_sha256 or ""))
    for label, moment in (("started", provenance.started_at), ("ended", provenance.ended_at)):
        if moment is not None:
            details.append((label, moment.isoformat()))
    details += [("note", note) for note in provenance.notes]
    for label, text in details:
        if text:
            yield Line(2, f"{label}: {text}")


def as_data(card: Card, cell: Cell) -> dict[str, Any]:
    """The explanation as JSON data: full precision, the tree of formulas, the provenance."""
    content = cell.content
    data: dict[str, Any] = {"card": card.name, "cell": cell.address}
    if isinstance(content, Absent):
        data |= {"value": None, "reason": str(content.reason)}
        if content.stored is not None:
            data |= {"file": content.stored.file, "pointer": content.stored.pointer()}
        return data
    assert isinstance(content, Quantity)
    data["shown"] = shown(cell)
    data.update(_tree(content))
    data["conditions"] = {
        str(identity): _stated(card, items) for identity, items in _behind(card, content).items()
    }
    data["records"] = {
        leaf.file: leaf.stored.run.provenance.model_dump(mode="json", exclude_none=True)
        for leaf in content.leaves()
        if leaf.stored is not None
    }
    return data


def _bound(value: float) -> float | None:
    """The bound, None where there is none: JSON knows no infinity."""
    return value if math.isfinite(value) else None


def _tree(quantity: Quantity) -> dict[str, Any]:
    node: dict[str, Any] = {
        "value": quantity.value,
        "low": _bound(quantity.low),
        "high": _bound(quantity.high),
        "unit": quantity.unit,
    }
    if quantity.leaf is not None:
        node["file"] = quantity.leaf.file
        node["pointer"] = quantity.leaf.pointer
        node["origin"] = quantity.leaf.origin
    if quantity.formula is not None:
        node["formula"] = {
            "id": quantity.formula.id,
            "text": quantity.formula.text,
            "source": quantity.formula.source,
        }
        node["inputs"] = [_tree(item) for item in quantity.inputs]
    return node
