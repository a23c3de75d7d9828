"""optimum-benchmark reports: seconds a batch, and joules only where they were measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from imports.samples import BY_FILE, REMOVED, changed

from cardgen.errors import ImportFileError
from cardgen.imports import ImportOptions, read
from cardgen.records import DeviceMeasurement, Run

FULL = BY_FILE["optimum/benchmark.json"]
REPORT = BY_FILE["optimum/benchmark_report.json"]


def only(run: Run) -> DeviceMeasurement:
    (measurement,) = run.measurements
    assert isinstance(measurement, DeviceMeasurement)
    return measurement


def test_a_full_benchmark_on_a_gpu() -> None:
    run = read("optimum-benchmark", FULL.path)
    found = only(run)
    assert (found.model, found.dataset) == ("example/tiny-3B", "random inputs")
    assert (found.device.name, found.device.type, found.device.model) == (
        "GPU",
        "cuda",
        "NVIDIA A10G",
    )
    assert (found.batch_size, found.sequence_length, found.max_new_tokens) == (4, 256, 100)
    assert (found.optimization, found.dtype, found.attention) == ("fp16", "float16", "sdpa")
    assert found.latency_s is not None
    assert (found.latency_s.value, found.latency_s.n, found.latency_s.statistic) == (
        1.25,
        4,
        "mean",
    )
    assert run.provenance.tool.version == "0.6.0"
    assert run.provenance.machine is not None
    assert run.provenance.machine.cpu == "AMD EPYC 7R32"
    assert run.provenance.machine.memory_bytes == 66_697_261_056


def test_energy_is_the_gpus_counter_alone_in_joules_per_sample() -> None:
    run = read("optimum-benchmark", FULL.path)
    energy = only(run).energy
    assert energy is not None
    assert energy.method == "nvml-counter"
    assert energy.joules_per_sample is not None
    assert energy.joules_per_sample.value == pytest.approx(5e-5 * 3.6e6 / 4)
    assert any("total" in note and "modelled" in note for note in run.provenance.notes)


def test_modelled_energy_of_a_cpu_run_is_absent_with_its_reason() -> None:
    found = only(read("optimum-benchmark", REPORT.path, REPORT.options))
    assert found.energy is None
    assert "modelled" in found.absent["energy"]
    assert found.latency_s is not None
    assert found.latency_s.value == 0.2


@pytest.mark.parametrize(
    ("options", "flag"),
    [
        (ImportOptions(model="a/b", device_type="cpu"), "--batch-size"),
        (ImportOptions(model="a/b", batch_size=1), "--device-type"),
        (ImportOptions(device_type="cpu", batch_size=1), "--model"),
    ],
)
def test_a_bare_report_asks_for_what_it_lacks(options: ImportOptions, flag: str) -> None:
    with pytest.raises(ImportFileError) as caught:
        read("optimum-benchmark", REPORT.path, options)
    assert flag in str(caught.value.next_step)


GENERATE = ("report", "generate")


@pytest.mark.parametrize(
    ("steps", "value", "place"),
    [
        ((*GENERATE, "latency", "mean"), -1, "/report/generate/latency/mean"),
        ((*GENERATE, "latency", "mean"), 0, "/report/generate/latency/mean"),
        ((*GENERATE, "latency", "unit"), "ms", "/report/generate/latency/unit"),
        ((*GENERATE, "energy", "unit"), "J", "/report/generate/energy/unit"),
        ((*GENERATE, "energy", "gpu"), -1e-5, "/report/generate/energy/gpu"),
        (GENERATE, REMOVED, "/report"),
        (("config", "backend", "device"), "tpu", "/config/backend/device"),
        (("config", "scenario", "input_shapes", "batch_size"), 0, "batch_size"),
    ],
)
def test_a_wrong_value_is_refused_where_it_stands(
    steps: tuple[str, ...], value: object, place: str, tmp_path: Path
) -> None:
    path = changed(FULL, tmp_path, *steps, to=value)
    with pytest.raises(ImportFileError) as caught:
        read("optimum-benchmark", path)
    assert place in caught.value.place


@pytest.mark.parametrize(
    ("key", "value", "label"),
    [
        ("torch_compile", True, "Compile"),
        ("attn_implementation", "flash_attention_2", "Flash Attention 2"),
        ("torch_dtype", "bfloat16", "bf16"),
        ("torch_dtype", None, "unoptimized"),
    ],
)
def test_the_setting_is_named_as_the_report_names_it(
    key: str, value: object, label: str, tmp_path: Path
) -> None:
    path = changed(FULL, tmp_path, "config", "backend", key, to=value)
    assert only(read("optimum-benchmark", path)).optimization == label
