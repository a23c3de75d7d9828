"""Tables of headers, good and bad, with what is said of each."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardgen.frontmatter.validate import (
    Problem,
    eval_results_problems,
    header_problems,
)

GOOD: dict[str, Any] = {
    "license": "apache-2.0",
    "language": ["en"],
    "library_name": "transformers",
    "base_model": "Qwen/Qwen2.5-VL-3B-Instruct",
}
DATASET = " If possible, use a dataset id from https://hf.co/datasets."
MODEL = " Use a model id from https://hf.co/models."
LANGUAGE = (
    " is not valid. It must be an ISO 639-1, 639-2 or 639-3 code (two/three letters), or a special"
    ' value like "code", "multilingual". If you want to use BCP-47 identifiers, you can specify'
    " them in language_bcp47."
)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"language": "multilingual"},
        {"language": ["en", "ru", "no", "code", "yue", "grc"]},
        {"license": ["mit", "llama3.3"]},
        {"license": "openrail++"},
        {"license": "other", "license_name": "my-license-1.0", "license_link": "LICENSE"},
        {"license_link": "https://example.org/apache"},
        {"base_model": ["a/b", "gpt2"], "base_model_relation": "merge"},
        {"base_model_relation": "quantized"},
        {"new_version": "a/b-v2", "datasets": ["imdb", "HuggingFaceFW/fineweb"]},
        {"datasets": "imdb", "metrics": "wer", "tags": []},
        {"pipeline_tag": "image-text-to-text", "tags": ["fp8", "vllm"], "metrics": ["accuracy"]},
        {"co2_eq_emissions": 12.5},
        {"co2_eq_emissions": {"emissions": 1, "source": "CodeCarbon"}},
        {"model_name": "m", "quantized_by": "x", "prompt_template": "y", "extra_gated_prompt": "z"},
        {"widget": [{"text": "a"}], "inference": False, "language_bcp47": ["zh-Hans"]},
    ],
    ids=repr,
)
def test_a_good_header_is_left_in_peace(change: dict[str, Any]) -> None:
    assert header_problems(GOOD | change) == []


@pytest.mark.parametrize(
    ("change", "level", "path", "message"),
    [
        ({"license": ["mit", 3]}, "error", "license[1]", '"license[1]" must be a string'),
        ({"license": {"a": 1}}, "error", "license", '"license" must be an array'),
        ({"license": "  "}, "error", "license", '"license" is not allowed to be empty'),
        (
            {"license": None},
            "warning",
            "license",
            '"license" is empty and counts as missing',
        ),
        (
            {"license_name": "My Licence"},
            "warning",
            "license_name",
            '"license_name" is an identifier like "my-license-1.0", not "My Licence"',
        ),
        ({"license_link": 3}, "error", "license_link", '"license_link" must be a string'),
        (
            {"language": ["en", False]},
            "error",
            "language[1]",
            '"language[1]" must be a string',
        ),
        (
            {"language": ["zh-CN"]},
            "error",
            "language[0]",
            '"language[0]" must only contain lowercase characters',
        ),
        (
            {"language": ["en", "pt_pt"]},
            "error",
            "language[1]",
            '"language[1]" with value "pt_pt"' + LANGUAGE,
        ),
        ({"language": "xx"}, "error", "language", '"language" with value "xx"' + LANGUAGE),
        (
            {"language": "english"},
            "error",
            "language",
            '"language" with value "english"' + LANGUAGE,
        ),
        ({"library_name": 1}, "error", "library_name", '"library_name" must be a string'),
        ({"pipeline_tag": ["x"]}, "error", "pipeline_tag", '"pipeline_tag" must be a string'),
        ({"tags": ["a", 4]}, "error", "tags[1]", '"tags[1]" must be a string'),
        ({"tags": {"a": 1}}, "error", "tags", '"tags" must be an array'),
        (
            {"tags": "fp8"},
            "warning",
            "tags",
            '"tags" must be an array; a single string is read as one tag',
        ),
        ({"tags": ["a", None]}, "error", "tags[1]", '"tags[1]" must be a string'),
        ({"datasets": [None]}, "error", "datasets[0]", '"datasets[0]" must be a string'),
        ({"base_model": [None]}, "error", "base_model[0]", '"base_model[0]" must be a string'),
        ({"new_version": ["a/b"]}, "error", "new_version", '"new_version" must be a string'),
        ({"metrics": [1]}, "error", "metrics[0]", '"metrics[0]" must be a string'),
        (
            {"datasets": ["/var/data"]},
            "error",
            "datasets[0]",
            '"datasets[0]" with value "/var/data" is not valid.'
            + DATASET
            + " This is a path on a disk.",
        ),
        (
            {"base_model": "/var/models/base"},
            "error",
            "base_model",
            '"base_model" with value "/var/models/base" is not valid.'
            + MODEL
            + " This is a path on a disk.",
        ),
        (
            {"base_model": ["a/b", "C:\\models\\c"]},
            "error",
            "base_model[1]",
            '"base_model[1]" with value "C:\\models\\c" is not valid.'
            + MODEL
            + " This is a path on a disk.",
        ),
        ({"base_model": False}, "error", "base_model", '"base_model" must be an array'),
        (
            {"base_model_relation": "quantised"},
            "error",
            "base_model_relation",
            '"base_model_relation" must be one of [adapter, merge, quantized, finetune]',
        ),
        (
            {"base_model_relation": ["quantized"]},
            "error",
            "base_model_relation",
            '"base_model_relation" must be one of [adapter, merge, quantized, finetune]',
        ),
        (
            {"co2_eq_emissions": {"source": "x"}},
            "error",
            "co2_eq_emissions.emissions",
            '"co2_eq_emissions.emissions" is required',
        ),
        (
            {"co2_eq_emissions": "much"},
            "error",
            "co2_eq_emissions",
            '"co2_eq_emissions" must be a number',
        ),
        (
            {"licence": "mit"},
            "warning",
            "licence",
            '"licence" has no meaning for the Hub; did you mean "license"?',
        ),
        (
            {"model_index": []},
            "warning",
            "model_index",
            '"model_index" has no meaning for the Hub; did you mean "model-index"?',
        ),
        ({True: "x"}, "error", "", "the key True is not text: put it in quotes"),
        ({"model-index": {}}, "error", "model-index", '"model-index" must be an array'),
    ],
    ids=repr,
)
def test_what_is_said_of_a_header(
    change: dict[Any, Any], level: str, path: str, message: str
) -> None:
    found = header_problems({**GOOD, **change})
    assert [
        (p.level, p.path, p.message) for p in found if p.path != "license" or path == "license"
    ][:1] == [(level, path, message)]


@pytest.mark.parametrize(
    "name",
    [
        "Kokoro 82M",
        "a/b/c",
        "a--b/c",
        "a/b..c",
        "-a/b",
        "a/b.",
        "a/b.git",
        "модель",
        "a/" + "b" * 97,
    ],
)
def test_a_name_that_no_repository_can_have(name: str) -> None:
    (problem,) = header_problems(GOOD | {"base_model": name})
    assert problem.level == "error"
    assert problem.message.startswith(
        f'"base_model" with value "{name}" is not valid.{MODEL} A name'
    )


def test_an_unknown_task_is_a_warning_with_a_suggestion() -> None:
    (problem,) = header_problems(GOOD | {"pipeline_tag": "text_generation"})
    assert problem.level == "warning"
    assert problem.message.startswith(
        'The pipeline tag "text_generation" is not in the official list: text-classification, '
    )
    assert problem.message.endswith('other; did you mean "text-generation"?')


@pytest.mark.parametrize("data", [None, {}])
def test_an_empty_header(data: object) -> None:
    assert header_problems(data) == [
        Problem("warning", "", "empty or missing yaml metadata in repo card")
    ]


@pytest.mark.parametrize("data", [[], "license", 3, False])
def test_a_header_that_is_no_mapping(data: object) -> None:
    assert header_problems(data) == [
        Problem("error", "", "repo card metadata block should be a dict")
    ]


def test_what_is_recommended() -> None:
    found = header_problems({"tags": ["fp8"], "base_model_relation": "quantized"})
    assert [(p.level, p.path) for p in found] == [
        ("warning", "license"),
        ("warning", "library_name"),
        ("warning", "base_model"),
    ]
    assert "August 2024" in found[1].message


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "results", "task", "dataset", "metrics", "type", "value"])
            | st.sampled_from(["id", "task_id", "source", "url", "date", "args", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
fields = st.sampled_from(
    [
        *("license", "license_name", "language", "library_name", "pipeline_tag", "tags", "q"),
        *("base_model", "base_model_relation", "co2_eq_emissions", "model-index", "datasets"),
    ]
)


@given(data=st.dictionaries(fields, anything, max_size=5) | anything)
def test_no_data_breaks_the_validator(data: object) -> None:
    for problem in (*header_problems(data), *eval_results_problems(data)):
        assert problem.message
