"""The header and the evaluation results of a card, built from its specification and records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from cardgen.card import Card
from cardgen.frontmatter.scores import Score, scores
from cardgen.records import AccuracyMeasurement, QuantizationMeasurement
from cardgen.spec.card import HubDataset
from cardgen.tables.model import short, slug
from cardgen.tables.scores import Row


def header_data(
    card: Card,
    rows: Sequence[Row],
    digits: Mapping[str, str],
    quantization: QuantizationMeasurement | None,
    *,
    attempted: bool = False,
) -> dict[str, Any]:
    """The YAML header's data, in the Hub's usual order of keys; absent fields are left out.

    `digits` is what the accuracy table prints: the header has no number that the card has not.
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
        "model-index": _model_index(card, scores(rows, digits)),
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


def _model_index(card: Card, found: Iterable[Score]) -> list[dict[str, Any]]:
    """The scores as the Hub's client writes them: one result a task, config and split.

    The client tells results apart by these and files what differs in its metric alone together,
    under the first one's name. So they stand together here already: loaded and saved, every value
    keeps its place.
    """
    task = {"type": card.specification.pipeline_tag or "text-generation"}
    results: dict[tuple[str | None, ...], dict[str, Any]] = {}
    for score in found:
        for config in _numbered(score.config):
            place = (score.task, config, score.split)
            metrics = results[place]["metrics"] if place in results else []
            if all(metric["type"] != score.metric for metric in metrics):
                break
        if not metrics:
            names = {"type": score.task, "name": score.title, "config": config}
            dataset = {**names, "split": score.split}
            results[place] = {"task": task, "dataset": dataset, "metrics": metrics}
        elif results[place]["dataset"]["name"] != score.title:
            # One title is not the other's; the task is both scores'.
            results[place]["dataset"]["name"] = score.task
        metric = {"type": score.metric, "value": score.value, "name": score.metric_name}
        metrics.append(metric)
    # Its name is the model's: leaderboards list the model by it.
    name = short(card.specification.model)
    return [{"name": name, "results": list(results.values())}] if results else []


def _numbered(config: str | None) -> Iterator[str | None]:
    """The config, then with a number: for scores that nothing in their records tells apart."""
    yield config
    yield from (f"{config} ({number})" if config else f"({number})" for number in count(2))


def evaluation_results(
    card: Card, rows: Sequence[Row], digits: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    """The entries of `.eval_results/`, a file a Hub dataset: file name -> entries.

    Only scores that card.yaml maps to a Hub dataset and task are published there.
    """
    files: dict[str, list[dict[str, Any]]] = {}
    for score in scores(rows, digits):
        hub_dataset = _hub_dataset(card, score.record)
        if hub_dataset is None:
            continue
        dataset: dict[str, Any] = {"id": hub_dataset.id, "task_id": hub_dataset.task_id}
        if hub_dataset.revision is not None:
            dataset["revision"] = hub_dataset.revision
        entry: dict[str, Any] = {"dataset": dataset, "value": score.value}
        leaf = score.quantity.leaves()[0]
        if leaf.stored is not None:
            provenance = leaf.stored.run.provenance
            if provenance.ended_at is not None:
                entry["date"] = provenance.ended_at.date().isoformat()
            if provenance.source is not None and provenance.source.url is not None:
                entry["source"] = {
                    "url": provenance.source.url,
                    "name": provenance.source.title,
                }
        told = (score.metric_name, score.split, score.config)
        entry["notes"] = ", ".join(part for part in told if part is not None)
        files.setdefault(f".eval_results/{slug(hub_dataset.id)}.yaml", []).append(entry)
    return files


def _hub_dataset(card: Card, record: AccuracyMeasurement) -> HubDataset | None:
    """Where card.yaml wants the score published: of several rows of its task, by one that takes
    it."""
    planned = card.specification.accuracy.tasks
    found = (task.hub_dataset for task in planned if task.takes(record))
    return next((dataset for dataset in found if dataset is not None), None)
