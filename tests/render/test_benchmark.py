"""The commands behind serving windows: of the tool that made them, and of no other window."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from imports.samples import BY_FILE
from render.bash import commands
from render.loads import benchmarked, loaded
from samples_cards import BASE, MODEL, accuracy, card, run, serving

from cardgen.imports import read
from cardgen.records import Run, ServingMeasurement
from cardgen.render import card as rendering

MODES = ["single-stream", "multi-stream", "concurrent", "constant-rate"]
GUIDELLM = ["guidellm", "run", "--backend", "kind=openai_http,target=http://localhost:8000"]
TOKENIZER = ["--tokenizer", f"kind=hf_auto,model={MODEL}"]
CHAT = ["--data", "kind=synthetic_text,prompt_tokens=64,output_tokens=128"]
BENCH = ["vllm", "bench", "serve", "--model", MODEL]
RANDOM = ["--dataset-name", "random", "--random-input-len", "64", "--random-output-len", "128"]
SERVE = ["vllm", "serve", MODEL]
REQUESTS = {"successful": 98, "failed": 2}


def window(mode: str = "single-stream", **more: Any) -> ServingMeasurement:
    """A window of the card's model with a value that its table shows."""
    value = {"latency_s": 1.0} if mode == "single-stream" else {"requests_per_s": 2.0}
    return serving(mode=mode, **{**value, **more})


def shaped(mode: str = "single-stream", **scenario: Any) -> ServingMeasurement:
    """A window of a scenario with these fields, `None` for what is not known."""
    made = window(mode)
    return made.model_copy(update={"scenario": made.scenario.model_copy(update=scenario)})


def served(*arguments: str, engine: str = "vLLM", **more: Any) -> ServingMeasurement:
    """A window against an engine with these arguments."""
    made = window(engine=engine, **more)
    started = made.engine.model_copy(update={"arguments": arguments})
    return made.model_copy(update={"engine": started})


def noted(tool: str, *notes: str, mode: str = "single-stream", load: float | None = None) -> Run:
    """A transcribed window with notes."""
    more = {"load": load} if load is not None else {}
    return loaded(tool, window(mode, **more), origin="transcribed", notes=notes)


def guidellm(profile: str, name: str, *more: str) -> list[str]:
    """A command of GuideLLM against the scenario `chat`."""
    output = ["--output", f"kind=json,path={name}.json"]
    return [*GUIDELLM, "--profile", profile, *more, *TOKENIZER, *CHAT, *output]


def bench(name: str, *more: str, data: list[str] = RANDOM) -> list[str]:
    """A command of `vllm bench serve`."""
    return [*BENCH, *data, *more, "--save-result", "--result-filename", f"{name}.json"]


