"""A quantized model's folder -> a quantization measurement.

Reads config.json, recipe.yaml and the headers of the safetensors files, never a weight: sizes
are the true bytes of the tensors, and layers left unquantized are those the headers show so.
"""

from __future__ import annotations

import re
from pathlib import Path

from cardgen.errors import ImportFileError
from cardgen.imports import quantization_config
from cardgen.imports.imported import Findings, imported, source_of, tool_of
from cardgen.imports.node import Node
from cardgen.imports.options import ImportOptions, missing
from cardgen.imports.quantization_config import Configuration
from cardgen.imports.recipe import Recipe, read_recipe
from cardgen.imports.safetensors import BITS, Tensor, Weights, read_weights
from cardgen.imports.source import read_json
from cardgen.records import QuantizationMeasurement, Run

CONFIG = "config.json"
RECIPE = "recipe.yaml"
PACKED = ("weight_packed", "qweight")
MARKS = (*PACKED, "weight_scale", "weight_scale_inv", "scales")
"""Tensors that stand beside, or in place of, the weight of a quantized layer."""
NO_WEIGHTS = re.compile(
    r"(weight_scale(_inv|_2)?|weight_global_scale|weight_zero_point|weight_shape|weight_g_idx|"
    r"input_scale|input_global_scale|input_zero_point|output_scale|output_zero_point|"
    r"[qkv]_scale|[qkv]_zero_point|scales|qzeros|g_idx)"
)
DTYPES = {"bfloat16": "BF16", "float16": "FP16", "float32": "FP32"}
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def read(path: Path, options: ImportOptions) -> Run:
    """One run with one measurement: how the checkpoint was quantized and what it weighs."""
    _check_folder(path)
    document = read_json(path / CONFIG)
    config, findings = document.root, Findings()
    stated = quantization_config.configuration(config, findings)
    recipe = read_recipe(path / RECIPE) if (path / RECIPE).is_file() else Recipe()
    weights = read_weights(path)
    base = read_weights(options.base_folder) if options.base_folder is not None else None
    read_files = [CONFIG, *([RECIPE] if (path / RECIPE).is_file() else []), *weights.files]
    findings.note(f"Files read (headers only of safetensors): {', '.join(read_files)}.")
    if recipe.algorithm is not None:
        findings.note("recipe.yaml holds no calibration data: none is recorded.")
    scheme = options.scheme or recipe.scheme
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
            activation_dtype=_dtype(config) if stated.activations is None else None,
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
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError):
        is_folder = False
    if not is_folder:
        raise ImportFileError(
            str(path),
            expected="the folder of a quantized model",
            found="a file" if path.is_file() else "no such folder",
            next_step="name the folder that holds config.json",
        )


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
    layers: dict[str, set[str]] = {}
    for name in weights.tensors:
        layer, _, part = name.rpartition(".")
        layers.setdefault(layer, set()).add(part)
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


def _parameters(weights: Weights, stated: Configuration, findings: Findings) -> int | None:
    """The model's weights, packed ones counted as unpacked; None where the bits are not known."""
    total = 0
    for name, tensor in weights.tensors.items():
        part = name.rpartition(".")[2]
        if NO_WEIGHTS.fullmatch(part):
            continue
        count = _unpacked(tensor, stated) if part in PACKED else tensor.values
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
