"""The Hub's own client reads what is emitted, and agrees with the rules that are checked here."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from huggingface_hub import (
    EvalResult,
    EvalResultEntry,
    ModelCard,
    ModelCardData,
    eval_result_entries_to_yaml,
    parse_eval_result_entries,
)
from huggingface_hub.errors import HFValidationError
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results
from huggingface_hub.utils._validators import validate_repo_id
from hypothesis import given
from hypothesis import strategies as st

from cardgen.frontmatter.emit import eval_results, header
from cardgen.frontmatter.problems import is_repository_name
from cardgen.frontmatter.validate import eval_results_problems, header_problems

RESULTS = [
    EvalResult(
        task_type="text-generation",
        task_name="Text Generation",
        dataset_type="HuggingFaceH4/ifeval",
        dataset_name="IFEval (0-Shot)",
        dataset_config="no",
        dataset_revision="0012345678901234567890123456789012345678",
        dataset_args={"num_few_shot": 0},
        metric_type="inst_level_strict_acc",
        metric_name="strict: accuracy",
        metric_value=79.96,
        source_name="Leaderboard #1",
        source_url="https://hf.co/spaces/open-llm-leaderboard/open_llm_leaderboard?query=a#b",
    ),
    EvalResult(
        task_type="automatic-speech-recognition",
        dataset_type="mozilla-foundation/common_voice",
        dataset_name="Common Voice (русский)",
        dataset_split="test",
        metric_type="wer",
        metric_value=1e-7,
    ),
]
DATA: dict[str, Any] = {
    "language": ["en", "ru", "no"],
    "license": "other",
    "license_name": "my-license-1.0",
    "license_link": "LICENSE",
    "library_name": "transformers",
    "pipeline_tag": "text-generation",
    "tags": ["fp8", "1.10", "on"],
    "datasets": ["HuggingFaceH4/ifeval"],
    "metrics": ["wer"],
    "base_model": "Qwen/Qwen2.5-VL-3B-Instruct",
    "base_model_relation": "quantized",
    "co2_eq_emissions": {"emissions": 12.5, "source": "code carbon"},
    "version": "1.10",
    "model-index": eval_results_to_model_index("m", RESULTS),
}


def metadata(card: ModelCard) -> Any:
    return card.data.to_dict()  # type: ignore[no-untyped-call]


def test_the_client_reads_the_header_and_its_results() -> None:
    card = ModelCard(header(DATA) + "\n# Title\n")
    assert card.text == "\n# Title\n"
    assert isinstance(card.data, ModelCardData)
    assert card.data.model_name == "m"
    assert card.data.eval_results == RESULTS
    assert metadata(card) == DATA
    assert header_problems(metadata(card)) == []


def test_the_client_reads_the_model_index() -> None:
    parsed = yaml.safe_load(header(DATA)[4:-4])
    assert model_index_to_eval_results(parsed["model-index"]) == ("m", RESULTS)


@pytest.mark.parametrize("data", [{}, {"tags": []}, {"a": "---\nb: c\n---\n"}, {"---": "---"}])
def test_the_client_finds_where_the_header_ends(data: dict[str, Any]) -> None:
    card = ModelCard(header(data) + "text\n---\nmore\n")
    assert card.text == "text\n---\nmore\n"
    assert metadata(card) == data


ENTRIES = [
    EvalResultEntry(dataset_id="Idavidrein/gpqa", task_id="gpqa_diamond", value=0.412),
    EvalResultEntry(
        dataset_id="cais/hle",
        task_id="default",
        value=20.90,
        dataset_revision="5503434ddd753f426f4b38109466949a1217c2bb",
        verify_token="eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9==",
        date="2025-01-15T10:30:00Z",
        source_url="https://hf.co/datasets/cais/hle",
        source_name="CAIS: HLE #2",
        source_user="null",
        source_org="cais",
        notes="no",
    ),
]


def test_the_client_reads_the_results_file() -> None:
    data = eval_result_entries_to_yaml(ENTRIES)
    parsed = yaml.safe_load(eval_results(data))
    assert parsed == data
    assert parse_eval_result_entries(parsed) == ENTRIES
    assert eval_results_problems(parsed) == []


def _client_accepts(name: str) -> bool:
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return True


@given(st.text(alphabet="aZ09-._/ é\n", max_size=8) | st.from_regex(r"[\w.-]*/?[\w.-]*\.git"))
def test_the_rule_for_names_is_the_clients(name: str) -> None:
    assert is_repository_name(name) == _client_accepts(name)


@pytest.mark.parametrize(
    "name", ["a" * 96, "a" * 97, "a/" + "b" * 96, "a" * 97 + "/b", "a/b/c", "/a", "a/", "", "a\n"]
)
def test_the_rule_for_lengths_is_the_clients(name: str) -> None:
    assert is_repository_name(name) == _client_accepts(name)
