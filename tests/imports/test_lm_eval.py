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
    (HF, "mmlu", "acc", None, 0.6213592233009708, 0.0238, "fraction", True, 412, 412, 0),
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
        ("chat_template", None, False),
        ("chat_template_sha", None, False),
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


@pytest.mark.parametrize(
    ("key", "value", "recorded"),
    [
        ("fewshot_as_multiturn", None, None),
        ("fewshot_as_multiturn", False, False),
        ("system_instruction", None, None),
        ("system_instruction", "", None),
    ],
)
def test_what_the_file_states_is_recorded_null_included(
    key: str, value: object, recorded: object, tmp_path: Path
) -> None:
    settings = settings_with(tmp_path, key, value)
    assert key in settings
    assert settings[key] is recorded


@pytest.mark.parametrize(
    ("key", "value", "recorded"),
    [
        ("limit", None, None),
        ("gen_kwargs", None, None),
        ("gen_kwargs", {}, "{}"),
        ("gen_kwargs", {"temperature": 0.7, "do_sample": True}, None),
    ],
)
def test_so_is_what_its_configuration_states(
    key: str, value: object, recorded: object, tmp_path: Path
) -> None:
    path = changed(EARLY, tmp_path, "config", key, to=value)
    settings = scores(read("lm-eval", path))["hellaswag", "acc_norm", None].settings
    expected = json.dumps(value, sort_keys=True) if isinstance(value, dict) else recorded
    assert key in settings
    assert settings[key] == expected


def test_what_is_not_in_the_file_is_not_stated(tmp_path: Path) -> None:
    path = changed(EARLY, tmp_path, "config", "limit", to=REMOVED)
    settings = scores(read("lm-eval", path))["hellaswag", "acc_norm", None].settings
    for key in ("limit", "apply_chat_template", "system_instruction", "generation_kwargs"):
        assert key not in settings


def test_the_shots_may_stand_in_the_tasks_configuration_alone(tmp_path: Path) -> None:
    path = changed(HF, tmp_path, "n-shot", "gsm8k", to=REMOVED)
    assert scores(read("lm-eval", path))["gsm8k", "exact_match", "strict-match"].n_shot == 5


def test_a_tasks_own_generation_settings_are_its_scores(tmp_path: Path) -> None:
    """Two tasks of one file may be asked in two ways."""
    own = {"until": ["</s>"], "do_sample": False, "temperature": 0.0}
    path = changed(HF, tmp_path, "configs", "gsm8k", to={"generation_kwargs": own, "repeats": 4})
    found = scores(read("lm-eval", path))
    settings = found["gsm8k", "exact_match", "strict-match"].settings
    assert settings["generation_kwargs"] == json.dumps(own, sort_keys=True)
    assert settings["repeats"] == 4
    assert "repeats" not in found["wikitext", "word_perplexity", None].settings


def grouped(
    tmp_path: Path,
    groups: dict[str, list[str]],
    samples: dict[str, tuple[int, int]],
    *,
    own: int | None,
    limit: float | None = 50.0,
) -> AccuracyMeasurement:
    """The score of the group `suite` in a file with these groups and samples."""
    content = json.loads(HF.text())
    score: dict[str, object] = {"acc,none": 0.5, "alias": "suite"}
    content["results"] = {"suite": {**score, **({} if own is None else {"sample_len": own})}}
    content["groups"] = dict(content["results"])
    content["group_subtasks"] = groups
    content["n-samples"] = {
        task: {"original": original, "effective": effective}
        for task, (original, effective) in samples.items()
    }
    content["higher_is_better"] = {"suite": {"acc": True}}
    content["config"]["limit"] = limit
    path = tmp_path / "grouped.json"
    path.write_text(json.dumps(content))
    return scores(read("lm-eval", path))["suite", "acc", None]


FLAT = {"suite": ["a", "b"]}
NESTED = {"suite": ["inner", "c"], "inner": ["a", "b"], "a": [], "b": [], "c": []}
LIMITED = {"a": (717, 50), "b": (1101, 50)}


