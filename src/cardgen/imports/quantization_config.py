"""`quantization_config` of a model's config.json: which method it is, and its scheme's name.

Knows the configurations of METHODS; others are refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from cardgen.imports import quantization_methods as methods
from cardgen.imports.content import BY_HAND
from cardgen.imports.imported import Findings
from cardgen.imports.node import Node
from cardgen.imports.quantization_methods import Arguments, Configuration, Group
from cardgen.imports.source import read_json

METHODS: dict[str, Callable[[Node, Findings], Configuration]] = {
    "compressed-tensors": methods.compressed_tensors,
    "gptq": methods.gptq,
    "awq": methods.awq,
    "auto-round": methods.auto_round,
    "intel/auto-round": methods.auto_round,
    "fp8": methods.fp8,
    "fbgemm_fp8": methods.fbgemm_fp8,
    "bitsandbytes": methods.bitsandbytes,
    "modelopt": methods.modelopt,
    "modelopt_fp4": methods.modelopt,
}
KEYS = ("quantization_config", "compression_config")
BESIDE = ("hf_quant_config.json", "quantize_config.json", "quant_config.json")
"""Where ModelOpt, AutoGPTQ and AutoAWQ wrote what config.json did not hold yet."""
UNSTATED = (
    ("modelopt", ("quant_algo",)),
    ("modelopt", ("producer", "quantization")),
    ("bitsandbytes", ("load_in_4bit", "load_in_8bit")),
    ("awq", ("w_bit", "q_group_size")),
    ("gptq", ("bits", "group_size", "desc_act")),
    ("compressed-tensors", ("config_groups",)),
)
"""Methods, and keys that no other method's configuration has together."""


def configuration(config: Node, folder: Path, findings: Findings) -> Configuration:
    """The quantization that the folder states, whichever of the known methods it is."""
    node = stated(config, folder)
    if node is None:
        raise config.refused(
            "`quantization_config`: this importer reads quantized checkpoints",
            found="no such key",
            next_step="give the folder of the quantized model",
        )
    method = _method(node, findings)
    read = METHODS.get(method.text().lower())
    if read is None:
        raise method.refused(f"one of the methods {', '.join(METHODS)}", next_step=BY_HAND)
    return replace(read(node, findings), file=Path(node.file).name)


def stated(config: Node, folder: Path) -> Node | None:
    """What config.json says of the quantization, or else a file that older tools put beside it."""
    for holder in (config, config.path("text_config")):
        for key in KEYS:
            found = holder.get(key) if holder is not None else None
            if found is not None:
                return found
    for name in BESIDE:
        if (folder / name).is_file():
            return read_json(folder / name).root
    return None


def _method(node: Node, findings: Findings) -> Node:
    """The method as stated, or told by the keys that it alone writes, with a note."""
    method = node.get("quant_method")
    if method is not None:
        return method
    for name, keys in UNSTATED:
        if all(key in node for key in keys):
            findings.note(f"quant_method is not stated: only {name} has {' and '.join(keys)}.")
            return Node(name, node.file, node.steps)
    raise node.refused(
        f"`quant_method`, one of {', '.join(METHODS)}", found="no such key", next_step=BY_HAND
    )


def mixed(groups: Sequence[Group]) -> str | None:
    """The schemes of layers that were not quantized alike, each with its layers."""
    if not groups:
        return None
    named = []
    for targets, weights, activations in groups:
        name = scheme(weights, activations) or "not quantized"
        named.append(f"{name} ({', '.join(targets)})")
    return f"mixed: {', '.join(named)}"


def scheme(weights: Arguments | None, activations: Arguments | None) -> str | None:
    """The preset's name that these arguments have in compressed-tensors, else None."""
    if weights is None:
        return None
    if weights.type == "float" and weights.num_bits == 4:
        name = "MXFP4" if weights.group_size == 32 else "NVFP4"
        return name if activations is not None else f"{name}A16"
    if activations is None:
        prefix = "" if weights.type == "int" else "FP"
        return f"W{prefix}{weights.num_bits}A16"
    if weights.type == "float" and activations.type == "float":
        if weights.strategy == "block":
            return "FP8_BLOCK"
        return "FP8_DYNAMIC" if activations.dynamic else "FP8"
    suffix = "FP8" if activations.type == "float" else str(activations.num_bits)
    return f"W{weights.num_bits}A{suffix}"
