"""`vllm bench serve` result files -> serving measurements.

The file holds per-request latencies of all requests, failed ones included; they are used for the
mean latency only where it is certain which requests they belong to.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TypeVar

from cardgen.imports import scenario as scenarios
from cardgen.imports.content import BY_HAND
from cardgen.imports.imported import Findings, hub_model, imported, source_of, tool_of
from cardgen.imports.node import Node
from cardgen.imports.options import ImportOptions
from cardgen.imports.result_file import read_result
from cardgen.imports.tree import Shape
from cardgen.imports.units import shifted
from cardgen.records import (
    Mode,
    NonNegativeReading,
    PositiveReading,
    Reading,
    Requests,
    Run,
    ServingMeasurement,
)

SHAPE = Shape(
    skip=frozenset({"itls", "ttfts", "generated_texts", "start_times", "queue_times"}),
)

STATED_LOADS = {"mode": ("serve", "single_turn"), "ramp_up_strategy": ()}
"""Keys by which a file states another load than rate and cap do, and the values that are usual."""
CHAT, COMPLETIONS = "/v1/chat/completions", "/v1/completions"
ENDPOINTS = {
    "openai-chat": CHAT,
    "vllm-chat": CHAT,
    "sglang-oai-chat": CHAT,
    "openai": COMPLETIONS,
    "openai-comp": COMPLETIONS,
    "vllm": COMPLETIONS,
    "sglang-oai": COMPLETIONS,
}
"""The backends of the load generator by where they send their requests."""
LONGEST_LATENCY_S = 1e9

R = TypeVar("R", bound=Reading)


def read(path: Path, options: ImportOptions) -> Run:
    """One run with one measurement: the file holds one window of load."""
    document = read_result(path, SHAPE)
    root, findings = document.root, Findings()
    completed = root.at("completed").integer()
    requests = _requests(root, completed)
    mode, load = _mode(root)
    at_rate = mode == "constant-rate"
    failed = completed == 0
    hardware = scenarios.hardware(root, options, findings)
    scenario = scenarios.scenario(root, _request(root), options)
    model = hub_model(root, [root.get("model_id")], options)
    stated = root.get("backend") or root.get("endpoint_type")
    engine = scenarios.engine(root, options, findings, stated=stated)
    latency = None if failed else _latency(root, requests, findings)
    with root.recording():
        measurement = ServingMeasurement(
            model=model,
            revision=options.revision,
            hardware=hardware,
            engine=engine,
            scenario=scenario,
            mode=mode,
            load=load,
            arrivals=_arrivals(root) if at_rate else None,
            endpoint=ENDPOINTS.get(stated.text()) if stated is not None else None,
            max_concurrency=_cap(root) if at_rate else None,
            outcome="failed" if failed else "measured",
            reason="no request of the window succeeded" if failed else None,
            latency_s=latency,
            ttft_s=None if failed else _milliseconds(root, "ttft", completed, findings),
            itl_s=None if failed else _milliseconds(root, "itl", None, findings),
            requests_per_s=None if failed else _rate(root, "request_throughput", PositiveReading),
            output_tokens_per_s=(
                None if failed else _rate(root, "output_throughput", NonNegativeReading)
            ),
            requests=requests,
            mean_prompt_tokens=_mean(root, "total_input_tokens", completed, scenario.prompt_tokens),
            mean_output_tokens=_mean(
                root, "total_output_tokens", completed, scenario.output_tokens
            ),
            window_s=root.at("duration").number(least=0),
        )
    return imported(
        root,
        [measurement],
        tool=tool_of(root, "vllm-bench", None, options),
        source=source_of(root, path, "vllm bench serve result", document.sha256, options),
        findings=findings,
    )


def _requests(root: Node, completed: int) -> Requests:
    failed, asked = root.get("failed"), root.get("num_prompts")
    count = 0
    if failed is not None:
        count = failed.integer()
    elif asked is not None:
        count = max(0, asked.integer() - completed)
    with root.recording():
        return Requests(successful=completed, failed=count)


def _cap(root: Node) -> int | None:
    cap = root.get("max_concurrency")
    return cap.integer(least=1) if cap is not None else None


def _arrivals(root: Node) -> str | None:
    """How requests were spaced: evenly, at random, or more or less burstily than at random."""
    burstiness = root.get("burstiness")
    if burstiness is None:
        return None
    value = burstiness.number(least=0)
    if value == 1:
        return "poisson"
    return "constant" if value == float("inf") else f"gamma, burstiness {value:g}"


def _mode(root: Node) -> tuple[Mode, float | None]:
    """How load was offered: one request at a time, all at once, capped, or at a rate."""
    for key, usual in STATED_LOADS.items():
        stated = root.get(key)
        if stated is not None and stated.value not in usual:
            raise stated.refused(
                "one load that does not change, offered by independent requests", next_step=BY_HAND
            )
    streams = _cap(root)
    rate = root.get("request_rate")
    if rate is not None and rate.value != "inf":
        number = rate.number(least=0)
        if number == 0:
            raise rate.refused("a rate above zero, or inf")
        return "constant-rate", number
    if streams is None:
        return "multi-stream", None
    return ("single-stream", None) if streams == 1 else ("concurrent", float(streams))


def _request(root: Node) -> scenarios.Request:
    """Tokens of a request, where the file lists them and every request has the same."""
    return scenarios.Request(_same(root, "input_lens"), _same(root, "output_lens"))


def _same(root: Node, key: str) -> int | None:
    node = root.get(key)
    if node is None:
        return None
    lengths = {element.integer() for element in node.elements()}
    return lengths.pop() if len(lengths) == 1 else None


def _mean(root: Node, key: str, completed: int, known: int | None) -> float | None:
    """The mean length that a total over the successful requests gives, where the scenario has none:
    many lengths have one mean, which so is no length of a request."""
    total = root.get(key)
    if known is not None or not completed or total is None or total.number(least=0) == 0:
        return None
    return round(total.number() / completed, 1) or None


def _latency(root: Node, requests: Requests, findings: Findings) -> PositiveReading | None:
    mean = root.get("mean_e2el_ms")
    if mean is not None:
        deviation = root.get("std_e2el_ms")
        value = mean.number(least=0)
        if value == 0:
            raise mean.refused("a latency above zero")
        with mean.recording():
            return PositiveReading(
                value=shifted(value, -3),
                statistic="mean",
                n=requests.successful,
                std_dev=shifted(deviation.number(least=0), -3) if deviation else None,
            )
    latencies = _succeeded(root, requests)
    if latencies is None:
        why = "does not say which of its latencies belong to failed requests"
        if "latencies" not in root:
            why = "no list of latencies; `vllm bench serve --percentile-metrics "
            why += "ttft,tpot,itl,e2el` writes it"
        findings.note(f"No mean latency: the file has no mean_e2el_ms and {why}.")
        return None
    with root.recording():
        return PositiveReading(
            value=statistics.fmean(latencies),
            statistic="mean",
            n=len(latencies),
            std_dev=statistics.pstdev(latencies),
        )


def _succeeded(root: Node, requests: Requests) -> list[float] | None:
    """Latencies of the successful requests in seconds, if the file tells them apart."""
    node = root.get("latencies")
    if node is None:
        return None
    elements, errors = node.elements(), root.get("errors")
    if errors is not None:
        texts = errors.elements()
        if len(texts) != len(elements):
            raise errors.refused(
                f"one entry for each of the {len(elements)} latencies", found=f"{len(texts)}"
            )
        elements = [e for e, text in zip(elements, texts, strict=True) if not text.value]
    if len(elements) != requests.successful:
        return None
    values = [element.number(least=0) for element in elements]
    for element, value in zip(elements, values, strict=True):
        if not 0 < value < LONGEST_LATENCY_S:
            raise element.refused("a latency in seconds, above zero")
    return values


def _milliseconds(
    root: Node, name: str, n: int | None, findings: Findings
) -> NonNegativeReading | None:
    mean, deviation = root.get(f"mean_{name}_ms"), root.get(f"std_{name}_ms")
    if mean is None:
        return None
    value = mean.number(least=0)
    if value == 0:
        findings.note(f"mean_{name}_ms: reported as zero, taken as unmeasured.")
        return None
    with mean.recording():
        return NonNegativeReading(
            value=shifted(value, -3),
            statistic="mean",
            n=n,
            std_dev=shifted(deviation.number(least=0), -3) if deviation else None,
        )


def _rate(root: Node, key: str, kind: type[R]) -> R | None:
    node = root.get(key)
    if node is None:
        return None
    with node.recording():
        return kind(value=node.number(least=0), statistic="mean")
