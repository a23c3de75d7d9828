"""vlm-profiling `results.json` files -> device measurements, with the mapping's help.

A result lies in a folder `<model>_<image size>_<sequence length>_<device>_<optimisation>_<batch>`
and holds four values, any of them null. What the folder does not say comes from the mapping.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from cardgen.errors import ImportFileError
from cardgen.imports.imported import Findings, imported, source_of, tool_of
from cardgen.imports.mapping import OPTIMIZATIONS, MappedDevice, Mapping
from cardgen.imports.node import Node
from cardgen.imports.options import ImportOptions, missing
from cardgen.imports.result_file import read_result
from cardgen.imports.yaml_source import validated
from cardgen.records import (
    Device,
    DeviceMeasurement,
    Energy,
    Machine,
    NonNegativeReading,
    PositiveReading,
    Quality,
    Reading,
    Run,
)

VALUES = ("latency", "energy", "flops")
FOLDER = re.compile(
    r"(?P<model>.+)_(?P<image>\d{1,6})_(?P<sequence>\d{1,7})_(?P<device>[A-Za-z]+)"
    r"_(?P<optimization>[A-Za-z][\w-]*)_(?P<batch>\d{1,7})"
)
FLOPS = re.compile(r"(?P<number>\d{1,15}(?:\.(?P<decimals>\d{1,12}))?) ?(?P<prefix>[KMGTP]?)FLOPS")
POWERS = {"": 0, "K": 3, "M": 6, "G": 9, "T": 12, "P": 15}
V = TypeVar("V")
LOST = "the result file holds null"


def read(path: Path, options: ImportOptions) -> Run:
    """One run with the measurement of one folder."""
    document = read_result(path)
    root, findings = document.root, Findings()
    if options.mapping is None:
        raise missing(str(path), "what the folder's name and numbers mean", "mapping")
    mapping = validated(options.mapping, Mapping)
    folder = path.absolute().parent.name
    match = FOLDER.fullmatch(folder)
    if match is None:
        raise ImportFileError(
            str(path),
            expected="a folder <model>_<image size>_<sequence length>_<device>_<optimisation>"
            "_<batch>",
            found=folder,
            next_step="keep the folder that the benchmark wrote its results.json into",
        )
    for note in mapping.notes:
        findings.note(note)
    measurement = _measurement(root, folder, match, mapping, options)
    with root.recording():
        machine = Machine(**mapping.machine.model_dump()) if mapping.machine else None
    return imported(
        root,
        [measurement],
        tool=tool_of(root, "vlm-profiling", None, options),
        source=source_of(root, path, f"vlm-profiling {folder}", document.sha256, options),
        findings=findings,
        machine=machine,
    )


def _measurement(
    root: Node, folder: str, match: re.Match[str], mapping: Mapping, options: ImportOptions
) -> DeviceMeasurement:
    expected = {mapping.metric.key, *VALUES}
    for key, node in root.items():
        if key not in expected:
            raise node.refused(f"one of the keys {', '.join(sorted(expected))}", found=f"{key!r}")
    for key in expected:
        if key not in root:
            raise root.refused(f"the key {key!r}", found="no such key")
    device = _mapped(mapping.devices, match["device"], "devices", options)
    optimization = {**OPTIMIZATIONS, **mapping.optimizations}.get(match["optimization"])
    if optimization is None:
        raise _unmapped(match["optimization"], "optimizations", options)
    absent: dict[str, str] = {}
    quality = _quality(root, mapping, absent)
    latency = _reading(root, "latency", "latency_s", absent)
    joules = _reading(root, "energy", "energy", absent)
    flops = _flops(root, absent)
    measured = any(value is not None for value in (quality, latency, joules, flops))
    with root.recording():
        return DeviceMeasurement(
            model=options.model or _mapped(mapping.models, match["model"], "models", options),
            revision=options.revision,
            device=Device(name=device.name, type=device.type, model=device.model),
            dataset=options.dataset or _mapped(mapping.datasets, folder, "datasets", options),
            batch_size=int(match["batch"]),
            image_size=int(match["image"]),
            sequence_length=int(match["sequence"]),
            optimization=optimization.label,
            dtype=optimization.dtype,
            attention=optimization.attention,
            samples=mapping.samples,
            max_new_tokens=mapping.max_new_tokens,
            outcome="measured" if measured else "failed",
            reason=None if measured else "the result file holds no value",
            latency_s=latency,
            energy=_energy(joules, device),
            flops_generation=flops,
            quality=quality,
            absent=absent,
        )


def _mapped(entries: dict[str, V], key: str, section: str, options: ImportOptions) -> V:
    if key not in entries:
        raise _unmapped(key, section, options)
    return entries[key]


def _unmapped(key: str, section: str, options: ImportOptions) -> ImportFileError:
    return ImportFileError(
        f"{options.mapping}: /{section}",
        expected=f"an entry for {key}",
        found="none",
        next_step=f"add {key} to `{section}`",
    )


def _quality(root: Node, mapping: Mapping, absent: dict[str, str]) -> Quality | None:
    node = root.get(mapping.metric.key)
    if node is None:
        absent["quality"] = LOST
        return None
    with node.recording():
        return Quality(
            metric=mapping.metric.name,
            reading=Reading(value=node.number(least=0), statistic="mean", n=mapping.samples),
            higher_is_better=mapping.metric.higher_is_better,
        )


def _reading(root: Node, key: str, field: str, absent: dict[str, str]) -> PositiveReading | None:
    node = root.get(key)
    if node is None:
        absent[field] = LOST
        return None
    with node.recording():
        return PositiveReading(value=node.number(least=0), statistic="mean")


def _energy(joules: PositiveReading | None, device: MappedDevice) -> Energy | None:
    return None if joules is None else Energy(method=device.energy, joules_per_sample=joules)


def _flops(root: Node, absent: dict[str, str]) -> NonNegativeReading | None:
    """Operations of one generation; the file has them as printed text, "617.84 GFLOPS"."""
    node = root.get("flops")
    if node is None:
        absent["flops_generation"] = LOST
        return None
    match = FLOPS.fullmatch(node.text())
    if match is None:
        raise node.refused('a number of operations such as "617.84 GFLOPS"')
    power = POWERS[match["prefix"]]
    with node.recording():
        return NonNegativeReading(
            value=float(Decimal(match["number"]).scaleb(power)),
            decimals=len(match["decimals"] or "") - power,
            statistic="single",
        )
