"""`quantization_config` of a model's config.json -> arguments in the terms of compressed-tensors.

Knows the configurations of compressed-tensors, gptq, awq and fp8.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cardgen.imports.imported import Findings
from cardgen.imports.node import Node
from cardgen.records import QuantizationArguments

METHODS = ("compressed-tensors", "gptq", "awq", "fp8")
KEYS = ("quantization_config", "compression_config")
Arguments = QuantizationArguments


@dataclass(frozen=True, slots=True)
class Configuration:
    """How a checkpoint says it was quantized."""

    method: str
    version: Node | None = None
    format: str | None = None
    algorithm: str | None = None
    dampening_frac: float | None = None
    weights: Arguments | None = None
    activations: Arguments | None = None
    kv_cache: Arguments | None = None
    targets: tuple[str, ...] = ()
    ignore: tuple[str, ...] = field(default=())


def configuration(config: Node, findings: Findings) -> Configuration:
    """The quantization that config.json states, whichever of the known methods it is."""
    node = next((found for key in KEYS if (found := config.get(key)) is not None), None)
    if node is None:
        node = config.path("text_config", "quantization_config")
    if node is None:
        raise config.refused(
            "`quantization_config`: this importer reads quantized checkpoints",
            found="no such key",
            next_step="give the folder of the quantized model",
        )
    method = node.at("quant_method")
    match method.text():
        case "compressed-tensors":
            return _compressed_tensors(node, findings)
        case "gptq" | "awq":
            return _packed(node, method.text())
        case "fp8":
            return _fp8(node)
    raise method.refused(
        f"one of {', '.join(METHODS)}", next_step="quantize with one of these methods"
    )


def _compressed_tensors(node: Node, findings: Findings) -> Configuration:
    groups = [group for _, group in node.at("config_groups").items()]
    if not groups:
        raise node.at("config_groups").refused("at least one group", found="none")
    parsed = [
        (_arguments(g, "weights", findings), _arguments(g, "input_activations", findings))
        for g in groups
    ]
    if any(other != parsed[0] for other in parsed[1:]):
        findings.note(
            "The config groups differ; the record holds the arguments of the first one, "
            "the targets are those of all."
        )
    targets: dict[str, None] = {}
    for group in groups:
        targets.update(dict.fromkeys(_texts(group.get("targets"))))
    return Configuration(
        method="compressed-tensors",
        version=node.get("version"),
        format=_text(node.get("format")) or _text(groups[0].get("format")),
        weights=parsed[0][0],
        activations=parsed[0][1],
        kv_cache=_arguments(node, "kv_cache_scheme", findings),
        targets=tuple(targets),
        ignore=_texts(node.get("ignore")),
    )


def _arguments(group: Node, key: str, findings: Findings) -> Arguments | None:
    node = group.get(key)
    if node is None:
        return None
    size, symmetric = node.get("group_size"), node.get("symmetric")
    dynamic, actorder = node.get("dynamic"), node.get("actorder")
    blocks = node.get("block_structure")
    if blocks is not None:
        findings.note(f"{key}: blocks of {blocks.value}.")
    group_size = size.integer(least=-1) if size is not None else None
    strategy = _text(node.get("strategy"))
    if strategy is None:
        strategy = "group" if group_size and group_size > 0 else "tensor"
    order = None if actorder is None else actorder.value
    if isinstance(order, bool):
        order = "group" if order else None
    with node.recording():
        return Arguments.model_validate(
            {
                "num_bits": node.at("num_bits").integer(least=1),
                "type": _text(node.get("type")) or "int",
                "strategy": strategy,
                "group_size": group_size,
                "symmetric": symmetric.boolean() if symmetric is not None else None,
                "dynamic": None if dynamic is None else dynamic.value,
                "actorder": order,
                "observer": _text(node.get("observer")),
            }
        )


def _packed(node: Node, method: str) -> Configuration:
    """gptq and awq: integer weights in groups, activations untouched."""
    bits = node.get("bits") or node.at("w_bit")
    size = node.get("group_size") or node.get("q_group_size")
    symmetric, zeros = node.get("sym"), node.get("zero_point")
    ordered = node.get("desc_act")
    group_size = size.integer(least=-1) if size is not None else -1
    is_symmetric = symmetric.boolean() if symmetric is not None else None
    if is_symmetric is None and zeros is not None:
        is_symmetric = not zeros.boolean()
    damp = node.get("damp_percent")
    with node.recording():
        weights = Arguments(
            num_bits=bits.integer(least=1),
            strategy="group" if group_size > 0 else "channel",
            group_size=group_size if group_size > 0 else None,
            symmetric=is_symmetric,
            dynamic=False,
            actorder="group" if ordered is not None and ordered.boolean() else None,
        )
    return Configuration(
        method=method,
        format=_text(node.get("checkpoint_format")),
        algorithm=method.upper(),
        dampening_frac=damp.number(least=0) if damp is not None else None,
        weights=weights,
        ignore=_texts(node.get("modules_to_not_convert")),
    )


def _fp8(node: Node) -> Configuration:
    scheme, blocks = node.get("activation_scheme"), node.get("weight_block_size")
    dynamic = scheme is not None and scheme.value == "dynamic"
    with node.recording():
        return Configuration(
            method="fp8",
            format=_text(node.get("fmt")),
            weights=Arguments(
                num_bits=8, type="float", strategy="block" if blocks else "tensor", dynamic=False
            ),
            activations=Arguments(
                num_bits=8,
                type="float",
                strategy="token" if dynamic else "tensor",
                dynamic=dynamic,
            ),
            ignore=_texts(node.get("modules_to_not_convert") or node.get("ignored_layers")),
        )


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


def _text(node: Node | None) -> str | None:
    return node.text() if node is not None else None


def _texts(node: Node | None) -> tuple[str, ...]:
    return () if node is None else tuple(element.text() for element in node.elements())
