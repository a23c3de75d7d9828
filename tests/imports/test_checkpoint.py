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
from cardgen.imports import ImportOptions, read
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
}


@pytest.mark.parametrize(("config", "scheme", "strategy", "algorithm"), OTHERS.values(), ids=OTHERS)
def test_other_methods_are_read_in_the_same_terms(
    config: dict[str, Any], scheme: str, strategy: str, algorithm: str | None, tmp_path: Path
) -> None:
    folder = with_config(tmp_path, {"quantization_config": config})
    found = only(read("checkpoint", folder, CHECKPOINT_OPTIONS))
    assert found.weights is not None
    assert (found.scheme, found.weights.strategy, found.algorithm) == (scheme, strategy, algorithm)


def test_groups_that_differ_are_said(tmp_path: Path) -> None:
    config = compressed(INT8, None)
    groups = config["quantization_config"]["config_groups"]
    groups["group_1"] = {"targets": ["re:.*down_proj"], "weights": FLOAT8}
    run = read("checkpoint", with_config(tmp_path, config), CHECKPOINT_OPTIONS)
    assert only(run).targets == ("Linear", "re:.*down_proj")
    assert any("config groups differ" in note for note in run.provenance.notes)


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
