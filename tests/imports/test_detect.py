"""The tool that wrote a file is told from what stands in it; doubt is an error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from imports.samples import BY_FILE, EXAMPLE, SAMPLES, Sample, make_checkpoint, make_profile

from cardgen.errors import ImportFileError
from cardgen.imports import TOOLS, ImportOptions, detect, read


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_every_fixture_is_recognised(sample: Sample) -> None:
    assert detect(sample.path) == sample.tool


def test_folders_and_profiles_are_recognised(tmp_path: Path) -> None:
    assert detect(make_checkpoint(tmp_path / "checkpoint")) == "checkpoint"
    assert detect(make_profile(tmp_path)[0]) == "vlm-profiling"
    assert detect(next(EXAMPLE.glob("results/*/results.json"))) == "vlm-profiling"


BENCHMARK: dict[str, object] = {"metrics": {}, "run_stats": {}}
NONE = {
    "no object": [1, 2],
    "an empty object": {},
    "another tool's": {"scores": {"a": 1}},
    "no benchmark": {"benchmarks": []},
    "unknown metrics": {"loss": 1.5},
    "results without settings": {"results": {"gsm8k": {"acc,none": 0.5}}},
}
SEVERAL = {
    "lm-eval and guidellm": {"results": {"a": {}}, "versions": {}, "benchmarks": [BENCHMARK]},
    "mistral-evals and vllm-bench": {
        "anls": 0.5,
        "duration": 1,
        "completed": 1,
        "request_throughput": 1,
    },
}


@pytest.mark.parametrize("content", NONE.values(), ids=NONE)
def test_a_file_of_no_known_tool_names_the_marks_looked_for(
    content: object, tmp_path: Path
) -> None:
    path = tmp_path / "unknown.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ImportFileError) as caught:
        detect(path)
    assert caught.value.found == "those of none"
    assert all(tool in str(caught.value.expected) for tool in TOOLS)
    assert "docs/records.md" in str(caught.value.next_step)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(("names", "content"), SEVERAL.items(), ids=SEVERAL)
def test_a_file_with_the_marks_of_two_tools_is_ambiguous(
    names: str, content: object, tmp_path: Path
) -> None:
    path = tmp_path / "both.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ImportFileError) as caught:
        detect(path)
    assert caught.value.found == f"those of {names}"
    assert caught.value.next_step == "name the tool that wrote the file"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, "a folder without config.json"),
        ({"config.json": "{}"}, "config.json without `quantization_config`"),
        ({"model-Q4_K_M.gguf": "GGUF"}, "a folder of GGUF files"),
    ],
)
def test_a_folder_that_is_no_quantized_checkpoint(
    files: dict[str, str], found: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ImportFileError) as caught:
        detect(tmp_path)
    assert caught.value.found == found


@pytest.mark.parametrize(
    ("tool", "sample"),
    [
        ("lm-eval", BY_FILE["vllm_bench/rate.json"]),
        ("vllm-bench", BY_FILE["lm_eval/hf.json"]),
        ("guidellm", BY_FILE["mistral/chartqa.json"]),
        ("mistral-evals", BY_FILE["guidellm/v0.8.json"]),
        ("vlm-profiling", BY_FILE["optimum/benchmark.json"]),
    ],
)
def test_a_file_of_another_tool_than_the_named_one_says_whose_it_is(
    tool: str, sample: Sample
) -> None:
    with pytest.raises(ImportFileError) as caught:
        read(tool, sample.path, sample.options)
    assert caught.value.found == f"one of {sample.tool}"
    assert f"name {sample.tool}" in str(caught.value.next_step)


def test_an_unknown_tool_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ImportFileError) as caught:
        read("lmeval", Path("results.json"), ImportOptions())
    assert "lm-eval" in str(caught.value.expected)


def test_importing_the_package_loads_no_importer() -> None:
    program = (
        "import sys, cardgen.imports; "
        "print([n for n in ('ijson', 'pydantic', 'yaml_rs') if n in sys.modules], "
        "[n for n in sys.modules if n.startswith('cardgen.imports.')])"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert output.stdout.decode().strip() == "[] ['cardgen.imports.options']"


@pytest.mark.parametrize(
    ("name", "tool"),
    [("lm-evall", "lm-eval"), ("lmeval", "lm-eval"), ("vllm_bench", "vllm-bench")],
)
def test_a_misspelt_tool_is_no_missing_file(name: str, tool: str) -> None:
    with pytest.raises(ImportFileError) as caught:
        detect(Path(name))
    assert caught.value.found == "no such file"
    assert caught.value.next_step == f"did you mean the tool {tool}?"


def test_a_file_named_like_a_tool_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lm_eval").write_bytes(BY_FILE["lm_eval/hf.json"].path.read_bytes())
    assert detect(Path("lm_eval")) == "lm-eval"
    with pytest.raises(ImportFileError) as caught:
        detect(Path("results.json"))
    assert "did you mean" not in str(caught.value)
