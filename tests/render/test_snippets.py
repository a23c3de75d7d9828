"""Code and commands: what ran where it was recorded, else rebuilt with every value quoted."""

from __future__ import annotations

import ast
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imports.samples import BY_FILE, SAMPLES, Sample
from render.bash import commands, parses
from render.loads import benchmarked, loaded
from samples_cards import BASE, MODEL, RELAXED, accuracy, card, quantization, run, serving
from samples_pages import hostile

from cardgen.card import Card
from cardgen.imports import read
from cardgen.records import AnyMeasurement, Origin, Provenance, Source, Tool
from cardgen.render import card as rendering
from cardgen.render import snippets

SHELL = [
    "a b",
    "a;rm -rf ~",
    "$(touch x)",
    "`id`",
    "a'b\"c",
    "a\\b",
    "a|b>c<d&e",
    "-rf",
    "*",
    "a\nb",
    "{{ x }}",
    "",
]


def evaluated(found: Card) -> list[list[str]]:
    """The evaluation commands of a card, each as bash reads it."""
    blocks = [item.code for item in rendering.gather(found).evaluation]
    assert [parses(code) for code in blocks] == [""] * len(blocks)
    return [command for code in blocks for command in commands(code)]


def scored(model: str, harness: str = "lm-eval", **more: Any) -> Card:
    """A card with one score of a harness."""
    measurement = accuracy("mmlu", "62.8", model, harness={"name": harness}, **more)
    return card(run(measurement), model=model)


@pytest.mark.parametrize("model", [text for text in SHELL if text])
def test_a_models_name_is_one_argument(model: str) -> None:
    """Whatever the name holds, the shell sees it in one piece, at its place."""
    (command,) = evaluated(scored(model))
    assert command[command.index("--model_args") + 1] == f"pretrained={model}"
    for tool, argument in (("guidellm", f"kind=hf_auto,model={model}"), ("vllm-bench", model)):
        found = card(loaded(tool, serving(model, latency_s=1.0)), model=model)
        serve, load = benchmarked(found)
        assert serve == ["vllm", "serve", model]
        assert argument in load


@settings(RELAXED, max_examples=100)
@given(hostile, hostile, hostile)
def test_any_value_of_a_command_is_one_argument(model: str, value: str, task: str) -> None:
    """Model, task and settings of a harness parse back to what the record says."""
    found = scored(model, settings={"batch_size": value, "task": task, "dtype": value})
    (arguments,) = evaluated(found)
    assert arguments[:3] == ["lm_eval", "--model", "vllm"]
    assert arguments[4] == f"pretrained={model},dtype={value}"
    assert arguments[arguments.index("--tasks") + 1] == task
    assert arguments[arguments.index("--batch_size") + 1] == value


@pytest.mark.parametrize("name", ["a b", "a;b", "$(x)", "--x --y"])
def test_a_settings_name_is_one_argument(name: str) -> None:
    """A setting's name is data as well."""
    found = scored(MODEL, settings={name: "value"})
    assert f"pretrained={MODEL},{name}=value" in evaluated(found)[0]


@pytest.mark.parametrize(
    ("settings_found", "expected"),
    [
        ({}, ["--tasks", "mmlu"]),
        ({"task": "mmlu_llama"}, ["--tasks", "mmlu_llama"]),
        ({"apply_chat_template": True}, ["--apply_chat_template"]),
        ({"batch_size": "auto"}, ["--batch_size", "auto"]),
        ({"model": "hf"}, ["--model", "hf"]),
        ({"dtype": "auto"}, [f"pretrained={MODEL},dtype=auto"]),
    ],
)
def test_settings_are_rebuilt(settings_found: dict[str, Any], expected: list[str]) -> None:
    """Each recorded setting stands where its harness takes it."""
    (arguments,) = evaluated(scored(MODEL, settings=settings_found))
    start = arguments.index(expected[0])
    assert arguments[start : start + len(expected)] == expected


def test_scores_of_unlike_settings_are_unlike_commands() -> None:
    """One block a harness and setting; its tasks together."""
    found = [
        accuracy(task, "50.0", n_shot=shots, harness={"name": "lm-eval"})
        for task, shots in (("a", 5), ("b", 5), ("c", 0))
    ]
    blocks = evaluated(card(run(*found)))
    assert [block[block.index("--tasks") + 1] for block in blocks] == ["a,b", "c"]
    assert [block[block.index("--num_fewshot") + 1] for block in blocks] == ["5", "0"]


def harnesses(*names: str | None) -> list[AnyMeasurement]:
    """A score of a task of its own for each harness."""
    found: list[AnyMeasurement] = []
    for number, name in enumerate(names):
        harness: dict[str, Any] = {} if name is None else {"harness": {"name": name}}
        found.append(accuracy(f"task{number}", "50.0", **harness))
    return found


