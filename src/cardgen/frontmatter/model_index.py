"""The rules of `model-index`, the header's structured evaluation results.

Owns which fields a result needs and their types. What a task, dataset or metric may be called is
free text on the Hub and is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardgen.frontmatter.problems import Findings


def check_model_index(findings: Findings, value: object) -> None:
    """Note every field of `model-index` that is missing or of the wrong type."""
    for index, entry in enumerate(findings.array("model-index", value)):
        path = f"model-index[{index}]"
        model = findings.mapping(path, entry)
        if model is None:
            continue
        findings.required_text(path, model, "name")
        for number, result in enumerate(_required_array(findings, path, model, "results")):
            _check_result(findings, f"{path}.results[{number}]", result)


def _check_result(findings: Findings, path: str, value: object) -> None:
    result = findings.mapping(path, value)
    if result is None:
        return
    task = _required_mapping(findings, path, result, "task")
    if task is not None:
        findings.required_text(f"{path}.task", task, "type")
        findings.optional_text(f"{path}.task", task, ["name"])
    dataset = _required_mapping(findings, path, result, "dataset")
    if dataset is not None:
        findings.required_text(f"{path}.dataset", dataset, "type")
        findings.required_text(f"{path}.dataset", dataset, "name")
        findings.optional_text(f"{path}.dataset", dataset, ["config", "split", "revision"])
    for index, metric in enumerate(_required_array(findings, path, result, "metrics")):
        _check_metric(findings, f"{path}.metrics[{index}]", metric)
    if result.get("source") is not None:
        check_source(findings, f"{path}.source", result["source"], texts=["name"])


def _check_metric(findings: Findings, path: str, value: object) -> None:
    metric = findings.mapping(path, value)
    if metric is None:
        return
    findings.required_text(path, metric, "type")
    if metric.get("value") is None:
        findings.error(f"{path}.value", f'"{path}.value" is required')
    else:
        findings.number(f"{path}.value", metric["value"], text_allowed=True)
    findings.optional_text(path, metric, ["name", "config", "verifyToken"])
    if not isinstance(metric.get("verified", False), bool | None):
        findings.error(f"{path}.verified", f'"{path}.verified" must be a boolean')


def check_source(findings: Findings, path: str, value: object, *, texts: list[str]) -> None:
    """A source has an address; its other fields are text."""
    source = findings.mapping(path, value)
    if source is None:
        return
    if findings.required_text(path, source, "url"):
        findings.address(f"{path}.url", source["url"])
    findings.optional_text(path, source, texts)


def _required_array(
    findings: Findings, path: str, holder: Mapping[Any, Any], key: str
) -> list[Any]:
    where = f"{path}.{key}"
    if holder.get(key) is None:
        findings.error(where, f'"{where}" is required')
        return []
    return findings.array(where, holder[key])


def _required_mapping(
    findings: Findings, path: str, holder: Mapping[Any, Any], key: str
) -> Mapping[Any, Any] | None:
    where = f"{path}.{key}"
    if holder.get(key) is None:
        findings.error(where, f'"{where}" is required')
        return None
    return findings.mapping(where, holder[key])
