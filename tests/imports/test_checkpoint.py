"""A checkpoint's folder: true bytes, arguments, what stayed unquantized; broken headers."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from imports.samples import (
    CHECKPOINT_OPTIONS,
    TENSORS,
    make_checkpoint,
    safetensors,
    tensor_bytes,
)

from cardgen.errors import ImportFileError
from cardgen.imports import ImportOptions, detect, read
from cardgen.records import QuantizationMeasurement, Run


def only(run: Run) -> QuantizationMeasurement:
    (measurement,) = run.measurements
    assert isinstance(measurement, QuantizationMeasurement)
    return measurement


@pytest.mark.parametrize("sharded", [False, True])
def test_a_w4a16_checkpoint(sharded: bool, tmp_path: Path) -> None:
    run = read("checkpoint", make_checkpoint(tmp_path, sharded=sharded), CHECKPOINT_OPTIONS)
    found = only(run)
    assert (found.model, found.base_model) == ("example/tiny-quantized.w4a16", "example/tiny")
    assert (found.scheme, found.method, found.format) == (
        "W4A16",
        "compressed-tensors",
        "pack-quantized",
    )
    assert (found.algorithm, found.dampening_frac) == ("GPTQ", 0.01)
    weights = found.weights
    assert weights is not None
    assert (weights.format_name, weights.strategy, weights.group_size) == ("INT4", "group", 64)
    assert (weights.symmetric, weights.actorder, weights.observer) == (True, "static", "minmax")
    assert (found.activations, found.activation_dtype) == (None, "BF16")
    assert found.ignore == ("lm_head", "re:.*visual.*")
    assert (found.targets, found.sequential_targets) == (("Linear",), ("TinyDecoderLayer",))
    assert found.unquantized_layers == ("lm_head", "model.embed_tokens", "model.visual.fc1")
    assert found.calibration is None
    assert run.provenance.tool.name == "compressed-tensors"
    assert run.provenance.tool.version == "0.19.0"
    assert any("recipe.yaml" in note for note in run.provenance.notes)


def test_sizes_are_the_tensors_bytes_and_packed_weights_are_counted_unpacked(
    tmp_path: Path,
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "model.safetensors").write_bytes(safetensors({"w.weight": ("BF16", [128, 128])}))
    options = replace(CHECKPOINT_OPTIONS, base_folder=base)
    found = only(read("checkpoint", make_checkpoint(tmp_path / "quantized"), options))
    assert found.size_bytes == tensor_bytes(TENSORS)
    assert found.base_size_bytes == 128 * 128 * 2
    packed, plain = 128 * 128, 2 * 100 * 128 + 128 + 8 * 3 * 2 * 2 + 16 * 8 + 16
    assert found.parameters == packed + plain


def with_config(folder: Path, config: dict[str, Any]) -> Path:
    make_checkpoint(folder)
    (folder / "recipe.yaml").unlink()
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def compressed(weights: dict[str, Any], activations: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "quantization_config": {
            "quant_method": "compressed-tensors",
            "config_groups": {
                "group_0": {
                    "targets": ["Linear"],
                    "weights": weights,
                    "input_activations": activations,
                }
            },
        }
    }


FLOAT8 = {"num_bits": 8, "type": "float", "strategy": "channel", "symmetric": True}
TOKEN8 = {"num_bits": 8, "type": "float", "strategy": "token", "dynamic": True}
INT8 = {"num_bits": 8, "type": "int", "strategy": "channel"}
SCHEMES = {
    "W8A8": compressed(INT8, {**INT8, "strategy": "token", "dynamic": True}),
    "W8A16": compressed(INT8, None),
    "FP8_DYNAMIC": compressed(FLOAT8, TOKEN8),
    "FP8": compressed(
        {**FLOAT8, "strategy": "tensor"}, {**FLOAT8, "strategy": "tensor", "dynamic": False}
    ),
    "FP8_BLOCK": compressed({**FLOAT8, "strategy": "block"}, TOKEN8),
    "NVFP4": compressed(
        {"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16},
        {
            "num_bits": 4,
            "type": "float",
            "strategy": "tensor_group",
            "group_size": 16,
            "dynamic": "local",
        },
    ),
}


@pytest.mark.parametrize(("scheme", "config"), SCHEMES.items(), ids=SCHEMES)
def test_the_scheme_is_named_after_its_arguments(
    scheme: str, config: dict[str, Any], tmp_path: Path
) -> None:
    assert only(read("checkpoint", with_config(tmp_path, config), CHECKPOINT_OPTIONS)).scheme == (
        scheme
    )


OTHERS: dict[str, tuple[dict[str, Any], str, str, str | None]] = {
    "gptq": (
        {"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": True, "sym": True},
        "W4A16",
        "group",
        "GPTQ",
    ),
    "awq": (
        {"quant_method": "awq", "bits": 4, "group_size": -1, "zero_point": True},
        "W4A16",
        "channel",
        "AWQ",
    ),
    "fp8": (
        {"quant_method": "fp8", "activation_scheme": "dynamic", "fmt": "e4m3"},
        "FP8_DYNAMIC",
        "tensor",
        None,
    ),
    "AutoGPTQ without quant_method": (
        {"bits": 4, "group_size": 128, "desc_act": False, "damp_percent": 0.01, "sym": True},
        "W4A16",
        "group",
        "GPTQ",
    ),
    "AutoAWQ without quant_method": (
        {"w_bit": 4, "q_group_size": 128, "zero_point": True, "version": "GEMM"},
        "W4A16",
        "group",
        "AWQ",
    ),
    "auto-round": (
        {"quant_method": "auto-round", "bits": 4, "group_size": 32, "sym": True},
        "W4A16",
        "group",
        "AutoRound",
    ),
    "fbgemm_fp8": ({"quant_method": "fbgemm_fp8"}, "FP8_DYNAMIC", "channel", None),
    "LLM.int8()": (
        {"quant_method": "bitsandbytes", "load_in_4bit": False, "load_in_8bit": True},
        "LLM.int8()",
        "channel",
        None,
    ),
    "ModelOpt FP8": (
        {"quant_method": "modelopt", "quant_algo": "FP8", "producer": {"name": "modelopt"}},
        "FP8",
        "tensor",
        None,
    ),
    "ModelOpt FP8 a channel": (
        {"quant_algo": "FP8_PER_CHANNEL_PER_TOKEN"},
        "FP8_DYNAMIC",
        "channel",
        None,
    ),
    "ModelOpt NVFP4": (
        {"quant_method": "modelopt", "quant_algo": "NVFP4"},
        "NVFP4",
        "tensor_group",
        None,
    ),
}


@pytest.mark.parametrize(("config", "scheme", "strategy", "algorithm"), OTHERS.values(), ids=OTHERS)
def test_other_methods_are_read_in_the_same_terms(
    config: dict[str, Any], scheme: str, strategy: str, algorithm: str | None, tmp_path: Path
) -> None:
    folder = with_config(tmp_path, {"quantization_config": config})
    found = only(read("checkpoint", folder, CHECKPOINT_OPTIONS))
    assert found.weights is not None
    assert (found.scheme, found.weights.strategy, found.algorithm) == (scheme, strategy, algorithm)


UNSTATED = [name for name, (config, *_) in OTHERS.items() if "quant_method" not in config]


@pytest.mark.parametrize("name", UNSTATED)
def test_a_method_told_by_its_keys_is_said(name: str, tmp_path: Path) -> None:
    folder = with_config(tmp_path, {"quantization_config": OTHERS[name][0]})
    run = read("checkpoint", folder, CHECKPOINT_OPTIONS)
    assert any(note.startswith("quant_method is not stated") for note in run.provenance.notes)


BESIDE = {
    "hf_quant_config.json": (
        {
            "producer": {"name": "modelopt", "version": "0.21.0"},
            "quantization": {
                "quant_algo": "FP8",
                "kv_cache_quant_algo": "FP8",
                "exclude_modules": ["lm_head"],
            },
        },
        "FP8",
        "0.21.0",
    ),
    "quantize_config.json": ({"bits": 4, "group_size": -1, "desc_act": True}, "W4A16", None),
    "quant_config.json": ({"w_bit": 4, "q_group_size": 128, "version": "GEMM"}, "W4A16", None),
}


@pytest.mark.parametrize(("name", "beside"), BESIDE.items(), ids=BESIDE)
def test_older_tools_put_it_beside_the_configuration(
    name: str, beside: tuple[dict[str, Any], str, str | None], tmp_path: Path
) -> None:
    config, scheme, version = beside
    folder = with_config(tmp_path, {"dtype": "bfloat16"})
    (folder / name).write_text(json.dumps(config))
    assert detect(folder) == "checkpoint"
    run = read("checkpoint", folder, CHECKPOINT_OPTIONS)
    assert (only(run).scheme, run.provenance.tool.version) == (scheme, version)
    assert any(name in note for note in run.provenance.notes)


def test_modelopts_cache_layers_and_version(tmp_path: Path) -> None:
    config = {
        "quant_method": "modelopt",
        "quant_algo": "NVFP4",
        "kv_cache_scheme": {"num_bits": 8, "type": "float", "dynamic": False},
        "config_groups": {"group_0": {"targets": ["Linear"]}},
        "ignore": ["lm_head"],
        "producer": {"name": "modelopt", "version": "0.37.0"},
    }
    run = read(
        "checkpoint", with_config(tmp_path, {"quantization_config": config}), CHECKPOINT_OPTIONS
    )
    found = only(run)
    assert found.weights is not None
    assert found.activations is not None
    assert found.kv_cache is not None
    assert (found.weights.group_size, found.activations.dynamic) == (16, "local")
    assert (found.kv_cache.format_name, found.kv_cache.strategy) == ("FP8", "tensor")
    assert (found.targets, found.ignore, run.provenance.tool.version) == (
        ("Linear",),
        ("lm_head",),
        "0.37.0",
    )


PACKED: dict[str, tuple[dict[str, Any], dict[str, tuple[str, list[int]]]]] = {
    "NVFP4": (
        {"quant_method": "modelopt", "quant_algo": "NVFP4"},
        {
            "l.weight": ("U8", [64, 32]),
            "l.weight_scale": ("F8_E4M3", [64, 4]),
            "l.weight_scale_2": ("F32", [1]),
            "l.input_scale": ("F32", [1]),
        },
    ),
    "NF4": (
        {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
        {
            "l.weight": ("U8", [2048, 1]),
            "l.weight.absmax": ("F32", [64]),
            "l.weight.quant_map": ("F32", [16]),
            "l.weight.nested_absmax": ("F32", [1]),
            "l.weight.quant_state.bitsandbytes__nf4": ("U8", [80]),
        },
    ),
    "NF4 kept as bfloat16": (
        {"quant_method": "bitsandbytes", "load_in_4bit": True},
        {"l.weight": ("BF16", [1024, 1]), "l.weight.absmax": ("F32", [64])},
    ),
    "LLM.int8()": (
        {"quant_method": "bitsandbytes", "load_in_8bit": True},
        {"l.weight": ("I8", [64, 64]), "l.SCB": ("F32", [64]), "l.weight_format": ("U8", [1])},
    ),
    "FP8": (
        {"quant_method": "modelopt", "quant_algo": "FP8"},
        {"l.weight": ("F8_E4M3", [64, 64]), "l.weight_scale": ("F32", [1])},
    ),
}


@pytest.mark.parametrize(("config", "tensors"), PACKED.values(), ids=PACKED)
def test_packed_weights_are_counted_and_called_quantized(
    config: dict[str, Any], tensors: dict[str, tuple[str, list[int]]], tmp_path: Path
) -> None:
    """64 × 64 of them, however they lie in the file, beside a plain layer of 10 × 64."""
    folder = with_config(tmp_path, {"quantization_config": config})
    (folder / "model.safetensors").write_bytes(
        safetensors({**tensors, "lm_head.weight": ("BF16", [10, 64])})
    )
    found = only(read("checkpoint", folder, CHECKPOINT_OPTIONS))
    assert found.parameters == 64 * 64 + 10 * 64
    assert found.unquantized_layers == ("lm_head",)


def test_nf4_is_a_scheme_without_more_terms(tmp_path: Path) -> None:
    """It is neither an integer nor a float of four bits."""
    config = {
        "quant_method": "bitsandbytes",
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "llm_int8_skip_modules": ["lm_head"],
    }
    run = read(
        "checkpoint", with_config(tmp_path, {"quantization_config": config}), CHECKPOINT_OPTIONS
    )
    found = only(run)
    assert (found.scheme, found.method, found.weights, found.ignore) == (
        "NF4",
        "bitsandbytes",
        None,
        ("lm_head",),
    )
    assert any("scales quantized too" in note for note in run.provenance.notes)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    **{
        name: ({"quant_method": name}, name)
        for name in ("hqq", "torchao", "quark", "mxfp4", "aqlm", "higgs", "eetq", "exl3", "vptq")
    },
    "ModelOpt, mixed": ({"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION"}, "MIXED"),
    "ModelOpt, unstated": ({"quant_method": "modelopt"}, "no such key"),
    "AutoRound in floats": (
        {"quant_method": "auto-round", "bits": 4, "group_size": 32, "data_type": "mx_fp"},
        "mx_fp",
    ),
    "AutoRound with activations": (
        {"quant_method": "auto-round", "bits": 8, "group_size": -1, "act_bits": 8},
        "8",
    ),
    "nobody's": ({"bits": 4}, "no such key"),
    "no bits": ({"quant_method": "gptq"}, "no such key"),
    "a wrong value": ({"quant_method": "gptq", "bits": "four"}, "four"),
}


@pytest.mark.parametrize(("config", "found"), REFUSED.values(), ids=REFUSED)
def test_a_released_model_is_never_to_be_made_again(
    config: dict[str, Any], found: str, tmp_path: Path
) -> None:
    folder = with_config(tmp_path, {"quantization_config": config})
    with pytest.raises(ImportFileError) as caught:
        read("checkpoint", folder, CHECKPOINT_OPTIONS)
    assert found in str(caught.value.found)
    assert "docs/records.md" in str(caught.value.next_step)
    assert "quantize with" not in str(caught.value)
    assert "make the file again" not in str(caught.value)


def test_many_shards_are_a_short_note(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path)
    (folder / "model.safetensors").unlink()
    for name, tensor in TENSORS.items():
        (folder / f"{name}.safetensors").write_bytes(safetensors({name: tensor}))
    notes = read("checkpoint", folder, CHECKPOINT_OPTIONS).provenance.notes
    assert any("and 7 more" in note and len(note) < 250 for note in notes)


def test_groups_that_differ_are_said(tmp_path: Path) -> None:
    config = compressed(INT8, None)
    groups = config["quantization_config"]["config_groups"]
    groups["group_1"] = {"targets": ["re:.*down_proj"], "weights": FLOAT8}
    run = read("checkpoint", with_config(tmp_path, config), CHECKPOINT_OPTIONS)
    assert only(run).targets == ("Linear", "re:.*down_proj")
    assert any("config groups differ" in note for note in run.provenance.notes)
    assert only(run).weights is None
    assert only(run).scheme == "mixed: W8A16 (Linear), WFP8A16 (re:.*down_proj)"


@pytest.mark.parametrize(
    ("options", "flag"),
    [
        (ImportOptions(base_model="a/b"), "--model"),
        (ImportOptions(model="a/b"), "--base-model"),
    ],
)
def test_names_are_asked_for(options: ImportOptions, flag: str, tmp_path: Path) -> None:
    with pytest.raises(ImportFileError) as caught:
        read("checkpoint", make_checkpoint(tmp_path), options)
    assert flag in str(caught.value.next_step)


def header(entries: object, data: bytes = b"", *, length: int | None = None) -> bytes:
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(start: int, end: int, *, shape: list[int] | None = None) -> dict[str, object]:
    size = [end - start] if shape is None else shape
    return {"dtype": "I8", "shape": size, "data_offsets": [start, end]}


BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "a file of 0 bytes"),
    "shorter than its length": (b"\x01\x00", "a file of 2 bytes"),
    "a length beyond the file": (header({}, length=500), "500"),
    "a length beyond 64 bits of sense": (b"\xff" * 16, str(2**64 - 1)),
    "a header above the limit": (header({}, length=100_000_001), "100000001"),
    "no JSON": (header(b"not json"), "invalid"),
    "not UTF-8": (header(b'{"\xff": 1}'), "not UTF-8"),
    "no object": (header([1]), "a list"),
    "overlapping tensors": (header({"a": entry(0, 4), "b": entry(2, 6)}, bytes(6)), "overlaps"),
    "a gap": (header({"a": entry(0, 2), "b": entry(4, 6)}, bytes(6)), "is a gap"),
    "cut data": (header({"a": entry(0, 8)}, bytes(4)), "8"),
    "data left over": (header({"a": entry(0, 4)}, bytes(8)), "4 bytes"),
    "an end before the start": (header({"a": entry(4, 0)}, bytes(4)), "[4, 0]"),
    "a shape that is not its bytes": (header({"a": entry(0, 4, shape=[3])}, bytes(4)), "4 bytes"),
    "a negative shape": (header({"a": entry(0, 4, shape=[-4])}, bytes(4)), "-4"),
    "no dtype": (header({"a": {"data_offsets": [0, 0]}}), "no such key"),
    "the same tensor twice": (header(b'{"a": {}, "a": {}}'), "'a' twice"),
}


@pytest.mark.parametrize(("data", "found"), BROKEN.values(), ids=BROKEN)
def test_a_broken_header_is_refused_in_its_own_words(
    data: bytes, found: str, tmp_path: Path
) -> None:
    folder = make_checkpoint(tmp_path)
    (folder / "model.safetensors").write_bytes(data)
    with pytest.raises(ImportFileError) as caught:
        read("checkpoint", folder, CHECKPOINT_OPTIONS)
    assert found in str(caught.value.found)
    assert "model.safetensors" in caught.value.place


Change = Callable[[Path], object]
FOLDERS: dict[str, tuple[Change, str, str]] = {
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "", "none"),
    "no config": (lambda f: (f / "config.json").unlink(), "config.json", "No such file"),
    "an index out of the folder": (
        lambda f: (f / "model.safetensors.index.json").write_text(
            '{"weight_map": {"a": "../x.safetensors"}}'
        ),
        "/weight_map/a",
        "'../x.safetensors'",
    ),
    "a missing shard": (
        lambda f: (f / "model.safetensors.index.json").write_text(
            '{"weight_map": {"a": "y.safetensors"}}'
        ),
        "y.safetensors",
        "No such file",
    ),
    "a tensor in two files": (
        lambda f: (f / "other.safetensors").write_bytes(safetensors(TENSORS)),
        "other.safetensors",
        "in a second one",
    ),
    "a broken recipe": (
        lambda f: (f / "recipe.yaml").write_text("a: [1,\nb"),
        "recipe.yaml",
        "in flow",
    ),
    "an unknown method": (
        lambda f: (f / "config.json").write_text('{"quantization_config": {"quant_method": "x"}}'),
        "/quantization_config/quant_method",
        "'x'",
    ),
    "no quantization": (
        lambda f: (f / "config.json").write_text("{}"),
        "config.json",
        "no such key",
    ),
}


@pytest.mark.parametrize(("change", "place", "found"), FOLDERS.values(), ids=FOLDERS)
def test_a_folder_that_cannot_be_read_says_which_file(
    change: Change, place: str, found: str, tmp_path: Path
) -> None:
    folder = make_checkpoint(tmp_path)
    change(folder)
    with pytest.raises(ImportFileError) as caught:
        read("checkpoint", folder, CHECKPOINT_OPTIONS)
    assert place in caught.value.place
    assert found in str(caught.value.found)


def test_a_file_is_no_checkpoint(tmp_path: Path) -> None:
    path = make_checkpoint(tmp_path) / "config.json"
    with pytest.raises(ImportFileError) as caught:
        read("checkpoint", path, CHECKPOINT_OPTIONS)
    assert caught.value.found == "a file"


def test_a_gguf_model_has_no_folder_to_name(tmp_path: Path) -> None:
    path = tmp_path / "model-Q4_K_M.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    for refused in (lambda: read("checkpoint", path, CHECKPOINT_OPTIONS), lambda: detect(path)):
        with pytest.raises(ImportFileError) as caught:
            refused()
        assert caught.value.found == "a GGUF model"
        assert "docs/records.md" in str(caught.value.next_step)
