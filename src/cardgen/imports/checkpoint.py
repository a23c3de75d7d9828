"""A quantized model's folder -> a quantization measurement.

Reads config.json, recipe.yaml and the headers of the safetensors files, never a weight: sizes
are the true bytes of the tensors, and layers left unquantized are those the headers show so.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from cardgen.errors import ImportFileError
from cardgen.imports import content, quantization_config
from cardgen.imports.content import BY_HAND
from cardgen.imports.imported import Findings, imported, source_of, tool_of
from cardgen.imports.node import AGAIN, Node, several
from cardgen.imports.options import ImportOptions, missing
from cardgen.imports.quantization_methods import Configuration
from cardgen.imports.recipe import Recipe, read_recipe
from cardgen.imports.safetensors import BITS, Tensor, Weights, read_weights
from cardgen.imports.source import read_json
from cardgen.records import QuantizationMeasurement, Run

CONFIG = "config.json"
RECIPE = "recipe.yaml"
PACKED = ("weight_packed", "qweight")
MARKS = (*PACKED, "weight_scale", "weight_scale_inv", "scales", "absmax", "SCB")
"""Tensors that stand beside, or in place of, the weight of a quantized layer."""
BITSANDBYTES_BITS = 4
"""Of a weight that has `absmax` below it, whatever type it is stored as."""
NO_WEIGHTS = re.compile(
    r"(weight_scale(_inv|_2)?|weight_global_scale|weight_zero_point|weight_shape|weight_g_idx|"
    r"input_scale|input_global_scale|input_zero_point|output_scale|output_zero_point|"
    r"[qkv]_scale|[qkv]_zero_point|scales|qzeros|g_idx|"
    r"(nested_)?(absmax|quant_map)|quant_state\.\w+|SCB|weight_format)"
)
DTYPES = {"bfloat16": "BF16", "float16": "FP16", "float32": "FP32"}
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def read(path: Path, options: ImportOptions) -> Run:
    """One run with one measurement: how the checkpoint was quantized and what it weighs."""
    _check_folder(path)
    try:
        return _read(path, options)
    except ImportFileError as problem:
        if problem.next_step is not None and problem.next_step.startswith(AGAIN):
            # Nobody quantizes a released model again to have its card.
            problem.next_step = (
                f"copy the folder again in full; if it was released as it is, {BY_HAND}"
            )
        raise


def _read(path: Path, options: ImportOptions) -> Run:
    document = read_json(path / CONFIG)
    config, findings = document.root, Findings()
    stated = quantization_config.configuration(config, path, findings)
    recipe = read_recipe(path / RECIPE) if (path / RECIPE).is_file() else Recipe()
    weights = read_weights(path)
    base = read_weights(options.base_folder) if options.base_folder is not None else None
    beside = [stated.file] if stated.file != CONFIG else []
    read_files = [CONFIG, *beside, *([RECIPE] if (path / RECIPE).is_file() else []), *weights.files]
    findings.note(f"Files read (headers only of safetensors): {several(read_files)}.")
    if recipe.algorithm is not None:
        findings.note("recipe.yaml holds no calibration data: none is recorded.")
    named = quantization_config.mixed(stated.groups) or recipe.scheme or stated.scheme
    scheme = options.scheme or named
    scheme = scheme or quantization_config.scheme(stated.weights, stated.activations)
    if scheme is None:
        raise missing(config.file, "the scheme's name: W4A16, FP8_DYNAMIC…", "scheme")
    if options.model is None:
        raise missing(str(path), "the id of the quantized model on the Hub", "model")
    with config.recording():
        measurement = QuantizationMeasurement(
            model=options.model,
            revision=options.revision,
            base_model=_base_model(config, options),
            scheme=scheme,
            method=stated.method,
            format=stated.format,
            algorithm=recipe.algorithm or stated.algorithm,
            dampening_frac=(
                stated.dampening_frac if recipe.dampening_frac is None else recipe.dampening_frac
            ),
            weights=stated.weights,
            activations=stated.activations,
            activation_dtype=None if _has_activations(stated) else _dtype(config),
            kv_cache=stated.kv_cache,
            targets=stated.targets,
            ignore=stated.ignore,
            sequential_targets=recipe.sequential_targets,
            unquantized_layers=unquantized_layers(weights),
            size_bytes=weights.size_bytes,
            base_size_bytes=base.size_bytes if base is not None else None,
            parameters=_parameters(weights, stated, findings),
        )
    return imported(
        config,
        [measurement],
        tool=tool_of(config, stated.method, stated.version, options),
        source=source_of(config, path / CONFIG, "model checkpoint", document.sha256, options),
        findings=findings,
    )


def _check_folder(path: Path) -> None:
    found, next_step = "no such folder", "name the folder that holds config.json"
    with suppress(OSError, ValueError):
        if path.is_dir():
            return
        if path.is_file():
            found = "a file"
    other = content.described(content.head(path))
    if other is not None:
        found, next_step = other
    raise ImportFileError(
        str(path), expected="the folder of a quantized model", found=found, next_step=next_step
    )


def _has_activations(stated: Configuration) -> bool:
    """Whether activations are quantized, in some layers at least."""
    found = [stated.activations, *(group.activations for group in stated.groups)]
    return any(arguments is not None for arguments in found)


def _base_model(config: Node, options: ImportOptions) -> str:
    if options.base_model is not None:
        return options.base_model
    name = config.get("_name_or_path")
    if name is not None and isinstance(name.value, str) and HUB_ID.fullmatch(name.value):
        return name.value
    raise missing(config.file, "the id of the base model on the Hub", "base_model")


def _dtype(config: Node) -> str | None:
    node = config.get("dtype") or config.get("torch_dtype")
    if node is None:
        node = config.path("text_config", "dtype") or config.path("text_config", "torch_dtype")
    return DTYPES.get(node.text()) if node is not None else None


def unquantized_layers(weights: Weights) -> tuple[str, ...]:
    """Layers with a plain two-dimensional weight, in a checkpoint where others are quantized."""
    layers = _layers(weights)
    if not any(parts.intersection(MARKS) for parts in layers.values()):
        return ()
    return tuple(
        sorted(
            layer
            for layer, parts in layers.items()
            if layer
            and "weight" in parts
            and not parts.intersection(MARKS)
            and len(weights.tensors[f"{layer}.weight"].shape) == 2
        )
    )


def _layers(weights: Weights) -> dict[str, set[str]]:
    """The parts of each layer."""
    layers: dict[str, set[str]] = {}
    for name in weights.tensors:
        layer, part = _split(name)
        layers.setdefault(layer, set()).add(part)
    return layers


def _split(name: str) -> tuple[str, str]:
    """A tensor's layer and part; bitsandbytes hangs its parts below the weight."""
    layer, below, part = name.partition(".weight.")
    if not below:
        layer, _, part = name.rpartition(".")
    return layer, part


def _parameters(weights: Weights, stated: Configuration, findings: Findings) -> int | None:
    """The model's weights, packed ones counted as unpacked; None where the bits are not known."""
    total, layers = 0, _layers(weights)
    for name, tensor in weights.tensors.items():
        layer, part = _split(name)
        if NO_WEIGHTS.fullmatch(part):
            continue
        count: int | None = tensor.values
        if part == "weight" and "absmax" in layers[layer]:
            count = tensor.size_bytes * 8 // BITSANDBYTES_BITS
        elif part in PACKED or (part == "weight" and tensor.dtype == "U8"):
            count = _unpacked(tensor, stated)
        if count is None:
            findings.note(f"{name}: how many weights are packed is not known.")
            return None
        total += count
    return total


def _unpacked(tensor: Tensor, stated: Configuration) -> int | None:
    """Weights in a packed tensor: whole weights a word, none across words."""
    word = BITS.get(tensor.dtype)
    if stated.weights is None or word is None or word % stated.weights.num_bits:
        return None
    return tensor.values * (word // stated.weights.num_bits)
