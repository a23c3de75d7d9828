"""Made-up projects whose cards say what the published ones do not: absence, failure, plurals.

Nothing is asserted here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BASE = "acme/tiny"
MODEL = "acme/tiny-w8a8"

PROJECT = """\
organization: acme
prices:
  - {hardware: L4, usd_per_gpu_hour: 0.01, source: "https://example.org/prices", date: 2025-06-01}
"""
BOTH = """\
kind: both
title: tiny-w8a8
model: acme/tiny-w8a8
base_model: acme/tiny
license: mit
developers: {en: The Tiny Team, ru: Команда Tiny}
release_date: 2025-06-01
inputs: [text, image, video, audio]
deployment: {minimum_version: "0.9.1", trust_remote_code: true}
accuracy: {average: all}
serving: {modes: [single-stream, multi-stream, concurrent, constant-rate]}
"""
BENCHMARK = """\
kind: benchmark
title: acme/tiny
model: acme/tiny
languages: [ru, en]
"""


def reading(value: float, **more: object) -> dict[str, object]:
    """A raw number."""
    return {"value": value, **more}


def accuracy(
    model: str, task: str, value: float | None, *, lower: bool = False, **more: object
) -> dict[str, object]:
    """A score; a word error rate where lower is better, failed where there is none."""
    outcome = {"outcome": "failed", "reason": "out of memory"} if value is None else {}
    score = {} if value is None else {"value": reading(value, stderr=0.5)}
    return {
        "kind": "accuracy",
        "model": model,
        "task": task,
        "metric": "wer" if lower else "acc",
        "scale": "percent",
        "higher_is_better": not lower,
        "harness": {"name": "lm-eval", "version": "0.4.9"},
        **score,
        **outcome,
        **more,
    }


def serving(
    model: str, mode: str, hardware: str, value: float | None, **more: object
) -> dict[str, object]:
    """A window of load: latency for one stream, else the rate; skipped where there is none."""
    name = "latency_s" if mode == "single-stream" else "requests_per_s"
    outcome = {"outcome": "skipped", "reason": "no free GPU"} if value is None else {}
    return {
        "kind": "serving",
        "model": model,
        "hardware": {"name": hardware, "count": 2},
        "engine": {"name": "vLLM", "version": "0.9.1"},
        "scenario": {"name": "chat", "prompt_tokens": 512, "output_tokens": 256},
        "mode": mode,
        **({} if value is None else {name: reading(value)}),
        **outcome,
        **more,
    }


def device(
    name: str, batch: int, latency: float | None, *, method: str = "nvml-counter", **more: object
) -> dict[str, object]:
    """A setting of the device report; failed where there is no latency."""
    energy = {"method": method, "joules_per_sample": reading(12345.678)}
    measured = (
        {"outcome": "failed", "reason": "out of memory"}
        if latency is None
        else {"latency_s": reading(latency), "energy": energy, "samples": 100 * batch}
    )
    return {
        "kind": "device",
        "model": MODEL,
        "device": {"name": name, "type": "cuda"},
        "dataset": "COCO",
        "batch_size": batch,
        **measured,
        **more,
    }


def run(measurements: list[dict[str, object]], **provenance: object) -> dict[str, object]:
    """A run as measured, unless `provenance` says otherwise."""
    origin = {"origin": "measured", "tool": {"name": "cardgen"}, **provenance}
    return {"format": 1, "provenance": origin, "measurements": measurements}


def quantization() -> dict[str, object]:
    """A quantization with weights and activations, its sizes and its program."""
    arguments = {"num_bits": 8, "strategy": "channel", "symmetric": False}
    return {
        "kind": "quantization",
        "model": MODEL,
        "base_model": BASE,
        "scheme": "W8A8",
        "weights": arguments,
        "activations": arguments | {"strategy": "token", "dynamic": True},
        "size_bytes": 3_210_000_000,
        "base_size_bytes": 7_510_000_000,
        "code": {"text": "print('quantized')"},
    }


def attempted(measurement: dict[str, object]) -> dict[str, object]:
    """The measurement; a quantization as one whose check failed."""
    if measurement["kind"] != "quantization":
        return measurement
    reason = "vLLM: the base model answered none of 4 questions"
    return {**measurement, "outcome": "failed", "reason": reason}


def runs() -> list[dict[str, object]]:
    """Three runs of one machine and one import, with everything that can be missing."""
    source = {"title": "results.json", "sha256": "0" * 64}
    loads = [
        serving(BASE, "single-stream", "L4", 1.5),
        serving(MODEL, "single-stream", "L4", 2.5),
        serving(BASE, "multi-stream", "L4", 12.5),
        serving(MODEL, "multi-stream", "L4", 1234.5),
        serving(BASE, "multi-stream", "H200", None),
        serving(MODEL, "multi-stream", "H200", 99.5),
        serving(BASE, "concurrent", "L4", 10.5, load=8.0),
        serving(MODEL, "concurrent", "L4", 20.5, load=8.0),
        serving(BASE, "constant-rate", "L4", 4.0, load=4.5),
        serving(MODEL, "constant-rate", "L4", 4.5, load=4.5),
    ]
    scores = [
        accuracy(BASE, "mmlu", 70.25, n_expected=1000, n_scored=990),
        accuracy(MODEL, "mmlu", 69.5),
        accuracy(BASE, "asr", 8.5, lower=True),
        accuracy(MODEL, "asr", 12.25, lower=True),
        accuracy(BASE, "gsm8k", None),
        accuracy(MODEL, "gsm8k", 51.0),
        accuracy(BASE, "rare", 0.0),
        accuracy(MODEL, "rare", 0.1),
    ]
    devices = [
        device("L4", 1, 0.25),
        device("L4", 2, 0.5, flops_generation=reading(1.25e12)),
        device("L4", 4, None),
        device("CPU", 1, 12.5, method="modelled"),
        device("L4", 1, 0.2, optimization="compile"),
    ]
    again = [device("L4", 1, latency) for latency in (0.26, 0.27)]
    return [
        run([quantization(), *scores, *loads, *devices], command=["measure", "--all"]),
        *(run([measurement]) for measurement in again),
        run(
            [device("L4", 1, 0.9), accuracy(MODEL, "mmlu", 50.0)],
            origin="imported",
            source=source,
            tool={"name": "lm-eval", "version": "0.4.9"},
        ),
    ]


def project(root: Path, *, numbers: str = "point") -> Path:
    """A project with a card of both kinds, a benchmark card, and one whose model was not made."""
    (root / "cardgen.yaml").write_text(PROJECT, "utf-8")
    for name, specification in (("both", BOTH), ("benchmark", BENCHMARK), ("failed", BOTH)):
        folder = root / "cards" / name / "runs"
        folder.mkdir(parents=True)
        text = f"{specification}numbers: {numbers}\n"
        (folder.parent / "card.yaml").write_text(text, "utf-8")
        for number, content in enumerate(runs(), 1):
            data: dict[str, Any] = content
            if name == "benchmark":
                kept = [m for m in data["measurements"] if m["kind"] == "device"]
                data = {**data, "measurements": [{**m, "model": BASE} for m in kept]}
            if name == "failed":
                data = {**data, "measurements": [attempted(m) for m in data["measurements"]]}
            (folder / f"{number}.json").write_text(json.dumps(data), "utf-8")
    return root