SCORES: dict[str, tuple[list[AnyMeasurement], list[str]]] = {
    "lm-eval": (harnesses("lm-eval"), ["lm-eval: task0"]),
    "mistral-evals": (harnesses("mistral-evals"), ["mistral-evals: task0"]),
    "each its own": (
        harnesses("lm-eval", "mistral-evals", "lm-eval"),
        ["lm-eval: task0, task2", "mistral-evals: task1"],
    ),
    "no template": (
        harnesses("lmms-eval", "simple-evals", "lighteval", "LM-eval ", "vllm-bench", None),
        [],
    ),
    "no file's name": (harnesses("x" * 300, "../lm-eval", "lm-eval/", "."), []),
    "failed": (
        [
            accuracy("a", None, harness={"name": "lm-eval"}, reason="out of memory"),
            accuracy("b", "1.0", harness={"name": "lm-eval"}),
        ],
        ["lm-eval: b"],
    ),
    "all failed": ([accuracy("a", None, harness={"name": "lm-eval"}, reason="gone")], []),
    "skipped": (
        [accuracy("a", None, harness={"name": "lm-eval"}, outcome="skipped", reason="no")],
        [],
    ),
    "other models": (
        [
            accuracy("a", "1.0", BASE, harness={"name": "lm-eval"}),
            accuracy("a", "1.0", "a/sibling", harness={"name": "lm-eval"}),
        ],
        [],
    ),
    "other settings": (
        [
            accuracy("a", "1.0", harness={"name": "lm-eval"}, settings={"limit": 10}),
            accuracy("b", "1.0", harness={"name": "lm-eval"}),
            accuracy("c", "1.0", harness={"name": "lm-eval"}, settings={"limit": 10}),
        ],
        ["lm-eval: a, c", "lm-eval: b"],
    ),
}


@pytest.mark.parametrize("name", SCORES)
def test_a_score_has_the_command_of_its_harness(name: str) -> None:
    """Where cardgen knows how that harness is called; never another's, nor one without a score."""
    scores, titles = SCORES[name]
    found = card(run(*scores, origin="imported"))
    blocks = rendering.gather(found).evaluation
    assert [str(block.title) for block in blocks] == titles
    assert {block.status for block in blocks} <= {"reconstructed"}
    assert len(evaluated(found)) >= len(titles)


def test_a_score_that_is_not_shown_has_no_command() -> None:
    """Where a measured score goes before an imported one, the card shows no command of the
    latter."""
    other = {"name": "my-evals"}
    imported_run = run(*harnesses("lm-eval", "lm-eval"), origin="imported")
    measured_run = run(accuracy("task0", "51.0", harness=other))
    blocks = rendering.gather(card(imported_run, measured_run)).evaluation
    assert [str(block.title) for block in blocks] == ["lm-eval: task1"]


def usage(**more: Any) -> ast.Module:
    """The usage snippet, parsed."""
    found = card(run(serving(latency_s=1.0)), **more)
    snippet = snippets.usage(found, None)
    assert snippet is not None
    return ast.parse(snippet.code)


def constants(tree: ast.Module) -> list[object]:
    """Every literal of the code."""
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]


@settings(RELAXED, max_examples=80)
@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=80),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=80),
    st.sampled_from([["text"], ["image", "text"]]),
)
def test_python_holds_any_value_as_a_literal(model: str, prompt: str, inputs: list[str]) -> None:
    """Quotes, backslashes and line breaks of a name do not end the string it stands in."""
    tree = usage(model=model, inputs=inputs, deployment={"prompt": prompt, "max_model_len": 9})
    assert {model, prompt, 9} <= set(constants(tree))


def creation(**more: Any) -> snippets.Snippet:
    """The creation snippet of a quantization record."""
    found = snippets.creation(card(run(quantization(**more))), None)
    assert found is not None
    return found


@settings(RELAXED, max_examples=60)
@given(hostile, hostile, hostile)
def test_creation_code_holds_any_value_as_a_literal(base: str, dataset: str, layer: str) -> None:
    """Base model, data set and layers of the record come back from the parsed code."""
    calibration = {"dataset": dataset, "samples": 8, "max_sequence_length": 64, "prompt": layer}
    snippet = creation(base_model=base, calibration=calibration, ignore=[layer, "lm_head"])
    assert snippet.status == "reconstructed"
    assert {base, dataset, layer, "lm_head", 8, 64} <= set(constants(ast.parse(snippet.code)))


@pytest.mark.parametrize("missing", ["samples", "max_sequence_length"])
def test_an_unknown_setting_is_not_code(missing: str) -> None:
    """What the record does not say is no argument: `num_calibration_samples=None` would fail."""
    calibration: dict[str, Any] = {"dataset": "d", "samples": 8, "max_sequence_length": 64}
    del calibration[missing]
    name = {"samples": "SAMPLES", "max_sequence_length": "MAX_LENGTH"}[missing]
    assert f"{name} = None" not in creation(calibration=calibration).code


