"""lm-eval results: which scores come out, in which unit and direction, with what said of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from imports.samples import BY_FILE, REMOVED, Sample, changed

from cardgen.errors import ImportFileError
from cardgen.imports import ImportOptions, read
from cardgen.records import AccuracyMeasurement, Run, Setting

HF = BY_FILE["lm_eval/hf.json"]
SERVED = BY_FILE["lm_eval/served.json"]
EARLY = BY_FILE["lm_eval/early.json"]


def scores(run: Run) -> dict[tuple[str, str, str | None], AccuracyMeasurement]:
    found = [m for m in run.measurements if isinstance(m, AccuracyMeasurement)]
    assert len(found) == len(run.measurements)
    return {(m.task, m.metric, m.variant): m for m in found}


VALUES = [
    # file, task, metric, filter, value, stderr, scale, higher is better, expected, scored, dropped
    (
        HF,
        "gsm8k",
        "exact_match",
        "strict-match",
        0.6497346474601972,
        0.013140409455571276,
        "fraction",
        True,
        1319,
        1319,
        0,
    ),
    (
        HF,
        "gsm8k",
        "exact_match",
        "flexible-extract",
        0.6535253980288097,
        0.013107179054313403,
        "fraction",
        True,
        1319,
        1319,
        0,
    ),
    (HF, "wikitext", "word_perplexity", None, 9.417215, None, "points", False, 62, 62, 0),
    (HF, "wikitext", "bits_per_byte", None, 0.604933, None, "points", False, 62, 62, 0),
    (HF, "mmlu", "acc", None, 0.6213592233009708, 0.0238, "fraction", True, None, 412, None),
    (
        HF,
        "arc_challenge_cot",
        "exact_match",
        None,
        0.83,
        0.011,
        "fraction",
        True,
        1172,
        1165,
        7,
    ),
    (SERVED, "chartqa", "relaxed_accuracy", None, 0.812, 0.0174, "fraction", True, 2500, 500, None),
    (SERVED, "chartqa", "exact_match", None, 0.6, None, "fraction", True, 2500, 500, None),
    (SERVED, "chartqa", "ter", None, 31.5, 2.0, "points", False, 2500, 500, None),
    (EARLY, "hellaswag", "acc_norm", None, 0.77, 0.0042, "fraction", True, None, None, None),
    (EARLY, "squadv2", "f1", None, 81.3, None, "points", True, None, None, None),
    (EARLY, "truthfulqa_gen", "bleu_max", None, 27.1, 0.8, "points", True, None, None, None),
]


@pytest.mark.parametrize(
    (
        "sample",
        "task",
        "metric",
        "variant",
        "value",
        "stderr",
        "scale",
        "higher",
        "expected",
        "scored",
        "dropped",
    ),
    VALUES,
    ids=[f"{row[0].path.stem}-{row[1]}-{row[2]}-{row[3]}" for row in VALUES],
)
def test_a_score_as_the_file_has_it(
    sample: Sample,
    task: str,
    metric: str,
    variant: str | None,
    value: float,
    stderr: float | None,
    scale: str,
    higher: bool,
    expected: int | None,
    scored: int | None,
    dropped: int | None,
) -> None:
    score = scores(read("lm-eval", sample.path, sample.options))[task, metric, variant]
    assert score.value is not None
    assert (score.value.value, score.value.stderr, score.value.n) == (value, stderr, scored)
    assert (score.scale, score.higher_is_better) == (scale, higher)
    assert (score.n_expected, score.n_scored, score.n_dropped) == (expected, scored, dropped)


def test_exactly_the_scores_become_measurements() -> None:
    assert len(scores(read("lm-eval", HF.path))) == 9
    assert {metric for _, metric, _ in scores(read("lm-eval", HF.path))} == {
        "exact_match",
        "word_perplexity",
        "byte_perplexity",
        "bits_per_byte",
        "acc",
    }


def test_what_a_run_says_of_itself() -> None:
    run = read("lm-eval", HF.path, ImportOptions(project_root=HF.path.parents[1], language="en"))
    origin = run.provenance
    assert (origin.origin, origin.tool.name, origin.tool.version) == (
        "imported",
        "lm-eval",
        "0.4.13",
    )
    assert origin.tool.commit is None
    assert origin.source is not None
    assert origin.source.file == "lm_eval/hf.json"
    assert origin.machine is not None
    assert origin.machine.gpu == "NVIDIA H100 80GB HBM3"
    assert (origin.machine.gpu_count, origin.machine.cuda) == (2, "12.8")
    assert origin.environment is not None
    assert origin.environment.python == "3.12.3"
    assert origin.started_at is not None
    assert origin.ended_at is not None
    assert (origin.ended_at - origin.started_at).total_seconds() == 1834.25
    gsm8k = scores(run)["gsm8k", "exact_match", "strict-match"]
    assert gsm8k.model == "example/tiny-3B-quantized.w4a16"
    assert gsm8k.revision == "66285546d2b821cf421d4f5eb2576359d3770cd3"
    assert (gsm8k.n_shot, gsm8k.split, gsm8k.language) == (5, "test", "en")
    assert gsm8k.chain_of_thought is None
    assert scores(run)["arc_challenge_cot", "exact_match", None].chain_of_thought is True
    assert scores(run)["mmlu_anatomy", "acc", None].category == "mmlu"
    assert gsm8k.settings["task_version"] == 3.0


@pytest.mark.parametrize(
    ("version", "git_hash", "commit"),
    [
        ("0.4.13", "1d3b6cf", None),
        ("0.4.9.2", "1d3b6cf", None),
        ("0.4.10.dev0", "1d3b6cf", "1d3b6cf"),
        ("0.4.9+g1d3b6cf", "1d3b6cf", "1d3b6cf"),
        (REMOVED, "1d3b6cf", "1d3b6cf"),
        (REMOVED, "v1.2-3-g1d3b6cf", None),
        (REMOVED, None, None),
    ],
)
def test_the_commit_of_the_users_own_repository_is_not_lm_evals(
    version: object, git_hash: str | None, commit: str | None, tmp_path: Path
) -> None:
    """lm-eval writes the commit of the folder it was started in: of a release it is another's."""
    path = changed(HF, tmp_path, "lm_eval_version", to=version)
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "git_hash": git_hash}))
    run = read("lm-eval", path)
    assert run.provenance.tool.commit == commit
    assert {m.harness and m.harness.commit for m in scores(run).values()} == {commit}