SINGLE = guidellm("kind=synchronous", "chat-single-stream")
CASES: dict[str, tuple[list[Run], list[list[str]]]] = {
    "guidellm, every mode": (
        [
            loaded(
                "guidellm",
                window("constant-rate", load=0.5),
                window("concurrent", load=8.0),
                window("multi-stream"),
                window(),
            )
        ],
        [
            SERVE,
            SINGLE,
            guidellm("kind=throughput", "chat-multi-stream"),
            guidellm("kind=concurrent,streams=8", "chat-concurrent-8"),
            guidellm("kind=constant,rate=0.5", "chat-constant-rate-0.5"),
        ],
    ),
    "guidellm, as people write it": ([loaded("GuideLLM", window())], [SERVE, SINGLE]),
    "guidellm, time": (
        [loaded("guidellm", window(window_s=119.7, requests=REQUESTS))],
        [
            SERVE,
            guidellm(
                "kind=synchronous",
                "chat-single-stream",
                *("--constraint", "kind=max_duration,seconds=120"),
            ),
        ],
    ),
    "guidellm, each window has its own time": (
        [
            loaded(
                "guidellm",
                window("concurrent", load=2.0, window_s=0.3),
                window("concurrent", load=4.0, window_s=60.0),
            )
        ],
        [
            SERVE,
            guidellm(
                "kind=concurrent,streams=2",
                "chat-concurrent-2",
                *("--constraint", "kind=max_duration,seconds=1"),
            ),
            guidellm(
                "kind=concurrent,streams=4",
                "chat-concurrent-4",
                *("--constraint", "kind=max_duration,seconds=60"),
            ),
        ],
    ),
    "guidellm, repeats": (
        [loaded("guidellm", window(window_s=30.1)), loaded("guidellm", window(window_s=29.9))],
        [
            SERVE,
            guidellm(
                "kind=synchronous",
                "chat-single-stream",
                *("--constraint", "kind=max_duration,seconds=30"),
            ),
        ],
    ),
    "guidellm, chat and raw completions": (
        [
            loaded(
                "guidellm",
                window(endpoint="/v1/chat/completions"),
                window(scenario="raw", endpoint="/v1/completions"),
            )
        ],
        [
            SERVE,
            [*SINGLE[:3], f"{SINGLE[3]},request_format=/v1/chat/completions", *SINGLE[4:]],
            [
                *SINGLE[:3],
                f"{SINGLE[3]},request_format=/v1/completions",
                *SINGLE[4:-1],
                "kind=json,path=raw-single-stream.json",
            ],
        ],
    ),
    "guidellm, a format that is no path": (
        [loaded("guidellm", window(endpoint="default-template"))],
        [SERVE, SINGLE],
    ),
    "vllm-bench, raw completions": (
        [loaded("vllm-bench", window(endpoint="/v1/completions"))],
        [
            SERVE,
            [
                *BENCH[:3],
                *("--backend", "openai", "--endpoint", "/v1/completions"),
                *bench("chat-single-stream", "--max-concurrency", "1")[3:],
            ],
        ],
    ),
    "guidellm, pictures": (
        [loaded("guidellm", shaped(images=2, image_width=640, image_height=480))],
        [
            SERVE,
            [
                *SINGLE[:-2],
                *("--data", "kind=synthetic_image,width=640,height=480,images_per_request=2"),
                *SINGLE[-2:],
            ],
        ],
    ),
    "guidellm, unknown lengths": ([loaded("guidellm", shaped(prompt_tokens=None))], []),
    "guidellm, unknown pictures": ([loaded("guidellm", shaped(images=1))], []),
    "guidellm, half a picture": (
        [loaded("guidellm", shaped(image_width=640))],
        [SERVE, SINGLE],
    ),
    "vllm-bench, every mode": (
        [
            loaded("vllm-bench", window(requests=REQUESTS)),
            loaded("vllm-bench", window("multi-stream", requests={"successful": 50})),
            loaded("vllm-bench", window("concurrent", load=8.0)),
            loaded("vllm-bench", window("constant-rate", load=2.5)),
        ],
        [
            SERVE,
            bench("chat-single-stream", "--num-prompts", "100", "--max-concurrency", "1"),
            bench("chat-multi-stream", "--num-prompts", "50"),
            bench("chat-concurrent-8", "--max-concurrency", "8"),
            bench("chat-constant-rate-2.5", "--request-rate", "2.5"),
        ],
    ),
    "vllm-bench, a rate with a cap": (
        [
            loaded(
                "vllm-bench",
                window("constant-rate", load=4.0),
                notes=("At most 16 requests ran at once.",),
            )
        ],
        [SERVE, bench("chat-constant-rate-4", "--request-rate", "4", "--max-concurrency", "16")],
    ),
    "vllm-bench, other numbers of prompts": (
        [
            loaded("vllm-bench", window(requests={"successful": n}, hardware=hardware))
            for n, hardware in ((10, "A6000"), (20, "A100"), (10, "H100"))
        ],
        [
            SERVE,
            bench("chat-single-stream", "--num-prompts", "10", "--max-concurrency", "1"),
            bench("chat-single-stream-2", "--num-prompts", "20", "--max-concurrency", "1"),
        ],
    ),
    "vllm-bench, unknown lengths": (
        [loaded("vllm-bench", shaped(prompt_tokens=None, output_tokens=None))],
        [SERVE, bench("chat-single-stream", "--max-concurrency", "1", data=[])],
    ),
    "several tools, each its own windows": (
        [
            loaded("guidellm", window(), window("concurrent", load=8.0, scenario="rag")),
            loaded("vllm-bench", window("concurrent", load=2.0)),
            loaded("aiperf", window("concurrent", load=4.0)),
        ],
        [
            SERVE,
            SINGLE,
            guidellm("kind=concurrent,streams=8", "rag-concurrent-8"),
            SERVE,
            bench("chat-concurrent-2", "--max-concurrency", "2"),
        ],
    ),
    "a transcription names its load generator": (
        [noted("published card", "The load generator was GuideLLM, of an unknown version.")],
        [SERVE, SINGLE],
    ),
    "a transcription names another": (
        [noted("published card", "The load generator was vllm bench.")],
        [SERVE, bench("chat-single-stream", "--max-concurrency", "1")],
    ),
    "a transcription names one without a template": (
        [noted("guidellm", "The load generator was genai-perf.")],
        [],
    ),
    "a transcription names none": ([noted("published card", "GuideLLM was not used.")], []),
    "a load that nobody recorded": (
        [loaded("guidellm", window("concurrent")), loaded("vllm-bench", window("constant-rate"))],
        [],
    ),
    "vLLM's own arguments": (
        [loaded("guidellm", served("--max-model-len", "4096", "--enforce-eager"))],
        [[*SERVE, "--max-model-len", "4096", "--enforce-eager"], SINGLE],
    ),
    "vLLM's place and secrets are not shown": (
        [
            loaded(
                "vllm-bench",
                served(
                    *("serve", "models/x", "--model=models/x", "--served-model-name", MODEL),
                    *("--port", "9", "--host", "::1", "--api-key", "<redacted>"),
                    *("-tp", "2", "--seed", "-1", "--port-range", "it's"),
                ),
            )
        ],
        [
            [*SERVE, "-tp", "2", "--seed", "-1", "--port-range", "it's"],
            bench("chat-single-stream", "--max-concurrency", "1"),
        ],
    ),
    "servers that were started otherwise": (
        [
            loaded("guidellm", served("-tp", "2", hardware="A100"), served("-tp", "4")),
        ],
        [[*SERVE, "-tp", "2"], SINGLE, [*SERVE, "-tp", "4"], SINGLE],
    ),
    "an engine that is not vLLM": ([loaded("guidellm", served(engine="SGLang"))], [SINGLE]),
    "vllm, as people write it": ([loaded("guidellm", served(engine="vllm"))], [SERVE, SINGLE]),
    "a window that failed": (
        [
            loaded(
                "guidellm",
                window(),
                serving(mode="concurrent", load=4.0, reason="no request succeeded"),
            )
        ],
        [SERVE, SINGLE],
    ),
    "windows of other models": (
        [loaded("guidellm", serving(BASE, latency_s=1.0), serving("a/sibling", latency_s=1.0))],
        [],
    ),
    "a window that gave way to a measured one": (
        [
            loaded("guidellm", window(latency_s=2.0)),
            loaded("my-tool", window(latency_s=1.0), origin="measured"),
        ],
        [],
    ),
}
NONE = ("a tool", "aiperf", "sglang", "published report", "published model card", "lm-eval", "..")


