"""The device collector: has each setting of the plan measured, and makes records of the answers.

The measuring itself is `sweep.py`, in the role's environment. What a killed sweep was at becomes a
failed record, and the settings after it are measured by another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles, stdev
from typing import Any, Final

from cardgen.measuring import machine
from cardgen.measuring.program import Session, main
from cardgen.records import (
    Device,
    DeviceMeasurement,
    Energy,
    NonNegativeReading,
    Operations,
    PositiveReading,
    Quality,
    Quartiles,
    Reading,
    Tool,
)
from cardgen.spec.plan.device import DevicePlan, DeviceSetting, expand
from cardgen.spec.plan.subject import Subject

SWEEP: Final = Path(__file__).with_name("sweep.py")
FORMULA_TOLERANCE: Final = 0.05
POLL_S: Final = 0.3
RESERVE_S: Final = 20.0


def measure(session: Session) -> Iterator[DeviceMeasurement]:
    """Every setting of the plan: measured, failed or skipped."""
    job = session.job
    session.tool = Tool(name="cardgen device collector")
    plan = DevicePlan.model_validate(job.settings)
    base = job.base.name if job.base else None
    settings = expand(plan, Subject(job.model.name, base, job.hardware, job.accelerator))
    found = _results(session, plan, settings)
    products = {e["type"]: e["model"] for e in found["devices"] if e["model"]}
    for state in dict.fromkeys(e["state"] for e in found["devices"] if e["state"]):
        session.note(f"GPU: {state}")
    if "cpu" not in products:
        products["cpu"] = machine.machine(accelerator="cpu").cpu
    first: dict[tuple[Any, ...], list[str]] = {}
    for index, setting in enumerate(settings):
        result = found["results"][index]
        product = products.get(setting.type)
        device = Device(name=setting.device, type=setting.type, model=product)
        fields: dict[str, Any] = {"revision": job.model.revision, "device": device}
        if result["outcome"] == "measured":
            point = (setting.device, setting.dataset.name, *setting[3:6])
            if setting.optimization.name == plan.optimizations[0].name:
                first[point] = result["answers"]
            fields |= values(result, setting, plan, first.get(point))
            _notes(session, result, setting, fields)
            if not any(fields.get(name) for name in ("latency_s", "quality")):
                result = {"outcome": "failed", "reason": "no value of it is a finite number"}
                fields = {"revision": job.model.revision, "device": device}
        if result["outcome"] != "measured":
            fields |= {"outcome": result["outcome"], "reason": result["reason"]}
        yield setting.record(job.model.name, **fields)


def _results(
    session: Session, plan: DevicePlan, settings: tuple[DeviceSetting, ...]
) -> dict[str, Any]:
    """Run sweeps until every setting has its result; a crash costs the setting it was at."""
    session.progress.stage("settings", total=len(settings))
    results: dict[int, dict[str, Any]] = {}
    devices: list[dict[str, Any]] = []
    attempt = 0
    while len(results) < len(settings):
        attempt += 1
        left = [(i, s) for i, s in enumerate(settings) if i not in results]
        file = session.scratch / f"results-{attempt}.jsonl"
        plan_file = session.folder / f"plan-{attempt}.json"
        plan_file.write_text(json.dumps(_plan(session, plan, left), indent=2) + "\n")
        log = f"sweep-{attempt}.log"
        ended = _sweep(session, plan, plan_file, file, log, len(results))
        began = None
        for event in _events(file):
            if event["event"] == "device":
                devices.append(event)
            elif event["event"] == "began":
                began = event["index"]
            else:
                results[event["index"]] = event
        if len(results) == len(settings):
            break
        # The setting it was at; without one it never got that far, and will not next time.
        lost = [index for index, _ in left]
        if began is not None and began not in results and not _out_of_time(session):
            lost = [began]
        place = session.place(session.logs / log)
        for index in lost:
            if index not in results:
                reason = f"the measuring program {ended}; log: {place}"
                results[index] = {"outcome": "failed", "reason": reason}
    return {"results": results, "devices": devices}


def _sweep(
    session: Session, plan: DevicePlan, plan_file: Path, file: Path, log: str, done: int
) -> str:
    """One call of the measuring program, watched to its end; how it ended, in words."""
    import time

    from cardgen.measuring.processes import ending
    from cardgen.measuring.program import last_line

    argv = [session.python("measure"), "-E", "-s", str(SWEEP), str(plan_file), str(file)]
    with session.start("measure", argv, log=log, env=_variables(session)) as process:
        seen, moved = 0, time.monotonic()
        while (code := process.wait(POLL_S)) is None:
            number = len(_events(file))
            if number != seen:
                seen, moved = number, time.monotonic()
                finished = sum(event["event"] == "result" for event in _events(file))
                session.progress.reach(done + finished)
            if time.monotonic() - moved > plan.setting_timeout_s:
                return f"ran out of time: {plan.setting_timeout_s} s for one setting"
            if _out_of_time(session):
                return "ran out of time: that of the job"
    said = last_line(session.logs / log)
    return ending(code) + (f": {said}" if said and code else "")


def _out_of_time(session: Session) -> bool:
    """Whether the job's own time is all but over: what is done must still be written."""
    left = session.remaining_s()
    return left is not None and left < RESERVE_S


def _variables(session: Session) -> dict[str, str]:
    local = session.job.model.path is not None
    return {"TOKENIZERS_PARALLELISM": "false"} | ({"HF_HUB_OFFLINE": "1"} if local else {})


