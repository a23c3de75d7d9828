"""Small measurements, runs, cards and whole projects that tests build cards from."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, settings

from cardgen.card import Card
from cardgen.cli import main
from cardgen.records import (
    AccuracyMeasurement,
    AnyMeasurement,
    DeviceMeasurement,
    Origin,
    Outcome,
    Provenance,
    QuantizationMeasurement,
    Reading,
    Run,
    ServingMeasurement,
    Source,
    Tool,
)
from cardgen.spec.card import CardSpecification
from cardgen.spec.load import Project
from cardgen.spec.project import ProjectSpecification
from cardgen.store import runs
from cardgen.store.runs import RecordSet, Stored

RELAXED = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], database=None
)
"""A busy machine is no failure."""

BASE = "example/tiny"
MODEL = "example/tiny-w4a16"
PRICES = [
    {"hardware": name, "usd_per_gpu_hour": price, "source": "a list", "date": "2025-02-18"}
    for name, price in (("A6000", 0.80), ("A100", 1.79), ("H100", 3.29))
]
PRINTED_PRICE = {"usd_per_gpu_hour": 0.80, "source": "a list", "date": "2025-02-18"}

Data = dict[str, Any]


def printed(text: str, rounding: str = "nearest", scale: int = 0) -> Data:
    """The reading of a number printed so, times ten to the `scale`."""
    decimals = len(text.partition(".")[2]) - scale
    value = float(f"{text}e{scale}")
    return {"value": value, "decimals": decimals, "rounding": rounding}


def reading(value: float | str | Data) -> Data:
    """A printed number from text, a full-precision one from a float."""
    if isinstance(value, str):
        return printed(value)
    return value if isinstance(value, dict) else {"value": float(value)}


def _outcome(more: Data) -> Data:
    outcome: Outcome = "failed" if "reason" in more else "measured"
    return {"outcome": outcome, **more}


def accuracy(
    task: str, value: float | str | Data | None, model: str = MODEL, **more: Any
) -> AccuracyMeasurement:
    """A score in percent of which higher is better, unless said otherwise."""
    data: Data = {"metric": "acc", "scale": "percent", "higher_is_better": True, **_outcome(more)}
    if value is not None:
        data["value"] = reading(value)
    return AccuracyMeasurement.model_validate_json(
        json.dumps({"kind": "accuracy", "task": task, "model": model, **data})
    )


def serving(
    model: str = MODEL,
    *,
    mode: str = "single-stream",
    scenario: str = "chat",
    hardware: str = "A6000",
    count: int = 1,
    engine: str = "vLLM",
    **values: Any,
) -> ServingMeasurement:
    """One window; readings as floats or as printed text. `queries_per_dollar` brings a price."""
    data: Data = {
        "kind": "serving",
        "model": model,
        "hardware": {"name": hardware, "count": count},
        "engine": {"name": engine},
        "scenario": {"name": scenario, "prompt_tokens": 64, "output_tokens": 128},
        "mode": mode,
    }
    for name, value in _outcome(values).items():
        known = name in ServingMeasurement.VALUE_FIELDS
        data[name] = reading(value) if known else value
    if "queries_per_dollar" in values:
        data.setdefault("price", PRINTED_PRICE)
    return ServingMeasurement.model_validate_json(json.dumps(data))


def device(model: str = BASE, **values: Any) -> DeviceMeasurement:
    """One setting on a GPU; readings as floats or as printed text, `wer` as the quality."""
    data: Data = {
        "kind": "device",
        "model": model,
        "device": {"name": values.pop("device", "GPU"), "type": "cuda"},
        "dataset": "TextVQA",
        "batch_size": 1,
        "image_size": 224,
        "sequence_length": 200,
    }
    if "wer" in values:
        found = reading(values.pop("wer"))
        data["quality"] = {"metric": "WER", "reading": found, "higher_is_better": False}
    if "joules" in values:
        joules = reading(values.pop("joules"))
        method = values.pop("method", "nvml-counter")
        data["energy"] = {"method": method, "joules_per_sample": joules}
    for name, value in _outcome(values).items():
        known = name == "latency_s" or name.startswith("flops_")
        data[name] = reading(value) if known else value
    return DeviceMeasurement.model_validate_json(json.dumps(data))


def quantization(model: str = MODEL, **more: Any) -> QuantizationMeasurement:
    """A W4A16 quantization with calibration data."""
    data: Data = {
        "kind": "quantization",
        "model": model,
        "base_model": BASE,
        "scheme": "W4A16",
        "algorithm": "GPTQ",
        "weights": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 128},
        "targets": ["Linear"],
        "ignore": ["lm_head"],
        "calibration": {"dataset": "example/pictures", "samples": 8, "max_sequence_length": 64},
        **more,
    }
    return QuantizationMeasurement.model_validate_json(json.dumps(data))


def run(*measurements: AnyMeasurement, origin: Origin = "measured", **more: Any) -> Run:
    """A run of one origin; imported and transcribed ones name a source."""
    source = None if origin == "measured" else Source(title="a published table")
    provenance = Provenance(origin=origin, tool=Tool(name="a tool"), source=source)
    return Run(provenance=provenance.model_copy(update=more), measurements=measurements)


def stored(
    measurement: AnyMeasurement, origin: Origin = "measured", file: str = "cards/a/runs/a.json"
) -> Stored:
    """A measurement as if read from the first place of a run file."""
    return Stored(measurement, run(measurement, origin=origin), file, 0)


def specification(**spec: Any) -> Data:
    """A quantized card's specification; a base_model of None makes it a benchmark card."""
    data: Data = {
        "kind": "quantized",
        "title": "Tiny",
        "model": MODEL,
        "base_model": BASE,
        "languages": ["en"],
        "license": "mit",
        **spec,
    }
    return {key: value for key, value in data.items() if value is not None}