@pytest.mark.parametrize(
    ("groups", "samples", "own", "expected", "scored"),
    [
        (FLAT, LIMITED, 100, 1818, 100),
        (FLAT, LIMITED, None, 1818, 100),
        (NESTED, {**LIMITED, "c": (9, 9)}, 109, 1827, 109),
        ({**NESTED, "b": ["suite"]}, {"a": (5, 5), "c": (9, 9)}, 14, 14, 14),
        # the file lacks tasks: their sum is not the group's own count
        (FLAT, LIMITED, 700, None, 700),
        (FLAT, {"a": (717, 50)}, 100, None, 100),
        ({}, {}, 700, None, 700),
    ],
    ids=["flat", "without an own count", "nested", "in a circle", "cut", "a task lacks", "alone"],
)
def test_a_groups_score_is_as_partial_as_its_tasks(
    groups: dict[str, list[str]],
    samples: dict[str, tuple[int, int]],
    own: int | None,
    expected: int | None,
    scored: int,
    tmp_path: Path,
) -> None:
    found = grouped(tmp_path, groups, samples, own=own)
    assert (found.n_expected, found.n_scored, found.n_dropped) == (expected, scored, None)
    assert found.settings["limit"] == 50.0
    assert found.value is not None
    assert found.value.n == scored


def test_what_is_missing_in_a_group_without_a_limit_was_dropped(tmp_path: Path) -> None:
    found = grouped(tmp_path, FLAT, {"a": (10, 9), "b": (10, 10)}, own=19, limit=None)
    assert (found.n_expected, found.n_scored, found.n_dropped) == (20, 19, 1)


def test_hundreds_of_tasks_that_are_left_out_are_one_note(tmp_path: Path) -> None:
    content = json.loads(HF.text())
    content["results"] |= {f"task_{n}": {"house_style,none": 1.0, "odd": 2.0} for n in range(300)}
    path = tmp_path / "many.json"
    path.write_text(json.dumps(content))
    notes = [note for note in read("lm-eval", path).provenance.notes if "left out" in note]
    assert len(notes) <= 3
    assert all(len(note) < 200 for note in notes)
    assert any("and 297 more: nothing says which way house_style" in note for note in notes)


def test_no_score_at_all_is_told_in_a_few_lines(tmp_path: Path) -> None:
    content = json.loads(HF.text())
    content["results"] = {f"task_{n}": {f"odd_{n},none": 1.0} for n in range(300)}
    content["groups"] = {}
    path = tmp_path / "none.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ImportFileError) as caught:
        read("lm-eval", path)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    ("scores_", "found"),
    [
        ({"house_style,none": 0.4}, "gsm8k: nothing says which way house_style is better"),
        (
            {"odd": 2.0, "acc,none": "N/A"},
            "gsm8k: odd is no score of the form `metric,filter`; gsm8k: acc,none is no number",
        ),
        ({"alias": "gsm8k"}, "no score at all for gsm8k"),
        (None, "no task at all"),
    ],
)
def test_why_there_is_no_score_is_told_and_nothing_else(
    scores_: dict[str, object] | None, found: str, tmp_path: Path
) -> None:
    """Not that the run was limited, which is a note of every such file."""
    content = json.loads(HF.text())
    content["results"] = {} if scores_ is None else {"gsm8k": scores_}
    content["groups"] = {}
    content["config"]["limit"] = 10
    path = tmp_path / "none.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ImportFileError) as caught:
        read("lm-eval", path)
    assert caught.value.found == found


CONFIG: dict[str, object] = {
    "task": "gsm8k",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "/home/alice/data/q.jsonl"}, "token": True},
    "test_split": "test",
    "process_docs": "<function process_docs at 0x7f01>",
    "doc_to_text": "Q: {{question}}",
    "target_delimiter": " ",
    "fewshot_config": {"sampler": "first_n", "samples": [{"question": "1+1", "answer": "2"}]},
    "num_fewshot": 5,
    "metric_list": [{"metric": "acc"}],
    "metadata": {"version": 3.0, "pretrained": "example/tiny"},
}


def config_hash(
    tmp_path: Path, changes: dict[str, object] | None = None, shots: int = 5
) -> Setting:
    """What is recorded of a configuration that differs from the sample's in these keys."""
    content = json.loads(HF.text())
    content["configs"]["gsm8k"] = {**CONFIG, **(changes or {})}
    content["n-shot"]["gsm8k"] = shots
    path = tmp_path / "configured.json"
    path.write_text(json.dumps(content))
    found = scores(read("lm-eval", path))["gsm8k", "exact_match", "strict-match"]
    return found.settings.get("task_config_hash")


