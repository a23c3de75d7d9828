"""The thirty raw results of the example: what they become, and where the published cards differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from imports.published import BLIP, DISAGREEMENTS, FUYU, PUBLISHED, QWEN
from imports.samples import EXAMPLE, FOLDER, MAPPING, make_profile

from cardgen.errors import ImportFileError
from cardgen.imports import ImportOptions, read
from cardgen.records import DeviceMeasurement, NonNegativeReading, Reading, Rounding, Run

OPTIONS = ImportOptions(mapping=EXAMPLE / "mapping.yaml", project_root=EXAMPLE)
FILES = sorted(EXAMPLE.glob("results/*/results.json"))


def only(run: Run) -> DeviceMeasurement:
    (measurement,) = run.measurements
    assert isinstance(measurement, DeviceMeasurement)
    return measurement


def example(folder: str) -> DeviceMeasurement:
    return only(read("vlm-profiling", EXAMPLE / "results" / folder / "results.json", OPTIONS))


def test_every_raw_result_becomes_one_record() -> None:
    assert len(FILES) == 30
    found = [only(read("vlm-profiling", path, OPTIONS)) for path in FILES]
    assert len({m.identity for m in found}) == 30
    assert {m.model for m in found} == {
        "Qwen/Qwen2.5-VL-3B-Instruct",
        "Salesforce/blip2-opt-2.7b",
        "adept/fuyu-8b",
    }


def test_a_record_in_full() -> None:
    run = read(
        "vlm-profiling", EXAMPLE / "results" / f"{QWEN}_224_200_cuda_fp16_1/results.json", OPTIONS
    )
    found = only(run)
    assert (found.device.name, found.device.type, found.device.model) == (
        "GPU",
        "cuda",
        "NVIDIA H100",
    )
    assert (found.dataset, found.batch_size, found.image_size) == ("TextVQA", 1, 224)
    assert (found.sequence_length, found.optimization, found.dtype) == (200, "fp16", "float16")
    assert (found.attention, found.samples, found.max_new_tokens) == ("eager", 300, 50)
    assert found.latency_s is not None
    assert (found.latency_s.value, found.latency_s.statistic) == (0.8404356453959149, "mean")
    assert found.energy is not None
    assert found.energy.method == "nvml-counter"
    assert found.energy.joules_per_sample is not None
    assert found.energy.joules_per_sample.value == 129.9412200021744
    assert found.flops_generation == NonNegativeReading(
        value=617.84e9, decimals=-7, statistic="single"
    )
    assert found.quality is not None
    assert (found.quality.metric, found.quality.higher_is_better) == ("WER", False)
    assert found.quality.reading.value == 28.216279983520508
    assert found.absent == {}
    machine = run.provenance.machine
    assert machine is not None
    assert (machine.cuda, machine.driver) == ("12.2", "535.161.08")
    assert run.provenance.source is not None
    assert run.provenance.source.file == f"results/{QWEN}_224_200_cuda_fp16_1/results.json"


def test_the_cpus_energy_has_no_known_method() -> None:
    found = example(f"{BLIP}_224_200_cpu_fp16_1")
    assert (found.device.name, found.device.model) == ("CPU", "Intel Xeon Platinum 8462Y+")
    assert found.energy is not None
    assert found.energy.method == "unknown"


def test_a_null_is_absent_with_its_reason() -> None:
    found = example(f"{FUYU}_224_200_cuda_compile_16")
    assert found.flops_generation is None
    assert found.absent == {"flops_generation": "the result file holds null"}
    assert found.optimization == "Compile"


def reading(found: DeviceMeasurement, field: str) -> Reading | None:
    match field:
        case "latency":
            return found.latency_s
        case "energy":
            return found.energy.joules_per_sample if found.energy else None
        case "flops":
            return found.flops_generation
    return found.quality.reading if found.quality else None


def prints_as(value: float, printed: str) -> bool:
    """Whether `value` would be printed so, cut or rounded."""
    number, _, prefix = printed.partition(" ")
    power = {"": 0, "G": 9, "T": 12}[prefix]
    decimals = len(number.partition(".")[2]) - power
    shown = float(number) * 10**power
    rounding: tuple[Rounding, ...] = ("nearest", "truncated")
    for mode in rounding:
        low, high = Reading(value=shown, decimals=decimals, rounding=mode).bounds
        slack = 1e-9 * shown
        if low - slack <= value <= high + slack:
            return True
    return False


def test_the_raw_results_are_those_the_cards_were_written_from_but_for_three_figures() -> None:
    differ: dict[tuple[str, str], tuple[float, str]] = {}
    for folder, field, printed in PUBLISHED:
        raw = reading(example(folder), field)
        assert raw is not None, (folder, field)
        if not prints_as(raw.value, printed):
            differ[folder, field] = (raw.value, printed)
    assert differ == DISAGREEMENTS


WRONG_RESULTS = {
    '{"wer_value": 1, "latency": -1, "energy": 1, "flops": null}': "/latency",
    '{"wer_value": 1, "latency": 0, "energy": 1, "flops": null}': "/latency",
    '{"wer_value": -1, "latency": 1, "energy": 1, "flops": null}': "/wer_value",
    '{"wer_value": 1, "latency": 1, "energy": "much", "flops": null}': "/energy",
    '{"wer_value": 1, "latency": 1, "energy": 1, "flops": "12 parsecs"}': "/flops",
    '{"wer_value": 1, "latency": 1, "energy": 1, "flops": 12}': "/flops",
    '{"wer_value": 1, "latency": 1, "energy": 1}': "results.json",
    '{"wer_value": 1, "latency": 1, "energy": 1, "flops": null, "extra": 1}': "/extra",
}


@pytest.mark.parametrize(("text", "place"), WRONG_RESULTS.items())
def test_a_wrong_value_is_refused_where_it_stands(text: str, place: str, tmp_path: Path) -> None:
    path, options = make_profile(tmp_path, result=text)
    with pytest.raises(ImportFileError) as caught:
        read("vlm-profiling", path, options)
    assert caught.value.place.endswith(place)


def test_another_model_needs_a_mapping_and_no_code(tmp_path: Path) -> None:
    path, options = make_profile(tmp_path)
    found = only(read("vlm-profiling", path, options))
    assert (found.model, found.dataset) == ("example/tiny-2.5", "TextVQA")
    assert (found.optimization, found.batch_size) == ("Flash Attention 2", 16)
    assert (found.dtype, found.attention) == (None, None)


def test_another_metric_is_named_in_the_mapping(tmp_path: Path) -> None:
    path, options = make_profile(
        tmp_path,
        mapping=MAPPING.replace(
            "{name: WER, higher_is_better: false}",
            "{name: CIDEr, key: cider, higher_is_better: true}",
        ),
        result='{"cider": 1.05, "latency": 1.25, "energy": null, "flops": null}',
    )
    quality = only(read("vlm-profiling", path, options)).quality
    assert quality is not None
    assert (quality.metric, quality.reading.value, quality.higher_is_better) == (
        "CIDEr",
        1.05,
        True,
    )


def test_a_result_of_nulls_is_a_failed_run(tmp_path: Path) -> None:
    nulls = '{"wer_value": null, "latency": null, "energy": null, "flops": null}'
    path, options = make_profile(tmp_path, result=nulls)
    found = only(read("vlm-profiling", path, options))
    assert (found.outcome, found.reason) == ("failed", "the result file holds no value")


WRONG_MAPPINGS = {
    "a misspelt key": (
        MAPPING.replace("samples:", "sampels:"),
        "/sampels",
        "did you mean 'samples'?",
    ),
    "a misspelt device key": (
        MAPPING.replace("energy:", "enrgy:"),
        "/devices/cuda",
        "did you mean 'energy'?",
    ),
    "no dataset": (MAPPING.replace(FOLDER, "other"), "/datasets", f"add {FOLDER} to `datasets`"),
    "no model": (MAPPING.replace("tiny-2.5: ", "tiny: "), "/models", "add tiny-2.5 to `models`"),
    "an unknown method": (MAPPING.replace("nvml-counter", "guess"), "/devices/cuda/energy", ""),
    "no mapping": ("[]", "mapping.yaml", ""),
    "broken YAML": ("a: [", "mapping.yaml", ""),
    "empty": ("", "mapping.yaml", ""),
}


@pytest.mark.parametrize(
    ("mapping", "place", "next_step"), WRONG_MAPPINGS.values(), ids=WRONG_MAPPINGS
)
def test_a_wrong_mapping_says_what_to_mend(
    mapping: str, place: str, next_step: str, tmp_path: Path
) -> None:
    path, options = make_profile(tmp_path, mapping=mapping)
    with pytest.raises(ImportFileError) as caught:
        read("vlm-profiling", path, options)
    assert place in caught.value.place
    assert next_step in str(caught.value.next_step)


def test_the_mapping_and_the_folders_name_are_needed(tmp_path: Path) -> None:
    path, options = make_profile(tmp_path)
    with pytest.raises(ImportFileError, match="--mapping"):
        read("vlm-profiling", path, replace(options, mapping=None))
    path, options = make_profile(tmp_path, name="somewhere")
    with pytest.raises(ImportFileError) as caught:
        read("vlm-profiling", path, options)
    assert caught.value.found == "somewhere"