def _plan(
    session: Session, plan: DevicePlan, left: list[tuple[int, DeviceSetting]]
) -> dict[str, Any]:
    """What `sweep.py` is given: names and numbers only."""
    job = session.job
    return {
        "model": job.model.location,
        "revision": job.model.revision if job.model.path is None else None,
        "trust_remote_code": job.trust_remote_code,
        "samples": plan.samples,
        "max_new_tokens": plan.max_new_tokens,
        "repetitions": plan.repetitions,
        "flops": plan.flops,
        "energy": plan.energy,
        "seed": plan.seed,
        "threads": None,
        "settings": [
            {
                "index": index,
                "device": setting.device,
                "type": setting.type,
                "dataset": setting.dataset.model_dump(mode="json"),
                "batch_size": setting.batch_size,
                "image_size": setting.image_size,
                "sequence_length": setting.sequence_length,
                "optimization": setting.optimization.model_dump(mode="json"),
            }
            for index, setting in left
        ],
    }


def _events(file: Path) -> list[dict[str, Any]]:
    """The whole lines of a results file; one that a crash cut off is left out."""
    try:
        text = file.read_text()
    except OSError:
        return []
    return [json.loads(line) for line in text.split("\n")[:-1] if line]


def values(
    result: dict[str, Any], setting: DeviceSetting, plan: DevicePlan, first: list[str] | None
) -> dict[str, Any]:
    """The fields of a measured setting. `first`: answers of the plan's first optimization."""
    absent = dict(result["absent"])
    fields: dict[str, Any] = {
        "samples": result["samples"],
        "max_new_tokens": plan.max_new_tokens,
        "latency_s": _latency(result["seconds"]),
        "energy": _energy(result.get("window"), plan, setting, absent),
        "quality": _quality(result, first),
    }
    if fields["quality"] is None:
        absent["quality"] = "the metric is no finite number"
    if "operations" in result:
        fields |= _operations(result["operations"])
    else:
        absent["flops_generation"] = "not asked for"
    return fields | {"absent": absent}


def _latency(seconds: list[float]) -> PositiveReading:
    """The median batch with its spread; n is batches."""
    spread = quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else None
    return PositiveReading(
        value=median(seconds),
        statistic="median",
        n=len(seconds),
        std_dev=stdev(seconds) if len(seconds) > 1 else None,
        quartiles=Quartiles(first=spread[0], third=spread[2]) if spread else None,
    )


def _energy(
    window: dict[str, Any] | None,
    plan: DevicePlan,
    setting: DeviceSetting,
    absent: dict[str, str],
) -> Energy | None:
    """Joules as counted; else an estimate where the plan asks for one, named as such."""
    if window is not None and "joules" in window:
        idle = window["idle_w"]
        return Energy(
            method=window["method"],
            window_j=window["joules"],
            idle_j=None if idle is None else idle * window["seconds"],
            samples=window["samples"],
            window_s=window["seconds"],
            counter_period_s=window["period_s"],
        )
    if window is not None and plan.modelled_power_w is not None and setting.type == "cpu":
        absent.pop("energy", None)
        return Energy(
            method="modelled",
            window_j=plan.modelled_power_w * window["seconds"],
            samples=window["samples"],
            window_s=window["seconds"],
        )
    return None


def _quality(result: dict[str, Any], first: list[str] | None) -> Quality | None:
    import math

    judged = result["quality"]
    if not math.isfinite(judged["value"]):
        return None
    same = None
    if first is not None:
        same = sum(a == b for a, b in zip(result["answers"], first, strict=True))
    return Quality(
        metric=judged["metric"],
        reading=Reading(value=judged["value"], n=judged["n"], stderr=judged["stderr"]),
        higher_is_better=judged["higher_is_better"],
        unchanged=same,
    )


def _operations(counted: dict[str, Any]) -> dict[str, Any]:
    whole = counted["prefill"] + counted["decode"]
    expected = counted["formula"]
    ratio = None if expected is None else whole / (expected["prefill"] + expected["decode"])
    return {
        "flops_prefill": NonNegativeReading(value=counted["prefill"], statistic="single", n=1),
        "flops_decode": NonNegativeReading(value=counted["decode"], statistic="single", n=1),
        "operations": Operations(
            method="torch FlopCounterMode, eager attention, first batch",
            prompt_tokens=counted["prompt"],
            new_tokens=max(1, counted["new"]),
            kv_cache=counted["kv_cache"],
            formula_ratio=ratio,
            uncounted=tuple(counted["uncounted"]),
        ),
    }


def _notes(
    session: Session, result: dict[str, Any], setting: DeviceSetting, fields: dict[str, Any]
) -> None:
    """What a reader must know: answers that changed, a count that the formula does not bear out."""
    where = ", ".join(
        str(part)
        for part in (
            setting.optimization.name,
            setting.dataset.name,
            f"batch {setting.batch_size}",
            setting.image_size and f"{setting.image_size} px",
            setting.sequence_length and f"{setting.sequence_length} tokens",
        )
        if part
    )
    quality = fields["quality"]
    same = quality.unchanged if quality is not None else None
    if same is not None and same < result["samples"]:
        changed = result["samples"] - same
        session.note(
            f"{where}: {changed} of {result['samples']} answers differ from those of the first "
            "optimization"
        )
    operations = fields.get("operations")
    if operations is None:
        return
    if operations.formula_ratio is None:
        session.note("FLOPs: no formula is known for this model; the count stands unchecked")
    elif abs(operations.formula_ratio - 1) > FORMULA_TOLERANCE:
        for name in ("flops_prefill", "flops_decode", "operations"):
            fields.pop(name)
        reason = (
            f"the count is {operations.formula_ratio:.3f} times the formula's; "
            f"more than {FORMULA_TOLERANCE:.0%} apart"
        )
        fields["absent"]["flops_generation"] = reason
        session.note(f"FLOPs of {where}: {reason}")


if __name__ == "__main__":
    main(measure)