@pytest.mark.parametrize(("origin", "status"), [("measured", "executed"), ("imported", "recorded")])
def test_code_that_ran_is_shown_as_it_ran(origin: Origin, status: str) -> None:
    """A recorded program is neither rebuilt nor changed."""
    code = {"text": "print('as it ran')\n"}
    found = snippets.creation(card(run(quantization(code=code), origin=origin)), None)
    assert found is not None
    assert (found.code, found.status) == (code["text"], status)


def test_no_settings_no_code() -> None:
    """Without weights or calibration there is nothing to rebuild."""
    for missing in ("weights", "calibration"):
        more: dict[str, Any] = {missing: None}
        measurement = quantization(**more)
        assert snippets.creation(card(run(measurement)), None) is None
    assert snippets.creation(card(), None) is None


def executed(*measurements: AnyMeasurement, command: tuple[str, ...]) -> Card:
    """A card whose run kept its command."""
    provenance = Provenance(
        origin="imported", tool=Tool(name="t"), source=Source(title="f"), command=command
    )
    return card(run(*measurements, origin="imported").model_copy(update={"provenance": provenance}))


@pytest.mark.parametrize("argument", SHELL)
def test_recorded_commands_are_quoted_as_a_shell_reads_them(argument: str) -> None:
    """argv comes back from the printed command, argument by argument."""
    found = executed(accuracy("mmlu", 1.0), command=("run", argument or "x", "end"))
    (snippet,) = rendering.gather(found).evaluation
    assert shlex.split(snippet.code) == ["run", argument or "x", "end"]
    assert snippet.status == "recorded"


def test_recorded_commands_come_once() -> None:
    """Several scores of one run are one command; nothing is rebuilt beside it."""
    found = executed(
        accuracy("a", 1.0, harness={"name": "lm-eval"}), accuracy("b", 1.0), command=("run",)
    )
    assert [item.code for item in rendering.gather(found).evaluation] == ["run"]
    load = executed(serving(latency_s=1.0), serving(BASE, latency_s=1.0), command=("load",))
    assert [item.code for item in rendering.gather(load).benchmark] == ["load"]


LM_EVAL = [sample for sample in SAMPLES if sample.tool == "lm-eval"]
FLAGS = {  # of `lm_eval --help`; whether a value follows
    "--model": True,
    "--model_args": True,
    "--tasks": True,
    "--num_fewshot": True,
    "--batch_size": True,
    "--limit": True,
    "--gen_kwargs": True,
    "--seed": True,
    "--system_instruction": True,
    "--output_path": True,
    "--apply_chat_template": False,
    "--fewshot_as_multiturn": False,
}


def flags(command: list[str]) -> dict[str, str]:
    """The flags of an lm-eval command with their values, none of them twice."""
    name, *rest = command
    assert name == "lm_eval"
    found: dict[str, str] = {}
    while rest:
        flag = rest.pop(0)
        assert flag not in found
        found[flag] = rest.pop(0) if FLAGS[flag] else ""
    return found


def imported(path: Path) -> list[dict[str, str]]:
    """The flags of each command of a card that holds one results file."""
    found = read("lm-eval", path)
    model = found.measurements[0].model
    shown = card(found, model=model)
    return [flags(command) for command in evaluated(shown)]


@pytest.mark.parametrize("sample", LM_EVAL, ids=lambda sample: sample.file)
def test_an_imported_file_gives_commands_that_lm_eval_takes(sample: Sample) -> None:
    """The model once, no argument twice, and nothing that only reports."""
    model = read("lm-eval", sample.path).measurements[0].model
    for command in imported(sample.path):
        names = [pair.partition("=")[0] for pair in command["--model_args"].split(",")]
        assert len(names) == len(set(names))
        assert command["--model_args"].count(model) == 1
        assert not {"model_args", "bootstrap_iters", "task_hash"} & set(names)
        assert "<redacted>" not in command["--model_args"]


def test_tasks_of_one_file_share_commands() -> None:
    """Task versions and hashes do not part them, and a group evaluates its members."""
    assert [command["--tasks"] for command in imported(BY_FILE["lm_eval/hf.json"].path)] == [
        "gsm8k,mmlu",
        "wikitext,arc_challenge_cot",
    ]


def test_settings_of_a_task_do_not_part_a_files_commands(tmp_path: Path) -> None:
    """Each task asks with its own; one command ran them all."""
    content = json.loads(BY_FILE["lm_eval/hf.json"].text())
    for task, until in (("gsm8k", "a"), ("mmlu_anatomy", "b")):
        content["configs"][task] |= {"generation_kwargs": {"until": [until]}, "repeats": 1}
    path = tmp_path / "r.json"
    path.write_text(json.dumps(content))
    assert imported(path) == imported(BY_FILE["lm_eval/hf.json"].path)