def test_a_release_that_the_user_names_has_no_commit(tmp_path: Path) -> None:
    """A file without a version, of which the user knows that a release wrote it."""
    path = changed(HF, tmp_path, "lm_eval_version", to=REMOVED)
    tool = read("lm-eval", path, ImportOptions(version="0.4.13")).provenance.tool
    assert (tool.version, tool.commit) == ("0.4.13", None)


def test_a_metric_whose_direction_nobody_states_is_left_out_and_said() -> None:
    run = read("lm-eval", HF.path)
    assert any("house_style" in note for note in run.provenance.notes)


def test_a_limited_run_is_partial_and_says_so() -> None:
    assert "A partial run: limit 500." in read("lm-eval", SERVED.path).provenance.notes


def test_a_length_without_a_limit_is_no_obstacle() -> None:
    assert (
        scores(read("lm-eval", SERVED.path))["chartqa", "ter", None].settings["max_length"] == 1e30
    )


def test_a_served_model_does_not_get_the_clients_gpu() -> None:
    machine = read("lm-eval", SERVED.path).provenance.machine
    assert machine is not None
    assert (machine.gpu, machine.driver, machine.operating_system) == (None, None, "Ubuntu 22.04")


def test_no_secret_and_no_private_name_reaches_a_record() -> None:
    for sample in (HF, SERVED):
        text = read("lm-eval", sample.path).model_dump_json()
        for secret in ("hf_Not", "sk-not", "alice", "node17", "cuda:0"):
            assert secret not in text
    settings = scores(read("lm-eval", SERVED.path))["chartqa", "exact_match", None].settings
    assert settings["model_args"] == (
        "model=example/tiny-VL-3B,base_url=http://<host>:8000/v1/chat/completions,"
        "api_key=<redacted>,num_concurrent=8,tokenized_requests=False,max_tokens=512,"
        "eos_string=</s>,tokenizer=~/models/tiny"
    )


