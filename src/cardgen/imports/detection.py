"""Which tool wrote a file, told from its content alone."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cardgen.errors import ImportFileError
from cardgen.imports import foreign
from cardgen.imports.content import BY_HAND
from cardgen.imports.mistral_evals import is_metric
from cardgen.imports.node import Node
from cardgen.imports.optimum_benchmark import PARTS
from cardgen.imports.quantization_config import stated
from cardgen.imports.result_file import read_result
from cardgen.imports.source import read_json
from cardgen.imports.tree import Shape

OUTLINE = Shape(depth=4, items=2, skip=frozenset({"requests", "samples", "generated_texts"}))


@dataclass(frozen=True, slots=True)
class Mark:
    """How a tool's file is known: a test of its outline, and the test in words."""

    tool: str
    words: str
    fits: Callable[[Node], bool]


def _object(node: Node | None) -> dict[str, object]:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _is_lm_eval(root: Node) -> bool:
    results = _object(root.path("results"))
    return (
        bool(results)
        and all(isinstance(scores, dict) for scores in results.values())
        and any(key in root for key in ("configs", "versions", "n-shot", "n-samples"))
    )


def _is_guidellm(root: Node) -> bool:
    benchmarks = root.path("benchmarks")
    if benchmarks is None or not isinstance(benchmarks.value, list) or not benchmarks.value:
        return False
    first = benchmarks.elements()[0]
    return "metrics" in first and any(
        key in first for key in ("run_stats", "scheduler_metrics", "scheduler_state")
    )


def _is_mistral_evals(root: Node) -> bool:
    scores = _object(root)
    numbers = all(node.is_number for _, node in root.items())
    return bool(scores) and numbers and any(is_metric(name) for name in scores)


def _is_vllm_bench(root: Node) -> bool:
    return all(key in root for key in ("duration", "completed", "request_throughput"))


def _is_optimum_benchmark(root: Node) -> bool:
    report = _object(root.path("report")) or _object(root)
    return bool(report) and all(
        isinstance(target, dict) and "latency" in target and PARTS.issuperset(target)
        for target in report.values()
    )


def _is_vlm_profiling(root: Node) -> bool:
    values = _object(root)
    return set(values) >= {"latency", "energy", "flops"} and len(values) == 4


MARKS = (
    Mark("lm-eval", "`results` by task with `configs`, `versions` or `n-shot`", _is_lm_eval),
    Mark(
        "guidellm", "`benchmarks` with `metrics` and `scheduler_metrics`/`run_stats`", _is_guidellm
    ),
    Mark("mistral-evals", "a flat object of numbers with a known metric", _is_mistral_evals),
    Mark("vllm-bench", "`duration`, `completed` and `request_throughput`", _is_vllm_bench),
    Mark(
        "optimum-benchmark",
        "targets with `latency`, `memory`, `energy`… only",
        _is_optimum_benchmark,
    ),
    Mark("vlm-profiling", "`latency`, `energy`, `flops` and one quality metric", _is_vlm_profiling),
)
FOLDER = "checkpoint: a folder with config.json that holds `quantization_config`"


def detect(path: Path) -> str:
    """The tool that wrote the file, or `checkpoint` for a quantized model's folder."""
    looked_for = "; ".join(f"{mark.tool}: {mark.words}" for mark in MARKS)
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError):
        is_folder = False
    if is_folder:
        return _folder(path)
    _check_name(path)
    tools = tools_of(path)
    if len(tools) == 1:
        return tools[0]
    raise ImportFileError(
        str(path),
        expected=f"the marks of one tool ({looked_for}; {FOLDER})",
        found=f"those of {' and '.join(tools)}" if tools else "those of none",
        next_step="name the tool that wrote the file"
        if tools
        else f"name the tool before the file, if it is one of these; else {BY_HAND}",
    )


def tools_of(path: Path) -> list[str]:
    """The tools whose marks the file bears; one of a tool that is not read is refused by name."""
    root = read_result(path, OUTLINE).root
    return [mark.tool for mark in MARKS if mark.fits(root)] if isinstance(root.value, dict) else []


def mistaken(tool: str, path: Path) -> ImportFileError | None:
    """The error for a file that bears the marks of other tools than the one that was named."""
    try:
        others = tools_of(path)
    except ImportFileError:
        return None
    if not others or tool in others:
        return None
    return ImportFileError(
        str(path),
        expected=f"a file of {tool}",
        found=f"one of {' and '.join(others)}",
        next_step=f"name {others[0]} in the place of {tool}, or no tool",
    )


def no_importer(word: str) -> ImportFileError:
    """The refusal of a word that stands where a tool may be named, and is none that is read."""
    from cardgen.imports import TOOLS

    tool = foreign.called(word)
    near = difflib.get_close_matches(word.lower().replace("_", "-"), TOOLS, n=1, cutoff=0.6)
    advice = "leave the tool's name out: it is told by the file's content"
    if tool is not None:
        advice = tool.next_step
    elif near:
        advice = f"did you mean the tool {near[0]}?"
    return ImportFileError(
        word,
        expected=f"one of the tools {', '.join(TOOLS)}, or a result file",
        found="a tool that no importer reads" if tool is not None else "no such file",
        next_step=advice,
    )


def _check_name(path: Path) -> None:
    """Refuse a tool's name, well or badly spelt, which is taken for the file that is not there."""
    from cardgen.imports import TOOLS

    word = str(path)
    near = difflib.get_close_matches(word.lower(), TOOLS, n=1, cutoff=0.75)
    if (near or foreign.called(word) is not None) and not path.exists():
        raise no_importer(word)


def _folder(path: Path) -> str:
    config, next_step = path / "config.json", "name a quantized model's folder, or one result file"
    if config.is_file():
        if stated(read_json(config, Shape(depth=3)).root, path) is not None:
            return "checkpoint"
        found = "config.json without `quantization_config`"
    elif next(path.glob("*.gguf"), None) is not None:
        found, next_step = "a folder of GGUF files", BY_HAND
    else:
        found = "a folder without config.json"
    raise ImportFileError(str(path), expected=FOLDER, found=found, next_step=next_step)