def test_the_command_of_a_file() -> None:
    """Model arguments unfolded, the seeds as one flag, the template as its own."""
    assert imported(BY_FILE["lm_eval/hf.json"].path)[0] == {
        "--model": "hf",
        "--model_args": "pretrained=example/tiny-3B-quantized.w4a16,dtype=auto,max_length=4096",
        "--tasks": "gsm8k,mmlu",
        "--num_fewshot": "5",
        "--apply_chat_template": "",
        "--batch_size": "auto",
        "--gen_kwargs": "max_gen_toks=512",
        "--seed": "0,1234,1234,1234",
        "--output_path": "results",
    }
    assert imported(BY_FILE["lm_eval/early.json"].path)[0]["--model_args"] == (
        "pretrained=example/tiny-1B,dtype=bfloat16,trust_remote_code=True"
    )


def test_a_served_model_stays_served() -> None:
    """Backend, address and `model=` of an API; its key is not for a card."""
    (command,) = imported(BY_FILE["lm_eval/served.json"].path)
    assert command["--model"] == "local-chat-completions"
    assert command["--model_args"].startswith("model=example/tiny-VL-3B,base_url=http://")
    assert "pretrained" not in command["--model_args"]
    assert "api_key" not in command["--model_args"]
    assert (command["--limit"], command["--gen_kwargs"]) == ("500", "temperature=0")


@pytest.mark.parametrize(
    ("recorded", "flag", "value"),
    [
        ({"fewshot_as_multiturn": True}, "--fewshot_as_multiturn", ""),
        ({"fewshot_as_multiturn": True}, "--apply_chat_template", ""),
        ({"fewshot_as_multiturn": False}, "--fewshot_as_multiturn", None),
        ({"model": "local-chat-completions"}, "--apply_chat_template", ""),
        ({"model": "local-completions"}, "--apply_chat_template", None),
        ({"model": "local-completions"}, "--model_args", f"model={MODEL}"),
        ({"system_instruction": "Be 'brief'."}, "--system_instruction", "Be 'brief'."),
        ({"random_seed": 0, "numpy_seed": 1, "torch_seed": 2}, "--seed", "0,1,2"),
        ({"random_seed": 0}, "--seed", None),
        ({"gen_kwargs": '{"until": ["a", "b"]}'}, "--gen_kwargs", '{"until": ["a", "b"]}'),
        ({"model_args": "dtype=auto"}, "--model_args", f"pretrained={MODEL},dtype=auto"),
        (
            {"model_args": 'a={"x":1,"y":2}'},
            "--model_args",
            f'pretrained={MODEL},a={{"x":1,"y":2}}',
        ),
        (
            {"model_args": '{"pretrained": "/x", "a": {"b": 1}}'},
            "--model_args",
            f'{{"pretrained": "{MODEL}", "a": {{"b": 1}}}}',
        ),
        (
            {"model_args": "pretrained=a/base,peft=a/adapter"},
            "--model_args",
            f"pretrained=a/base,peft={MODEL}",
        ),
        (
            {"model_args": "x=1,batch_size=4", "batch_size": 8},
            "--model_args",
            f"pretrained={MODEL},x=1",
        ),
        ({"task_version": 1.0, "max_length": 9}, "--model_args", f"pretrained={MODEL}"),
        ({"generation_kwargs": '{"temperature": 0.7}'}, "--gen_kwargs", None),
        ({"generation_kwargs": '{"a": 1}', "repeats": 4}, "--model_args", f"pretrained={MODEL}"),
        ({"apply_chat_template": False}, "--apply_chat_template", None),
        ({"apply_chat_template": None}, "--apply_chat_template", None),
        ({"fewshot_as_multiturn": None}, "--fewshot_as_multiturn", None),
        ({"limit": None}, "--limit", None),
        ({"gen_kwargs": None}, "--gen_kwargs", None),
        ({"gen_kwargs": "{}"}, "--gen_kwargs", None),
        ({"gen_kwargs": ""}, "--gen_kwargs", None),
        ({"system_instruction": None}, "--system_instruction", None),
        ({"chat_template_sha": None, "x": None}, "--model_args", f"pretrained={MODEL}"),
        ({"max_length": 9}, "--model_args", f"pretrained={MODEL},max_length=9"),
    ],
)
def test_a_recorded_setting_is_its_flag(
    recorded: dict[str, Any], flag: str, value: str | None
) -> None:
    """What lm-eval's command line takes is passed as it takes it, and nothing else."""
    (command,) = evaluated(scored(MODEL, settings=recorded))
    assert flags(command).get(flag) == value
