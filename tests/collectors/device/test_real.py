"""The measuring program in its real environment, on a tiny random text model and the example's
vision-language model. Marked `collectors`: the environment takes several GB."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from collectors.device.device_collector import FOLDER, role_python
from PIL import Image

pytestmark = pytest.mark.collectors
VISION = FOLDER.parents[1] / "examples" / "tiny-qwen2.5-vl-w4a16" / "models" / "tiny-qwen2.5-vl"
RANDOM_TEXT = """\
import sys
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
torch.manual_seed(0)
words = {w: i for i, w in enumerate(["<pad>", "<end>", *"abcdefghijklmnopqrstuvwxyz"])}
tokenizer = Tokenizer(models.WordLevel(words, unk_token="<pad>"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>"
    ).save_pretrained(sys.argv[1])
LlamaForCausalLM(LlamaConfig(vocab_size=28, hidden_size=64, intermediate_size=128,
    num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, eos_token_id=1,
    pad_token_id=0, max_position_embeddings=128)).save_pretrained(sys.argv[1])
"""
PLAIN = {"name": "fp32", "dtype": "fp32", "attention": "eager", "compile": False}
FLASH = {"name": "F", "dtype": "fp32", "attention": "flash_attention_2", "compile": False}


@pytest.fixture(scope="module")
def python() -> Path:
    return role_python()


@pytest.fixture(scope="module")
def text(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("text")
    subprocess.run([python, "-c", RANDOM_TEXT, folder], check=True, capture_output=True)
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "t.jsonl"
    rows = [{"question": "a b c d e f"[: 3 + 2 * n], "answer": "x y"} for n in range(4)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return dataset(file, metric="WER")


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Any]:
    data = io.BytesIO()
    Image.new("RGB", (112, 112), "white").save(data, "png")
    row = {"image": {"bytes": data.getvalue()}, "question": "Read the table.", "answer": "1"}
    pq.write_table(pa.Table.from_pylist([row] * 4), tmp_path / "p.parquet")
    return dataset(tmp_path / "p.parquet", image="image", metric="CIDEr")


def dataset(path: Path, **fields: Any) -> dict[str, Any]:
    named = {"name": "D", "path": str(path), "split": "test", "prompt": "question"}
    return {**named, "answer": "answer", **fields}


def setting(index: int, data: dict[str, Any], **fields: Any) -> dict[str, Any]:
    usual = {
        "index": index, "device": "CPU", "type": "cpu", "dataset": data, "batch_size": 2,
        "image_size": None, "sequence_length": None, "optimization": PLAIN,
    }  # fmt: skip
    return {**usual, **fields}


def swept(
    python: Path,
    model: Path,
    folder: Path,
    *settings: dict[str, Any],
    program: Sequence[str | Path] = (FOLDER / "sweep.py",),
) -> list[dict[str, Any]]:
    plan = {
        "model": str(model), "revision": None, "trust_remote_code": False, "samples": 4,
        "max_new_tokens": 6, "repetitions": 2, "flops": True, "energy": True, "seed": 0,
        "threads": None, "settings": settings,
    }  # fmt: skip
    (folder / "plan.json").write_text(json.dumps(plan))
    results = folder / "results.jsonl"
    done = subprocess.run(
        [python, "-E", "-s", *program, folder / "plan.json", results],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    return [line for line in lines if line["event"] == "result"]


def agreement(result: dict[str, Any]) -> float:
    counted = result["operations"]
    expected = counted["formula"]
    return float(
        (counted["prefill"] + counted["decode"]) / (expected["prefill"] + expected["decode"])
    )


def test_a_text_model(python: Path, text: Path, texts: dict[str, Any], tmp_path: Path) -> None:
    whole, cut, two, lost, flash, cuda = swept(
        python, text, tmp_path,
        setting(0, texts), setting(1, texts, sequence_length=2),
        setting(2, texts, optimization={**PLAIN, "attention": "sdpa"}),
        setting(3, {**texts, "answer": "nothing"}), setting(4, texts, optimization=FLASH),
        setting(5, texts, type="cuda"),
    )  # fmt: skip
    assert whole["outcome"] == "measured"
    assert len(whole["seconds"]) == 4  # two batches, two passes
    assert min(whole["seconds"]) > 0
    assert agreement(whole) == pytest.approx(1, abs=0.05)
    assert agreement(two) == pytest.approx(1, abs=0.05)
    assert cut["operations"]["prompt"] == 2 < whole["operations"]["prompt"]
    assert cut["operations"]["prefill"] < whole["operations"]["prefill"]
    assert two["answers"] == whole["answers"]
    assert (lost["outcome"], "no column 'nothing'" in lost["reason"]) == ("failed", True)
    assert flash["outcome"] == "skipped"
    assert (cuda["outcome"], cuda.get("reason")) in (
        ("skipped", "torch sees no CUDA device"),
        ("measured", None),
    )


def test_a_vision_language_model(python: Path, pictures: dict[str, Any], tmp_path: Path) -> None:
    small, large, half = swept(
        python, VISION, tmp_path,
        setting(0, pictures, image_size=112), setting(1, pictures, image_size=252),
        setting(2, pictures, image_size=112, optimization={**PLAIN, "dtype": "bf16"}),
    )  # fmt: skip
    for result in (small, large, half):
        assert result["outcome"] == "measured", result
        assert agreement(result) == pytest.approx(1, abs=0.05)
        assert result["quality"]["metric"] == "CIDEr"
    # 112 pixels are 4 x 4 tokens, 252 are 9 x 9
    assert large["operations"]["prompt"] - small["operations"]["prompt"] == 81 - 16


OUT_OF_MEMORY = """\
import sys
sys.path.insert(0, sys.argv.pop(1))
import subject, sweep, torch
plain = subject.Subject.generate
def generate(self, batch, most):
    if len(batch.rows) > 2:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    return plain(self, batch, most)
subject.Subject.generate = generate
sweep.main()
"""


def test_a_setting_that_runs_out_of_memory_fails_alone(
    python: Path, text: Path, texts: dict[str, Any], tmp_path: Path
) -> None:
    settings = [setting(0, texts, batch_size=4), setting(1, texts, batch_size=2)]
    large, small = swept(python, text, tmp_path, *settings, program=["-c", OUT_OF_MEMORY, FOLDER])
    assert large["outcome"] == "failed"
    assert large["reason"] == "out of memory: CUDA out of memory. Tried to allocate 2.00 GiB."
    assert small["outcome"] == "measured"


def test_pictures_for_a_text_model_fail_in_words(
    python: Path, text: Path, pictures: dict[str, Any], tmp_path: Path
) -> None:
    (result,) = swept(python, text, tmp_path, setting(0, pictures))
    assert result["outcome"] == "failed"
    assert "reads only text" in result["reason"]


def test_a_missing_checkpoint_fails_every_setting(
    python: Path, texts: dict[str, Any], tmp_path: Path
) -> None:
    found = swept(python, tmp_path / "none", tmp_path, setting(0, texts), setting(1, texts))
    assert [result["outcome"] for result in found] == ["failed", "failed"]