@pytest.mark.parametrize("name", CASES)
def test_the_commands_of_the_windows_that_are_shown(name: str) -> None:
    """A block a tool and server; a command a window, and none for a window that never was."""
    runs, expected = CASES[name]
    assert benchmarked(card(*runs, serving={"modes": MODES})) == expected


@pytest.mark.parametrize("tool", [*NONE, "guidellm/../lm-eval", "x" * 300, "x" * 2000])
def test_a_tool_without_a_template_has_no_block(tool: str) -> None:
    """Nothing that looks like another tool's command stands for it, and nothing fails."""
    assert benchmarked(card(loaded(tool, window()))) == []


def test_what_is_not_known_is_said() -> None:
    """A command without the lengths of its prompts would pass for one of the tool's own."""
    (known, unknown) = (
        rendering.gather(card(loaded("vllm-bench", made))).benchmark[0].code
        for made in (window(), shaped(prompt_tokens=None))
    )
    assert ("not say" in known, "not say" in unknown) == (False, True)


def test_a_project_has_a_template_for_its_own_load_generator(tmp_path: Path) -> None:
    """Found by the tool's name; it gets the windows, and is not asked for others'."""
    folder = tmp_path / "templates" / "commands"
    folder.mkdir(parents=True)
    (folder / "Bench 2.sh.j2").write_text(
        "{% for window in windows %}bench {{ model }} {{ window.scenario.name }} "
        "{{ window.mode }} {{ window.load }}\n{% endfor %}"
    )
    runs = [
        loaded("Bench 2", window("concurrent", load=3.0, scenario="a b")),
        loaded("guidellm", window()),
    ]
    found = card(*runs, root=tmp_path, serving={"modes": MODES})
    assert benchmarked(found) == [["bench", MODEL, "a b", "concurrent", "3"], SERVE, SINGLE]


