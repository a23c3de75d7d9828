"""The files the importers are tested on: one for each tool and layout, and how to import it."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cardgen.imports import ImportOptions

FIXTURES = Path(__file__).parent / "fixtures"
EXAMPLE = Path(__file__).parents[2] / "examples" / "vlm-profiling"
NOTHING = ImportOptions()
SERVED = ImportOptions(hardware="H100", hardware_count=1, engine="vllm")


@dataclass(frozen=True)
class Sample:
    """A file, the tool that wrote it, and what the user has to add."""

    tool: str
    file: str
    options: ImportOptions = NOTHING

    @property
    def path(self) -> Path:
        return FIXTURES / self.file

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


SAMPLES = (
    Sample("lm-eval", "lm_eval/hf.json"),
    Sample("lm-eval", "lm_eval/served.json"),
    Sample("lm-eval", "lm_eval/early.json"),
    Sample("guidellm", "guidellm/v0.3.json", SERVED),
    Sample("guidellm", "guidellm/v0.4.json", SERVED),
    Sample("guidellm", "guidellm/v0.6.json", SERVED),
    Sample("guidellm", "guidellm/v0.8.json", SERVED),
    Sample(
        "mistral-evals",
        "mistral/chartqa.json",
        ImportOptions(n=2500, model="example/tiny-VL-3B", revision="abc123"),
    ),
    Sample(
        "mistral-evals",
        "mistral/mm_mt_bench.json",
        ImportOptions(n=92, model="example/tiny-VL-3B", revision="abc123"),
    ),
    Sample("vllm-bench", "vllm_bench/detailed.json", SERVED),
    Sample("vllm-bench", "vllm_bench/short.json", replace(SERVED, scenario="chat")),
    Sample("vllm-bench", "vllm_bench/rate.json", replace(SERVED, scenario="chat")),
    Sample("optimum-benchmark", "optimum/benchmark.json"),
    Sample(
        "optimum-benchmark",
        "optimum/benchmark_report.json",
        ImportOptions(model="example/tiny-1B", device_type="cpu", batch_size=1),
    ),
)
BY_FILE = {sample.file: sample for sample in SAMPLES}
CHECKPOINT_OPTIONS = ImportOptions(
    model="example/tiny-quantized.w4a16", base_model="example/tiny", hardware="H100"
)
FOLDER = "tiny-2.5_224_200_cuda_flash_attn_16"
RECIPE = """\
default_stage:
  default_modifiers:
    GPTQModifier:
      targets: [Linear]
      ignore: [lm_head, 're:.*visual.*']
      scheme: W4A16
      sequential_targets: [TinyDecoderLayer]
      block_size: 128
      dampening_frac: 0.01
      actorder: static
"""
CONFIG: dict[str, object] = {
    "architectures": ["TinyForCausalLM"],
    "dtype": "bfloat16",
    "quantization_config": {
        "config_groups": {
            "group_0": {
                "format": "pack-quantized",
                "targets": ["Linear"],
                "weights": {
                    "actorder": "static",
                    "block_structure": None,
                    "dynamic": False,
                    "group_size": 64,
                    "num_bits": 4,
                    "observer": "minmax",
                    "observer_kwargs": {},
                    "strategy": "group",
                    "symmetric": True,
                    "type": "int",
                },
                "input_activations": None,
                "output_activations": None,
            }
        },
        "format": "pack-quantized",
        "global_compression_ratio": None,
        "ignore": ["lm_head", "re:.*visual.*"],
        "kv_cache_scheme": None,
        "quant_method": "compressed-tensors",
        "quantization_status": "compressed",
        "version": "0.19.0",
    },
}
SIZES = {"I32": 4, "BF16": 2, "I64": 8, "F8_E4M3": 1, "F32": 4, "U8": 1, "I8": 1}
TENSORS: dict[str, tuple[str, list[int]]] = {
    "model.embed_tokens.weight": ("BF16", [100, 128]),
    "model.layers.0.q_proj.weight_packed": ("I32", [128, 16]),
    "model.layers.0.q_proj.weight_scale": ("BF16", [128, 2]),
    "model.layers.0.q_proj.weight_shape": ("I64", [2]),
    "model.layers.0.norm.weight": ("BF16", [128]),
    "model.visual.patch.weight": ("BF16", [8, 3, 2, 2]),
    "model.visual.fc1.weight": ("BF16", [16, 8]),
    "model.visual.fc1.bias": ("BF16", [16]),
    "lm_head.weight": ("BF16", [100, 128]),
}


def tensor_bytes(tensors: dict[str, tuple[str, list[int]]]) -> int:
    return sum(SIZES[dtype] * _product(shape) for dtype, shape in tensors.values())


def _product(shape: list[int]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def safetensors(tensors: dict[str, tuple[str, list[int]]]) -> bytes:
    """A whole file: length, header, and as many zero bytes as the header promises."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, (dtype, shape) in tensors.items():
        start, end = end, end + SIZES[dtype] * _product(shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(end)


def changed(sample: Sample, folder: Path, *steps: str | int, to: object) -> Path:
    """The sample's file with one value replaced, under the same name in `folder`."""
    document: Any = json.loads(sample.text())
    node = document
    for step in steps[:-1]:
        node = node[step]
    if to is REMOVED:
        del node[steps[-1]]
    else:
        node[steps[-1]] = to
    path = folder / sample.path.name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


REMOVED = object()


def make_checkpoint(folder: Path, *, sharded: bool = False) -> Path:
    """A checkpoint as llm-compressor saves it, with tensors of zeros."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2))
    (folder / "recipe.yaml").write_text(RECIPE)
    if not sharded:
        (folder / "model.safetensors").write_bytes(safetensors(TENSORS))
        return folder
    names = list(TENSORS)
    shards = {
        "model-00001-of-00002.safetensors": names[:4],
        "model-00002-of-00002.safetensors": names[4:],
    }
    for shard, members in shards.items():
        (folder / shard).write_bytes(safetensors({name: TENSORS[name] for name in members}))
    weight_map = {name: shard for shard, members in shards.items() for name in members}
    index = {"metadata": {"total_size": tensor_bytes(TENSORS)}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


MAPPING = """\
metric: {name: WER, higher_is_better: false}
samples: 300
max_new_tokens: 50
devices:
  cuda: {name: GPU, type: cuda, model: NVIDIA H100, energy: nvml-counter}
models:
  tiny-2.5: example/tiny-2.5
datasets:
  tiny-2.5_224_200_cuda_flash_attn_16: TextVQA
"""
RESULT = '{"wer_value": 12.5, "latency": 1.25, "energy": 15.5, "flops": "12.09 TFLOPS"}'


def make_profile(
    folder: Path, *, name: str = FOLDER, result: str = RESULT, mapping: str = MAPPING
) -> tuple[Path, ImportOptions]:
    """A result of a model that the example does not have, and its mapping."""
    path = folder / "results" / name / "results.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(result)
    (folder / "mapping.yaml").write_text(mapping)
    return path, ImportOptions(mapping=folder / "mapping.yaml", project_root=folder)
