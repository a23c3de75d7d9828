"""Made-up checkpoints, plans and jobs, and the collector's own modules as tests import them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from cardgen.measuring import job as jobs
from cardgen.measuring.job import Job, Model, Role
from cardgen.records import QuantizationMeasurement, Run
from cardgen.resources import resource
from cardgen.spec.plan.quantization import QuantizationPlan
from cardgen.store import runs

COLLECTOR = resource("collectors") / "quantization"
BASE = "example/Tiny"
MODEL = "example/Tiny-quantized"
SIZES = {"BF16": 2, "F32": 4, "I32": 4, "I8": 1, "I64": 8}
Shapes = Mapping[str, tuple[str, Sequence[int]]]


def module(name: str) -> ModuleType:
    """A module of the collector's folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"quantization_{name}", COLLECTOR / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def write_weights(path: Path, shapes: Shapes) -> None:
    """A safetensors file of zeros."""
    header: dict[str, Any] = {}
    end = 0
    for name, (dtype, shape) in shapes.items():
        size = SIZES[dtype]
        for length in shape:
            size *= length
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(end))


LAYERS: Shapes = {
    "model.embed_tokens.weight": ("BF16", (64, 96)),
    "model.layers.0.self_attn.q_proj.weight": ("BF16", (96, 96)),
    "model.layers.0.mlp.gate_proj.weight": ("BF16", (256, 96)),
    "model.layers.0.mlp.down_proj.weight": ("BF16", (96, 256)),
    "model.norm.weight": ("BF16", (96,)),
}
VISION: Shapes = {"visual.blocks.0.attn.qkv.weight": ("BF16", (96, 80))}


def base_checkpoint(folder: Path, *, image: bool = False, shapes: Shapes = LAYERS) -> Path:
    """A folder that looks like a small model's."""
    folder.mkdir(parents=True)
    config: dict[str, Any] = {"model_type": "llama", "dtype": "bfloat16"}
    if image:
        config["vision_config"] = {"depth": 1}
        shapes = {**shapes, **VISION}
    (folder / "config.json").write_text(json.dumps(config))
    write_weights(folder / "model.safetensors", shapes)
    return folder


def project(root: Path, *, image: bool = False) -> Path:
    """A project with a base model and calibration texts."""
    base_checkpoint(root / "models" / "Tiny", image=image)
    (root / "data").mkdir()
    (root / "data" / "texts.jsonl").write_text('{"text": "a"}\n{"text": "b"}\n')
    (root / "data" / "calibration.py").write_text("def samples(count, seed):\n    return []\n")
    return root


TEXTS = {"file": "data/texts.jsonl", "samples": 2, "max_sequence_length": 16, "seed": 1}
W4A16 = {"scheme": "W4A16", "group_size": 32, "calibration": TEXTS}


def plan(**settings: Any) -> QuantizationPlan:
    """A plan as card.yaml gives it."""
    return QuantizationPlan.model_validate(settings)


def job(
    root: Path,
    pythons: Mapping[str, str],
    settings: Mapping[str, Any] = W4A16,
    *,
    name: str = "job",
    base: Path | None = None,
    output: Path | None = None,
) -> Job:
    """A quantization job of the project."""
    folder = root / ".cardgen" / "jobs" / name
    folder.mkdir(parents=True)
    return Job(
        key=sha256(name.encode()).hexdigest(),
        kind="quantization",
        collector="quantization",
        card="tiny",
        project=str(root),
        folder=str(folder),
        model=Model(name=MODEL, path=str(output or root / "models" / "Tiny-quantized")),
        base=Model(name=BASE, path=str(base or root / "models" / "Tiny")),
        settings=dict(settings),
        hardware="CPU",
        roles={role: Role(python=python) for role, python in pythons.items()},
    )


def measured(found: Job, *, timeout_s: float = 120) -> tuple[Run, QuantizationMeasurement]:
    """The run that the collector makes of the job, in a process of its own."""
    folder = Path(found.folder)
    (folder / "job.json").write_bytes(jobs.dump(found))
    argv = [sys.executable, "-E", "-s", str(COLLECTOR / "measure.py")]
    argv += ["--job", str(folder / "job.json"), "--result", str(folder / "result.json")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, done.stderr
    run = runs.load(folder / "result.json", place="result.json")
    (measurement,) = run.measurements
    assert isinstance(measurement, QuantizationMeasurement)
    return run, measurement
