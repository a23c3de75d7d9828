"""The arguments of an engine: two spellings of one start are one condition, two starts are two."""

from __future__ import annotations

import shlex
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples_cards import RELAXED

from cardgen.conditions import engine
from cardgen.conditions.condition import BearsOn

DRAFT = '{"method": "ngram", "num_speculative_tokens": 4}'

ALIKE = {
    "nothing but names and ports": (
        "--model models/a --port 8000 --served-model-name x --disable-uvicorn-access-log",
        "--model /data/b --host 0.0.0.0 --uvicorn-log-level warning --api-key EMPTY",
    ),
    "defaults": ("--dtype auto -tp 1 --kv-cache-dtype auto --no-enforce-eager", ""),
    "parallel sizes": ("-tp 2 -pp 4", "--tensor-parallel-size=2 --pipeline_parallel_size 4"),
    "SGLang's parallel size": ("--tp-size 2", "--tensor-parallel-size 2"),
    "eager": ("--enforce-eager", "-O0"),
    "eager as a value": ("--enforce-eager", "--enforce-eager=True"),
    "eager as a compilation": (
        "--enforce-eager",
        """--compilation-config '{"mode": 0, "cudagraph_mode": "NONE"}'""",
    ),
    "attention backend": (
        "--attention-backend flash_attn",
        "--attention-config.backend FLASH_ATTN",
    ),
    "attention backend in an object": (
        "--attention-backend FLASHINFER",
        """--attention-config '{"backend": "FLASHINFER"}'""",
    ),
    "speculation by dotted keys": (
        f"--speculative-config '{DRAFT}'",
        "--speculative-config.method ngram --speculative-config.num_speculative_tokens 4",
    ),
    "speculation, keys in another order": (
        f"--speculative-config '{DRAFT}'",
        """--speculative_config '{"num_speculative_tokens": 4, "method": "ngram"}'""",
    ),
    "speculation as it was written before": (
        """--speculative-config '{"model": "org/draft", "num_speculative_tokens": 3}'""",
        "--speculative-model org/draft --num-speculative-tokens 3",
    ),
    "dtype": ("--dtype half", "--dtype float16"),
    "numbers": (
        "--gpu-memory-utilization 0.9 --max-model-len 4096 --kv-cache-dtype fp8_e4m3",
        "--gpu-memory-utilization 0.90 --max-model-len 4K --kv-cache-dtype fp8",
    ),
    "the model after several values": (
        "--limit-mm-per-prompt image=1 video=0 org/Model",
        "org/Model --limit-mm-per-prompt image=1 video=0",
    ),
    "the order": ("--max-num-seqs 8 --max-model-len 2048", "--max-model-len 2048 --max-num-seqs 8"),
    "the command and the model in front": (
        "vllm serve org/Model --max-model-len 2048",
        "python -m vllm.entrypoints.openai.api_server --model x --max-model-len 2048",
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_two_spellings_are_one_condition(name: str) -> None:
    one, other = (engine.parsed(shlex.split(line)) for line in ALIKE[name])
    for bears_on in get_args(BearsOn):
        assert engine.told(one, bears_on) == engine.told(other, bears_on)


UNLIKE = {
    "eager": ("--enforce-eager", "", "answer"),
    "speculation": ("--speculative-config '{}'", "", "answer"),
    "how many drafts": (
        f"--speculative-config '{DRAFT}'",
        "--speculative-config.method ngram --speculative-config.num_speculative_tokens 8",
        "answer",
    ),
    "attention backend": ("--attention-backend FLASHINFER", "", "answer"),
    "the second of several values": (
        "--cuda-graph-sizes 1 2 4",
        "--cuda-graph-sizes 1 8 16",
        "answer",
    ),
    "what only sounds like logs": ("--logits-processors a.b:C", "", "answer"),
    "a file of options": ("--config a.yaml", "--config b.yaml", "answer"),
    "another attention backend": (
        "--attention-backend FLASHINFER",
        "--attention-backend FLASH_ATTN",
        "answer",
    ),
    "parallel size": ("-tp 2", "-tp 4", "answer"),
    "an unknown flag": ("--new-fast-path", "", "answer"),
    "prefix cache": ("--no-enable-prefix-caching", "", "answer"),
    "negative value": ("--max-loras -1", "--max-loras 2", "answer"),
    "chat template": ("--chat-template a.jinja", "", "question"),
    "quantization": ("--quantization fp8", "", "treatment"),
    "quantization in short": ("-q fp8", "-q awq", "treatment"),
    "KV cache": ("--kv-cache-dtype fp8", "", "treatment"),
}


@pytest.mark.parametrize("name", UNLIKE)
def test_two_starts_are_two_conditions(name: str) -> None:
    one, other, bears_on = UNLIKE[name]
    found = [engine.parsed(shlex.split(line)) for line in (one, other)]
    differing = [
        kind
        for kind in get_args(BearsOn)
        if engine.told(found[0], kind) != engine.told(found[1], kind)
    ]
    assert differing == [bears_on]


VARIABLES = {
    "VLLM_ATTENTION_BACKEND": True,
    "VLLM_USE_FLASHINFER_SAMPLER": True,
    "VLLM_CPU_KVCACHE_SPACE": True,
    "OMP_NUM_THREADS": True,
    "VLLM_NO_USAGE_STATS": False,
    "VLLM_LOGGING_STREAM": False,
    "HF_HUB_OFFLINE": False,
    "DO_NOT_TRACK": False,
}


@pytest.mark.parametrize("name", VARIABLES)
def test_variables_that_count(name: str) -> None:
    """What changes how an engine computes; not where it logs or what it reports home."""
    assert bool(engine.variables({name: "x"})) is VARIABLES[name]


def test_the_variable_of_the_attention_backend_is_its_option() -> None:
    by_variable = engine.variables({"VLLM_ATTENTION_BACKEND": "FLASHINFER"})
    by_option = engine.parsed(["--attention-backend", "FLASHINFER"])
    assert engine.told(by_variable, "answer") == engine.told(by_option, "answer")


@RELAXED
@given(st.lists(st.text(max_size=12), max_size=12))
def test_any_words_are_read(words: list[str]) -> None:
    """A record may hold anything: it is read, the same every time, and says what it is."""
    found = engine.parsed(words)
    for bears_on in get_args(BearsOn):
        assert engine.told(found, bears_on)
        assert engine.told(found, bears_on) == engine.told(engine.parsed(words), bears_on)