def card(
    *all_runs: Run, project: Data | None = None, root: Path | None = None, **spec: Any
) -> Card:
    """A card in memory, its runs as if read from cards/tiny/runs/."""
    project_data = {"prices": PRICES} if project is None else project
    return Card(
        "tiny",
        Project(root or Path("no-such-folder"), ProjectSpecification.model_validate(project_data)),
        CardSpecification.model_validate(specification(**spec)),
        RecordSet(
            [(f"cards/tiny/runs/{i}.json", item) for i, item in enumerate(all_runs)],
            spec.get("aliases"),
        ),
    )


def yaml(data: object) -> str:
    """The data as JSON that YAML 1.2 reads too: other characters by their numbers."""
    text = json.dumps(data, indent=2)
    return re.sub(
        r"\\u(d[89ab]..)\\u(d[c-f]..)",
        lambda m: f"\\U{(int(m[1], 16) - 0xD800 << 10) + int(m[2], 16) - 0xDC00 + 0x10000:08x}",
        text,
    )


def write_card(root: Path, name: str, *all_runs: Run, **spec: Any) -> Path:
    """A card of a project on disk: card.yaml and its runs; the card's folder."""
    folder = root / "cards" / name
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    (folder / "card.yaml").write_text(yaml(specification(**spec)), encoding="utf-8")
    for number, item in enumerate(all_runs):
        (folder / "runs" / f"{number}.json").write_bytes(runs.dump(item))
    if not (root / "cardgen.yaml").exists():
        (root / "cardgen.yaml").write_text(yaml({"prices": PRICES}), encoding="utf-8")
    return folder


def scores() -> Run:
    """Two tasks of base and quantized model, as a card printed them."""
    return run(
        *(
            accuracy(task, value, model)
            for model, values in ((BASE, ("44.56", "81.20")), (MODEL, ("41.56", "78.96")))
            for task, value in zip(("mmmu", "chartqa"), values, strict=True)
        ),
        origin="transcribed",
    )


@dataclass(frozen=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str


def call(folder: Path, *arguments: str) -> Result:
    """`cardgen ARGUMENTS` in this process, as if started in the folder."""
    out, err = io.StringIO(), io.StringIO()
    before = Path.cwd()
    os.chdir(folder)
    try:
        with (
            patch.object(sys, "argv", ["cardgen", *arguments]),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as ended:
                code = ended.code
    finally:
        os.chdir(before)
    assert isinstance(code, int), code
    return Result(code, out.getvalue(), err.getvalue())


def start(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, **more: Any
) -> subprocess.Popen[bytes]:
    """`cardgen ARGUMENTS` as a process of its own, started in the folder."""
    command: Sequence[str] = [sys.executable, "-W", "error", "-m", "cardgen", *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
    )


def process(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Result:
    """What `cardgen ARGUMENTS` does as a process of its own."""
    with start(folder, *arguments, environment=environment) as started:
        out, err = started.communicate(timeout=120)
        return Result(started.returncode, out.decode(), err.decode())


def as_reading(data: Data) -> Reading:
    """The reading record of a sample."""
    return Reading.model_validate(data)
