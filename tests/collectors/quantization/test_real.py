"""The real tools on tiny models with random weights: schemes, sources, engines, controls.

Needs the roles' environments; builds them where they are missing. Run with `-m collectors`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from collectors.quantization.samples import COLLECTOR, job, measured
from collectors.real import python

from cardgen.records import QuantizationMeasurement, Run

pytestmark = [pytest.mark.collectors]

MAKER = Path(__file__).with_name("make_models.py")
WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "rain"]
PICTURES = """
import random

from PIL import Image


def samples(count, seed):
    draw = random.Random(seed)
    for _ in range(count):
        colour = tuple(draw.randrange(256) for _ in range(3))
        picture = Image.new("RGB", (84, 84), colour)
        yield {"image": picture, "text": "which colour", "answer": str(colour)}
"""
QUIET = {"engines": ["transformers"], "minimum_agreement": 0.05}
TEXTS = {"file": "texts.jsonl", "samples": 16, "max_sequence_length": 64}
PICTURED = {
    "generator": "pictures.py", "samples": 8, "max_sequence_length": 128,
    "image": "image", "text": "text", "answer": "answer",
}  # fmt: skip
DECODER = ["Qwen2_5_VLDecoderLayer"]


@pytest.fixture(scope="module")
def pythons() -> Mapping[str, str]:
    """The interpreters of the collector's roles."""
    return {role: python("quantization", role) for role in ("quantize", "check", "serve")}