def test_several_blocks_are_named() -> None:
    """By the tool and its scenarios."""
    runs = [loaded("guidellm", window()), loaded("vllm-bench", window(scenario="rag"))]
    titles = [str(block.title) for block in rendering.gather(card(*runs)).benchmark]
    assert titles == ["guidellm: chat", "vllm-bench: rag"]


def test_a_harness_is_no_load_generator() -> None:
    """A tool's template is for what that tool does: neither gets the other's settings."""
    scored = run(accuracy("mmlu", "62.8", harness={"name": "guidellm"}))
    contents = rendering.gather(card(scored, loaded("mistral-evals", window())))
    assert (contents.evaluation, contents.benchmark) == ([], [])


FLAGS: Mapping[str, set[str]] = {
    # Of `vllm bench serve --help` and `guidellm run --help`; all of them take a value.
    "vllm": {
        "--model", "--dataset-name", "--random-input-len", "--random-output-len", "--num-prompts",
        "--max-concurrency", "--request-rate", "--result-filename", "--backend", "--endpoint",
    },
    "guidellm": {
        "--backend", "--profile", "--constraint", "--tokenizer", "--data", "--output",
    },
}  # fmt: skip
SERVED = [s for s in BY_FILE.values() if s.tool in ("guidellm", "vllm-bench")]


@pytest.mark.parametrize("sample", SERVED, ids=lambda sample: sample.file)
def test_an_imported_file_gives_commands_of_its_own_tool(sample: Any) -> None:
    """What `cardgen import` took from a tool's file is shown as that tool is called."""
    found = read(sample.tool, sample.path, sample.options)
    model = found.measurements[0].model
    shown = card(found, model=model, serving={"modes": MODES})
    made = benchmarked(shown)
    name = {"guidellm": "guidellm", "vllm-bench": "vllm"}[sample.tool]
    assert made[0] == ["vllm", "serve", model]
    assert made[1:]
    for program, *words in made[1:]:
        assert program == name
        options = [word for word in words if word.startswith("--") and word != "--save-result"]
        assert set(options) <= FLAGS[name]
        assert "None" not in "".join(words)


def test_the_commands_of_a_detailed_file() -> None:
    """Five prompts of 512 and 128 tokens, two at once: what the file says, and no more."""
    sample = BY_FILE["vllm_bench/detailed.json"]
    found = read(sample.tool, sample.path, sample.options)
    model = found.measurements[0].model
    shown = card(found, model=model, serving={"modes": MODES})
    (block,) = rendering.gather(shown).benchmark
    assert commands(block.code)[1] == [
        *("vllm", "bench", "serve", "--backend", "openai-chat", "--endpoint"),
        *("/v1/chat/completions", "--model", model, "--dataset-name", "random"),
        *("--random-input-len", "512", "--random-output-len", "128", "--num-prompts", "5"),
        *("--max-concurrency", "2", "--save-result", "--result-filename"),
        "512x128-tokens-concurrent-2.json",
    ]
