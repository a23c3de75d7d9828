"""llm-compressor's recipe.yaml: which algorithms made a checkpoint.

A recipe merges those of the source model, and it holds neither the calibration data nor its
amount: nothing is said of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cardgen.imports.node import Node
from cardgen.imports.yaml_source import read_yaml

ALGORITHMS = {
    "GPTQModifier": "GPTQ",
    "QuantizationModifier": "round-to-nearest",
    "SmoothQuantModifier": "SmoothQuant",
    "SparseGPTModifier": "SparseGPT",
    "AWQModifier": "AWQ",
    "AutoRoundModifier": "AutoRound",
    "SpinQuantModifier": "SpinQuant",
    "QuIPModifier": "QuIP",
    "WandaPruningModifier": "Wanda",
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a recipe says of how the weights were changed."""

    algorithm: str | None = None
    scheme: str | None = None
    dampening_frac: float | None = None
    sequential_targets: tuple[str, ...] = ()


def read_recipe(path: Path) -> Recipe:
    """The recipe's modifiers in order, their algorithms joined with `+`."""
    root, _ = read_yaml(path)
    names: list[str] = []
    schemes: list[str] = []
    dampening: float | None = None
    targets: tuple[str, ...] = ()
    for modifier, settings in _modifiers(root, 0):
        name = ALGORITHMS.get(modifier, modifier.removesuffix("Modifier"))
        if name not in names:
            names.append(name)
        if not isinstance(settings.value, dict):
            continue
        fraction = settings.get("dampening_frac")
        if fraction is not None:
            dampening = fraction.number(least=0)
        scheme = settings.get("scheme")
        if scheme is not None and isinstance(scheme.value, str) and scheme.value not in schemes:
            schemes.append(scheme.text())
        sequential = settings.get("sequential_targets")
        if sequential is not None:
            targets = _texts(sequential)
    return Recipe(
        algorithm=" + ".join(names) or None,
        scheme=schemes[0] if len(schemes) == 1 else None,
        dampening_frac=dampening,
        sequential_targets=targets,
    )


def _texts(node: Node) -> tuple[str, ...]:
    if isinstance(node.value, str):
        return (node.text(),)
    return tuple(element.text() for element in node.elements())


def _modifiers(node: Node, depth: int) -> Iterator[tuple[str, Node]]:
    """Modifiers stand under a stage and a group, in older recipes as a list of mappings."""
    if depth > 4:
        return
    if isinstance(node.value, list):
        for element in node.elements():
            yield from _modifiers(element, depth + 1)
    elif isinstance(node.value, dict):
        for key, child in node.items():
            if key.endswith("Modifier"):
                yield key, child
            else:
                yield from _modifiers(child, depth + 1)
