"""optimum-benchmark files (`benchmark.json`, `benchmark_report.json`) -> a device measurement.

A report has one part for each target; the whole of a generation is `generate` (text), `call`
(pictures) or `forward`. Energy is taken from the accelerator's counter alone: the report's total
adds parts that were measured to parts that were modelled.
"""

from __future__ import annotations

import math
from pathlib import Path

from cardgen.errors import ImportFileError
from cardgen.imports.content import BY_HAND
from cardgen.imports.imported import Findings, hub_model, imported, packages, source_of, tool_of
from cardgen.imports.node import Node, several, shown
from cardgen.imports.options import ImportOptions, missing
from cardgen.imports.result_file import read_result
from cardgen.records import (
    Device,
    DeviceMeasurement,
    Energy,
    Environment,
    Machine,
    PositiveReading,
    Run,
    Tool,
)

WHOLE_TARGETS = ("generate", "call", "forward")
PARTS = frozenset({"memory", "latency", "throughput", "energy", "efficiency"})
JOULES_PER_KWH = 3.6e6
BYTES_PER_MB = 1_000_000
MOST_MEGABYTES = 1e12
DATASET = "random inputs"
"""The tool generates its inputs; no dataset is read."""
DEVICE_NAMES = {"cpu": "CPU", "cuda": "GPU", "rocm": "GPU", "xpu": "GPU", "mps": "GPU"}
DTYPE_LABELS = {"float16": "fp16", "bfloat16": "bf16", "float32": "fp32"}
ENERGY_TOTAL = (
    "The report's total energy adds the accelerator's measured joules to joules of CPU and memory "
    "that may be modelled: the total, `cpu` and `ram` are left out."
)


def read(path: Path, options: ImportOptions) -> Run:
    """One run with one measurement: the file holds one model on one device under one setting."""
    document = read_result(path)
    root, findings = document.root, Findings()
    config = root.get("config") or Node({}, root.file, ("config",))
    report = root.get("report") or root
    target = next((report.at(name) for name in WHOLE_TARGETS if report.get(name)), None)
    if target is None:
        raise _no_whole_target(report, config)
    backend = config.get("backend") or Node({}, root.file, ("config", "backend"))
    scenario = config.get("scenario") or Node({}, root.file, ("config", "scenario"))
    environment = config.get("environment") or Node({}, root.file, ("config", "environment"))
    batch = _whole(options.batch_size, scenario.path("input_shapes", "batch_size"))
    if batch is None:
        raise missing(root.file, "the batch size of the run", "batch_size")
    absent: dict[str, str] = {}
    device = _device(root, backend, environment, options)
    energy = _energy(target, device, batch, absent, findings)
    latency = _latency(target, absent)
    dtype = backend.get("torch_dtype") or backend.get("dtype")
    with target.recording():
        measurement = DeviceMeasurement(
            model=hub_model(root, [backend.get("model")], options),
            revision=options.revision,
            device=device,
            dataset=options.dataset or DATASET,
            batch_size=batch,
            image_size=_whole(options.image_size, scenario.path("input_shapes", "height")),
            sequence_length=_whole(
                options.sequence_length, scenario.path("input_shapes", "sequence_length")
            ),
            optimization=options.optimization or _optimization(backend),
            dtype=dtype.text() if dtype is not None else None,
            attention=_text(backend.get("attn_implementation")),
            max_new_tokens=_whole(None, scenario.path("generate_kwargs", "max_new_tokens")),
            outcome="measured" if latency or energy else "failed",
            reason=None if latency or energy else "the report holds no value for the target",
            latency_s=latency,
            energy=energy,
            absent=absent,
        )
    return imported(
        root,
        [measurement],
        tool=_tool(root, environment, options),
        source=source_of(root, path, "optimum-benchmark report", document.sha256, options),
        findings=findings,
        environment=_environment(root, environment),
        machine=_machine(environment),
    )


def _no_whole_target(report: Node, config: Node) -> ImportFileError:
    """The refusal of a report that measured parts of a run, or none, and no whole one."""
    names = list(report.members())
    found = f"the targets {several(names, most=8)}" if names else "no target"
    if "prefill" in names or "decode" in names:
        found += ": prefill and decode apart, as energy_star and text generation measure them"
    scenario = config.path("scenario", "name")
    if scenario is not None and isinstance(scenario.value, str):
        found += f" (scenario {shown(scenario.value)})"
    return report.refused(
        f"one of the targets {', '.join(WHOLE_TARGETS)}: a whole run of one batch",
        found=found,
        next_step=BY_HAND,
    )


def _tool(root: Node, environment: Node, options: ImportOptions) -> Tool:
    tool = tool_of(root, "optimum-benchmark", environment.get("optimum_benchmark_version"), options)
    commit = _text(environment.get("optimum_benchmark_commit"))
    with environment.recording():
        return Tool(name=tool.name, version=tool.version, commit=commit)


