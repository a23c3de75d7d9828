"""pydantic's complaints sorted out: one fault for one mistake, at its path in the document.

pydantic names the members of a union in its locations and complains once for each of them. Here
those names are dropped, the member that was meant is picked, and what only follows from another
mistake is left out. Wording is `store.validation`'s.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from cardgen.store.positions import Step

Node = dict[str, Any]
KEY = "[key]"


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: what kind, where, and what stands there.

    `on_key` is true where the key itself is wrong; `known` are the keys the mapping around it may
    have; `member` is the union (by its path) and its member that complained; `others` are the
    complaints of the union's other members, where none was meant.
    """

    kind: str
    path: tuple[Step, ...]
    message: str
    input: object
    context: dict[str, Any]
    on_key: bool = False
    known: tuple[str, ...] = ()
    member: tuple[tuple[Step, ...], Step] | None = None
    others: tuple[Fault, ...] = field(default=(), repr=False)

    @property
    def suggestion(self) -> str | None:
        """The known key that a misspelt one is nearest to."""
        key = str(self.path[-1])
        close = difflib.get_close_matches(key, self.known, n=1, cutoff=0.5)
        stem = key.split("_")[0]
        return next(iter(close or [k for k in self.known if k.split("_")[0] == stem]), None)


def faults(problem: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """What the author of the document has to mend, in the document's order as pydantic met it."""
    found = [_fault(detail, model) for detail in problem.errors(include_url=False)]
    return _without_consequences(_one_member_each(found))


def _fault(detail: Any, model: type[BaseModel]) -> Fault:
    location, kind, context = detail["loc"], detail["type"], detail.get("ctx", {})
    path, nodes, member = _walk(model, location)
    on_key = kind in ("extra_forbidden", "invalid_key") or location[-1:] == (KEY,)
    known = _keys(_walk(model, location[:-1])[1]) if kind == "extra_forbidden" else ()
    if kind.startswith("union_tag"):
        path = (*path, context["discriminator"].strip("'"))
        kind = "literal_error" if kind == "union_tag_invalid" else "missing"
        tags = [tag for node in nodes for tag in node.get("discriminator", {}).get("mapping", {})]
        context = {"expected": ", ".join(map(repr, tags))}
        detail = {**detail, "input": detail["ctx"].get("tag")}
    path = (*path, *context.get("at", ()))
    return Fault(kind, path, detail["msg"], detail.get("input"), context, on_key, known, member)


def _one_member_each(found: Sequence[Fault]) -> list[Fault]:
    """For each union the complaints of the member that was meant, or one that names them all."""
    kept: list[Fault] = []
    unions: dict[tuple[Step, ...], dict[Step, list[Fault]]] = {}
    for fault in found:
        if fault.member is not None:
            unions.setdefault(fault.member[0], {}).setdefault(fault.member[1], []).append(fault)
    told = set()
    for fault in found:
        if fault.member is None:
            kept.append(fault)
        elif fault.member[0] not in told:
            told.add(fault.member[0])
            kept += _meant(fault.member[0], list(unions[fault.member[0]].values()))
    return kept


def _meant(union: tuple[Step, ...], members: list[list[Fault]]) -> list[Fault]:
    """The complaints of the first member whose type fits the value; else all of them as one."""
    for member in members:
        if not any(fault.path == union and _is_of_type(fault.kind) for fault in member):
            return member
    first, *others = (fault for member in members for fault in member if fault.path == union)
    return [
        Fault(
            first.kind,
            first.path,
            first.message,
            first.input,
            first.context,
            member=first.member,
            others=tuple(others),
        )
    ]


def _is_of_type(kind: str) -> bool:
    return kind.endswith("_type") or kind == "literal_error"


def _without_consequences(found: Sequence[Fault]) -> list[Fault]:
    """Without a list that is too short because its items are wrong, and without the missing key
    that a misspelt one was meant to be."""
    meant = {(f.path[:-1], f.suggestion) for f in found if f.kind == "extra_forbidden"}
    return [
        fault
        for fault in found
        if not (fault.kind == "too_short" and any(_is_below(other, fault) for other in found))
        and not (fault.kind == "missing" and (fault.path[:-1], fault.path[-1]) in meant)
    ]


def _is_below(fault: Fault, above: Fault) -> bool:
    depth = len(above.path)
    return len(fault.path) > depth and fault.path[:depth] == above.path


@lru_cache(maxsize=8)
def _schema(model: type[BaseModel]) -> Node:
    return model.model_json_schema()


def _walk(
    model: type[BaseModel], location: Sequence[Step]
) -> tuple[tuple[Step, ...], list[Node], tuple[tuple[Step, ...], Step] | None]:
    """The location's path in the document, the schema's nodes there, and the union on the way."""
    schema = _schema(model)
    definitions = schema.get("$defs", {})
    nodes, path = [schema], list[Step]()
    member = None
    for step in location:
        if step == KEY and step is location[-1]:
            continue
        nodes = [_resolved(node, definitions) for node in nodes]
        alone = nodes[0] if len(nodes) == 1 else {}
        tagged = alone.get("discriminator", {}).get("mapping", {})
        if step in tagged:
            nodes = [{"$ref": tagged[step]}]
        elif len(alone.get("anyOf", ())) > 1:
            member = member or (tuple(path), step)
            nodes = [_resolved(option, definitions) for option in alone["anyOf"]]
        else:
            path.append(step)
            nodes = [child for node in nodes for child in _children(node, step)]
    return tuple(path), [_resolved(node, definitions) for node in nodes], member


def _resolved(node: Node, definitions: Node) -> Node:
    """The node without references and without the `null` that makes it optional."""
    while "$ref" in node:
        node = definitions[node["$ref"].rsplit("/", 1)[1]]
    options = [option for option in node.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        return _resolved(options[0], definitions)
    return {**node, "anyOf": options} if options else node


def _children(node: Node, step: Step) -> Iterable[Node]:
    if isinstance(step, int) and "items" in node:
        return [node["items"]]
    if step in node.get("properties", {}):
        return [node["properties"][step]]
    others = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
    return [other for other in others if isinstance(other, dict)][:1]


def _keys(nodes: Sequence[Node]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for node in nodes for key in node.get("properties", {})))