@pytest.mark.parametrize(
    ("steps", "value", "place", "found"),
    [
        (("results", "gsm8k", "exact_match_stderr,strict-match"), -1, "_stderr,strict-match", "-1"),
        (("n-samples", "gsm8k", "effective"), "many", "/n-samples/gsm8k/effective", "'many'"),
        (("n-samples", "gsm8k", "effective"), 2000, "exact_match,strict-match", ""),
        (("higher_is_better", "gsm8k", "exact_match"), 1, "/higher_is_better/gsm8k", "1"),
        (("results",), [], ": /results", "a list"),
        (("results",), REMOVED, ": /results", "no such key"),
        (("results", "gsm8k"), 5, ": /results/gsm8k", "5"),
        (("config", "model_args", "pretrained"), "/data/models/tiny", "hf.json", "record"),
    ],
)
def test_a_wrong_value_is_refused_where_it_stands(
    steps: tuple[str, ...], value: object, place: str, found: str, tmp_path: Path
) -> None:
    path = changed(HF, tmp_path, *steps, to=value)
    with pytest.raises(ImportFileError) as caught:
        read("lm-eval", path)
    assert place in caught.value.place
    assert found in str(caught.value.found)
    assert caught.value.next_step


def test_a_local_path_is_no_model_until_the_user_names_it(tmp_path: Path) -> None:
    path = changed(HF, tmp_path, "config", "model_args", to="pretrained=/data/models/tiny")
    with pytest.raises(ImportFileError) as caught:
        read("lm-eval", path)
    assert "--model" in str(caught.value.next_step)
    run = read("lm-eval", path, ImportOptions(model="example/tiny"))
    assert {m.model for m in run.measurements} == {"example/tiny"}


def test_an_adapter_is_the_model_that_was_scored(tmp_path: Path) -> None:
    path = changed(HF, tmp_path, "config", "model_args", to="pretrained=a/base,peft=a/adapter")
    assert {m.model for m in read("lm-eval", path).measurements} == {"a/adapter"}


def settings_with(tmp_path: Path, key: str, value: object) -> dict[str, Setting]:
    path = changed(EARLY, tmp_path, key, to=value)
    return scores(read("lm-eval", path))["hellaswag", "acc_norm", None].settings


@pytest.mark.parametrize(
    ("key", "value", "applied"),
    [
        ("chat_template", "{{ messages }}", True),
        ("chat_template", "", True),
        ("chat_template", {"default": "{{ messages }}"}, True),
        ("chat_template_sha", "ab12", True),
        ("chat_template", None, None),
        ("chat_template_sha", None, None),
        ("system_instruction", "Be brief.", None),
    ],
)
def test_a_template_in_the_file_was_applied(
    key: str, value: object, applied: bool | None, tmp_path: Path
) -> None:
    assert settings_with(tmp_path, key, value).get("apply_chat_template") is applied


@pytest.mark.parametrize("text", ["x" * 501, "bell \x07", "token=abcdef"])
def test_an_instruction_that_cannot_be_shown_is_known_by_its_sha(text: str, tmp_path: Path) -> None:
    settings = settings_with(tmp_path, "system_instruction", text)
    assert "system_instruction" not in settings
    assert settings["system_instruction_sha"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_short_instruction_is_recorded(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, "system_instruction", "Be brief.")
    assert settings["system_instruction"] == "Be brief."


GPU = "NVIDIA A100-SXM4-80GB"


@pytest.mark.parametrize(
    ("report", "gpu", "count"),
    [
        (f"GPU models and configuration: GPU 0: {GPU}", GPU, 1),
        (f"GPU models and configuration: \nGPU 0: {GPU}\nGPU 1: {GPU}\n", GPU, 2),
        ("GPU models and configuration: Could not collect\nOS: x", None, None),
    ],
)
def test_gpus_are_counted_on_one_line_and_on_several(
    report: str, gpu: str | None, count: int | None, tmp_path: Path
) -> None:
    text = f"OS: Ubuntu 22.04\n{report}\nNvidia driver version: 535.1\n"
    machine = read("lm-eval", changed(HF, tmp_path, "pretty_env_info", to=text)).provenance.machine
    assert machine is not None
    assert (machine.gpu, machine.gpu_count) == (gpu, count)