def _device(root: Node, backend: Node, environment: Node, options: ImportOptions) -> Device:
    kind = options.device_type or _text(backend.get("device"))
    if kind is None:
        raise missing(root.file, "what the model ran on", "device_type", "device")
    if kind not in DEVICE_NAMES:
        raise (backend.get("device") or root).refused(
            f"a device type: {', '.join(DEVICE_NAMES)}", found=kind
        )
    product = environment.get("cpu") if kind == "cpu" else environment.get("gpu")
    if product is not None and isinstance(product.value, list):
        product = next(iter(product.elements()), None)
    with root.recording():
        return Device(
            name=options.device or DEVICE_NAMES[kind],
            type=kind,  # type: ignore[arg-type]  # checked against DEVICE_NAMES above
            model=options.hardware or (product.text().strip() if product else None),
        )


def _latency(target: Node, absent: dict[str, str]) -> PositiveReading | None:
    latency = target.get("latency")
    if latency is None:
        absent["latency_s"] = "the report has no latency for this target"
        return None
    _unit(latency, "s")
    mean, deviation, count = latency.at("mean"), latency.get("stdev"), latency.get("count")
    with mean.recording():
        return PositiveReading(
            value=mean.number(least=0),
            statistic="mean",
            n=count.integer(least=1) if count is not None else None,
            std_dev=deviation.number(least=0) if deviation is not None else None,
        )


def _energy(
    target: Node, device: Device, batch: int, absent: dict[str, str], findings: Findings
) -> Energy | None:
    """The accelerator's joules per sample; the report gives kWh per call of one batch."""
    energy = target.get("energy")
    if energy is None:
        absent["energy"] = "the report has no energy for this target"
        return None
    _unit(energy, "kWh")
    part = energy.get("gpu")
    kilowatt_hours = part.number(least=0) if part is not None else 0.0
    if device.type == "cpu" or part is None or kilowatt_hours == 0:
        absent["energy"] = (
            "the report has no joules of an accelerator; its CPU and memory parts may be modelled"
        )
        return None
    joules = kilowatt_hours * JOULES_PER_KWH / batch
    if not math.isfinite(joules):
        raise part.refused("a number of kWh")
    findings.note(ENERGY_TOTAL)
    with part.recording():
        return Energy(
            method="nvml-counter" if device.type == "cuda" else "unknown",
            joules_per_sample=PositiveReading(value=joules, statistic="mean"),
        )


def _unit(node: Node, unit: str) -> None:
    if node.at("unit").value != unit:
        raise node.at("unit").refused(f"the unit {unit}")


def _optimization(backend: Node) -> str:
    """How the run differs from plain execution, in the words of the device report."""
    if _text(backend.get("attn_implementation")) == "flash_attention_2":
        return "Flash Attention 2"
    compiled = backend.get("torch_compile")
    if compiled is not None and compiled.value is True:
        return "Compile"
    dtype = _text(backend.get("torch_dtype") or backend.get("dtype"))
    return DTYPE_LABELS.get(dtype, dtype) if dtype else "unoptimized"


def _text(node: Node | None) -> str | None:
    return node.text() if node is not None else None


def _whole(given: int | None, node: Node | None) -> int | None:
    if given is not None or node is None:
        return given
    return node.integer(least=1)


def _environment(root: Node, environment: Node) -> Environment:
    names = ("transformers", "accelerate", "diffusers", "optimum", "timm", "peft")
    with root.recording():
        return Environment(
            python=_text(environment.get("python_version")),
            packages=packages(environment, {name: f"{name}_version" for name in names}),
        )


def _machine(environment: Node) -> Machine | None:
    if not environment.value:
        return None
    gpus = environment.get("gpu")
    gpu = next(iter(gpus.elements()), None) if gpus and isinstance(gpus.value, list) else gpus
    count, cores = environment.get("gpu_count"), environment.get("cpu_count")
    cpu, platform = _text(environment.get("cpu")), environment.get("platform")
    with environment.recording():
        return Machine(
            cpu=cpu.strip() or None if cpu else None,
            cpu_cores=cores.integer(least=1) if cores else None,
            memory_bytes=_memory(environment.get("cpu_ram_mb")),
            gpu=_text(gpu),
            gpu_count=count.integer() if count else None,
            operating_system=_text(platform),
        )


def _memory(node: Node | None) -> int | None:
    """Bytes of main memory; the report has megabytes."""
    if node is None:
        return None
    megabytes = node.number(least=1)
    if megabytes > MOST_MEGABYTES:
        raise node.refused("the machine's memory in MB")
    return round(megabytes * BYTES_PER_MB)