@pytest.fixture(scope="module")
def root(pythons: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a tiny text model, a tiny vision-language model, and calibration data."""
    folder = tmp_path_factory.mktemp("project")
    for kind in ("text", "vision"):
        argv = [pythons["quantize"], str(MAKER), str(folder / "models" / kind), kind]
        subprocess.run(argv, check=True, capture_output=True, timeout=300)
    rows = [" ".join(WORDS[n % 7 :] + WORDS[: n % 5]) * 4 for n in range(32)]
    lines = [json.dumps({"text": row}) for row in rows]
    (folder / "texts.jsonl").write_text("\n".join(lines) + "\n")
    turns = [{"role": "user", "content": row} for row in rows[:2]]
    chats = [json.dumps({"conversation": turns}) for _ in range(16)]
    (folder / "chats").mkdir()
    (folder / "chats" / "part.jsonl").write_text("\n".join(chats) + "\n")
    (folder / "pictures.py").write_text(PICTURES)
    return folder


def quantized(
    root: Path, pythons: Mapping[str, str], name: str, kind: str, settings: dict[str, Any]
) -> tuple[Run, QuantizationMeasurement]:
    """The run of a real job; the model lies in models/NAME."""
    models = root / "models"
    found = job(root, pythons, settings, name=name, base=models / kind, output=models / name)
    return measured(found, timeout_s=900)


CHATS = {"file": "chats", "messages": "conversation", "samples": 8, "max_sequence_length": 64}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "gptq": ("text", {"scheme": "W4A16", "group_size": 32, "calibration": TEXTS}),
    "nearest": (
        "text", {"scheme": "W4A16", "group_size": 32, "algorithm": "round-to-nearest"},
    ),
    "smooth": ("text", {"scheme": "W8A8", "smoothquant": 0.5, "calibration": CHATS}),
    "fp8": ("text", {"scheme": "FP8_DYNAMIC"}),
    "vision-w4": (
        "vision",
        {"scheme": "W4A16", "group_size": 64, "sequential_targets": DECODER,
         "calibration": PICTURED},
    ),
    "vision-w8": (
        "vision", {"scheme": "W8A8", "sequential_targets": DECODER, "calibration": PICTURED},
    ),
    "vision-fp8": ("vision", {"scheme": "FP8_DYNAMIC"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_scheme_is_made_and_loaded(case: str, root: Path, pythons: Mapping[str, str]) -> None:
    """Quantized by the program on the card, loaded with transformers, smaller than before."""
    kind, settings = CASES[case]
    run, measurement = quantized(root, pythons, case, kind, {**settings, "check": QUIET})
    assert measurement.outcome == "measured", measurement.reason
    assert measurement.size_bytes is not None
    assert measurement.base_size_bytes is not None
    assert measurement.size_bytes < measurement.base_size_bytes
    assert run.provenance.tool.version is not None
    if kind == "vision":
        assert measurement.ignore == ("lm_head", "re:.*visual.*")
        assert any("config.json was mended" in note for note in run.provenance.notes)


def test_vllm_loads_it_too(root: Path, pythons: Mapping[str, str]) -> None:
    """As users serve it; the agreement of both engines is noted."""
    settings = {**CASES["vision-w8"][1], "check": {"minimum_agreement": 0.3}}
    run, measurement = quantized(root, pythons, "served", "vision", settings)
    assert measurement.outcome == "measured", measurement.reason
    notes = " ".join(run.provenance.notes)
    assert "Loaded with transformers" in notes
    assert "Loaded with vLLM" in notes


def agreement(root: Path, pythons: Mapping[str, str], folder: Path) -> float:
    """The share of the base's answer tokens that a checkpoint ranks first."""
    request = {
        "model": str(folder), "base": str(root / "models" / "text"), "image": False,
        "prompts": [], "images": [], "max_tokens": 24, "trust_remote_code": False, "device": "cpu",
    }  # fmt: skip
    asked, told = folder / "request.json", folder / "told.json"
    asked.write_text(json.dumps(request))
    argv = [pythons["check"], str(COLLECTOR / "check.py"), str(asked), str(told)]
    subprocess.run(argv, check=True, capture_output=True, timeout=300)
    questions = json.loads(told.read_text())["questions"]
    return float(sum(q["ranked_first"] for q in questions) / sum(q["tokens"] for q in questions))


@pytest.fixture(scope="module")
def checkpoints(root: Path, pythons: Mapping[str, str]) -> tuple[Path, Path]:
    """The tiny text model in 8 bits, and in 4 bits by both algorithms."""
    eight = {"scheme": "W8A8", "calibration": TEXTS, "check": QUIET}
    for name, settings in (("eight", eight), ("four", CASES["gptq"][1] | {"check": QUIET}),
                           ("plain", CASES["nearest"][1] | {"check": QUIET})):  # fmt: skip
        _, measurement = quantized(root, pythons, name, "text", settings)
        assert measurement.outcome == "measured", measurement.reason
    return root / "models" / "four", root / "models" / "plain"


def zeroed(source: Path, target: Path, layer: str) -> Path:
    """A copy of a checkpoint whose one layer has scales of zero: its weights are nothing."""
    shutil.copytree(source, target)
    file = target / "model.safetensors"
    data = bytearray(file.read_bytes())
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    found = [name for name in header if name.startswith(layer) and name.endswith("weight_scale")]
    assert found
    for name in found:
        first, last = header[name]["data_offsets"]
        data[8 + length + first : 8 + length + last] = bytes(last - first)
    file.write_bytes(data)
    return target


def test_the_quantized_weights_are_used(
    root: Path, pythons: Mapping[str, str], checkpoints: tuple[Path, Path]
) -> None:
    """Zeroing one block destroys the answers: nothing is read from a 16-bit copy."""
    eight = root / "models" / "eight"
    good = agreement(root, pythons, eight)
    gone = agreement(root, pythons, zeroed(eight, root / "models" / "gone", "model.layers.0.mlp."))
    assert good > 0.5
    assert gone < 0.5 * good


def test_gptq_is_not_rounding_to_nearest(checkpoints: tuple[Path, Path]) -> None:
    """The same settings, other weights: the calibration data was looked at."""
    four, plain = ((folder / "model.safetensors").read_bytes() for folder in checkpoints)
    assert len(four) == len(plain)
    assert four != plain
