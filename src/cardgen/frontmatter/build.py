"""The header and the evaluation results of a card, built from its specification and records."""

from __future__ import annotations

from typing import Any

from cardgen.card import Card
from cardgen.derive.quantity import Quantity
from cardgen.records import QuantizationMeasurement
from cardgen.spec.base import localized
from cardgen.tables.accuracy import Row
from cardgen.tables.model import slug

HEADER_LANGUAGE = "en"
"""Names in the header are read by the Hub's search and leaderboards: English where there is a
choice."""


def header_data(
    card: Card,
    rows: list[Row],
    quantization: QuantizationMeasurement | None,
    *,
    attempted: bool = False,
) -> dict[str, Any]:
    """The YAML header's data, in the Hub's usual order of keys; absent fields are left out.

    `attempted` says that the quantization came to nothing. The header then claims no scheme, no
    engine and no base model: without a relation the Hub would list it among the fine-tunes.
    """
    specification = card.specification
    quantized = specification.kind in ("quantized", "both")
    derived = not (quantized and attempted)
    data: dict[str, Any] = {
        "language": list(specification.model_languages),
        "license": specification.license,
        "license_name": specification.license_name,
        "license_link": specification.license_link,
        "library_name": specification.library_name,
        "pipeline_tag": specification.pipeline_tag,
        "tags": _tags(card, quantization, attempted=attempted),
        "base_model": specification.base_model if derived else None,
        "base_model_relation": "quantized" if quantized and derived else None,
        "datasets": list(specification.datasets),
        "model-index": _model_index(card, rows),
    }
    return {name: value for name, value in data.items() if value not in (None, [], "")}


def _tags(
    card: Card, quantization: QuantizationMeasurement | None, *, attempted: bool
) -> list[str]:
    """The card's own tags, then those that follow from engine and scheme, each once."""
    specification = card.specification
    tags = list(specification.tags)
    if specification.deployment is not None and not attempted:
        tags.append(slug(specification.deployment.engine))
    if quantization is not None:
        tags.append(slug(quantization.scheme))
        if quantization.weights is not None:
            tags.append(quantization.weights.format_name.lower())
        if quantization.method is not None:
            tags.append(quantization.method)
    return list(dict.fromkeys(tags))


def exact(quantity: Quantity) -> float:
    """The value as the record has it, without the binary noise of a scale by 100."""
    return float(f"{quantity.value:.15g}")


def _model_index(card: Card, rows: list[Row]) -> list[dict[str, Any]]:
    results = []
    for row in rows:
        if row.record is None or not isinstance(row.quantized, Quantity):
            continue
        title = row.label[0] if isinstance(row.label, tuple) else row.label
        assert isinstance(title, str | dict)
        name = localized(title, HEADER_LANGUAGE)
        dataset: dict[str, Any] = {"type": row.record.task, "name": name}
        if row.record.split is not None:
            dataset["split"] = row.record.split
        task = card.specification.pipeline_tag or "text-generation"
        metric = {
            "type": row.record.metric,
            "value": exact(row.quantized),
            "name": row.record.metric,
        }
        results.append({"task": {"type": task}, "dataset": dataset, "metrics": [metric]})
    return [{"name": card.specification.title, "results": results}] if results else []


def evaluation_results(card: Card, rows: list[Row]) -> dict[str, list[dict[str, Any]]]:
    """The entries of `.eval_results/`, a file a Hub dataset: file name -> entries.

    Only scores that card.yaml maps to a Hub dataset and task are published there.
    """
    files: dict[str, list[dict[str, Any]]] = {}
    planned = {task.task: task for task in card.specification.accuracy.tasks}
    for row in rows:
        if row.record is None or not isinstance(row.quantized, Quantity):
            continue
        task = planned.get(row.record.task)
        if task is None or task.hub_dataset is None:
            continue
        dataset: dict[str, Any] = {
            "id": task.hub_dataset.id,
            "task_id": task.hub_dataset.task_id,
        }
        if task.hub_dataset.revision is not None:
            dataset["revision"] = task.hub_dataset.revision
        entry: dict[str, Any] = {"dataset": dataset, "value": exact(row.quantized)}
        leaf = row.quantized.leaves()[0]
        if leaf.stored is not None:
            provenance = leaf.stored.run.provenance
            if provenance.ended_at is not None:
                entry["date"] = provenance.ended_at.date().isoformat()
            if provenance.source is not None and provenance.source.url is not None:
                entry["source"] = {
                    "url": provenance.source.url,
                    "name": provenance.source.title,
                }
        entry["notes"] = " ".join(
            part
            for part in (row.record.metric, row.record.split, row.record.variant)
            if part is not None
        )
        files.setdefault(f".eval_results/{slug(task.hub_dataset.id)}.yaml", []).append(entry)
    return files
