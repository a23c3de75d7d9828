"""Each quantization method's configuration in the terms of compressed-tensors.

One function a method: it takes what config.json states and says no more than that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cardgen.imports.content import BY_HAND
from cardgen.imports.imported import Findings
from cardgen.imports.node import Node, shown
from cardgen.records import QuantizationArguments

Arguments = QuantizationArguments


class Group(NamedTuple):
    """Layers that were quantized alike."""

    targets: tuple[str, ...]
    weights: Arguments | None
    activations: Arguments | None


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
    groups: tuple[Group, ...] = ()
    """Groups of layers, where they were not all quantized alike."""
    scheme: str | None = None
    """The name of what the arguments have no terms for."""
    file: str = ""
    """Where it says so."""


def compressed_tensors(node: Node, findings: Findings) -> Configuration:
    """compressed-tensors, whose terms a record has."""
    groups = [group for _, group in node.at("config_groups").items()]
    if not groups:
        raise node.at("config_groups").refused("at least one group", found="none")
    parsed = [
        (_arguments(g, "weights", findings), _arguments(g, "input_activations", findings))
        for g in groups
    ]
    mixed = any(other != parsed[0] for other in parsed[1:])
    if mixed:
        findings.note("The config groups differ: the scheme names each, the arguments are of none.")
    targets: dict[str, None] = {}
    for group in groups:
        targets.update(dict.fromkeys(_texts(group.get("targets"))))
    return Configuration(
        method="compressed-tensors",
        version=node.get("version"),
        format=_text(node.get("format")) or _text(groups[0].get("format")),
        weights=None if mixed else parsed[0][0],
        activations=None if mixed else parsed[0][1],
        groups=tuple(
            Group(_texts(group.get("targets")), *arguments)
            for group, arguments in zip(groups, parsed, strict=True)
            if mixed
        ),
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


def gptq(node: Node, findings: Findings) -> Configuration:
    """GPTQ's packed weights."""
    del findings
    return _packed(node, "gptq")


def awq(node: Node, findings: Findings) -> Configuration:
    """AWQ's packed weights."""
    del findings
    return _packed(node, "awq")


def _packed(node: Node, method: str) -> Configuration:
    """Integer weights in groups, activations untouched."""
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


def fp8(node: Node, findings: Findings) -> Configuration:
    """Weights and activations in FP8, as DeepSeek and vLLM write it."""
    del findings
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


def fbgemm_fp8(node: Node, findings: Findings) -> Configuration:
    """Weights a channel, activations a token, both FP8: what FBGEMM's kernels take."""
    del findings
    return Configuration(
        method="fbgemm_fp8",
        weights=Arguments(num_bits=8, type="float", strategy="channel", dynamic=False),
        activations=Arguments(num_bits=8, type="float", strategy="token", dynamic=True),
        ignore=_texts(node.get("modules_to_not_convert")),
    )


def auto_round(node: Node, findings: Findings) -> Configuration:
    """Intel's AutoRound in integers: packed as gptq's and awq's weights are."""
    kind, bits = node.get("data_type"), node.get("act_bits")
    if kind is not None and kind.value != "int":
        raise kind.refused("AutoRound's integers, `int`", next_step=BY_HAND)
    if bits is not None and bits.integer() < 16:
        raise bits.refused("AutoRound's 16-bit activations", next_step=BY_HAND)
    own = node.get("extra_config")
    if own is not None and own.members():
        findings.note(f"{len(own.members())} layers have settings of their own (extra_config).")
    found = _packed(node, "auto-round")
    return replace(found, version=node.get("autoround_version"), algorithm="AutoRound")


def bitsandbytes(node: Node, findings: Findings) -> Configuration:
    """4 bits as NF4 or FP4 in blocks, or LLM.int8(); the block size stands in no header."""
    skipped = _texts(node.get("llm_int8_skip_modules"))
    four, eight = (node.get(f"load_in_{bits}bit") for bits in (4, 8))
    if four is not None and four.value is True:
        kind = node.get("bnb_4bit_quant_type")
        name = kind.text().upper() if kind is not None else "FP4"
        twice = node.get("bnb_4bit_use_double_quant")
        double = ", scales quantized too" if twice is not None and twice.value is True else ""
        findings.note(f"bitsandbytes: {name} in blocks{double}; the scheme's name stands for it.")
        return Configuration(method="bitsandbytes", scheme=name, ignore=skipped)
    if eight is None or eight.value is not True:
        raise node.refused("`load_in_4bit` or `load_in_8bit`", found="neither", next_step=BY_HAND)
    findings.note("LLM.int8(): activations above a threshold are computed in 16 bits.")
    return Configuration(
        method="bitsandbytes",
        scheme="LLM.int8()",
        weights=Arguments(num_bits=8, strategy="channel", symmetric=True, dynamic=False),
        activations=Arguments(num_bits=8, strategy="token", symmetric=True, dynamic=True),
        ignore=skipped,
    )


MODELOPT: dict[str, tuple[Arguments, Arguments]] = {
    "FP8": (
        Arguments(num_bits=8, type="float", strategy="tensor", dynamic=False),
        Arguments(num_bits=8, type="float", strategy="tensor", dynamic=False),
    ),
    "FP8_PER_CHANNEL_PER_TOKEN": (
        Arguments(num_bits=8, type="float", strategy="channel", dynamic=False),
        Arguments(num_bits=8, type="float", strategy="token", dynamic=True),
    ),
    "NVFP4": (
        Arguments(num_bits=4, type="float", strategy="tensor_group", group_size=16, dynamic=False),
        Arguments(
            num_bits=4, type="float", strategy="tensor_group", group_size=16, dynamic="local"
        ),
    ),
}
"""ModelOpt's algorithm -> weights and activations."""


def modelopt(node: Node, findings: Findings) -> Configuration:
    """ModelOpt's, in config.json or in hf_quant_config.json: the algorithm's name says the rest."""
    inner = node.get("quantization") or node
    algorithm = inner.at("quant_algo")
    if algorithm.text() not in MODELOPT:
        raise algorithm.refused(f"one of ModelOpt's {', '.join(MODELOPT)}", next_step=BY_HAND)
    weights, activations = MODELOPT[algorithm.text()]
    cache = _arguments(inner, "kv_cache_scheme", findings)
    named = inner.get("kv_cache_quant_algo")
    if cache is None and named is not None:
        if named.value == "FP8":
            cache = MODELOPT["FP8"][0]
        else:
            findings.note(f"The KV cache's {shown(named.value)} is not recorded.")
    groups = inner.get("config_groups")
    targets = [_texts(group.get("targets")) for _, group in groups.items()] if groups else []
    return Configuration(
        method="modelopt",
        version=node.path("producer", "version"),
        weights=weights,
        activations=activations,
        kv_cache=cache,
        targets=tuple(dict.fromkeys(name for names in targets for name in names)),
        ignore=_texts(inner.get("ignore") or inner.get("exclude_modules")),
    )


def _text(node: Node | None) -> str | None:
    return node.text() if node is not None else None


def _texts(node: Node | None) -> tuple[str, ...]:
    return () if node is None else tuple(element.text() for element in node.elements())