@pytest.mark.parametrize(
    "changes",
    [
        {"doc_to_text": "Question: {{question}}"},
        {"dataset_path": "openai/gsm8k"},
        {"dataset_name": "socratic"},
        {"dataset_kwargs": {"data_files": {"test": "/home/alice/data/other.jsonl"}}},
        {"dataset_kwargs": {"data_files": {"test": "other/q.jsonl"}}},
        {"test_split": "train"},
        {"process_docs": "def process_docs(dataset):\n    return dataset\n"},
        {"process_results": "def process_results(doc, results):\n    return {}\n"},
        {"description": "Think."},
        {"target_delimiter": ""},
        {"gen_prefix": "A:"},
        {"fewshot_config": {"sampler": "first_n", "samples": [{"question": "2+2"}]}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_two_ways_of_asking_have_two_digests(changes: dict[str, object], tmp_path: Path) -> None:
    first = config_hash(tmp_path)
    assert isinstance(first, str)
    assert len(first) == 64
    assert isinstance(other := config_hash(tmp_path, changes), str)
    assert other != first


@pytest.mark.parametrize(
    "changes",
    [
        {"process_docs": "<function process_docs at 0x55aabb>"},
        {"dataset_kwargs": {"data_files": {"test": "D:\\bob\\q.jsonl"}, "cache_dir": "/tmp/c"}},
        {"dataset_name": None},
        {"num_fewshot": 4, "repeats": 2, "generation_kwargs": {"temperature": 1.0}},
        {"metric_list": [], "metadata": {"version": 3.0, "pretrained": "example/other"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_no_part_of_the_question_changes_no_digest(
    changes: dict[str, object], tmp_path: Path
) -> None:
    """Places in memory and on a disk, what is a condition of its own, the model's arguments."""
    assert config_hash(tmp_path, changes) == config_hash(tmp_path)


def test_without_examples_it_does_not_matter_whence_they_would_come(tmp_path: Path) -> None:
    elsewhere: dict[str, object] = {"fewshot_split": "train", "fewshot_config": None}
    assert config_hash(tmp_path, elsewhere, shots=0) == config_hash(tmp_path, shots=0)
    assert config_hash(tmp_path, elsewhere) != config_hash(tmp_path)


def test_a_configuration_that_does_not_say_what_is_asked_has_no_digest(tmp_path: Path) -> None:
    path = changed(HF, tmp_path, "configs", "gsm8k", to={"task": "gsm8k", "test_split": "test"})
    found = scores(read("lm-eval", path))
    assert "task_config_hash" not in found["gsm8k", "exact_match", "strict-match"].settings
    assert "task_config_hash" not in found["mmlu", "acc", None].settings


def test_a_groups_digest_is_that_of_all_of_its_tasks(tmp_path: Path) -> None:
    content = json.loads(HF.text())
    found = []
    for text in ("Q: {{question}}", "{{question}}"):
        for task in ("mmlu_anatomy", "mmlu_astronomy"):
            content["configs"][task]["doc_to_text"] = "Q: {{question}}"
        content["configs"]["mmlu_anatomy"]["doc_to_text"] = text
        path = tmp_path / "group.json"
        path.write_text(json.dumps(content))
        group = scores(read("lm-eval", path))["mmlu", "acc", None]
        found.append(group.settings["task_config_hash"])
    assert found[0] != found[1]


REPORT = """PyTorch version: 2.11.0+cu130
Python version: 3.12.3 (main)
[pip3] numpy==2.1.0
[pip3] torch==2.11.0
[pip3] vllm==0.25.1
[conda] transformers             5.1.0                    pypi_0    pypi
"""


@pytest.mark.parametrize(
    ("changes", "packages"),
    [
        (
            {"pretty_env_info": REPORT},
            {"torch": "2.11.0+cu130", "vllm": "0.25.1", "transformers": "4.57.1"},
        ),
        (
            {"pretty_env_info": REPORT, "transformers_version": None},
            {"torch": "2.11.0+cu130", "vllm": "0.25.1", "transformers": "5.1.0"},
        ),
        ({"pretty_env_info": "vLLM Version: 0.9.1"}, {"vllm": "0.9.1", "transformers": "4.57.1"}),
        ({"pretty_env_info": "", "vllm_version": "0.9"}, {"vllm": "0.9", "transformers": "4.57.1"}),
    ],
)
def test_the_versions_that_the_file_states(
    changes: dict[str, object], packages: dict[str, str], tmp_path: Path
) -> None:
    content = {**json.loads(HF.text()), "transformers_version": "4.57.1", **changes}
    path = tmp_path / "r.json"
    path.write_text(json.dumps(content))
    environment = read("lm-eval", path).provenance.environment
    assert environment is not None
    assert environment.packages == {"lm-eval": "0.4.13", **packages}


def test_an_apis_answers_have_no_version_of_the_clients_packages(tmp_path: Path) -> None:
    content = {**json.loads(SERVED.text()), "pretty_env_info": REPORT}
    path = tmp_path / "r.json"
    path.write_text(json.dumps(content))
    environment = read("lm-eval", path).provenance.environment
    assert environment is not None
    assert set(environment.packages) <= {"lm-eval"}


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
