"""Stands for a role's interpreter: does in a moment what the real one takes minutes for.

`PRETEND` in its folder's `pretend.json` says how it goes: `quantize`, `check` and `serve` are what
happens there, `ok` unless said otherwise; `half` is what happens with config.json written and half
of the weights, and `anew` removes the folder first.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(sys.argv[0]).parent


def constant(text: str, name: str) -> Any:
    """The value that the program gives a name."""
    found = re.search(rf"^{name} = (.*)$", text, re.MULTILINE)
    assert found is not None
    return ast.literal_eval(found[1])


def write(path: Path, shapes: dict[str, tuple[str, list[int]]]) -> None:
    """A safetensors file of zeros."""
    sizes = {"BF16": 2, "I32": 4, "I64": 8}
    header, end = {}, 0
    for name, (dtype, shape) in shapes.items():
        size = sizes[dtype]
        for length in shape:
            size *= length
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(end))


def quantize(text: str, ignore: list[str], half: str, *, anew: bool) -> None:
    """What llm-compressor leaves: configuration, recipe, one quantized layer, one not."""
    assert Path(constant(text, "MODEL")).is_dir(), "the program runs in the project's folder"
    output = Path(constant(text, "OUTPUT"))
    if anew:
        shutil.rmtree(output)
    output.mkdir(parents=True, exist_ok=True)
    weights = {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32,
               "symmetric": True, "dynamic": False, "actorder": "static"}  # fmt: skip
    stated = {
        "quant_method": "compressed-tensors",
        "format": "pack-quantized",
        "ignore": ignore,
        "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights}},
    }
    config = {"model_type": "llama", "dtype": "bfloat16", "quantization_config": stated}
    (output / "config.json").write_text(json.dumps(config))
    layer = "model.layers.0.mlp.gate_proj"
    tensors = {
        "model.embed_tokens.weight": ("BF16", [64, 96]),
        f"{layer}.weight_packed": ("I32", [256, 12]),
        f"{layer}.weight_scale": ("BF16", [256, 3]),
        f"{layer}.weight_shape": ("I64", [2]),
        "visual.blocks.0.attn.qkv.weight": ("BF16", [96, 80]),
    }
    weights_file = output / "model.safetensors"
    write(weights_file, {name: (d, list(s)) for name, (d, s) in tensors.items()})
    if half != "ok":
        whole = weights_file.read_bytes()
        weights_file.write_bytes(whole[: len(whole) // 2])
        misfortune(half)


def misfortune(how: str) -> None:
    """Ends the process as programs end."""
    match how:
        case "crash":
            print("Traceback (most recent call last):\nRuntimeError: it broke", file=sys.stderr)
            sys.exit(1)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            time.sleep(600)


def main() -> None:
    how = json.loads((HERE / "pretend.json").read_text())
    if sys.argv[1] == "-c":  # cardgen asks an interpreter of the user what it can import
        print(json.dumps({"python": "3.11.0", "failed": {}, "packages": {}}))
        return
    program = Path(sys.argv[1])
    match program.name:
        case "quantize.py":
            misfortune(how.get("quantize", "ok"))
            ignore, half = how.get("ignore", ["lm_head"]), how.get("half", "ok")
            quantize(program.read_text(), ignore, half, anew=how.get("anew", False))
        case "check.py":
            misfortune(how.get("check", "ok"))
            request = json.loads(Path(sys.argv[2]).read_text())
            config = json.loads((Path(request["model"]) / "config.json").read_text())
            stated = config["quantization_config"]["ignore"]
            found: dict[str, Any] = {
                "transformers": "5.0",
                "linear": ["lm_head", "model.layers.0.mlp.gate_proj",
                           "model.visual.blocks.0.attn.qkv"],
                "unmatched": [name for name in stated if name.startswith("visual")],
            }  # fmt: skip
            if not found["unmatched"]:
                found["questions"] = [
                    {"question": "?", "ranked_first": how.get("first", 9), "tokens": 10}
                ]
            Path(sys.argv[3]).write_text(json.dumps(found))
        case "serve.py":
            misfortune(how.get("serve", "ok"))
            found = {"questions": [{"ranked_first": how.get("served", 8), "tokens": 10}]}
            Path(sys.argv[4]).write_text(json.dumps({"vllm": "0.1", **found}))


if __name__ == "__main__":
    main()
